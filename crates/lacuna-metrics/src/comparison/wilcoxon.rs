//! The signed-rank test.

/// Up to this many differences the distribution is computed, not approximated.
const EXACT: usize = 50;

/// Two-sided p-value of Wilcoxon's signed-rank test: are `differences` symmetric about 0? (Wilcoxon 1945, Biometrics
/// Bulletin 1:80.)
///
/// Differences of exactly 0 are left out, equal ones share their mean rank. Up to 50 differences the p-value is that of
/// all 2ⁿ sign assignments; above, of the normal approximation with the variance corrected for equal ranks and no
/// correction for continuity. `None` where no difference is left, or one is not a number.
#[must_use]
pub fn wilcoxon_signed_rank(differences: &[f64]) -> Option<f64> {
    if differences.iter().any(|difference| difference.is_nan()) {
        return None;
    }
    let differences: Vec<f64> = differences.iter().copied().filter(|d| *d != 0.0).collect();
    if differences.is_empty() {
        return None;
    }
    let ranks = doubled_ranks(&differences);
    let positive: u64 =
        ranks.iter().zip(&differences).filter(|(_, d)| **d > 0.0).map(|(rank, _)| rank).sum();
    let total: u64 = ranks.iter().sum();
    let smaller = positive.min(total - positive);
    let p =
        if ranks.len() <= EXACT { exact(&ranks, smaller) } else { approximate(&ranks, smaller) };
    Some(p.min(1.0))
}

/// Twice the rank of each size, so that mean ranks are whole numbers.
fn doubled_ranks(differences: &[f64]) -> Vec<u64> {
    let mut order: Vec<usize> = (0..differences.len()).collect();
    let size = |index: &usize| differences[*index].abs();
    order.sort_by(|a, b| size(a).total_cmp(&size(b)));
    let mut ranks = vec![0; differences.len()];
    let mut first = 0;
    while first < order.len() {
        let equal = order[first..].iter().take_while(|index| size(index) == size(&order[first]));
        let last = first + equal.count();
        for index in &order[first..last] {
            ranks[*index] = (first + 1 + last) as u64;
        }
        first = last;
    }
    ranks
}

/// Share of sign assignments whose smaller sum of doubled ranks is at most `smaller`.
fn exact(ranks: &[u64], smaller: u64) -> f64 {
    let total: u64 = ranks.iter().sum();
    let mut probability = vec![0.0_f64; total as usize + 1];
    probability[0] = 1.0;
    let mut reached = 0;
    for rank in ranks {
        reached += *rank as usize;
        for sum in (0..=reached).rev() {
            let taken = sum.checked_sub(*rank as usize).map_or(0.0, |rest| probability[rest]);
            probability[sum] = 0.5 * (probability[sum] + taken);
        }
    }
    2.0 * probability[..=smaller as usize].iter().sum::<f64>()
}

fn approximate(ranks: &[u64], smaller: u64) -> f64 {
    // of the sum of ranks: mean Σr/2, variance Σr²/4; equal ranks are in Σr² already
    let mean = ranks.iter().sum::<u64>() as f64 / 4.0;
    let variance = ranks.iter().map(|rank| (*rank as f64 / 2.0).powi(2)).sum::<f64>() / 4.0;
    let z = (smaller as f64 / 2.0 - mean) / variance.sqrt();
    libm::erfc(-z / std::f64::consts::SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_few_differences_every_assignment_of_signs_is_counted() {
        // of 2³ assignments one has no negative rank and one no positive
        assert_eq!(wilcoxon_signed_rank(&[1.0, 2.0, 3.0]), Some(0.25));
        assert_eq!(wilcoxon_signed_rank(&[-1.0, -2.0, -3.0, 0.0]), Some(0.25));
        assert_eq!(wilcoxon_signed_rank(&[1.0, -1.0]), Some(1.0));
        assert_eq!(wilcoxon_signed_rank(&[0.0, 0.0]), None);
        assert_eq!(wilcoxon_signed_rank(&[f64::NAN]), None);
    }
}
