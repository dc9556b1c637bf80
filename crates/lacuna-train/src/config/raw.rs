//! The configuration as written: everything optional, nothing checked but names and types.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::ConfigError;
use super::value::{RawNormalization, RawSize};

/// The configuration as written in a file, in flags or in the environment; see [`super::KEYS`] for the keys.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is documented in the table of keys")]
pub struct RawConfig {
    pub preset: Option<String>,
    pub data: Option<PathBuf>,
    pub split: Option<String>,
    pub fold: Option<i64>,
    pub architecture: Option<String>,
    pub activation: Option<String>,
    pub encoder_depth: Option<i64>,
    pub encoder_weights: Option<PathBuf>,
    pub pretrained_weights: Option<PathBuf>,
    pub replay_split: Option<String>,
    pub replay_share: Option<f64>,
    pub image_size: Option<RawSize>,
    pub resize: Option<String>,
    pub sampling: Option<String>,
    pub patch_scale: Option<f64>,
    pub policy: Option<String>,
    pub box_trust: Option<f64>,
    pub conflict: Option<String>,
    pub void: Option<String>,
    pub reduction: Option<String>,
    pub optimizer: Option<String>,
    pub lr: Option<f64>,
    pub momentum: Option<f64>,
    pub weight_decay: Option<f64>,
    pub lr_schedule: Option<String>,
    pub poly_power: Option<f64>,
    pub warmup_epochs: Option<i64>,
    pub epochs: Option<i64>,
    pub steps_per_epoch: Option<i64>,
    pub batch_size: Option<i64>,
    pub accumulate: Option<i64>,
    pub clip_grad_norm: Option<f64>,
    pub ema_decay: Option<f64>,
    pub validation_metric: Option<String>,
    pub early_stopping_patience: Option<i64>,
    pub checkpoint_every: Option<f64>,
    pub seed: Option<i64>,
    pub num_workers: Option<i64>,
    pub device: Option<String>,
    pub threads: Option<i64>,
    pub precision: Option<String>,
    // Tables come last, as TOML wants them.
    pub normalization: Option<RawNormalization>,
    #[serde(default, skip_serializing_if = "RawLoss::is_empty")]
    pub loss: RawLoss,
    #[serde(default, skip_serializing_if = "RawAugmentation::is_empty")]
    pub augmentation: RawAugmentation,
    #[serde(default, skip_serializing_if = "RawSourceWeights::is_empty")]
    pub source_weights: RawSourceWeights,
    /// Taken as a whole from the strongest layer that has it.
    pub class_weights: Option<BTreeMap<String, f64>>,
}

/// The section `[loss]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is documented in the table of keys")]
pub struct RawLoss {
    pub bce: Option<f64>,
    pub dice: Option<f64>,
    pub focal: Option<f64>,
    pub focal_gamma: Option<f64>,
    pub focal_alpha: Option<f64>,
    pub consistency: Option<f64>,
    pub consistency_rampup: Option<f64>,
    pub gated_crf: Option<f64>,
    pub gated_crf_radius: Option<i64>,
    pub gated_crf_sigma_xy: Option<f64>,
    pub gated_crf_sigma_rgb: Option<f64>,
}

/// The section `[augmentation]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is documented in the table of keys")]
pub struct RawAugmentation {
    pub rotation: Option<f64>,
    pub scale: Option<[f64; 2]>,
    pub scale_probability: Option<f64>,
    pub horizontal_flip: Option<f64>,
    pub vertical_flip: Option<f64>,
    pub brightness: Option<f64>,
    pub contrast: Option<f64>,
    pub saturation: Option<f64>,
    pub gamma: Option<[f64; 2]>,
    pub gamma_probability: Option<f64>,
    pub blur_sigma: Option<[f64; 2]>,
    pub blur_kernel: Option<i64>,
    pub blur_probability: Option<f64>,
    pub low_resolution: Option<[f64; 2]>,
    pub low_resolution_probability: Option<f64>,
    pub noise_sd: Option<[f64; 2]>,
    pub noise_probability: Option<f64>,
}

/// The section `[source_weights]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is documented in the table of keys")]
pub struct RawSourceWeights {
    pub painted: Option<f64>,
    pub exclusion: Option<f64>,
    pub region: Option<f64>,
    pub background: Option<f64>,
    pub accepted: Option<f64>,
    pub assumed: Option<f64>,
}

impl RawConfig {
    /// Reads a `train.toml` or the `config.toml` of a run.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = fs_err::read_to_string(path).map_err(ConfigError::Read)?;
        toml::from_str(&text).map_err(|source| ConfigError::Parse {
            path: path.to_owned(),
            source: Box::new(source),
        })
    }

    /// Reads a configuration from text.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|source| ConfigError::Text(Box::new(source)))
    }

    /// What is set here, else what is set in `weaker`.
    #[must_use]
    pub fn combine(self, weaker: Self) -> Self {
        Self {
            preset: self.preset.or(weaker.preset),
            data: self.data.or(weaker.data),
            split: self.split.or(weaker.split),
            fold: self.fold.or(weaker.fold),
            architecture: self.architecture.or(weaker.architecture),
            activation: self.activation.or(weaker.activation),
            encoder_depth: self.encoder_depth.or(weaker.encoder_depth),
            encoder_weights: self.encoder_weights.or(weaker.encoder_weights),
            pretrained_weights: self.pretrained_weights.or(weaker.pretrained_weights),
            replay_split: self.replay_split.or(weaker.replay_split),
            replay_share: self.replay_share.or(weaker.replay_share),
            image_size: self.image_size.or(weaker.image_size),
            resize: self.resize.or(weaker.resize),
            sampling: self.sampling.or(weaker.sampling),
            patch_scale: self.patch_scale.or(weaker.patch_scale),
            policy: self.policy.or(weaker.policy),
            box_trust: self.box_trust.or(weaker.box_trust),
            conflict: self.conflict.or(weaker.conflict),
            void: self.void.or(weaker.void),
            reduction: self.reduction.or(weaker.reduction),
            optimizer: self.optimizer.or(weaker.optimizer),
            lr: self.lr.or(weaker.lr),
            momentum: self.momentum.or(weaker.momentum),
            weight_decay: self.weight_decay.or(weaker.weight_decay),
            lr_schedule: self.lr_schedule.or(weaker.lr_schedule),
            poly_power: self.poly_power.or(weaker.poly_power),
            warmup_epochs: self.warmup_epochs.or(weaker.warmup_epochs),
            epochs: self.epochs.or(weaker.epochs),
            steps_per_epoch: self.steps_per_epoch.or(weaker.steps_per_epoch),
            batch_size: self.batch_size.or(weaker.batch_size),
            accumulate: self.accumulate.or(weaker.accumulate),
            clip_grad_norm: self.clip_grad_norm.or(weaker.clip_grad_norm),
            ema_decay: self.ema_decay.or(weaker.ema_decay),
            validation_metric: self.validation_metric.or(weaker.validation_metric),
            early_stopping_patience: self
                .early_stopping_patience
                .or(weaker.early_stopping_patience),
            checkpoint_every: self.checkpoint_every.or(weaker.checkpoint_every),
            seed: self.seed.or(weaker.seed),
            num_workers: self.num_workers.or(weaker.num_workers),
            device: self.device.or(weaker.device),
            precision: self.precision.or(weaker.precision),
            threads: self.threads.or(weaker.threads),
            normalization: self.normalization.or(weaker.normalization),
            loss: self.loss.combine(weaker.loss),
            augmentation: self.augmentation.combine(weaker.augmentation),
            source_weights: self.source_weights.combine(weaker.source_weights),
            class_weights: self.class_weights.or(weaker.class_weights),
        }
    }
}

impl RawLoss {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn combine(self, weaker: Self) -> Self {
        Self {
            bce: self.bce.or(weaker.bce),
            dice: self.dice.or(weaker.dice),
            focal: self.focal.or(weaker.focal),
            focal_gamma: self.focal_gamma.or(weaker.focal_gamma),
            focal_alpha: self.focal_alpha.or(weaker.focal_alpha),
            consistency: self.consistency.or(weaker.consistency),
            consistency_rampup: self.consistency_rampup.or(weaker.consistency_rampup),
            gated_crf: self.gated_crf.or(weaker.gated_crf),
            gated_crf_radius: self.gated_crf_radius.or(weaker.gated_crf_radius),
            gated_crf_sigma_xy: self.gated_crf_sigma_xy.or(weaker.gated_crf_sigma_xy),
            gated_crf_sigma_rgb: self.gated_crf_sigma_rgb.or(weaker.gated_crf_sigma_rgb),
        }
    }
}

impl RawAugmentation {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn combine(self, weaker: Self) -> Self {
        Self {
            rotation: self.rotation.or(weaker.rotation),
            scale: self.scale.or(weaker.scale),
            scale_probability: self.scale_probability.or(weaker.scale_probability),
            horizontal_flip: self.horizontal_flip.or(weaker.horizontal_flip),
            vertical_flip: self.vertical_flip.or(weaker.vertical_flip),
            brightness: self.brightness.or(weaker.brightness),
            contrast: self.contrast.or(weaker.contrast),
            saturation: self.saturation.or(weaker.saturation),
            gamma: self.gamma.or(weaker.gamma),
            gamma_probability: self.gamma_probability.or(weaker.gamma_probability),
            blur_sigma: self.blur_sigma.or(weaker.blur_sigma),
            blur_kernel: self.blur_kernel.or(weaker.blur_kernel),
            blur_probability: self.blur_probability.or(weaker.blur_probability),
            low_resolution: self.low_resolution.or(weaker.low_resolution),
            low_resolution_probability: self
                .low_resolution_probability
                .or(weaker.low_resolution_probability),
            noise_sd: self.noise_sd.or(weaker.noise_sd),
            noise_probability: self.noise_probability.or(weaker.noise_probability),
        }
    }
}

impl RawSourceWeights {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn combine(self, weaker: Self) -> Self {
        Self {
            painted: self.painted.or(weaker.painted),
            exclusion: self.exclusion.or(weaker.exclusion),
            region: self.region.or(weaker.region),
            background: self.background.or(weaker.background),
            accepted: self.accepted.or(weaker.accepted),
            assumed: self.assumed.or(weaker.assumed),
        }
    }
}
