//! The gradient of the weights: `dy` times the transposed patches, summed over blocks.
//!
//! The work is cut into a fixed number of parts by input channels, and where these are few also by blocks of
//! pixels; the latter parts are added in their order. The cut depends on the shape alone, so does the result.

use std::ops::Range;

use rayon::prelude::*;

use super::Geometry;
use super::blocks::{Block, blocks, even_parts};
use super::patches::gather;
use crate::matrix::{Matrix, multiply};
use crate::scratch;

/// Parts in which the work is cut.
const PARTS: usize = 16;
/// Rows of the patch matrix that pay for packing `dy` again.
const PATCH_ROWS: usize = 288;
/// More pixels in a block bring nothing.
const MOST_PIXELS: usize = 256;
/// Output channels added at a time: one cache line.
const LINE: usize = 16;

pub(super) fn run(geometry: &Geometry, x: &[f32], dy: &[f32], dw: &mut [f32]) {
    let shape = &geometry.shape;
    let groups = (geometry.depth / PATCH_ROWS).clamp(1, PARTS.min(shape.in_channels));
    let group_depth = geometry.depth.div_ceil(groups);
    let blocks = blocks(geometry, group_depth, MOST_PIXELS);
    let shares = (PARTS / groups).min(blocks.len());
    // The partial sums of a share are `[depth, out_channels]`.
    let mut sums = vec![0.0; shares * dw.len()];
    let mut rest = sums.as_mut_slice();
    let mut parts = Vec::with_capacity(shares * groups);
    for share in even_parts(blocks.len(), shares) {
        for channels in even_parts(shape.in_channels, groups) {
            let len = channels.len() * geometry.taps * shape.out_channels;
            let sum;
            (sum, rest) = rest.split_at_mut(len);
            parts.push((&blocks[share.clone()], channels, sum));
        }
    }
    parts.into_par_iter().with_max_len(1).for_each(|(blocks, channels, sum)| {
        for (index, block) in blocks.iter().enumerate() {
            add_block(geometry, x, dy, block, channels.clone(), index > 0, sum);
        }
    });
    add_shares(geometry, &sums, dw);
}

/// `sum` is `[channels · taps, out_channels]`; with `add` the block is added to it.
fn add_block(
    geometry: &Geometry,
    x: &[f32],
    dy: &[f32],
    block: &Block,
    channels: Range<usize>,
    add: bool,
    sum: &mut [f32],
) {
    let outputs = geometry.shape.out_channels;
    let pixels = block.pixels(geometry);
    let rows = channels.len() * geometry.taps;
    with_gradients(geometry, dy, block, |gradients| {
        if geometry.is_pointwise() {
            let plane = geometry.in_plane();
            let first = block.images.start * geometry.shape.in_channels + channels.start;
            let start = first * plane + block.rows.start * geometry.out_width;
            let patches = Matrix::new(&x[start..], rows, pixels, plane);
            multiply(patches, gradients.transposed(), add, sum, outputs);
        } else {
            scratch::with(rows * pixels, |patches| {
                gather(geometry, x, block, channels, patches);
                let patches = Matrix::new(patches, rows, pixels, pixels);
                multiply(patches, gradients.transposed(), add, sum, outputs);
            });
        }
    });
}

/// The gradients of a block as `[out_channels, pixels]`: copied where the block is of several images.
fn with_gradients(geometry: &Geometry, dy: &[f32], block: &Block, work: impl FnOnce(Matrix)) {
    let (outputs, plane) = (geometry.shape.out_channels, geometry.out_plane());
    let pixels = block.pixels(geometry);
    if block.images.len() == 1 {
        let start = block.images.start * outputs * plane + block.rows.start * geometry.out_width;
        return work(Matrix::new(&dy[start..], outputs, pixels, plane));
    }
    scratch::with(outputs * pixels, |gradients| {
        for (channel, row) in gradients.chunks_exact_mut(pixels).enumerate() {
            for (image, values) in block.images.clone().zip(row.chunks_exact_mut(plane)) {
                values.copy_from_slice(&dy[(image * outputs + channel) * plane..][..plane]);
            }
        }
        work(Matrix::new(gradients, outputs, pixels, pixels));
    });
}

/// `dw` `[out_channels, depth]` from the sums `[shares, depth, out_channels]`.
fn add_shares(geometry: &Geometry, sums: &[f32], dw: &mut [f32]) {
    let (depth, outputs) = (geometry.depth, geometry.shape.out_channels);
    let lines = dw.par_chunks_mut(LINE * depth).enumerate();
    lines.for_each(|(line, dw)| {
        let first = line * LINE;
        let count = dw.len() / depth;
        for row in 0..depth {
            let mut total = [0.0; LINE];
            for share in sums.chunks_exact(depth * outputs) {
                let values = &share[row * outputs + first..][..count];
                total.iter_mut().zip(values).for_each(|(total, value)| *total += value);
            }
            for (out, total) in dw[row..].iter_mut().step_by(depth).zip(total) {
                *out = total;
            }
        }
    });
}
