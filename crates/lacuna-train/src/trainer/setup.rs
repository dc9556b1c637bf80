//! Everything a run needs that does not change while it runs.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use lacuna_data::augment::{ChannelSums, Normalization, Sampling};
use lacuna_data::batch::{BatchPlan, CaseCache, CaseSource, Replay};
use lacuna_data::dataset::split::{Fold, Split, SplitError};
use lacuna_data::dataset::{DataError, Dataset};
use lacuna_nn::engine::{self, Device};
use lacuna_nn::{ExponentialMovingAverage, Loss, LossError, StateDict, Unet, UnetError};

use super::encoder::{self, EncoderError};
use super::validation::Validator;
use crate::cases::Cases;
use crate::checkpoint::{Checkpoint, CheckpointError, NetworkInfo, Progress, VERSION};
use crate::config::{ConfigError, NormalizationSource, TrainConfig, ValidationMetric};
use crate::event::{CaseCounts, ConfigSummary, RunStarted, TrainEvent};
use crate::run_dir::RunDir;
use crate::schedule::Schedule;
use crate::summary::{Summary, TrainingSummary};

/// Memory for cases kept ready, bytes.
const CACHE_BYTES: usize = 2 << 30;

/// Why a run cannot begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The data set.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The split to replay.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// The configuration does not fit the data set.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The loss.
    #[error(transparent)]
    Loss(#[from] LossError),
    /// The network.
    #[error(transparent)]
    Network(#[from] UnetError),
    /// The encoder's weights.
    #[error(transparent)]
    Encoder(#[from] EncoderError),
    /// The device.
    #[error(transparent)]
    Device(#[from] engine::DeviceError),
    /// No case to train on.
    #[error("the training part of the split is empty")]
    NothingToTrain,
    /// A checkpoint of another network.
    #[error("the checkpoint does not fit the network: {0}")]
    Checkpoint(String),
    /// The pretrained weights cannot be read.
    #[error(transparent)]
    Unreadable(#[from] CheckpointError),
    /// The pretrained weights are another network's.
    #[error("the pretrained weights `{}` do not fit: {reason}", path.display())]
    Pretrained {
        /// The checkpoint.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
}

impl SetupError {
    /// What a user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Config(error) => error.hint(),
            Self::Data(error) => error.hint().map(ToString::to_string),
            Self::Split(error) => error.hint().map(ToString::to_string),
            Self::Encoder(error) => error.hint(),
            Self::Pretrained { .. } => Some(
                "train with the architecture, encoder depth and classes of the checkpoint, or without it"
                    .to_owned(),
            ),
            Self::NothingToTrain => Some("make another split: `lacuna split --data DS`".to_owned()),
            _ => None,
        }
    }
}

/// Everything a run needs that does not change while it runs.
pub struct Setup {
    /// How to train.
    pub config: TrainConfig,
    pub(super) dataset: Arc<Dataset>,
    pub(super) device: Device,
    pub(super) train: Arc<CaseCache<Cases>>,
    pub(super) validator: Option<Validator>,
    pub(super) normalization: Normalization,
    replay: Replay,
    pub(super) loss: Loss,
    pub(super) schedule: Schedule,
    counts: CaseCounts,
    fingerprint: String,
    training_cases: Vec<String>,
    /// Tensors of the encoder's file that the network has no place for.
    unused_weights: Vec<String>,
    /// The weights that a new network starts from.
    pretrained: Option<StateDict>,
}

impl Setup {
    /// Prepares a run on one fold of a data set, from its start or to go on after a checkpoint.
    pub fn new(
        config: TrainConfig,
        dataset: &Arc<Dataset>,
        fold: &Fold,
        resume: Option<&Checkpoint>,
    ) -> Result<Self, SetupError> {
        let validates = config.validation_metric != ValidationMetric::None;
        let spare = if validates { &[][..] } else { &fold.validation[..] };
        let train = Cases::new(dataset, fold.train.iter().chain(spare))?;
        let train = train.trusting(config.box_trust);
        if train.is_empty() {
            return Err(SetupError::NothingToTrain);
        }
        let device = engine::device(&config.device)?;
        // A run that goes on needs what it started from no more; it may be gone.
        let pretrained = if resume.is_none() { pretrained(&config, dataset)? } else { None };
        let normalization = normalization(&config, &train, resume.or(pretrained.as_ref()))?;
        let sample = config.sample_config(normalization);
        let validator = if validates && !fold.validation.is_empty() {
            let cases = Cases::new(dataset, &fold.validation)?;
            Some(Validator::new(cases, sample, config.activation, config.batch_size)?)
        } else {
            None
        };
        let loss = config.loss_config(dataset.classes())?.init(dataset.classes().len())?;
        let counts = CaseCounts {
            train: train.len(),
            validation: if validates { fold.validation.len() } else { 0 },
            test: fold.test.len(),
        };
        let steps = steps_per_epoch(&config, train.len());
        Ok(Self {
            pretrained: pretrained.map(|checkpoint| checkpoint.model),
            replay: replay(&config, dataset, &train)?,
            fingerprint: dataset.fingerprint()?,
            unused_weights: Vec::new(),
            training_cases: train.as_slice().iter().map(|case| case.id.clone()).collect(),
            schedule: config.schedule(steps),
            train: Arc::new(CaseCache::new(train, sample, CACHE_BYTES)),
            dataset: Arc::clone(dataset),
            config,
            device,
            validator,
            normalization,
            loss,
            counts,
        })
    }

    /// Whether the weights a new network starts from fit, before anything is made.
    pub(crate) fn check_initial_weights(&self) -> Result<(), SetupError> {
        if self.pretrained.is_some() {
            return self.pretrained_model().map(drop);
        }
        Ok(encoder::check(&self.config.encoder_weights)?)
    }

    /// Optimizer steps an epoch.
    pub fn steps_per_epoch(&self) -> usize {
        steps_per_epoch(&self.config, self.train.len())
    }

    /// Pictures drawn in an epoch.
    pub(super) fn images_per_epoch(&self) -> usize {
        let steps = self.config.steps_per_epoch;
        steps.map_or(self.train.len(), |steps| steps * self.images_per_step())
    }

    pub(super) fn images_per_step(&self) -> usize {
        self.config.batch_size * self.config.accumulate
    }

    /// How an epoch's batches are drawn.
    pub(super) fn batch_plan(&self) -> BatchPlan {
        BatchPlan {
            sample: self.config.sample_config(self.normalization),
            policy: self.config.supervision_policy(),
            classes: self.dataset.classes().len(),
            batch_size: self.config.batch_size,
            samples: self.images_per_epoch(),
            replay: self.replay.clone(),
            seed: self.config.seed,
        }
    }

    /// A new network with the configured weights.
    pub(super) fn initial_model(&mut self) -> Result<Unet, SetupError> {
        if self.pretrained.is_some() {
            return self.pretrained_model();
        }
        let classes = self.dataset.classes().len();
        let mut model = self.config.unet_config(classes).init(self.config.seed, &self.device)?;
        let report = encoder::load_weights(&mut model, self)?;
        self.unused_weights = report.map(|report| report.unexpected).unwrap_or_default();
        Ok(model)
    }

    /// The network of a checkpoint as it was trained, in training mode.
    pub(super) fn model_from(&self, checkpoint: &Checkpoint) -> Result<Unet, SetupError> {
        let weights = checkpoint.training.as_ref().unwrap_or(&checkpoint.model);
        self.model_with(weights)?.map_err(SetupError::Checkpoint)
    }

    /// The moving average that goes on from `averaged`, if weights are averaged.
    pub(super) fn average(
        &self,
        model: &Unet,
        averaged: &StateDict,
    ) -> Result<Option<ExponentialMovingAverage>, UnetError> {
        let start = |decay| ExponentialMovingAverage::new(model, averaged, decay, &self.device);
        self.config.ema_decay.map(start).transpose()
    }

    fn pretrained_model(&self) -> Result<Unet, SetupError> {
        let weights = self.pretrained.as_ref().map(|weights| self.model_with(weights));
        let path = self.config.pretrained_weights.clone().unwrap_or_default();
        weights
            .unwrap_or_else(|| Ok(Err("there are none".to_owned())))?
            .map_err(|reason| SetupError::Pretrained { path, reason })
    }

    /// The configured network with these weights, or what does not fit.
    fn model_with(&self, weights: &StateDict) -> Result<Result<Unet, String>, SetupError> {
        let classes = self.dataset.classes().len();
        let mut model = self.config.unet_config(classes).init(self.config.seed, &self.device)?;
        let report = model.load_state_dict(weights);
        Ok(if report.is_exact() { Ok(model) } else { Err(report.to_string()) })
    }

    /// What a checkpoint says beside the weights.
    pub(super) fn network_info(&self, progress: Progress) -> NetworkInfo {
        let classes = self.dataset.classes();
        let name = |index: &usize| classes.classes()[*index].name.clone();
        let sample = self.config.sample_config(self.normalization);
        NetworkInfo {
            version: VERSION,
            classes: classes.classes().to_vec(),
            exclusive: classes.exclusive().iter().map(|g| g.iter().map(name).collect()).collect(),
            part_of: classes.part_of().iter().map(|(p, w)| (name(p), name(w))).collect(),
            network: self.config.unet_config(classes.len()),
            activation: self.config.activation,
            image_size: sample.frame,
            resize: self.config.resize,
            patch_scale: match sample.sampling {
                Sampling::Patch { scale } => Some(scale),
                Sampling::Resize(_) => None,
            },
            normalization: self.normalization,
            black_border: sample.fill == lacuna_data::augment::Fill::Black,
            dataset: self.fingerprint.clone(),
            training_cases: self.training_cases.clone(),
            progress,
        }
    }

    /// The first event of a run.
    pub(super) fn started(
        &self,
        run: &RunDir,
        parameters: usize,
        resumed: Option<usize>,
    ) -> TrainEvent {
        TrainEvent::RunStarted(RunStarted {
            run: run.name(),
            config: ConfigSummary::from(&self.config),
            classes: self.dataset.classes().names(),
            cases: self.counts,
            parameters,
            device: self.config.device.clone(),
            threads: engine::threads(),
            instruction_set: self.instruction_set(),
            resumed_after: resumed,
        })
    }

    /// That of the CPU's kernels, if they are what computes.
    fn instruction_set(&self) -> Option<String> {
        (self.config.device == "cpu").then(|| lacuna_nn::cpu::Isa::current().name().to_owned())
    }

    /// What a user should know before the first epoch.
    pub(super) fn warnings(&self) -> Vec<TrainEvent> {
        let warning = |message: String, hint: &str| TrainEvent::Warning {
            message,
            hint: (!hint.is_empty()).then(|| hint.to_owned()),
        };
        let unused = (!self.unused_weights.is_empty()).then(|| {
            let names = self.unused_weights.join(", ");
            warning(format!("tensors of the encoder's file that were not used: {names}"), "")
        });
        let slow = (!self.config.precision.is_native()).then(|| {
            let name = self.config.precision.name();
            warning(
                format!("this processor has no instructions for {name}: it is emulated, and slower than f32"),
                "leave `--precision` out",
            )
        });
        let validation = match (&self.validator, self.config.validation_metric) {
            (_, ValidationMetric::None) => Vec::new(),
            (None, _) => vec![warning(
                "the split has no validation cases: the last epoch's model is kept".to_owned(),
                "make a split with a validation part: `lacuna split --data DS`",
            )],
            (Some(validator), _) => {
                validator.validity().warnings().into_iter().map(|(m, h)| warning(m, h)).collect()
            }
        };
        unused.into_iter().chain(slow).chain(validation).collect()
    }
}

/// Optimizer steps an epoch over that many training cases.
fn steps_per_epoch(config: &TrainConfig, cases: usize) -> usize {
    let once = || cases.div_ceil(config.batch_size).div_ceil(config.accumulate);
    config.steps_per_epoch.unwrap_or_else(once)
}

/// The cases to replay, as far as the run trains on them.
fn replay(config: &TrainConfig, dataset: &Dataset, train: &Cases) -> Result<Replay, SetupError> {
    let Some(name) = &config.replay_split else { return Ok(Replay::default()) };
    let earlier = Split::load_present(dataset, name)?.fold(0)?.train.clone();
    let cases = train.as_slice().iter().enumerate();
    let cases = cases.filter(|(_, case)| earlier.contains(&case.id)).map(|(index, _)| index);
    let every = config.batch_size * config.accumulate;
    Ok(Replay { cases: cases.collect(), share: config.replay_share, every })
}

/// The checkpoint that the network starts from, if one is configured; its classes must be those of the data set.
fn pretrained(config: &TrainConfig, dataset: &Dataset) -> Result<Option<Checkpoint>, SetupError> {
    let Some(path) = &config.pretrained_weights else { return Ok(None) };
    let checkpoint = Checkpoint::load(path)?;
    let found: Vec<_> = checkpoint.info.classes.iter().map(|class| class.name.clone()).collect();
    let expected = dataset.classes().names();
    if found == expected {
        return Ok(Some(checkpoint));
    }
    let (found, expected) = (found.join(", "), expected.join(", "));
    let reason = format!("its classes are {found}, those of the data set {expected}");
    Err(SetupError::Pretrained { path: path.clone(), reason })
}

/// Mean and sd as configured: computed on the training pictures, or those of the checkpoint it starts from.
fn normalization(
    config: &TrainConfig,
    train: &Cases,
    start: Option<&Checkpoint>,
) -> Result<Normalization, SetupError> {
    match (config.normalization, start) {
        (NormalizationSource::ImageNet, _) => Ok(Normalization::IMAGENET),
        (NormalizationSource::Checkpoint, Some(checkpoint)) => Ok(checkpoint.info.normalization),
        (NormalizationSource::Fixed(normalization), _) => Ok(normalization),
        (NormalizationSource::Dataset | NormalizationSource::Checkpoint, _) => {
            let mut sums = ChannelSums::default();
            for case in train.as_slice() {
                sums.add(&train.dataset().load_image(case)?);
            }
            sums.normalization().ok_or(SetupError::NothingToTrain)
        }
    }
}

impl Setup {
    /// Fingerprint of the data set.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The cases it trains on, by id.
    pub fn training_cases(&self) -> &[String] {
        &self.training_cases
    }

    /// The summary of a run that has not begun.
    pub fn summary_base(&self) -> Result<Summary, SetupError> {
        let classes = self.dataset.classes();
        let network = self.config.unet_config(classes.len()).init(0, &self.device)?;
        Ok(Summary {
            version: Summary::VERSION,
            lacuna_version: env!("CARGO_PKG_VERSION").to_owned(),
            config: ConfigSummary::from(&self.config),
            dataset: self.fingerprint.clone(),
            classes: classes.names(),
            cases: self.counts,
            parameters: network.parameter_count(),
            training: TrainingSummary::default(),
            evaluations: BTreeMap::new(),
        })
    }
}
