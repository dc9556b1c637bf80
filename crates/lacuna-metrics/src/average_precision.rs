//! Average precision of scores that fit in memory, exact in single precision.

use crate::error::{MetricError, check_length};

/// Average precision as scikit-learn's `average_precision_score`: `Σ (Rₙ − Rₙ₋₁) Pₙ` over the
/// distinct scores from the highest down; tied scores enter together. `None` without positives
/// (scikit-learn warns and gives 0). A score may be any finite number.
///
/// Over many images use [`ProbabilityHistogram`](crate::ProbabilityHistogram), whose memory does not
/// grow.
pub fn average_precision(scores: &[f32], truth: &[bool]) -> Result<Option<f64>, MetricError> {
    check_length("the reference", truth.len(), scores.len())?;
    if let Some(index) = scores.iter().position(|score| !score.is_finite()) {
        let value = f64::from(scores[index]);
        return Err(MetricError::NotFinite { index, value });
    }
    let mut ranked: Vec<(f32, bool)> = scores.iter().copied().zip(truth.iter().copied()).collect();
    ranked.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let (mut tp, mut seen, mut area) = (0, 0, 0.0);
    // −0 and 0 are one score, as for scikit-learn
    #[expect(clippy::float_cmp, reason = "ties are exact")]
    for tied in ranked.chunk_by(|a, b| a.0 == b.0) {
        let positives = tied.iter().filter(|pixel| pixel.1).count();
        tp += positives;
        seen += tied.len();
        area += positives as f64 * tp as f64 / seen as f64;
    }
    Ok((tp > 0).then(|| area / tp as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hand_counted_rankings() {
        let table: [(&[f32], &[bool], Option<f64>); 5] = [
            // the example of scikit-learn's documentation
            (&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true], Some(5.0 / 6.0)),
            // all tied: the prevalence
            (&[0.5; 4], &[true, false, false, false], Some(0.25)),
            // both zeros tie
            (&[0.0, -0.0], &[true, false], Some(0.5)),
            // no negatives
            (&[0.2, 0.1], &[true, true], Some(1.0)),
            // no positives: undefined
            (&[0.2, 0.1], &[false, false], None),
        ];
        for (scores, truth, expected) in table {
            let got = average_precision(scores, truth).unwrap();
            assert_eq!(got.is_some(), expected.is_some());
            assert!((got.unwrap_or(0.0) - expected.unwrap_or(0.0)).abs() < 1e-15);
        }
        assert!(average_precision(&[f32::NAN], &[true]).is_err());
        assert!(average_precision(&[0.5], &[]).is_err());
    }
}
