//! Whether a probability of .8 is right eight times in ten: expected calibration error and the bins of
//! a reliability plot.

use crate::confusion::ratio;
use crate::error::{MetricError, check_probability};
use crate::histogram::for_each_known;
use serde::{Deserialize, Serialize};

/// Number of equal-width bins over [0, 1].
pub const CALIBRATION_BINS: usize = 15;

/// Running calibration of one binary class.
///
/// Bins are closed on the right, (k/15, (k+1)/15], the first also at 0 (Guo et al. 2017, arXiv
/// 1706.04599; scikit-learn's `calibration_curve`).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Calibration {
    bins: [Tally; CALIBRATION_BINS],
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Tally {
    count: u64,
    positives: u64,
    probability_sum: f64,
}

/// One bar of a reliability plot.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CalibrationBin {
    /// Lower edge, not in the bin (except 0).
    pub lower: f64,
    /// Upper edge, in the bin.
    pub upper: f64,
    /// Number of pixels.
    pub count: u64,
    /// Mean predicted probability; `None` if the bin is empty.
    pub mean_probability: Option<f64>,
    /// Share of pixels that are positive; `None` if the bin is empty.
    pub positive_share: Option<f64>,
}

impl Calibration {
    /// An empty calibration.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts one known pixel.
    pub fn add(&mut self, probability: f32, truth: bool) -> Result<(), MetricError> {
        check_probability(probability)?;
        let probability = f64::from(probability);
        let bin = &mut self.bins[bin_of(probability)];
        bin.count += 1;
        bin.positives += u64::from(truth);
        bin.probability_sum += probability;
        Ok(())
    }

    /// Counts the pixels of an image where `known` (everywhere if `None`).
    pub fn add_image(
        &mut self,
        probabilities: &[f32],
        truth: &[bool],
        known: Option<&[bool]>,
    ) -> Result<(), MetricError> {
        for_each_known(probabilities, truth, known, |probability, truth| {
            self.add(probability, truth)
        })
    }

    /// Adds the counts of another calibration.
    pub fn merge(&mut self, other: &Self) {
        for (bin, other) in self.bins.iter_mut().zip(&other.bins) {
            bin.count += other.count;
            bin.positives += other.positives;
            bin.probability_sum += other.probability_sum;
        }
    }

    /// Number of pixels counted.
    pub fn count(&self) -> u64 {
        self.bins.iter().map(|bin| bin.count).sum()
    }

    /// Expected calibration error: the mean over pixels of |share of positives − mean probability| of
    /// their bin; `None` over nothing.
    pub fn expected_error(&self) -> Option<f64> {
        let total = self.count();
        let gaps = self.bins.iter().map(|bin| (bin.positives as f64 - bin.probability_sum).abs());
        (total > 0).then(|| gaps.sum::<f64>() / total as f64)
    }

    /// The bins of a reliability plot, from low to high probability.
    pub fn reliability(&self) -> Vec<CalibrationBin> {
        let bar = |(index, bin): (usize, &Tally)| CalibrationBin {
            lower: edge(index),
            upper: edge(index + 1),
            count: bin.count,
            mean_probability: (bin.count > 0).then(|| bin.probability_sum / bin.count as f64),
            positive_share: ratio(bin.positives, bin.count),
        };
        self.bins.iter().enumerate().map(bar).collect()
    }
}

/// Lower edge of bin `index`, in the arithmetic of `numpy.linspace`.
fn edge(index: usize) -> f64 {
    if index == CALIBRATION_BINS {
        return 1.0;
    }
    index as f64 * (1.0 / CALIBRATION_BINS as f64)
}

/// The bin of a probability: guessed by a product, then moved off the edge that rounding may have
/// crossed.
fn bin_of(probability: f64) -> usize {
    let guess = (probability * CALIBRATION_BINS as f64) as usize;
    let bin = guess.min(CALIBRATION_BINS - 1);
    if bin > 0 && probability <= edge(bin) {
        bin - 1
    } else if probability > edge(bin + 1) {
        bin + 1
    } else {
        bin
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn edges_belong_to_the_bin_below() {
        // 0 and 1 are in the outer bins; an inner edge is in the lower bin
        for (probability, bin) in [(0.0, 0), (1.0, 14), (edge(1), 0), (edge(7), 6), (0.5, 7)] {
            assert_eq!(bin_of(probability), bin, "{probability}");
        }
        assert_eq!(bin_of(edge(7) + 1e-12), 7);
    }

    #[test]
    fn error_of_a_hand_counted_case() {
        let mut calibration = Calibration::new();
        assert_eq!(calibration.expected_error(), None);
        // one bin: mean probability .9, half of it right
        calibration.add(0.9, true).unwrap();
        calibration.add(0.9, false).unwrap();
        assert!((calibration.expected_error().unwrap() - 0.4).abs() < 1e-7);
        assert!(calibration.add(f32::NAN, true).is_err());
        assert_eq!(calibration.reliability()[13].positive_share, Some(0.5));
    }

    proptest! {
        #[test]
        fn merging_is_adding(pixels in prop::collection::vec((0.0_f32..=1.0, any::<bool>()), 0..60), at in 0_usize..60) {
            let (mut all, mut one, mut two) = (Calibration::new(), Calibration::new(), Calibration::new());
            for (index, (probability, truth)) in pixels.iter().enumerate() {
                all.add(*probability, *truth).unwrap();
                let part = if index < at { &mut one } else { &mut two };
                part.add(*probability, *truth).unwrap();
            }
            one.merge(&two);
            prop_assert_eq!(one.count(), pixels.len() as u64);
            match (one.expected_error(), all.expected_error()) {
                (Some(a), Some(b)) => prop_assert!((a - b).abs() < 1e-12 && (0.0..=1.0).contains(&a)),
                (a, b) => prop_assert_eq!(a, b),
            }
        }
    }
}
