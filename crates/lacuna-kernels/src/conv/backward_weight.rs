//! The gradient of the weights: `dy` times the transposed patches, summed over blocks.
//!
//! The work is cut into a fixed number of parts by input channels, and where these are few also by blocks of
//! pixels; the latter parts are added in their order. The cut depends on the shape alone, so does the result.

#![expect(
    unsafe_code,
    reason = "weights of different input channels are written by several threads"
)]

use std::ops::Range;

use rayon::prelude::*;

use super::Geometry;
use super::blocks::{Block, blocks, even_parts};
use super::patches::gather;
use crate::matrix::{Matrix, SharedOutput, multiply, with_packed};
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
    let inputs = Inputs { geometry, x, dy };
    if shares == 1 {
        inputs.by_channels(&blocks, groups, dw);
    } else {
        scratch::with(shares * dw.len(), |sums| {
            inputs.by_channels_and_blocks(&blocks, [shares, groups], sums);
            add_shares(geometry, sums, dw);
        });
    }
}

struct Inputs<'a> {
    geometry: &'a Geometry,
    x: &'a [f32],
    dy: &'a [f32],
}

impl Inputs<'_> {
    /// Many weights: each thread makes those of its input channels from all blocks.
    fn by_channels(&self, blocks: &[Block], groups: usize, dw: &mut [f32]) {
        let depth = self.geometry.depth;
        let dw = SharedOutput::new(dw);
        let groups: Vec<_> = even_parts(self.geometry.shape.in_channels, groups).collect();
        groups.into_par_iter().with_max_len(1).for_each(|channels| {
            let start = channels.start * self.geometry.taps;
            for (index, block) in blocks.iter().enumerate() {
                self.with_block(block, channels.clone(), |gradients, patches| {
                    // SAFETY: the weights of this group's input channels, which no other group touches.
                    unsafe { dw.multiply(gradients, patches.transposed(), index > 0, start, depth) }
                });
            }
        });
    }

    /// Few weights: sums `[shares, depth, out_channels]` over a share of the blocks each.
    fn by_channels_and_blocks(
        &self,
        blocks: &[Block],
        [shares, groups]: [usize; 2],
        sums: &mut [f32],
    ) {
        let shape = &self.geometry.shape;
        let mut rest = sums;
        let mut parts = Vec::with_capacity(shares * groups);
        for share in even_parts(blocks.len(), shares) {
            for channels in even_parts(shape.in_channels, groups) {
                let len = channels.len() * self.geometry.taps * shape.out_channels;
                let sum;
                (sum, rest) = rest.split_at_mut(len);
                parts.push((&blocks[share.clone()], channels, sum));
            }
        }
        parts.into_par_iter().with_max_len(1).for_each(|(blocks, channels, sum)| {
            for (index, block) in blocks.iter().enumerate() {
                self.with_block(block, channels.clone(), |gradients, patches| {
                    multiply(patches, gradients.transposed(), index > 0, sum, shape.out_channels);
                });
            }
        });
    }

    /// Calls `work` with the gradients `[out_channels, pixels]` and the patches `[channels · taps, pixels]` of a
    /// block.
    fn with_block(&self, block: &Block, channels: Range<usize>, work: impl FnOnce(Matrix, Matrix)) {
        let geometry = self.geometry;
        let pixels = block.pixels(geometry);
        let rows = channels.len() * geometry.taps;
        let outputs = geometry.shape.out_channels;
        let line = |(channel, image): (usize, usize)| {
            let plane = (image * outputs + channel) * geometry.out_plane();
            let start = plane + block.rows.start * geometry.out_width;
            &self.dy[start..start + block.rows.len() * geometry.out_width]
        };
        let lines = (0..outputs)
            .flat_map(|channel| block.images.clone().map(move |image| (channel, image)))
            .map(line);
        with_packed(lines, outputs, pixels, |gradients| {
            if geometry.is_pointwise() {
                let plane = geometry.in_plane();
                let first = block.images.start * geometry.shape.in_channels + channels.start;
                let start = first * plane + block.rows.start * geometry.out_width;
                work(gradients, Matrix::new(&self.x[start..], rows, pixels, plane));
            } else {
                scratch::with(rows * pixels, |patches| {
                    gather(geometry, self.x, block, channels, patches);
                    work(gradients, Matrix::new(patches, rows, pixels, pixels));
                });
            }
        });
    }
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
