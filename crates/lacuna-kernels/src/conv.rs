//! Two-dimensional convolution and its gradients: patches of the input gathered into a matrix, band by band, times
//! the weights.
//!
//! All kernels, strides and paddings; no groups, no dilation. Activations are `[N, C, H, W]`, weights
//! `[out_channels, in_channels, kernel height, kernel width]`, as in PyTorch's `conv2d` (a cross-correlation).

mod backward_input;
mod backward_weight;
mod blocks;
mod forward;
mod patches;

use rayon::prelude::*;

use crate::ShapeError;
use crate::matrix::Matrix;
use crate::shape_error::check_length;

/// The sizes of a convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConvShape {
    /// Number of images, N.
    pub batch: usize,
    /// Channels of the input.
    pub in_channels: usize,
    /// Channels of the output.
    pub out_channels: usize,
    /// Height of the input in pixels.
    pub height: usize,
    /// Width of the input in pixels.
    pub width: usize,
    /// Kernel height and width.
    pub kernel: [usize; 2],
    /// Step between outputs in input pixels, down and across.
    pub stride: [usize; 2],
    /// Zeros added above and below, and left and right.
    pub padding: [usize; 2],
}

impl ConvShape {
    /// Height and width of the output.
    ///
    /// # Errors
    /// When a size is 0 or the kernel is larger than the padded input.
    pub fn output_size(&self) -> Result<[usize; 2], ShapeError> {
        let sizes = [
            ("batch size", self.batch),
            ("number of input channels", self.in_channels),
            ("number of output channels", self.out_channels),
            ("height", self.height),
            ("width", self.width),
            ("kernel height", self.kernel[0]),
            ("kernel width", self.kernel[1]),
            ("vertical stride", self.stride[0]),
            ("horizontal stride", self.stride[1]),
        ];
        if let Some((what, _)) = sizes.into_iter().find(|(_, size)| *size == 0) {
            return Err(ShapeError::Zero { what });
        }
        Ok([self.output_along(0, self.height)?, self.output_along(1, self.width)?])
    }

    fn output_along(&self, axis: usize, size: usize) -> Result<usize, ShapeError> {
        let (kernel, padding) = (self.kernel[axis], self.padding[axis]);
        let padded = product(&[padding, 2])?.checked_add(size).ok_or(ShapeError::Overflow)?;
        let room = padded.checked_sub(kernel).ok_or(ShapeError::KernelTooLarge {
            kernel,
            size,
            padding,
        })?;
        Ok(room / self.stride[axis] + 1)
    }

    /// Number of values of the input.
    pub fn input_len(&self) -> Result<usize, ShapeError> {
        product(&[self.batch, self.in_channels, self.height, self.width])
    }

    /// Number of weights.
    pub fn weight_len(&self) -> Result<usize, ShapeError> {
        product(&[self.out_channels, self.in_channels, self.kernel[0], self.kernel[1]])
    }

    /// Number of values of the output.
    pub fn output_len(&self) -> Result<usize, ShapeError> {
        let [height, width] = self.output_size()?;
        product(&[self.batch, self.out_channels, height, width])
    }

    /// The sizes derived from a shape whose slices have the given lengths.
    fn geometry(&self, x: usize, w: usize, y: usize) -> Result<Geometry, ShapeError> {
        let [out_height, out_width] = self.output_size()?;
        check_length("the input", x, self.input_len()?)?;
        check_length("the weight", w, self.weight_len()?)?;
        check_length("the output", y, self.output_len()?)?;
        let taps = self.kernel[0] * self.kernel[1];
        // Patches of one output row and the padded rows under it must be countable too.
        product(&[self.in_channels, taps, out_width, self.batch])?;
        product(&[taps, out_width + self.kernel[1], self.stride[0], self.stride[1], out_height])?;
        Ok(Geometry { shape: *self, out_height, out_width, taps, depth: self.in_channels * taps })
    }
}

fn product(sizes: &[usize]) -> Result<usize, ShapeError> {
    // Sizes are element counts of slices of 4-byte values, which are at most `isize::MAX` bytes long.
    let total = sizes.iter().try_fold(1usize, |total, size| total.checked_mul(*size));
    total.filter(|total| *total <= isize::MAX as usize / 4).ok_or(ShapeError::Overflow)
}

/// A checked shape and what follows from it.
#[derive(Debug, Clone, Copy)]
struct Geometry {
    shape: ConvShape,
    out_height: usize,
    out_width: usize,
    /// Kernel height times kernel width.
    taps: usize,
    /// Values of a patch: input channels times taps.
    depth: usize,
}

impl Geometry {
    /// Pixels of an input plane.
    const fn in_plane(&self) -> usize {
        self.shape.height * self.shape.width
    }

    /// Pixels of an output plane.
    const fn out_plane(&self) -> usize {
        self.out_height * self.out_width
    }

    /// Whether the patches are the input itself.
    fn is_pointwise(&self) -> bool {
        self.taps == 1 && self.shape.stride == [1, 1] && self.shape.padding == [0, 0]
    }
}

/// `y = x * w + bias`. Overwrites `y`.
///
/// # Shapes
/// `x` `[batch, in_channels, height, width]`, `w` `[out_channels, in_channels, kernel]`, `bias` `[out_channels]`,
/// `y` `[batch, out_channels, output_size]`.
///
/// # Errors
/// When the sizes are impossible or a slice has another length.
pub fn forward(
    shape: &ConvShape,
    x: &[f32],
    w: &[f32],
    bias: Option<&[f32]>,
    y: &mut [f32],
) -> Result<(), ShapeError> {
    let geometry = shape.geometry(x.len(), w.len(), y.len())?;
    if let Some(bias) = bias {
        check_length("the bias", bias.len(), shape.out_channels)?;
    }
    let weights = Matrix::new(w, shape.out_channels, geometry.depth, geometry.depth);
    forward::convolve(&geometry, x, weights, bias, y);
    Ok(())
}

/// The gradient of the input from the gradient `dy` of the output. Overwrites `dx`. Shapes as in [`forward`].
///
/// # Errors
/// When the sizes are impossible or a slice has another length.
pub fn backward_input(
    shape: &ConvShape,
    dy: &[f32],
    w: &[f32],
    dx: &mut [f32],
) -> Result<(), ShapeError> {
    let geometry = shape.geometry(dx.len(), w.len(), dy.len())?;
    backward_input::run(&geometry, dy, w, dx);
    Ok(())
}

/// The gradient of the weights. Overwrites `dw`. Shapes as in [`forward`].
///
/// # Errors
/// When the sizes are impossible or a slice has another length.
pub fn backward_weight(
    shape: &ConvShape,
    x: &[f32],
    dy: &[f32],
    dw: &mut [f32],
) -> Result<(), ShapeError> {
    let geometry = shape.geometry(x.len(), dw.len(), dy.len())?;
    backward_weight::run(&geometry, x, dy, dw);
    Ok(())
}

/// The gradient of the bias: the sum of `dy` over images and pixels, per channel. Overwrites `db`.
///
/// # Errors
/// When the sizes are impossible or a slice has another length.
pub fn backward_bias(shape: &ConvShape, dy: &[f32], db: &mut [f32]) -> Result<(), ShapeError> {
    let [height, width] = shape.output_size()?;
    let plane = height * width;
    check_length("the output", dy.len(), shape.output_len()?)?;
    check_length("the bias", db.len(), shape.out_channels)?;
    db.par_iter_mut().enumerate().for_each(|(channel, sum)| {
        let planes = dy.chunks_exact(plane).skip(channel).step_by(shape.out_channels);
        *sum = planes.flatten().map(|value| f64::from(*value)).sum::<f64>() as f32;
    });
    Ok(())
}
