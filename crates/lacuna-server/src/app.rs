//! Everything the requests work on.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use lacuna_data::{Case, Dataset};
use lacuna_train::active::{Length, annotated};
use lacuna_train::observer::rfc3339;

use crate::ServeConfig;
use crate::annotations::Annotations;
use crate::event_stream::EventStream;
use crate::models::Models;
use crate::predictions::Predictions;
use crate::problem::Problem;
use crate::project::Project;
use crate::queue::Acquisitions;
use crate::session::Session;
use crate::verifications::Verifications;
use crate::worker::{Order, Training, Worker};

/// How often it is looked whether pictures are idle.
const HOUSEKEEPING: Duration = Duration::from_secs(5);

/// The parts of a running server.
pub(crate) struct App {
    pub(crate) project: Project,
    pub(crate) annotations: Annotations,
    pub(crate) models: Models,
    pub(crate) predictions: Predictions,
    pub(crate) acquisitions: Acquisitions,
    pub(crate) verifications: Verifications,
    pub(crate) worker: Worker,
    pub(crate) events: EventStream,
    pub(crate) session: Session,
}

impl App {
    pub(crate) fn open(
        config: ServeConfig,
        session: Session,
        start: &str,
    ) -> Result<Self, Problem> {
        let models = Models::new(&config.folder);
        let events = EventStream::new(start);
        let author = config.author.clone();
        let verifications = Verifications::new(&config.folder);
        let project = Project::open(config)?;
        let annotations = Annotations::new(author);
        if let Some(dataset) = project.find() {
            annotations.recover(&dataset)?;
        }
        Ok(Self {
            project,
            annotations,
            predictions: Predictions::new(models.clone()),
            acquisitions: Acquisitions::default(),
            verifications,
            worker: Worker::new(events.clone(), models.clone()),
            models,
            events,
            session,
        })
    }

    /// The data set and one of its cases.
    pub(crate) fn case(&self, id: &str) -> Result<(Arc<Dataset>, Case), Problem> {
        let dataset = self.project.dataset()?;
        let case = dataset.case(id)?.clone();
        Ok((dataset, case))
    }

    /// Begins to train on everything that is said.
    pub(crate) fn train(self: &Arc<Self>, length: Length) -> Result<Training, Problem> {
        let dataset = self.project.dataset()?;
        // what is trained on is what lies in the folder, so that the run can be repeated from it
        self.annotations.fold_all()?;
        let annotated = annotated(&dataset, &self.project.fold()?)?;
        let image_size = self.project.config.image_size;
        let order = Order { dataset, annotated, image_size, length };
        self.worker.start(order, self.look_at_pictures())
    }

    /// Goes on with the training that was stopped.
    pub(crate) fn resume_training(self: &Arc<Self>) -> Result<Training, Problem> {
        self.worker.resume(self.look_at_pictures())
    }

    /// What is done with a new model: it looks at every picture, to say what to paint next.
    fn look_at_pictures(self: &Arc<Self>) -> impl FnOnce() + Send + 'static {
        let app = Arc::clone(self);
        move || {
            if app.acquisitions.look(&app).is_ok() {
                app.events.tell("cases", &serde_json::json!({}));
            }
        }
    }

    /// An edit was made: perhaps it is time to train.
    pub(crate) fn count_edit(self: &Arc<Self>) {
        if self.worker.count_edit() {
            let app = Arc::clone(self);
            std::thread::spawn(move || {
                if let Err(problem) = app.train(Length::Usual) {
                    let time = rfc3339(SystemTime::now());
                    let line = format!("no training began by itself: {}", problem.detail);
                    app.events.tell("log", &serde_json::json!({ "time": time, "line": line }));
                }
            });
        }
    }

    /// Ends all work; nothing that was acknowledged is lost, with or without it.
    pub(crate) fn finish(&self) -> Result<(), Problem> {
        self.worker.finish();
        self.annotations.fold_all()
    }

    /// Writes pictures that nobody paints on any more into their files, for ever.
    pub(crate) async fn keep_house(self: Arc<Self>) {
        loop {
            tokio::time::sleep(HOUSEKEEPING).await;
            let app = Arc::clone(&self);
            // a failure is met again by whoever opens the picture
            let _ = tokio::task::spawn_blocking(move || app.annotations.fold_idle()).await;
        }
    }
}
