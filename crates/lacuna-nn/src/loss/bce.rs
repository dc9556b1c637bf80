//! Binary cross-entropy on logits.

use burn::tensor::Tensor;

use super::{KnownPixels, LossError, PixelOptions, check};

/// Σ coefficient · BCE.
pub(super) fn forward(batch: &KnownPixels, options: &PixelOptions) -> Tensor<1> {
    (per_pixel(batch) * options.coefficients.clone()).sum()
}

/// max(l, 0) − l·y + log(1 + exp(−|l|)) per class-pixel: no exponential overflows.
///
/// max(l, 0) is written (l + |l|) / 2, whose derivative at 0 is ½, so that the gradient there is the exact
/// σ(0) − y.
pub(super) fn per_pixel(batch: &KnownPixels) -> Tensor<4> {
    let logits = batch.logits.clone();
    let magnitude = logits.clone().abs();
    let positive_part = (logits.clone() + magnitude.clone()).mul_scalar(0.5);
    positive_part - logits * batch.target.clone() + magnitude.neg().exp().log1p()
}

/// w · BCE per class-pixel on the host, for a picture of where the loss comes from; 0 where unknown.
///
/// All slices are `[N, C, H, W]` in row-major order.
pub fn loss_map(
    logits: &[f32],
    target: &[f32],
    weight: &[f32],
    shape: [usize; 4],
) -> Result<Vec<f32>, LossError> {
    check(target, weight, shape)?;
    if logits.len() != target.len() {
        return Err(LossError::Length { what: "logits", found: logits.len(), shape });
    }
    let bce = |l: f32, y: f32| l.max(0.0) - l * y + (-l.abs()).exp().ln_1p();
    let weighted =
        |((l, y), w): ((&f32, &f32), &f32)| if *w == 0.0 { 0.0 } else { w * bce(*l, *y) };
    Ok(logits.iter().zip(target).zip(weight).map(weighted).collect())
}
