//! Losses that are computed on the host together with their gradient, in one pass.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind, unary};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::{Device, Tensor};

use super::memory::{self, CpuTensor, contiguous};

/// A loss of logits `[N, C, H, W]` with its gradient.
pub(crate) trait HostLoss: Sync {
    /// The loss; writes every value of its gradient, which may hold anything before: exactly 0 where a logit, which may be
    /// no number, has no part in the loss.
    fn evaluate(&self, logits: &[f32], shape: [usize; 4], gradient: &mut [f32]) -> f64;
}

/// `loss` of `logits`, `[1]`. From other devices than the CPU the logits are fetched.
pub(crate) fn host_loss(logits: Tensor<4>, loss: &dyn HostLoss) -> Tensor<1> {
    if logits.device().without_autodiff() == Device::flex() {
        let value = <Dispatch as HostLossBackend>::host_loss(logits.into_dispatch(), Given(loss));
        return Tensor::from_dispatch(value);
    }
    elsewhere(logits, loss)
}

/// A linear function of the logits that has the loss's value and gradient.
fn elsewhere(logits: Tensor<4>, loss: &dyn HostLoss) -> Tensor<1> {
    let (shape, device) = (logits.dims(), logits.device().without_autodiff());
    let host: Vec<f32> = logits.clone().without_autodiff().into_data().iter().collect();
    let mut gradient = vec![0.0; host.len()];
    let value = loss.evaluate(&host, shape, &mut gradient);
    let gradient = crate::engine::tensor(gradient, shape, &device);
    // what has no part in the loss may be no number
    let part = logits.mask_fill(gradient.clone().equal_elem(0.0), 0.0);
    let linear = (part * gradient).sum();
    let rest = linear.clone().without_autodiff().neg().add_scalar(value as f32);
    linear + rest
}

/// The loss as the engine's macro takes it.
#[derive(Clone, Copy)]
struct Given<'a>(&'a dyn HostLoss);

#[backend_extension(Flex, Autodiff)]
trait HostLossBackend: Backend {
    fn host_loss(logits: FloatTensor<Self>, loss: Given) -> FloatTensor<Self>;
}

impl HostLossBackend for Flex {
    fn host_loss(logits: CpuTensor, loss: Given) -> CpuTensor {
        let (loss, gradient) = loss_and_gradient(logits, loss);
        memory::give(gradient);
        loss
    }
}

impl<C: CheckpointStrategy> HostLossBackend for Autodiff<Flex, C> {
    fn host_loss(logits: FloatTensor<Self>, loss: Given) -> FloatTensor<Self> {
        let (logits, node) = logits.into_parts();
        let (loss, gradient) = loss_and_gradient(logits, loss);
        match Scaled.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(gradient, loss),
            OpsKind::UnTracked(prep) => prep.finish(loss),
        }
    }
}

fn loss_and_gradient(logits: CpuTensor, Given(loss): Given) -> (CpuTensor, CpuTensor) {
    let _span = tracing::debug_span!("host_loss").entered();
    let logits = contiguous(logits);
    let shape: [usize; 4] = logits.shape().dims();
    let mut gradient = memory::take(shape.iter().product());
    let value = loss.evaluate(logits.storage::<f32>(), shape, &mut gradient);
    memory::give(logits);
    (memory::tensor(vec![value as f32], [1]), memory::tensor(gradient, shape))
}

#[derive(Debug)]
struct Scaled;

impl Backward<Flex, 1> for Scaled {
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
    use super::super::sample::leaf;
    use super::*;
    use crate::engine;
    use crate::reference::assert_close;

    /// Σ l³ over the logits that are numbers.
    struct Cubes;

    impl HostLoss for Cubes {
        fn evaluate(&self, logits: &[f32], _: [usize; 4], gradient: &mut [f32]) -> f64 {
            let mut sum = 0.0;
            for (gradient, l) in gradient.iter_mut().zip(logits) {
                let known = !l.is_nan();
                *gradient = if known { 3.0 * l * l } else { 0.0 };
                sum += if known { f64::from(l * l * l) } else { 0.0 };
            }
            sum
        }
    }

    #[test]
    fn the_way_of_other_devices_is_the_cpus() {
        let logits = leaf([2, 3, 4, 5], 1);
        let ways = [host_loss(logits.clone(), &Cubes), elsewhere(logits.clone(), &Cubes)];
        let [found, expected] = ways.map(|loss| {
            let gradients = loss.clone().mul_scalar(3.0).backward();
            let gradient = logits.grad(&gradients).unwrap();
            (engine::values(loss).unwrap(), engine::values(gradient).unwrap())
        });
        assert_close("loss", &found.0, &expected.0, 1e-5);
        assert_close("gradient", &found.1, &expected.1, 1e-5);
    }
}
