//! The gradient of the input as convolutions of the gradient of the output.
//!
//! An input pixel gets a product from every tap through which it was read. With stride s those are each s-th tap, so
//! the pixels of one remainder of (position + padding) by s, down and across, share their taps: they are a convolution
//! of the output's gradient with these taps flipped, written s pixels apart. Stride 1 is the case of one remainder,
//! stride 2 with a 3×3 kernel that of four, with 1, 2, 2 and 4 taps.

use super::ConvShape;
use super::method::Precision;
use super::panels::{PanelSizes, WeightView, Weights};
use super::pass::{Axis, Pass};

/// A pass and the weights it takes, in PyTorch's `[out, in, height, width]`.
pub(super) fn passes<'a>(
    shape: &ConvShape,
    out: [usize; 2],
    w: &'a [f32],
    precision: Precision,
) -> Vec<(Pass, Weights<'a>)> {
    let mut passes = Vec::new();
    for down in 0..shape.stride[0] {
        for across in 0..shape.stride[1] {
            let rows = axis(shape, 0, shape.height, out[0], down);
            let columns = axis(shape, 1, shape.width, out[1], across);
            if let (Some(rows), Some(columns)) = (rows, columns) {
                let pass = Pass {
                    batch: shape.batch,
                    in_channels: shape.out_channels,
                    out_channels: shape.in_channels,
                    rows,
                    columns,
                    precision,
                };
                let view = flipped(shape, [down, across], &pass);
                passes.push((pass, Weights { values: w, view, sizes: sizes(&pass) }));
            }
        }
    }
    passes
}

fn sizes(pass: &Pass) -> PanelSizes {
    PanelSizes {
        outputs: pass.out_channels,
        inputs: pass.in_channels,
        taps: [pass.rows.taps, pass.columns.taps],
    }
}

/// One axis of the input pixels whose position plus padding has the remainder `remainder`; none if there are none.
fn axis(shape: &ConvShape, axis: usize, size: usize, out: usize, remainder: usize) -> Option<Axis> {
    let (kernel, stride, padding) = (shape.kernel[axis], shape.stride[axis], shape.padding[axis]);
    let first = (remainder + stride - padding % stride) % stride;
    if first >= size {
        return None;
    }
    let taps = kernel.saturating_sub(remainder).div_ceil(stride);
    let origin = ((first + padding - remainder) / stride) as isize - (taps as isize - 1);
    let count = (size - first).div_ceil(stride);
    Some(Axis { source: out, taps, stride: 1, origin, count, target: size, first, step: stride })
}

/// The weights of the taps of a remainder, flipped, with inputs and outputs exchanged.
fn flipped(shape: &ConvShape, remainder: [usize; 2], pass: &Pass) -> WeightView {
    let [height, width] = shape.kernel.map(|size| size as isize);
    let last = |axis: usize, taps: usize| {
        remainder[axis] as isize + shape.stride[axis] as isize * (taps as isize - 1)
    };
    let plane = height * width;
    WeightView {
        start: last(0, pass.rows.taps) * width + last(1, pass.columns.taps),
        output: plane,
        input: shape.in_channels as isize * plane,
        taps: [-(shape.stride[0] as isize) * width, -(shape.stride[1] as isize)],
    }
}
