//! Weighted means of the nearest pixels, corner on corner.

#![expect(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use super::UpsampleShape;
use crate::isa::Isa;
use crate::simd::{Kernel, Simd};

/// The two inputs of an output along one axis, and the weight of the second.
#[derive(Debug, Clone, Copy)]
struct Source {
    inputs: [usize; 2],
    weight: f32,
}

impl Source {
    /// Of `output` along an axis of `size` inputs.
    #[inline]
    fn new(output: usize, size: usize) -> Self {
        let position = output as f64 * (size - 1) as f64 / (2 * size - 1) as f64;
        let first = (position as usize).min(size - 1);
        let weight = (position - first as f64) as f32;
        Self { inputs: [first, (first + 1).min(size - 1)], weight }
    }

    /// The inputs with their weights.
    #[inline]
    fn parts(self) -> [(usize, f32); 2] {
        [(self.inputs[0], 1.0 - self.weight), (self.inputs[1], self.weight)]
    }

    /// The outputs along an axis that an input may have a weight in.
    fn outputs_of(input: usize, size: usize) -> std::ops::Range<usize> {
        // An output lies between half its number, less one, and half its number.
        (2 * input).saturating_sub(2)..(2 * size).min(2 * input + 4)
    }
}

/// The upsampled channels of an output row.
pub(super) fn forward_row(
    isa: Isa,
    shape: &UpsampleShape,
    x: &[f32],
    image: usize,
    output: usize,
    y: &mut [f32],
) {
    let [in_row, ..] = shape.rows();
    let source = Source::new(output, shape.height);
    let rows = source.inputs.map(|row| &x[(image * shape.height + row) * in_row..][..in_row]);
    isa.run(ForwardRow { shape, rows, weight: source.weight, y });
}

struct ForwardRow<'a> {
    shape: &'a UpsampleShape,
    rows: [&'a [f32]; 2],
    /// Of the second row.
    weight: f32,
    y: &'a mut [f32],
}

impl Kernel for ForwardRow<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let channels = self.shape.channels;
        let pixels = self.y.chunks_exact_mut(self.shape.out_channels());
        for (output, y) in pixels.enumerate() {
            let source = Source::new(output, self.shape.width);
            let [left, right] = source.inputs.map(|at| at * channels..(at + 1) * channels);
            let (a, b) = (&self.rows[0][left.clone()], &self.rows[0][right.clone()]);
            let (c, d) = (&self.rows[1][left], &self.rows[1][right]);
            let (across, down) = (source.weight, self.weight);
            for ((((y, a), b), c), d) in y[..channels].iter_mut().zip(a).zip(b).zip(c).zip(d) {
                let upper = a * (1.0 - across) + b * across;
                let lower = c * (1.0 - across) + d * across;
                *y = upper * (1.0 - down) + lower * down;
            }
        }
    }
}

/// An input row's gradient.
pub(super) fn backward_row(
    isa: Isa,
    shape: &UpsampleShape,
    dy: &[f32],
    image: usize,
    input: usize,
    dx: &mut [f32],
) {
    let [.., row] = shape.rows();
    dx.fill(0.0);
    for output in Source::outputs_of(input, shape.height) {
        let parts = Source::new(output, shape.height).parts();
        let weights = parts.into_iter().filter(|(at, _)| *at == input).map(|(_, weight)| weight);
        let weight: f32 = weights.sum();
        if weight > 0.0 {
            let dy = &dy[(image * 2 * shape.height + output) * row..][..row];
            isa.run(BackwardRow { shape, dy, weight, dx: &mut *dx });
        }
    }
}

struct BackwardRow<'a> {
    shape: &'a UpsampleShape,
    dy: &'a [f32],
    weight: f32,
    dx: &'a mut [f32],
}

impl Kernel for BackwardRow<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let channels = self.shape.channels;
        for (output, dy) in self.dy.chunks_exact(self.shape.out_channels()).enumerate() {
            for (at, across) in Source::new(output, self.shape.width).parts() {
                let weight = self.weight * across;
                let dx = &mut self.dx[at * channels..][..channels];
                dx.iter_mut().zip(dy).for_each(|(dx, dy)| *dx += weight * dy);
            }
        }
    }
}
