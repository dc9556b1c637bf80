//! Dice against the cost of painting, and which of two ways to choose what to paint is better at the same cost.

use lacuna_metrics::{Interval, mean, mean_interval};
use serde::Serialize;

/// Level of the intervals.
const LEVEL: f64 = 0.95;

/// A score against its cost, one point a round, the cost rising.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct BudgetCurve {
    points: Vec<(f64, f64)>,
}

impl BudgetCurve {
    /// From pairs of cost and score; sorts them by cost.
    pub fn new(mut points: Vec<(f64, f64)>) -> Self {
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        Self { points }
    }

    /// The costs between which it has a score.
    pub fn range(&self) -> Option<(f64, f64)> {
        Some((self.points.first()?.0, self.points.last()?.0))
    }

    /// The score for a cost, linear between two rounds; `None` outside the range.
    pub fn at(&self, cost: f64) -> Option<f64> {
        let after = self.points.iter().position(|(x, _)| *x >= cost)?;
        let (x1, y1) = self.points[after];
        let Some(before) = after.checked_sub(1) else { return (x1 == cost).then_some(y1) };
        let (x0, y0) = self.points[before];
        Some(if x1 > x0 { y0 + (y1 - y0) * (cost - x0) / (x1 - x0) } else { y1 })
    }

    /// The mean score over all costs from `from` to `to`: the area under the curve over its width. `None` unless the
    /// curve covers them and they differ.
    pub fn mean_between(&self, from: f64, to: f64) -> Option<f64> {
        let ends = [(from, self.at(from)?), (to, self.at(to)?)];
        let inner = self.points.iter().copied().filter(|(x, _)| *x > from && *x < to);
        let mut points: Vec<_> = inner.chain(ends).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let trapezium = |w: &[(f64, f64)]| (w[1].0 - w[0].0) * f64::midpoint(w[0].1, w[1].1);
        (to > from).then(|| points.windows(2).map(trapezium).sum::<f64>() / (to - from))
    }
}

/// The costs that every curve covers, if there are any.
pub fn common_range<'a>(curves: impl IntoIterator<Item = &'a BudgetCurve>) -> Option<(f64, f64)> {
    let ranges: Option<Vec<_>> = curves.into_iter().map(BudgetCurve::range).collect();
    let wider = |(from, to): (f64, f64), (first, last): (f64, f64)| (from.max(first), to.min(last));
    ranges?.into_iter().reduce(wider).filter(|(from, to)| from < to)
}

/// How much one way is better than another, over paired loops.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Advantage {
    /// Loops, each with a seed that both share.
    pub pairs: usize,
    /// The mean difference.
    pub mean: f64,
    /// Its interval, 95 %, Student's t over the pairs; `None` for one pair.
    pub interval: Option<Interval>,
}

impl Advantage {
    /// Over pairs of (this way, the other).
    pub fn over(pairs: &[(f64, f64)]) -> Option<Self> {
        let differences: Vec<f64> = pairs.iter().map(|(this, other)| this - other).collect();
        let mean = mean(&differences)?;
        Some(Self { pairs: pairs.len(), mean, interval: mean_interval(&differences, LEVEL) })
    }

    /// Whether the whole interval is above 0.
    pub fn is_won(&self) -> bool {
        self.interval.is_some_and(|interval| interval.lo > 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(points: &[(f64, f64)]) -> BudgetCurve {
        BudgetCurve::new(points.to_vec())
    }

    #[test]
    fn a_score_is_linear_between_rounds_and_unknown_outside() {
        let curve = curve(&[(20.0, 0.6), (10.0, 0.4), (40.0, 0.7)]);
        let table = [(10.0, Some(0.4)), (15.0, Some(0.5)), (30.0, Some(0.65)), (40.0, Some(0.7))];
        for (cost, expected) in table.into_iter().chain([(9.0, None), (41.0, None)]) {
            let found = curve.at(cost);
            let is_near = found.zip(expected).is_some_and(|(a, b)| (a - b).abs() < 1e-12);
            assert!(is_near || found == expected, "{cost}: {found:?}");
        }
        // (10·.5 + 20·.65) / 30 over all of it
        assert!((curve.mean_between(10.0, 40.0).unwrap() - 0.6).abs() < 1e-12);
        // (5·.55 + 10·.625) / 15
        assert!((curve.mean_between(15.0, 30.0).unwrap() - 0.6).abs() < 1e-12);
        assert_eq!(curve.mean_between(5.0, 30.0), None);
        assert_eq!(curve.mean_between(30.0, 30.0), None);
    }

    #[test]
    fn curves_are_compared_where_all_have_a_score() {
        let (a, b) = (curve(&[(10.0, 0.1), (30.0, 0.2)]), curve(&[(12.0, 0.1), (50.0, 0.2)]));
        assert_eq!(common_range([&a, &b]), Some((12.0, 30.0)));
        assert_eq!(common_range([&a, &curve(&[(31.0, 0.1)])]), None);
        assert_eq!(common_range([&a, &curve(&[])]), None);
    }

    #[test]
    fn an_advantage_is_won_where_its_interval_is_above_zero() {
        let won = Advantage::over(&[(0.7, 0.6), (0.8, 0.69), (0.75, 0.66)]).unwrap();
        assert!(won.is_won() && (won.mean - 0.1).abs() < 1e-12, "{won:?}");
        let open = Advantage::over(&[(0.7, 0.6), (0.8, 0.81), (0.75, 0.7)]).unwrap();
        assert!(!open.is_won() && open.mean > 0.0, "{open:?}");
        assert!(!Advantage::over(&[(0.7, 0.6)]).unwrap().is_won(), "one pair proves nothing");
        assert_eq!(Advantage::over(&[]), None);
    }
}
