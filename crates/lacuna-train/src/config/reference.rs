//! The configuration written out: as a file that reproduces a run, and as a reference for people.

use std::fmt::Write as _;

use toml::{Table, Value};

use super::check::name_of;
use super::error::ConfigError;
use super::keys::{CLASS_WEIGHTS, KEYS};
use super::named::Preset;
use super::preset::{defaults, raw_source_weights};
use super::raw::{RawAugmentation, RawConfig, RawLoss};
use super::text::variable;
use super::value::{NormalizationSource, RawNormalization, RawSize, RawStatistics, shortest};
use super::{Key, LossFactors, TrainConfig};

const HEADER: &str =
    "# Every setting of the run: `lacuna train --config` with this file does the same again.\n";

impl TrainConfig {
    /// The configuration as a file in which everything is set; checked again it is equal to this one.
    pub fn to_toml(&self) -> Result<String, ConfigError> {
        let text = toml::to_string(&self.to_raw()).map_err(ConfigError::Write)?;
        Ok(format!("{HEADER}{text}"))
    }

    /// The configuration as it would be written, with everything set.
    fn to_raw(&self) -> RawConfig {
        RawConfig {
            preset: name_of(self.preset),
            data: self.data.clone(),
            split: Some(self.split.clone()),
            fold: Some(self.fold as i64),
            architecture: name_of(self.architecture),
            activation: name_of(self.activation),
            encoder_depth: Some(self.encoder_depth as i64),
            encoder_weights: Some(self.encoder_weights.to_path()),
            pretrained_weights: self.pretrained_weights.clone(),
            replay_split: self.replay_split.clone(),
            replay_share: Some(self.replay_share),
            image_size: Some(RawSize::Sides([
                self.image_size.height as i64,
                self.image_size.width as i64,
            ])),
            resize: name_of(self.resize),
            sampling: name_of(self.sampling),
            patch_scale: Some(self.patch_scale),
            policy: name_of(self.policy),
            box_trust: Some(self.box_trust),
            conflict: name_of(self.conflict),
            void: name_of(self.void),
            reduction: name_of(self.reduction),
            optimizer: name_of(self.optimizer),
            lr: Some(self.lr),
            momentum: Some(self.momentum),
            weight_decay: Some(self.weight_decay),
            lr_schedule: name_of(self.lr_schedule),
            poly_power: Some(self.poly_power),
            warmup_epochs: Some(self.warmup_epochs as i64),
            epochs: Some(self.epochs as i64),
            steps_per_epoch: Some(self.steps_per_epoch.unwrap_or(0) as i64),
            batch_size: Some(self.batch_size as i64),
            accumulate: Some(self.accumulate as i64),
            clip_grad_norm: Some(self.clip_grad_norm.unwrap_or(0.0)),
            ema_decay: Some(self.ema_decay.unwrap_or(0.0)),
            validation_metric: name_of(self.validation_metric),
            early_stopping_patience: Some(self.early_stopping_patience.unwrap_or(0) as i64),
            checkpoint_every: Some(self.checkpoint_every.as_secs_f64() / 60.0),
            seed: Some(self.seed as i64),
            num_workers: Some(self.num_workers as i64),
            device: Some(self.device.clone()),
            threads: Some(self.threads as i64),
            precision: name_of(self.precision),
            normalization: Some(raw_normalization(&self.normalization)),
            loss: raw_loss(&self.loss),
            augmentation: self.raw_augmentation(),
            source_weights: raw_source_weights(self.source_weights),
            class_weights: Some(self.class_weights.clone()),
        }
    }

    fn raw_augmentation(&self) -> RawAugmentation {
        let augmentation = self.augmentation;
        RawAugmentation {
            rotation: Some(augmentation.rotation),
            scale: Some(augmentation.scale.range),
            scale_probability: Some(augmentation.scale.probability),
            horizontal_flip: Some(augmentation.horizontal_flip),
            vertical_flip: Some(augmentation.vertical_flip),
            brightness: Some(augmentation.brightness),
            contrast: Some(augmentation.contrast),
            saturation: Some(augmentation.saturation),
            gamma: Some(augmentation.gamma.range),
            gamma_probability: Some(augmentation.gamma.probability),
            blur_sigma: Some(augmentation.blur_sigma.range),
            blur_kernel: Some(augmentation.blur_kernel as i64),
            blur_probability: Some(augmentation.blur_sigma.probability),
            low_resolution: Some(augmentation.low_resolution.range),
            low_resolution_probability: Some(augmentation.low_resolution.probability),
            noise_sd: Some(augmentation.noise_sd.range),
            noise_probability: Some(augmentation.noise_sd.probability),
        }
    }
}

fn raw_loss(loss: &LossFactors) -> RawLoss {
    RawLoss {
        bce: Some(loss.bce),
        dice: Some(loss.dice),
        focal: Some(loss.focal),
        focal_gamma: Some(loss.focal_gamma),
        focal_alpha: Some(loss.focal_alpha.unwrap_or(-1.0)),
        consistency: Some(loss.consistency),
        consistency_rampup: Some(loss.consistency_rampup),
        gated_crf: Some(loss.gated_crf),
        gated_crf_radius: Some(loss.crf.radius as i64),
        gated_crf_sigma_xy: Some(loss.crf.sigma_xy),
        gated_crf_sigma_rgb: Some(loss.crf.sigma_rgb),
    }
}

fn raw_normalization(normalization: &NormalizationSource) -> RawNormalization {
    match normalization {
        NormalizationSource::ImageNet => RawNormalization::Named("imagenet".to_owned()),
        NormalizationSource::Dataset => RawNormalization::Named("dataset".to_owned()),
        NormalizationSource::Checkpoint => RawNormalization::Named("checkpoint".to_owned()),
        NormalizationSource::Fixed(fixed) => RawNormalization::Fixed(RawStatistics {
            mean: fixed.mean.map(shortest),
            sd: fixed.sd.map(shortest),
        }),
    }
}

/// The reference of all keys in Markdown: values of each preset, what is allowed, what it means.
pub fn reference() -> Result<String, ConfigError> {
    let values = |preset: Preset| {
        Table::try_from(preset.values().combine(defaults())).map_err(ConfigError::Write)
    };
    let default = values(Preset::Default)?;
    let others = [("paper", values(Preset::Paper)?), ("quick", values(Preset::Quick)?)];
    let mut text = String::from("# Configuration\n");
    for key in KEYS {
        let start = value_of(&default, key);
        // Writing to a string cannot fail.
        let _ =
            write!(text, "\n## `{}`\n\n{}\n\n- Allowed: {}\n", key.name, key.doc, key.allowed());
        let _ = writeln!(text, "- Default: {}", shown(start));
        for (name, values) in &others {
            let value = value_of(values, key);
            if value != start {
                let _ = writeln!(text, "- With `preset = \"{name}\"`: {}", shown(value));
            }
        }
        if let Some(variable) = variable(key) {
            let _ = writeln!(text, "- Environment: `{variable}`");
        }
    }
    Ok(text)
}

fn value_of<'a>(table: &'a Table, key: &Key) -> Option<&'a Value> {
    let mut parts = key.name.split('.');
    let first = table.get(parts.next()?)?;
    let found = parts.try_fold(first, |value, part| value.get(part))?;
    (key.name != CLASS_WEIGHTS.name).then_some(found)
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "see above".to_owned(), |value| format!("`{value}`"))
}
