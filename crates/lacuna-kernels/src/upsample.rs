//! Doubling of a channels-last tensor's height and width, with a skip connection's channels put beside, and the
//! gradient. Nearest neighbour, or bilinear with aligned corners (PyTorch's `nn.Upsample`).

#![expect(unsafe_code, reason = "rows of two gradients are written by one task")]

mod bilinear;
mod nearest;

use rayon::prelude::*;

use crate::ShapeError;
use crate::aligned::Shared;
use crate::isa::Isa;
use crate::shape_error::{check_length, check_sizes, product};
use crate::span;

/// What lies between the pixels there were.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upsampling {
    /// Each pixel becomes four.
    Nearest,
    /// Weighted means; the corner pixels stay what they were (`align_corners=True`).
    Bilinear,
}

/// The sizes of an upsampling by two with a skip connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UpsampleShape {
    /// Number of images, N.
    pub batch: usize,
    /// Height of the input in pixels.
    pub height: usize,
    /// Width of the input in pixels.
    pub width: usize,
    /// Channels of the input.
    pub channels: usize,
    /// Channels put beside them; may be 0.
    pub skip_channels: usize,
}

impl UpsampleShape {
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

    /// Number of values of the skip connection.
    ///
    /// # Errors
    /// When the product overflows.
    pub fn skip_len(&self) -> Result<usize, ShapeError> {
        product(&[self.batch, self.height, self.width, 4, self.skip_channels])
    }

    /// Number of values of the output.
    ///
    /// # Errors
    /// As [`input_len`](Self::input_len).
    pub fn output_len(&self) -> Result<usize, ShapeError> {
        self.input_len()?;
        let channels = self.channels.checked_add(self.skip_channels).ok_or(ShapeError::Overflow)?;
        product(&[self.batch, self.height, self.width, 4, channels])
    }

    const fn out_channels(&self) -> usize {
        self.channels + self.skip_channels
    }

    /// Values of a row of the input, the skip connection and the output.
    const fn rows(&self) -> [usize; 3] {
        [
            self.width * self.channels,
            2 * self.width * self.skip_channels,
            2 * self.width * self.out_channels(),
        ]
    }
}

/// `x` `[N, H, W, channels]` at twice its size, with `skip` `[N, 2H, 2W, skip_channels]` behind its channels.
/// Overwrites `y` `[N, 2H, 2W, channels + skip_channels]`.
///
/// # Errors
/// When the sizes are impossible or a slice has another length.
pub fn forward(
    shape: &UpsampleShape,
    kind: Upsampling,
    x: &[f32],
    skip: &[f32],
    y: &mut [f32],
) -> Result<(), ShapeError> {
    check_length("the input", x.len(), shape.input_len()?)?;
    check_length("the skip connection", skip.len(), shape.skip_len()?)?;
    check_length("the output", y.len(), shape.output_len()?)?;
    let _span = span::operator!("upsample.forward", y.len());
    let isa = Isa::current();
    let [_, skip_row, row] = shape.rows();
    y.par_chunks_mut(row).enumerate().for_each(|(index, y)| {
        let skip = &skip[index * skip_row..][..skip_row];
        let (image, output) = (index / (2 * shape.height), index % (2 * shape.height));
        match kind {
            Upsampling::Nearest => nearest::forward_row(shape, x, image, output, y),
            Upsampling::Bilinear => bilinear::forward_row(isa, shape, x, image, output, y),
        }
        if shape.skip_channels > 0 {
            let pixels = y.chunks_exact_mut(shape.out_channels());
            for (y, skip) in pixels.zip(skip.chunks_exact(shape.skip_channels)) {
                y[shape.channels..].copy_from_slice(skip);
            }
        }
    });
    Ok(())
}

/// The gradients of the input and of the skip connection from that of the output, `dy`. Overwrites `dx` and `dskip`.
/// Shapes as in [`forward`].
///
/// # Errors
/// When the sizes are impossible or a slice has another length.
pub fn backward(
    shape: &UpsampleShape,
    kind: Upsampling,
    dy: &[f32],
    dx: &mut [f32],
    dskip: &mut [f32],
) -> Result<(), ShapeError> {
    check_length("the gradient of the input", dx.len(), shape.input_len()?)?;
    check_length("the gradient of the skip connection", dskip.len(), shape.skip_len()?)?;
    check_length("the gradient of the output", dy.len(), shape.output_len()?)?;
    let _span = span::operator!("upsample.backward", dy.len());
    let isa = Isa::current();
    let [in_row, skip_row, row] = shape.rows();
    let dskip = Shared::new(dskip);
    dx.par_chunks_mut(in_row).enumerate().for_each(|(index, dx)| {
        let (image, input) = (index / shape.height, index % shape.height);
        match kind {
            Upsampling::Nearest => nearest::backward_row(isa, shape, dy, index, dx),
            Upsampling::Bilinear => bilinear::backward_row(isa, shape, dy, image, input, dx),
        }
        if shape.skip_channels > 0 {
            // SAFETY: the two rows over this task's input row, which no other task has.
            let dskip = unsafe { dskip.slice(2 * index * skip_row, 2 * skip_row) };
            let pixels = dy[2 * index * row..][..2 * row].chunks_exact(shape.out_channels());
            for (dskip, dy) in dskip.chunks_exact_mut(shape.skip_channels).zip(pixels) {
                dskip.copy_from_slice(&dy[shape.channels..]);
            }
        }
    });
    Ok(())
}
