//! Batch normalisation over channels-last tensors, with what follows it in a network (adding a shortcut, ReLU) in the
//! same pass over memory, and its gradient in two passes, the second in place.
//!
//! Ioffe and Szegedy 2015, with PyTorch's biased variance in the normalisation. These passes wait for memory, so what
//! counts is how many tensors they touch: a ReLU without a shortcut is found again from its input, and the gradient
//! of the input replaces that of the output.

mod passes;

use rayon::prelude::*;

use crate::ShapeError;
use crate::channel_sums::{self, Terms};
use crate::isa::Isa;
use crate::periodic::Period;
use crate::shape_error::{check_length, check_sizes, product};
use crate::span;
use passes::{Gradient, Mask, Normalise};

/// The sizes of a normalisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NormShape {
    /// Pixels of all images, N · H · W.
    pub pixels: usize,
    /// Number of channels, C.
    pub channels: usize,
}

impl NormShape {
    /// Number of values.
    ///
    /// # Errors
    /// When a size is 0 or the product overflows.
    pub fn value_count(&self) -> Result<usize, ShapeError> {
        check_sizes(&[("number of pixels", self.pixels), ("number of channels", self.channels)])?;
        // Tables of the channels must be countable too.
        product(&[self.channels, 16])?;
        product(&[self.pixels, self.channels])
    }

    fn check(&self, what: &'static str, values: &[f32]) -> Result<(), ShapeError> {
        check_length(what, values.len(), self.value_count()?)
    }

    fn check_channels(&self, what: &'static str, values: &[f32]) -> Result<(), ShapeError> {
        check_length(what, values.len(), self.channels)
    }
}

/// Mean and biased variance of each channel of `x` `[N, H, W, C]`. Overwrites `mean` and `variance` `[C]`.
///
/// Sums are taken around the first pixel: no cancellation when the mean is large beside the deviation.
///
/// # Errors
/// When the sizes are impossible or a slice has another length.
pub fn statistics(
    shape: &NormShape,
    x: &[f32],
    mean: &mut [f32],
    variance: &mut [f32],
) -> Result<(), ShapeError> {
    shape.check("the input", x)?;
    shape.check_channels("the mean", mean)?;
    shape.check_channels("the variance", variance)?;
    let _span = span::operator!("batch_norm.statistics", x.len());
    let period = Period::new(shape.channels);
    let origin = period.table(|channel| x[channel]);
    let sums = channel_sums::sums(Isa::current(), period, x, Terms::Squares { origin: &origin });
    fill_statistics(shape, &origin, &sums, mean, variance);
    Ok(())
}

/// Mean and biased variance from the sums `[2, C]` of the values and of their squares, as
/// [`conv2d::Epilogue::sums`](crate::conv2d::Epilogue::sums) has them. Overwrites `mean` and `variance` `[C]`.
///
/// # Errors
/// When the sizes are impossible or a slice has another length.
pub fn statistics_of_sums(
    shape: &NormShape,
    sums: &[f64],
    mean: &mut [f32],
    variance: &mut [f32],
) -> Result<(), ShapeError> {
    shape.value_count()?;
    check_length("the sums", sums.len(), 2 * shape.channels)?;
    shape.check_channels("the mean", mean)?;
    shape.check_channels("the variance", variance)?;
    fill_statistics(shape, &vec![0.0; shape.channels], sums, mean, variance);
    Ok(())
}

fn fill_statistics(
    shape: &NormShape,
    origin: &[f32],
    sums: &[f64],
    mean: &mut [f32],
    variance: &mut [f32],
) {
    let count = shape.pixels as f64;
    for (channel, (mean, variance)) in mean.iter_mut().zip(variance).enumerate() {
        let (sum, squares) = (sums[channel], sums[shape.channels + channel]);
        *mean = (f64::from(origin[channel]) + sum / count) as f32;
        *variance = ((squares - sum * sum / count) / count).max(0.0) as f32;
    }
}

/// The statistics and weights of a normalisation, `[C]` each.
#[derive(Debug, Clone, Copy)]
pub struct Normalisation<'a> {
    /// Mean of each channel.
    pub mean: &'a [f32],
    /// Biased variance of each channel.
    pub variance: &'a [f32],
    /// Scale γ.
    pub gamma: &'a [f32],
    /// Shift β.
    pub beta: &'a [f32],
    /// Added to the variance before its square root.
    pub epsilon: f64,
}

impl Normalisation<'_> {
    fn check(&self, shape: &NormShape) -> Result<(), ShapeError> {
        shape.check_channels("the mean", self.mean)?;
        shape.check_channels("the variance", self.variance)?;
        shape.check_channels("the scale", self.gamma)?;
        shape.check_channels("the shift", self.beta)
    }

    fn inverse_deviation(&self, channel: usize) -> f64 {
        1.0 / (f64::from(self.variance[channel]) + self.epsilon).sqrt()
    }

    /// Tables of the scale and shift that do it all.
    fn affine(&self, period: Period) -> [Vec<f32>; 2] {
        let scale =
            |channel: usize| f64::from(self.gamma[channel]) * self.inverse_deviation(channel);
        let shift = |channel: usize| {
            f64::from(self.beta[channel]) - f64::from(self.mean[channel]) * scale(channel)
        };
        [period.table(|channel| scale(channel) as f32), period.table(|c| shift(c) as f32)]
    }
}

/// `y = γ · (x − mean) / √(variance + ε) + β + shortcut`, negative values replaced by 0 with `relu`.
/// Overwrites `y`. `x`, `shortcut` and `y` are `[N, H, W, C]`.
///
/// # Errors
/// When the sizes are impossible or a slice has another length.
pub fn normalise(
    shape: &NormShape,
    norm: &Normalisation,
    x: &[f32],
    shortcut: Option<&[f32]>,
    relu: bool,
    y: &mut [f32],
) -> Result<(), ShapeError> {
    shape.check("the input", x)?;
    norm.check(shape)?;
    shape.check("the output", y)?;
    shortcut.map_or(Ok(()), |shortcut| shape.check("the shortcut", shortcut))?;
    let _span = span::operator!("batch_norm.normalise", x.len());
    let (isa, period) = (Isa::current(), Period::new(shape.channels));
    let [scale, shift] = norm.affine(period);
    let chunk = period.chunk();
    let stream = passes::streams(y);
    y.par_chunks_mut(chunk).enumerate().with_max_len(1).for_each(|(index, y)| {
        let range = index * chunk..index * chunk + y.len();
        let shortcut = shortcut.map(|shortcut| &shortcut[range.clone()]);
        let (scale, shift, x) = (&scale, &shift, &x[range]);
        isa.run(Normalise { period, scale, shift, x, shortcut, relu, stream, y });
    });
    Ok(())
}

/// Where the gradient of a normalisation passes its ReLU.
#[derive(Debug, Clone, Copy)]
pub enum Rectified<'a> {
    /// There was none.
    No,
    /// There was one without a shortcut: where the normalised input is above 0.
    Input,
    /// Where this output `[N, H, W, C]` is above 0.
    Output(&'a [f32]),
}

/// What the gradient of [`normalise`] is made from; the statistics of `norm` are those of `x`.
#[derive(Debug, Clone, Copy)]
pub struct NormBackward<'a> {
    /// As given to [`normalise`].
    pub norm: Normalisation<'a>,
    /// The input, `[N, H, W, C]`.
    pub x: &'a [f32],
    /// Where the gradient passes.
    pub rectified: Rectified<'a>,
}

/// Where [`backward`] writes.
#[derive(Debug)]
pub struct NormGradients<'a> {
    /// The gradient of the output, replaced by that of the input, `[N, H, W, C]`.
    pub dx: &'a mut [f32],
    /// Of the shortcut, if there was one, `[N, H, W, C]`. Overwritten.
    pub shortcut: Option<&'a mut [f32]>,
    /// Of γ, `[C]`. Overwritten.
    pub gamma: &'a mut [f32],
    /// Of β, `[C]`. Overwritten.
    pub beta: &'a mut [f32],
}

/// The gradients of [`normalise`] with the statistics of the batch, which depend on the input.
///
/// # Errors
/// When the sizes are impossible or a slice has another length.
pub fn backward(
    shape: &NormShape,
    from: &NormBackward,
    to: NormGradients,
) -> Result<(), ShapeError> {
    shape.check("the input", from.x)?;
    from.norm.check(shape)?;
    if let Rectified::Output(y) = from.rectified {
        shape.check("the output", y)?;
    }
    shape.check("the gradient of the output", to.dx)?;
    to.shortcut.as_deref().map_or(Ok(()), |d| shape.check("the gradient of the shortcut", d))?;
    shape.check_channels("the gradient of the scale", to.gamma)?;
    shape.check_channels("the gradient of the shift", to.beta)?;
    let _span = span::operator!("batch_norm.backward", from.x.len());
    let (isa, period) = (Isa::current(), Period::new(shape.channels));
    let mean = period.table(|channel| from.norm.mean[channel]);
    let affine = from.norm.affine(period);
    let (x, origin) = (from.x, mean.as_slice());
    let terms = match from.rectified {
        Rectified::No => Terms::Products { x, origin },
        Rectified::Input => Terms::Remasked { x, origin, scale: &affine[0], shift: &affine[1] },
        Rectified::Output(y) => Terms::Masked { x, origin, y },
    };
    let sums = channel_sums::sums(isa, period, to.dx, terms);
    for channel in 0..shape.channels {
        let product = sums[shape.channels + channel] * from.norm.inverse_deviation(channel);
        (to.beta[channel], to.gamma[channel]) = (sums[channel] as f32, product as f32);
    }
    let tables = gradient_tables(shape, &from.norm, period, &sums);
    apply(isa, period, from, &affine, &tables, to.dx, to.shortcut);
    Ok(())
}

/// Tables of `scale`, `slope` and `shift` of dx = scale · g + slope · x + shift:
/// dx = γ · r · (g − Σg / m − (x − mean) · r² · Σ(g · (x − mean)) / m) with r = 1 / √(variance + ε).
fn gradient_tables(
    shape: &NormShape,
    norm: &Normalisation,
    period: Period,
    sums: &[f64],
) -> [Vec<f32>; 3] {
    let count = shape.pixels as f64;
    let factors = |channel: usize| {
        let inverse = norm.inverse_deviation(channel);
        let scale = f64::from(norm.gamma[channel]) * inverse;
        let slope = -scale * inverse * inverse * sums[shape.channels + channel] / count;
        let shift = -scale * sums[channel] / count - f64::from(norm.mean[channel]) * slope;
        [scale, slope, shift]
    };
    [0, 1, 2].map(|factor| period.table(|channel| factors(channel)[factor] as f32))
}

fn apply(
    isa: Isa,
    period: Period,
    from: &NormBackward,
    affine: &[Vec<f32>; 2],
    tables: &[Vec<f32>; 3],
    dx: &mut [f32],
    shortcut: Option<&mut [f32]>,
) {
    let chunk = period.chunk();
    let run = |index: usize, dx: &mut [f32], shortcut: Option<&mut [f32]>| {
        let range = index * chunk..index * chunk + dx.len();
        let mask = match from.rectified {
            Rectified::No => Mask::None,
            Rectified::Input => Mask::Affine { scale: &affine[0], shift: &affine[1] },
            Rectified::Output(y) => Mask::Output(&y[range.clone()]),
        };
        let x = &from.x[range];
        isa.run(Gradient {
            period,
            tables: tables.each_ref().map(Vec::as_slice),
            x,
            mask,
            dx,
            shortcut,
        });
    };
    let chunks = dx.par_chunks_mut(chunk).enumerate().with_max_len(1);
    match shortcut {
        Some(shortcut) => chunks
            .zip(shortcut.par_chunks_mut(chunk))
            .for_each(|((index, dx), shortcut)| run(index, dx, Some(shortcut))),
        None => chunks.for_each(|(index, dx)| run(index, dx, None)),
    }
}
