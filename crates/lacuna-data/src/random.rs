//! One seed, many named random streams.
//!
//! Every random choice draws from a stream keyed by the run's seed, its purpose and the indices of
//! what is being drawn, so that adding a case, an epoch or a worker changes no other draw.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// The stream for `purpose` at `index` (such as epoch and sample) under `seed`.
///
/// The key is the BLAKE3 hash of its parts, so that streams are unrelated however close their
/// seeds and indices are; ChaCha8 is the same on every platform and version.
pub fn stream(seed: u64, purpose: &str, index: &[u64]) -> ChaCha8Rng {
    let mut key = blake3::Hasher::new();
    key.update(&seed.to_le_bytes());
    key.update(&(purpose.len() as u64).to_le_bytes());
    key.update(purpose.as_bytes());
    for i in index {
        key.update(&i.to_le_bytes());
    }
    ChaCha8Rng::from_seed(*key.finalize().as_bytes())
}

/// A number for a name, to key a stream by a case id or a class name.
pub fn key_of(name: &str) -> u64 {
    let hash = blake3::hash(name.as_bytes());
    hash.as_bytes()[..8].iter().rev().fold(0, |key, byte| (key << 8) | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::Rng;

    use super::*;

    #[test]
    fn streams_differ_in_every_part_of_their_key() {
        let first = |seed, purpose, index: &[u64]| stream(seed, purpose, index).next_u64();
        let base = first(1, "augment", &[0, 1]);
        assert_eq!(base, first(1, "augment", &[0, 1]));
        let others = [
            first(2, "augment", &[0, 1]),
            first(1, "shuffle", &[0, 1]),
            first(1, "augment", &[1, 0]),
            first(1, "augment", &[0]),
        ];
        assert!(others.iter().all(|other| *other != base));
    }

    #[test]
    fn a_stream_never_changes_between_versions() {
        assert_eq!(stream(0, "test", &[]).next_u64(), 13_854_501_499_696_595_939);
        assert_eq!(key_of("case-1"), 9_206_111_794_648_416_980);
    }
}
