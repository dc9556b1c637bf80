//! Presets: values for everything that is not set.

use std::collections::BTreeMap;

use lacuna_data::supervision::policy::SourceWeights;

use super::named::Preset;
use super::raw::{RawAugmentation, RawConfig, RawLoss, RawSourceWeights};
use super::value::{RawNormalization, RawSize, shortest};

impl Preset {
    /// What the preset sets; everything else is left to the defaults.
    pub fn values(self) -> RawConfig {
        match self {
            Self::Default => RawConfig::default(),
            Self::Paper => paper(),
            Self::Quick => quick(),
        }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it is a value of an optional key")]
fn text(value: &str) -> Option<String> {
    Some(value.to_owned())
}

/// The recipe of the paper; "all", last epoch and stretching are how we read where it is silent.
fn paper() -> RawConfig {
    RawConfig {
        architecture: text("unet-resnet18-paper"),
        encoder_depth: Some(5),
        encoder_weights: Some("imagenet".into()),
        image_size: Some(RawSize::Square(512)),
        resize: text("stretch"),
        batch_size: Some(8),
        normalization: Some(RawNormalization::Named("dataset".to_owned())),
        conflict: text("positive"),
        void: text("unpainted"),
        reduction: text("all"),
        epochs: Some(50),
        validation_metric: text("none"),
        augmentation: RawAugmentation { blur_sigma: Some([0.01, 0.2]), ..paper_augmentation() },
        ..paper_optimizer()
    }
}

fn quick() -> RawConfig {
    RawConfig {
        architecture: text("unet-resnet18"),
        encoder_depth: Some(4),
        encoder_weights: Some("none".into()),
        image_size: Some(RawSize::Square(128)),
        batch_size: Some(8),
        reduction: text("known"),
        epochs: Some(25),
        augmentation: paper_augmentation(),
        ..paper_optimizer()
    }
}

fn paper_optimizer() -> RawConfig {
    RawConfig {
        optimizer: text("sgd"),
        lr: Some(0.01),
        momentum: Some(0.9),
        weight_decay: Some(1e-4),
        lr_schedule: text("constant"),
        ema_decay: Some(0.0),
        loss: cross_entropy(),
        ..RawConfig::default()
    }
}

/// Without the blur, which with σ ≤ .2 changes no 8-bit value.
fn paper_augmentation() -> RawAugmentation {
    RawAugmentation {
        rotation: Some(30.0),
        scale: Some([1.0, 1.0]),
        scale_probability: Some(1.0),
        horizontal_flip: Some(0.5),
        vertical_flip: Some(0.0),
        brightness: Some(0.2),
        contrast: Some(0.2),
        saturation: Some(0.2),
        gamma: Some([1.0, 1.0]),
        gamma_probability: Some(1.0),
        blur_sigma: Some([0.0, 0.0]),
        blur_kernel: Some(5),
        blur_probability: Some(1.0),
        low_resolution: Some([1.0, 1.0]),
        low_resolution_probability: Some(1.0),
        noise_sd: Some([0.0, 0.0]),
        noise_probability: Some(1.0),
    }
}

/// Kinds, strengths and probabilities after nnU-Net's (Isensee et al. 2021); zoom more often, as trainings are short here.
fn default_augmentation() -> RawAugmentation {
    RawAugmentation {
        scale: Some([0.7, 1.4]),
        scale_probability: Some(0.5),
        gamma: Some([0.7, 1.5]),
        gamma_probability: Some(0.3),
        blur_sigma: Some([0.5, 1.0]),
        blur_kernel: Some(7),
        blur_probability: Some(0.2),
        low_resolution: Some([0.5, 1.0]),
        low_resolution_probability: Some(0.25),
        noise_sd: Some([0.0, 0.05]),
        noise_probability: Some(0.15),
        ..paper_augmentation()
    }
}

/// The weakest layer. Without `data`, `conflict` and `normalization`, which follow from other settings.
pub(super) fn defaults() -> RawConfig {
    RawConfig {
        split: text("default"),
        fold: Some(0),
        architecture: text("unet-resnet18"),
        activation: text("sigmoid"),
        encoder_depth: Some(5),
        encoder_weights: Some("imagenet".into()),
        image_size: Some(RawSize::Square(256)),
        resize: text("pad"),
        sampling: text("resize"),
        patch_scale: Some(1.0),
        policy: text("fusion+box"),
        box_trust: Some(0.0),
        replay_share: Some(0.25),
        void: text("unknown"),
        reduction: text("known"),
        poly_power: Some(0.9),
        warmup_epochs: Some(0),
        epochs: Some(50),
        steps_per_epoch: Some(0),
        batch_size: Some(8),
        accumulate: Some(1),
        clip_grad_norm: Some(0.0),
        ema_decay: Some(0.99),
        validation_metric: text("dice"),
        early_stopping_patience: Some(0),
        checkpoint_every: Some(2.0),
        seed: Some(0),
        num_workers: Some(2),
        device: text("cpu"),
        threads: Some(0),
        precision: text("f32"),
        loss: RawLoss { dice: Some(1.0), ..cross_entropy() },
        augmentation: default_augmentation(),
        source_weights: raw_source_weights(SourceWeights::default()),
        class_weights: Some(BTreeMap::new()),
        lr_schedule: text("poly"),
        ..paper_optimizer()
    }
}

/// BCE; γ and α of the focal loss as Lin et al. 2017 recommend.
fn cross_entropy() -> RawLoss {
    RawLoss {
        bce: Some(1.0),
        dice: Some(0.0),
        focal: Some(0.0),
        focal_gamma: Some(2.0),
        focal_alpha: Some(0.25),
        consistency: Some(0.0),
        consistency_rampup: Some(0.4),
        gated_crf: Some(0.0),
        gated_crf_radius: Some(5),
        gated_crf_sigma_xy: Some(6.0),
        gated_crf_sigma_rgb: Some(0.1),
    }
}

pub(super) fn raw_source_weights(weights: SourceWeights) -> RawSourceWeights {
    RawSourceWeights {
        painted: Some(shortest(weights.painted)),
        exclusion: Some(shortest(weights.exclusion)),
        region: Some(shortest(weights.region)),
        background: Some(shortest(weights.background)),
        accepted: Some(shortest(weights.accepted)),
        assumed: Some(shortest(weights.assumed)),
    }
}
