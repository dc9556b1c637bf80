//! Max pooling of channels-last tensors: windows of 3×3, two pixels apart, padded by one (that of a ResNet's stem).

#![expect(unsafe_code, reason = "vectors at places of checked slices")]
#![expect(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use rayon::prelude::*;

use crate::ShapeError;
use crate::isa::Isa;
use crate::shape_error::{check_length, check_sizes, product};
use crate::simd::{Kernel, Simd};
use crate::span;

/// The sizes of a pooling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolShape {
    /// Number of images, N.
    pub batch: usize,
    /// Height of the input in pixels.
    pub height: usize,
    /// Width of the input in pixels.
    pub width: usize,
    /// Number of channels, C.
    pub channels: usize,
}

impl PoolShape {
    /// Height and width of the output: half those of the input, rounded up.
    pub const fn output_size(&self) -> [usize; 2] {
        [self.height.div_ceil(2), self.width.div_ceil(2)]
    }

    /// Number of values of the input.
    ///
    /// # Errors
    /// When a size is 0 or the product overflows.
    pub fn input_len(&self) -> Result<usize, ShapeError> {
        check_sizes(&[
            ("batch size", self.batch),
            ("height", self.height),
            ("width", self.width),
            ("number of channels", self.channels),
        ])?;
        product(&[self.batch, self.height, self.width, self.channels])
    }

    /// Number of values of the output.
    ///
    /// # Errors
    /// As [`input_len`](Self::input_len).
    pub fn output_len(&self) -> Result<usize, ShapeError> {
        self.input_len()?;
        let [height, width] = self.output_size();
        product(&[self.batch, height, width, self.channels])
    }

    /// The input pixel of a tap of an output along an axis of `size` pixels.
    fn input_of(output: usize, tap: usize, size: usize) -> Option<usize> {
        (2 * output + tap).checked_sub(1).filter(|at| *at < size)
    }

    /// The outputs along an axis of `size` outputs whose windows hold an input pixel, and its taps in them.
    fn outputs_of(input: usize, size: usize) -> impl Iterator<Item = (usize, usize)> {
        let first = input / 2;
        (first..=input.div_ceil(2))
            .filter(move |output| *output < size)
            .map(move |output| (output, input + 1 - 2 * output))
    }
}

/// The greatest value of each window, and which of its 9 it is, row by row. Overwrites `y` and `taps`.
///
/// NaN is greater than all; of equal values the first counts. `x` is `[N, H, W, C]`, `y` and `taps` are
/// `[N, output_size, C]`.
///
/// # Errors
/// When the sizes are impossible or a slice has another length.
pub fn forward(
    shape: &PoolShape,
    x: &[f32],
    y: &mut [f32],
    taps: &mut [u8],
) -> Result<(), ShapeError> {
    check_length("the input", x.len(), shape.input_len()?)?;
    check_length("the output", y.len(), shape.output_len()?)?;
    check_length("the taps", taps.len(), y.len())?;
    let _span = span::operator!("max_pool.forward", x.len());
    let isa = Isa::current();
    let [height, width] = shape.output_size();
    let row = width * shape.channels;
    let in_row = shape.width * shape.channels;
    y.par_chunks_mut(row).zip(taps.par_chunks_mut(row)).enumerate().for_each(
        |(index, (y, taps))| {
            let (image, output) = (index / height, index % height);
            let rows = [0, 1, 2].map(|tap| {
                let at = PoolShape::input_of(output, tap, shape.height)?;
                Some(&x[(image * shape.height + at) * in_row..][..in_row])
            });
            isa.run(ForwardRow { shape, rows, y, taps });
        },
    );
    Ok(())
}

struct ForwardRow<'a> {
    shape: &'a PoolShape,
    rows: [Option<&'a [f32]>; 3],
    y: &'a mut [f32],
    taps: &'a mut [u8],
}

impl Kernel for ForwardRow<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let channels = self.shape.channels;
        let outputs = self.y.chunks_exact_mut(channels).zip(self.taps.chunks_exact_mut(channels));
        for (output, (y, taps)) in outputs.enumerate() {
            let mut window = Window { pixels: [&[]; 9], taps: [0.0; 9], count: 0 };
            for (down, row) in self.rows.iter().enumerate() {
                let Some(row) = row else { continue };
                for across in 0..3 {
                    let Some(at) = PoolShape::input_of(output, across, self.shape.width) else {
                        continue;
                    };
                    window.pixels[window.count] = &row[at * channels..][..channels];
                    window.taps[window.count] = (down * 3 + across) as f32;
                    window.count += 1;
                }
            }
            window.greatest(s, y, taps);
        }
    }
}

/// The pixels of a window that lie in the image.
struct Window<'a> {
    pixels: [&'a [f32]; 9],
    taps: [f32; 9],
    count: usize,
}

impl Window<'_> {
    #[inline(always)]
    fn greatest<S: Simd>(&self, s: S, y: &mut [f32], taps: &mut [u8]) {
        for at in (0..y.len()).step_by(S::LANES) {
            let left = y.len() - at;
            let mut bytes = [0; 16];
            // SAFETY: all pixels have as many channels as `y`; there are bytes for the widest vector.
            unsafe {
                let mut best = s.load_up_to(self.pixels[0].as_ptr().add(at), left);
                let mut winner = s.splat(self.taps[0]);
                for (pixel, tap) in self.pixels[1..self.count].iter().zip(&self.taps[1..]) {
                    let value = s.load_up_to(pixel.as_ptr().add(at), left);
                    winner = s.where_above(value, best, s.splat(*tap), winner);
                    best = s.where_above(value, best, value, best);
                }
                s.store_up_to(y.as_mut_ptr().add(at), left, best);
                s.store_bytes(bytes.as_mut_ptr(), winner);
            }
            let count = left.min(S::LANES);
            if count == S::LANES {
                taps[at..at + S::LANES].copy_from_slice(&bytes[..S::LANES]);
            } else {
                taps[at..at + count].copy_from_slice(&bytes[..count]);
            }
        }
    }
}

/// The gradient of the input from that of the output, `dy`, and the `taps` of [`forward`]. Overwrites `dx`.
///
/// # Errors
/// When the sizes are impossible or a slice has another length.
pub fn backward(
    shape: &PoolShape,
    dy: &[f32],
    taps: &[u8],
    dx: &mut [f32],
) -> Result<(), ShapeError> {
    check_length("the gradient of the input", dx.len(), shape.input_len()?)?;
    check_length("the gradient of the output", dy.len(), shape.output_len()?)?;
    check_length("the taps", taps.len(), dy.len())?;
    let _span = span::operator!("max_pool.backward", dx.len());
    let isa = Isa::current();
    dx.par_chunks_mut(shape.width * shape.channels).enumerate().for_each(|(index, dx)| {
        isa.run(BackwardRow { shape, dy, taps, index, dx });
    });
    Ok(())
}

struct BackwardRow<'a> {
    shape: &'a PoolShape,
    dy: &'a [f32],
    taps: &'a [u8],
    /// Row of all images.
    index: usize,
    dx: &'a mut [f32],
}

impl Kernel for BackwardRow<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let PoolShape { height, channels, .. } = *self.shape;
        let [out_height, out_width] = self.shape.output_size();
        let (image, row) = (self.index / height, self.index % height);
        for (column, dx) in self.dx.chunks_exact_mut(channels).enumerate() {
            dx.fill(0.0);
            for (out_row, down) in PoolShape::outputs_of(row, out_height) {
                for (out_column, across) in PoolShape::outputs_of(column, out_width) {
                    let start =
                        ((image * out_height + out_row) * out_width + out_column) * channels;
                    let tap = (down * 3 + across) as u8;
                    let dy = &self.dy[start..start + channels];
                    let taps = &self.taps[start..start + channels];
                    for ((dx, dy), kept) in dx.iter_mut().zip(dy).zip(taps) {
                        *dx += if *kept == tap { *dy } else { 0.0 };
                    }
                }
            }
        }
    }
}
