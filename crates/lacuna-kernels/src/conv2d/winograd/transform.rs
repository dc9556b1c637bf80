//! The transforms along one axis, for vectors of channels. Matrices as in Lavin and Gray 2015, figure 4×4.

#![expect(unsafe_code, reason = "vectors at places of planes")]
#![expect(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use super::{FIELD, TILE};
use crate::simd::Simd;

/// A transform along one axis. Closures would not be inlined everywhere, and be compiled for the baseline.
pub(super) trait Along<const R: usize, const T: usize> {
    fn along<S: Simd>(s: S, values: [S::V; R]) -> [S::V; T];
}

/// The place (row, column) of a square.
pub(super) trait Places {
    /// # Safety
    /// The square must have the place.
    unsafe fn get<S: Simd>(&self, s: S, row: usize, column: usize) -> S::V;
}

/// Takes the places of a result, row by row.
pub(super) trait Sink<S: Simd> {
    /// # Safety
    /// The square must have the place.
    unsafe fn put(&mut self, s: S, row: usize, column: usize, value: S::V);
}

/// Transforms both axes of an `R` by `R` square.
///
/// # Safety
/// `from` must have all places of it, and `to` those of a `T` by `T` square.
#[inline(always)]
pub(super) unsafe fn square<S: Simd, A: Along<R, T>, const R: usize, const T: usize>(
    s: S,
    from: &impl Places,
    to: &mut impl Sink<S>,
) {
    let mut half = [[s.zero(); T]; R];
    for (column, half) in half.iter_mut().enumerate() {
        let mut values = [s.zero(); R];
        for (row, value) in values.iter_mut().enumerate() {
            // SAFETY: the caller's promise.
            *value = unsafe { from.get(s, row, column) };
        }
        *half = A::along(s, values);
    }
    for row in 0..T {
        let mut values = [s.zero(); R];
        for (value, half) in values.iter_mut().zip(&half) {
            *value = half[row];
        }
        for (column, value) in A::along(s, values).into_iter().enumerate() {
            // SAFETY: the caller's promise.
            unsafe { to.put(s, row, column, value) }
        }
    }
}

/// Planes of places, `FIELD` in a row of the square, of which one vector each is meant.
pub(super) struct Planes36 {
    /// The vector of the first place.
    pub(super) start: *mut f32,
    /// Distance of two places.
    pub(super) plane: usize,
    /// Values that may be written of each, a vector or less.
    pub(super) count: usize,
}

impl Places for Planes36 {
    #[inline(always)]
    unsafe fn get<S: Simd>(&self, s: S, row: usize, column: usize) -> S::V {
        // SAFETY: the caller's promise.
        unsafe { s.load(self.start.add((row * FIELD + column) * self.plane)) }
    }
}

impl<S: Simd> Sink<S> for Planes36 {
    #[inline(always)]
    unsafe fn put(&mut self, s: S, row: usize, column: usize, value: S::V) {
        // SAFETY: the caller's promise.
        unsafe {
            let place = self.start.add((row * FIELD + column) * self.plane);
            s.store_up_to(place, self.count, value);
        }
    }
}

/// `factor · a + b`
#[inline(always)]
fn times<S: Simd>(s: S, factor: f32, a: S::V, b: S::V) -> S::V {
    s.mul_add(s.splat(factor), a, b)
}

/// `factor · a`
#[inline(always)]
fn scaled<S: Simd>(s: S, factor: f32, a: S::V) -> S::V {
    s.mul(s.splat(factor), a)
}

/// Bᵀ d: inputs.
pub(super) struct Input;

impl Along<FIELD, FIELD> for Input {
    #[inline(always)]
    fn along<S: Simd>(s: S, d: [S::V; FIELD]) -> [S::V; FIELD] {
        let even = times(s, -4.0, d[2], d[4]);
        let odd = times(s, -4.0, d[1], d[3]);
        let outer = s.sub(d[4], d[2]);
        let inner = s.sub(d[3], d[1]);
        [
            times(s, 4.0, d[0], times(s, -5.0, d[2], d[4])),
            s.add(even, odd),
            s.sub(even, odd),
            times(s, 2.0, inner, outer),
            times(s, -2.0, inner, outer),
            times(s, 4.0, d[1], times(s, -5.0, d[3], d[5])),
        ]
    }
}

/// Aᵀ m: outputs.
pub(super) struct Output;

impl Along<FIELD, TILE> for Output {
    #[inline(always)]
    fn along<S: Simd>(s: S, m: [S::V; FIELD]) -> [S::V; TILE] {
        let (near, far) = (s.add(m[1], m[2]), s.add(m[3], m[4]));
        let (near_odd, far_odd) = (s.sub(m[1], m[2]), s.sub(m[3], m[4]));
        [
            s.add(s.add(m[0], near), far),
            times(s, 2.0, far_odd, near_odd),
            times(s, 4.0, far, near),
            times(s, 8.0, far_odd, s.add(near_odd, m[5])),
        ]
    }
}

/// G g: weights.
pub(super) struct Weight;

impl Along<3, FIELD> for Weight {
    #[inline(always)]
    fn along<S: Simd>(s: S, g: [S::V; 3]) -> [S::V; FIELD] {
        let sixth = scaled(s, -1.0 / 6.0, s.add(g[0], g[2]));
        let middle = scaled(s, 1.0 / 6.0, g[1]);
        let far = s.mul_add(s.splat(1.0 / 24.0), g[0], scaled(s, 1.0 / 6.0, g[2]));
        let far_middle = scaled(s, 1.0 / 12.0, g[1]);
        [
            scaled(s, 0.25, g[0]),
            s.sub(sixth, middle),
            s.add(sixth, middle),
            s.add(far, far_middle),
            s.sub(far, far_middle),
            g[2],
        ]
    }
}

/// A y: gradients of outputs.
pub(super) struct Gradient;

impl Along<TILE, FIELD> for Gradient {
    #[inline(always)]
    fn along<S: Simd>(s: S, y: [S::V; TILE]) -> [S::V; FIELD] {
        let (even, odd) = (s.add(y[0], y[2]), s.add(y[1], y[3]));
        let far_even = times(s, 4.0, y[2], y[0]);
        let far_odd = s.mul(s.splat(2.0), times(s, 4.0, y[3], y[1]));
        [
            y[0],
            s.add(even, odd),
            s.sub(even, odd),
            s.add(far_even, far_odd),
            s.sub(far_even, far_odd),
            y[3],
        ]
    }
}

/// Gᵀ u: gradients of weights.
pub(super) struct WeightGradient;

impl Along<FIELD, 3> for WeightGradient {
    #[inline(always)]
    fn along<S: Simd>(s: S, u: [S::V; FIELD]) -> [S::V; 3] {
        let (near, far) = (s.add(u[1], u[2]), s.add(u[3], u[4]));
        let (near_odd, far_odd) = (s.sub(u[2], u[1]), s.sub(u[3], u[4]));
        let sixth = scaled(s, -1.0 / 6.0, near);
        [
            s.mul_add(s.splat(0.25), u[0], s.mul_add(s.splat(1.0 / 24.0), far, sixth)),
            s.mul_add(s.splat(1.0 / 12.0), far_odd, scaled(s, 1.0 / 6.0, near_odd)),
            s.add(s.mul_add(s.splat(1.0 / 6.0), far, sixth), u[5]),
        ]
    }
}
