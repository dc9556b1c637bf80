//! From the configuration as written to one that is valid.

use std::collections::BTreeMap;
use std::time::Duration;

use lacuna_data::Size;
use lacuna_data::augment::{Augmentation, Normalization, Sometimes};
use lacuna_data::supervision::PolicyName;
use lacuna_data::supervision::policy::{Conflict, SourceWeights};

use lacuna_nn::{Activation, GatedCrf, Reduction};

use super::error::ConfigError;
use super::key::{Key, Kind};
use super::keys as k;
use super::named::{Named, Preset, ValidationMetric};
use super::preset::defaults;
use super::raw::{RawAugmentation, RawConfig, RawLoss, RawSourceWeights};
use super::value::{EncoderWeights, NormalizationSource, RawNormalization, RawSize, RawStatistics};
use super::{LossFactors, TrainConfig};

/// No picture of a training run is larger; a check before memory is taken.
const MAX_SIDE: usize = 8_192;

impl RawConfig {
    /// Fills in the preset and the defaults and checks every value.
    pub fn check(self) -> Result<TrainConfig, ConfigError> {
        let preset = match &self.preset {
            Some(_) => k::PRESET.choice(self.preset.as_ref())?,
            None => Preset::Default,
        };
        let raw = self.combine(preset.values()).combine(defaults());
        let encoder_depth = k::ENCODER_DEPTH.integer(raw.encoder_depth)?;
        let encoder_weights =
            EncoderWeights::from_path(k::ENCODER_WEIGHTS.set(raw.encoder_weights.clone())?);
        let policy = k::POLICY.choice(raw.policy.as_ref())?;
        let config = TrainConfig {
            preset,
            data: raw.data.clone(),
            split: split_name(&k::SPLIT, k::SPLIT.set(raw.split.as_ref())?)?,
            fold: k::FOLD.integer(raw.fold)?,
            architecture: k::ARCHITECTURE.choice(raw.architecture.as_ref())?,
            activation: k::ACTIVATION.choice(raw.activation.as_ref())?,
            encoder_depth,
            image_size: image_size(k::IMAGE_SIZE.set(raw.image_size)?, encoder_depth)?,
            resize: k::RESIZE.choice(raw.resize.as_ref())?,
            sampling: k::SAMPLING.choice(raw.sampling.as_ref())?,
            patch_scale: k::PATCH_SCALE.number(raw.patch_scale)?,
            normalization: normalization(&raw, &encoder_weights)?,
            encoder_weights,
            pretrained_weights: raw.pretrained_weights.clone(),
            replay_split: replay_split(raw.replay_split.as_ref())?,
            replay_share: k::REPLAY_SHARE.number(raw.replay_share)?,
            policy,
            source_weights: source_weights(&raw.source_weights)?,
            box_trust: k::BOX_TRUST.number(raw.box_trust)?,
            conflict: conflict(raw.conflict.as_ref(), policy)?,
            void: k::VOID.choice(raw.void.as_ref())?,
            loss: loss(&raw.loss)?,
            reduction: k::REDUCTION.choice(raw.reduction.as_ref())?,
            class_weights: class_weights(raw.class_weights.clone())?,
            optimizer: k::OPTIMIZER.choice(raw.optimizer.as_ref())?,
            lr: k::LR.number(raw.lr)?,
            momentum: k::MOMENTUM.number(raw.momentum)?,
            weight_decay: k::WEIGHT_DECAY.number(raw.weight_decay)?,
            lr_schedule: k::LR_SCHEDULE.choice(raw.lr_schedule.as_ref())?,
            poly_power: k::POLY_POWER.number(raw.poly_power)?,
            warmup_epochs: k::WARMUP_EPOCHS.integer(raw.warmup_epochs)?,
            epochs: k::EPOCHS.integer(raw.epochs)?,
            steps_per_epoch: Some(k::STEPS_PER_EPOCH.integer(raw.steps_per_epoch)?)
                .filter(|steps| *steps > 0),
            batch_size: k::BATCH_SIZE.integer(raw.batch_size)?,
            accumulate: k::ACCUMULATE.integer(raw.accumulate)?,
            clip_grad_norm: Some(k::CLIP_GRAD_NORM.number(raw.clip_grad_norm)?)
                .filter(|n| *n > 0.0),
            ema_decay: Some(k::EMA_DECAY.number(raw.ema_decay)?).filter(|decay| *decay > 0.0),
            augmentation: augmentation(&raw.augmentation)?,
            seed: k::SEED.integer(raw.seed)?,
            num_workers: k::NUM_WORKERS.integer(raw.num_workers)?,
            device: device(raw.device)?,
            threads: k::THREADS.integer(raw.threads)?,
            precision: k::PRECISION.choice(raw.precision.as_ref())?,
            validation_metric: k::VALIDATION_METRIC.choice(raw.validation_metric.as_ref())?,
            early_stopping_patience: Some(
                k::EARLY_STOPPING_PATIENCE.integer(raw.early_stopping_patience)?,
            )
            .filter(|patience| *patience > 0),
            checkpoint_every: checkpoint_every(raw.checkpoint_every)?,
        };
        agree(config)
    }
}

/// Checks settings against each other.
fn agree(config: TrainConfig) -> Result<TrainConfig, ConfigError> {
    if config.warmup_epochs >= config.epochs {
        let allowed = format!("less than `epochs`, which is {}", config.epochs);
        let value = config.warmup_epochs.to_string();
        return Err(ConfigError::Value { key: k::WARMUP_EPOCHS.name.to_owned(), value, allowed });
    }
    if config.validation_metric == ValidationMetric::None
        && config.early_stopping_patience.is_some()
    {
        return Err(ConfigError::Incompatible {
            key: k::EARLY_STOPPING_PATIENCE.name,
            other: "`validation_metric = \"none\"`",
            reason: "there is nothing to watch",
        });
    }
    if config.loss.consistency > 0.0 && config.ema_decay.is_none() {
        return Err(ConfigError::Incompatible {
            key: k::LOSS_CONSISTENCY.name,
            other: "`ema_decay = 0`",
            reason: "the moving average is the teacher",
        });
    }
    let LossFactors { dice, focal, .. } = config.loss;
    if config.activation == Activation::Softmax && (dice > 0.0 || focal > 0.0) {
        return Err(ConfigError::Incompatible {
            key: if dice > 0.0 { k::LOSS_DICE.name } else { k::LOSS_FOCAL.name },
            other: "`activation = \"softmax\"`",
            reason: "its loss is categorical cross-entropy",
        });
    }
    if config.activation == Activation::Softmax && config.reduction == Reduction::KnownPerClass {
        return Err(ConfigError::Incompatible {
            key: k::REDUCTION.name,
            other: "`activation = \"softmax\"`",
            reason: "a pixel is known for all classes or none: take `known` or `all`",
        });
    }
    if !config.precision.is_available_on(&config.device) {
        return Err(ConfigError::Incompatible {
            key: k::PRECISION.name,
            other: "a device other than `cpu`",
            reason: "only the CPU's convolutions have other formats than f32",
        });
    }
    Ok(config)
}

fn checkpoint_every(minutes: Option<f64>) -> Result<Duration, ConfigError> {
    Ok(Duration::from_secs_f64(60.0 * k::CHECKPOINT_EVERY.number(minutes)?))
}

fn split_name(key: &Key, name: &str) -> Result<String, ConfigError> {
    let is_file_name = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\']);
    if is_file_name { Ok(name.to_owned()) } else { Err(key.wrong(&format!("\"{name}\""))) }
}

fn replay_split(name: Option<&String>) -> Result<Option<String>, ConfigError> {
    name.map(|name| split_name(&k::REPLAY_SPLIT, name)).transpose()
}

fn device(name: Option<String>) -> Result<String, ConfigError> {
    let name = k::DEVICE.set(name)?;
    // Which devices exist is known to the engine alone, and only when the run starts.
    if name.is_empty() { Err(k::DEVICE.wrong(&"\"\"")) } else { Ok(name) }
}

/// The policy's own rule unless set.
fn conflict(name: Option<&String>, policy: PolicyName) -> Result<Conflict, ConfigError> {
    match (name, policy) {
        (Some(_), _) => k::CONFLICT.choice(name),
        (None, PolicyName::Standard | PolicyName::Box) => Ok(Conflict::Positive),
        (None, _) => Ok(Conflict::Unknown),
    }
}

fn image_size(raw: RawSize, encoder_depth: usize) -> Result<Size, ConfigError> {
    let [height, width] = match raw {
        RawSize::Square(side) => [side, side],
        RawSize::Sides(sides) => sides,
    };
    let side = |value: i64| {
        let valid = usize::try_from(value).ok().filter(|side| (1..=MAX_SIDE).contains(side));
        valid.ok_or_else(|| ConfigError::Value {
            key: k::IMAGE_SIZE.name.to_owned(),
            value: value.to_string(),
            allowed: format!("from 1 to {MAX_SIDE} pixels"),
        })
    };
    let size = Size::new(side(width)?, side(height)?);
    let divisor = 1 << encoder_depth;
    let nearest = Size::new(nearest(size.width, divisor), nearest(size.height, divisor));
    if size == nearest { Ok(size) } else { Err(ConfigError::ImageSize { size, divisor, nearest }) }
}

/// The multiple of `divisor` nearest to `side`, at least one and at most [`MAX_SIDE`].
fn nearest(side: usize, divisor: usize) -> usize {
    ((side + divisor / 2) / divisor * divisor).clamp(divisor, MAX_SIDE / divisor * divisor)
}

fn normalization(
    raw: &RawConfig,
    weights: &EncoderWeights,
) -> Result<NormalizationSource, ConfigError> {
    let pretrained = raw.pretrained_weights.is_some();
    match &raw.normalization {
        None if pretrained => Ok(NormalizationSource::Checkpoint),
        // A weight file is taken to come from ImageNet too: nearly all do, and it can be set.
        None if *weights == EncoderWeights::None => Ok(NormalizationSource::Dataset),
        None => Ok(NormalizationSource::ImageNet),
        Some(RawNormalization::Named(name)) => match name.as_str() {
            "imagenet" => Ok(NormalizationSource::ImageNet),
            "dataset" => Ok(NormalizationSource::Dataset),
            "checkpoint" if pretrained => Ok(NormalizationSource::Checkpoint),
            "checkpoint" => Err(ConfigError::Incompatible {
                key: k::NORMALIZATION.name,
                other: "a network that starts from no checkpoint",
                reason: "only a checkpoint given as `pretrained_weights` has one",
            }),
            _ => Err(k::NORMALIZATION.wrong(&format!("\"{name}\""))),
        },
        Some(RawNormalization::Fixed(statistics)) => fixed(statistics),
    }
}

fn fixed(statistics: &RawStatistics) -> Result<NormalizationSource, ConfigError> {
    let RawStatistics { mean, sd } = statistics;
    let valid = mean.iter().all(|mean| (0.0..=1.0).contains(mean))
        && sd.iter().all(|sd| *sd >= 1e-3 && *sd <= 1.0);
    if !valid {
        let value = format!("{{ mean = {mean:?}, sd = {sd:?} }}");
        let allowed = "means from 0 to 1 and standard deviations from 0.001 to 1".to_owned();
        return Err(ConfigError::Value { key: k::NORMALIZATION.name.to_owned(), value, allowed });
    }
    let (mean, sd) = (mean.map(|v| v as f32), sd.map(|v| v as f32));
    Ok(NormalizationSource::Fixed(Normalization { mean, sd }))
}

fn loss(raw: &RawLoss) -> Result<LossFactors, ConfigError> {
    let gamma = k::LOSS_FOCAL_GAMMA.number(raw.focal_gamma)?;
    if gamma > 0.0 && gamma < 1.0 {
        // The gradient of (1 − p)^γ is infinite at a perfect prediction.
        let (key, value) = (k::LOSS_FOCAL_GAMMA.name.to_owned(), gamma.to_string());
        return Err(ConfigError::Value { key, value, allowed: "0 or at least 1".to_owned() });
    }
    let alpha = k::LOSS_FOCAL_ALPHA.number(raw.focal_alpha)?;
    let off = alpha <= -1.0;
    if alpha < 0.0 && !off {
        return Err(k::LOSS_FOCAL_ALPHA.wrong(&alpha));
    }
    let loss = LossFactors {
        bce: k::LOSS_BCE.number(raw.bce)?,
        dice: k::LOSS_DICE.number(raw.dice)?,
        focal: k::LOSS_FOCAL.number(raw.focal)?,
        focal_gamma: gamma,
        focal_alpha: (!off).then_some(alpha),
        consistency: k::LOSS_CONSISTENCY.number(raw.consistency)?,
        consistency_rampup: k::LOSS_CONSISTENCY_RAMPUP.number(raw.consistency_rampup)?,
        gated_crf: k::LOSS_GATED_CRF.number(raw.gated_crf)?,
        crf: GatedCrf {
            radius: k::LOSS_GATED_CRF_RADIUS.integer(raw.gated_crf_radius)?,
            sigma_xy: k::LOSS_GATED_CRF_SIGMA_XY.number(raw.gated_crf_sigma_xy)?,
            sigma_rgb: k::LOSS_GATED_CRF_SIGMA_RGB.number(raw.gated_crf_sigma_rgb)?,
        },
    };
    if loss.bce + loss.dice + loss.focal > 0.0 {
        return Ok(loss);
    }
    let key = "loss.bce`, `loss.dice` and `loss.focal".to_owned();
    Err(ConfigError::Value {
        key,
        value: "0".to_owned(),
        allowed: "above 0 for at least one".to_owned(),
    })
}

fn class_weights(raw: Option<BTreeMap<String, f64>>) -> Result<BTreeMap<String, f64>, ConfigError> {
    let weights = k::CLASS_WEIGHTS.set(raw)?;
    let Key { name, kind: Kind::ByClass(range), .. } = k::CLASS_WEIGHTS else {
        return Ok(weights);
    };
    match weights.iter().find(|(_, weight)| !range.contains(**weight)) {
        None => Ok(weights),
        Some((class, weight)) => Err(ConfigError::Value {
            key: format!("{name}.{class}"),
            value: weight.to_string(),
            allowed: format!("a number {range}"),
        }),
    }
}

fn augmentation(raw: &RawAugmentation) -> Result<Augmentation, ConfigError> {
    let blur_kernel: usize = k::BLUR_KERNEL.integer(raw.blur_kernel)?;
    if blur_kernel.is_multiple_of(2) {
        let (key, value) = (k::BLUR_KERNEL.name.to_owned(), blur_kernel.to_string());
        return Err(ConfigError::Value { key, value, allowed: "odd".to_owned() });
    }
    let scale = (k::SCALE.pair(raw.scale)?, k::SCALE_PROBABILITY.number(raw.scale_probability)?);
    let gamma = (k::GAMMA.pair(raw.gamma)?, k::GAMMA_PROBABILITY.number(raw.gamma_probability)?);
    let blur = k::BLUR_SIGMA.pair(raw.blur_sigma)?;
    let blur = (blur, k::BLUR_PROBABILITY.number(raw.blur_probability)?);
    let low = k::LOW_RESOLUTION.pair(raw.low_resolution)?;
    let low = (low, k::LOW_RESOLUTION_PROBABILITY.number(raw.low_resolution_probability)?);
    let noise = k::NOISE_SD.pair(raw.noise_sd)?;
    let noise = (noise, k::NOISE_PROBABILITY.number(raw.noise_probability)?);
    Ok(Augmentation {
        rotation: k::ROTATION.number(raw.rotation)?,
        scale: sometimes(scale, 1.0),
        horizontal_flip: k::HORIZONTAL_FLIP.number(raw.horizontal_flip)?,
        vertical_flip: k::VERTICAL_FLIP.number(raw.vertical_flip)?,
        brightness: k::BRIGHTNESS.number(raw.brightness)?,
        contrast: k::CONTRAST.number(raw.contrast)?,
        saturation: k::SATURATION.number(raw.saturation)?,
        gamma: sometimes(gamma, 1.0),
        blur_sigma: sometimes(blur, 0.0),
        blur_kernel,
        low_resolution: sometimes(low, 1.0),
        noise_sd: sometimes(noise, 0.0),
    })
}

/// Strengths and probability of an effect; `nothing` is the strength that changes nothing.
fn sometimes((range, probability): ([f64; 2], f64), nothing: f64) -> Sometimes {
    let has_effect = range != [nothing; 2];
    Sometimes { range, probability: if has_effect { probability } else { 0.0 } }
}

fn source_weights(raw: &RawSourceWeights) -> Result<SourceWeights, ConfigError> {
    // Finer than f32 can tell, a weight would not be what was written.
    let weight = |key: &Key, value| {
        let weight = key.number(value)? as f32;
        if weight.is_finite() { Ok(weight) } else { Err(key.wrong(&weight)) }
    };
    Ok(SourceWeights {
        painted: weight(&k::WEIGHT_PAINTED, raw.painted)?,
        exclusion: weight(&k::WEIGHT_EXCLUSION, raw.exclusion)?,
        region: weight(&k::WEIGHT_REGION, raw.region)?,
        background: weight(&k::WEIGHT_BACKGROUND, raw.background)?,
        accepted: weight(&k::WEIGHT_ACCEPTED, raw.accepted)?,
        assumed: weight(&k::WEIGHT_ASSUMED, raw.assumed)?,
    })
}

/// A name as it is written in a file.
#[expect(clippy::unnecessary_wraps, reason = "it is a value of an optional key")]
pub(super) fn name_of<T: Named>(value: T) -> Option<String> {
    Some(value.name().to_owned())
}
