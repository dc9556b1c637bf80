//! A whole training: run folder, observers, trainer and summary, from the start or from where it stopped.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use lacuna_data::dataset::split::{Split, SplitError};
use lacuna_data::dataset::{DataError, Dataset};

use crate::checkpoint::{Checkpoint, CheckpointError, Progress};
use crate::config::{ConfigError, TrainConfig};
use crate::event::TrainEvent;
use crate::interrupt::Interrupt;
use crate::observer::{Observer, ObserverError};
use crate::run_dir::{ResumePoint, RunConfigError, RunDir, RunDirError};
use crate::summary::{BestEpoch, Summary, SummaryError, TrainingSummary};
use crate::trainer::{Outcome, Setup, SetupError, TrainError, Trainer};

/// Why a training did not come to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainingError {
    /// The configuration names no data set.
    #[error("no data set is given")]
    NoData,
    /// The data set.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The split.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The configuration cannot be written.
    #[error(transparent)]
    RunConfig(#[from] RunConfigError),
    /// The run folder.
    #[error(transparent)]
    RunDir(#[from] RunDirError),
    /// The run's files.
    #[error(transparent)]
    Observer(#[from] ObserverError),
    /// The checkpoint to go on from.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The preparation.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The training itself.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// The summary.
    #[error(transparent)]
    Summary(#[from] SummaryError),
    /// The split is not the one the run was started on.
    #[error("the split `{split}` has changed since the run began: it names other training cases")]
    SplitChanged {
        /// The split.
        split: String,
    },
    /// The data set is not the one the run was started on.
    #[error("the data set `{data}` has changed since the run began")]
    Changed {
        /// The data set.
        data: String,
    },
}

impl TrainingError {
    /// What a user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoData => Some("name it with `--data DS`".to_owned()),
            Self::Data(error) => error.hint().map(ToOwned::to_owned),
            Self::Split(error) => error.hint().map(ToOwned::to_owned),
            Self::Config(error) => error.hint(),
            Self::RunDir(error) => error.hint().map(ToOwned::to_owned),
            Self::Observer(error) => error.hint().map(ToOwned::to_owned),
            Self::Setup(error) => error.hint(),
            Self::Train(error) => error.hint(),
            Self::SplitChanged { .. } => Some(
                "restore the split, or start a new run; a new split is better given a name of its own"
                    .to_owned(),
            ),
            Self::Changed { .. } => Some(
                "a resumed run must see the same data; start a new run on the changed data"
                    .to_owned(),
            ),
            _ => None,
        }
    }
}

/// A training that ended, in a run folder.
pub struct Finished {
    /// The run's folder.
    pub run: RunDir,
    /// How it ended.
    pub outcome: Outcome,
}

/// Trains as configured into the new folder `path`; with `force`, over an earlier run there.
///
/// # Errors
/// See [`TrainingError`]. What was trained until then can be resumed.
pub fn start(
    config: TrainConfig,
    path: &Path,
    force: bool,
    observer: impl Observer + Send + 'static,
    interrupt: &Interrupt,
) -> Result<Finished, TrainingError> {
    let prepared = Prepared::new(config, None)?;
    prepared.setup.check_initial_weights()?;
    let run = RunDir::create(path, force)?;
    run.save_config(&prepared.setup.config)?;
    prepared.train(run, None, observer, interrupt)
}

/// What may differ in a run that goes on.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// The number of epochs, to train a finished run for longer.
    pub epochs: Option<usize>,
    /// Where the data set is now; it must be the same.
    pub data: Option<PathBuf>,
}

/// Goes on with the run in `path` from its last checkpoint, as if it had never stopped.
///
/// # Errors
/// See [`TrainingError`].
pub fn resume(
    path: &Path,
    changes: &Changes,
    observer: impl Observer + Send + 'static,
    interrupt: &Interrupt,
) -> Result<Finished, TrainingError> {
    let run = RunDir::resume(path)?;
    let mut config = run.load_config()?;
    if let Some(epochs) = changes.epochs {
        config.epochs = epochs;
    }
    if let Some(data) = &changes.data {
        config.data = Some(data.clone());
    }
    let last = run.last_checkpoint();
    let mut checkpoint = last.exists().then(|| Checkpoint::load(&last)).transpose()?;
    if let (Some(checkpoint), Some(_)) = (&mut checkpoint, changes.epochs) {
        checkpoint.info.progress.extend();
    }
    let prepared = Prepared::new(config, checkpoint.as_ref())?;
    prepared.check_unchanged(checkpoint.as_ref())?;
    if changes.epochs.is_some() || changes.data.is_some() {
        run.save_config(&prepared.setup.config)?;
    }
    prepared.train(run, checkpoint, observer, interrupt)
}

/// A configuration with the data it names.
struct Prepared {
    setup: Setup,
    dataset: Arc<Dataset>,
}

impl Prepared {
    fn new(config: TrainConfig, resume: Option<&Checkpoint>) -> Result<Self, TrainingError> {
        let data = config.data.as_deref().ok_or(TrainingError::NoData)?;
        let dataset = Arc::new(Dataset::open(data)?);
        let split = Split::load(&dataset, &config.split)?;
        let fold = split.fold(config.fold)?.clone();
        Ok(Self { setup: Setup::new(config, &dataset, &fold, resume)?, dataset })
    }

    fn check_unchanged(&self, checkpoint: Option<&Checkpoint>) -> Result<(), TrainingError> {
        match checkpoint {
            Some(checkpoint) if checkpoint.info.dataset != self.setup.fingerprint() => {
                Err(TrainingError::Changed { data: self.dataset.dir().display().to_string() })
            }
            Some(checkpoint) if checkpoint.info.training_cases != self.setup.training_cases() => {
                Err(TrainingError::SplitChanged { split: self.setup.config.split.clone() })
            }
            _ => Ok(()),
        }
    }

    fn train(
        self,
        run: RunDir,
        checkpoint: Option<Checkpoint>,
        observer: impl Observer + Send + 'static,
        interrupt: &Interrupt,
    ) -> Result<Finished, TrainingError> {
        let point = checkpoint.as_ref().map(|checkpoint| ResumePoint {
            epochs: checkpoint.info.progress.epochs,
            steps: checkpoint.info.progress.total_steps,
        });
        let notes = Notes::default();
        let mut observers = run.observers(point)?.with(observer).with(notes.clone());
        let base = self.setup.summary_base()?;
        let trainer = Trainer::new(self.setup, &run, &mut observers, interrupt, checkpoint)?;
        let outcome = trainer.run()?;
        if let Outcome::Finished(progress) = &outcome {
            let summary = Summary { training: training_summary(progress, notes.take()), ..base };
            summary.save(&run.summary_file())?;
        }
        Ok(Finished { run, outcome })
    }
}

/// Warnings heard during a run, for its summary.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Observer for Notes {
    fn on(&mut self, event: &TrainEvent) -> Result<(), ObserverError> {
        if let TrainEvent::Warning { message, .. } = event {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(message.clone());
        }
        Ok(())
    }
}

fn training_summary(progress: &Progress, warnings: Vec<String>) -> TrainingSummary {
    let last = progress.last_epoch.clone().unwrap_or_default();
    TrainingSummary {
        epochs: progress.epochs,
        steps: progress.total_steps,
        early_stopped: progress.stopped_early,
        best: progress.best.map(|best| BestEpoch {
            epoch: best.epoch,
            metric: "dice".to_owned(),
            value: best.metric(),
        }),
        last: last.metrics.into_iter().map(|(name, v)| (name, v.map(Into::into))).collect(),
        train_loss: last.train_loss.map(Into::into),
        skipped_batches: progress.skipped,
        warnings,
    }
}
