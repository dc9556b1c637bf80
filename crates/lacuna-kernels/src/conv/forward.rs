//! The forward pass: weights times the patches of each block.

#![expect(unsafe_code, reason = "blocks of one output are written by several threads")]

use std::ops::Range;

use rayon::prelude::*;

use super::Geometry;
use super::blocks::{Block, blocks, even_parts};
use super::patches::gather;
use crate::matrix::{Matrix, SharedOutput, multiply};
use crate::scratch;

/// More pixels in a block bring nothing.
const MOST_PIXELS: usize = 1024;
/// With fewer blocks than this the output channels are split as well.
const FEWEST_ITEMS: usize = 16;
/// Output channels worth reading the patches again for.
const FEWEST_CHANNELS: usize = 64;

/// `weights` are `[out_channels, depth]`.
pub(super) fn convolve(
    geometry: &Geometry,
    x: &[f32],
    weights: Matrix,
    bias: Option<&[f32]>,
    y: &mut [f32],
) {
    let blocks = blocks(geometry, geometry.depth, MOST_PIXELS);
    let channels = geometry.shape.out_channels;
    let parts = (FEWEST_ITEMS / blocks.len()).clamp(1, (channels / FEWEST_CHANNELS).max(1));
    let output = SharedOutput::new(y);
    let write = |block, channels: Range<usize>, patches: Matrix| {
        let weights = weights.rows(channels.clone());
        Item { geometry, block, channels, output: &output }.write(weights, patches, bias);
    };
    if parts == 1 {
        blocks.par_iter().with_max_len(1).for_each(|block| {
            let gather = |patches: &mut [f32]| {
                gather(geometry, x, block, 0..geometry.shape.in_channels, patches);
            };
            with_patches(geometry, x, block, gather, |patches| {
                write(block, 0..channels, patches);
            });
        });
    } else {
        for block in &blocks {
            let gather = |patches: &mut [f32]| gather_together(geometry, x, block, patches);
            with_patches(geometry, x, block, gather, |patches| {
                let parts: Vec<_> = even_parts(channels, parts).collect();
                parts.into_par_iter().with_max_len(1).for_each(|channels| {
                    write(block, channels, patches);
                });
            });
        }
    }
}

/// Calls `work` with the patches of a block `[depth, pixels]`, which are the input or what `gather` writes.
fn with_patches(
    geometry: &Geometry,
    x: &[f32],
    block: &Block,
    gather: impl FnOnce(&mut [f32]),
    work: impl FnOnce(Matrix),
) {
    let pixels = block.pixels(geometry);
    if geometry.is_pointwise() {
        let (plane, channels) = (geometry.in_plane(), geometry.shape.in_channels);
        let start = block.images.start * channels * plane + block.rows.start * geometry.out_width;
        work(Matrix::new(&x[start..], channels, pixels, plane));
    } else {
        scratch::with(geometry.depth * pixels, |patches| {
            gather(patches);
            work(Matrix::new(patches, geometry.depth, pixels, pixels));
        });
    }
}

/// [`gather`] of all channels by several threads.
fn gather_together(geometry: &Geometry, x: &[f32], block: &Block, patches: &mut [f32]) {
    let channels = geometry.shape.in_channels;
    let group = channels.div_ceil(FEWEST_ITEMS);
    let groups = patches.par_chunks_mut(group * geometry.taps * block.pixels(geometry));
    groups.enumerate().for_each(|(index, patches)| {
        let first = index * group;
        gather(geometry, x, block, first..channels.min(first + group), patches);
    });
}

/// A block of pixels and a range of output channels. Items never overlap.
struct Item<'a> {
    geometry: &'a Geometry,
    block: &'a Block,
    channels: Range<usize>,
    output: &'a SharedOutput<'a>,
}

impl Item<'_> {
    fn write(&self, weights: Matrix, patches: Matrix, bias: Option<&[f32]>) {
        if self.block.images.len() == 1 {
            let start = self.start(self.block.images.start, self.channels.start);
            // SAFETY: the rows of this block in the planes of this item's channels, which no other item touches.
            unsafe {
                self.output.multiply(weights, patches, false, start, self.geometry.out_plane());
            };
        } else {
            self.write_images(weights, patches);
        }
        if let Some(bias) = bias {
            self.add(bias);
        }
    }

    /// Several images: their planes are apart in the output but together in the product.
    fn write_images(&self, weights: Matrix, patches: Matrix) {
        let plane = self.geometry.out_plane();
        let pixels = self.block.pixels(self.geometry);
        scratch::with(self.channels.len() * pixels, |product| {
            multiply(weights, patches, false, product, pixels);
            for (channel, row) in self.channels.clone().zip(product.chunks_exact(pixels)) {
                for (image, values) in self.block.images.clone().zip(row.chunks_exact(plane)) {
                    self.line(image, channel).copy_from_slice(values);
                }
            }
        });
    }

    fn add(&self, bias: &[f32]) {
        for image in self.block.images.clone() {
            for channel in self.channels.clone() {
                self.line(image, channel).iter_mut().for_each(|value| *value += bias[channel]);
            }
        }
    }

    /// Where the block's pixels of a channel begin.
    fn start(&self, image: usize, channel: usize) -> usize {
        (image * self.geometry.shape.out_channels + channel) * self.geometry.out_plane()
            + self.block.rows.start * self.geometry.out_width
    }

    /// The block's pixels of one image and channel.
    #[expect(clippy::mut_from_ref, reason = "a part of the shared output")]
    fn line(&self, image: usize, channel: usize) -> &mut [f32] {
        debug_assert!(self.block.images.contains(&image) && self.channels.contains(&channel));
        let len = self.block.rows.len() * self.geometry.out_width;
        // SAFETY: pixels and channel of this item, which no other item touches; callers hold one line at a time.
        unsafe { self.output.slice(self.start(image, channel), len) }
    }
}
