//! The one training at a time that goes on behind the app.

mod counts;
mod job;
mod order;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};

use lacuna_train::event::TrainEvent;
use lacuna_train::observer::line;
use lacuna_train::trainer::Outcome;
use lacuna_train::training::{self, Changes, TrainingError};
use lacuna_train::{Interrupt, TrainConfig};
use serde::Serialize;
use utoipa::ToSchema;

use counts::Counts;
pub(crate) use job::Job;
pub(crate) use order::Order;

use crate::event_stream::EventStream;
use crate::lock;
use crate::log::Log;
use crate::models::{Models, Stopped, version_of};
use crate::problem::Problem;

/// What the worker does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Phase {
    /// Nothing.
    #[default]
    Idle,
    /// It trains.
    Running,
    /// It finishes its step and saves.
    Stopping,
    /// A training was stopped and can go on.
    Stopped,
    /// The last training failed.
    Failed,
}

/// What the worker does, as the app shows it.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub(crate) struct Training {
    pub(crate) state: Phase,
    /// The work at hand, or the last.
    #[schema(required)]
    pub(crate) job: Option<Job>,
    /// Why it failed.
    #[schema(required)]
    pub(crate) error: Option<String>,
    /// Edits after which a training starts by itself.
    #[schema(required)]
    pub(crate) auto_after: Option<u32>,
    /// Edits since the last training began.
    pub(crate) edits: u32,
    /// How many there were when a training last tried to start by itself.
    #[serde(skip)]
    tried: u32,
}

/// Starts, stops and watches trainings. Clones share it.
#[derive(Clone)]
pub(crate) struct Worker(Arc<Shared>);

struct Shared {
    training: Mutex<Training>,
    at_work: Mutex<Option<AtWork>>,
    /// The counts as they are on the disk.
    saved: Mutex<Counts>,
    events: EventStream,
    log: Log,
    models: Models,
}

struct AtWork {
    interrupt: Interrupt,
    thread: JoinHandle<()>,
}

/// What a training starts from.
enum Start {
    New(Box<TrainConfig>),
    /// What was stopped; with its checkpoint the call is made if the data have changed since.
    Stopped(Box<dyn FnOnce(Option<PathBuf>) + Send>),
}

impl Worker {
    /// Nothing to do but to go on with what an earlier start of the server left half done.
    pub(crate) fn new(events: EventStream, log: Log, models: Models) -> Self {
        let stopped = models.stopped().map(|stopped| {
            let Stopped { version, cases, epochs, steps_per_epoch, steps } = stopped;
            Job::new(version, cases, epochs, steps_per_epoch).at(steps as usize)
        });
        let state = if stopped.is_some() { Phase::Stopped } else { Phase::Idle };
        let counts = Counts::load(&models);
        let Counts { edits, auto_after, .. } = counts;
        let training = Training { state, job: stopped, edits, auto_after, ..Training::default() };
        let (training, at_work) = (Mutex::new(training), Mutex::default());
        let saved = Mutex::new(counts);
        Self(Arc::new(Shared { training, at_work, saved, events, log, models }))
    }

    /// What it does.
    pub(crate) fn training(&self) -> Training {
        self.0.state().clone()
    }

    /// Begins to train as `order` says; `then` is called when a new model is there.
    pub(crate) fn start(
        &self,
        order: Order,
        then: impl FnOnce() + Send + 'static,
    ) -> Result<Training, Problem> {
        let before = self.reserve()?;
        let version = self.0.models.next_version();
        let begun = order.prepare(version).and_then(|(config, cases)| {
            let steps = config.steps_per_epoch.unwrap_or(1);
            let (auto_after, state) = (before.auto_after, Phase::Running);
            let job = Some(Job::new(version, cases, config.epochs, steps));
            *self.0.state() = Training { state, job, auto_after, ..Training::default() };
            self.begin(version, Start::New(Box::new(config)), then)
        });
        self.or_as_before(begun, before)
    }

    /// Goes on with the training that was stopped. If the data have changed since, `changed` is called with its
    /// checkpoint instead.
    pub(crate) fn resume(
        &self,
        then: impl FnOnce() + Send + 'static,
        changed: impl FnOnce(Option<PathBuf>) + Send + 'static,
    ) -> Result<Training, Problem> {
        let before = self.reserve()?;
        let stopped = before.state == Phase::Stopped;
        let begun = match self.0.state().job.as_mut().filter(|_| stopped) {
            None => Err(Problem::invalid("no training was stopped")),
            Some(job) => {
                job.resume();
                Ok(job.version)
            }
        };
        let begun =
            begun.and_then(|version| self.begin(version, Start::Stopped(Box::new(changed)), then));
        self.or_as_before(begun, before)
    }

    /// Asks the training to save and stop.
    pub(crate) fn stop(&self) -> Result<Training, Problem> {
        let at_work = lock(&self.0.at_work);
        let running = self.0.state().state == Phase::Running;
        let Some(work) = at_work.as_ref().filter(|_| running) else {
            return Err(Problem::invalid("nothing is being trained"));
        };
        work.interrupt.raise();
        self.0.state().state = Phase::Stopping;
        self.0.tell();
        Ok(self.training())
    }

    /// Sets after how many edits a training starts by itself.
    pub(crate) fn set_auto(&self, after: Option<u32>) -> Training {
        {
            let mut state = self.0.state();
            state.auto_after = after.filter(|after| *after > 0);
            state.tried = state.edits;
        }
        self.save();
        self.0.tell();
        self.training()
    }

    /// Counts an edit; whether a training should start by itself now.
    pub(crate) fn count_edit(&self) -> bool {
        let is_due = {
            let mut state = self.0.state();
            state.edits += 1;
            let idle = !matches!(state.state, Phase::Running | Phase::Stopping);
            let since = state.edits - state.tried;
            let is_due = idle && state.auto_after.is_some_and(|after| since >= after);
            if is_due {
                // one that cannot start is not tried again at every stroke
                state.tried = state.edits;
            }
            is_due
        };
        self.0.tell();
        is_due
    }

    /// Stops what goes on and waits until it is saved.
    pub(crate) fn finish(&self) {
        let work = lock(&self.0.at_work).take();
        if let Some(AtWork { interrupt, thread }) = work {
            interrupt.raise();
            // a panic there has been told already
            let _ = thread.join();
        }
        self.save();
    }

    /// Writes the counts down, if they have changed. Without them only numbers on the page are wrong.
    pub(crate) fn save(&self) {
        let Training { edits, auto_after, .. } = self.training();
        let counts = Counts { version: Counts::VERSION, edits, auto_after };
        let mut saved = lock(&self.0.saved);
        if *saved != counts && counts.store(&self.0.models) {
            *saved = counts;
        }
    }

    /// An error while a model is being trained.
    pub(crate) fn refuse_if_busy(&self) -> Result<(), Problem> {
        match self.0.state().state {
            Phase::Running | Phase::Stopping => Err(busy()),
            _ => Ok(()),
        }
    }

    /// Takes the place of the one training at a time; what was there before.
    fn reserve(&self) -> Result<Training, Problem> {
        let mut state = self.0.state();
        if matches!(state.state, Phase::Running | Phase::Stopping) {
            return Err(busy());
        }
        let before = state.clone();
        state.state = Phase::Running;
        Ok(before)
    }

    /// A training that did not begin leaves no trace.
    fn or_as_before<T>(&self, begun: Result<T, Problem>, before: Training) -> Result<T, Problem> {
        if begun.is_err() {
            *self.0.state() = before;
        }
        begun
    }

    fn begin(
        &self,
        version: u32,
        start: Start,
        then: impl FnOnce() + Send + 'static,
    ) -> Result<Training, Problem> {
        let interrupt = Interrupt::new();
        let (shared, flag) = (Arc::clone(&self.0), interrupt.clone());
        let name = "training".to_owned();
        let work = move || {
            let trained = catch_unwind(AssertUnwindSafe(|| shared.train(version, start, &flag)));
            match trained {
                Ok(true) => then(),
                Ok(false) => {}
                Err(_) => shared.end(Phase::Failed, Some("the training broke down".to_owned())),
            }
        };
        let thread =
            thread::Builder::new().name(name).spawn(work).map_err(|e| Problem::failed(&e))?;
        *lock(&self.0.at_work) = Some(AtWork { interrupt, thread });
        self.0.tell();
        Ok(self.training())
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, Training> {
        lock(&self.training)
    }

    fn tell(&self) {
        let state = self.state().clone();
        self.events.tell("training", &state);
    }

    /// Trains to the end; whether there is a new model.
    fn train(self: &Arc<Self>, version: u32, start: Start, interrupt: &Interrupt) -> bool {
        let run = self.models.run(version);
        let observer = {
            let shared = Arc::clone(self);
            move |event: &TrainEvent| {
                shared.watch(event);
                Ok(())
            }
        };
        let result = match start {
            Start::New(config) => training::start(*config, &run, true, observer, interrupt),
            Start::Stopped(changed) => {
                match training::resume(&run, &Changes::default(), observer, interrupt) {
                    Err(TrainingError::Changed { .. }) => {
                        self.end(Phase::Stopped, None);
                        changed(self.models.last_checkpoint(version));
                        return false;
                    }
                    result => result,
                }
            }
        };
        let (phase, error) = match result.map(|finished| finished.outcome) {
            Ok(Outcome::Finished(_)) => match self.models.set_current(version) {
                Ok(()) => (Phase::Idle, None),
                Err(problem) => (Phase::Failed, Some(problem.detail)),
            },
            Ok(_) => (Phase::Stopped, None),
            Err(error) => (Phase::Failed, Some(sentence(&error))),
        };
        self.end(phase, error);
        if phase == Phase::Idle {
            self.events.tell("model", &version_of(version));
        }
        phase == Phase::Idle
    }

    fn end(&self, phase: Phase, error: Option<String>) {
        {
            let mut state = self.state();
            state.state = phase;
            state.error = error;
        }
        self.tell();
    }

    fn watch(&self, event: &TrainEvent) {
        if let Some(line) = line(event) {
            self.log.say(line);
        }
        let worth_telling = {
            let mut state = self.state();
            state.job.as_mut().is_some_and(|job| job.watch(event))
        };
        if worth_telling {
            self.tell();
        }
    }
}

fn busy() -> Problem {
    Problem::busy("a model is being trained").with_hint("wait for it, or stop it first")
}

/// The error with its causes and what to do about it.
fn sentence(error: &TrainingError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    match error.hint() {
        Some(hint) => format!("{text}. {hint}"),
        None => text,
    }
}
