//! Changes of the order of axes, for pictures going in and logits coming out.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind, unary};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::Tensor;
use lacuna_kernels::layout::{self, LayoutShape};

use super::fitting;
use super::memory::{self, CpuTensor, contiguous};

/// `[N, C, H, W]` to `[N, H, W, C]`.
pub(super) fn to_channels_last(x: Tensor<4>) -> Tensor<4> {
    Tensor::from_dispatch(<Dispatch as LayoutBackend>::reorder(x.into_dispatch(), true))
}

/// `[N, H, W, C]` to `[N, C, H, W]`.
pub(super) fn to_channels_first(x: Tensor<4>) -> Tensor<4> {
    Tensor::from_dispatch(<Dispatch as LayoutBackend>::reorder(x.into_dispatch(), false))
}

/// Moves the channels to the end, or from there to their place behind the images.
#[backend_extension(Flex, Autodiff)]
trait LayoutBackend: Backend {
    fn reorder(x: FloatTensor<Self>, to_last: bool) -> FloatTensor<Self>;
}

impl LayoutBackend for Flex {
    fn reorder(x: CpuTensor, to_last: bool) -> CpuTensor {
        let x = contiguous(x);
        let [batch, a, b, c] = x.shape().dims();
        let (channels, to) = if to_last { (a, [batch, b, c, a]) } else { (c, [batch, c, a, b]) };
        let shape = LayoutShape { batch, channels, pixels: a * b * c / channels.max(1) };
        let mut y = memory::take(batch * a * b * c);
        let change = if to_last { layout::to_channels_last } else { layout::to_channels_first };
        fitting(change(&shape, x.storage(), &mut y));
        memory::give(x);
        memory::tensor(y, to)
    }
}

impl<C: CheckpointStrategy> LayoutBackend for Autodiff<Flex, C> {
    fn reorder(x: FloatTensor<Self>, to_last: bool) -> FloatTensor<Self> {
        let (x, node) = x.into_parts();
        match Reorder.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(to_last, Flex::reorder(x, to_last)),
            OpsKind::UnTracked(prep) => prep.finish(Flex::reorder(x, to_last)),
        }
    }
}

#[derive(Debug)]
struct Reorder;

impl Backward<Flex, 1> for Reorder {
    type State = bool;

    fn backward(self, ops: Ops<bool, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let to_last = ops.state;
        unary::<Flex, _>(ops.parents, ops.node, grads, |dy| Flex::reorder(dy, !to_last));
    }
}
