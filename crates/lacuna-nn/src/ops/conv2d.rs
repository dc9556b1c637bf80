//! Two-dimensional convolution, over the kernels of `lacuna-kernels` on the CPU.
//!
//! The engine's CPU convolution computes weight gradients as a convolution whose kernel is the whole feature map,
//! and input gradients by scattering; ours are matrix products over patches.

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor, TensorData};
use lacuna_kernels::ShapeError;
use lacuna_kernels::conv::{self, ConvShape};

use super::fitting;

/// Step and zero padding of a convolution, down and across.
type Steps = [usize; 2];

/// Convolution (cross-correlation, as PyTorch's) of `input` `[N, C, H, W]` with `weight` `[O, C, kernel]`, plus
/// `bias` `[O]`. The padded input must be at least as large as the kernel.
pub(crate) fn conv2d(
    input: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    stride: Steps,
    padding: Steps,
) -> Tensor<4> {
    if input.device() != Device::flex() {
        let options = ConvOptions::new(stride, padding, [1, 1], 1);
        return burn::tensor::module::conv2d(input, weight, bias, options);
    }
    let (input, weight) = (input.into_dispatch(), weight.into_dispatch());
    let output =
        Tensor::from_dispatch(<Dispatch as ConvBackend>::convolve(input, weight, stride, padding));
    match bias {
        Some(bias) => output + bias.reshape([1, -1, 1, 1]),
        None => output,
    }
}

/// Convolution of `[N, C, H, W]` with `[O, C, k, k]`.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait ConvBackend: Backend {
    fn convolve(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        stride: Steps,
        padding: Steps,
    ) -> FloatTensor<Self>;
}

/// The gradients of [`ConvBackend::convolve`].
pub(crate) trait ConvGradients: ConvBackend {
    fn input_gradient(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        stride: Steps,
        padding: Steps,
    ) -> FloatTensor<Self>;

    fn weight_gradient(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        stride: Steps,
        padding: Steps,
    ) -> FloatTensor<Self>;
}

impl<B: ConvGradients, C: CheckpointStrategy> ConvBackend for Autodiff<B, C> {
    fn convolve(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        stride: Steps,
        padding: Steps,
    ) -> FloatTensor<Self> {
        let step = Convolve.prepare::<C>([input.node(), weight.node()]).compute_bound().stateful();
        match step {
            OpsKind::Tracked(mut prep) => {
                let state = (prep.checkpoint(&input), prep.checkpoint(&weight), stride, padding);
                prep.finish(
                    state,
                    B::convolve(input.into_primitive(), weight.into_primitive(), stride, padding),
                )
            }
            OpsKind::UnTracked(prep) => prep.finish(B::convolve(
                input.into_primitive(),
                weight.into_primitive(),
                stride,
                padding,
            )),
        }
    }
}

#[derive(Debug)]
struct Convolve;

impl<B: ConvGradients> Backward<B, 2> for Convolve {
    type State = (NodeId, NodeId, Steps, Steps);

    fn backward(
        self,
        ops: Ops<Self::State, 2>,
        grads: &mut Gradients,
        checkpointer: &mut Checkpointer,
    ) {
        let [input_node, weight_node] = ops.parents;
        let gradient = grads.consume::<B>(&ops.node);
        let (input, weight, stride, padding) = ops.state;
        let input = checkpointer.retrieve_node_output::<B::FloatTensorPrimitive>(input);
        let weight = checkpointer.retrieve_node_output::<B::FloatTensorPrimitive>(weight);
        if let Some(node) = weight_node {
            let found = B::weight_gradient(
                input.clone(),
                weight.clone(),
                gradient.clone(),
                stride,
                padding,
            );
            grads.register::<B>(node.id, found);
        }
        if let Some(node) = input_node {
            grads.register::<B>(
                node.id,
                B::input_gradient(input, weight, gradient, stride, padding),
            );
        }
    }
}

type CpuTensor = FloatTensor<Flex>;

impl ConvBackend for Flex {
    fn convolve(input: CpuTensor, weight: CpuTensor, stride: Steps, padding: Steps) -> CpuTensor {
        let shape = shape(&input, &weight, stride, padding);
        let [height, width] = fitting(shape.output_size());
        let (input, weight) = (input.to_contiguous(), weight.to_contiguous());
        filled([shape.batch, shape.out_channels, height, width], |output| {
            conv::forward(&shape, input.storage(), weight.storage(), None, output)
        })
    }
}

impl ConvGradients for Flex {
    fn input_gradient(
        input: CpuTensor,
        weight: CpuTensor,
        gradient: CpuTensor,
        stride: Steps,
        padding: Steps,
    ) -> CpuTensor {
        let shape = shape(&input, &weight, stride, padding);
        let (weight, gradient) = (weight.to_contiguous(), gradient.to_contiguous());
        filled(input.shape().dims(), |found| {
            conv::backward_input(&shape, gradient.storage(), weight.storage(), found)
        })
    }

    fn weight_gradient(
        input: CpuTensor,
        weight: CpuTensor,
        gradient: CpuTensor,
        stride: Steps,
        padding: Steps,
    ) -> CpuTensor {
        let shape = shape(&input, &weight, stride, padding);
        let (input, gradient) = (input.to_contiguous(), gradient.to_contiguous());
        filled(weight.shape().dims(), |found| {
            conv::backward_weight(&shape, input.storage(), gradient.storage(), found)
        })
    }
}

fn shape(input: &CpuTensor, weight: &CpuTensor, stride: Steps, padding: Steps) -> ConvShape {
    let [batch, in_channels, height, width] = input.shape().dims();
    let [out_channels, _, kernel_height, kernel_width] = weight.shape().dims();
    let kernel = [kernel_height, kernel_width];
    ConvShape { batch, in_channels, out_channels, height, width, kernel, stride, padding }
}

/// A tensor that `fill` writes.
fn filled(shape: [usize; 4], fill: impl FnOnce(&mut [f32]) -> Result<(), ShapeError>) -> CpuTensor {
    let mut values = vec![0.0; shape.iter().product()];
    fitting(fill(&mut values));
    CpuTensor::from_data(TensorData::new(values, shape))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine;
    use crate::reference::assert_close;

    fn values(shape: [usize; 4], salt: usize) -> Tensor<4> {
        let value = |i: usize| ((i * 7919 + salt * 104_729) % 1009) as f32 / 504.5 - 1.0;
        let values = (0..shape.iter().product()).map(value).collect();
        engine::tensor(values, shape, &Device::flex())
    }

    type Apply = fn(Tensor<4>, Tensor<4>, Option<Tensor<1>>, Steps, Steps) -> Tensor<4>;

    fn engines(
        x: Tensor<4>,
        w: Tensor<4>,
        bias: Option<Tensor<1>>,
        stride: Steps,
        padding: Steps,
    ) -> Tensor<4> {
        burn::tensor::module::conv2d(x, w, bias, ConvOptions::new(stride, padding, [1, 1], 1))
    }

    /// Output and gradients of input, weight and bias.
    fn run(apply: Apply, x: &Tensor<4>, w: &Tensor<4>, stride: usize) -> [Vec<f32>; 4] {
        let (x, w) = (x.clone().autodiff().require_grad(), w.clone().autodiff().require_grad());
        let [outputs, _, kernel, _] = w.dims();
        let bias = Tensor::<1>::ones([outputs], &Device::flex()).autodiff().require_grad();
        let output = apply(x.clone(), w.clone(), Some(bias.clone()), [stride; 2], [kernel / 2; 2]);
        let gradients = (output.clone() * values(output.dims(), 3)).sum().backward();
        [
            engine::values(output).unwrap(),
            engine::values(x.grad(&gradients).unwrap()).unwrap(),
            engine::values(w.grad(&gradients).unwrap()).unwrap(),
            engine::values(bias.grad(&gradients).unwrap()).unwrap(),
        ]
    }

    /// Every kernel and stride the networks use, at odd sizes, against the engine's own operator.
    #[test]
    fn is_the_engines_convolution() {
        let cases = [
            // input, outputs, kernel, stride
            ([2, 3, 9, 7], 5, 3, 1),
            ([2, 3, 17, 12], 4, 7, 2),
            ([3, 4, 8, 8], 6, 3, 2),
            ([1, 4, 7, 9], 6, 3, 2),
            ([2, 4, 6, 5], 6, 1, 1),
            ([2, 4, 8, 7], 6, 1, 2),
            ([3, 2, 40, 23], 3, 3, 1),
            ([1, 1, 1, 1], 1, 3, 1),
            ([2, 100, 20, 20], 3, 3, 1),
        ];
        for case in cases {
            let (input, outputs, kernel, stride) = case;
            let (x, w) = (values(input, 1), values([outputs, input[1], kernel, kernel], 2));
            let (found, expected) = (run(conv2d, &x, &w, stride), run(engines, &x, &w, stride));
            for (what, (found, expected)) in
                ["output", "dx", "dw", "db"].iter().zip(found.iter().zip(&expected))
            {
                assert_close(&format!("{what} of {case:?}"), found, expected, 1e-4);
            }
        }
    }

    /// Transposed and cut-out tensors are read by their strides.
    #[test]
    fn views_are_read_as_what_they_show() {
        let x = values([3, 2, 6, 8], 1).swap_dims(2, 3).narrow(0, 1, 2);
        let w = values([2, 4, 3, 3], 2).swap_dims(0, 1);
        let copy = |view: &Tensor<4>| {
            engine::tensor(engine::values(view.clone()).unwrap(), view.dims(), &Device::flex())
        };
        assert_eq!(run(conv2d, &x, &w, 1), run(conv2d, &copy(&x), &copy(&w), 1));
    }
}
