//! Convolution and batch normalisation with fixed statistics as one convolution on the CPU, for prediction.
//!
//! The normalisation is a scale and a shift of each channel: the scale goes into the weights, the shift becomes a bias,
//! and the addition of a shortcut and ReLU happen while the output is written.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::Tensor;
use lacuna_kernels::conv2d::Epilogue;
use rayon::prelude::*;

use super::convolution::{Operands, Steps};
use super::memory::{self, CpuTensor, contiguous};
use super::{Affine, Convolution, FeatureMap, Input, Maybe, Then};

/// The result with these mean and variance `[O]`. Nothing is tracked, and the input is channels-last.
pub(super) fn conv_norm(
    convolution: Convolution,
    input: Input,
    affine: Affine,
    [mean, variance]: [Tensor<1>; 2],
    then: Then,
) -> FeatureMap {
    let dispatched = |map: FeatureMap| map.into_tensor().without_autodiff().into_dispatch();
    let plan = Plan {
        steps: convolution.steps,
        doubled: input.doubled,
        relu: then.relu,
        epsilon: affine.epsilon,
    };
    let norm = Tensor::stack::<2>(vec![affine.weight, affine.bias, mean, variance], 0);
    let y = <Dispatch as FoldedBackend>::folded(
        dispatched(input.x),
        input.skip.map(dispatched).into(),
        convolution.weight.without_autodiff().into_dispatch(),
        norm.without_autodiff().into_dispatch(),
        then.shortcut.map(dispatched).into(),
        plan,
    );
    FeatureMap::channels_last(Tensor::from_dispatch(y))
}

/// What is done with the tensors.
#[derive(Debug, Clone, Copy)]
struct Plan {
    steps: Steps,
    /// Whether `x` is read at twice its size.
    doubled: bool,
    relu: bool,
    epsilon: f64,
}

#[backend_extension(Flex)]
trait FoldedBackend: Backend {
    /// `norm` is scale, shift, mean and variance, `[4, O]`.
    fn folded(
        x: FloatTensor<Self>,
        #[extension_type] skip: Maybe<Self>,
        weight: FloatTensor<Self>,
        norm: FloatTensor<Self>,
        #[extension_type] shortcut: Maybe<Self>,
        plan: Plan,
    ) -> FloatTensor<Self>;
}

impl FoldedBackend for Flex {
    fn folded(
        x: CpuTensor,
        skip: Maybe<Self>,
        weight: CpuTensor,
        norm: CpuTensor,
        shortcut: Maybe<Self>,
        plan: Plan,
    ) -> CpuTensor {
        let input = Input { x, doubled: plan.doubled, skip: skip.into_option() };
        let operands = Operands::new(input, weight, plan.steps);
        let shortcut = shortcut.into_option().map(contiguous);
        let (weight, bias) = fold(operands.weight(), &contiguous(norm), plan.epsilon);
        let epilogue = Epilogue {
            bias: Some(&bias),
            shortcut: shortcut.as_ref().map(CpuTensor::storage),
            relu: plan.relu,
            sums: None,
        };
        let y = operands.forward_weighted(weight.storage(), epilogue);
        memory::give(weight);
        operands.give();
        shortcut.into_iter().for_each(memory::give);
        y
    }
}

/// Weights `[O, I, kh, kw]` and bias `[O]` of a convolution that normalises its output.
fn fold(weight: &CpuTensor, norm: &CpuTensor, epsilon: f64) -> (CpuTensor, Vec<f32>) {
    let channels = weight.shape()[0];
    let norm: Vec<&[f32]> = norm.storage().chunks_exact(channels).collect();
    let part = |row: usize, channel: usize| f64::from(norm[row][channel]);
    let scale = |channel: usize| part(0, channel) / (part(3, channel) + epsilon).sqrt();
    let shift = |channel: usize| (part(1, channel) - part(2, channel) * scale(channel)) as f32;
    let per_channel = weight.shape().num_elements() / channels;
    let mut folded = memory::take(weight.shape().num_elements());
    folded
        .par_chunks_exact_mut(per_channel)
        .zip(weight.storage::<f32>().par_chunks_exact(per_channel))
        .enumerate()
        .for_each(|(channel, (to, from))| {
            let scale = scale(channel) as f32;
            to.iter_mut().zip(from).for_each(|(to, from)| *to = scale * from);
        });
    let bias = (0..channels).map(shift).collect();
    (memory::tensor::<4>(folded, weight.shape().dims()), bias)
}
