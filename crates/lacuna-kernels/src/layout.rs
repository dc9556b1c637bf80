//! Changes of the order of axes, for pictures going in and logits coming out.

use rayon::prelude::*;

use crate::ShapeError;
use crate::aligned::Shared;
use crate::shape_error::{check_length, check_sizes, product};
use crate::span;

/// Pixels a thread moves at a time: their values of all of a few channels stay in the first-level cache.
const BLOCK: usize = 512;

/// The sizes of a tensor whose channels move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayoutShape {
    /// Number of images, N.
    pub batch: usize,
    /// Number of channels, C.
    pub channels: usize,
    /// Pixels of a channel, H · W.
    pub pixels: usize,
}

impl LayoutShape {
    /// Number of values.
    ///
    /// # Errors
    /// When a size is 0 or the product overflows.
    pub fn value_count(&self) -> Result<usize, ShapeError> {
        check_sizes(&[
            ("batch size", self.batch),
            ("number of channels", self.channels),
            ("number of pixels", self.pixels),
        ])?;
        product(&[self.batch, self.channels, self.pixels])
    }
}

/// `[N, C, H, W]` to `[N, H, W, C]`. Overwrites `to`.
///
/// # Errors
/// When the sizes are impossible or a slice has another length.
pub fn to_channels_last(
    shape: &LayoutShape,
    from: &[f32],
    to: &mut [f32],
) -> Result<(), ShapeError> {
    transpose(shape.value_count()?, [shape.channels, shape.pixels], from, to)
}

/// `[N, H, W, C]` to `[N, C, H, W]`. Overwrites `to`.
///
/// # Errors
/// When the sizes are impossible or a slice has another length.
pub fn to_channels_first(
    shape: &LayoutShape,
    from: &[f32],
    to: &mut [f32],
) -> Result<(), ShapeError> {
    transpose(shape.value_count()?, [shape.pixels, shape.channels], from, to)
}

/// Each image of `[rows, columns]` to `[columns, rows]`.
fn transpose(
    len: usize,
    [rows, columns]: [usize; 2],
    from: &[f32],
    to: &mut [f32],
) -> Result<(), ShapeError> {
    check_length("the input", from.len(), len)?;
    check_length("the output", to.len(), len)?;
    let _span = span::operator!("layout.transpose", len);
    let plane = rows * columns;
    let blocks = columns.div_ceil(BLOCK);
    // The shorter side is walked inside: its lines are all in the cache.
    if columns >= rows {
        let to = Shared::new(to);
        (0..len / plane * blocks).into_par_iter().for_each(|item| {
            let (image, first) = (item / blocks, item % blocks * BLOCK);
            let count = BLOCK.min(columns - first);
            let from = &from[image * plane..][..plane];
            let start = image * plane + first * rows;
            move_block(from, columns, first, rows, &to, start, count);
        });
    } else {
        to.par_chunks_mut(rows).enumerate().for_each(|(line, to)| {
            let (image, column) = (line / columns, line % columns);
            let from = from[image * plane + column..].iter().step_by(columns);
            to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
        });
    }
    Ok(())
}

#[expect(unsafe_code, reason = "blocks of one output are written by several threads")]
fn move_block(
    from: &[f32],
    columns: usize,
    first: usize,
    rows: usize,
    to: &Shared,
    start: usize,
    count: usize,
) {
    // SAFETY: the columns of this block, which no other block has.
    let to = unsafe { to.slice(start, count * rows) };
    for row in 0..rows {
        let from = &from[row * columns + first..][..count];
        to[row..].iter_mut().step_by(rows).zip(from).for_each(|(to, from)| *to = *from);
    }
}
