//! How far models that were trained alike but for chance disagree: the mutual information between a pixel's class and
//! the model, H(mean p) − mean H(p) in nats (BALD: Houlsby et al. 2011, arXiv:1112.5745; with an ensemble: Beluch et
//! al. 2018, CVPR).

use super::acquisition::binary_entropy;

/// Sums over what the members of a committee say.
pub(super) struct Members {
    count: usize,
    probability: Vec<f32>,
    entropy: Vec<f32>,
}

impl Members {
    /// A committee of one.
    pub(super) fn new(probabilities: &[f32]) -> Self {
        let zero = vec![0.0; probabilities.len()];
        let mut members = Self { count: 0, probability: zero.clone(), entropy: zero };
        members.add(probabilities);
        members
    }

    /// Another member's probabilities, of the same shape.
    pub(super) fn add(&mut self, probabilities: &[f32]) {
        self.count += 1;
        let sums = self.probability.iter_mut().zip(&mut self.entropy);
        for ((probability, entropy), p) in sums.zip(probabilities) {
            *probability += p;
            *entropy += binary_entropy(*p) as f32;
        }
    }

    /// The mean probability and the disagreement of every value.
    pub(super) fn mean_and_disagreement(self) -> (Vec<f32>, Vec<f32>) {
        let count = self.count as f32;
        let mean: Vec<f32> = self.probability.iter().map(|sum| sum / count).collect();
        let of =
            |(p, entropy): (&f32, &f32)| (binary_entropy(*p) as f32 - entropy / count).max(0.0);
        let disagreement = mean.iter().zip(&self.entropy).map(of).collect();
        (mean, disagreement)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_that_are_sure_of_opposites_disagree_most() {
        let mut members = Members::new(&[1.0, 0.5, 0.9, 0.2]);
        members.add(&[0.0, 0.5, 0.9, 0.4]);
        let (mean, disagreement) = members.mean_and_disagreement();
        let between = binary_entropy(0.3) - f64::midpoint(binary_entropy(0.2), binary_entropy(0.4));
        let expected = [std::f64::consts::LN_2, 0.0, 0.0, between];
        for ((found, expected), p) in disagreement.iter().zip(expected).zip([0.5, 0.5, 0.9, 0.3]) {
            assert!((f64::from(*found) - expected).abs() < 1e-6, "{found} {expected}");
            assert!(mean.iter().any(|mean| (mean - p).abs() < 1e-6));
        }
        let (_, alone) = Members::new(&[0.3]).mean_and_disagreement();
        assert_eq!(alone, [0.0]);
    }
}
