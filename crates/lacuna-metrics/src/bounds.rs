//! What the unknown pixels could do to the Dice: its smallest and largest value over every completion
//! of a partial reference. The proof is at [`DiceBounds`].

pub(crate) mod exclusive;
mod polymatroid;

use crate::confusion::{Confusion, check_masks, is_known, ratio};
use crate::error::MetricError;
use serde::{Deserialize, Serialize};
use std::iter::Sum;
use std::ops::{Add, AddAssign};

/// A [`Confusion`] on the known pixels of a class, and how the unknown ones were predicted. Sums over
/// images give the counts of the pooled Dice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartialConfusion {
    /// The known pixels.
    pub known: Confusion,
    /// Unknown pixels predicted positive.
    pub unknown_positive: u64,
    /// Unknown pixels predicted negative.
    pub unknown_negative: u64,
}

impl PartialConfusion {
    /// Counts `prediction` against `reference` where `known`, and the prediction alone elsewhere.
    pub fn from_masks(
        prediction: &[bool],
        reference: &[bool],
        known: Option<&[bool]>,
    ) -> Result<Self, MetricError> {
        check_masks(prediction, reference, known)?;
        let mut counts = Self::default();
        for (index, (&predicted, &truth)) in prediction.iter().zip(reference).enumerate() {
            counts.add_pixel(predicted, is_known(known, index).then_some(truth));
        }
        Ok(counts)
    }

    /// Counts one pixel; `truth` is `None` where it is unknown.
    pub fn add_pixel(&mut self, predicted: bool, truth: Option<bool>) {
        match (truth, predicted) {
            (Some(truth), _) => self.known.add_pixel(predicted, truth),
            (None, true) => self.unknown_positive += 1,
            (None, false) => self.unknown_negative += 1,
        }
    }

    /// How many pixels are known.
    pub const fn coverage(&self) -> Coverage {
        let known = self.known.total();
        Coverage { known, total: known + self.unknown_positive + self.unknown_negative }
    }

    /// The smallest and largest Dice over every completion for which it is defined; `None` if it is
    /// for none (nothing predicted, nothing positive, nothing unknown).
    pub fn dice_bounds(&self) -> Option<DiceBounds> {
        let fixed = self.pixels_in_either();
        let tp = self.known.tp;
        let lower = ratio(2 * tp, fixed + self.unknown_negative)?;
        let upper = ratio(2 * (tp + self.unknown_positive), fixed + self.unknown_positive);
        Some(DiceBounds {
            lower,
            // Without any other pixel, every completion that makes Dice defined makes it 0.
            upper: upper.unwrap_or(0.0),
            may_be_undefined: upper.is_none(),
        })
    }

    /// A of the proof at [`DiceBounds`]: pixels predicted positive plus pixels known positive.
    pub(crate) const fn pixels_in_either(&self) -> u64 {
        2 * self.known.tp + self.known.fp + self.known.fn_ + self.unknown_positive
    }
}

impl Add for PartialConfusion {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl AddAssign for PartialConfusion {
    fn add_assign(&mut self, other: Self) {
        self.known += other.known;
        self.unknown_positive += other.unknown_positive;
        self.unknown_negative += other.unknown_negative;
    }
}

impl Sum for PartialConfusion {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), Add::add)
    }
}

/// The number of known pixels among all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Pixels whose truth is known.
    pub known: u64,
    /// All pixels.
    pub total: u64,
}

impl Coverage {
    /// The share of pixels that are known; `None` over nothing.
    pub fn share(&self) -> Option<f64> {
        ratio(self.known, self.total)
    }
}

/// The smallest and largest Dice (or mean Dice) over the completions for which it is defined.
///
/// A *completion* gives every unknown pixel of a class a truth. Let x of the u₊ unknown pixels that are
/// predicted positive, and z of the u₋ that are predicted negative, become positive:
///
/// > Dice(x, z) = 2 (tp + x) / (A + x + z), where A = 2 tp + fp + fn + u₊ does not depend on them.
/// > It falls with z, and it grows with x, because tp + x ≤ A + x + z. So over 0 ≤ x ≤ u₊, 0 ≤ z ≤ u₋
/// > the largest value is Dice(u₊, 0) = 2 (tp + u₊) / (A + u₊) and the smallest Dice(0, u₋) = 2 tp / (A + u₋).
///
/// Both are values of a completion, so no tighter bounds hold. For the mean over exclusive classes see
/// [`mean_dice_bounds`](crate::mean_dice_bounds).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DiceBounds {
    /// The worst completion.
    pub lower: f64,
    /// The best completion.
    pub upper: f64,
    /// Whether some completion leaves the Dice undefined, because prediction and reference are empty.
    pub may_be_undefined: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bounds_of_hand_counted_cases() {
        let bounds = |tp, fp, fn_, unknown_positive, unknown_negative| {
            let known = Confusion { tp, fp, fn_, tn: 5 };
            let counts = PartialConfusion { known, unknown_positive, unknown_negative };
            counts.dice_bounds().map(|b| (b.lower, b.upper, b.may_be_undefined))
        };
        // complete truth: both are the Dice
        assert_eq!(bounds(3, 1, 1, 0, 0), Some((0.75, 0.75, false)));
        // nothing known: anything is possible
        assert_eq!(bounds(0, 0, 0, 4, 4), Some((0.0, 1.0, false)));
        // predicted nowhere: 0 if anything is there, undefined otherwise
        assert_eq!(bounds(0, 0, 0, 0, 4), Some((0.0, 0.0, true)));
        // nowhere predicted and nowhere possible
        assert_eq!(bounds(0, 0, 0, 0, 0), None);
        assert_eq!(bounds(1, 1, 0, 1, 1), Some((0.4, 0.8, false)));
    }

    proptest! {
        #[test]
        fn bounds_are_attained_and_never_violated(
            pixels in prop::collection::vec((any::<bool>(), any::<bool>(), any::<bool>()), 0..9),
        ) {
            let prediction: Vec<bool> = pixels.iter().map(|p| p.0).collect();
            let reference: Vec<bool> = pixels.iter().map(|p| p.1).collect();
            let known: Vec<bool> = pixels.iter().map(|p| p.2).collect();
            let mut seen = Vec::new();
            let mut undefined = false;
            for completion in 0_u32..1 << pixels.len() {
                let bit = |index: usize| completion >> index & 1 == 1;
                if (0..pixels.len()).any(|i| known[i] && bit(i) != reference[i]) {
                    continue;
                }
                let truth: Vec<bool> = (0..pixels.len()).map(bit).collect();
                let dice = Confusion::from_masks(&prediction, &truth, None).unwrap().dice();
                undefined |= dice.is_none();
                seen.extend(dice);
            }
            let bounds = PartialConfusion::from_masks(&prediction, &reference, Some(&known))
                .unwrap()
                .dice_bounds();
            let extremes = seen.iter().copied().reduce(f64::min).zip(seen.iter().copied().reduce(f64::max));
            prop_assert_eq!(bounds.map(|b| (b.lower, b.upper)), extremes);
            if let Some(bounds) = bounds {
                prop_assert_eq!(bounds.may_be_undefined, undefined);
            }
        }
    }
}
