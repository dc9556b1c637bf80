//! The gradient of the input.

use std::ops::Range;

use rayon::prelude::*;

use super::blocks::even_chunks;
use super::patches::scatter_add;
use super::{ConvShape, Geometry, forward};
use crate::matrix::{Matrix, multiply, with_packed};
use crate::scratch;

/// Rows of the patch matrix made at a time.
const PATCH_ROWS: usize = 288;
/// Pixels made at a time.
const MOST_PIXELS: usize = 512;

pub(super) fn run(geometry: &Geometry, dy: &[f32], w: &[f32], dx: &mut [f32]) {
    match mirrored(geometry) {
        Some(mirror) if geometry.is_pointwise() => {
            let shape = &geometry.shape;
            let weights = Matrix::new(w, shape.out_channels, shape.in_channels, shape.in_channels);
            forward::convolve(&mirror, dy, weights.transposed(), None, dx);
        }
        Some(mirror) => {
            scratch::with(w.len(), |flipped| {
                flip(geometry, w, flipped);
                let weights =
                    Matrix::new(flipped, mirror.shape.out_channels, mirror.depth, mirror.depth);
                forward::convolve(&mirror, dy, weights, None, dx);
            });
        }
        None => scatter(geometry, dy, w, dx),
    }
}

/// With stride 1 the gradient is itself a convolution, of `dy`, with padding `kernel − 1 − padding`.
fn mirrored(geometry: &Geometry) -> Option<Geometry> {
    let shape = &geometry.shape;
    if shape.stride != [1, 1] {
        return None;
    }
    let along = |axis: usize| (shape.kernel[axis] - 1).checked_sub(shape.padding[axis]);
    let mirror = ConvShape {
        in_channels: shape.out_channels,
        out_channels: shape.in_channels,
        height: geometry.out_height,
        width: geometry.out_width,
        padding: [along(0)?, along(1)?],
        ..*shape
    };
    Some(Geometry {
        shape: mirror,
        out_height: shape.height,
        out_width: shape.width,
        taps: geometry.taps,
        depth: shape.out_channels * geometry.taps,
    })
}

/// `[in_channels, out_channels, taps reversed]`.
fn flip(geometry: &Geometry, w: &[f32], flipped: &mut [f32]) {
    let (taps, depth) = (geometry.taps, geometry.depth);
    let rows = flipped.par_chunks_exact_mut(geometry.shape.out_channels * taps);
    rows.enumerate().for_each(|(channel, row)| {
        for (output, values) in row.chunks_exact_mut(taps).enumerate() {
            let kernel = &w[output * depth + channel * taps..][..taps];
            values.iter_mut().zip(kernel.iter().rev()).for_each(|(value, weight)| *value = *weight);
        }
    });
}

/// Any stride: gradients of patches, added to where the patches came from. An image's channels are cut into
/// groups; each group's planes are written by one thread, bands from top to bottom.
fn scatter(geometry: &Geometry, dy: &[f32], w: &[f32], dx: &mut [f32]) {
    let shape = &geometry.shape;
    let most = (PATCH_ROWS / geometry.taps).max(1);
    let group = shape.in_channels.div_ceil(shape.in_channels.div_ceil(most));
    let plane = geometry.in_plane();
    let groups = dx.par_chunks_mut(shape.in_channels * plane).enumerate().flat_map(|(n, image)| {
        image.par_chunks_mut(group * plane).enumerate().map(move |(index, dx)| (n, index, dx))
    });
    groups.for_each(|(image, index, dx)| {
        let first = index * group;
        let channels = first..first + dx.len() / plane;
        let out_plane = geometry.out_plane();
        let dy = &dy[image * shape.out_channels * out_plane..][..shape.out_channels * out_plane];
        scatter_group(geometry, dy, w, channels, dx);
    });
}

/// `dy` of one image, `dx` of some of its channels.
fn scatter_group(
    geometry: &Geometry,
    dy: &[f32],
    w: &[f32],
    channels: Range<usize>,
    dx: &mut [f32],
) {
    let outputs = geometry.shape.out_channels;
    let rows = channels.len() * geometry.taps;
    let weights = Matrix::new(&w[channels.start * geometry.taps..], outputs, rows, geometry.depth)
        .transposed();
    dx.fill(0.0);
    let most = (MOST_PIXELS / geometry.out_width).max(1);
    for band in even_chunks(geometry.out_height, most) {
        let pixels = band.len() * geometry.out_width;
        let start = band.start * geometry.out_width;
        let lines =
            dy.chunks_exact(geometry.out_plane()).map(|plane| &plane[start..start + pixels]);
        with_packed(lines, outputs, pixels, |dy| {
            scratch::with(rows * pixels, |patches| {
                multiply(weights, dy, false, patches, pixels);
                scatter_add(geometry, &band, patches, dx);
            });
        });
    }
}
