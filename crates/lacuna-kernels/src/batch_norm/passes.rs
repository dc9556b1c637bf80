//! The elementwise passes of a chunk.

#![expect(unsafe_code, reason = "vectors at places of slices of one length")]
#![expect(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use crate::periodic::{Period, Place, Visitor};
use crate::simd::{Kernel, Simd};

/// Outputs from this length on are written past the caches, which they would not stay in: 32 MiB.
const STREAMED: usize = 8 << 20;

/// Whether an output is large, and lies on a border of vectors.
pub(super) fn streams(y: &[f32]) -> bool {
    y.len() >= STREAMED && y.as_ptr().addr().is_multiple_of(64)
}

/// `y = x · scale + shift + shortcut`, rectified.
pub(super) struct Normalise<'a> {
    pub(super) period: Period,
    pub(super) scale: &'a [f32],
    pub(super) shift: &'a [f32],
    pub(super) x: &'a [f32],
    pub(super) shortcut: Option<&'a [f32]>,
    pub(super) relu: bool,
    /// Whether to write past the caches.
    pub(super) stream: bool,
    pub(super) y: &'a mut [f32],
}

impl Kernel for Normalise<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, s: S) {
        // SAFETY: tables have the length of a period, the slices that of `y`. Chunks are whole tables, so all vectors
        // of an output on a border are on one.
        unsafe { self.period.walk(s, self.y.len(), &mut self) }
        if self.stream {
            s.fence();
        }
    }
}

impl<S: Simd> Visitor<S> for Normalise<'_> {
    #[inline(always)]
    unsafe fn visit(&mut self, s: S, place: Place) {
        // SAFETY: the caller's promise.
        unsafe {
            let (scale, shift) = (place.of_table(s, self.scale), place.of_table(s, self.shift));
            let mut value = s.mul_add(place.of(s, self.x), scale, shift);
            if let Some(shortcut) = self.shortcut {
                value = s.add(value, place.of(s, shortcut));
            }
            if self.relu {
                value = s.rectify(value);
            }
            let to = self.y.as_mut_ptr().add(place.at);
            if self.stream && place.count >= S::LANES {
                s.stream(to, value);
            } else {
                s.store_up_to(to, place.count, value);
            }
        }
    }
}

/// Where a gradient passes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mask<'a> {
    None,
    /// Where x · scale + shift is above 0, with tables of both.
    Affine {
        scale: &'a [f32],
        shift: &'a [f32],
    },
    /// Where this is above 0.
    Output(&'a [f32]),
}

/// `dx = scale · g + slope · x + shift` with g the `dx` there was, where it passes.
pub(super) struct Gradient<'a> {
    pub(super) period: Period,
    /// Scale, slope, shift.
    pub(super) tables: [&'a [f32]; 3],
    pub(super) x: &'a [f32],
    pub(super) mask: Mask<'a>,
    pub(super) dx: &'a mut [f32],
    /// Overwritten by g.
    pub(super) shortcut: Option<&'a mut [f32]>,
}

impl Kernel for Gradient<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, s: S) {
        // SAFETY: tables have the length of a period, the slices that of `dx`.
        unsafe { self.period.walk(s, self.dx.len(), &mut self) }
    }
}

impl<S: Simd> Visitor<S> for Gradient<'_> {
    #[inline(always)]
    unsafe fn visit(&mut self, s: S, place: Place) {
        let [scale, slope, shift] = self.tables;
        // SAFETY: the caller's promise.
        unsafe {
            let x = place.of(s, self.x);
            let mut gradient = place.of(s, self.dx);
            match self.mask {
                Mask::None => {}
                Mask::Affine { scale, shift } => {
                    let (scale, shift) = (place.of_table(s, scale), place.of_table(s, shift));
                    gradient = s.where_positive(s.mul_add(x, scale, shift), gradient);
                }
                Mask::Output(y) => gradient = s.where_positive(place.of(s, y), gradient),
            }
            if let Some(shortcut) = &mut self.shortcut {
                s.store_up_to(shortcut.as_mut_ptr().add(place.at), place.count, gradient);
            }
            let rest = s.mul_add(place.of_table(s, slope), x, place.of_table(s, shift));
            let dx = s.mul_add(place.of_table(s, scale), gradient, rest);
            s.store_up_to(self.dx.as_mut_ptr().add(place.at), place.count, dx);
        }
    }
}
