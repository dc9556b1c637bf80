//! What a convolution reads: a tensor, or one that is never stored.

use super::ConvShape;
use crate::ShapeError;
use crate::scratch;
use crate::shape_error::{check_length, product};

/// The input of a convolution, `[batch, height, width, in_channels]`.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// It lies in memory.
    Plain(&'a [f32]),
    /// It is put together while it is read: each pixel of `x` `[batch, height / 2, width / 2, channels]` four times,
    /// with the channels of `skip` `[batch, height, width, in_channels - channels]` behind. Height and width are even;
    /// `skip` may be empty, and `x` has at least one channel.
    UpsampledConcat {
        /// At half the size.
        x: &'a [f32],
        /// At full size.
        skip: &'a [f32],
    },
}

impl<'a> From<&'a [f32]> for Input<'a> {
    fn from(x: &'a [f32]) -> Self {
        Self::Plain(x)
    }
}

/// A tensor with some of the channels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part<'a> {
    values: &'a [f32],
    /// Its own height and width.
    size: [usize; 2],
    /// 1 where its pixels count for four.
    shift: usize,
    /// The first of its channels, and their number.
    pub(super) first: usize,
    pub(super) channels: usize,
}

impl<'a> Part<'a> {
    /// The `len` channels from its own `first` on of a pixel of the whole.
    pub(super) fn pixel(
        &self,
        [image, row, column]: [usize; 3],
        first: usize,
        len: usize,
    ) -> &'a [f32] {
        let [height, width] = self.size;
        let (row, column) = (row >> self.shift, column >> self.shift);
        let start = ((image * height + row) * width + column) * self.channels + first;
        &self.values[start..start + len]
    }
}

/// A checked [`Input`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    parts: [Part<'a>; 2],
    width: usize,
    channels: usize,
}

impl<'a> Source<'a> {
    pub(super) fn new(shape: &ConvShape, input: Input<'a>) -> Result<Self, ShapeError> {
        let (height, width, channels) = (shape.height, shape.width, shape.in_channels);
        let (x, skip) = match input {
            Input::Plain(x) => {
                check_length("the input", x.len(), shape.input_len()?)?;
                return Ok(Self::plain(x, [height, width], channels));
            }
            Input::UpsampledConcat { x, skip } => (x, skip),
        };
        if height % 2 + width % 2 > 0 {
            return Err(ShapeError::Unsupported { what: "an upsampled input has even sizes" });
        }
        let pixels = product(&[shape.batch, height, width])?;
        let of_skip = (skip.len() / pixels.max(1)).min(channels.saturating_sub(1));
        check_length("the skip connection", skip.len(), product(&[pixels, of_skip])?)?;
        let of_x = channels - of_skip;
        check_length("the input", x.len(), product(&[pixels / 4, of_x])?)?;
        let size = [height / 2, width / 2];
        let x = Part { values: x, size, shift: 1, first: 0, channels: of_x };
        let skip =
            Part { values: skip, size: [height, width], shift: 0, first: of_x, channels: of_skip };
        Ok(Self { parts: [x, skip], width, channels })
    }

    /// A tensor `[N, size, channels]` of the right length.
    pub(super) fn plain(values: &'a [f32], size: [usize; 2], channels: usize) -> Self {
        let part = Part { values, size, shift: 0, first: 0, channels };
        let none = Part { values: &[], size, shift: 0, first: channels, channels: 0 };
        Self { parts: [part, none], width: size[1], channels }
    }

    /// The tensors that have channels.
    pub(super) fn parts(&self) -> impl Iterator<Item = Part<'a>> {
        self.parts.into_iter().filter(|part| part.channels > 0)
    }

    /// The values, if they all lie in memory.
    pub(super) fn as_slice(&self) -> Option<&'a [f32]> {
        let [first, second] = self.parts;
        (second.channels == 0 && first.shift == 0).then_some(first.values)
    }

    /// Calls `work` with a row.
    pub(super) fn with_row<R>(
        &self,
        image: usize,
        row: usize,
        work: impl FnOnce(&[f32]) -> R,
    ) -> R {
        let len = self.width * self.channels;
        if let Some(values) = self.as_slice() {
            let height = self.parts[0].size[0];
            return work(&values[(image * height + row) * len..][..len]);
        }
        scratch::with(len, |to| {
            for (column, to) in to.chunks_exact_mut(self.channels).enumerate() {
                for part in self.parts() {
                    let pixel = part.pixel([image, row, column], 0, part.channels);
                    to[part.first..][..part.channels].copy_from_slice(pixel);
                }
            }
            work(to)
        })
    }
}
