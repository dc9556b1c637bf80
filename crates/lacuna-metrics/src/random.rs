//! Named random streams of one seed, and the few distributions drawn from them.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// The stream for `purpose` at `index` under `seed`. The key of the generator is their
/// concatenation, so no two streams share numbers, and adding one changes no other.
pub(crate) fn stream(seed: u64, purpose: [u8; 8], index: [u64; 2]) -> ChaCha8Rng {
    let parts = [seed.to_le_bytes(), purpose, index[0].to_le_bytes(), index[1].to_le_bytes()];
    let mut key = [0; 32];
    for (bytes, part) in key.chunks_exact_mut(8).zip(parts) {
        bytes.copy_from_slice(&part);
    }
    ChaCha8Rng::from_seed(key)
}

/// A number in `0..n`, uniform up to n/2⁶⁴.
pub(crate) fn below(rng: &mut ChaCha8Rng, n: u64) -> u64 {
    // A product instead of the generator's range method: its bits may change between releases.
    ((u128::from(rng.next_u64()) * u128::from(n)) >> 64) as u64
}

/// Uniform in (0, 1), never an end: its logarithm is finite.
fn uniform(rng: &mut ChaCha8Rng) -> f64 {
    ((rng.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
}

/// Exponential with mean 1.
pub(crate) fn exponential(rng: &mut ChaCha8Rng) -> f64 {
    -uniform(rng).ln()
}

/// Standard normal, by the polar method (Marsaglia and Bray 1964); its twin is thrown away so that
/// the generator has no state beside the stream.
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    loop {
        let (u, v) = (2.0 * uniform(rng) - 1.0, 2.0 * uniform(rng) - 1.0);
        let s = u * u + v * v;
        if s < 1.0 {
            return u * (-2.0 * s.ln() / s).sqrt();
        }
    }
}

/// Gamma with mean `shape` and scale 1 (Marsaglia and Tsang 2000, ACM TOMS 26:363); 0 at shape 0.
pub(crate) fn gamma(rng: &mut ChaCha8Rng, shape: f64) -> f64 {
    if shape <= 0.0 {
        return 0.0;
    }
    if shape < 1.0 {
        let power = uniform(rng).powf(1.0 / shape);
        return gamma(rng, shape + 1.0) * power;
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = normal(rng);
        let v = (1.0 + c * x).powi(3);
        if v > 0.0 && uniform(rng).ln() < 0.5 * x * x + d * (1.0 - v + v.ln()) {
            return d * v;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_differ_in_every_part_of_their_key_and_never_change() {
        let first = |seed, purpose, index| stream(seed, purpose, index).next_u64();
        let base = first(1, *b"verify-p", [2, 3]);
        assert_eq!(base, first(1, *b"verify-p", [2, 3]));
        let others = [
            first(2, *b"verify-p", [2, 3]),
            first(1, *b"verify-o", [2, 3]),
            first(1, *b"verify-p", [3, 2]),
            first(1, *b"verify-p", [2, 4]),
        ];
        assert!(others.iter().all(|other| *other != base));
        assert_eq!(base, 8_947_375_207_172_650_100);
    }

    #[test]
    fn gamma_has_the_moments_of_its_shape() {
        let mut rng = stream(0, *b"gamma---", [0, 0]);
        assert_eq!(gamma(&mut rng, 0.0), 0.0);
        for shape in [0.2, 0.5, 1.0, 3.0, 80.0] {
            let draws: Vec<f64> = (0..40_000).map(|_| gamma(&mut rng, shape)).collect();
            let mean = draws.iter().sum::<f64>() / 4e4;
            let variance = draws.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / 4e4;
            // five standard errors; the fourth moment of a gamma gives the second
            assert!((mean - shape).abs() < 5.0 * (shape / 4e4).sqrt(), "{shape}: {mean}");
            let error = ((2.0 * shape * shape + 6.0 * shape) / 4e4).sqrt();
            assert!((variance - shape).abs() < 5.0 * error, "{shape}: {variance}");
        }
    }
}
