//! Patches of the input as a matrix, and back.

use std::ops::Range;

use super::Geometry;
use super::blocks::Block;
use crate::scratch;

/// Writes the patches of a block as a matrix `[channels · taps, pixels]`.
///
/// Each channel is first copied with its zero border and with the columns of equal remainder by the stride
/// together; then every row of the matrix is made of plain copies.
pub(super) fn gather(
    geometry: &Geometry,
    x: &[f32],
    block: &Block,
    channels: Range<usize>,
    patches: &mut [f32],
) {
    let plane = geometry.in_plane();
    let band = block.rows.len() * geometry.out_width;
    let pixels = block.pixels(geometry);
    let padded = Padded::new(geometry, &block.rows);
    scratch::with(padded.len(), |border| {
        for (channel, rows) in channels.zip(patches.chunks_exact_mut(geometry.taps * pixels)) {
            for (index, image) in block.images.clone().enumerate() {
                let start = (image * geometry.shape.in_channels + channel) * plane;
                padded.fill(&x[start..start + plane], border);
                padded.spread(border, &mut rows[index * band..], pixels);
            }
        }
    });
}

/// The input rows under a band of output rows, with the zero border.
struct Padded<'a> {
    geometry: &'a Geometry,
    /// Output rows.
    rows: usize,
    /// Position of the first row in the padded input.
    top: usize,
    /// Input rows.
    height: usize,
    /// Values of one row with the same remainder of the padded column by the stride.
    width: usize,
}

impl<'a> Padded<'a> {
    fn new(geometry: &'a Geometry, rows: &Range<usize>) -> Self {
        let [kernel, stride] = [geometry.shape.kernel, geometry.shape.stride];
        Self {
            geometry,
            rows: rows.len(),
            top: rows.start * stride[0],
            height: (rows.len() - 1) * stride[0] + kernel[0],
            width: geometry.out_width + (kernel[1] - 1) / stride[1],
        }
    }

    fn len(&self) -> usize {
        self.height * self.row_len()
    }

    fn row_len(&self) -> usize {
        self.geometry.shape.stride[1] * self.width
    }

    fn fill(&self, plane: &[f32], border: &mut [f32]) {
        let shape = &self.geometry.shape;
        for (row, out) in border.chunks_exact_mut(self.row_len()).enumerate() {
            match (self.top + row).checked_sub(shape.padding[0]) {
                Some(y) if y < shape.height => {
                    self.fill_row(&plane[y * shape.width..][..shape.width], out);
                }
                _ => out.fill(0.0),
            }
        }
    }

    fn fill_row(&self, line: &[f32], out: &mut [f32]) {
        let stride = self.geometry.shape.stride[1];
        let padding = self.geometry.shape.padding[1];
        for (remainder, out) in out.chunks_exact_mut(self.width).enumerate() {
            // The first column whose position is in the line, and the first beyond it.
            let begin = padding.saturating_sub(remainder).div_ceil(stride).min(self.width);
            let end = (line.len() + padding).saturating_sub(remainder).div_ceil(stride);
            let end = end.clamp(begin, self.width);
            out[..begin].fill(0.0);
            out[end..].fill(0.0);
            if begin == end {
                continue;
            }
            let first = begin * stride + remainder - padding;
            if stride == 1 {
                out[begin..end].copy_from_slice(&line[first..first + end - begin]);
            } else {
                let values = line[first..].iter().step_by(stride);
                out[begin..end].iter_mut().zip(values).for_each(|(out, value)| *out = *value);
            }
        }
    }

    /// Copies the border's rows to the taps of one channel and image; the rows of the matrix are `pixels` long.
    fn spread(&self, border: &[f32], patches: &mut [f32], pixels: usize) {
        let [kernel, stride] = [self.geometry.shape.kernel, self.geometry.shape.stride];
        let width = self.geometry.out_width;
        for tap in 0..self.geometry.taps {
            let (down, across) = (tap / kernel[1], tap % kernel[1]);
            let column = (across % stride[1]) * self.width + across / stride[1];
            let out = &mut patches[tap * pixels..][..self.rows * width];
            for (row, out) in out.chunks_exact_mut(width).enumerate() {
                let start = (row * stride[0] + down) * self.row_len() + column;
                out.copy_from_slice(&border[start..start + width]);
            }
        }
    }
}

/// Adds the patches of a band of output rows of one image to the planes `dx` of some channels.
pub(super) fn scatter_add(
    geometry: &Geometry,
    rows: &Range<usize>,
    patches: &[f32],
    dx: &mut [f32],
) {
    let pixels = rows.len() * geometry.out_width;
    let planes = dx.chunks_exact_mut(geometry.in_plane());
    for (plane, patches) in planes.zip(patches.chunks_exact(geometry.taps * pixels)) {
        for (tap, lines) in patches.chunks_exact(pixels).enumerate() {
            for (row, line) in rows.clone().zip(lines.chunks_exact(geometry.out_width)) {
                add_line(geometry, tap, row, line, plane);
            }
        }
    }
}

fn add_line(geometry: &Geometry, tap: usize, row: usize, line: &[f32], plane: &mut [f32]) {
    let shape = &geometry.shape;
    let (down, across) = (tap / shape.kernel[1], tap % shape.kernel[1]);
    let y = (row * shape.stride[0] + down).wrapping_sub(shape.padding[0]);
    if y >= shape.height {
        return;
    }
    let stride = shape.stride[1];
    let begin = shape.padding[1].saturating_sub(across).div_ceil(stride).min(line.len());
    let first = (begin * stride + across).saturating_sub(shape.padding[1]).min(shape.width);
    let targets = plane[y * shape.width..][first..shape.width].iter_mut();
    let values = &line[begin..];
    if stride == 1 {
        targets.zip(values).for_each(|(target, value)| *target += value);
    } else {
        targets.step_by(stride).zip(values).for_each(|(target, value)| *target += value);
    }
}
