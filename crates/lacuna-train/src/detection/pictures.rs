//! The training pictures of a detector: read once, shuffled and varied by epoch.

use std::sync::Arc;

use lacuna_data::augment::{BoxSample, BoxSampleConfig, ReducedCase};
use lacuna_data::{DataError, random};
use rand::seq::SliceRandom;

use super::{BoxedCase, BoxedCases};

/// Memory for pictures kept ready, bytes.
const CACHE_BYTES: usize = 1 << 30;

/// The training pictures, those that fit kept in memory.
pub(super) struct Pictures {
    boxed: BoxedCases,
    kept: Vec<Option<Arc<ReducedCase>>>,
    bytes: usize,
}

impl Pictures {
    pub(super) fn new(boxed: BoxedCases) -> Self {
        Self { kept: vec![None; boxed.as_slice().len()], boxed, bytes: 0 }
    }

    /// The order in which an epoch sees them.
    pub(super) fn order(&self, seed: u64, epoch: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.kept.len()).collect();
        order.shuffle(&mut random::stream(seed, "detector shuffle", &[epoch as u64]));
        order
    }

    /// The pictures in order.
    pub(super) fn as_slice(&self) -> &[BoxedCase] {
        self.boxed.as_slice()
    }

    /// Samples of some of them, the same for the same seed, epoch and picture.
    pub(super) fn batch(
        &mut self,
        indices: &[usize],
        sample: &BoxSampleConfig,
        seed: u64,
        epoch: usize,
    ) -> Result<Vec<BoxSample>, DataError> {
        let mut samples = Vec::with_capacity(indices.len());
        for index in indices {
            let case = self.get(*index, sample)?;
            let boxed = &self.boxed.as_slice()[*index];
            let key = [epoch as u64, random::key_of(&boxed.case.id)];
            let mut rng = random::stream(seed, "detector sample", &key);
            samples.push(sample.draw(&case, &boxed.boxes, &mut rng));
        }
        Ok(samples)
    }

    /// A picture, reduced for the network; kept if there is room.
    fn get(
        &mut self,
        index: usize,
        sample: &BoxSampleConfig,
    ) -> Result<Arc<ReducedCase>, DataError> {
        if let Some(case) = &self.kept[index] {
            return Ok(Arc::clone(case));
        }
        let image = self.boxed.dataset().load_image(&self.boxed.as_slice()[index].case)?;
        let case = Arc::new(sample.reduce(image));
        if self.bytes + case.bytes() <= CACHE_BYTES {
            self.bytes += case.bytes();
            self.kept[index] = Some(Arc::clone(&case));
        }
        Ok(case)
    }
}
