//! What is known about a detector beside its weights: `detector.json` of its run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use lacuna_data::json_file::{read_json, write_json};
use lacuna_data::{Case, DataError, Dataset};
use serde::{Deserialize, Serialize};

use super::{BoxedCases, DetectError};
use crate::run_dir::RunDir;

const VERSION: u32 = 1;

/// What a detector learned from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DetectorInfo {
    /// Format version.
    pub version: u32,
    /// The classes of the data set: all of them are inside the boxes.
    pub classes: Vec<String>,
    /// The most boxes a person drew in a training picture.
    pub most_boxes: usize,
    /// The pictures it was trained on.
    pub training: Vec<TrainingPicture>,
    /// The cases that chose the checkpoint and the margin.
    pub validation: Vec<String>,
}

/// A picture that a detector was trained on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingPicture {
    /// Its case.
    pub id: String,
    /// What the case belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Hash of the file, by which it is known in other data sets.
    pub image: String,
    /// Its boxes as shares of width and height: x1, y1, x2, y2.
    pub boxes: Vec<[f64; 4]>,
}

impl DetectorInfo {
    /// What will be known about a detector trained on these.
    ///
    /// # Errors
    /// When a picture cannot be read.
    pub fn new(training: &BoxedCases, validation: &BoxedCases) -> Result<Self, DetectError> {
        let dataset = training.dataset();
        let picture = |boxed: &super::BoxedCase| {
            Ok(TrainingPicture {
                id: boxed.case.id.clone(),
                group: boxed.case.group.clone(),
                image: dataset.image_hash(&boxed.case)?,
                boxes: boxed.relative(),
            })
        };
        let validation = validation.as_slice().iter().map(|boxed| boxed.case.id.clone());
        Ok(Self {
            version: VERSION,
            classes: dataset.classes().names(),
            most_boxes: training.most_boxes(),
            training: training.as_slice().iter().map(picture).collect::<Result<_, DataError>>()?,
            validation: validation.collect(),
        })
    }

    /// Reads that of a run.
    ///
    /// # Errors
    /// When the run is none of a detector.
    pub fn load(run: &RunDir) -> Result<Self, DetectError> {
        let info = read_json(&run.detector_file(), VERSION)?;
        info.ok_or_else(|| DetectError::NoDetector { run: run.path().to_owned() })
    }

    /// Writes that of a run.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, run: &RunDir) -> Result<(), DetectError> {
        Ok(write_json(&run.detector_file(), self)?)
    }

    /// The same as it comes back from its file, where a number may have lost its last bit.
    pub(super) fn as_stored(&self) -> Option<Self> {
        serde_json::to_string(self).ok().and_then(|text| serde_json::from_str(&text).ok())
    }

    /// Whether a data set has the classes that are inside the boxes.
    ///
    /// # Errors
    /// When it has others.
    pub fn check_classes(&self, run: &Path, dataset: &Dataset) -> Result<(), DetectError> {
        let (found, expected): (BTreeSet<_>, BTreeSet<_>) = (
            self.classes.iter().cloned().collect(),
            dataset.classes().names().into_iter().collect(),
        );
        if found == expected {
            return Ok(());
        }
        let list = |names: BTreeSet<String>| names.into_iter().collect::<Vec<_>>().join(", ");
        let (found, expected) = (list(found), list(expected));
        Err(DetectError::Classes { run: run.to_owned(), found, expected })
    }

    /// The training picture that each of these cases shows, or whose group it belongs to. Its detector has seen both.
    ///
    /// # Errors
    /// When a picture cannot be read.
    pub fn seen<'a>(
        &'a self,
        dataset: &Dataset,
        cases: &[Case],
    ) -> Result<BTreeMap<String, &'a TrainingPicture>, DetectError> {
        let by_hash: BTreeMap<&str, &TrainingPicture> =
            self.training.iter().map(|picture| (picture.image.as_str(), picture)).collect();
        let mut seen = BTreeMap::new();
        let mut groups: BTreeMap<&str, &TrainingPicture> = BTreeMap::new();
        // a group is that of a training picture if one of its pictures is
        for case in dataset.cases() {
            let Some(picture) = by_hash.get(dataset.image_hash(case)?.as_str()) else { continue };
            seen.insert(case.id.clone(), *picture);
            if let Some(group) = &case.group {
                groups.entry(group).or_insert(*picture);
            }
        }
        for case in cases {
            let picture = case.group.as_deref().and_then(|group| groups.get(group));
            if let Some(picture) = picture {
                seen.entry(case.id.clone()).or_insert(*picture);
            }
        }
        seen.retain(|id, _| cases.iter().any(|case| case.id == *id));
        Ok(seen)
    }
}
