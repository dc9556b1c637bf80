//! Probabilities of positives and negatives, counted at 16 bits: everything that depends on their
//! order (average precision, thresholds) in one megabyte, over any number of images.

use crate::confusion::is_known;
use crate::error::{MetricError, check_length, check_probability};

/// Number of probability levels: 0, 1/65535, …, 1, as in a 16-bit PNG.
pub const HISTOGRAM_LEVELS: usize = 1 << 16;

/// How many known positive and negative pixels were given each probability.
///
/// A probability `p` is counted at level `round(65535 p)`. For probabilities that are already 16-bit
/// nothing is lost; otherwise two that differ by less than 1/65535 may be counted as tied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbabilityHistogram {
    positives: Vec<u64>,
    negatives: Vec<u64>,
}

impl Default for ProbabilityHistogram {
    fn default() -> Self {
        Self { positives: vec![0; HISTOGRAM_LEVELS], negatives: vec![0; HISTOGRAM_LEVELS] }
    }
}

/// The numbers predicted positive if everything at `level` and above is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) level: usize,
    /// Positives at `level` itself.
    pub(crate) positives_here: u64,
    pub(crate) tp: u64,
    pub(crate) fp: u64,
}

impl ProbabilityHistogram {
    /// An empty histogram.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts one known pixel.
    pub fn add(&mut self, probability: f32, truth: bool) -> Result<(), MetricError> {
        check_probability(probability)?;
        let level = (f64::from(probability) * (HISTOGRAM_LEVELS - 1) as f64).round() as usize;
        if truth {
            self.positives[level] += 1;
        } else {
            self.negatives[level] += 1;
        }
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

    /// Adds the counts of another histogram.
    pub fn merge(&mut self, other: &Self) {
        let counts = self.positives.iter_mut().chain(&mut self.negatives);
        let others = other.positives.iter().chain(&other.negatives);
        for (count, other) in counts.zip(others) {
            *count += other;
        }
    }

    /// Number of positive pixels counted.
    pub fn positives(&self) -> u64 {
        self.positives.iter().sum()
    }

    /// Number of negative pixels counted.
    pub fn negatives(&self) -> u64 {
        self.negatives.iter().sum()
    }

    /// Average precision as scikit-learn's `average_precision_score`: `Σ (Rₙ − Rₙ₋₁) Pₙ` over the
    /// levels from the highest down, without interpolation. `None` without positives (scikit-learn
    /// warns and gives 0).
    pub fn average_precision(&self) -> Option<f64> {
        let all = self.positives();
        let area: f64 = self
            .cuts()
            .filter(|cut| cut.positives_here > 0)
            .map(|cut| cut.positives_here as f64 * cut.tp as f64 / (cut.tp + cut.fp) as f64)
            .sum();
        (all > 0).then(|| area / all as f64)
    }

    /// Every cut, from the highest level down.
    pub(crate) fn cuts(&self) -> impl Iterator<Item = Cut> + '_ {
        let (mut tp, mut fp) = (0, 0);
        (0..HISTOGRAM_LEVELS).rev().map(move |level| {
            let (positives_here, negatives_here) = (self.positives[level], self.negatives[level]);
            tp += positives_here;
            fp += negatives_here;
            Cut { level, positives_here, tp, fp }
        })
    }
}

/// Calls `visit` with the probability and truth of every known pixel of an image.
pub(crate) fn for_each_known(
    probabilities: &[f32],
    truth: &[bool],
    known: Option<&[bool]>,
    mut visit: impl FnMut(f32, bool) -> Result<(), MetricError>,
) -> Result<(), MetricError> {
    check_length("the reference", truth.len(), probabilities.len())?;
    let known_length = known.map_or(truth.len(), <[bool]>::len);
    check_length("the mask of known pixels", known_length, truth.len())?;
    for (index, (&probability, &truth)) in probabilities.iter().zip(truth).enumerate() {
        if is_known(known, index) {
            visit(probability, truth)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::average_precision;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_probability_is_refused_and_the_unknown_not_looked_at() {
        let mut histogram = ProbabilityHistogram::new();
        for wrong in [-0.1, 1.1, f32::NAN, f32::INFINITY] {
            assert!(histogram.add(wrong, true).is_err());
        }
        let known = [true, false];
        histogram.add_image(&[1.0, f32::NAN], &[true, true], Some(&known)).unwrap();
        assert_eq!((histogram.positives(), histogram.negatives()), (1, 0));
        assert!(histogram.add_image(&[0.5], &[], None).is_err());
    }

    proptest! {
        #[test]
        fn exact_on_sixteen_bit_probabilities_however_it_is_split(
            pixels in prop::collection::vec((any::<u16>(), any::<bool>()), 1..80),
            at in 0_usize..80,
        ) {
            let scores: Vec<f32> = pixels.iter().map(|p| f32::from(p.0) / 65535.0).collect();
            let truth: Vec<bool> = pixels.iter().map(|p| p.1).collect();
            let at = at.min(scores.len());
            let (mut one, mut two) = (ProbabilityHistogram::new(), ProbabilityHistogram::new());
            one.add_image(&scores[..at], &truth[..at], None).unwrap();
            two.add_image(&scores[at..], &truth[at..], None).unwrap();
            one.merge(&two);
            let exact = average_precision(&scores, &truth).unwrap();
            match (one.average_precision(), exact) {
                (Some(a), Some(b)) => prop_assert!((a - b).abs() < 1e-12),
                (a, b) => prop_assert_eq!(a, b),
            }
        }
    }
}
