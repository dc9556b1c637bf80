//! What a packed value holds, for inner loops that are the same for all formats.

#![expect(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use crate::simd::Simd;

/// The product of two packed values.
pub(super) trait Products {
    /// `a · b + c`.
    fn add<S: Simd>(s: S, a: S::V, b: S::V, c: S::V) -> S::V;
}

/// A number.
pub(super) enum Numbers {}

/// Two bf16 numbers, whose products are both added.
pub(super) enum Pairs {}

impl Products for Numbers {
    #[inline(always)]
    fn add<S: Simd>(s: S, a: S::V, b: S::V, c: S::V) -> S::V {
        s.mul_add(a, b, c)
    }
}

impl Products for Pairs {
    #[inline(always)]
    fn add<S: Simd>(s: S, a: S::V, b: S::V, c: S::V) -> S::V {
        s.dot_pairs(a, b, c)
    }
}
