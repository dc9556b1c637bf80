//! What came out of a detector's training: `summary.json` of its run, without times.

use std::path::Path;

use lacuna_data::json_file::{read_json, write_json};
use serde::{Deserialize, Serialize};

use super::DetectError;
use super::judgement::Judgement;

const VERSION: u32 = 1;

/// What came out of a detector's training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DetectionSummary {
    /// Format version.
    pub version: u32,
    /// Version of the program that wrote it.
    pub lacuna_version: String,
    /// `detection`: the same file of a segmentation run has no such key.
    pub task: String,
    /// Pictures trained on.
    pub training_pictures: usize,
    /// Boxes in them.
    pub training_boxes: usize,
    /// Epochs done.
    pub epochs: usize,
    /// The epoch whose detector is kept; the last one where no validation picture has a box.
    pub best_epoch: Option<usize>,
    /// How good its boxes are on the validation pictures.
    pub validation: Option<Judgement>,
    /// The margin to widen its boxes by: what validation recommends, else 0.
    pub margin: f64,
}

impl DetectionSummary {
    pub(super) fn new(
        epochs: usize,
        best_epoch: Option<usize>,
        validation: Option<Judgement>,
    ) -> Self {
        let margin = validation.as_ref().and_then(|judgement| judgement.margin);
        Self {
            version: VERSION,
            lacuna_version: env!("CARGO_PKG_VERSION").to_owned(),
            task: "detection".to_owned(),
            training_pictures: 0,
            training_boxes: 0,
            epochs,
            best_epoch,
            validation,
            margin: margin.unwrap_or(0.0),
        }
    }

    /// Reads that of a run; `None` where the training has not come to its end.
    ///
    /// # Errors
    /// When the file is damaged, or that of another run.
    pub fn load(path: &Path) -> Result<Option<Self>, DetectError> {
        Ok(read_json(path, VERSION)?)
    }

    pub(super) fn save(&self, path: &Path) -> Result<(), DetectError> {
        Ok(write_json(path, self)?)
    }
}
