//! The sizes of a convolution, checked.

use crate::ShapeError;
use crate::shape_error::{check_length, product};

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

    /// Operations of one pass as it is defined: two for each output value, input channel and tap.
    ///
    /// # Errors
    /// When the sizes are impossible.
    pub fn operations(&self) -> Result<usize, ShapeError> {
        let [down, across] = self.kernel;
        product(&[2, self.output_len()?, self.in_channels, down, across])
    }

    /// Height and width of the output, once the slices have been found to have these lengths.
    pub(super) fn check(&self, w: usize, y: usize) -> Result<[usize; 2], ShapeError> {
        let out = self.output_size()?;
        self.input_len()?;
        check_length("the weight", w, self.weight_len()?)?;
        check_length("the output", y, self.output_len()?)?;
        // Padded weights, and padded rows under one output row, must be countable too.
        let channels = [self.in_channels.max(16), self.out_channels.next_multiple_of(32)];
        product(&[channels[0], channels[1], self.kernel[0].max(6), self.kernel[1].max(6)])?;
        let padded = product(&[out[1] + 6, self.stride[1]])?.saturating_add(self.kernel[1]);
        product(&[padded, self.kernel[0].max(6), self.stride[0], channels[0].max(channels[1])])?;
        product(&[out[0] + 6, self.stride[0], 2])?;
        Ok(out)
    }
}
