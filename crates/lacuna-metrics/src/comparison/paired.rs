//! Differences of paired scores with an interval.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::wilcoxon_signed_rank;
use crate::aggregate::{mean, percentile};
use crate::bootstrap::{BootstrapSettings, Interval};
use crate::error::MetricError;
use crate::random::{below, stream};

/// With fewer groups there is no p-value: a test over so few could not tell anything.
pub const FEWEST_GROUPS_FOR_P: usize = 10;

/// What two ways of training scored on the same picture in the same repetition.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairedScore<G> {
    /// The group of the picture.
    pub group: G,
    /// The repetition: both were trained with its seed on its split.
    pub repetition: u64,
    /// Score of the baseline.
    pub baseline: f64,
    /// Score of what is compared with it.
    pub treatment: f64,
}

/// How much better the treatment is: mean over groups of each group's mean difference.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PairedDifference {
    /// Treatment minus baseline.
    pub mean: f64,
    /// Percentile interval; `None` under two groups.
    pub interval: Option<Interval>,
    /// Treatment by baseline: the ratio of the two means over groups.
    pub ratio: PairedRatio,
    /// Coverage of the intervals.
    pub level: f64,
    /// Groups with a score of both.
    pub n_groups: usize,
    /// Repetitions with a score of both.
    pub n_repetitions: usize,
    /// Of the signed-rank test over groups; `None` under [`FEWEST_GROUPS_FOR_P`] groups.
    pub p_value: Option<f64>,
}

/// How many times as good the treatment is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PairedRatio {
    /// The ratio; `None` where the baseline scores 0.
    pub value: Option<f64>,
    /// Percentile interval over the same resamples; `None` where it does not exist in all of them.
    pub interval: Option<Interval>,
}

/// Compares paired scores. `None` without scores.
///
/// Each group's scores are averaged over its pictures within a repetition, then over repetitions. The bootstrap draws
/// groups with replacement, then repetitions with replacement: one draw of repetitions serves all groups, because a
/// repetition's luck (its seed) is shared by all. A group that was scored in none of the drawn repetitions counts with
/// its mean over all of its own.
///
/// # Errors
/// If a score is not finite, or the settings are impossible.
pub fn compare<G: Ord + Copy>(
    scores: &[PairedScore<G>],
    settings: &BootstrapSettings,
) -> Result<Option<PairedDifference>, MetricError> {
    check(scores, settings)?;
    let table = Table::new(scores);
    let Some(all) = table.overall() else {
        return Ok(None);
    };
    let differences: Vec<f64> =
        table.groups.iter().map(|group| group.overall().difference()).collect();
    let enough = differences.len() >= FEWEST_GROUPS_FOR_P;
    let resamples = table.resamples(settings);
    Ok(Some(PairedDifference {
        mean: all.difference(),
        interval: ends(resamples.iter().map(|pair| Some(pair.difference())), settings.level),
        ratio: PairedRatio {
            value: all.ratio(),
            interval: ends(resamples.iter().map(Pair::ratio), settings.level),
        },
        level: settings.level,
        n_groups: differences.len(),
        n_repetitions: table.repetitions,
        p_value: enough.then(|| wilcoxon_signed_rank(&differences)).flatten(),
    }))
}

/// Whether the settings are possible and all scores finite.
pub(super) fn check<G>(
    scores: &[PairedScore<G>],
    settings: &BootstrapSettings,
) -> Result<(), MetricError> {
    settings.check()?;
    for (index, score) in scores.iter().enumerate() {
        if let Some(value) = [score.baseline, score.treatment].into_iter().find(|v| !v.is_finite())
        {
            return Err(MetricError::NotFinite { index, value });
        }
    }
    Ok(())
}

/// Scores of both.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    baseline: f64,
    treatment: f64,
}

impl Pair {
    pub(super) fn difference(&self) -> f64 {
        self.treatment - self.baseline
    }

    fn ratio(&self) -> Option<f64> {
        (self.baseline > 0.0).then(|| self.treatment / self.baseline)
    }

    fn mean(pairs: &[Self]) -> Option<Self> {
        let part = |of: fn(&Self) -> f64| mean(&pairs.iter().map(of).collect::<Vec<_>>());
        Some(Self {
            baseline: part(|pair| pair.baseline)?,
            treatment: part(|pair| pair.treatment)?,
        })
    }
}

/// A group's mean over pictures, by index of the repetition.
pub(super) struct Group(Vec<(usize, Pair)>);

impl Group {
    fn overall(&self) -> Pair {
        let pairs: Vec<Pair> = self.0.iter().map(|(_, pair)| *pair).collect();
        Pair::mean(&pairs).unwrap_or(Pair { baseline: 0.0, treatment: 0.0 })
    }

    /// Its mean over repetitions, each as often as drawn.
    fn weighted(&self, times: &[u32]) -> Pair {
        let (mut baseline, mut treatment, mut total) = (0.0, 0.0, 0.0);
        for (repetition, pair) in &self.0 {
            let weight = f64::from(times[*repetition]);
            baseline += weight * pair.baseline;
            treatment += weight * pair.treatment;
            total += weight;
        }
        if total == 0.0 {
            return self.overall();
        }
        Pair { baseline: baseline / total, treatment: treatment / total }
    }
}

/// Scores by group and repetition.
pub(super) struct Table {
    pub(super) groups: Vec<Group>,
    pub(super) repetitions: usize,
}

impl Table {
    pub(super) fn new<G: Ord + Copy>(scores: &[PairedScore<G>]) -> Self {
        let mut cells: BTreeMap<G, BTreeMap<u64, Vec<Pair>>> = BTreeMap::new();
        for PairedScore { group, repetition, baseline, treatment } in scores {
            let pair = Pair { baseline: *baseline, treatment: *treatment };
            cells.entry(*group).or_default().entry(*repetition).or_default().push(pair);
        }
        let mut known: Vec<u64> = scores.iter().map(|score| score.repetition).collect();
        known.sort_unstable();
        known.dedup();
        let index = |repetition: &u64| known.binary_search(repetition).unwrap_or_default();
        let of_group = |cells: BTreeMap<u64, Vec<Pair>>| {
            let means = cells.iter().filter_map(|(r, pairs)| Some((index(r), Pair::mean(pairs)?)));
            Group(means.collect())
        };
        Self { groups: cells.into_values().map(of_group).collect(), repetitions: known.len() }
    }

    /// The mean over all groups, every repetition once; `None` without scores.
    pub(super) fn overall(&self) -> Option<Pair> {
        self.mean(0..self.groups.len(), &vec![1; self.repetitions])
    }

    fn mean(&self, groups: impl Iterator<Item = usize>, times: &[u32]) -> Option<Pair> {
        Pair::mean(&groups.map(|group| self.groups[group].weighted(times)).collect::<Vec<_>>())
    }

    /// Nothing under two groups.
    pub(super) fn resamples(&self, settings: &BootstrapSettings) -> Vec<Pair> {
        if self.groups.len() < 2 {
            return Vec::new();
        }
        let mut chance = stream(settings.seed, *b"compared", [0, 0]);
        (0..settings.resamples).filter_map(|_| self.resample(&mut chance)).collect()
    }

    fn resample(&self, chance: &mut ChaCha8Rng) -> Option<Pair> {
        let groups = self.groups.len() as u64;
        let drawn: Vec<usize> = (0..groups).map(|_| below(chance, groups) as usize).collect();
        let mut times = vec![0; self.repetitions];
        for _ in 0..self.repetitions {
            times[below(chance, self.repetitions as u64) as usize] += 1;
        }
        self.mean(drawn.into_iter(), &times)
    }
}

/// The percentile interval; `None` if a value does not exist, or there are none.
pub(super) fn ends(values: impl Iterator<Item = Option<f64>>, level: f64) -> Option<Interval> {
    let mut values: Vec<f64> = values.collect::<Option<_>>()?;
    values.sort_by(f64::total_cmp);
    let tail = (1.0 - level) / 2.0;
    Some(Interval { lo: percentile(&values, tail)?, hi: percentile(&values, 1.0 - tail)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: BootstrapSettings = BootstrapSettings { resamples: 2000, level: 0.95, seed: 7 };

    fn score(group: u32, repetition: u64, baseline: f64, treatment: f64) -> PairedScore<u32> {
        PairedScore { group, repetition, baseline, treatment }
    }

    #[test]
    fn groups_weigh_the_same_however_many_pictures_they_have() {
        let scores = [
            score(0, 0, 0.5, 0.6),
            score(0, 0, 0.5, 0.6),
            score(0, 1, 0.5, 0.8),
            score(1, 0, 0.5, 0.4),
        ];
        let result = compare(&scores, &SETTINGS).unwrap().unwrap();
        // group 0: (.1 + .3) / 2, group 1: −.1
        assert!((result.mean - 0.05).abs() < 1e-12, "{result:?}");
        assert!((result.ratio.value.unwrap() - 0.55 / 0.5).abs() < 1e-12);
        assert_eq!((result.n_groups, result.n_repetitions, result.p_value), (2, 2, None));
        let interval = result.interval.unwrap();
        assert!(interval.lo <= -0.1 + 1e-12 && interval.hi >= 0.3 - 1e-12, "{interval:?}");
    }

    #[test]
    fn a_p_value_needs_ten_groups() {
        let scores = |groups| (0..groups).map(|g| score(g, 0, 0.5, 0.6 + 0.001 * f64::from(g)));
        let compare = |groups| {
            let scores: Vec<_> = scores(groups).collect();
            compare(&scores, &SETTINGS).unwrap().unwrap().p_value
        };
        assert_eq!(compare(9), None);
        assert_eq!(compare(10), Some(2.0 / 1024.0));
        assert!(super::compare::<u32>(&[], &SETTINGS).unwrap().is_none());
    }

    #[test]
    fn luck_that_all_groups_share_widens_the_interval() {
        // three repetitions whose difference is the same for all of twenty groups: only repetitions vary
        let scores: Vec<_> = (0..20)
            .flat_map(|group| (0..3).map(move |r| score(group, r, 0.5, 0.5 + 0.1 * r as f64)))
            .collect();
        let interval = compare(&scores, &SETTINGS).unwrap().unwrap().interval.unwrap();
        assert!(interval.lo < 0.04 && interval.hi > 0.16, "{interval:?}");
        // each group in one repetition, as in cross-validation: only groups vary
        let scores: Vec<_> =
            (0..20).map(|group| score(group, u64::from(group % 5), 0.5, 0.6)).collect();
        let interval = compare(&scores, &SETTINGS).unwrap().unwrap().interval.unwrap();
        assert!(interval.hi - interval.lo < 1e-12);
    }

    #[test]
    fn a_baseline_of_nothing_has_no_ratio() {
        let scores = [score(0, 0, 0.0, 0.6), score(1, 0, 0.0, 0.6)];
        let result = compare(&scores, &SETTINGS).unwrap().unwrap();
        assert_eq!((result.ratio.value, result.ratio.interval), (None, None));
        assert!(compare(&[score(0, 0, f64::NAN, 0.6)], &SETTINGS).is_err());
    }
}
