//! Each pixel becomes four.

#![expect(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use super::UpsampleShape;
use crate::isa::Isa;
use crate::simd::{Kernel, Simd};

/// The upsampled channels of an output row.
pub(super) fn forward_row(
    shape: &UpsampleShape,
    x: &[f32],
    image: usize,
    output: usize,
    y: &mut [f32],
) {
    let [in_row, ..] = shape.rows();
    let x = &x[(image * shape.height + output / 2) * in_row..][..in_row];
    let pairs = y.chunks_exact_mut(2 * shape.out_channels());
    for (pair, x) in pairs.zip(x.chunks_exact(shape.channels)) {
        pair[..shape.channels].copy_from_slice(x);
        pair[shape.out_channels()..][..shape.channels].copy_from_slice(x);
    }
}

/// An input row's gradient; `index` counts the rows of all images.
pub(super) fn backward_row(
    isa: Isa,
    shape: &UpsampleShape,
    dy: &[f32],
    index: usize,
    dx: &mut [f32],
) {
    let [.., row] = shape.rows();
    let (upper, lower) = dy[2 * index * row..][..2 * row].split_at(row);
    isa.run(BackwardRow { shape, upper, lower, dx });
}

struct BackwardRow<'a> {
    shape: &'a UpsampleShape,
    upper: &'a [f32],
    lower: &'a [f32],
    dx: &'a mut [f32],
}

impl Kernel for BackwardRow<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let (channels, step) = (self.shape.channels, self.shape.out_channels());
        let rows = self.upper.chunks_exact(2 * step).zip(self.lower.chunks_exact(2 * step));
        for (dx, (upper, lower)) in self.dx.chunks_exact_mut(channels).zip(rows) {
            let (a, b) = (&upper[..channels], &upper[step..][..channels]);
            let (c, d) = (&lower[..channels], &lower[step..][..channels]);
            for (channel, dx) in dx.iter_mut().enumerate() {
                *dx = (a[channel] + b[channel]) + (c[channel] + d[channel]);
            }
        }
    }
}
