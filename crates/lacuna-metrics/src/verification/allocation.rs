//! How many of the points each stratum gets.

use super::stratum::{Strata, StratumCounts};
use serde::{Deserialize, Serialize};

/// This share of the points is spread evenly over the strata that have pixels, so that none rests on
/// the planning below being right. In simulations the Dice is as sure with 15 % as with 50 %, and the
/// precision of a rare class surer with 50 %.
const EVEN_SHARE: f64 = 0.5;

/// The share of pixels whose truth is planned to be a coin toss whatever their probability: a model
/// that is sure of itself must not be what decides that its sure pixels need no points.
const MISTRUST: f64 = 0.02;

/// The Dice for which the allocation is planned; it matters little (see [`PointBudget::allocate`]).
const PLANNED_DICE: f64 = 0.8;

/// How many points of a class are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointBudget {
    /// All points.
    pub points: usize,
    /// How many of them are spent on annotated pixels, to see whether answers and annotation agree;
    /// they do not enter the estimate. Without annotated pixels, none.
    pub checks: usize,
}

impl Default for PointBudget {
    /// 300 points (a quarter of an hour at 3 seconds each), 20 of them checks.
    fn default() -> Self {
        Self { points: 300, checks: 20 }
    }
}

impl PointBudget {
    /// Points of each stratum, given the pixels of all pictures; never more than it has pixels.
    ///
    /// The linearised error of Dice = 2 TP / (P + T), where P is known and T = TP + FN, is
    /// `((2 − D) dTP − D dFN) / (P + T)`. So Neyman's allocation gives stratum h points in proportion
    /// to N_h √(q_h (1 − q_h)) c_h, with c = 2 − D where the prediction is positive and D where it is
    /// negative, and q the share of positives (Cochran 1977, *Sampling Techniques*, § 5.5), for which
    /// the mean probability of the stratum is a guess: points may be allocated by any guess without
    /// biasing the estimate. Half of the points are spread evenly first. The whole numbers come from
    /// the rule of equal proportions, which is the exact optimum (Wright 2012, *The American
    /// Statistician* 66:217).
    ///
    /// Checks are spread evenly over the four strata of annotated pixels.
    pub fn allocate(&self, strata: &Strata, all: &StratumCounts) -> Vec<u64> {
        let (unknown, known) = all.pixels.split_at(strata.bands());
        let checks = self.checks.min(self.points) as u64;
        let checks = apportion(known, &vec![1.0; known.len()], 0, checks);
        let asked = self.points as u64 - checks.iter().sum::<u64>();
        let occupied = unknown.iter().filter(|pixels| **pixels > 0).count().max(1);
        let floor = (asked as f64 * EVEN_SHARE / occupied as f64) as u64;
        let mut points = apportion(unknown, &planned_errors(strata, all), floor.max(1), asked);
        points.extend(checks);
        points
    }
}

/// N √(q (1 − q)) c of each stratum of unknown pixels.
fn planned_errors(strata: &Strata, all: &StratumCounts) -> Vec<f64> {
    let error = |band: usize| {
        let (pixels, sum) = (all.pixels[band] as f64, all.probability_sum[band]);
        let believed = (sum / pixels.max(1.0)).clamp(0.0, 1.0);
        let q = (1.0 - MISTRUST) * believed + MISTRUST * 0.5;
        let lever = if strata.is_predicted(band) { 2.0 - PLANNED_DICE } else { PLANNED_DICE };
        pixels * (q * (1.0 - q)).sqrt() * lever
    };
    (0..strata.bands()).map(error).collect()
}

/// Gives `points` to places of limited `sizes`: first `floor` to each, then one at a time to where
/// `weight² / (n (n + 1))`, by which the next point lowers the variance, is largest.
fn apportion(sizes: &[u64], weights: &[f64], floor: u64, points: u64) -> Vec<u64> {
    let mut given = vec![0; sizes.len()];
    for _ in 0..points.min(sizes.iter().sum()) {
        let gain = |place: &usize| {
            let n = given[*place] as f64;
            let urgent = if given[*place] < floor { floor as f64 - n } else { 0.0 };
            (urgent, weights[*place].powi(2) / (n * (n + 1.0)).max(0.5))
        };
        let open = (0..sizes.len()).filter(|place| given[*place] < sizes[*place]);
        // the first of equals, so that the order of the strata decides
        let best = open.reduce(|a, b| if gain(&b) > gain(&a) { b } else { a });
        given[best.unwrap_or(0)] += 1;
    }
    given
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn neyman_by_hand() {
        // weights 1 : 3, no limit: a quarter and three quarters
        assert_eq!(apportion(&[999, 999], &[1.0, 3.0], 1, 40), [10, 30]);
        // the same with a floor of 15, and where the second has 20 pixels only
        assert_eq!(apportion(&[999, 999], &[1.0, 3.0], 15, 40), [15, 25]);
        assert_eq!(apportion(&[999, 20], &[1.0, 3.0], 1, 40), [20, 20]);
        // fewer points than the floors ask for: spread evenly
        assert_eq!(apportion(&[9, 9, 9], &[1.0, 50.0, 1.0], 4, 7), [2, 3, 2]);
        // an empty stratum gets none
        assert_eq!(apportion(&[9, 0], &[1.0, 0.0], 4, 7), [7, 0]);
    }

    #[test]
    fn checks_only_where_something_is_known() {
        let strata = Strata::new(0.5, &[]).unwrap();
        let mut all = strata.no_pixels();
        (all.pixels[0], all.pixels[1]) = (9000, 1000);
        (all.probability_sum[0], all.probability_sum[1]) = (90.0, 900.0);
        let none_known = PointBudget::default().allocate(&strata, &all);
        assert_eq!(none_known.iter().sum::<u64>(), 300);
        assert_eq!(none_known[2..], [0; 4]);
        (all.pixels[2], all.pixels[5]) = (4, 500);
        let some_known = PointBudget::default().allocate(&strata, &all);
        assert_eq!(some_known[2..], [4, 0, 0, 16]);
        assert_eq!(some_known.iter().sum::<u64>(), 300);
        // the stratum of misses is nine times as large and its pixels weigh less: by hand,
        // 9000·√(.0198·.9802)·.8 : 1000·√(.892·.108)·1.2 = 1003 : 372
        let ratio = some_known[0] as f64 / some_known[1] as f64;
        assert!((ratio - 1003.0 / 372.0).abs() < 0.05, "{ratio}");
    }

    proptest! {
        #[test]
        fn all_points_are_given_within_the_sizes(
            sizes in prop::collection::vec(0_u64..60, 10), sums in prop::collection::vec(0.0..60.0, 10),
            points in 0_usize..400, checks in 0_usize..40,
        ) {
            let strata = Strata::around(0.5).unwrap();
            let all = StratumCounts { pixels: sizes.clone(), probability_sum: sums };
            let given = PointBudget { points, checks }.allocate(&strata, &all);
            prop_assert!(given.iter().zip(&sizes).all(|(n, size)| n <= size));
            let unknown: u64 = sizes[..6].iter().sum();
            let checked: u64 = given[6..].iter().sum();
            prop_assert!(checked as usize <= checks);
            prop_assert_eq!(given[..6].iter().sum::<u64>(), unknown.min(points as u64 - checked));
        }
    }
}
