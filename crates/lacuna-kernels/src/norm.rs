//! Batch normalisation over `[N, C, H, W]`, with what follows it in a network (adding a shortcut, ReLU) in the same
//! pass over memory, and its gradient.
//!
//! Ioffe and Szegedy 2015, with PyTorch's biased variance in the normalisation.

#![expect(
    unsafe_code,
    reason = "each thread writes the planes of its channels, which are apart in memory"
)]

use rayon::prelude::*;

use crate::ShapeError;
use crate::matrix::SharedOutput;
use crate::shape_error::check_length;

/// Values summed in single precision before they are added in double precision.
const RUN: usize = 4096;
/// Sums kept apart so that they vectorise; their order is part of the result.
const LANES: usize = 16;
/// Values a task should have.
const TASK: usize = 1 << 15;

/// The sizes of a normalisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NormShape {
    /// Number of images, N.
    pub batch: usize,
    /// Number of channels, C.
    pub channels: usize,
    /// Pixels of a channel, H · W.
    pub pixels: usize,
}

impl NormShape {
    /// Number of values.
    ///
    /// # Errors
    /// When a size is 0 or the product overflows.
    pub fn value_count(&self) -> Result<usize, ShapeError> {
        let sizes = [
            ("batch size", self.batch),
            ("number of channels", self.channels),
            ("number of pixels", self.pixels),
        ];
        if let Some((what, _)) = sizes.into_iter().find(|(_, size)| *size == 0) {
            return Err(ShapeError::Zero { what });
        }
        let total = self.batch.checked_mul(self.channels).and_then(|n| n.checked_mul(self.pixels));
        total.ok_or(ShapeError::Overflow)
    }

    fn check(&self, what: &'static str, values: &[f32]) -> Result<(), ShapeError> {
        check_length(what, values.len(), self.value_count()?)
    }

    fn check_channels(&self, what: &'static str, values: &[f32]) -> Result<(), ShapeError> {
        check_length(what, values.len(), self.channels)
    }

    /// Where the planes of a channel begin.
    fn planes(self, channel: usize) -> impl Iterator<Item = usize> + Clone {
        (0..self.batch).map(move |image| (image * self.channels + channel) * self.pixels)
    }

    /// Channels (or planes of `pixels`) a task should have.
    fn least(values: usize) -> usize {
        (TASK / values).max(1)
    }
}

/// Mean and biased variance of each channel of `x` `[N, C, H, W]`. Overwrites `mean` and `variance` `[C]`.
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
    let count = (shape.batch * shape.pixels) as f64;
    let channels = mean.par_iter_mut().zip(variance).enumerate();
    channels.with_min_len(NormShape::least(shape.batch * shape.pixels)).for_each(
        |(channel, (mean, variance))| {
            // Sums around a value of the channel: no cancellation when the mean is large beside the deviation.
            let origin = x[channel * shape.pixels];
            let planes = shape.planes(channel).map(|start| &x[start..start + shape.pixels]);
            let [sum, squares] = planes.fold([0.0; 2], |sums, plane| {
                add(
                    sums,
                    sum_pairs(plane, plane, |value, _| [value - origin, (value - origin).powi(2)]),
                )
            });
            *mean = (f64::from(origin) + sum / count) as f32;
            *variance = ((squares - sum * sum / count) / count).max(0.0) as f32;
        },
    );
    Ok(())
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

    /// Scale and shift that do it all.
    fn affine(&self, channel: usize) -> [f32; 2] {
        let scale = f64::from(self.gamma[channel]) * self.inverse_deviation(channel);
        let shift = f64::from(self.beta[channel]) - f64::from(self.mean[channel]) * scale;
        [scale as f32, shift as f32]
    }
}

/// `y = γ · (x − mean) / √(variance + ε) + β + shortcut`, negative values replaced by 0 with `relu`.
/// Overwrites `y`. `x`, `shortcut` and `y` are `[N, C, H, W]`.
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
    norm.check(shape)?;
    shape.check("the input", x)?;
    shape.check("the output", y)?;
    shortcut.map_or(Ok(()), |shortcut| shape.check("the shortcut", shortcut))?;
    // `f32::max` would turn NaN into the floor and hide a diverged network.
    let rectify = |value: f32| if relu && value < 0.0 { 0.0 } else { value };
    let planes = y.par_chunks_exact_mut(shape.pixels).enumerate();
    planes.with_min_len(NormShape::least(shape.pixels)).for_each(|(plane, y)| {
        let [scale, shift] = norm.affine(plane % shape.channels);
        let range = plane * shape.pixels..(plane + 1) * shape.pixels;
        let x = &x[range.clone()];
        if let Some(shortcut) = shortcut {
            for ((y, x), shortcut) in y.iter_mut().zip(x).zip(&shortcut[range]) {
                *y = rectify(x * scale + shift + shortcut);
            }
        } else {
            y.iter_mut().zip(x).for_each(|(y, x)| *y = rectify(x * scale + shift));
        }
    });
    Ok(())
}

/// What the gradient of [`normalise`] is made from; the statistics of `norm` are those of `x`.
#[derive(Debug, Clone, Copy)]
pub struct NormBackward<'a> {
    /// As given to [`normalise`].
    pub norm: Normalisation<'a>,
    /// The input, `[N, C, H, W]`.
    pub x: &'a [f32],
    /// The output where it was rectified: it says where the gradient passes.
    pub rectified: Option<&'a [f32]>,
    /// The gradient of the output.
    pub dy: &'a [f32],
}

/// Where [`backward`] writes; everything is overwritten.
#[derive(Debug)]
pub struct NormGradients<'a> {
    /// Of the input, `[N, C, H, W]`.
    pub dx: &'a mut [f32],
    /// Of the shortcut, if there was one, `[N, C, H, W]`.
    pub shortcut: Option<&'a mut [f32]>,
    /// Of γ, `[C]`.
    pub gamma: &'a mut [f32],
    /// Of β, `[C]`.
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
    from.norm.check(shape)?;
    shape.check("the input", from.x)?;
    shape.check("the gradient of the output", from.dy)?;
    from.rectified.map_or(Ok(()), |y| shape.check("the output", y))?;
    shape.check("the gradient of the input", to.dx)?;
    to.shortcut.as_deref().map_or(Ok(()), |d| shape.check("the gradient of the shortcut", d))?;
    shape.check_channels("the gradient of the scale", to.gamma)?;
    shape.check_channels("the gradient of the shift", to.beta)?;
    let dx = SharedOutput::new(to.dx);
    let shortcut = to.shortcut.map(SharedOutput::new);
    let channels = to.gamma.par_iter_mut().zip(to.beta).enumerate();
    channels.with_min_len(NormShape::least(shape.batch * shape.pixels)).for_each(
        |(channel, (gamma, beta))| {
            let part = Channel { shape, from, index: channel };
            let [sum, product] = part.sums();
            *beta = sum as f32;
            *gamma = (product * from.norm.inverse_deviation(channel)) as f32;
            for start in shape.planes(channel) {
                // SAFETY: planes of this task's channel, each borrowed once.
                part.write(start, [sum, product], unsafe { dx.slice(start, shape.pixels) });
                if let Some(shortcut) = &shortcut {
                    // SAFETY: as above.
                    part.copy_gradient(start, unsafe { shortcut.slice(start, shape.pixels) });
                }
            }
        },
    );
    Ok(())
}

/// The backward pass of one channel.
struct Channel<'a> {
    shape: &'a NormShape,
    from: &'a NormBackward<'a>,
    index: usize,
}

impl Channel<'_> {
    /// Σ g and Σ g · (x − mean) with g the gradient before the rectification.
    fn sums(&self) -> [f64; 2] {
        let mean = self.from.norm.mean[self.index];
        self.shape.planes(self.index).fold([0.0; 2], |sums, start| {
            let range = start..start + self.shape.pixels;
            let (x, dy) = (&self.from.x[range.clone()], &self.from.dy[range.clone()]);
            let plane = match self.from.rectified {
                Some(y) => sum_triples(x, dy, &y[range], |x, dy, y| {
                    let gradient = passed(dy, y);
                    [gradient, gradient * (x - mean)]
                }),
                None => sum_pairs(x, dy, |x, dy| [dy, dy * (x - mean)]),
            };
            add(sums, plane)
        })
    }

    /// dx = γ · r · (g − Σg / m − (x − mean) · r² · Σ(g · (x − mean)) / m) with r = 1 / √(variance + ε).
    fn write(&self, start: usize, [sum, product]: [f64; 2], dx: &mut [f32]) {
        let count = (self.shape.batch * self.shape.pixels) as f64;
        let inverse = self.from.norm.inverse_deviation(self.index);
        let scale = f64::from(self.from.norm.gamma[self.index]) * inverse;
        let slope = -scale * inverse * inverse * product / count;
        let shift = -scale * sum / count - f64::from(self.from.norm.mean[self.index]) * slope;
        let [scale, slope, shift] = [scale as f32, slope as f32, shift as f32];
        let range = start..start + self.shape.pixels;
        let values = self.from.x[range.clone()].iter().zip(&self.from.dy[range.clone()]);
        match self.from.rectified {
            Some(y) => dx.iter_mut().zip(values).zip(&y[range]).for_each(|((dx, (x, dy)), y)| {
                *dx = scale * passed(*dy, *y) + (slope * x + shift);
            }),
            None => dx.iter_mut().zip(values).for_each(|(dx, (x, dy))| {
                *dx = scale * dy + (slope * x + shift);
            }),
        }
    }

    fn copy_gradient(&self, start: usize, out: &mut [f32]) {
        let range = start..start + self.shape.pixels;
        let dy = &self.from.dy[range.clone()];
        match self.from.rectified {
            Some(y) => out.iter_mut().zip(dy).zip(&y[range]).for_each(|((out, dy), y)| {
                *out = passed(*dy, *y);
            }),
            None => out.copy_from_slice(dy),
        }
    }
}

/// The gradient through a rectification whose result was `y`.
#[inline]
fn passed(dy: f32, y: f32) -> f32 {
    if y > 0.0 { dy } else { 0.0 }
}

fn add(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
    [a[0] + b[0], a[1] + b[1]]
}

/// The sums of both results of `terms` over two slices of one length.
#[inline]
fn sum_pairs(a: &[f32], b: &[f32], terms: impl Fn(f32, f32) -> [f32; 2] + Copy) -> [f64; 2] {
    sum_triples(a, b, b, |a, b, _| terms(a, b))
}

/// The sums of both results of `terms` over three slices of one length.
#[inline]
fn sum_triples(
    a: &[f32],
    b: &[f32],
    c: &[f32],
    terms: impl Fn(f32, f32, f32) -> [f32; 2] + Copy,
) -> [f64; 2] {
    let runs = a.chunks(RUN).zip(b.chunks(RUN)).zip(c.chunks(RUN));
    runs.fold([0.0; 2], |sums, ((a, b), c)| add(sums, sum_run(a, b, c, terms)))
}

#[inline]
fn sum_run(a: &[f32], b: &[f32], c: &[f32], terms: impl Fn(f32, f32, f32) -> [f32; 2]) -> [f64; 2] {
    let mut lanes = [[0f32; LANES]; 2];
    let mut accumulate = |a: &[f32], b: &[f32], c: &[f32]| {
        for (lane, ((a, b), c)) in a.iter().zip(b).zip(c).enumerate() {
            let [first, second] = terms(*a, *b, *c);
            lanes[0][lane] += first;
            lanes[1][lane] += second;
        }
    };
    let (whole_a, rest_a) = a.as_chunks::<LANES>();
    let (whole_b, rest_b) = b.as_chunks::<LANES>();
    let (whole_c, rest_c) = c.as_chunks::<LANES>();
    for ((a, b), c) in whole_a.iter().zip(whole_b).zip(whole_c) {
        accumulate(a, b, c);
    }
    accumulate(rest_a, rest_b, rest_c);
    lanes.map(|lanes| lanes.iter().map(|value| f64::from(*value)).sum())
}
