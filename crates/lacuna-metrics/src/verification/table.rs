//! Pixels and answers as real numbers, so that one arithmetic serves the pictures as they are and a
//! resample of their groups.

use super::survey::{GroupTally, Survey};

/// Dice, precision and recall.
pub(super) type Scores = [Option<f64>; 3];

/// The class on all pixels: the census of the annotated ones and the bands of the unknown ones.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Table {
    pub(super) bands: Vec<Band>,
    known_tp: f64,
    known_fp: f64,
    known_missed: f64,
}

/// One band of unknown pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Band {
    pub(super) predicted: bool,
    pub(super) pixels: f64,
    pub(super) yes: f64,
    pub(super) no: f64,
    pub(super) unsure: f64,
}

/// A number of positive pixels, from `low` to `high`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Range {
    pub(super) low: f64,
    pub(super) high: f64,
}

/// Between which numbers of true positives and of missed positives the class lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Outcome {
    pub(super) predicted: f64,
    pub(super) tp: Range,
    pub(super) missed: Range,
}

impl Survey {
    /// The pictures as they are.
    pub(super) fn table(&self) -> Table {
        self.weighted_table(&vec![1.0; self.groups.len()])
    }

    /// Each group counted as often as its weight says.
    pub(super) fn weighted_table(&self, weights: &[f64]) -> Table {
        let sum = |part: &dyn Fn(&GroupTally) -> u64| -> f64 {
            let groups = self.groups.iter().zip(weights);
            groups.map(|(group, weight)| part(group) as f64 * weight).sum()
        };
        let band = |index: usize| Band {
            predicted: self.strata.is_predicted(index),
            pixels: sum(&|group| group.pixels[index]),
            yes: sum(&|group| group.answers[index].yes),
            no: sum(&|group| group.answers[index].no),
            unsure: sum(&|group| group.answers[index].unsure),
        };
        Table {
            bands: (0..self.strata.bands()).map(band).collect(),
            known_tp: sum(&|group| self.strata.known(&group.pixels).tp),
            known_fp: sum(&|group| self.strata.known(&group.pixels).fp),
            known_missed: sum(&|group| self.strata.known(&group.pixels).fn_),
        }
    }
}

impl Table {
    /// The outcome if each band has the positive pixels that `positives` says.
    pub(super) fn outcome(&self, mut positives: impl FnMut(&Band) -> Range) -> Outcome {
        let exactly = |count| Range { low: count, high: count };
        let (mut tp, mut missed) = (exactly(self.known_tp), exactly(self.known_missed));
        let mut predicted = self.known_tp + self.known_fp;
        for band in &self.bands {
            let side = if band.predicted { &mut tp } else { &mut missed };
            side.add(positives(band));
            predicted += if band.predicted { band.pixels } else { 0.0 };
        }
        Outcome { predicted, tp, missed }
    }
}

impl Range {
    fn add(&mut self, other: Self) {
        self.low += other.low;
        self.high += other.high;
    }
}

impl Outcome {
    /// The smallest scores. All three grow with the true positives, at a fixed number of predicted
    /// pixels, and fall with the missed ones.
    pub(super) fn lowest(&self) -> Scores {
        scores(self.predicted, self.tp.low, self.missed.high)
    }

    /// The largest scores.
    pub(super) fn highest(&self) -> Scores {
        scores(self.predicted, self.tp.high, self.missed.low)
    }

    /// Which scores are defined for some truth within the ranges.
    pub(super) fn may_be_defined(&self) -> [bool; 3] {
        scores(self.predicted, self.tp.high, self.missed.high).map(|score| score.is_some())
    }
}

fn scores(predicted: f64, tp: f64, missed: f64) -> Scores {
    let share = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
    [share(2.0 * tp, predicted + tp + missed), share(tp, predicted), share(tp, tp + missed)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_by_hand() {
        let range = |low, high| Range { low, high };
        let outcome = Outcome { predicted: 10.0, tp: range(6.0, 8.0), missed: range(2.0, 4.0) };
        assert_eq!(outcome.lowest(), [Some(12.0 / 20.0), Some(0.6), Some(0.6)]);
        assert_eq!(outcome.highest(), [Some(16.0 / 20.0), Some(0.8), Some(0.8)]);
        // nothing predicted, nothing there
        let nothing = Outcome { predicted: 0.0, tp: range(0.0, 0.0), missed: range(0.0, 0.0) };
        assert_eq!(nothing.lowest(), [None; 3]);
        assert_eq!(nothing.may_be_defined(), [false; 3]);
        let maybe = Outcome { missed: range(0.0, 1.0), ..nothing };
        assert_eq!(maybe.may_be_defined(), [true, false, true]);
    }
}
