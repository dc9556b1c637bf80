//! Named draws from one random stream, for parameters of a picture.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::random::stream;

/// A random stream that hands out parameters.
pub(super) struct Draw(ChaCha8Rng);

impl Draw {
    /// The stream of `seed` for `purpose`, number `index`.
    pub(super) fn new(seed: u64, purpose: &str, index: u64) -> Self {
        Self(stream(seed, purpose, &[index]))
    }

    /// Uniform in `from..to`.
    pub(super) fn range(&mut self, from: f32, to: f32) -> f32 {
        from + (to - from) * self.0.random::<f32>()
    }

    /// True with probability `share`.
    pub(super) fn chance(&mut self, share: f32) -> bool {
        self.0.random::<f32>() < share
    }

    /// Roughly normal around 0: the sum of four uniforms, so never beyond 3.5 `deviation`.
    pub(super) fn normal(&mut self, deviation: f32) -> f32 {
        let sum: f32 = (0..4).map(|_| self.0.random::<f32>()).sum();
        (sum - 2.0) * 1.732 * deviation
    }

    /// A seed for a noise field.
    pub(super) fn seed(&mut self) -> u32 {
        self.0.random()
    }
}
