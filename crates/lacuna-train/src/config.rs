//! How to train: keys named as users of PyTorch know them, checked before anything starts.
//!
//! A [`RawConfig`] is what a file, the flags or the environment say, all of it optional. Layers are combined,
//! the strongest first — flag, environment, file — and [`RawConfig::check`] puts the preset and the defaults
//! below them and returns a [`TrainConfig`] in which every value is valid:
//!
//! ```
//! use lacuna_train::config::RawConfig;
//!
//! # fn main() -> Result<(), lacuna_train::ConfigError> {
//! let flags = RawConfig::from_pairs([("lr", "0.02")])?;
//! let file = RawConfig::parse("preset = \"quick\"\nlr = 0.1\nepochs = 5")?;
//! let config = flags.combine(file).check()?;
//! assert_eq!((config.lr, config.epochs, config.image_size.width), (0.02, 5, 128));
//! # Ok(())
//! # }
//! ```

mod check;
mod error;
mod key;
mod keys;
mod named;
mod preset;
mod raw;
mod reference;
mod text;
mod value;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use lacuna_data::augment::{Augmentation, Fill, Normalization, Resize, SampleConfig, Sampling};
use lacuna_data::supervision::policy::{Conflict, SourceWeights, Void};
use lacuna_data::supervision::{PolicyName, SupervisionPolicy};
use lacuna_data::{ClassSet, Size};
use lacuna_nn::{
    Activation, Architecture, GatedCrf, LossConfig, OptimizerConfig, Precision, Reduction,
    UnetConfig,
};

use crate::schedule::{Decay, Schedule};

pub use error::ConfigError;
pub use key::{Key, Kind, Range};
pub use keys::KEYS;
pub use named::{LrSchedule, OptimizerName, Preset, SamplingName, ValidationMetric};
pub use raw::{RawAugmentation, RawConfig, RawLoss, RawSourceWeights};
pub use reference::reference;
pub use text::variable;
pub use value::{EncoderWeights, NormalizationSource, RawNormalization, RawSize, RawStatistics};

/// A valid configuration; made by [`RawConfig::check`]. [`KEYS`] says what each field means.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TrainConfig {
    /// Which preset filled in what was not set.
    pub preset: Preset,
    /// The data set, if it was given in the configuration.
    pub data: Option<PathBuf>,
    /// Name of the split.
    pub split: String,
    /// Fold of the split.
    pub fold: usize,
    /// The split whose training cases are seen more often.
    pub replay_split: Option<String>,
    /// The share of every batch that comes from them at least.
    pub replay_share: f64,
    /// Which network.
    pub architecture: Architecture,
    /// Stages of its encoder, 3–5.
    pub encoder_depth: usize,
    /// From the network's outputs to probabilities.
    pub activation: Activation,
    /// Where the encoder starts.
    pub encoder_weights: EncoderWeights,
    /// The checkpoint that the whole network starts from, in place of `encoder_weights`.
    pub pretrained_weights: Option<PathBuf>,
    /// Size of the network's input, both sides divisible by 2^`encoder_depth`.
    pub image_size: Size,
    /// How a picture of another shape is fitted.
    pub resize: Resize,
    /// How samples are taken from a picture.
    pub sampling: SamplingName,
    /// Pixels of a patch per pixel of the picture, where patches are sampled.
    pub patch_scale: f64,
    /// Where the colour normalisation comes from.
    pub normalization: NormalizationSource,
    /// Which evidence counts.
    pub policy: PolicyName,
    /// Weights of single sources.
    pub source_weights: SourceWeights,
    /// The score from which on a model's region gives negatives.
    pub box_trust: f64,
    /// What a pixel painted as two exclusive classes is.
    pub conflict: Conflict,
    /// What lies beyond the picture's border.
    pub void: Void,
    /// Which losses are mixed.
    pub loss: LossFactors,
    /// What the loss is averaged over.
    pub reduction: Reduction,
    /// Factors on the loss of classes, by name; 1 for those not named.
    pub class_weights: BTreeMap<String, f64>,
    /// Which optimizer.
    pub optimizer: OptimizerName,
    /// The learning rate after the warm-up.
    pub lr: f64,
    /// Momentum of SGD.
    pub momentum: f64,
    /// Weight decay.
    pub weight_decay: f64,
    /// How the learning rate falls.
    pub lr_schedule: LrSchedule,
    /// Exponent of the poly schedule.
    pub poly_power: f64,
    /// Epochs of the warm-up, fewer than `epochs`.
    pub warmup_epochs: usize,
    /// Epochs of the run, at least 1.
    pub epochs: usize,
    /// Optimizer steps an epoch; `None` = as many as every training case once takes.
    pub steps_per_epoch: Option<usize>,
    /// Pictures in a micro-batch, at least 1.
    pub batch_size: usize,
    /// Micro-batches in an optimiser step, at least 1.
    pub accumulate: usize,
    /// Largest norm of the gradient; `None` = not clipped.
    pub clip_grad_norm: Option<f64>,
    /// Decay of the moving average of the weights that is validated and kept; `None` = the weights themselves.
    pub ema_decay: Option<f64>,
    /// Random variation of the samples.
    pub augmentation: Augmentation,
    /// The seed of every random choice.
    pub seed: u64,
    /// Threads that load pictures, at least 1.
    pub num_workers: usize,
    /// Name of the device.
    pub device: String,
    /// Threads of the engine; 0 = all cores.
    pub threads: usize,
    /// Number format of the convolutions in training; only the CPU has others than f32.
    pub precision: Precision,
    /// What chooses the best checkpoint.
    pub validation_metric: ValidationMetric,
    /// Epochs without a better metric before the run stops; `None` = it does not.
    pub early_stopping_patience: Option<usize>,
    /// A checkpoint is also written within an epoch that takes longer than this.
    pub checkpoint_every: Duration,
}

/// Which losses are mixed; at least one factor is above 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LossFactors {
    /// Of the binary cross-entropy.
    pub bce: f64,
    /// Of the soft Dice loss.
    pub dice: f64,
    /// Of the focal loss.
    pub focal: f64,
    /// Exponent of the focal loss.
    pub focal_gamma: f64,
    /// Weight of the positives in the focal loss; `None` = positives and negatives count the same.
    pub focal_alpha: Option<f64>,
    /// Of the consistency with the moving average on unknown pixels.
    pub consistency: f64,
    /// Share of the run over which that factor rises.
    pub consistency_rampup: f64,
    /// Of the gated CRF loss.
    pub gated_crf: f64,
    /// Its kernel.
    pub crf: GatedCrf,
}

impl TrainConfig {
    /// The network for that many classes.
    pub fn unet_config(&self, classes: usize) -> UnetConfig {
        UnetConfig { architecture: self.architecture, encoder_depth: self.encoder_depth, classes }
    }

    /// The loss for a data set's classes.
    pub fn loss_config(&self, classes: &ClassSet) -> Result<LossConfig, ConfigError> {
        let LossFactors { bce, dice, focal, focal_gamma, focal_alpha, .. } = self.loss;
        if self.activation == Activation::Softmax && !all_exclusive(classes) {
            return Err(ConfigError::NotExclusive { classes: classes.names().join(", ") });
        }
        Ok(LossConfig {
            activation: self.activation,
            bce,
            dice,
            focal,
            focal_gamma,
            focal_alpha,
            reduction: self.reduction,
            class_weights: self.weights_of(classes)?,
        })
    }

    /// One weight a class, in the order of the classes; `None` if no class has one.
    fn weights_of(&self, classes: &ClassSet) -> Result<Option<Vec<f64>>, ConfigError> {
        let names = classes.names();
        if let Some(class) = self.class_weights.keys().find(|class| !names.contains(class)) {
            let (class, known) = (class.clone(), names.join(", "));
            return Err(ConfigError::UnknownClass { class, known });
        }
        let weight = |name| self.class_weights.get(name).copied().unwrap_or(1.0);
        Ok((!self.class_weights.is_empty()).then(|| names.iter().map(weight).collect()))
    }

    /// The optimizer; AdamW with PyTorch's betas and epsilon.
    pub fn optimizer_config(&self) -> OptimizerConfig {
        let Self { momentum, weight_decay, .. } = *self;
        match self.optimizer {
            OptimizerName::Sgd => OptimizerConfig::Sgd { momentum, weight_decay },
            OptimizerName::AdamW => {
                OptimizerConfig::AdamW { betas: [0.9, 0.999], epsilon: 1e-8, weight_decay }
            }
        }
    }

    /// The learning rate over a run whose epochs have that many optimiser steps.
    pub fn schedule(&self, steps_per_epoch: usize) -> Schedule {
        let steps = |epochs: usize| epochs as u64 * steps_per_epoch as u64;
        let decay = match self.lr_schedule {
            LrSchedule::Constant => Decay::Constant,
            LrSchedule::Poly => Decay::Poly { power: self.poly_power },
            LrSchedule::Cosine => Decay::Cosine,
        };
        let (warmup_steps, total_steps) = (steps(self.warmup_epochs), steps(self.epochs));
        Schedule { lr: self.lr, decay, warmup_steps, total_steps }
    }

    /// From evidence to targets and weights.
    pub fn supervision_policy(&self) -> SupervisionPolicy {
        self.supervision_by(self.policy)
    }

    /// The same with another policy in place of the run's: weights of sources, conflicts and void stay.
    pub fn supervision_by(&self, policy: PolicyName) -> SupervisionPolicy {
        SupervisionPolicy::named(policy)
            .with_weights(self.source_weights)
            .with_conflict(self.conflict)
            .with_void(self.void)
    }

    /// How much of a picture a sample shows.
    pub fn sampled(&self) -> Sampling {
        match self.sampling {
            SamplingName::Resize => Sampling::Resize(self.resize),
            SamplingName::Patch => Sampling::Patch { scale: self.patch_scale },
        }
    }

    /// From cases to samples, with a normalisation that is known by now.
    pub fn sample_config(&self, normalization: Normalization) -> SampleConfig {
        let fill = match self.void {
            Void::Unknown => Fill::Mean,
            // Where torchvision fills masks with 0, it fills pictures with 0 too.
            Void::Unpainted => Fill::Black,
        };
        let (frame, sampling) = (self.image_size, self.sampled());
        SampleConfig { frame, sampling, augmentation: self.augmentation, normalization, fill }
    }
}

/// Whether a pixel can be of one class only.
fn all_exclusive(classes: &ClassSet) -> bool {
    classes.len() == 1 || classes.exclusive().iter().any(|group| group.len() == classes.len())
}

#[cfg(test)]
mod tests;
