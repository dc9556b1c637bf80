//! The updates of optimizers, each in one pass over weights, gradients and moments, with PyTorch's semantics.

#![expect(unsafe_code, reason = "vectors at places of slices of one length")]
#![expect(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use rayon::prelude::*;

use crate::ShapeError;
use crate::isa::Isa;
use crate::shape_error::check_length;
use crate::simd::{Kernel, Simd};
use crate::span;

/// Values a thread takes at a time.
const CHUNK: usize = 1 << 15;

/// Settings of a step of stochastic gradient descent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sgd {
    /// Learning rate.
    pub rate: f64,
    /// Share of the last step's buffer that is kept.
    pub momentum: f64,
    /// Share of the weights added to their gradients.
    pub weight_decay: f64,
}

/// Settings of a step of AdamW.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamW {
    /// Learning rate.
    pub rate: f64,
    /// Shares of the moments that are kept.
    pub betas: [f64; 2],
    /// Added to the root of the second moment.
    pub epsilon: f64,
    /// Times the learning rate, the share of the weights that is taken away.
    pub weight_decay: f64,
    /// Number of this step; the first is 1.
    pub step: u64,
}

impl Sgd {
    /// Updates `weights` and their momentum `buffer`, which is 0 before the first step.
    ///
    /// # Errors
    /// When the slices differ in length.
    pub fn update(
        &self,
        weights: &mut [f32],
        gradients: &[f32],
        buffer: &mut [f32],
    ) -> Result<(), ShapeError> {
        check_length("the gradient", gradients.len(), weights.len())?;
        check_length("the momentum buffer", buffer.len(), weights.len())?;
        let _span = span::operator!("optimizer.sgd", weights.len());
        let factors = [self.rate, self.momentum, self.weight_decay].map(|value| value as f32);
        let isa = Isa::current();
        weights
            .par_chunks_mut(CHUNK)
            .zip(gradients.par_chunks(CHUNK))
            .zip(buffer.par_chunks_mut(CHUNK))
            .for_each(|((weights, gradients), buffer)| {
                isa.run(SgdKernel { factors, weights, gradients, buffer });
            });
        Ok(())
    }
}

impl AdamW {
    /// Updates `weights` and their `first` and `second` moments, which are 0 before the first step.
    ///
    /// # Errors
    /// When the slices differ in length.
    pub fn update(
        &self,
        weights: &mut [f32],
        gradients: &[f32],
        first: &mut [f32],
        second: &mut [f32],
    ) -> Result<(), ShapeError> {
        check_length("the gradient", gradients.len(), weights.len())?;
        check_length("the first moment", first.len(), weights.len())?;
        check_length("the second moment", second.len(), weights.len())?;
        let _span = span::operator!("optimizer.adam_w", weights.len());
        let factors = self.factors();
        let isa = Isa::current();
        weights
            .par_chunks_mut(CHUNK)
            .zip(gradients.par_chunks(CHUNK))
            .zip(first.par_chunks_mut(CHUNK).zip(second.par_chunks_mut(CHUNK)))
            .for_each(|((weights, gradients), (first, second))| {
                isa.run(AdamWKernel { factors, weights, gradients, first, second });
            });
        Ok(())
    }

    fn factors(&self) -> AdamWFactors {
        let [beta1, beta2] = self.betas;
        let steps = self.step as f64;
        AdamWFactors {
            kept: (1.0 - self.rate * self.weight_decay) as f32,
            new: [(1.0 - beta1) as f32, (1.0 - beta2) as f32],
            beta2: beta2 as f32,
            root: (1.0 / (1.0 - beta2.powf(steps)).sqrt()) as f32,
            epsilon: self.epsilon as f32,
            rate: (self.rate / (1.0 - beta1.powf(steps))) as f32,
        }
    }
}

/// Moves `average` by `share` of the way to `weights`.
///
/// # Errors
/// When the slices differ in length.
pub fn move_average(average: &mut [f32], weights: &[f32], share: f64) -> Result<(), ShapeError> {
    check_length("the weights", weights.len(), average.len())?;
    let _span = span::operator!("optimizer.move_average", average.len());
    let isa = Isa::current();
    let chunks = average.par_chunks_mut(CHUNK).zip(weights.par_chunks(CHUNK));
    chunks.for_each(|(average, weights)| {
        isa.run(AverageKernel { share: share as f32, average, weights });
    });
    Ok(())
}

struct AverageKernel<'a> {
    share: f32,
    average: &'a mut [f32],
    weights: &'a [f32],
}

impl Kernel for AverageKernel<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let share = s.splat(self.share);
        let len = self.average.len();
        for at in (0..len).step_by(S::LANES) {
            let count = len - at;
            // SAFETY: the slices have one length.
            unsafe {
                let to = self.average.as_mut_ptr().add(at);
                let average = s.load_up_to(to, count);
                let weight = s.load_up_to(self.weights.as_ptr().add(at), count);
                s.store_up_to(to, count, s.mul_add(share, s.sub(weight, average), average));
            }
        }
    }
}

struct SgdKernel<'a> {
    factors: [f32; 3],
    weights: &'a mut [f32],
    gradients: &'a [f32],
    buffer: &'a mut [f32],
}

impl Kernel for SgdKernel<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let [rate, momentum, decay] = self.factors.map(|factor| s.splat(factor));
        let len = self.weights.len();
        for at in (0..len).step_by(S::LANES) {
            let count = len - at;
            // SAFETY: the slices have one length.
            unsafe {
                let (weights, buffer) =
                    (self.weights.as_mut_ptr().add(at), self.buffer.as_mut_ptr().add(at));
                let weight = s.load_up_to(weights, count);
                let gradient = s.load_up_to(self.gradients.as_ptr().add(at), count);
                let gradient = s.mul_add(decay, weight, gradient);
                let step = s.mul_add(momentum, s.load_up_to(buffer, count), gradient);
                s.store_up_to(buffer, count, step);
                s.store_up_to(weights, count, s.sub(weight, s.mul(rate, step)));
            }
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct AdamWFactors {
    /// Of the weights.
    kept: f32,
    /// Of the gradient and its square.
    new: [f32; 2],
    beta2: f32,
    /// Of the root of the second moment.
    root: f32,
    epsilon: f32,
    rate: f32,
}

struct AdamWKernel<'a> {
    factors: AdamWFactors,
    weights: &'a mut [f32],
    gradients: &'a [f32],
    first: &'a mut [f32],
    second: &'a mut [f32],
}

impl Kernel for AdamWKernel<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let f = self.factors;
        let len = self.weights.len();
        for at in (0..len).step_by(S::LANES) {
            let count = len - at;
            // SAFETY: the slices have one length.
            unsafe {
                let weights = self.weights.as_mut_ptr().add(at);
                let (to_first, to_second) =
                    (self.first.as_mut_ptr().add(at), self.second.as_mut_ptr().add(at));
                let weight = s.load_up_to(weights, count);
                let gradient = s.load_up_to(self.gradients.as_ptr().add(at), count);
                let first = s.load_up_to(to_first, count);
                let first = s.mul_add(s.sub(gradient, first), s.splat(f.new[0]), first);
                let square = s.mul(s.mul(gradient, gradient), s.splat(f.new[1]));
                let second = s.mul_add(s.load_up_to(to_second, count), s.splat(f.beta2), square);
                s.store_up_to(to_first, count, first);
                s.store_up_to(to_second, count, second);
                let root = s.mul_add(s.sqrt(second), s.splat(f.root), s.splat(f.epsilon));
                let step = s.mul(s.splat(f.rate), s.div(first, root));
                s.store_up_to(weights, count, s.sub(s.mul(weight, s.splat(f.kept)), step));
            }
        }
    }
}
