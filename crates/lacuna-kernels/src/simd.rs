//! Vectors of `f32`: one trait, one file for each instruction set.
//!
//! A kernel is a struct of its arguments whose [`Kernel::run`] is generic over the vectors. [`crate::isa::Isa::run`]
//! calls it inside a function compiled for the instruction set, and everything below is inlined into that function
//! (`inline(always)`: a function of its own would be compiled for the baseline). The token `S: Simd` can only be made
//! there, so whoever holds one may use its instructions.
//!
//! A lane may also hold a pair of bf16 values, the first in the low half of its 32 bits. Such a pair is carried in the
//! `f32` vectors, whatever number its bits would be, NaN included: loads, stores, [`Simd::splat`] and the two
//! operations on pairs never change bits, and no other operation is for pairs.

#![expect(unsafe_code, reason = "loads and stores take pointers")]
#![expect(clippy::inline_always, reason = "compiled for the caller's instruction set")]

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx512;
pub(crate) mod portable;

/// The bf16 nearest to a value, ties to even; a NaN stays one. Overflow is infinite.
pub(crate) const fn to_bf16(value: f32) -> u16 {
    let bits = value.to_bits();
    if value.is_nan() {
        // The part of the payload that is cut off may be all there is.
        return (bits >> 16) as u16 | 0x40;
    }
    ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16) as u16
}

/// The bits of a pair, rounded by [`to_bf16`], which no arithmetic sees.
#[inline(always)]
pub(crate) const fn pair_bits(low: f32, high: f32) -> f32 {
    f32::from_bits(to_bf16(low) as u32 | (to_bf16(high) as u32) << 16)
}

/// [`Simd::dot_pairs`] by two multiply-adds.
#[inline(always)]
fn dot_halves<S: Simd>(s: S, a: S::V, b: S::V, c: S::V) -> S::V {
    let second = s.mul_add(s.high(a), s.high(b), c);
    s.mul_add(s.low(a), s.low(b), second)
}

/// Arguments of a computation that is compiled for each instruction set.
pub(crate) trait Kernel {
    type Output;

    /// Implementations must be `#[inline(always)]`.
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}

/// Proof that an instruction set is at hand, and its operations.
pub(crate) trait Simd: Copy {
    type V: Copy;

    /// Values of a vector.
    const LANES: usize;

    fn splat(self, value: f32) -> Self::V;
    fn add(self, a: Self::V, b: Self::V) -> Self::V;
    fn sub(self, a: Self::V, b: Self::V) -> Self::V;
    fn mul(self, a: Self::V, b: Self::V) -> Self::V;
    fn div(self, a: Self::V, b: Self::V) -> Self::V;
    fn sqrt(self, a: Self::V) -> Self::V;
    /// `a · b + c`.
    fn mul_add(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// `value` where `sign` is above 0, elsewhere 0.
    fn where_positive(self, sign: Self::V, value: Self::V) -> Self::V;
    /// `yes` where `a` is above `b` or NaN, elsewhere `no`.
    fn where_above(self, a: Self::V, b: Self::V, yes: Self::V, no: Self::V) -> Self::V;
    /// 0 where `value` is below 0; NaN stays.
    fn rectify(self, value: Self::V) -> Self::V;
    /// The sum of all lanes, in a fixed order.
    fn sum(self, a: Self::V) -> f32;
    /// The first values of pairs.
    fn low(self, pairs: Self::V) -> Self::V;
    /// The second values of pairs.
    fn high(self, pairs: Self::V) -> Self::V;
    /// Pairs of a value of `low` and one of `high`, rounded as by [`to_bf16`]. The processor's own instruction makes
    /// subnormal numbers 0.
    fn pair(self, low: Self::V, high: Self::V) -> Self::V;
    /// Pairs of neighbours among two vectors of consecutive values, rounded as by [`pair`](Self::pair).
    fn pair_neighbours(self, first: Self::V, second: Self::V) -> Self::V;

    /// `a₀ · b₀ + a₁ · b₁ + c` of pairs `a` and `b` and values `c`. The second product is added first, as by VDPBF16PS,
    /// which takes and gives 0 for subnormal numbers.
    #[inline(always)]
    fn dot_pairs(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        dot_halves(self, a, b, c)
    }

    fn zero(self) -> Self::V {
        self.splat(0.0)
    }

    /// # Safety
    /// `from` must be valid for reads of a vector.
    unsafe fn load(self, from: *const f32) -> Self::V;
    /// The first `count < LANES` values, then zeros.
    ///
    /// # Safety
    /// `from` must be valid for reads of `count` values.
    unsafe fn load_head(self, from: *const f32, count: usize) -> Self::V;
    /// # Safety
    /// `to` must be valid for writes of a vector.
    unsafe fn store(self, to: *mut f32, value: Self::V);
    /// Writes the first `count < LANES` values.
    ///
    /// # Safety
    /// `to` must be valid for writes of `count` values.
    unsafe fn store_head(self, to: *mut f32, count: usize, value: Self::V);
    /// Writes all lanes, which must be whole numbers up to 127, as bytes.
    ///
    /// # Safety
    /// `to` must be valid for writes of a byte for each lane.
    unsafe fn store_bytes(self, to: *mut u8, value: Self::V);
    /// A store past the caches, for results that are not read again soon.
    ///
    /// # Safety
    /// `to` must be valid for writes of a vector and aligned to its size.
    unsafe fn stream(self, to: *mut f32, value: Self::V);

    /// Rows of a square become columns: `LANES` rows of as many values, whose distances are given.
    ///
    /// # Safety
    /// The rows must be valid for reads and writes, and not overlap.
    #[inline(always)]
    unsafe fn transpose(self, from: *const f32, from_row: usize, to: *mut f32, to_row: usize) {
        for row in 0..Self::LANES {
            for column in 0..Self::LANES {
                // SAFETY: the caller's promise.
                unsafe { *to.add(column * to_row + row) = *from.add(row * from_row + column) }
            }
        }
    }

    /// Orders [streamed](Self::stream) stores before what other threads are told next.
    fn fence(self);

    /// `count` values, at most a vector, then zeros.
    ///
    /// # Safety
    /// `from` must be valid for reads of the lesser of `count` and `LANES` values.
    #[inline(always)]
    unsafe fn load_up_to(self, from: *const f32, count: usize) -> Self::V {
        // SAFETY: the caller's promise.
        unsafe { if count >= Self::LANES { self.load(from) } else { self.load_head(from, count) } }
    }

    /// Writes `count` values, at most a vector.
    ///
    /// # Safety
    /// `to` must be valid for writes of the lesser of `count` and `LANES` values.
    #[inline(always)]
    unsafe fn store_up_to(self, to: *mut f32, count: usize, value: Self::V) {
        // SAFETY: the caller's promise.
        unsafe {
            if count >= Self::LANES {
                self.store(to, value);
            } else {
                self.store_head(to, count, value);
            }
        }
    }
}
