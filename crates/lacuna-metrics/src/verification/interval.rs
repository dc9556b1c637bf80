//! Intervals by Monte Carlo: what the answers leave open in each band, carried to the scores.

use super::survey::Survey;
use super::table::{Band, Outcome, Range, Scores, Table};
use crate::aggregate::percentile;
use crate::bootstrap::{BootstrapSettings, Interval};
use crate::random::{exponential, gamma, stream};
use crate::student::{normal_quantile, student_quantile};
use rand_chacha::ChaCha8Rng;

const STREAM: [u8; 8] = *b"verify-i";

/// Groups that a group bootstrap needs. With fewer, nearly nothing is known of their spread: to make up
/// for that, most resamples of four groups would have to be of one of them alone.
pub const MIN_GROUPS: usize = 5;

/// What a score is in a resample that leaves it undefined. Dice: nothing is predicted, so it is 0 if
/// the class is there. Precision: nothing is known. Recall: at the low end there are no misses, so it
/// is 1 if the class is there; at the high end nothing is found, so it is 0.
const UNDEFINED_LOW: [f64; 3] = [0.0, 0.0, 1.0];
const UNDEFINED_HIGH: [f64; 3] = [0.0, 1.0, 0.0];

/// The random numbers of one kind of interval.
pub(super) fn stream_of(seed: u64, kind: u64) -> ChaCha8Rng {
    stream(seed, STREAM, [kind, 0])
}

pub(super) type Intervals = [Option<Interval>; 3];

/// Whether the truth of the unsure is taken as like the others' or as anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unsure {
    LeftOut,
    Anything,
}

/// Intervals for the pictures as they are: only which points were drawn is random.
pub(super) fn of_pictures(
    survey: &Survey,
    settings: &BootstrapSettings,
    unsure: Unsure,
) -> Intervals {
    let table = survey.table();
    // one stream for both readings of the unsure: without any, both give the same interval
    let mut rng = stream_of(settings.seed, 0);
    let outcomes = (0..settings.resamples).map(|_| {
        table.outcome(|band| {
            let band = band.with(unsure);
            // what was answered is not open any more
            let answered = band.yes + band.no + band.unsure;
            let left = band.pixels - answered;
            let share = open_share(&band, left / band.pixels, &mut rng);
            Range {
                low: band.yes + left * share.low,
                high: band.yes + band.unsure + left * share.high,
            }
        })
    });
    percentiles(&table, outcomes, settings)
}

/// Intervals for other groups: which groups were met is random too.
pub(super) fn of_groups(survey: &Survey, settings: &BootstrapSettings) -> Intervals {
    let n_groups = survey.groups.len();
    if n_groups < MIN_GROUPS {
        return [None; 3];
    }
    let shape = dispersion(n_groups, settings.level);
    let mut rng = stream_of(settings.seed, 1);
    let outcomes = (0..settings.resamples).map(|_| {
        let weights = group_weights(n_groups, shape, &mut rng);
        survey.weighted_table(&weights).outcome(|band| {
            let band = band.with(Unsure::LeftOut);
            let share = phantom_share(band.yes, band.no, 0.0, exponential(&mut rng));
            Range { low: band.pixels * share.low, high: band.pixels * share.high }
        })
    });
    percentiles(&survey.table(), outcomes, settings)
}

impl Band {
    pub(super) fn with(&self, unsure: Unsure) -> Self {
        match unsure {
            Unsure::LeftOut => Self { unsure: 0.0, ..*self },
            Unsure::Anything => *self,
        }
    }

    fn positives_possible(&self) -> Range {
        Range { low: self.yes, high: self.pixels - self.no }
    }
}

/// The share of positives that the answers of a band leave open: a draw from its lower and from its
/// upper confidence distribution.
///
/// Every answered point gets an exponential weight, and so does a phantom point that is a no at the
/// low end and a yes at the high end. That makes the ends Beta(y, n + 1) and Beta(y + 1, n), whose
/// percentiles are the Clopper–Pearson limits. Weighing only the `left` share of each answer takes
/// the finite population into account: with this, y + left · N · share has the hypergeometric variance.
pub(super) fn open_share(band: &Band, left: f64, rng: &mut ChaCha8Rng) -> Range {
    if left <= 0.0 || band.pixels <= 0.0 {
        return Range::default();
    }
    let mut weigh = |answers: f64| gamma(rng, answers * left);
    let (yes, no, unsure) = (weigh(band.yes), weigh(band.no), weigh(band.unsure));
    phantom_share(yes, no, unsure, exponential(rng))
}

fn phantom_share(yes: f64, no: f64, unsure: f64, phantom: f64) -> Range {
    let all = yes + no + unsure + phantom;
    Range { low: yes / all, high: (yes + unsure + phantom) / all }
}

/// Weights of the groups in one resample, with mean 1.
fn group_weights(n_groups: usize, shape: f64, rng: &mut ChaCha8Rng) -> Vec<f64> {
    let mut weights: Vec<f64> = (0..n_groups).map(|_| gamma(rng, shape)).collect();
    let total: f64 = weights.iter().sum();
    for weight in &mut weights {
        *weight *= n_groups as f64 / total;
    }
    weights
}

/// The shape α of the gamma weights of G groups.
///
/// A mean with Dirichlet(α, …, α) weights (α = 1: Rubin's Bayesian bootstrap) varies by s² / (Gα + 1),
/// where s² has the denominator G. Setting that to the squared standard error s² / (G − 1), times
/// (t / z)² because s is itself an estimate from G groups, gives α = ((G − 1) (z / t)² − 1) / G.
fn dispersion(n_groups: usize, level: f64) -> f64 {
    let freedom = n_groups as f64 - 1.0;
    let z = normal_quantile(0.5 + level / 2.0);
    let ratio = z / student_quantile(z, freedom);
    // wide levels at few groups: no wider than one group at a time can make it
    ((freedom * ratio * ratio - 1.0) / n_groups as f64).max(0.05)
}

/// For each score, the lower percentile of its low ends and the upper one of its high ends.
fn percentiles(
    table: &Table,
    outcomes: impl Iterator<Item = Outcome>,
    settings: &BootstrapSettings,
) -> Intervals {
    let possible = table.outcome(Band::positives_possible).may_be_defined();
    let (lows, highs): (Vec<Scores>, Vec<Scores>) =
        outcomes.map(|outcome| (outcome.lowest(), outcome.highest())).unzip();
    let tail = (1.0 - settings.level) / 2.0;
    let end = |draws: &[Scores], score: usize, undefined: [f64; 3], share: f64| {
        let value = |draw: &Scores| draw[score].unwrap_or(undefined[score]);
        let mut values: Vec<f64> = draws.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        percentile(&values, share)
    };
    std::array::from_fn(|score| {
        let lo = end(&lows, score, UNDEFINED_LOW, tail)?;
        let hi = end(&highs, score, UNDEFINED_HIGH, 1.0 - tail)?;
        possible[score].then_some(Interval { lo, hi })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn group_weights_vary_as_the_standard_error_of_few_groups() {
        let (n, values) = (8, [0.0, 0.1, 0.4, 0.5, 0.5, 0.6, 0.9, 1.0]);
        let mut rng = stream(3, STREAM, [1, 0]);
        let shape = dispersion(n, 0.95);
        let means: Vec<f64> = (0..20_000)
            .map(|_| {
                let weights = group_weights(n, shape, &mut rng);
                weights.iter().zip(values).map(|(w, v)| w * v).sum::<f64>() / n as f64
            })
            .collect();
        let sd = crate::sample_sd(&means).unwrap();
        let error = crate::sample_sd(&values).unwrap() / (n as f64).sqrt();
        assert!((sd / error - 2.365 / 1.96).abs() < 0.03, "{}", sd / error);
    }

    #[test]
    fn an_answered_band_is_not_open_and_an_unanswered_one_is_wholly() {
        let mut rng = stream(3, STREAM, [0, 0]);
        let band = Band { predicted: true, pixels: 4.0, yes: 3.0, no: 1.0, unsure: 0.0 };
        assert_eq!(open_share(&band, 0.0, &mut rng), Range::default());
        let silent = Band { yes: 0.0, no: 0.0, ..band };
        let everything = Range { low: 0.0, high: 1.0 };
        assert_eq!(open_share(&silent, 1.0, &mut rng), everything);
        let cannot_tell = Band { unsure: 3.0, ..silent };
        assert_eq!(open_share(&cannot_tell, 0.25, &mut rng), everything);
    }
}
