//! How the app trains: a first model from scratch or from ImageNet weights, and short rounds of correction from there.

use std::path::PathBuf;
use std::sync::Arc;

use lacuna_data::Dataset;
use lacuna_data::dataset::split::{Fold, Split, Unit};
use lacuna_train::TrainConfig;
use lacuna_train::config::RawConfig;
use lacuna_train::encoder_weights::imagenet_file;

use crate::models::Models;
use crate::problem::Problem;

/// Steps of the optimizer in what the app calls an epoch.
const STEPS: usize = 10;
/// Pictures a step.
const BATCH: usize = 4;

/// How long to train.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Length {
    /// As long as a first model or a correction takes.
    Usual,
    /// So many epochs.
    Epochs(usize),
}

/// What to train on, and how.
pub(crate) struct Recipe {
    pub(crate) dataset: Arc<Dataset>,
    /// The pictures of which something is known, by part.
    pub(crate) annotated: Fold,
    /// Side of the network's input.
    pub(crate) image_size: usize,
    pub(crate) length: Length,
}

impl Recipe {
    /// The configuration of the model with that version, and how many pictures it learns from.
    pub(super) fn prepare(
        self,
        version: u32,
        models: &Models,
    ) -> Result<(TrainConfig, usize), Problem> {
        if self.annotated.train.is_empty() {
            return Err(Problem::nothing_to_train(
                "nothing is painted in the pictures to learn from",
            )
            .with_hint("paint at least one picture, and something that is not of the class"));
        }
        let cases = self.annotated.train.len();
        let split = format!("round-{version:04}");
        Split::of_fold(0, Unit::Group, false, self.annotated.clone())
            .save(&self.dataset, &split)?;
        let start = models.start_for(self.dataset.classes(), self.image_size);
        let config = self.config(version, &split, start)?;
        Ok((config, cases))
    }

    fn config(
        &self,
        version: u32,
        split: &str,
        start: Option<PathBuf>,
    ) -> Result<TrainConfig, Problem> {
        let is_first = start.is_none();
        let epochs = match self.length {
            Length::Epochs(epochs) => epochs,
            Length::Usual if is_first => 10,
            Length::Usual => 3,
        };
        let imagenet = imagenet_file().is_ok_and(|path| path.exists());
        let pairs = [
            ("split", split.to_owned()),
            ("image_size", self.image_size.to_string()),
            ("encoder_depth", "4".to_owned()),
            ("encoder_weights", if imagenet { "imagenet" } else { "none" }.to_owned()),
            ("batch_size", BATCH.to_string()),
            ("steps_per_epoch", STEPS.to_string()),
            ("epochs", epochs.to_string()),
            ("optimizer", "adamw".to_owned()),
            ("lr", if is_first { "0.001" } else { "0.0005" }.to_owned()),
            ("lr_schedule", "poly".to_owned()),
            ("seed", version.to_string()),
        ];
        let mut raw = RawConfig::from_pairs(pairs).map_err(|e| Problem::failed(&e))?;
        raw.data = Some(self.dataset.dir().to_owned());
        raw.pretrained_weights = start;
        raw.check().map_err(|e| Problem::failed(&e))
    }
}
