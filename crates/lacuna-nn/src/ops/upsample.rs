//! Doubling of the size of channels-last tensors, with a skip connection put beside, on the CPU.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::Tensor;
use lacuna_kernels::upsample::{self, UpsampleShape, Upsampling};

use super::memory::{self, CpuTensor, contiguous};
use super::{Maybe, fitting};

/// `x` `[N, H, W, C]` at twice its height and width, the channels of `skip` `[N, 2H, 2W, S]` behind its own.
pub(super) fn double(x: Tensor<4>, skip: Option<Tensor<4>>, kind: Upsampling) -> Tensor<4> {
    let (x, skip) = (x.into_dispatch(), skip.map(Tensor::into_dispatch));
    Tensor::from_dispatch(<Dispatch as UpsampleBackend>::double(x, skip.into(), kind))
}

#[backend_extension(Flex, Autodiff)]
trait UpsampleBackend: Backend {
    fn double(
        x: FloatTensor<Self>,
        #[extension_type] skip: Maybe<Self>,
        kind: Upsampling,
    ) -> FloatTensor<Self>;
}

impl UpsampleBackend for Flex {
    fn double(x: CpuTensor, skip: Maybe<Self>, kind: Upsampling) -> CpuTensor {
        let (x, skip) = (contiguous(x), skip.into_option().map(contiguous));
        let shape = shape(&x, skip.as_ref());
        let mut y = memory::take(fitting(shape.output_len()));
        let beside = skip.as_ref().map_or(&[][..], |skip| skip.storage());
        fitting(upsample::forward(&shape, kind, x.storage(), beside, &mut y));
        memory::give(x);
        skip.into_iter().for_each(memory::give);
        let UpsampleShape { batch, height, width, channels, skip_channels } = shape;
        memory::tensor(y, [batch, 2 * height, 2 * width, channels + skip_channels])
    }
}

/// The sizes of doubling `x` `[N, H, W, C]` beside `skip` `[N, 2H, 2W, S]`.
pub(super) fn shape(x: &CpuTensor, skip: Option<&CpuTensor>) -> UpsampleShape {
    let [batch, height, width, channels] = x.shape().dims();
    let skip_channels = skip.map_or(0, |skip| skip.shape()[3]);
    UpsampleShape { batch, height, width, channels, skip_channels }
}

/// The gradients of both from that of the output, whose storage is given back.
pub(super) fn split(
    shape: &UpsampleShape,
    kind: Upsampling,
    dy: CpuTensor,
) -> (CpuTensor, Option<CpuTensor>) {
    let dy = contiguous(dy);
    let mut dx = memory::take(fitting(shape.input_len()));
    let mut dskip = memory::take(fitting(shape.skip_len()));
    fitting(upsample::backward(shape, kind, dy.storage(), &mut dx, &mut dskip));
    memory::give(dy);
    let UpsampleShape { batch, height, width, channels, skip_channels } = *shape;
    let skip = [batch, 2 * height, 2 * width, skip_channels];
    let dskip = (skip_channels > 0).then(|| memory::tensor(dskip, skip));
    (memory::tensor(dx, [batch, height, width, channels]), dskip)
}

impl<C: CheckpointStrategy> UpsampleBackend for Autodiff<Flex, C> {
    fn double(x: FloatTensor<Self>, skip: Maybe<Self>, kind: Upsampling) -> FloatTensor<Self> {
        let (x, x_node) = x.into_parts();
        let (skip, skip_node) = skip.into_parts();
        let shape = shape(&x, skip.as_ref());
        match Double.prepare::<C>([x_node, skip_node]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                prep.finish((shape, kind), Flex::double(x, skip.into(), kind))
            }
            OpsKind::UnTracked(prep) => prep.finish(Flex::double(x, skip.into(), kind)),
        }
    }
}

#[derive(Debug)]
struct Double;

impl Backward<Flex, 2> for Double {
    type State = (UpsampleShape, Upsampling);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let dy = grads.consume::<Flex>(&ops.node);
        let (shape, kind) = ops.state;
        let (dx, dskip) = split(&shape, kind, dy);
        super::register(grads, ops.parents.map(|node| node.map(|node| node.id)), [Some(dx), dskip]);
    }
}
