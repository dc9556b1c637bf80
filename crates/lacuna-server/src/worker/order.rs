//! What a training of the app works on.

use std::path::PathBuf;
use std::sync::Arc;

use lacuna_data::Dataset;
use lacuna_data::dataset::split::{Fold, Split, Unit};
use lacuna_train::TrainConfig;
use lacuna_train::active::{Length, Recipe};

use crate::problem::Problem;

/// What to train on, and how.
pub(crate) struct Order {
    pub(crate) dataset: Arc<Dataset>,
    /// The pictures of which something is known, by part.
    pub(crate) annotated: Fold,
    /// Side of the network's input.
    pub(crate) image_size: usize,
    pub(crate) length: Length,
    /// The checkpoint to start from; a first model if there is none.
    pub(crate) start: Option<PathBuf>,
}

impl Order {
    /// The configuration of the model with that version, and how many pictures it learns from.
    pub(super) fn prepare(self, version: u32) -> Result<(TrainConfig, usize), Problem> {
        let Self { dataset, annotated, image_size, length, start } = self;
        if annotated.train.is_empty() {
            let detail = "nothing is painted in the pictures to learn from";
            return Err(Problem::nothing_to_train(detail)
                .with_hint("paint at least one picture, and something that is not of the class"));
        }
        let cases = annotated.train.len();
        let split = split_of(version);
        Split::of_fold(0, Unit::Group, false, annotated).save(&dataset, &split)?;
        let replay = first_round(&dataset, version);
        let recipe = Recipe { image_size, length, start, replay, seed: u64::from(version) };
        let config = recipe.config(dataset.dir(), &split).map_err(|e| Problem::failed(&e))?;
        Ok((config, cases))
    }
}

/// Name of the split that a model learned from.
fn split_of(version: u32) -> String {
    format!("round-{version:04}")
}

/// The split of the first model before `version`: what was painted before any model could choose or suggest.
fn first_round(dataset: &Dataset, version: u32) -> Option<String> {
    let is_kept = |name: &String| Split::path(dataset.dir(), name).exists();
    (1..version).map(split_of).find(is_kept)
}
