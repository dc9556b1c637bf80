//! How the loop trains: a first model from scratch or from ImageNet weights, and short rounds of correction from there.

use std::path::{Path, PathBuf};

use crate::config::{ConfigError, RawConfig, TrainConfig};
use crate::trainer::encoder::imagenet_file;

/// Steps of the optimizer in what the loop calls an epoch.
const STEPS: usize = 10;
/// Pictures a step.
const BATCH: usize = 4;
/// Epochs of a first model.
const FIRST: usize = 8;
/// Steps of a correction, in one epoch: validating and saving in between would take as long as some of them.
const CORRECTION: usize = 16;
/// Share of every batch that comes from the first round: what was painted before any model could choose or suggest.
const REPLAY_SHARE: f64 = 0.25;
/// Stages of the encoder. With fewer, the decoder is wider where pictures are large, and steps take longer.
const ENCODER_DEPTH: usize = 5;

/// How long to train.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// As long as a first model or a correction takes.
    Usual,
    /// So many epochs of ten steps.
    Epochs(usize),
}

/// How to train one model of the loop.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// Side of the network's input, a multiple of 32.
    pub image_size: usize,
    /// How long.
    pub length: Length,
    /// The checkpoint to start from; `None` for a first model.
    pub start: Option<PathBuf>,
    /// The split of the first round: a quarter of every batch comes from its pictures.
    pub replay: Option<String>,
    /// Seed of every random choice.
    pub seed: u64,
}

impl Recipe {
    /// The configuration for a data set and one of its splits.
    ///
    /// # Errors
    /// If the size of the input is impossible.
    pub fn config(&self, data: &Path, split: &str) -> Result<TrainConfig, ConfigError> {
        let (epochs, steps) = match (self.length, &self.start) {
            (Length::Epochs(epochs), _) => (epochs, STEPS),
            (Length::Usual, None) => (FIRST, STEPS),
            (Length::Usual, Some(_)) => (1, CORRECTION),
        };
        let imagenet = imagenet_file().is_ok_and(|path| path.exists());
        let pairs = [
            ("preset", "quick".to_owned()),
            ("split", split.to_owned()),
            ("image_size", self.image_size.to_string()),
            ("encoder_depth", ENCODER_DEPTH.to_string()),
            ("encoder_weights", if imagenet { "imagenet" } else { "none" }.to_owned()),
            ("batch_size", BATCH.to_string()),
            ("steps_per_epoch", steps.to_string()),
            ("epochs", epochs.to_string()),
            ("optimizer", "adamw".to_owned()),
            ("lr", if self.start.is_none() { "0.001" } else { "0.0005" }.to_owned()),
            ("lr_schedule", "poly".to_owned()),
            ("seed", self.seed.to_string()),
        ];
        let mut raw = RawConfig::from_pairs(pairs)?;
        raw.data = Some(data.to_owned());
        raw.pretrained_weights.clone_from(&self.start);
        raw.replay_split.clone_from(&self.replay);
        raw.replay_share = Some(REPLAY_SHARE);
        raw.check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corrections_are_short_and_start_from_the_last_model() {
        let recipe = |start: Option<&str>, length| Recipe {
            image_size: 64,
            length,
            start: start.map(PathBuf::from),
            replay: start.map(|_| "round-0001".to_owned()),
            seed: 3,
        };
        let config = |recipe: Recipe| recipe.config(Path::new("ds"), "round-0001").unwrap();
        let first = config(recipe(None, Length::Usual));
        let second = config(recipe(Some("a.safetensors"), Length::Usual));
        assert_eq!((first.epochs, first.steps_per_epoch), (FIRST, Some(STEPS)));
        assert_eq!((second.epochs, second.steps_per_epoch), (1, Some(CORRECTION)));
        assert_eq!(second.pretrained_weights, Some("a.safetensors".into()));
        assert!(second.lr < first.lr);
        assert_eq!(first.replay_split, None);
        assert_eq!(
            (second.replay_split.as_deref(), second.replay_share),
            (Some("round-0001"), 0.25)
        );
        assert_eq!(config(recipe(None, Length::Epochs(7))).epochs, 7);
        let odd = Recipe { image_size: 60, ..recipe(None, Length::Usual) };
        assert!(odd.config(Path::new("ds"), "a").is_err());
    }
}
