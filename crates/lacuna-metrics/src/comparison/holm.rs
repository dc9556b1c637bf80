//! Several tests at once.

/// Adjusts p-values for the number of tests, so that the chance of any false rejection stays below the level (Holm
/// 1979, Scand. J. Stat. 6:65). In the order given.
#[must_use]
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut largest = 0.0_f64;
    for (rank, index) in order.into_iter().enumerate() {
        let factor = (p_values.len() - rank) as f64;
        largest = largest.max(p_values[index] * factor).min(1.0);
        adjusted[index] = largest;
    }
    adjusted
}
