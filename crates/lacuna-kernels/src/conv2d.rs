//! Two-dimensional convolution and its gradients over channels-last tensors.
//!
//! All kernels, strides and paddings; no groups, no dilation. Activations are `[N, H, W, C]`, weights
//! `[out_channels, in_channels, kernel height, kernel width]`, as in PyTorch's `conv2d` (a cross-correlation).
//! All of these are `f32`; a [`Method`] may have the factors of direct products rounded to bf16 while they are packed.

mod backward_input;
mod backward_weight;
mod choice;
mod method;
mod narrow;
mod outer;
mod pairs;
mod panels;
mod pass;
mod products;
mod shape;
mod source;
mod tile;
mod tiled;
mod tiled_outer;
mod winograd;

use choice::{Choice, Direction};
pub use method::{Algorithm, Method, Precision};
use panels::{PanelSizes, Panels, WeightView, Weights};
use pass::{Axis, Pass};
pub use shape::ConvShape;
pub use source::Input;
use source::Source;
use tile::Finish;

use crate::ShapeError;
use crate::aligned::Shared;
use crate::channel_sums::{self, Terms};
use crate::isa::Isa;
use crate::periodic::Period;
use crate::pool::BufferPool;
use crate::shape_error::check_length;
use crate::span;

/// What follows a convolution in the same pass, in this order.
#[derive(Debug, Default)]
pub struct Epilogue<'a> {
    /// Added to each output channel, `[out_channels]`.
    pub bias: Option<&'a [f32]>,
    /// Added to the output, whose shape it has.
    pub shortcut: Option<&'a [f32]>,
    /// Negative values become 0.
    pub relu: bool,
    /// Overwritten by the sum and the sum of squares of each output channel as written, `[2, out_channels]`.
    /// Summed in single precision within a band of rows or a chunk of tiles, and in double precision over these.
    pub sums: Option<&'a mut [f64]>,
}

impl Epilogue<'_> {
    fn check(&self, channels: usize, output: usize) -> Result<(), ShapeError> {
        self.bias.map_or(Ok(()), |bias| check_length("the bias", bias.len(), channels))?;
        self.shortcut
            .map_or(Ok(()), |values| check_length("the shortcut", values.len(), output))?;
        let sums = self.sums.as_deref().map(<[f64]>::len);
        sums.map_or(Ok(()), |len| check_length("the sums", len, 2 * channels))
    }
}

/// `y = x * w`, then `epilogue`. Overwrites `y`.
///
/// # Shapes
/// `x` `[batch, height, width, in_channels]`, `w` `[out_channels, in_channels, kernel]`,
/// `y` `[batch, output_size, out_channels]`.
///
/// # Errors
/// When the sizes are impossible, a slice has another length, or the method does not apply.
pub fn forward(
    shape: &ConvShape,
    x: Input,
    w: &[f32],
    epilogue: Epilogue,
    method: impl Into<Method>,
    y: &mut [f32],
) -> Result<(), ShapeError> {
    let out = shape.check(w.len(), y.len())?;
    let x = Source::new(shape, x)?;
    epilogue.check(shape.out_channels, y.len())?;
    let isa = Isa::current();
    let choice = Choice::new(method.into(), shape, out, Direction::Forward)?;
    let _span = span::convolution(span::blank!("conv2d.forward"), shape, choice.name());
    let pass = forward_pass(shape, out, choice.precision());
    let [height, width] = shape.kernel.map(|size| size as isize);
    let view = WeightView {
        start: 0,
        output: shape.in_channels as isize * height * width,
        input: height * width,
        taps: [width, 1],
    };
    let sizes =
        PanelSizes { outputs: shape.out_channels, inputs: shape.in_channels, taps: shape.kernel };
    let weights = Weights { values: w, view, sizes };
    let y = Shared::new(y);
    if choice == Choice::Winograd {
        with_finish(epilogue, shape.out_channels, winograd::part_count(&pass), |finish| {
            winograd::run(&pass, isa, &x, &weights, finish, &y);
        });
    } else {
        let panels = Panels::pack(isa, &weights, pass.precision);
        with_finish(epilogue, shape.out_channels, pass.band_count(), |finish| {
            pass.run(isa, &x, &panels, finish, &y);
        });
    }
    Ok(())
}

/// Calls `work` with what a pass of so many bands needs for `epilogue`, then adds the sums of the bands.
fn with_finish(epilogue: Epilogue, channels: usize, bands: usize, work: impl FnOnce(&Finish)) {
    let Epilogue { bias, shortcut, relu, sums } = epilogue;
    let finish = Finish { bias, shortcut, relu, sums: None, channels };
    let Some(sums) = sums else { return work(&finish) };
    let mut parts = BufferPool::global().take(bands * 2 * channels);
    work(&Finish { sums: Some(Shared::new(&mut parts)), ..finish });
    channel_sums::add_parts(&parts, sums);
}

fn forward_pass(shape: &ConvShape, out: [usize; 2], precision: Precision) -> Pass {
    let axis = |axis: usize, source: usize| Axis {
        source,
        taps: shape.kernel[axis],
        stride: shape.stride[axis],
        origin: -(shape.padding[axis] as isize),
        count: out[axis],
        target: out[axis],
        first: 0,
        step: 1,
    };
    Pass {
        batch: shape.batch,
        in_channels: shape.in_channels,
        out_channels: shape.out_channels,
        rows: axis(0, shape.height),
        columns: axis(1, shape.width),
        precision,
    }
}

/// The gradient of the input from the gradient `dy` of the output. Overwrites `dx`. Shapes as in [`forward`].
///
/// # Errors
/// When the sizes are impossible, a slice has another length, or the method does not apply.
pub fn backward_input(
    shape: &ConvShape,
    dy: &[f32],
    w: &[f32],
    method: impl Into<Method>,
    dx: &mut [f32],
) -> Result<(), ShapeError> {
    let out = shape.check(w.len(), dy.len())?;
    check_length("the gradient of the input", dx.len(), shape.input_len()?)?;
    let dy = Source::plain(dy, out, shape.out_channels);
    let isa = Isa::current();
    let choice = Choice::new(method.into(), shape, out, Direction::Input)?;
    let _span = span::convolution(span::blank!("conv2d.backward_input"), shape, choice.name());
    let dx = Shared::new(dx);
    for (pass, weights) in backward_input::passes(shape, out, w, choice.precision()) {
        if choice == Choice::Winograd {
            winograd::run(&pass, isa, &dy, &weights, &Finish::default(), &dx);
        } else {
            let panels = Panels::pack(isa, &weights, pass.precision);
            pass.run(isa, &dy, &panels, &Finish::default(), &dx);
        }
    }
    Ok(())
}

/// The gradient of the weights. Overwrites `dw`. Shapes as in [`forward`].
///
/// # Errors
/// When the sizes are impossible, a slice has another length, or the method does not apply.
pub fn backward_weight(
    shape: &ConvShape,
    x: Input,
    dy: &[f32],
    method: impl Into<Method>,
    dw: &mut [f32],
) -> Result<(), ShapeError> {
    let out = shape.check(dw.len(), dy.len())?;
    let x = Source::new(shape, x)?;
    let choice = Choice::new(method.into(), shape, out, Direction::Weight)?;
    let _span = span::convolution(span::blank!("conv2d.backward_weight"), shape, choice.name());
    let (pass, isa) = (forward_pass(shape, out, choice.precision()), Isa::current());
    if choice == Choice::Winograd {
        winograd::backward_weight(&pass, isa, &x, dy, dw);
    } else {
        backward_weight::run(&pass, isa, &x, dy, dw);
    }
    Ok(())
}

/// The gradient of the bias: the sum of `dy` `[batch, output_size, out_channels]` over images and pixels, per channel.
/// Overwrites `db` `[out_channels]`.
///
/// # Errors
/// When the sizes are impossible or a slice has another length.
pub fn backward_bias(shape: &ConvShape, dy: &[f32], db: &mut [f32]) -> Result<(), ShapeError> {
    check_length("the output", dy.len(), shape.output_len()?)?;
    check_length("the bias", db.len(), shape.out_channels)?;
    let _span = span::operator!("conv2d.backward_bias", dy.len());
    let period = Period::new(shape.out_channels);
    let origin = period.table(|_| 0.0);
    let terms = Terms::Squares { origin: &origin };
    let sums = channel_sums::sums(Isa::current(), period, dy, terms);
    db.iter_mut().zip(sums).for_each(|(db, sum)| *db = sum as f32);
    Ok(())
}
