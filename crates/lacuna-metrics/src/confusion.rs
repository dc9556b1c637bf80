//! Counts of right and wrong pixels of one class, and the overlap measures made from them.

use crate::error::{MetricError, check_length};
use serde::{Deserialize, Serialize};
use std::iter::Sum;
use std::ops::{Add, AddAssign};

/// Pixels of one class by what was predicted and what is true. Only known pixels are counted.
///
/// Confusions add up: the Dice of a sum over images is the *pooled* Dice. A measure whose
/// denominator is zero is undefined, and `None`: it is left out of a mean and counted there
/// (see [`MeanOver`](crate::MeanOver)), never replaced by 0 or 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    /// Predicted positive, truly positive.
    pub tp: u64,
    /// Predicted positive, truly negative.
    pub fp: u64,
    /// Predicted negative, truly positive.
    #[serde(rename = "fn")]
    pub fn_: u64,
    /// Predicted negative, truly negative.
    pub tn: u64,
}

impl Confusion {
    /// Counts `prediction` against `reference` where `known` (everywhere if `None`).
    pub fn from_masks(
        prediction: &[bool],
        reference: &[bool],
        known: Option<&[bool]>,
    ) -> Result<Self, MetricError> {
        check_masks(prediction, reference, known)?;
        let mut counts = Self::default();
        for (index, (&predicted, &truth)) in prediction.iter().zip(reference).enumerate() {
            if is_known(known, index) {
                counts.add_pixel(predicted, truth);
            }
        }
        Ok(counts)
    }

    /// Counts one known pixel.
    pub fn add_pixel(&mut self, predicted: bool, truth: bool) {
        match (predicted, truth) {
            (true, true) => self.tp += 1,
            (true, false) => self.fp += 1,
            (false, true) => self.fn_ += 1,
            (false, false) => self.tn += 1,
        }
    }

    /// Number of pixels counted.
    pub const fn total(&self) -> u64 {
        self.tp + self.fp + self.fn_ + self.tn
    }

    /// Dice (F1): `2 tp / (2 tp + fp + fn)`; `None` if reference and prediction are both empty.
    pub fn dice(&self) -> Option<f64> {
        ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn_)
    }

    /// Intersection over union (Jaccard): `tp / (tp + fp + fn)`; `None` if both are empty.
    pub fn iou(&self) -> Option<f64> {
        ratio(self.tp, self.tp + self.fp + self.fn_)
    }

    /// Precision: `tp / (tp + fp)`; `None` if nothing is predicted.
    pub fn precision(&self) -> Option<f64> {
        ratio(self.tp, self.tp + self.fp)
    }

    /// Cohen's κ (Cohen 1960, Educ. Psychol. Meas. 20:37): agreement beyond what chance would give, between two people
    /// of whom neither is the reference. `None` where chance alone would make them agree everywhere, or nothing is
    /// counted.
    pub fn kappa(&self) -> Option<f64> {
        let [tp, fp, fn_, tn] = [self.tp, self.fp, self.fn_, self.tn].map(|count| count as f64);
        let total = tp + fp + fn_ + tn;
        let observed = (tp + tn) / total;
        let by_chance = ((tp + fp) * (tp + fn_) + (fn_ + tn) * (fp + tn)) / (total * total);
        (by_chance < 1.0).then(|| (observed - by_chance) / (1.0 - by_chance))
    }

    /// Recall (sensitivity): `tp / (tp + fn)`; `None` if the reference is empty.
    pub fn recall(&self) -> Option<f64> {
        ratio(self.tp, self.tp + self.fn_)
    }
}

impl Add for Confusion {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl AddAssign for Confusion {
    fn add_assign(&mut self, other: Self) {
        self.tp += other.tp;
        self.fp += other.fp;
        self.fn_ += other.fn_;
        self.tn += other.tn;
    }
}

impl Sum for Confusion {
    fn sum<I: Iterator<Item = Self>>(confusions: I) -> Self {
        confusions.fold(Self::default(), Add::add)
    }
}

/// Checks that the masks describe the same pixels.
pub(crate) fn check_masks(
    prediction: &[bool],
    reference: &[bool],
    known: Option<&[bool]>,
) -> Result<(), MetricError> {
    check_length("the reference", reference.len(), prediction.len())?;
    let known_length = known.map_or(prediction.len(), <[bool]>::len);
    check_length("the mask of known pixels", known_length, prediction.len())
}

/// Whether pixel `index` is known; no mask means that everything is.
pub(crate) fn is_known(known: Option<&[bool]>, index: usize) -> bool {
    known.is_none_or(|known| known[index])
}

/// A share, undefined over nothing.
pub(crate) fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn measures_of_hand_counted_masks() {
        // tp, fp, fn → Dice, IoU, precision, recall
        let table = [
            // nothing there and nothing found: undefined, not perfect
            ((0, 0, 0), (None, None, None, None)),
            // something found that is not there
            ((0, 3, 0), (Some(0.0), Some(0.0), Some(0.0), None)),
            // something there that is not found
            ((0, 0, 3), (Some(0.0), Some(0.0), None, Some(0.0))),
            ((3, 1, 1), (Some(0.75), Some(0.6), Some(0.75), Some(0.75))),
        ];
        for ((tp, fp, fn_), expected) in table {
            let c = Confusion { tp, fp, fn_, tn: 7 };
            assert_eq!((c.dice(), c.iou(), c.precision(), c.recall()), expected);
        }
    }

    #[test]
    fn masks_of_different_sizes_are_refused() {
        assert!(Confusion::from_masks(&[true], &[], None).is_err());
        assert!(Confusion::from_masks(&[true], &[true], Some(&[])).is_err());
    }

    fn pixels() -> impl Strategy<Value = Vec<(bool, bool, bool)>> {
        prop::collection::vec(any::<(bool, bool, bool)>(), 0..64)
    }

    proptest! {
        #[test]
        fn the_reference_at_unknown_pixels_is_never_read(pixels in pixels()) {
            let prediction: Vec<_> = pixels.iter().map(|p| p.0).collect();
            let reference: Vec<_> = pixels.iter().map(|p| p.1).collect();
            let known: Vec<_> = pixels.iter().map(|p| p.2).collect();
            let other: Vec<_> = pixels.iter().map(|p| p.1 ^ !p.2).collect();
            let counts = Confusion::from_masks(&prediction, &reference, Some(&known)).unwrap();
            prop_assert_eq!(counts, Confusion::from_masks(&prediction, &other, Some(&known)).unwrap());
            prop_assert_eq!(counts.total(), known.iter().filter(|k| **k).count() as u64);
        }

        #[test]
        fn dice_is_symmetric_bounded_and_agrees_with_iou(pixels in pixels()) {
            let a: Vec<_> = pixels.iter().map(|p| p.0).collect();
            let b: Vec<_> = pixels.iter().map(|p| p.1).collect();
            let there = Confusion::from_masks(&a, &b, None).unwrap();
            let back = Confusion::from_masks(&b, &a, None).unwrap();
            prop_assert_eq!(there.dice(), back.dice());
            prop_assert_eq!(there.precision(), back.recall());
            if let (Some(dice), Some(iou)) = (there.dice(), there.iou()) {
                prop_assert!((0.0..=1.0).contains(&dice));
                prop_assert!((dice - 2.0 * iou / (1.0 + iou)).abs() < 1e-12);
            }
        }
    }
}
