//! Binary cross-entropy on logits as one operator on the CPU: the loss and its gradient in one pass.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind, unary};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::Tensor;
use rayon::prelude::*;

use super::memory::{self, CpuTensor, contiguous};

/// What is known of the pixels of `[N, C, H, W]`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KnownTruth<'a> {
    /// In [0, 1] where known.
    pub(crate) target: &'a [f32],
    /// 0 where unknown.
    pub(crate) weight: &'a [f32],
    /// What the weights of each class are multiplied by, `[C]`.
    pub(crate) factors: &'a [f64],
}

/// Σ factor · weight · BCE over the known pixels of `logits` `[N, C, H, W]` on the CPU, `[1]`. What is stored at
/// unknown ones is not looked at, and their gradient is 0.
pub(crate) fn cross_entropy(logits: Tensor<4>, truth: KnownTruth) -> Tensor<1> {
    let loss = <Dispatch as EntropyBackend>::cross_entropy(logits.into_dispatch(), truth);
    Tensor::from_dispatch(loss)
}

#[backend_extension(Flex, Autodiff)]
trait EntropyBackend: Backend {
    fn cross_entropy(logits: FloatTensor<Self>, truth: KnownTruth) -> FloatTensor<Self>;
}

impl EntropyBackend for Flex {
    fn cross_entropy(logits: CpuTensor, truth: KnownTruth) -> CpuTensor {
        let (loss, gradient) = loss_and_gradient(logits, truth);
        memory::give(gradient);
        loss
    }
}

impl<C: CheckpointStrategy> EntropyBackend for Autodiff<Flex, C> {
    fn cross_entropy(logits: FloatTensor<Self>, truth: KnownTruth) -> FloatTensor<Self> {
        let (logits, node) = logits.into_parts();
        let (loss, gradient) = loss_and_gradient(logits, truth);
        match CrossEntropy.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(gradient, loss),
            OpsKind::UnTracked(prep) => prep.finish(loss),
        }
    }
}

fn loss_and_gradient(logits: CpuTensor, truth: KnownTruth) -> (CpuTensor, CpuTensor) {
    let _span = tracing::debug_span!("cross_entropy").entered();
    let logits = contiguous(logits);
    let [batch, classes, height, width] = logits.shape().dims();
    let plane = (height * width).max(1);
    let mut gradient = memory::take(batch * classes * height * width);
    let sums: Vec<f64> = gradient
        .par_chunks_mut(plane)
        .zip(logits.storage::<f32>().par_chunks(plane))
        .zip(truth.target.par_chunks(plane).zip(truth.weight.par_chunks(plane)))
        .enumerate()
        .map(|(index, ((gradient, logits), (target, weight)))| {
            let factor = truth.factors[index % classes];
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
    memory::give(logits);
    let loss = sums.iter().sum::<f64>() as f32;
    let gradient = memory::tensor(gradient, [batch, classes, height, width]);
    (memory::tensor(vec![loss], [1]), gradient)
}

/// max(l, 0) − l·y + log(1 + exp(−|l|)), where no exponential overflows, and its derivative σ(l) − y.
fn of_pixel(l: f32, y: f32) -> (f32, f32) {
    let exponential = (-l.abs()).exp();
    // Written so that NaN stays NaN, which `max` would lose.
    let loss = 0.5 * (l + l.abs()) - l * y + exponential.ln_1p();
    let numerator = if l < 0.0 { exponential } else { 1.0 };
    (loss, numerator / (1.0 + exponential) - y)
}

#[derive(Debug)]
struct CrossEntropy;

impl Backward<Flex, 1> for CrossEntropy {
    type State = CpuTensor;

    fn backward(self, ops: Ops<CpuTensor, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let mut gradient = ops.state;
        unary::<Flex, _>(ops.parents, ops.node, grads, |dy| {
            let factor = contiguous(dy).storage::<f32>()[0];
            // Where the gradient is 0 it stays so, whatever the factor.
            gradient
                .storage_mut::<f32>()
                .iter_mut()
                .filter(|g| **g != 0.0)
                .for_each(|g| *g *= factor);
            gradient
        });
    }
}

#[cfg(test)]
mod tests {
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
        let truth = KnownTruth { target: &targets, weight: &weights, factors: &factors };
        let fused = cross_entropy(logits.clone(), truth);
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
