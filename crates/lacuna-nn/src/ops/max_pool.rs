//! Max pooling of channels-last tensors on the CPU.

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind, unary};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::Tensor;
use lacuna_kernels::max_pool::{self, PoolShape};

use super::fitting;
use super::memory::{self, CpuTensor, contiguous};

/// The greatest values of windows of 3×3 pixels, two pixels apart, padded by one; `[N, H, W, C]` to
/// `[N, ⌈H / 2⌉, ⌈W / 2⌉, C]`.
pub(super) fn max_pool(x: Tensor<4>) -> Tensor<4> {
    Tensor::from_dispatch(<Dispatch as PoolBackend>::pool(x.into_dispatch()))
}

#[backend_extension(Flex, Autodiff)]
trait PoolBackend: Backend {
    fn pool(x: FloatTensor<Self>) -> FloatTensor<Self>;
}

impl PoolBackend for Flex {
    fn pool(x: CpuTensor) -> CpuTensor {
        forward(x).0
    }
}

impl<C: CheckpointStrategy> PoolBackend for Autodiff<Flex, C> {
    fn pool(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let (x, node) = x.into_parts();
        let (y, saved) = forward(x);
        match Pool.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(saved, y),
            OpsKind::UnTracked(prep) => prep.finish(y),
        }
    }
}

/// What the gradient is made from.
#[derive(Debug, Clone)]
struct Saved {
    shape: PoolShape,
    taps: Arc<Vec<u8>>,
}

fn forward(x: CpuTensor) -> (CpuTensor, Saved) {
    let x = contiguous(x);
    let [batch, height, width, channels] = x.shape().dims();
    let shape = PoolShape { batch, height, width, channels };
    let count = fitting(shape.output_len());
    let (mut y, mut taps) = (memory::take(count), vec![0; count]);
    fitting(max_pool::forward(&shape, x.storage(), &mut y, &mut taps));
    memory::give(x);
    let [height, width] = shape.output_size();
    (memory::tensor(y, [batch, height, width, channels]), Saved { shape, taps: Arc::new(taps) })
}

#[derive(Debug)]
struct Pool;

impl Backward<Flex, 1> for Pool {
    type State = Saved;

    fn backward(self, ops: Ops<Saved, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let Saved { shape, taps } = ops.state;
        unary::<Flex, _>(ops.parents, ops.node, grads, |dy| {
            let dy = contiguous(dy);
            let mut dx = memory::take(fitting(shape.input_len()));
            fitting(max_pool::backward(&shape, dy.storage(), &taps, &mut dx));
            memory::give(dy);
            let PoolShape { batch, height, width, channels } = shape;
            memory::tensor(dx, [batch, height, width, channels])
        });
    }
}
