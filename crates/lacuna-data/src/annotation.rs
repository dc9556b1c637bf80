//! What a person or a model said about a picture: three-state masks, regions, and their provenance.

mod binary_mask;
mod combination;
pub mod journal;
pub mod mask_file;
mod mask_runs;
pub(crate) mod region;
pub mod regions_file;
mod runs;
mod ternary_mask;

pub use binary_mask::BinaryMask;
pub use combination::{Combination, Contradictions, Take};
pub use journal::Journal;
pub use mask_runs::MaskRuns;
pub(crate) use region::union;
pub use region::{Region, Role, Shape};
pub use runs::{Runs, RunsError};
pub use ternary_mask::{Ternary, TernaryMask};

use serde::{Deserialize, Serialize};

use crate::image::Size;

/// What the importer took an unpainted pixel to mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unpainted {
    /// Nobody said: the pixel may belong to the class.
    Unknown,
    /// The annotator painted everything: the pixel is not of the class.
    Background,
}

/// Where one class's mask of one case comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// Class name.
    pub class: String,
    /// The tool or file format the mask came from, such as `png-masks` or `simulate`.
    pub source: String,
    /// Who painted, as far as known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// What unpainted pixels were taken to mean; already resolved into the mask.
    pub unpainted: Unpainted,
}

/// The annotations of one case.
#[derive(Clone, Debug, PartialEq)]
pub struct Annotation {
    /// One mask a class, in the order of the data set's classes, all of the picture's size.
    pub masks: Vec<TernaryMask>,
    /// Pixels of each class's mask that a model suggested and a person has not painted; `None`
    /// where there are none.
    pub suggested: Vec<Option<BinaryMask>>,
    /// Regions that enclose everything of interest; empty means that nobody drew one.
    pub regions: Vec<Region>,
    /// Origin of each class's mask, in class order where known.
    pub provenance: Vec<Provenance>,
}

impl Annotation {
    /// An annotation in which nothing was said about `classes` classes.
    pub fn unknown(size: Size, classes: usize) -> Self {
        Self {
            masks: vec![TernaryMask::unknown(size); classes],
            suggested: vec![None; classes],
            regions: Vec::new(),
            provenance: Vec::new(),
        }
    }

    /// This without the regions of models whose score is below `box_trust`; one without a score has 0.
    #[must_use]
    pub fn trusting(mut self, box_trust: f64) -> Self {
        self.regions.retain(|region| region.is_trusted(box_trust));
        self
    }

    /// Whether unpainted pixels of the class called `name` were declared to be background.
    pub fn is_background_declared(&self, name: &str) -> bool {
        self.provenance
            .iter()
            .any(|entry| entry.class == name && entry.unpainted == Unpainted::Background)
    }
}
