//! Student's t: how sure the mean of a few values is.

use crate::aggregate::{mean, sample_sd};
use crate::bootstrap::Interval;

/// The interval of the mean of a few values, such as paired differences over seeds, with Student's t; its level is
/// between 0 and 1. `None` for fewer than two values.
///
/// > mean ± t s / √n, with n − 1 degrees of freedom
pub fn mean_interval(values: &[f64], level: f64) -> Option<Interval> {
    let (mean, sd) = (mean(values)?, sample_sd(values)?);
    let half = t_quantile(level, values.len() - 1) * sd / (values.len() as f64).sqrt();
    Some(Interval { lo: mean - half, hi: mean + half })
}

/// The quantile of Student's t between whose negative and itself lies the share `level`. One and two degrees of freedom
/// have closed forms, and the series is poor there.
fn t_quantile(level: f64, freedom: usize) -> f64 {
    match freedom {
        1 => (std::f64::consts::FRAC_PI_2 * level).tan(),
        2 => level * (2.0 / (1.0 - level * level)).sqrt(),
        _ => student_quantile(normal_quantile(0.5 + level / 2.0), freedom as f64),
    }
}

/// Quantile of the normal distribution above the median, to .0005 (Abramowitz and Stegun 26.2.23).
pub(crate) fn normal_quantile(share: f64) -> f64 {
    let t = (-2.0 * (1.0 - share).ln()).sqrt();
    let numerator = 2.515_517 + t * (0.802_853 + t * 0.010_328);
    t - numerator / (1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308)))
}

/// The quantile of Student's t that belongs to the normal quantile `z` (Abramowitz and Stegun 26.7.5).
pub(crate) fn student_quantile(z: f64, freedom: f64) -> f64 {
    let z2 = z * z;
    let terms = [
        (z2 + 1.0) / 4.0,
        (z2 * (5.0 * z2 + 16.0) + 3.0) / 96.0,
        (z2 * (z2 * (3.0 * z2 + 19.0) + 17.0) - 15.0) / 384.0,
    ];
    let series = terms.iter().rev().fold(0.0, |rest, term| (rest + term) / freedom);
    z * (1.0 + series)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_the_tables() {
        for (share, z) in [(0.975, 1.959_964), (0.95, 1.644_854), (0.995, 2.575_829)] {
            assert!((normal_quantile(share) - z).abs() < 6e-4);
        }
        // 97.5 % quantiles of Student's t
        for (freedom, t) in [(4.0, 2.776), (7.0, 2.365), (19.0, 2.093), (99.0, 1.984)] {
            assert!((student_quantile(1.959_964, freedom) - t).abs() < 0.01, "{freedom}");
        }
    }

    #[test]
    fn the_interval_has_the_quantile_of_the_tables() {
        // with t = 2.776445 for 4 degrees of freedom and 2.364624 for 7
        let table: [(&[f64], f64, f64); 2] = [
            (&[0.01, 0.03, -0.02, 0.05, 0.04], -0.012_455, 0.056_455),
            (&[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0], -5.133, 68.883),
        ];
        for (values, lo, hi) in table {
            let found = mean_interval(values, 0.95).unwrap();
            let tolerance = 0.003 * (hi - lo);
            assert!(
                (found.lo - lo).abs() < tolerance && (found.hi - hi).abs() < tolerance,
                "{found:?}"
            );
        }
        assert_eq!(mean_interval(&[1.0], 0.95), None);
        for (freedom, t) in [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776)] {
            assert!((t_quantile(0.95, freedom) / t - 1.0).abs() < 0.01, "{freedom}");
        }
    }
}
