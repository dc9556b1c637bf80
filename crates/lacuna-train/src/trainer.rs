//! The training loop: epochs of optimizer steps, validation, checkpoints, early stopping.

pub(crate) mod encoder;
mod setup;
mod step;
mod validation;

pub use setup::{Setup, SetupError};
pub use validation::{Validator, Validity};

use std::time::{Duration, Instant};

use lacuna_data::batch::Loader;
use lacuna_data::dataset::DataError;
use lacuna_nn::{
    ExponentialMovingAverage, LossError, Optimizer, OptimizerError, StateDict, Unet, UnetError,
};
use tracing::debug_span;

use crate::checkpoint::{Best, Checkpoint, CheckpointError, EpochRecord, LossSum, Progress};
use crate::event::{CheckpointKind, EpochFinished, Metrics, TrainEvent};
use crate::interrupt::Interrupt;
use crate::observer::{Observer, ObserverError, Observers};
use crate::run_dir::RunDir;

/// Checkpoints at the ends of epochs take no larger share of the time.
const SHARE_FOR_CHECKPOINTS: f64 = 0.1;

/// Why training stopped without a result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// A case cannot be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A checkpoint cannot be written or read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// What happened cannot be written down.
    #[error(transparent)]
    Observer(#[from] ObserverError),
    /// The loss cannot be computed.
    #[error(transparent)]
    Loss(#[from] LossError),
    /// The optimizer cannot be used.
    #[error(transparent)]
    Optimizer(#[from] OptimizerError),
    /// The network cannot be averaged.
    #[error(transparent)]
    Network(#[from] UnetError),
    /// The preparation failed.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The loss is infinite or not a number.
    #[error("the loss is not a finite number in epoch {epoch}, step {step}")]
    Diverged {
        /// Epoch, from 1.
        epoch: usize,
        /// Step in the epoch, from 1.
        step: usize,
    },
    /// A thread that prepares pictures ended before its work was done.
    #[error("a thread that prepares pictures has failed")]
    NoBatch,
    /// The device did not deliver its values.
    #[error("the device failed: {reason}")]
    Device {
        /// What it said.
        reason: String,
    },
}

impl TrainError {
    /// What a user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Diverged { .. } => {
                Some("lower --lr, or limit the gradient with --clip-grad-norm 1".to_owned())
            }
            Self::Setup(error) => error.hint(),
            Self::Data(error) => error.hint().map(ToString::to_string),
            _ => None,
        }
    }
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// All epochs done, or stopped early.
    Finished(Progress),
    /// Stopped by the user; saved, can be resumed.
    Interrupted(Progress),
}

/// A run in progress.
pub struct Trainer<'a> {
    setup: Setup,
    run: &'a RunDir,
    observers: &'a mut Observers,
    interrupt: &'a Interrupt,
    model: Unet,
    /// What is validated and kept in place of the model, if weights are averaged.
    average: Option<ExponentialMovingAverage>,
    optimizer: Optimizer,
    progress: Progress,
    saves: Saves,
    /// The batches of the next epoch, prepared while this one is validated.
    next: Option<Loader<DataError>>,
}

/// When checkpoints were written, and what waits to be.
struct Saves {
    last: Instant,
    /// How long the last one took.
    took: Duration,
    /// The best model, if it is newer than the file.
    best: Option<Checkpoint>,
}

impl Saves {
    /// Whether it is time for one at the end of an epoch: where epochs are short, most of the time would go into them.
    fn are_due(&self) -> bool {
        self.last.elapsed() >= self.took.mul_f64(1.0 / SHARE_FOR_CHECKPOINTS)
    }
}

/// What one epoch came to.
enum Epoch {
    Completed,
    Interrupted,
}

impl<'a> Trainer<'a> {
    /// Prepares a run from its start, or from where `resume` left it.
    pub fn new(
        mut setup: Setup,
        run: &'a RunDir,
        observers: &'a mut Observers,
        interrupt: &'a Interrupt,
        resume: Option<Checkpoint>,
    ) -> Result<Self, TrainError> {
        let mut optimizer = setup.config.optimizer_config().init()?;
        let (model, averaged, progress) = match resume {
            None => {
                let model = setup.initial_model()?;
                let start = model.state_dict();
                (model, start, Progress::default())
            }
            Some(checkpoint) => {
                let model = setup.model_from(&checkpoint)?;
                if let Some(state) = &checkpoint.optimizer {
                    optimizer.load_state_dict(state, &setup.device)?;
                }
                setup.normalization = checkpoint.info.normalization;
                (model, checkpoint.model, checkpoint.info.progress)
            }
        };
        let average = setup.average(&model, &averaged)?;
        let saves = Saves { last: Instant::now(), took: Duration::ZERO, best: None };
        let next = None;
        Ok(Self {
            setup,
            run,
            observers,
            interrupt,
            model,
            average,
            optimizer,
            progress,
            saves,
            next,
        })
    }

    /// Trains to the end, or until interrupted.
    pub fn run(mut self) -> Result<Outcome, TrainError> {
        let start = Instant::now();
        self.announce()?;
        while self.progress.epochs < self.setup.config.epochs && !self.progress.stopped_early {
            let epoch = match self.epoch() {
                Ok(epoch) => epoch,
                Err(error) => {
                    // what was good before it went wrong stays; the error counts
                    let _ = self.save_best();
                    return Err(error);
                }
            };
            if matches!(epoch, Epoch::Interrupted) {
                self.save_last()?;
                let (epoch, step) = (self.progress.epochs + 1, self.progress.steps);
                self.observers.on(&TrainEvent::Interrupted { epoch, step })?;
                return Ok(Outcome::Interrupted(self.progress));
            }
        }
        self.observers.on(&TrainEvent::RunFinished {
            epochs: self.progress.epochs,
            best_epoch: self.progress.best.map(|best| best.epoch),
            best_metric: self.progress.best.map(|best| best.metric()),
            seconds: start.elapsed().as_secs_f64(),
        })?;
        Ok(Outcome::Finished(self.progress))
    }

    fn announce(&mut self) -> Result<(), TrainError> {
        let resumed = (self.progress != Progress::default()).then_some(self.progress.epochs);
        let event = self.setup.started(self.run, self.model.parameter_count(), resumed);
        self.observers.on(&event)?;
        for warning in self.setup.warnings() {
            self.observers.on(&warning)?;
        }
        Ok(())
    }

    /// Steps, validation, checkpoints of one epoch, from wherever the last one stopped.
    fn epoch(&mut self) -> Result<Epoch, TrainError> {
        let start = Instant::now();
        let (epoch, epochs) = (self.progress.epochs + 1, self.setup.config.epochs);
        let steps = self.setup.steps_per_epoch();
        let first_step = self.progress.steps;
        self.observers.on(&TrainEvent::EpochStarted { epoch, epochs, steps })?;
        if matches!(self.steps(epoch, steps)?, Epoch::Interrupted) {
            return Ok(Epoch::Interrupted);
        }
        let images = (steps - first_step) * self.setup.images_per_step();
        let images = images.min(self.setup.images_per_epoch()) as f64;
        let images_per_second = images / start.elapsed().as_secs_f64().max(1e-9);
        let metrics = self.validate(epoch)?;
        let loss = std::mem::take(&mut self.progress.loss);
        self.progress.epochs = epoch;
        self.progress.steps = 0;
        self.progress.skipped += loss.skipped;
        self.progress.last_epoch = Some(EpochRecord {
            train_loss: loss.mean().map(Into::into),
            metrics: metrics.iter().map(|(k, v)| (k.clone(), v.map(Into::into))).collect(),
        });
        // The row of an epoch is on disk before the checkpoint that counts the epoch as done: after
        // a crash in between, the resumed run drops the row and writes it again.
        self.observers.on(&TrainEvent::EpochFinished(EpochFinished {
            epoch,
            epochs,
            train_loss: loss.mean(),
            lr: self.setup.schedule.lr(self.progress.total_steps.saturating_sub(1)),
            metrics,
            skipped_batches: loss.skipped,
            seconds: start.elapsed().as_secs_f64(),
            images_per_second,
        }))?;
        self.stop_early(epoch)?;
        if epoch == epochs || self.progress.stopped_early || self.saves.are_due() {
            self.save_last()?;
        }
        Ok(Epoch::Completed)
    }

    fn steps(&mut self, epoch: usize, steps: usize) -> Result<Epoch, TrainError> {
        let first = self.progress.steps * self.setup.config.accumulate;
        let mut loader = self.next.take().unwrap_or_else(|| self.loader(epoch, first));
        while self.progress.steps < steps {
            if self.interrupt.is_raised() {
                return Ok(Epoch::Interrupted);
            }
            let _step = debug_span!("step").entered();
            let batches = debug_span!("wait_for_batch").in_scope(|| {
                loader.by_ref().take(self.setup.config.accumulate).collect::<Result<Vec<_>, _>>()
            })?;
            if batches.is_empty() {
                return Err(TrainError::NoBatch);
            }
            let lr = self.setup.schedule.lr(self.progress.total_steps);
            let loss = self.optimizer_step(&batches, lr)?;
            self.count_step(epoch, steps, loss, lr)?;
            if self.saves.last.elapsed() > self.setup.config.checkpoint_every {
                self.save_last()?;
            }
        }
        if epoch < self.setup.config.epochs {
            self.next = Some(self.loader(epoch + 1, 0));
        }
        Ok(Epoch::Completed)
    }

    /// The batches of an epoch from `first` on.
    fn loader(&self, epoch: usize, first: usize) -> Loader<DataError> {
        let plan = self.setup.batch_plan();
        Loader::start(&plan, &self.setup.train, epoch, first, self.setup.config.num_workers)
    }

    fn count_step(
        &mut self,
        epoch: usize,
        steps: usize,
        loss: Option<f64>,
        lr: f64,
    ) -> Result<(), TrainError> {
        self.progress.steps += 1;
        self.progress.total_steps += 1;
        let step = self.progress.steps;
        if loss.is_some_and(|loss| !loss.is_finite()) {
            return Err(TrainError::Diverged { epoch, step });
        }
        self.progress.loss.add(loss);
        let skipped = loss.is_none();
        Ok(self.observers.on(&TrainEvent::Step { epoch, step, steps, loss, lr, skipped })?)
    }

    /// Scores the validation cases and keeps the model if it is the best so far.
    fn validate(&mut self, epoch: usize) -> Result<Metrics, TrainError> {
        let Some(validator) = &self.setup.validator else {
            return Ok(Metrics::new());
        };
        let _span = debug_span!("validation").entered();
        let validation = validator.validate(&self.evaluated(), &self.setup.device, epoch)?;
        let drives = validator.validity().drives_selection();
        let metric = validation.mean;
        let metrics = validation.metrics();
        self.observers.on(&TrainEvent::Validation(validation))?;
        let improved = |metric: &f64| self.progress.best.is_none_or(|best| *metric > best.metric());
        if let Some(metric) = metric.filter(|metric| drives && improved(metric)) {
            self.progress.best = Some(Best::new(epoch, metric));
            self.keep_best(epoch)?;
        }
        Ok(metrics)
    }

    fn stop_early(&mut self, epoch: usize) -> Result<(), TrainError> {
        let Some(patience) = self.setup.config.early_stopping_patience else { return Ok(()) };
        let Some(best) = self.progress.best else { return Ok(()) };
        if epoch - best.epoch.max(self.progress.patient_from) >= patience
            && epoch < self.setup.config.epochs
        {
            self.progress.stopped_early = true;
            let best_epoch = best.epoch;
            self.observers.on(&TrainEvent::EarlyStopped { epoch, best_epoch, patience })?;
        }
        Ok(())
    }

    /// Keeps the model until it is written with the next checkpoint.
    fn keep_best(&mut self, epoch: usize) -> Result<(), TrainError> {
        let _span = debug_span!("checkpoint").entered();
        let mut progress = Progress { epochs: epoch, ..self.progress.clone() };
        progress.steps = 0;
        progress.loss = LossSum::default();
        let info = self.setup.network_info(progress);
        self.saves.best =
            Some(Checkpoint { model: self.weights()?, training: None, optimizer: None, info });
        Ok(())
    }

    fn save_best(&mut self) -> Result<(), TrainError> {
        let Some(best) = self.saves.best.take() else { return Ok(()) };
        best.save(&self.run.best_checkpoint())?;
        let (which, epoch) = (CheckpointKind::Best, best.info.progress.epochs);
        Ok(self.observers.on(&TrainEvent::CheckpointSaved { which, epoch })?)
    }

    /// The network that is validated.
    fn evaluated(&self) -> Unet {
        self.average.as_ref().map_or_else(|| self.model.evaluation(), |a| a.model().clone())
    }

    /// The weights to predict with.
    fn weights(&self) -> Result<StateDict, TrainError> {
        let model = self.average.as_ref().map_or(&self.model, ExponentialMovingAverage::model);
        self.finite(model.state_dict())
    }

    /// Weights that are numbers; those of a diverged network would replace the last good checkpoint.
    fn finite(&self, state: StateDict) -> Result<StateDict, TrainError> {
        let finite = state.values().flat_map(|tensor| &tensor.data).all(|value| value.is_finite());
        let (epoch, step) = (self.progress.epochs, self.progress.steps);
        if finite { Ok(state) } else { Err(TrainError::Diverged { epoch, step }) }
    }

    /// The weights to go on training with, where others are there to predict with.
    fn training_weights(&self) -> Result<Option<StateDict>, TrainError> {
        self.average.as_ref().map(|_| self.finite(self.model.state_dict())).transpose()
    }

    /// The best model goes first: the last checkpoint says which it is.
    fn save_last(&mut self) -> Result<(), TrainError> {
        let _span = debug_span!("checkpoint").entered();
        let start = Instant::now();
        self.save_best()?;
        let checkpoint = Checkpoint {
            model: self.weights()?,
            training: self.training_weights()?,
            optimizer: Some(self.optimizer.state_dict()),
            info: self.setup.network_info(self.progress.clone()),
        };
        checkpoint.save(&self.run.last_checkpoint())?;
        self.saves.last = Instant::now();
        self.saves.took = start.elapsed();
        let event = TrainEvent::CheckpointSaved {
            which: CheckpointKind::Last,
            epoch: self.progress.epochs,
        };
        Ok(self.observers.on(&event)?)
    }
}
