//! How high the scores of one way of training are, with an interval that stands beside those of comparisons.

use serde::{Deserialize, Serialize};

use super::paired::{PairedScore, Table, check, ends};
use crate::bootstrap::{BootstrapSettings, Interval};
use crate::error::MetricError;

/// What a way of training scored on a picture in a repetition.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score<G> {
    /// The group of the picture.
    pub group: G,
    /// The repetition.
    pub repetition: u64,
    /// The score.
    pub value: f64,
}

/// Mean over groups of each group's mean score.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GroupedMean {
    /// The mean.
    pub mean: f64,
    /// Percentile interval; `None` under two groups.
    pub interval: Option<Interval>,
    /// Coverage of the interval.
    pub level: f64,
    /// Groups with a score.
    pub n_groups: usize,
    /// Repetitions with a score.
    pub n_repetitions: usize,
}

/// The mean of scores, resampled as [`compare`](super::compare) does: groups, then repetitions. `None` without scores.
///
/// # Errors
/// If a score is not finite, or the settings are impossible.
pub fn mean_over_groups<G: Ord + Copy>(
    scores: &[Score<G>],
    settings: &BootstrapSettings,
) -> Result<Option<GroupedMean>, MetricError> {
    // a score is its difference to nothing: the same draws as in a comparison
    let paired: Vec<_> = scores
        .iter()
        .map(|score| PairedScore {
            group: score.group,
            repetition: score.repetition,
            baseline: 0.0,
            treatment: score.value,
        })
        .collect();
    check(&paired, settings)?;
    let table = Table::new(&paired);
    let Some(all) = table.overall() else { return Ok(None) };
    let resamples = table.resamples(settings);
    Ok(Some(GroupedMean {
        mean: all.difference(),
        interval: ends(resamples.iter().map(|pair| Some(pair.difference())), settings.level),
        level: settings.level,
        n_groups: table.groups.len(),
        n_repetitions: table.repetitions,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: BootstrapSettings = BootstrapSettings { resamples: 2000, level: 0.95, seed: 7 };

    fn score(group: u32, repetition: u64, value: f64) -> Score<u32> {
        Score { group, repetition, value }
    }

    #[test]
    fn a_group_weighs_the_same_however_often_it_was_scored() {
        // group 0: pictures .2 and .4 in repetition 0, .7 in repetition 1, so (.3 + .7) / 2; group 1: .9
        let scores = [score(0, 0, 0.2), score(0, 0, 0.4), score(0, 1, 0.7), score(1, 0, 0.9)];
        let mean = mean_over_groups(&scores, &SETTINGS).unwrap().unwrap();
        assert!((mean.mean - 0.7).abs() < 1e-12, "{mean:?}");
        assert_eq!((mean.n_groups, mean.n_repetitions), (2, 2));
        // at worst group 0 twice, in repetition 0 alone; at best group 1 twice
        let interval = mean.interval.unwrap();
        assert!((interval.lo - 0.3).abs() < 1e-12 && (interval.hi - 0.9).abs() < 1e-12);
    }

    #[test]
    fn without_two_groups_there_is_no_interval() {
        assert_eq!(mean_over_groups::<u32>(&[], &SETTINGS), Ok(None));
        let one = mean_over_groups(&[score(3, 0, 0.5)], &SETTINGS).unwrap().unwrap();
        assert_eq!((one.mean, one.interval), (0.5, None));
        assert!(mean_over_groups(&[score(3, 0, f64::NAN)], &SETTINGS).is_err());
    }
}
