//! From case to class to one number: means that say what they left out.

use serde::{Deserialize, Serialize};

/// What a mean does with a case whose score is undefined because reference and prediction are both
/// empty of the class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EmptyRule {
    /// The case is left out of the mean and counted (MONAI's `ignore_empty=True`). The default, and
    /// the only rule under which [`DiceBounds`](crate::DiceBounds) hold.
    #[default]
    LeaveOut,
    /// The case counts as perfect, 1 (MONAI's `ignore_empty=False`): rare classes look better than
    /// they are found.
    CountAsOne,
}

/// A mean over the defined scores, with what it stands on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct MeanOver {
    /// The mean; `None` over nothing.
    pub mean: Option<f64>,
    /// Sample standard deviation (n − 1); `None` under two scores.
    pub sd: Option<f64>,
    /// Number of scores in the mean.
    pub n: usize,
    /// Number of undefined scores left out of it.
    pub left_out: usize,
}

impl MeanOver {
    /// The mean of per-case `scores`, where `None` is an undefined score.
    pub fn of(scores: &[Option<f64>], rule: EmptyRule) -> Self {
        let defined: Vec<f64> = match rule {
            EmptyRule::LeaveOut => scores.iter().copied().flatten().collect(),
            EmptyRule::CountAsOne => scores.iter().map(|s| s.unwrap_or(1.0)).collect(),
        };
        Self {
            mean: mean(&defined),
            sd: sample_sd(&defined),
            n: defined.len(),
            left_out: scores.len() - defined.len(),
        }
    }
}

/// The mean of the class means: every class weighs the same, however many cases have it. A class
/// without any defined score is left out and counted.
pub fn foreground_mean(per_class: &[MeanOver]) -> MeanOver {
    let means: Vec<Option<f64>> = per_class.iter().map(|class| class.mean).collect();
    MeanOver::of(&means, EmptyRule::LeaveOut)
}

/// Arithmetic mean, summed in the order given; `None` over nothing.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Sample standard deviation (denominator n − 1, two passes); `None` under two values.
pub fn sample_sd(values: &[f64]) -> Option<f64> {
    let centre = mean(values).filter(|_| values.len() > 1)?;
    let squares: f64 = values.iter().map(|value| (value - centre).powi(2)).sum();
    Some((squares / (values.len() - 1) as f64).sqrt())
}

/// Percentile with linear interpolation of `sorted` values; `None` over nothing.
pub(crate) fn percentile(sorted: &[f64], share: f64) -> Option<f64> {
    let position = share * sorted.len().checked_sub(1)? as f64;
    let (below, above) = (position.floor() as usize, position.ceil() as usize);
    let (low, high) = (sorted[below], sorted[above]);
    Some(low + (high - low) * (position - below as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undefined_scores_are_left_out_and_counted() {
        let scores = [Some(0.5), None, Some(0.7)];
        let left_out = MeanOver::of(&scores, EmptyRule::LeaveOut);
        assert_eq!((left_out.n, left_out.left_out), (2, 1));
        assert!((left_out.mean.unwrap() - 0.6).abs() < 1e-15);
        let as_one = MeanOver::of(&scores, EmptyRule::CountAsOne);
        assert_eq!((as_one.n, as_one.left_out), (3, 0));
        assert!((as_one.mean.unwrap() - 2.2 / 3.0).abs() < 1e-15);
    }

    #[test]
    fn a_class_never_there_does_not_pull_the_foreground_mean() {
        let seen = MeanOver::of(&[Some(0.8), Some(0.6)], EmptyRule::LeaveOut);
        let never = MeanOver::of(&[None, None], EmptyRule::LeaveOut);
        let both = foreground_mean(&[seen, never]);
        assert_eq!((both.n, both.left_out), (1, 1));
        assert!((both.mean.unwrap() - 0.7).abs() < 1e-15);
    }

    #[test]
    fn spread_needs_two_values() {
        assert_eq!((mean(&[]), sample_sd(&[]), sample_sd(&[3.0])), (None, None, None));
        assert!((sample_sd(&[1.0, 2.0, 4.0]).unwrap() - (7.0_f64 / 3.0).sqrt()).abs() < 1e-15);
    }
}
