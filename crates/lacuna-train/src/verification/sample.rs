//! The points and what is needed to weigh them.

use lacuna_metrics::verification::{DrawnPoint, PointSample, Strata, StratumCounts};
use serde::{Deserialize, Serialize};

/// A probability sample of points, as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// Format version.
    pub version: u32,
    /// Which model it is about: the run's name.
    pub model: String,
    /// When it was drawn, RFC 3339.
    pub time: String,
    /// Seed of the draw.
    pub seed: u64,
    /// The held-back cases, in order.
    pub cases: Vec<String>,
    /// Their groups.
    pub groups: Vec<Option<String>>,
    /// How the pixels of each class are divided.
    pub classes: Vec<ClassPlan>,
    /// The points in the order in which to ask them.
    pub points: Vec<Point>,
}

/// The pixels of a class in all cases.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassPlan {
    /// The class.
    pub class: String,
    /// How its pixels are divided.
    pub strata: Strata,
    /// How many each case has.
    pub pictures: Vec<StratumCounts>,
}

/// A pixel that a person is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// Index of the class.
    pub class: usize,
    /// Index of the case.
    pub case: usize,
    /// Column of the pixel in the upright picture.
    pub x: usize,
    /// Its row.
    pub y: usize,
    /// How it was drawn.
    pub drawn: DrawnPoint,
}

impl Sample {
    /// The version of the format.
    pub const VERSION: u32 = 1;

    /// The groups, if every case has one; else every case counts as its own.
    pub fn group_ids(&self) -> Option<Vec<&str>> {
        self.groups.iter().map(Option::as_deref).collect()
    }
}

/// The classes' points in one order: the first of each class, the second of each, and so on, so that whoever stops
/// early has answered as much of each.
pub(super) fn in_turns(samples: &[PointSample]) -> Vec<(usize, usize)> {
    let longest = samples.iter().map(|sample| sample.points.len()).max().unwrap_or_default();
    let turn = |turn: usize| {
        let has = move |class: &usize| samples[*class].points.len() > turn;
        (0..samples.len()).filter(has).map(move |class| (class, turn))
    };
    (0..longest).flat_map(turn).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_take_turns() {
        let sample = |count: usize| PointSample {
            points: vec![DrawnPoint { picture: 0, stratum: 0, rank: 0 }; count],
        };
        let order = in_turns(&[sample(1), sample(3), sample(0)]);
        assert_eq!(order, [(0, 0), (1, 0), (1, 1), (1, 2)]);
        assert!(in_turns(&[]).is_empty());
    }
}
