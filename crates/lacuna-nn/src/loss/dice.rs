//! Soft Dice loss over known pixels, per image and class.

use rayon::prelude::*;

use super::Denominator;
use super::reduction::over;
use super::sigmoid;
use crate::ops::HostLoss;

/// Keeps the ratio defined where nothing is positive, and its gradient non-zero where all is negative.
const SMOOTHING: f64 = 1.0;

/// Σ coefficient · (1 − (2·Σ w·p·y + s) / (Σ w·p + Σ w·y + s)), sums over the pixels of an image and class.
pub(super) struct SoftDice<'a> {
    target: &'a [f32],
    weight: &'a [f32],
    /// The share of each `(image, class)` in the mean, 0 where nothing is known.
    coefficients: Vec<f64>,
}

impl<'a> SoftDice<'a> {
    pub(super) fn new(
        target: &'a [f32],
        weight: &'a [f32],
        shape: [usize; 4],
        denominator: &Denominator,
        class_weights: &[f64],
    ) -> Self {
        let [_, classes, height, width] = shape;
        let total = denominator.image_classes(class_weights);
        let share = |(plane, values): (usize, &[f32])| {
            let known = values.iter().any(|w| *w > 0.0);
            if known { over(class_weights[plane % classes], total) } else { 0.0 }
        };
        let planes = weight.chunks_exact((height * width).max(1));
        Self { target, weight, coefficients: planes.enumerate().map(share).collect() }
    }
}

impl HostLoss for SoftDice<'_> {
    fn evaluate(&self, logits: &[f32], shape: [usize; 4], gradient: &mut [f32]) -> f64 {
        let plane = (shape[2] * shape[3]).max(1);
        let losses: Vec<f64> = gradient
            .par_chunks_mut(plane)
            .zip(logits.par_chunks(plane))
            .zip(self.target.par_chunks(plane).zip(self.weight.par_chunks(plane)))
            .zip(&self.coefficients)
            .map(|(((gradient, logits), (target, weight)), coefficient)| {
                of_plane(logits, target, weight, *coefficient, gradient)
            })
            .collect();
        losses.iter().sum()
    }
}

/// The loss of one class of one image; `gradient` holds the probabilities on the way.
fn of_plane(
    logits: &[f32],
    target: &[f32],
    weight: &[f32],
    coefficient: f64,
    gradient: &mut [f32],
) -> f64 {
    if coefficient == 0.0 {
        gradient.fill(0.0);
        return 0.0;
    }
    let (mut intersection, mut sizes) = (0.0, 0.0);
    let truth = || target.iter().zip(weight);
    for ((probability, l), (y, w)) in gradient.iter_mut().zip(logits).zip(truth()) {
        if *w > 0.0 {
            *probability = sigmoid(*l);
            intersection += f64::from(w * *probability * y);
            sizes += f64::from(w * (*probability + y));
        }
    }
    let (above, below) = (2.0 * intersection + SMOOTHING, sizes + SMOOTHING);
    // d/dp of −(2·w·p·y) / below and of above / below²
    let (hit, any) = (-2.0 * coefficient / below, coefficient * above / (below * below));
    for (gradient, (y, w)) in gradient.iter_mut().zip(truth()) {
        let slope = f64::from(*gradient * (1.0 - *gradient));
        let known = *w > 0.0;
        *gradient =
            if known { (f64::from(*w) * (hit * f64::from(*y) + any) * slope) as f32 } else { 0.0 };
    }
    coefficient * (1.0 - above / below)
}
