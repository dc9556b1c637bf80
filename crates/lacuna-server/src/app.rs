//! Everything the requests work on.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lacuna_data::annotation::Runs;
use lacuna_data::annotation::journal::{Edit, Entry};
use lacuna_data::dataset::reading::edits_of;
use lacuna_data::dataset::{DatasetLock, Fold};
use lacuna_data::{ClassSet, Dataset, Image};
use lacuna_train::Interrupt;
use lacuna_train::active::{Length, annotated};

use crate::ServeConfig;
use crate::annotations::{Annotations, Saved};
use crate::authorship::Hand;
use crate::catalogue::Catalogue;
use crate::entrance::Entrance;
use crate::event_stream::{Audience, EventStream};
use crate::label_studio::LabelStudio;
use crate::log::Log;
use crate::metrics::Metrics;
use crate::models::{Models, fits};
use crate::person::Person;
use crate::predictions::Predictions;
use crate::problem::Problem;
use crate::project::{Project, fold_of};
use crate::proposals::{Proposals, Shown};
use crate::queue::Acquisitions;
use crate::readings::Readings;
use crate::sheet::Sheet;
use crate::team::Deed;
use crate::verifications::Verifications;
use crate::worker::{Order, Training, Worker};

/// Who is written in the log of a team for what begins without anybody.
const BY_ITSELF: &str = "(by itself)";
const NOT_ALL_SEEN: &str = "the model could not look at all pictures";
/// How often it is looked whether pictures are idle.
const HOUSEKEEPING: Duration = Duration::from_secs(5);

/// The parts of a running server.
pub(crate) struct App {
    pub(crate) project: Project,
    pub(crate) annotations: Annotations,
    pub(crate) readings: Readings,
    pub(crate) models: Models,
    pub(crate) predictions: Predictions,
    pub(crate) proposals: Proposals,
    pub(crate) acquisitions: Acquisitions,
    pub(crate) catalogue: Catalogue,
    pub(crate) verifications: Verifications,
    pub(crate) worker: Worker,
    pub(crate) events: EventStream,
    pub(crate) log: Log,
    pub(crate) metrics: Metrics,
    pub(crate) entrance: Entrance,
    /// Nothing connects unless it may.
    pub(crate) label_studio: Option<Arc<LabelStudio>>,
    /// Raised when the server ends.
    ending: Interrupt,
}

impl App {
    pub(crate) fn open(config: ServeConfig, entrance: Entrance) -> Result<Self, Problem> {
        let models = Models::new(&config.folder);
        let events = EventStream::new(entrance.start_id());
        let log = Log::new(events.clone());
        let verifications = Verifications::new(&config.folder);
        let folder = DatasetLock::acquire(&config.folder)?;
        let label_studio = config.label_studio.as_ref();
        let label_studio = label_studio.map(|settings| LabelStudio::open(&config, settings));
        let label_studio = label_studio.transpose()?.map(Arc::new);
        let project = Project::open(config, log.clone())?;
        let annotations = Annotations::new(folder.clone());
        let readings = Readings::open(project.find().as_deref(), folder)?;
        if let Some(dataset) = project.find() {
            annotations.recover(&dataset, &log);
        }
        let app = Self {
            project,
            annotations,
            readings,
            predictions: Predictions::new(models.clone()),
            proposals: Proposals::new()?,
            acquisitions: Acquisitions::default(),
            catalogue: Catalogue::default(),
            verifications,
            worker: Worker::new(events.clone(), log.clone(), models.clone()),
            models,
            events,
            log,
            metrics: Metrics::new(),
            entrance,
            label_studio,
            ending: Interrupt::new(),
        };
        if let Err(problem) = app.readings.combine_rest(&app) {
            app.log
                .say(format!("what two people say does not come together yet: {}", problem.detail));
        }
        Ok(app)
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
        let annotated = annotated(&dataset, &self.readable(&dataset)?)?;
        let image_size = self.project.config.image_size;
        let start = self.start_of(start, dataset.classes());
        let order = Order { dataset, annotated, image_size, length, start };
        self.worker.start(order, self.look_at_pictures())
    }

    /// The checkpoint to start from: the one wanted, or the current model's, if it fits.
    fn start_of(&self, wanted: Option<PathBuf>, classes: &ClassSet) -> Option<PathBuf> {
        let wanted = wanted.or_else(|| self.models.current_checkpoint())?;
        let fits = fits(&wanted, classes, self.project.config.image_size);
        if !fits {
            self.log.say("the current model has other classes or another size: a first model is trained anew");
        }
        fits.then_some(wanted)
    }

    /// The split without pictures that cannot be read.
    pub(crate) fn readable(&self, dataset: &Dataset) -> Result<Fold, Problem> {
        let mut fold = fold_of(dataset)?;
        let all = fold.clone();
        let is_readable = |id: &String| {
            let case = dataset.case(id).ok();
            let summary = case.map(|case| self.catalogue.summary(self, dataset, case, &all));
            summary.is_some_and(|summary| summary.error.is_none())
        };
        for part in [&mut fold.train, &mut fold.validation, &mut fold.test] {
            part.retain(is_readable);
        }
        Ok(fold)
    }

    /// What is done with a new model: it looks at every picture, to say what to paint next.
    pub(crate) fn look_at_pictures(self: &Arc<Self>) -> impl FnOnce() + Send + 'static {
        let app = Arc::clone(self);
        move || {
            let look = || app.acquisitions.look(&app, &app.ending);
            match catch_unwind(AssertUnwindSafe(look)) {
                Ok(Ok(0)) => {}
                Ok(Ok(_)) => app.events.tell("cases", &serde_json::json!({})),
                Ok(Err(problem)) => app.log.say(format!("{NOT_ALL_SEEN}: {}", problem.detail)),
                Err(_) => app.log.say(NOT_ALL_SEEN),
            }
        }
    }

    /// Nobody waits for the answer: what went wrong is said in the log.
    fn or_say(&self, begun: Result<Training, Problem>) {
        if let Err(problem) = begun {
            self.log.say(format!("no training began by itself: {}", problem.detail));
        }
    }

    /// Who worked on a picture, as the log of a team says.
    pub(crate) fn painters(&self, id: &str) -> Vec<String> {
        let painters = self.entrance.gate().map(|gate| gate.team.painters(id));
        // the list of pictures is worth more than the names beside them
        painters.and_then(Result::ok).unwrap_or_default()
    }

    /// Who is asked to work on which picture.
    pub(crate) fn assignments(&self) -> BTreeMap<String, Vec<String>> {
        let assigned = self.entrance.gate().map(|gate| gate.team.assignments());
        assigned.and_then(Result::ok).unwrap_or_default()
    }

    /// Writes into the log of a team what no request of a person did.
    pub(crate) fn note(&self, who: &str, what: &str, picture: Option<&str>, detail: &str) {
        let Some(gate) = self.entrance.gate() else { return };
        let deed = Deed { who, what, picture, detail };
        if let Err(error) = gate.team.note(&deed) {
            self.log.say(format!("the log of changes lacks an entry: {error}"));
        }
    }

    /// The region that may be meant by what was shown, and the model whose probabilities were looked at; none if there is
    /// none, or it does not know the class.
    pub(crate) fn propose(
        &self,
        dataset: &Dataset,
        sheet: &Sheet,
        image: &Image,
        shown: &Shown<'_>,
    ) -> Result<(Runs, Option<u32>), Problem> {
        shown.check(image.size())?;
        let case = dataset.case(&sheet.case)?;
        let marks = self.annotations.read(&self.project, sheet, |said| shown.marks(&said))??;
        let model = self.models.current();
        let probability = match model {
            Some(version) => {
                self.predictions.of(dataset, case, version)?.part(shown.class, shown.window)
            }
            None => None,
        };
        let region = self.proposals.find(image, shown, marks, probability.as_deref())?;
        Ok((region, model.filter(|_| probability.is_some())))
    }

    /// Writes an edit of a person where they see the picture.
    pub(crate) fn edit(&self, id: &str, edit: Edit, hand: Hand) -> Result<(Sheet, Saved), Problem> {
        let held = self.readings.hold();
        let sheet = held.to_write(&hand.person, id)?;
        let shared = self.label_studio.as_ref().filter(|_| sheet.reader.is_none());
        let Some(label_studio) = shared else {
            let saved = self.annotations.edit(&self.project, &sheet, edit, hand)?;
            return Ok((sheet, saved));
        };
        // before, so that it is noted when others see the edit; after, if they have worked on the picture in between
        let ops = edit.ops.clone();
        label_studio.note(id, &ops);
        let saved = self.annotations.edit(&self.project, &sheet, edit, hand)?;
        label_studio.note(id, &ops);
        Ok((sheet, saved))
    }

    /// Tells open pages about an edit that was saved: those that may see it.
    pub(crate) fn announce(&self, sheet: &Sheet, entry: &Entry) {
        let told = serde_json::json!({ "case": sheet.case, "entry": entry });
        self.events.tell_to(self.readings.audience(sheet), "edit", &told);
    }

    /// The same, about an edit of the annotation that everybody shares.
    pub(crate) fn announce_shared(&self, id: &str, entry: &Entry) {
        self.announce(&Sheet::shared(id), entry);
    }

    /// Tells those who are not blind that somebody has begun to read.
    pub(crate) fn announce_begun(&self, sheet: &Sheet, entry: &Entry) {
        if sheet.reader.is_some() && edits_of(entry.seq) == 1 {
            let others = self.readings.audience(&Sheet::shared(&sheet.case));
            self.events.tell_to(others, "readings", &serde_json::json!({ "cases": [sheet.case] }));
        }
    }

    /// Somebody is done with a picture that they read separately, or goes on with it; whether both are done.
    pub(crate) fn finish_reading(
        self: &Arc<Self>,
        person: &Person,
        id: &str,
        is_done: bool,
    ) -> Result<bool, Problem> {
        let others = self.readings.audience(&Sheet::shared(id));
        let is_complete = self.readings.finish(self, person, id, is_done)?;
        let told = serde_json::json!({ "cases": [id] });
        if is_complete {
            self.events.tell("readings", &told);
            self.count_edit(id);
        } else {
            // the other reader need not know
            self.events.tell_to(others, "readings", &told);
            self.events.tell_to(Audience::Only(person.name.clone()), "readings", &told);
        }
        Ok(is_complete)
    }

    /// An edit was made: perhaps it is time to train. What is painted in held-back pictures trains nothing.
    pub(crate) fn count_edit(self: &Arc<Self>, id: &str) {
        let fold = self.project.dataset().and_then(|dataset| fold_of(&dataset));
        if fold.is_ok_and(|fold| fold.test.iter().any(|held_back| held_back == id)) {
            return;
        }
        if self.worker.count_edit() {
            let app = Arc::clone(self);
            std::thread::spawn(move || {
                let begun = app.train(Length::Usual);
                if begun.is_ok() {
                    app.note(BY_ITSELF, "training-started", None, "");
                }
                app.or_say(begun);
            });
        }
    }

    /// Ends all work; nothing that was acknowledged is lost, with or without it.
    pub(crate) fn finish(&self) -> Result<(), Problem> {
        self.ending.raise();
        let connection = self.label_studio.as_ref().map_or(Ok(()), |studio| studio.finish());
        self.worker.finish();
        self.annotations.fold_all().and(connection)
    }

    /// Writes pictures that nobody paints on any more into their files, for ever.
    pub(crate) async fn keep_house(self: Arc<Self>) {
        loop {
            tokio::time::sleep(HOUSEKEEPING).await;
            let app = Arc::clone(&self);
            // a failure is met again by whoever opens the picture
            let work = move || {
                let _ = app.annotations.fold_idle();
                let _ = app.readings.combine_rest(&app);
                app.worker.save();
            };
            let _ = tokio::task::spawn_blocking(work).await;
        }
    }
}
