//! Thresholds that can be chosen without complete truth.

use crate::error::{MetricError, check_probability};
use crate::histogram::{HISTOGRAM_LEVELS, ProbabilityHistogram};
use serde::{Deserialize, Serialize};

/// The threshold of Elkan and Noto (*Learning classifiers from only positive and unlabeled data*,
/// KDD 2008) for a model trained as if unpainted meant negative.
///
/// If the share c of a class that gets painted does not depend on the pixel's looks, such a model
/// learns c · P(class); ĉ is the mean predicted probability on painted positive *validation* pixels,
/// and P(class) ≥ ½ where the prediction is ≥ ĉ/2. Experts who skip margins, back teeth or dark parts
/// break the assumption.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct ElkanNoto {
    probability_sum: f64,
    positives: u64,
}

impl ElkanNoto {
    /// Nothing seen yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts the predicted probability of one painted positive validation pixel.
    pub fn add_positive(&mut self, probability: f32) -> Result<(), MetricError> {
        check_probability(probability)?;
        self.probability_sum += f64::from(probability);
        self.positives += 1;
        Ok(())
    }

    /// Adds the counts of another one.
    pub fn merge(&mut self, other: &Self) {
        self.probability_sum += other.probability_sum;
        self.positives += other.positives;
    }

    /// Number of painted positive pixels seen.
    pub const fn positives(&self) -> u64 {
        self.positives
    }

    /// ĉ, the mean probability on painted positives; `None` without any.
    pub fn labelled_share(&self) -> Option<f64> {
        (self.positives > 0).then(|| self.probability_sum / self.positives as f64)
    }

    /// The threshold ĉ/2; `None` without painted positives.
    pub fn threshold(&self) -> Option<f64> {
        self.labelled_share().map(|share| share / 2.0)
    }
}

/// A threshold and the Dice it reached where it was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DiceThreshold {
    /// Call a pixel positive where `probability >= threshold`.
    pub threshold: f64,
    /// Pooled Dice at this threshold on the pixels it was chosen on: optimistic, not a result.
    pub dice: f64,
}

/// The threshold of the largest pooled Dice on known validation pixels. Of several thresholds with the
/// same Dice the one nearest ½, and of two equally near the smaller.
///
/// `None` unless there are both positives and negatives: without known negatives every threshold low
/// enough is perfect, which says nothing. Candidates lie halfway between the 16-bit levels of the
/// histogram, (k − ½)/65535, so that no probability that was counted sits on one; ½ is a candidate.
pub fn best_dice_threshold(histogram: &ProbabilityHistogram) -> Option<DiceThreshold> {
    let (positives, negatives) = (histogram.positives(), histogram.negatives());
    if positives == 0 || negatives == 0 {
        return None;
    }
    // Dice is 2 tp / (tp + fp + positives); compared as fractions so that ties are exact.
    let mut best = (0_u64, 1_u64, 0_usize);
    for cut in histogram.cuts() {
        let (part, whole) = (2 * cut.tp, cut.tp + cut.fp + positives);
        let challenger = u128::from(part) * u128::from(best.1);
        let champion = u128::from(best.0) * u128::from(whole);
        let nearer = from_half(cut.level) <= from_half(best.2);
        if challenger > champion || (challenger == champion && nearer) {
            best = (part, whole, cut.level);
        }
    }
    Some(DiceThreshold {
        threshold: (level_edge(best.2)).max(0.0),
        dice: best.0 as f64 / best.1 as f64,
    })
}

/// The probability halfway between a level and the one below.
fn level_edge(level: usize) -> f64 {
    (level as f64 - 0.5) / (HISTOGRAM_LEVELS - 1) as f64
}

/// Distance of a level's edge from ½, in levels: level 2¹⁵ has its edge exactly there.
fn from_half(level: usize) -> usize {
    level.abs_diff(HISTOGRAM_LEVELS / 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Confusion;
    use proptest::prelude::*;

    fn chosen(pixels: &[(f32, bool)]) -> Option<DiceThreshold> {
        let mut histogram = ProbabilityHistogram::new();
        for (probability, truth) in pixels {
            histogram.add(*probability, *truth).unwrap();
        }
        best_dice_threshold(&histogram)
    }

    #[test]
    fn half_the_mean_on_painted_positives() {
        let mut rule = ElkanNoto::new();
        assert_eq!((rule.threshold(), rule.labelled_share()), (None, None));
        let mut other = ElkanNoto::new();
        rule.add_positive(0.25).unwrap();
        other.add_positive(0.5).unwrap();
        rule.merge(&other);
        assert_eq!((rule.labelled_share(), rule.threshold()), (Some(0.375), Some(0.1875)));
        assert_eq!(rule.positives(), 2);
        assert!(rule.add_positive(1.5).is_err());
    }

    #[test]
    fn the_tie_nearest_one_half() {
        let table = [
            // the gap contains ½
            ([(0.9, true), (0.1, false)], 0.5),
            // everything above ½: the lowest level that still parts them
            ([(0.9, true), (0.8, false)], (52428.0 + 0.5) / 65535.0),
            // everything below ½: the highest
            ([(0.2, true), (0.1, false)], (13107.0 - 0.5) / 65535.0),
            // turned around: the best is to call everything positive
            ([(0.1, true), (0.9, false)], (6554.0 - 0.5) / 65535.0),
            // at zero the threshold stays a probability
            ([(0.0, true), (0.9, false)], 0.0),
        ];
        for (pixels, expected) in table {
            let threshold = chosen(&pixels).unwrap().threshold;
            assert!((threshold - expected).abs() < 1e-12, "{pixels:?}: {threshold}");
        }
    }

    #[test]
    fn one_kind_of_pixel_chooses_nothing() {
        assert_eq!(chosen(&[]), None);
        assert_eq!(chosen(&[(0.7, true)]), None);
        assert_eq!(chosen(&[(0.7, false)]), None);
    }

    proptest! {
        #[test]
        fn no_threshold_beats_it(pixels in prop::collection::vec((0.0_f32..=1.0, any::<bool>()), 1..40)) {
            let dice_at = |threshold: f64| {
                let mut counts = Confusion::default();
                for (probability, truth) in &pixels {
                    let level = (f64::from(*probability) * 65535.0).round();
                    counts.add_pixel(level / 65535.0 >= threshold, *truth);
                }
                counts.dice()
            };
            if let Some(best) = chosen(&pixels) {
                prop_assert_eq!(dice_at(best.threshold), Some(best.dice));
                for (probability, _) in &pixels {
                    prop_assert!(dice_at(f64::from(*probability)).unwrap_or(0.0) <= best.dice + 1e-12);
                }
            }
        }
    }
}
