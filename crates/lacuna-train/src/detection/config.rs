//! How a detector is trained.

use std::path::{Path, PathBuf};
use std::time::Duration;

use lacuna_data::annotation::Role;
use lacuna_data::atomic_file::write_atomic_bytes;
use lacuna_data::augment::{BoxAugmentation, BoxSampleConfig, Normalization};
use lacuna_nn::OptimizerConfig;
use lacuna_nn::detection::{BackboneConfig, FasterRcnnConfig};
use serde::{Deserialize, Serialize};

use super::DetectError;
use crate::config::EncoderWeights;
use crate::schedule::{Decay, Schedule};

/// A picture's longer side is at most this many times as long as the shorter one should be (torchvision: 1333 / 800).
const LONGEST: f64 = 5.0 / 3.0;

/// How to train a detector; `config.toml` of its run. Names and defaults are torchvision's where it has them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DetectorConfig {
    /// The data set.
    pub data: PathBuf,
    /// Name of the split: its training part is learned from, its validation part chooses the checkpoint and the margin.
    pub split: String,
    /// Fold of the split.
    pub fold: usize,
    /// Whose regions are learned.
    pub roles: Vec<Role>,
    /// Training cases that are not learned from, such as those whose boxes this detector will predict.
    pub leave_out: Vec<String>,
    /// Stages of the ResNet18, 4 or 5.
    pub encoder_depth: usize,
    /// Where it starts.
    pub encoder_weights: EncoderWeights,
    /// How many of its stages are trained, from the deepest; without pretrained weights all are.
    pub trainable_layers: usize,
    /// Length of a picture's shorter side, in pixels.
    pub short_side: usize,
    /// Sizes of the anchors in pixels, one a level of the pyramid; empty = up to `short_side`, halved from level to level.
    pub anchor_sizes: Vec<f32>,
    /// Regions of a picture that train the box head. For small pictures they take most of the time.
    pub box_batch_size_per_image: usize,
    /// Epochs.
    pub epochs: usize,
    /// Pictures a step.
    pub batch_size: usize,
    /// Learning rate after the warm-up; it falls to 0 as a cosine.
    pub lr: f64,
    /// Momentum.
    pub momentum: f64,
    /// Weight decay.
    pub weight_decay: f64,
    /// Epochs over which the learning rate rises.
    pub warmup_epochs: usize,
    /// Largest norm of the gradient; 0 = not clipped.
    pub clip_grad_norm: f64,
    /// The recommended margin is the smallest that leaves at most this share of the class outside, on validation pictures.
    pub most_missed: f64,
    /// Seed of every random choice.
    pub seed: u64,
    /// Device.
    pub device: String,
    /// Minutes after which a checkpoint is written within an epoch.
    pub checkpoint_every: f64,
    /// Random variation.
    pub augmentation: BoxAugmentation,
}

impl Default for DetectorConfig {
    fn default() -> Self {
        Self {
            data: PathBuf::new(),
            split: "default".to_owned(),
            fold: 0,
            roles: vec![Role::Expert, Role::NonExpert],
            leave_out: Vec::new(),
            encoder_depth: 4,
            encoder_weights: EncoderWeights::ImageNet,
            trainable_layers: 3,
            short_side: 320,
            anchor_sizes: Vec::new(),
            box_batch_size_per_image: 512,
            epochs: 20,
            batch_size: 2,
            lr: 0.005,
            momentum: 0.9,
            weight_decay: 1e-4,
            warmup_epochs: 1,
            clip_grad_norm: 10.0,
            most_missed: 0.005,
            seed: 0,
            device: "cpu".to_owned(),
            checkpoint_every: 2.0,
            augmentation: BoxAugmentation::default(),
        }
    }
}

impl DetectorConfig {
    /// Reads a `config.toml`.
    ///
    /// # Errors
    /// When it cannot be read, is none of a detector, or holds an impossible value.
    pub fn read(path: &Path) -> Result<Self, DetectError> {
        let text = fs_err::read_to_string(path).map_err(DetectError::io(path))?;
        let config: Self = toml::from_str(&text).map_err(|source| DetectError::ConfigFile {
            path: path.to_owned(),
            source: Box::new(source),
        })?;
        config.check()?;
        Ok(config)
    }

    /// Writes it atomically.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), DetectError> {
        let text = toml::to_string(self).map_err(|source| DetectError::NoToml { source })?;
        write_atomic_bytes(path, text.as_bytes()).map_err(DetectError::io(path))
    }

    /// Whether every value makes sense; what the network itself is particular about is checked when it is made.
    ///
    /// # Errors
    /// The first that does not.
    pub fn check(&self) -> Result<(), DetectError> {
        let finite = |value: f64| if value.is_finite() { value } else { -1.0 };
        let augmentation = &self.augmentation;
        let rows: [(&str, f64, f64, f64); 16] = [
            ("epochs", self.epochs as f64, 1.0, f64::MAX),
            ("box-batch-size-per-image", self.box_batch_size_per_image as f64, 1.0, f64::MAX),
            ("batch-size", self.batch_size as f64, 1.0, f64::MAX),
            ("short-side", self.short_side as f64, 32.0, 4096.0),
            ("lr", finite(self.lr), 1e-12, f64::MAX),
            ("momentum", finite(self.momentum), 0.0, 0.9999),
            ("weight-decay", finite(self.weight_decay), 0.0, f64::MAX),
            ("warmup-epochs", self.warmup_epochs as f64, 0.0, f64::MAX),
            ("clip-grad-norm", finite(self.clip_grad_norm), 0.0, f64::MAX),
            ("most-missed", finite(self.most_missed), 0.0, 1.0),
            ("checkpoint-every", finite(self.checkpoint_every), 0.0, 1e6),
            ("horizontal-flip", finite(augmentation.horizontal_flip), 0.0, 1.0),
            ("brightness", finite(augmentation.brightness), 0.0, 1.0),
            ("contrast", finite(augmentation.contrast), 0.0, 1.0),
            ("saturation", finite(augmentation.saturation), 0.0, 1.0),
            ("roles", self.roles.len() as f64, 1.0, f64::MAX),
        ];
        let wrong = rows.into_iter().find(|(_, value, least, most)| value < least || value > most);
        match wrong {
            Some((name, value, least, most)) => {
                Err(DetectError::OutOfRange { name, value, least, most })
            }
            None => Ok(()),
        }
    }

    /// The network: one kind of box.
    pub fn network(&self) -> FasterRcnnConfig {
        let mut network = FasterRcnnConfig::new(2).with_depth(self.encoder_depth);
        network.anchors.sizes = self.anchors().into_iter().map(|size| vec![size]).collect();
        network.roi_heads.batch_size_per_image = self.box_batch_size_per_image;
        network.backbone = match self.encoder_weights {
            // Statistics that were never measured would be frozen at nothing.
            EncoderWeights::None => {
                BackboneConfig { trainable_layers: 5, frozen_batch_norm: false }
            }
            _ => BackboneConfig {
                trainable_layers: self.trainable_layers,
                ..BackboneConfig::default()
            },
        };
        network
    }

    /// A box around everything of interest fills most of a picture, so the largest anchor does.
    fn anchors(&self) -> Vec<f32> {
        if !self.anchor_sizes.is_empty() {
            return self.anchor_sizes.clone();
        }
        let halved = |times: usize| self.short_side as f32 / (1_u32 << times.min(31)) as f32;
        (0..self.encoder_depth).rev().map(halved).collect()
    }

    /// From pictures to the network's input.
    pub fn sample(&self) -> BoxSampleConfig {
        BoxSampleConfig {
            short_side: self.short_side,
            long_side: (self.short_side as f64 * LONGEST) as usize,
            augmentation: self.augmentation,
            normalization: Normalization::IMAGENET,
        }
    }

    /// The optimizer.
    pub fn optimizer(&self) -> OptimizerConfig {
        OptimizerConfig::Sgd { momentum: self.momentum, weight_decay: self.weight_decay }
    }

    /// The learning rate over epochs of that many steps.
    pub fn schedule(&self, steps_per_epoch: usize) -> Schedule {
        let steps = |epochs: usize| epochs as u64 * steps_per_epoch as u64;
        Schedule {
            lr: self.lr,
            decay: Decay::Cosine,
            warmup_steps: steps(self.warmup_epochs.min(self.epochs - 1)),
            total_steps: steps(self.epochs),
        }
    }

    pub(super) fn checkpoint_interval(&self) -> Duration {
        Duration::from_secs_f64(self.checkpoint_every * 60.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_survives_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let config = DetectorConfig {
            encoder_weights: EncoderWeights::File("a/b.safetensors".into()),
            leave_out: vec!["a".to_owned()],
            lr: 0.1 + 0.2,
            ..DetectorConfig::default()
        };
        config.write(&path).unwrap();
        assert_eq!(DetectorConfig::read(&path).unwrap(), config);
        std::fs::write(&path, "policy = \"box\"\n").unwrap();
        let error = DetectorConfig::read(&path).unwrap_err().to_string();
        assert!(error.contains("config.toml"), "{error}");
    }

    #[test]
    fn impossible_values_are_named() {
        let with = |change: fn(&mut DetectorConfig)| {
            let mut config = DetectorConfig::default();
            change(&mut config);
            config.check().unwrap_err().to_string()
        };
        let table = [
            (with(|c| c.epochs = 0), "--epochs"),
            (with(|c| c.lr = f64::NAN), "--lr"),
            (with(|c| c.box_batch_size_per_image = 0), "--box-batch-size-per-image"),
            (with(|c| c.most_missed = 1.5), "--most-missed"),
            (with(|c| c.roles.clear()), "--roles"),
        ];
        for (error, expected) in table {
            assert!(error.contains(expected), "{error}");
        }
        DetectorConfig::default().check().unwrap();
    }

    #[test]
    fn anchors_are_as_large_as_pictures() {
        let config = DetectorConfig { short_side: 256, ..DetectorConfig::default() };
        assert_eq!(config.network().anchors.sizes, [[32.0], [64.0], [128.0], [256.0]]);
        let own = DetectorConfig { anchor_sizes: vec![8.0, 9.0, 10.0, 11.0], ..config };
        assert_eq!(own.network().anchors.sizes, [[8.0], [9.0], [10.0], [11.0]]);
    }
}
