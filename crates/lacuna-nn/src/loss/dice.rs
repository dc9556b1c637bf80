//! Soft Dice loss over known pixels, per image and class.

use burn::tensor::activation::sigmoid;
use burn::tensor::{Tensor, TensorData};

use super::reduction::over;
use super::{Denominator, KnownPixels};

/// Keeps the ratio defined where nothing is positive, and its gradient non-zero where all is negative.
const SMOOTHING: f64 = 1.0;

/// The share of each `(image, class)` in the mean, 0 where nothing is known.
pub(super) fn coefficients(
    weight: &[f32],
    shape: [usize; 4],
    denominator: &Denominator,
    class_weights: &[f64],
) -> Vec<f32> {
    let [_, classes, height, width] = shape;
    let total = denominator.image_classes(class_weights);
    let share = |(plane, values): (usize, &[f32])| {
        let known = values.iter().any(|w| *w > 0.0);
        if known { over(class_weights[plane % classes], total) as f32 } else { 0.0 }
    };
    weight.chunks_exact((height * width).max(1)).enumerate().map(share).collect()
}

/// Σ coefficient · (1 − (2·Σ w·p·y + s) / (Σ w·p + Σ w·y + s)), sums over the pixels of an image and class.
pub(super) fn forward(batch: &KnownPixels, weight: &[f32], coefficients: Vec<f32>) -> Tensor<1> {
    let [n, classes, height, width] = batch.target.dims();
    let planes = [n * classes, height * width];
    let weight: Tensor<2> =
        Tensor::from_data(TensorData::new(weight.to_vec(), planes), &batch.device);
    let target = batch.target.clone().reshape(planes);
    let probability = sigmoid(batch.logits.clone()).reshape(planes) * weight.clone();
    let intersection = (probability.clone() * target.clone()).sum_dim(1);
    let sizes = probability.sum_dim(1) + (target * weight).sum_dim(1);
    let dice = intersection.mul_scalar(2.0).add_scalar(SMOOTHING) / sizes.add_scalar(SMOOTHING);
    let coefficients = crate::engine::tensor(coefficients, [n * classes, 1], &batch.device);
    (dice.neg().add_scalar(1.0) * coefficients).sum()
}
