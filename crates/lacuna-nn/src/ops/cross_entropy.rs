//! Binary cross-entropy on logits over known pixels.

use rayon::prelude::*;

use super::HostLoss;

/// Σ factor · weight · BCE over the known pixels of `[N, C, H, W]`. What is stored at unknown ones is not looked at, and
/// their gradient is 0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CrossEntropy<'a> {
    /// In [0, 1] where known.
    pub(crate) target: &'a [f32],
    /// 0 where unknown.
    pub(crate) weight: &'a [f32],
    /// What the weights of each class are multiplied by, `[C]`.
    pub(crate) factors: &'a [f64],
}

impl HostLoss for CrossEntropy<'_> {
    fn evaluate(&self, logits: &[f32], shape: [usize; 4], gradient: &mut [f32]) -> f64 {
        let [_, classes, height, width] = shape;
        let plane = (height * width).max(1);
        let sums: Vec<f64> = gradient
            .par_chunks_mut(plane)
            .zip(logits.par_chunks(plane))
            .zip(self.target.par_chunks(plane).zip(self.weight.par_chunks(plane)))
            .enumerate()
            .map(|(index, ((gradient, logits), (target, weight)))| {
                let factor = self.factors[index % classes];
                let pixels = gradient.iter_mut().zip(logits).zip(target.iter().zip(weight));
                pixels
                    .map(|((gradient, l), (y, w))| {
                        let coefficient = (f64::from(*w) * factor) as f32;
                        let (loss, slope) = if *w == 0.0 { (0.0, 0.0) } else { of_pixel(*l, *y) };
                        *gradient = coefficient * slope;
                        f64::from(coefficient * loss)
                    })
                    .sum()
            })
            .collect();
        sums.iter().sum()
    }
}

/// max(l, 0) − l·y + log(1 + exp(−|l|)), where no exponential overflows, and its derivative σ(l) − y.
fn of_pixel(l: f32, y: f32) -> (f32, f32) {
    let exponential = (-l.abs()).exp();
    // Written so that NaN stays NaN, which `max` would lose.
    let loss = 0.5 * (l + l.abs()) - l * y + exponential.ln_1p();
    let numerator = if l < 0.0 { exponential } else { 1.0 };
    (loss, numerator / (1.0 + exponential) - y)
}

#[cfg(test)]
mod tests {
    use burn::tensor::Tensor;

    use super::super::host_loss;
    use super::super::sample::{leaf, values};
    use super::*;
    use crate::engine;
    use crate::reference::assert_close;

    /// Loss and gradient against the engine's operators, scaled by what follows.
    #[test]
    fn is_the_engines_composition() {
        let shape = [2, 3, 5, 7];
        let logits = leaf(shape, 1);
        let target = values(shape, 2).abs();
        let weight = values(shape, 3).abs() * values(shape, 4).greater_elem(0.0).float();
        let factors = [0.5, 2.0, 0.0];
        let host = |tensor: &Tensor<4>| engine::values(tensor.clone()).unwrap();
        let (targets, weights) = (host(&target), host(&weight));
        let truth = CrossEntropy { target: &targets, weight: &weights, factors: &factors };
        let fused = host_loss(logits.clone(), &truth);
        let factors = engine::tensor(vec![0.5, 2.0, 0.0], [1, 3, 1, 1], &weight.device());
        let l = logits.clone();
        let softplus = l.clone().exp().add_scalar(1.0).log();
        let composed = ((softplus - l * target) * weight * factors).sum();
        let [found, expected] = [fused, composed].map(|loss| {
            let gradients = loss.clone().mul_scalar(3.0).backward();
            (engine::values(loss).unwrap(), host(&logits.grad(&gradients).unwrap()))
        });
        assert_close("loss", &found.0, &expected.0, 1e-5);
        assert_close("gradient", &found.1, &expected.1, 1e-5);
    }
}
