//! What several loops together say: at the same cost of painting, which way is better?

use std::collections::BTreeMap;

use serde::Serialize;

use super::Arm;
use super::budget_curve::{Advantage, BudgetCurve, common_range};
use super::simulation::RoundScore;

/// Budgets at which scores are compared.
const BUDGETS: usize = 3;

/// Loops, by arm and seed.
pub struct Study {
    curves: BTreeMap<Arm, BTreeMap<u64, BudgetCurve>>,
    range: Option<(f64, f64)>,
}

/// Two arms over the seeds that both have.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The arm.
    pub arm: Arm,
    /// What it is compared with.
    pub against: Arm,
    /// Differences of the mean Dice over all costs that every loop covers: of the areas under the curves, over their width.
    pub area: Advantage,
    /// Differences of the Dice at single costs, in seconds.
    pub budgets: Vec<(f64, Advantage)>,
}

impl Study {
    /// From the scores of all rounds. A mean Dice that does not exist counts as 0.
    pub fn new(rounds: &[RoundScore]) -> Self {
        let mut points: BTreeMap<Arm, BTreeMap<u64, Vec<(f64, f64)>>> = BTreeMap::new();
        for round in rounds {
            let point = (round.seconds, round.mean.unwrap_or_default());
            points.entry(round.arm).or_default().entry(round.seed).or_default().push(point);
        }
        let curve = |(seed, points)| (seed, BudgetCurve::new(points));
        let of_arm =
            |(arm, seeds): (_, BTreeMap<_, _>)| (arm, seeds.into_iter().map(curve).collect());
        let curves: BTreeMap<Arm, BTreeMap<u64, BudgetCurve>> =
            points.into_iter().map(of_arm).collect();
        let range = common_range(curves.values().flat_map(BTreeMap::values));
        Self { curves, range }
    }

    /// The costs that all loops cover, in seconds.
    pub fn range(&self) -> Option<(f64, f64)> {
        self.range
    }

    /// The arms, in order.
    pub fn arms(&self) -> impl Iterator<Item = Arm> + '_ {
        self.curves.keys().copied()
    }

    /// The mean Dice over the range, of each seed.
    pub fn areas(&self, arm: Arm) -> Vec<f64> {
        let Some((from, to)) = self.range else { return Vec::new() };
        self.seeds(arm).filter_map(|(_, curve)| curve.mean_between(from, to)).collect()
    }

    /// The costs at which scores are compared, in seconds: a third of the range apart, the last at its end.
    pub fn budgets(&self) -> Vec<f64> {
        let at = |(from, to): (f64, f64), n: usize| from + (to - from) * n as f64 / BUDGETS as f64;
        self.range.map_or_else(Vec::new, |range| (1..=BUDGETS).map(|n| at(range, n)).collect())
    }

    /// Every arm against those it is to be judged by.
    pub fn comparisons(&self) -> Vec<Comparison> {
        let judges = |arm: Arm| self.arms().filter(move |other| arm.is_judged_by(*other));
        let pairs = self.arms().flat_map(|arm| judges(arm).map(move |other| (arm, other)));
        pairs.filter_map(|(arm, against)| self.compare(arm, against)).collect()
    }

    fn compare(&self, arm: Arm, against: Arm) -> Option<Comparison> {
        let (from, to) = self.range?;
        let area = self.advantage(arm, against, |curve| curve.mean_between(from, to))?;
        let at = |cost: f64| Some((cost, self.advantage(arm, against, |curve| curve.at(cost))?));
        let budgets = self.budgets().into_iter().filter_map(at).collect();
        Some(Comparison { arm, against, area, budgets })
    }

    fn advantage(
        &self,
        arm: Arm,
        against: Arm,
        score: impl Fn(&BudgetCurve) -> Option<f64>,
    ) -> Option<Advantage> {
        let others = self.curves.get(&against)?;
        let pair = |(seed, curve)| Some((score(curve)?, score(others.get(&seed)?)?));
        let pairs: Vec<_> = self.seeds(arm).filter_map(pair).collect();
        Advantage::over(&pairs)
    }

    fn seeds(&self, arm: Arm) -> impl Iterator<Item = (u64, &BudgetCurve)> {
        self.curves.get(&arm).into_iter().flatten().map(|(seed, curve)| (*seed, curve))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::active::Query;
    use crate::active::cost::Work;

    fn round(query: Query, seed: u64, seconds: f64, mean: Option<f64>) -> RoundScore {
        RoundScore {
            arm: Arm::usual(query),
            seed,
            round: 1,
            windows: 1,
            work: Work::default(),
            seconds,
            steps: 0,
            painted: 0.0,
            dice: BTreeMap::new(),
            mean,
        }
    }

    #[test]
    fn arms_are_compared_at_the_same_cost() {
        let mut rounds = Vec::new();
        for (seed, luck) in [(0, 0.0), (1, 0.05), (2, 0.1)] {
            // entropy costs more a round, and is better by .1 at the same cost, but for a little
            for (seconds, dice) in [(100.0, 0.3), (200.0, 0.4), (300.0, 0.5)] {
                rounds.push(round(Query::Random, seed, seconds, Some(dice + luck)));
            }
            for (seconds, dice) in [(150.0, 0.45), (300.0, 0.6)] {
                let dice = dice + luck + 0.001 * seed as f64;
                rounds.push(round(Query::Entropy, seed, seconds, Some(dice)));
            }
        }
        let study = Study::new(&rounds);
        assert_eq!(study.range(), Some((150.0, 300.0)));
        assert_eq!(study.budgets(), [200.0, 250.0, 300.0]);
        let comparisons = study.comparisons();
        assert_eq!(comparisons.len(), 1);
        let Comparison { arm, against, area, budgets } = &comparisons[0];
        assert_eq!((arm.query, against.query), (Query::Entropy, Query::Random));
        assert!((area.mean - 0.101).abs() < 1e-9 && area.pairs == 3 && area.is_won(), "{area:?}");
        assert_eq!(budgets.len(), 3);
        assert!(budgets.iter().all(|(_, advantage)| (advantage.mean - 0.101).abs() < 1e-9));
        assert_eq!(study.areas(Arm::usual(Query::Random)).len(), 3);
    }

    #[test]
    fn a_dice_that_does_not_exist_counts_as_nothing_found() {
        let rounds =
            [round(Query::Random, 0, 10.0, None), round(Query::Random, 0, 20.0, Some(0.5))];
        let study = Study::new(&rounds);
        assert_eq!(study.areas(Arm::usual(Query::Random)), [0.25]);
        assert!(study.comparisons().is_empty());
        assert!(Study::new(&[]).range().is_none() && Study::new(&[]).budgets().is_empty());
    }
}
