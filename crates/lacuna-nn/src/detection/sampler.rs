//! A fixed number of anchors or proposals for the losses, with a fixed share of positives.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Where the draws of a training step come from. The same numbers give the same samples, on any device and with any
/// number of threads; each image and purpose has a stream of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampleStreams {
    /// The training's seed.
    pub seed: u64,
    /// Number of the batch (of every micro-batch) in the training.
    pub step: u64,
}

impl SampleStreams {
    /// The generator's key is the concatenation of all that names a stream, so no two share numbers.
    pub(crate) fn stream(self, purpose: [u8; 8], image: usize) -> ChaCha8Rng {
        let mut key = [0; 32];
        let parts = [self.seed.to_le_bytes(), purpose, self.step.to_le_bytes()];
        let parts = parts.into_iter().chain([(image as u64).to_le_bytes()]);
        for (bytes, part) in key.chunks_exact_mut(8).zip(parts) {
            bytes.copy_from_slice(&part);
        }
        ChaCha8Rng::from_seed(key)
    }
}

/// A number in `0..n`, uniform up to n / 2⁶⁴.
fn below(stream: &mut ChaCha8Rng, n: usize) -> usize {
    ((u128::from(stream.next_u64()) * n as u128) >> 64) as usize
}

/// Draws positives and negatives, as torchvision's `BalancedPositiveNegativeSampler`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BalancedSampler {
    /// Elements drawn for an image, at most.
    pub batch_size_per_image: usize,
    /// Share of positives among them, at most.
    pub positive_fraction: f64,
}

/// What was drawn: indices in ascending order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Of positives.
    pub positives: Vec<usize>,
    /// Of negatives.
    pub negatives: Vec<usize>,
}

impl BalancedSampler {
    /// Draws from the labels of an image: 1 and more are positive, 0 is negative, −1 is not used. Missing positives are
    /// made up for by negatives, but not the other way round.
    pub fn draw(&self, labels: &[i64], stream: &mut ChaCha8Rng) -> Sample {
        let of = |wanted: fn(i64) -> bool| -> Vec<usize> {
            labels.iter().enumerate().filter(|(_, label)| wanted(**label)).map(|(i, _)| i).collect()
        };
        let most = (self.batch_size_per_image as f64 * self.positive_fraction) as usize;
        let positives = some_of(of(|label| label >= 1), most, stream);
        let most = self.batch_size_per_image - positives.len();
        let negatives = some_of(of(|label| label == 0), most, stream);
        Sample { positives, negatives }
    }
}

/// At most `count` of `indices`, in their order; every choice has the same probability (Fisher and Yates).
fn some_of(mut indices: Vec<usize>, count: usize, stream: &mut ChaCha8Rng) -> Vec<usize> {
    if indices.len() <= count {
        return indices;
    }
    for place in 0..count {
        let other = place + below(stream, indices.len() - place);
        indices.swap(place, other);
    }
    indices.truncate(count);
    indices.sort_unstable();
    indices
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLER: BalancedSampler =
        BalancedSampler { batch_size_per_image: 8, positive_fraction: 0.25 };

    fn draw(labels: &[i64], step: u64) -> Sample {
        SAMPLER.draw(labels, &mut SampleStreams { seed: 7, step }.stream(*b"test----", 0))
    }

    #[test]
    fn positives_have_their_share_and_negatives_fill_up() {
        let labels: Vec<i64> = (0..60).map(|index| [-1, 0, 0, 3][index % 4]).collect();
        let sample = draw(&labels, 0);
        assert_eq!((sample.positives.len(), sample.negatives.len()), (2, 6));
        assert!(sample.positives.iter().all(|index| labels[*index] == 3));
        assert!(sample.negatives.iter().all(|index| labels[*index] == 0));
        // Fewer positives than wanted: more negatives. Fewer negatives: not more positives.
        assert_eq!(draw(&[0; 20], 0).negatives.len(), 8);
        assert_eq!(
            draw(&[1; 20], 0),
            Sample { positives: draw(&[1; 20], 0).positives, negatives: vec![] }
        );
        assert_eq!(draw(&[1; 20], 0).positives.len(), 2);
    }

    #[test]
    fn draws_repeat_by_name_and_are_fair() {
        let labels = [0; 20];
        assert_eq!(draw(&labels, 3), draw(&labels, 3));
        assert_ne!(draw(&labels, 3), draw(&labels, 4));
        let mut counts = [0u32; 20];
        for step in 0..5000 {
            draw(&labels, step).negatives.iter().for_each(|index| counts[*index] += 1);
        }
        // 5000 draws of 8 out of 20: 2000 ± 5 standard deviations of 34.6
        assert!(counts.iter().all(|count| count.abs_diff(2000) < 173), "{counts:?}");
    }
}
