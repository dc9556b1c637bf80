//! Two-dimensional convolution (cross-correlation, as PyTorch's), over the kernels of `lacuna-kernels` on the CPU.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::Tensor;
use burn::tensor::ops::ConvOptions;
use lacuna_kernels::conv2d::{self, ConvShape, Epilogue};
use lacuna_kernels::upsample::Upsampling;

use super::memory::{self, CpuTensor, contiguous};
use super::{FeatureMap, Maybe, fitting, upsample};
use crate::Precision;

/// A convolution's kernel and how it moves.
#[derive(Debug, Clone)]
pub(crate) struct Convolution {
    /// `[O, I, kh, kw]`.
    pub(crate) weight: Tensor<4>,
    pub(crate) steps: Steps,
}

/// Step and zero padding of a convolution, down and across.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Steps {
    pub(crate) stride: [usize; 2],
    pub(crate) padding: [usize; 2],
}

/// What a convolution reads: `x`, or each pixel of `x` four times with the channels of `skip`, if any, behind.
#[derive(Debug, Clone)]
pub(crate) struct Input<T = FeatureMap> {
    pub(super) x: T,
    pub(super) doubled: bool,
    pub(super) skip: Option<T>,
}

impl<T> Input<T> {
    pub(crate) const fn plain(x: T) -> Self {
        Self { x, doubled: false, skip: None }
    }

    pub(crate) const fn doubled(x: T, skip: Option<T>) -> Self {
        Self { x, doubled: true, skip }
    }
}

impl From<FeatureMap> for Input {
    fn from(x: FeatureMap) -> Self {
        Self::plain(x)
    }
}

impl Input {
    /// As a feature map of its own.
    pub(super) fn stored(self) -> FeatureMap {
        if self.doubled { self.x.double(Upsampling::Nearest, self.skip) } else { self.x }
    }

    pub(super) fn is_channels_last(&self) -> bool {
        self.x.is_channels_last()
    }

    pub(super) fn is_tracked(&self) -> bool {
        self.x.is_tracked() || self.skip.as_ref().is_some_and(FeatureMap::is_tracked)
    }
}

impl Convolution {
    /// The convolution of `x`, plus `bias` `[O]`. The padded input must be at least as large as the kernel.
    pub(crate) fn of(self, x: FeatureMap, bias: Option<Tensor<1>>) -> FeatureMap {
        let Self { weight, steps } = self;
        if !x.is_channels_last() {
            let options = ConvOptions::new(steps.stride, steps.padding, [1, 1], 1);
            let y = burn::tensor::module::conv2d(x.into_tensor(), weight, bias, options);
            return FeatureMap::channels_first(y);
        }
        let (x, weight) = (x.into_tensor().into_dispatch(), weight.into_dispatch());
        let bias = bias.map(Tensor::into_dispatch);
        let y = <Dispatch as ConvBackend>::convolve(x, weight, bias.into(), steps);
        FeatureMap::channels_last(Tensor::from_dispatch(y))
    }
}

#[backend_extension(Flex, Autodiff)]
trait ConvBackend: Backend {
    fn convolve(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        #[extension_type] bias: Maybe<Self>,
        steps: Steps,
    ) -> FloatTensor<Self>;
}

impl ConvBackend for Flex {
    fn convolve(x: CpuTensor, weight: CpuTensor, bias: Maybe<Self>, steps: Steps) -> CpuTensor {
        let operands = Operands::new(Input::plain(x), weight, steps);
        let y = operands.forward_with_bias(bias.into_option());
        operands.give();
        y
    }
}

impl<C: CheckpointStrategy> ConvBackend for Autodiff<Flex, C> {
    fn convolve(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: Maybe<Self>,
        steps: Steps,
    ) -> FloatTensor<Self> {
        let ((x, x_node), (weight, weight_node)) = (x.into_parts(), weight.into_parts());
        let (bias, bias_node) = bias.into_parts();
        let operands = Operands::new(Input::plain(x), weight, steps);
        let y = operands.forward_with_bias(bias);
        let parents = [x_node, weight_node, bias_node];
        match Convolve.prepare::<C>(parents).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(operands, y),
            OpsKind::UnTracked(prep) => {
                operands.give();
                prep.finish(y)
            }
        }
    }
}

#[derive(Debug)]
struct Convolve;

impl Backward<Flex, 3> for Convolve {
    type State = Operands;

    fn backward(self, ops: Ops<Operands, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let dy = contiguous(grads.consume::<Flex>(&ops.node));
        let operands = ops.state;
        let parents = ops.parents.map(|node| node.map(|node| node.id));
        let dx = parents[0].is_some().then(|| operands.input_gradients(&dy).0);
        let dweight = parents[1].is_some().then(|| operands.weight_gradient(&dy));
        let dbias = parents[2].is_some().then(|| operands.bias_gradient(&dy));
        memory::give(dy);
        operands.give();
        super::register(grads, parents, [dx, dweight, dbias]);
    }
}

/// What a convolution on the CPU computes with; activations are `[N, H, W, C]`.
#[derive(Debug, Clone)]
pub(super) struct Operands {
    input: Input<CpuTensor>,
    weight: CpuTensor,
    steps: Steps,
    /// That of the forward pass holds for the gradients too.
    precision: Precision,
}

impl Operands {
    pub(super) fn new(input: Input<CpuTensor>, weight: CpuTensor, steps: Steps) -> Self {
        let Input { x, doubled, skip } = input;
        let input = Input { x: contiguous(x), doubled, skip: skip.map(contiguous) };
        Self { input, weight: contiguous(weight), steps, precision: Precision::current() }
    }

    fn shape(&self) -> ConvShape {
        let [batch, height, width, _] = self.input.x.shape().dims();
        let [out_channels, in_channels, kernel_height, kernel_width] = self.weight.shape().dims();
        let scale = if self.input.doubled { 2 } else { 1 };
        ConvShape {
            batch,
            in_channels,
            out_channels,
            height: scale * height,
            width: scale * width,
            kernel: [kernel_height, kernel_width],
            stride: self.steps.stride,
            padding: self.steps.padding,
        }
    }

    fn input(&self) -> conv2d::Input<'_> {
        let Input { x, doubled, skip } = &self.input;
        let (x, skip) = (x.storage(), skip.as_ref().map_or(&[][..], CpuTensor::storage));
        if *doubled { conv2d::Input::UpsampledConcat { x, skip } } else { conv2d::Input::Plain(x) }
    }

    /// `[N, output height, output width, O]`.
    pub(super) fn forward(&self, epilogue: Epilogue) -> CpuTensor {
        self.forward_weighted(self.weight.storage(), epilogue)
    }

    /// As [`Operands::forward`] with other weights.
    pub(super) fn forward_weighted(&self, weight: &[f32], epilogue: Epilogue) -> CpuTensor {
        let shape = self.shape();
        let [height, width] = fitting(shape.output_size());
        let mut y = memory::take(fitting(shape.output_len()));
        let input = self.input();
        fitting(conv2d::forward(&shape, input, weight, epilogue, self.precision, &mut y));
        memory::tensor(y, [shape.batch, height, width, shape.out_channels])
    }

    fn forward_with_bias(&self, bias: Option<CpuTensor>) -> CpuTensor {
        let bias = bias.map(contiguous);
        let bias = bias.as_ref().map(CpuTensor::storage);
        self.forward(Epilogue { bias, ..Epilogue::default() })
    }

    /// The gradients of `x` and of the skip connection.
    pub(super) fn input_gradients(&self, dy: &CpuTensor) -> (CpuTensor, Option<CpuTensor>) {
        let shape = self.shape();
        let mut dx = memory::take(fitting(shape.input_len()));
        let weight = self.weight.storage();
        fitting(conv2d::backward_input(&shape, dy.storage(), weight, self.precision, &mut dx));
        let dx = memory::tensor(dx, [shape.batch, shape.height, shape.width, shape.in_channels]);
        let Input { x, doubled, skip } = &self.input;
        if !doubled {
            return (dx, None);
        }
        upsample::split(&upsample::shape(x, skip.as_ref()), Upsampling::Nearest, dx)
    }

    pub(super) fn weight_gradient(&self, dy: &CpuTensor) -> CpuTensor {
        let shape = self.shape();
        let mut dw = memory::take(fitting(shape.weight_len()));
        let (x, dy) = (self.input(), dy.storage());
        fitting(conv2d::backward_weight(&shape, x, dy, self.precision, &mut dw));
        memory::tensor::<4>(dw, self.weight.shape().dims())
    }

    fn bias_gradient(&self, dy: &CpuTensor) -> CpuTensor {
        let shape = self.shape();
        let mut db = vec![0.0; shape.out_channels];
        fitting(conv2d::backward_bias(&shape, dy.storage(), &mut db));
        memory::tensor(db, [shape.out_channels])
    }

    pub(super) fn weight(&self) -> &CpuTensor {
        &self.weight
    }

    /// Gives the activations back.
    pub(super) fn give(self) {
        memory::give(self.input.x);
        self.input.skip.into_iter().for_each(memory::give);
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{leaf, map, outcome, values};
    use super::*;
    use crate::engine;
    use crate::reference::assert_close;

    /// Output and gradients of input, weight and bias.
    fn run(x: &Tensor<4>, w: &Tensor<4>, stride: usize, ours: bool) -> Vec<Vec<f32>> {
        let [outputs, _, kernel, _] = w.dims();
        let bias = leaf([1, 1, 1, outputs], 3);
        let steps = Steps { stride: [stride; 2], padding: [kernel / 2; 2] };
        let convolution = Convolution { weight: w.clone(), steps };
        let output = convolution.of(map(x, ours), Some(bias.clone().reshape([-1])));
        outcome(output, &[x, w, &bias])
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
            let (x, w) = (leaf(input, 1), leaf([outputs, input[1], kernel, kernel], 2));
            let (found, expected) = (run(&x, &w, stride, true), run(&x, &w, stride, false));
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
            engine::tensor(engine::values(view.clone()).unwrap(), view.dims(), &x.device())
        };
        assert_eq!(run(&x, &w, 1, true), run(&copy(&x), &copy(&w), 1, true));
    }
}
