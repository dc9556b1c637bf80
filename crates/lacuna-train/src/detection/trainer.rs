//! The training loop of a detector: epochs of steps, validation, checkpoints.

use std::time::{Duration, Instant};

use lacuna_data::augment::BoxSampleConfig;
use lacuna_data::batch::BoxBatch;
use lacuna_nn::detection::{FasterRcnn, FasterRcnnConfig, SampleStreams, Target};
use lacuna_nn::engine::{self, Device};
use lacuna_nn::{EncoderWeights as Weights, Gradients, Optimizer, StateDict};
use tracing::debug_span;

use super::checkpoint::{DetectorCheckpoint, Metadata};
use super::detector::{find, image_list};
use super::judgement::{Judged, Judgement, judged};
use super::pictures::Pictures;
use super::{BoxedCases, DetectError, DetectorConfig};
use crate::checkpoint::{Best, EpochRecord, LossSum, Progress};
use crate::config::EncoderWeights;
use crate::encoder_weights::{EncoderError, imagenet_file};
use crate::event::{CheckpointKind, DetectorStarted, EpochFinished, Metrics, TrainEvent};
use crate::interrupt::Interrupt;
use crate::observer::{Observer, Observers};
use crate::predict::PredictError;
use crate::run_dir::RunDir;
use crate::schedule::Schedule;

/// Boxes with a lower score do not count when a margin is recommended.
pub(super) const LEAST_SCORE: f64 = 0.5;
/// Checkpoints at the ends of epochs take no larger share of the time.
const SHARE_FOR_CHECKPOINTS: f64 = 0.1;

/// A training in progress.
pub(super) struct Trainer<'a> {
    config: DetectorConfig,
    network: FasterRcnnConfig,
    sample: BoxSampleConfig,
    schedule: Schedule,
    device: Device,
    train: Pictures,
    validation: BoxedCases,
    run: &'a RunDir,
    observers: &'a mut Observers,
    interrupt: &'a Interrupt,
    model: FasterRcnn,
    optimizer: Optimizer,
    progress: Progress,
    saves: Saves,
}

/// When checkpoints were written, and what waits to be.
struct Saves {
    last: Instant,
    took: Duration,
    best: Option<DetectorCheckpoint>,
}

/// What an epoch came to.
enum Epoch {
    Completed,
    Interrupted,
}

impl<'a> Trainer<'a> {
    /// Prepares a training from its start, or from where `resume` left it.
    pub(super) fn new(
        config: DetectorConfig,
        [train, validation]: [BoxedCases; 2],
        run: &'a RunDir,
        observers: &'a mut Observers,
        interrupt: &'a Interrupt,
        resume: Option<DetectorCheckpoint>,
    ) -> Result<Self, DetectError> {
        let device = engine::device(&config.device).map_err(PredictError::from)?;
        let mut optimizer = config.optimizer().init()?;
        let (model, progress) = match resume {
            None => (initial_model(&config, &device)?, Progress::default()),
            Some(checkpoint) => {
                if let Some(state) = &checkpoint.optimizer {
                    optimizer.load_state_dict(state, &device)?;
                }
                let model = checkpoint.network(&run.last_checkpoint(), &device)?;
                (model, checkpoint.metadata.progress)
            }
        };
        let steps = train.as_slice().len().div_ceil(config.batch_size);
        Ok(Self {
            network: config.network(),
            sample: config.sample(),
            schedule: config.schedule(steps),
            train: Pictures::new(train),
            saves: Saves { last: Instant::now(), took: Duration::ZERO, best: None },
            device,
            validation,
            run,
            observers,
            interrupt,
            model,
            optimizer,
            progress,
            config,
        })
    }

    /// Trains to the end, or until interrupted; whether the end was reached.
    pub(super) fn run(mut self) -> Result<bool, DetectError> {
        let start = Instant::now();
        self.announce()?;
        while self.progress.epochs < self.config.epochs {
            if matches!(self.epoch()?, Epoch::Interrupted) {
                self.save_last()?;
                let (epoch, step) = (self.progress.epochs + 1, self.progress.steps);
                self.observers.on(&TrainEvent::Interrupted { epoch, step })?;
                return Ok(false);
            }
        }
        self.observers.on(&TrainEvent::RunFinished {
            epochs: self.progress.epochs,
            best_epoch: self.progress.best.map(|best| best.epoch),
            best_metric: self.progress.best.map(|best| best.metric()),
            seconds: start.elapsed().as_secs_f64(),
        })?;
        Ok(true)
    }

    fn announce(&mut self) -> Result<(), DetectError> {
        let is_new = self.progress == Progress::default();
        let state = self.model.state_dict();
        let event = TrainEvent::DetectorStarted(DetectorStarted {
            run: self.run.name(),
            train: self.train.as_slice().len(),
            validation: self.validation.as_slice().len(),
            boxes: self.train.as_slice().iter().map(|case| case.boxes.len()).sum(),
            short_side: self.config.short_side,
            parameters: parameters(&state),
            device: self.config.device.clone(),
            threads: engine::threads(),
            resumed_after: (!is_new).then_some(self.progress.epochs),
        });
        self.observers.on(&event)?;
        if self.validation.as_slice().is_empty() {
            self.observers.on(&TrainEvent::Warning {
                message: "no validation case has a box: the last epoch's detector is kept, and no margin is recommended".to_owned(),
                hint: Some("draw boxes in a few pictures of the validation part".to_owned()),
            })?;
        }
        Ok(())
    }

    fn steps_per_epoch(&self) -> usize {
        self.train.as_slice().len().div_ceil(self.config.batch_size)
    }

    /// Steps, validation and checkpoints of one epoch, from wherever the last one stopped.
    fn epoch(&mut self) -> Result<Epoch, DetectError> {
        let start = Instant::now();
        let (epoch, epochs) = (self.progress.epochs + 1, self.config.epochs);
        let steps = self.steps_per_epoch();
        let first = self.progress.steps;
        self.observers.on(&TrainEvent::EpochStarted { epoch, epochs, steps })?;
        if matches!(self.steps(epoch, steps)?, Epoch::Interrupted) {
            return Ok(Epoch::Interrupted);
        }
        let images = self.train.as_slice().len().saturating_sub(first * self.config.batch_size);
        let images_per_second = images as f64 / start.elapsed().as_secs_f64().max(1e-9);
        let metrics = self.validate(epoch)?;
        let loss = std::mem::take(&mut self.progress.loss);
        self.progress.epochs = epoch;
        self.progress.steps = 0;
        self.progress.last_epoch = Some(EpochRecord {
            train_loss: loss.mean().map(Into::into),
            metrics: metrics.iter().map(|(k, v)| (k.clone(), v.map(Into::into))).collect(),
        });
        // The row of an epoch is on disk before the checkpoint that counts the epoch as done.
        self.observers.on(&TrainEvent::EpochFinished(EpochFinished {
            epoch,
            epochs,
            train_loss: loss.mean(),
            lr: self.schedule.lr(self.progress.total_steps.saturating_sub(1)),
            metrics,
            skipped_batches: 0,
            seconds: start.elapsed().as_secs_f64(),
            images_per_second,
        }))?;
        let is_due = self.saves.last.elapsed() >= self.saves.took.div_f64(SHARE_FOR_CHECKPOINTS);
        if epoch == epochs || is_due {
            self.save_last()?;
        }
        Ok(Epoch::Completed)
    }

    fn steps(&mut self, epoch: usize, steps: usize) -> Result<Epoch, DetectError> {
        let order = self.train.order(self.config.seed, epoch);
        let batches: Vec<_> = order.chunks(self.config.batch_size).map(<[usize]>::to_vec).collect();
        while self.progress.steps < steps {
            if self.interrupt.is_raised() {
                return Ok(Epoch::Interrupted);
            }
            let _step = debug_span!("step").entered();
            let lr = self.schedule.lr(self.progress.total_steps);
            let loss = self.step(epoch, &batches[self.progress.steps], lr)?;
            self.progress.steps += 1;
            self.progress.total_steps += 1;
            let step = self.progress.steps;
            if !loss.is_finite() {
                return Err(DetectError::Diverged { epoch, step });
            }
            self.progress.loss.add(Some(loss));
            let loss = Some(loss);
            self.observers.on(&TrainEvent::Step {
                epoch,
                step,
                steps,
                loss,
                lr,
                skipped: false,
            })?;
            if self.saves.last.elapsed() > self.config.checkpoint_interval() {
                self.save_last()?;
            }
        }
        Ok(Epoch::Completed)
    }

    /// Forward, losses, backward and update over the pictures of a batch.
    fn step(&mut self, epoch: usize, batch: &[usize], lr: f64) -> Result<f64, DetectError> {
        let batch = self.train.batch(batch, &self.sample, self.config.seed, epoch)?;
        let batch = BoxBatch::collate(batch, self.network.size_divisor());
        let targets: Vec<Target> = batch.boxes.iter().map(|boxes| target(boxes)).collect();
        let images = image_list(batch, &self.device)?;
        let streams = SampleStreams { seed: self.config.seed, step: self.progress.total_steps };
        let total = debug_span!("forward")
            .in_scope(|| self.model.losses(&images, &targets, streams))?
            .total();
        let loss =
            engine::values(total.clone()).map_err(|reason| DetectError::Failed { reason })?;
        let mut gradients = debug_span!("backward").in_scope(|| Gradients::of(&total, &self.model));
        if self.config.clip_grad_norm > 0.0 {
            gradients.clip_norm(self.config.clip_grad_norm as f32);
        }
        self.optimizer.step_in_place(&mut self.model, &gradients, lr);
        Ok(loss.first().copied().map_or(f64::NAN, f64::from))
    }

    /// Judges the boxes of the validation pictures and keeps the detector if it is the best so far.
    fn validate(&mut self, epoch: usize) -> Result<Metrics, DetectError> {
        if self.validation.as_slice().is_empty() {
            return Ok(Metrics::new());
        }
        let _span = debug_span!("validation").entered();
        let model = self.model.evaluation();
        let pictures = self.validation.as_slice().iter().map(|boxed| {
            let image = self.validation.dataset().load_image(&boxed.case)?;
            let found = find(&model, &self.sample, image, &self.device)?;
            Ok(judged(boxed, None, found, LEAST_SCORE, usize::MAX))
        });
        let pictures = pictures.collect::<Result<Vec<Judged>, DetectError>>()?;
        let judgement = Judgement::of(&pictures, self.config.most_missed)?;
        let ap = judgement.ap.unwrap_or(0.0);
        if self.progress.best.is_none_or(|best| ap > best.metric()) {
            self.progress.best = Some(Best::new(epoch, ap));
            let progress = Progress {
                epochs: epoch,
                steps: 0,
                loss: LossSum::default(),
                ..self.progress.clone()
            };
            self.saves.best = Some(self.checkpoint(progress, false)?);
        }
        let names = [("val/ap", judgement.ap), ("val/ap50", judgement.ap50)];
        Ok(names.map(|(name, value)| (name.to_owned(), value)).into())
    }

    fn checkpoint(
        &self,
        progress: Progress,
        with_optimizer: bool,
    ) -> Result<DetectorCheckpoint, DetectError> {
        let model = self.model.state_dict();
        let is_finite = model.values().flat_map(|t| &t.data).all(|value| value.is_finite());
        if !is_finite {
            let (epoch, step) = (self.progress.epochs + 1, self.progress.steps);
            return Err(DetectError::Diverged { epoch, step });
        }
        let sides = [self.sample.short_side, self.sample.long_side];
        let classes = self.validation.dataset().classes().names();
        Ok(DetectorCheckpoint {
            model,
            optimizer: with_optimizer.then(|| self.optimizer.state_dict()),
            metadata: Metadata::new(self.network.clone(), sides, classes, progress),
        })
    }

    /// The best detector goes first: the last checkpoint says which it is.
    fn save_last(&mut self) -> Result<(), DetectError> {
        let _span = debug_span!("checkpoint").entered();
        let start = Instant::now();
        if let Some(best) = self.saves.best.take() {
            best.save(&self.run.best_checkpoint())?;
            let (which, epoch) = (CheckpointKind::Best, best.metadata.progress.epochs);
            self.observers.on(&TrainEvent::CheckpointSaved { which, epoch })?;
        }
        self.checkpoint(self.progress.clone(), true)?.save(&self.run.last_checkpoint())?;
        self.saves.last = Instant::now();
        self.saves.took = start.elapsed();
        let (which, epoch) = (CheckpointKind::Last, self.progress.epochs);
        Ok(self.observers.on(&TrainEvent::CheckpointSaved { which, epoch })?)
    }
}

/// The boxes of a picture as the network wants them; what a flip or a rounding left without area is dropped.
fn target(boxes: &[[f64; 4]]) -> Target {
    let corners = boxes.iter().map(|corners| corners.map(|side| side as f32));
    let boxes: Vec<_> = corners.filter(|[x1, y1, x2, y2]| x2 > x1 && y2 > y1).collect();
    Target { labels: vec![1; boxes.len()], boxes }
}

/// A new network with the configured weights.
fn initial_model(config: &DetectorConfig, device: &Device) -> Result<FasterRcnn, DetectError> {
    let mut model = config.network().init(config.seed, device)?;
    let path = match &config.encoder_weights {
        EncoderWeights::None => return Ok(model),
        EncoderWeights::File(path) => path.clone(),
        EncoderWeights::ImageNet => {
            let path = imagenet_file()?;
            if !path.exists() {
                return Err(EncoderError::NotFetched { path }.into());
            }
            path
        }
    };
    Weights::read(&path)?.load_backbone(&mut model)?;
    Ok(model)
}

/// Whether a new network can be made, before anything is written.
pub(super) fn check_initial_model(config: &DetectorConfig) -> Result<(), DetectError> {
    let device = engine::device(&config.device).map_err(PredictError::from)?;
    initial_model(config, &device).map(drop)
}

fn parameters(state: &StateDict) -> usize {
    let is_statistic = |name: &str| name.contains("running_");
    state.iter().filter(|(name, _)| !is_statistic(name)).map(|(_, t)| t.data.len()).sum()
}
