//! Arrays of 4 that the compiler turns into the vectors of the baseline.

#![expect(unsafe_code, reason = "loads and stores take pointers")]
#![expect(clippy::inline_always, reason = "see the parent module")]

use super::{Kernel, Simd, pair_bits};

/// There is nothing to prove.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Portable;

pub(crate) fn run<K: Kernel>(kernel: K) -> K::Output {
    kernel.run(Portable)
}

type V = [f32; 4];

#[inline(always)]
fn zip(a: V, b: V, f: impl Fn(f32, f32) -> f32) -> V {
    [f(a[0], b[0]), f(a[1], b[1]), f(a[2], b[2]), f(a[3], b[3])]
}

impl Simd for Portable {
    type V = V;

    const LANES: usize = 4;

    #[inline(always)]
    fn splat(self, value: f32) -> V {
        [value; 4]
    }

    #[inline(always)]
    fn add(self, a: V, b: V) -> V {
        zip(a, b, |a, b| a + b)
    }

    #[inline(always)]
    fn sub(self, a: V, b: V) -> V {
        zip(a, b, |a, b| a - b)
    }

    #[inline(always)]
    fn mul(self, a: V, b: V) -> V {
        zip(a, b, |a, b| a * b)
    }

    #[inline(always)]
    fn div(self, a: V, b: V) -> V {
        zip(a, b, |a, b| a / b)
    }

    #[inline(always)]
    fn sqrt(self, a: V) -> V {
        a.map(f32::sqrt)
    }

    #[inline(always)]
    fn mul_add(self, a: V, b: V, c: V) -> V {
        // Where the baseline has no fused instruction, `mul_add` is a slow library call.
        if cfg!(any(target_arch = "aarch64", target_feature = "fma")) {
            let fused = |lane: usize| a[lane].mul_add(b[lane], c[lane]);
            [fused(0), fused(1), fused(2), fused(3)]
        } else {
            self.add(self.mul(a, b), c)
        }
    }

    #[inline(always)]
    fn where_positive(self, sign: V, value: V) -> V {
        zip(sign, value, |sign, value| if sign > 0.0 { value } else { 0.0 })
    }

    #[inline(always)]
    fn where_above(self, a: V, b: V, yes: V, no: V) -> V {
        let pick = |i: usize| if a[i] > b[i] || a[i].is_nan() { yes[i] } else { no[i] };
        [pick(0), pick(1), pick(2), pick(3)]
    }

    #[inline(always)]
    fn rectify(self, value: V) -> V {
        value.map(|value| if value < 0.0 { 0.0 } else { value })
    }

    #[inline(always)]
    fn sum(self, a: V) -> f32 {
        (a[0] + a[2]) + (a[1] + a[3])
    }

    #[inline(always)]
    fn low(self, pairs: V) -> V {
        pairs.map(|pair| f32::from_bits(pair.to_bits() << 16))
    }

    #[inline(always)]
    fn high(self, pairs: V) -> V {
        pairs.map(|pair| f32::from_bits(pair.to_bits() & 0xFFFF_0000))
    }

    #[inline(always)]
    fn pair(self, low: V, high: V) -> V {
        zip(low, high, pair_bits)
    }

    #[inline(always)]
    fn pair_neighbours(self, [a, b, c, d]: V, [e, f, g, h]: V) -> V {
        [pair_bits(a, b), pair_bits(c, d), pair_bits(e, f), pair_bits(g, h)]
    }

    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> V {
        // SAFETY: the caller's promise.
        unsafe { from.cast::<V>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn load_head(self, from: *const f32, count: usize) -> V {
        let mut value = [0.0; 4];
        for (lane, value) in value.iter_mut().enumerate().take(count) {
            // SAFETY: the caller's promise.
            *value = unsafe { from.add(lane).read() };
        }
        value
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32, value: V) {
        // SAFETY: the caller's promise.
        unsafe { to.cast::<V>().write_unaligned(value) }
    }

    #[inline(always)]
    unsafe fn store_head(self, to: *mut f32, count: usize, value: V) {
        for (lane, value) in value.iter().enumerate().take(count) {
            // SAFETY: the caller's promise.
            unsafe { to.add(lane).write(*value) }
        }
    }

    #[inline(always)]
    unsafe fn store_bytes(self, to: *mut u8, value: V) {
        // SAFETY: the caller's promise.
        unsafe { to.cast::<[u8; 4]>().write(value.map(|value| value as u8)) }
    }

    #[inline(always)]
    unsafe fn stream(self, to: *mut f32, value: V) {
        // SAFETY: the caller's promise.
        unsafe { self.store(to, value) }
    }

    #[inline(always)]
    fn fence(self) {}
}
