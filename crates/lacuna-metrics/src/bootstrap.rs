//! How sure a mean is: the percentile bootstrap over groups (patients).

use crate::aggregate::{mean, percentile};
use crate::error::{MetricError, check_length};
use crate::random::below;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Names the random stream, so that one seed serves many purposes without any two sharing numbers.
const STREAM: u64 = u64::from_le_bytes(*b"bootstrp");

/// How the bootstrap is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BootstrapSettings {
    /// Number of resamples.
    pub resamples: usize,
    /// Coverage of the interval, between 0 and 1.
    pub level: f64,
    /// Seed of the generator.
    pub seed: u64,
}

impl Default for BootstrapSettings {
    /// 2000 resamples, 95 %, seed 0.
    fn default() -> Self {
        Self { resamples: 2000, level: 0.95, seed: 0 }
    }
}

impl BootstrapSettings {
    pub(crate) fn check(&self) -> Result<(), MetricError> {
        if !(self.level > 0.0 && self.level < 1.0) {
            return Err(MetricError::Parameter {
                what: "the confidence level",
                expected: "between 0 and 1",
                got: self.level,
            });
        }
        if self.resamples == 0 {
            return Err(MetricError::Parameter {
                what: "the number of resamples",
                expected: "at least 1",
                got: 0.0,
            });
        }
        Ok(())
    }
}

/// A confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    pub lo: f64,
    /// Upper end.
    pub hi: f64,
}

/// A mean over cases with its bootstrap interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BootstrapMean {
    /// The mean over cases.
    pub mean: f64,
    /// The percentile interval; `None` under two groups.
    pub interval: Option<Interval>,
    /// Coverage of the interval.
    pub level: f64,
    /// Number of cases.
    pub n_cases: usize,
    /// Number of groups resampled.
    pub n_groups: usize,
    /// Whether group ids were given. If not, every case was taken as its own group, and a report must
    /// say "not grouped by patient": pictures of one patient are alike, so the interval is too narrow.
    pub grouped: bool,
}

/// The mean of per-case `values` and its percentile bootstrap interval.
///
/// Whole groups are drawn with replacement, as many as there are; the statistic is the mean over the
/// cases of the drawn groups, i.e. of the number reported. The ends are percentiles with linear
/// interpolation. `groups` has one id per case; `None` takes every case as its own group. `None` over
/// no values: leave undefined scores out first.
///
/// Same values, groups and settings give the same bits.
pub fn bootstrap_mean<G: Ord>(
    values: &[f64],
    groups: Option<&[G]>,
    settings: &BootstrapSettings,
) -> Result<Option<BootstrapMean>, MetricError> {
    check(values, groups, settings)?;
    let Some(mean) = mean(values) else {
        return Ok(None);
    };
    let totals = group_totals(values, groups);
    Ok(Some(BootstrapMean {
        mean,
        interval: interval(&totals, settings),
        level: settings.level,
        n_cases: values.len(),
        n_groups: totals.len(),
        grouped: groups.is_some(),
    }))
}

fn check<G>(
    values: &[f64],
    groups: Option<&[G]>,
    settings: &BootstrapSettings,
) -> Result<(), MetricError> {
    let n_ids = groups.map_or(values.len(), <[G]>::len);
    check_length("the list of group ids", n_ids, values.len())?;
    if let Some(index) = values.iter().position(|value| !value.is_finite()) {
        let value = values[index];
        return Err(MetricError::NotFinite { index, value });
    }
    settings.check()
}

/// Sum and number of the values of each group, in the order of the ids.
fn group_totals<G: Ord>(values: &[f64], groups: Option<&[G]>) -> Vec<(f64, usize)> {
    let Some(groups) = groups else {
        return values.iter().map(|value| (*value, 1)).collect();
    };
    let mut totals = BTreeMap::new();
    for (value, group) in values.iter().zip(groups) {
        let total = totals.entry(group).or_insert((0.0, 0));
        total.0 += value;
        total.1 += 1;
    }
    totals.into_values().collect()
}

fn interval(totals: &[(f64, usize)], settings: &BootstrapSettings) -> Option<Interval> {
    if totals.len() < 2 {
        return None;
    }
    let mut rng = ChaCha8Rng::seed_from_u64(settings.seed);
    rng.set_stream(STREAM);
    let mut means: Vec<f64> =
        (0..settings.resamples).map(|_| resampled_mean(totals, &mut rng)).collect();
    means.sort_by(f64::total_cmp);
    let tail = (1.0 - settings.level) / 2.0;
    Some(Interval { lo: percentile(&means, tail)?, hi: percentile(&means, 1.0 - tail)? })
}

fn resampled_mean(totals: &[(f64, usize)], rng: &mut ChaCha8Rng) -> f64 {
    let (mut sum, mut cases) = (0.0, 0);
    for _ in 0..totals.len() {
        let (group_sum, group_cases) = totals[below(rng, totals.len() as u64) as usize];
        sum += group_sum;
        cases += group_cases;
    }
    sum / cases as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: BootstrapSettings = BootstrapSettings { resamples: 2000, level: 0.95, seed: 7 };

    #[test]
    fn under_two_groups_there_is_no_interval() {
        let one = bootstrap_mean(&[0.2, 0.4], Some(&["p", "p"]), &SETTINGS).unwrap();
        let one = one.unwrap();
        assert_eq!((one.interval, one.n_groups, one.n_cases), (None, 1, 2));
        assert!(one.grouped && (one.mean - 0.3).abs() < 1e-15);
        assert_eq!(bootstrap_mean::<u8>(&[], None, &SETTINGS), Ok(None));
    }

    #[test]
    fn wrong_input_is_refused() {
        assert!(bootstrap_mean(&[0.2], Some(&[1, 2]), &SETTINGS).is_err());
        assert!(bootstrap_mean::<u8>(&[f64::NAN], None, &SETTINGS).is_err());
        let none = BootstrapSettings { resamples: 0, ..SETTINGS };
        let all = BootstrapSettings { level: 1.0, ..SETTINGS };
        for wrong in [none, all] {
            assert!(bootstrap_mean::<u8>(&[0.2, 0.3], None, &wrong).is_err());
        }
    }

    #[test]
    fn the_order_of_cases_and_names_of_groups_do_not_matter() {
        let a = bootstrap_mean(&[0.25, 0.5, 0.75], Some(&["a", "b", "a"]), &SETTINGS);
        let b = bootstrap_mean(&[0.75, 0.25, 0.5], Some(&["x", "x", "y"]), &SETTINGS);
        assert_eq!(a, b);
    }

    #[test]
    fn cases_of_one_patient_do_not_count_as_independent() {
        // ten patients with ten equal pictures each
        let values: Vec<f64> = (0..100).map(|case| f64::from(case / 10) / 10.0).collect();
        let patients: Vec<u32> = (0..100).map(|case| case / 10).collect();
        let width = |result: BootstrapMean| {
            let interval = result.interval.unwrap();
            interval.hi - interval.lo
        };
        let grouped = bootstrap_mean(&values, Some(&patients), &SETTINGS).unwrap().unwrap();
        let naive = bootstrap_mean::<u8>(&values, None, &SETTINGS).unwrap().unwrap();
        assert!(!naive.grouped && naive.n_groups == 100 && grouped.n_groups == 10);
        // the standard error grows by √10
        assert!((width(grouped) / width(naive) - 10.0_f64.sqrt()).abs() < 0.3);
    }
}
