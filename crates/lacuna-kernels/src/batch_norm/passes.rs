//! The elementwise passes of a chunk.

#![expect(unsafe_code, reason = "vectors at places of slices of one length")]
#![expect(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use crate::periodic::Period;
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
    fn run<S: Simd>(self, s: S) {
        let Self { period, scale, shift, x, shortcut, relu, stream, y } = self;
        // SAFETY: tables have the length of a period, the slices that of `y`; `walk` stays inside. Chunks are whole
        // tables, so all vectors of an output on a border are on one.
        period.walk::<S>(y.len(), |at, index, count| unsafe {
            let (scale, shift) =
                (s.load(scale.as_ptr().add(index)), s.load(shift.as_ptr().add(index)));
            let mut value = s.mul_add(s.load_up_to(x.as_ptr().add(at), count), scale, shift);
            if let Some(shortcut) = shortcut {
                value = s.add(value, s.load_up_to(shortcut.as_ptr().add(at), count));
            }
            if relu {
                value = s.rectify(value);
            }
            let to = y.as_mut_ptr().add(at);
            if stream && count >= S::LANES {
                s.stream(to, value);
            } else {
                s.store_up_to(to, count, value);
            }
        });
        if stream {
            s.fence();
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
    fn run<S: Simd>(self, s: S) {
        let Self { period, tables, x, mask, dx, mut shortcut } = self;
        // SAFETY: tables have the length of a period, the slices that of `dx`; `walk` stays inside.
        period.walk::<S>(dx.len(), |at, index, count| unsafe {
            let [scale, slope, shift] = tables.map(|table| s.load(table.as_ptr().add(index)));
            let x = s.load_up_to(x.as_ptr().add(at), count);
            let to = dx.as_mut_ptr().add(at);
            let mut gradient = s.load_up_to(to, count);
            match mask {
                Mask::None => {}
                Mask::Affine { scale, shift } => {
                    let (scale, shift) =
                        (s.load(scale.as_ptr().add(index)), s.load(shift.as_ptr().add(index)));
                    gradient = s.where_positive(s.mul_add(x, scale, shift), gradient);
                }
                Mask::Output(y) => {
                    let y = s.load_up_to(y.as_ptr().add(at), count);
                    gradient = s.where_positive(y, gradient);
                }
            }
            if let Some(shortcut) = &mut shortcut {
                s.store_up_to(shortcut.as_mut_ptr().add(at), count, gradient);
            }
            s.store_up_to(to, count, s.mul_add(scale, gradient, s.mul_add(slope, x, shift)));
        });
    }
}
