//! Focal loss (Lin et al., ICCV 2017, equation 5): BCE scaled down where the prediction is already right.

use burn::tensor::Tensor;
use burn::tensor::activation::sigmoid;

use super::{KnownPixels, PixelOptions, bce};

/// Σ coefficient · α_t · (1 − p_t)^γ · BCE, with p_t the probability of the true answer.
pub(super) fn forward(batch: &KnownPixels, options: &PixelOptions) -> Tensor<1> {
    let mut loss = bce::per_pixel(batch) * options.coefficients.clone();
    if options.gamma > 0.0 {
        loss = loss * modulator(batch, options.gamma);
    }
    if let Some(alpha) = options.alpha {
        // α for positives, 1 − α for negatives, linear in between.
        loss = loss * batch.target.clone().mul_scalar(2.0 * alpha - 1.0).add_scalar(1.0 - alpha);
    }
    loss.sum()
}

/// (1 − p_t)^γ with 1 − p_t = p + y − 2·p·y.
fn modulator(batch: &KnownPixels, gamma: f64) -> Tensor<4> {
    let probability = sigmoid(batch.logits.clone());
    let target = batch.target.clone();
    let wrong = probability.clone() + target.clone() - (probability * target).mul_scalar(2.0);
    wrong.powf_scalar(gamma)
}
