//! Everything the requests work on.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lacuna_train::Interrupt;
use lacuna_train::active::{Length, annotated};

use crate::ServeConfig;
use crate::annotations::Annotations;
use crate::event_stream::EventStream;
use crate::log::Log;
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
    pub(crate) log: Log,
    pub(crate) session: Session,
    /// Raised when the server ends.
    ending: Interrupt,
}

impl App {
    pub(crate) fn open(
        config: ServeConfig,
        session: Session,
        start: &str,
    ) -> Result<Self, Problem> {
        let models = Models::new(&config.folder);
        let events = EventStream::new(start);
        let log = Log::new(events.clone());
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
            worker: Worker::new(events.clone(), log.clone(), models.clone()),
            models,
            events,
            log,
            session,
            ending: Interrupt::new(),
        })
    }

    /// Begins to train on everything that is said, from the current model.
    pub(crate) fn train(self: &Arc<Self>, length: Length) -> Result<Training, Problem> {
        self.train_from(length, None)
    }

    /// Goes on with the training that was stopped. If other things are said since, a new one goes on from where it
    /// stopped: a run must be repeatable from one state of the data.
    pub(crate) fn resume_training(self: &Arc<Self>) -> Result<Training, Problem> {
        let app = Arc::clone(self);
        let changed = move |checkpoint| {
            app.log.say("what is painted has changed: a new training goes on from the stopped one");
            app.or_say(app.train_from(Length::Usual, checkpoint));
        };
        self.worker.resume(self.look_at_pictures(), changed)
    }

    fn train_from(
        self: &Arc<Self>,
        length: Length,
        start: Option<PathBuf>,
    ) -> Result<Training, Problem> {
        if self.ending.is_raised() {
            return Err(Problem::busy("the server is ending"));
        }
        let dataset = self.project.dataset()?;
        // what is trained on is what lies in the folder, so that the run can be repeated from it
        self.annotations.fold_all()?;
        let annotated = annotated(&dataset, &self.project.fold()?)?;
        let image_size = self.project.config.image_size;
        let order = Order { dataset, annotated, image_size, length, start };
        self.worker.start(order, self.look_at_pictures())
    }

    /// What is done with a new model: it looks at every picture, to say what to paint next.
    pub(crate) fn look_at_pictures(self: &Arc<Self>) -> impl FnOnce() + Send + 'static {
        let app = Arc::clone(self);
        move || match app.acquisitions.look(&app, &app.ending) {
            Ok(0) => {}
            Ok(_) => app.events.tell("cases", &serde_json::json!({})),
            Err(problem) => {
                app.log
                    .say(format!("the model could not look at all pictures: {}", problem.detail));
            }
        }
    }

    /// Nobody waits for the answer: what went wrong is said in the log.
    fn or_say(&self, begun: Result<Training, Problem>) {
        if let Err(problem) = begun {
            self.log.say(format!("no training began by itself: {}", problem.detail));
        }
    }

    /// An edit was made: perhaps it is time to train.
    pub(crate) fn count_edit(self: &Arc<Self>) {
        if self.worker.count_edit() {
            let app = Arc::clone(self);
            std::thread::spawn(move || app.or_say(app.train(Length::Usual)));
        }
    }

    /// Ends all work; nothing that was acknowledged is lost, with or without it.
    pub(crate) fn finish(&self) -> Result<(), Problem> {
        self.ending.raise();
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
