//! Samples collated for a trainer, prepared ahead of time by worker threads.

mod boxes;
mod case_cache;
mod loader;

pub use boxes::BoxBatch;
pub use case_cache::{CaseCache, CaseSource};
pub use loader::{BatchPlan, Draw, Loader, Replay};

use crate::augment::Sample;
use crate::image::Size;

/// Several samples side by side, ready for a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Which cases, by index.
    pub cases: Vec<usize>,
    /// Number of classes.
    pub classes: usize,
    /// Size of every picture.
    pub size: Size,
    /// Normalised pictures, `[n, 3, height, width]`.
    pub images: Vec<f32>,
    /// Targets, `[n, classes, height, width]`.
    pub targets: Vec<f32>,
    /// Weights, `[n, classes, height, width]`; 0 where unknown.
    pub weights: Vec<f32>,
}

impl Batch {
    /// Collates samples of one size, given with their case's index.
    pub fn collate(samples: Vec<(usize, Sample)>, classes: usize, size: Size) -> Self {
        let mut batch = Self {
            cases: Vec::with_capacity(samples.len()),
            classes,
            size,
            images: Vec::with_capacity(samples.len() * 3 * size.area()),
            targets: Vec::with_capacity(samples.len() * classes * size.area()),
            weights: Vec::with_capacity(samples.len() * classes * size.area()),
        };
        for (case, sample) in samples {
            batch.cases.push(case);
            batch.images.extend(sample.image);
            batch.targets.extend(sample.supervision.target);
            batch.weights.extend(sample.supervision.weight);
        }
        batch
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.cases.len()
    }

    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.cases.is_empty()
    }

    /// Shape of the pictures, `[n, 3, height, width]`.
    pub fn image_shape(&self) -> [usize; 4] {
        [self.len(), 3, self.size.height, self.size.width]
    }

    /// Shape of targets and weights, `[n, classes, height, width]`.
    pub fn target_shape(&self) -> [usize; 4] {
        [self.len(), self.classes, self.size.height, self.size.width]
    }
}
