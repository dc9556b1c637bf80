//! What the networks are made of: operators with CPU kernels of our own, as extensions of the engine, and the engine's
//! operators on every other device.

mod conv_norm;
mod convolution;
mod cross_entropy;
mod feature_map;
mod folded;
mod host_loss;
mod layout;
mod max_pool;
mod memory;
mod normalise;
mod optimize;
mod roi_align;
mod upsample;

pub(crate) use convolution::{Convolution, Input, Steps};
pub(crate) use cross_entropy::CrossEntropy;
pub(crate) use feature_map::FeatureMap;
pub(crate) use host_loss::{HostLoss, host_loss};
pub(crate) use normalise::{
    Affine, Then, conv_norm_batch, conv_norm_fixed, normalise_batch, normalise_fixed,
};

pub(crate) use optimize::{adam_w, move_average, release, sgd, squares};
pub(crate) use roi_align::{Regions, roi_align};

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::NodeGuard;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Backend, ExtensionType, Flex};
use lacuna_kernels::ShapeError;

use memory::CpuTensor;

/// The engine's operators cannot return errors: like its own, ours panic when a caller breaks their contract,
/// which the networks of this crate never do.
fn fitting<T>(result: Result<T, ShapeError>) -> T {
    result.unwrap_or_else(|error| panic!("{error}"))
}

/// An operand that may be absent.
#[derive(Debug, ExtensionType)]
enum Maybe<B: Backend> {
    Given(FloatTensor<B>),
    Absent,
}

impl<B: Backend> From<Option<FloatTensor<B>>> for Maybe<B> {
    fn from(tensor: Option<FloatTensor<B>>) -> Self {
        tensor.map_or(Self::Absent, Self::Given)
    }
}

impl<B: Backend> Maybe<B> {
    fn into_option(self) -> Option<FloatTensor<B>> {
        match self {
            Self::Given(tensor) => Some(tensor),
            Self::Absent => None,
        }
    }
}

impl<C: CheckpointStrategy> Maybe<Autodiff<Flex, C>> {
    /// The tensor, and its node; one without gradient if it is absent.
    fn into_parts(self) -> (Option<CpuTensor>, NodeGuard) {
        match self {
            Self::Given(tensor) => {
                let (tensor, node) = tensor.into_parts();
                (Some(tensor), node)
            }
            Self::Absent => {
                let nothing = memory::tensor(Vec::new(), [0]);
                (None, Autodiff::<Flex, C>::from_inner(nothing).node())
            }
        }
    }
}

/// Hands the operands that want one their gradients.
fn register<const N: usize>(
    grads: &mut Gradients,
    operands: [Option<NodeId>; N],
    found: [Option<CpuTensor>; N],
) {
    for (node, gradient) in operands.into_iter().zip(found) {
        if let (Some(node), Some(gradient)) = (node, gradient) {
            grads.register::<Flex>(node, gradient);
        }
    }
}

/// Tensors for the tests of operators.
#[cfg(test)]
mod sample {
    use burn::tensor::{Device, Tensor};

    use super::FeatureMap;
    use crate::engine;

    /// Values between −1 and 1, other ones for each salt.
    pub(super) fn values<const D: usize>(shape: [usize; D], salt: usize) -> Tensor<D> {
        let value = |i: usize| ((i * 7919 + salt * 104_729) % 1009) as f32 / 504.5 - 1.0;
        let values = (0..shape.iter().product()).map(value).collect();
        engine::tensor(values, shape, &Device::flex())
    }

    /// As [`values`], with a gradient.
    pub(super) fn leaf<const D: usize>(shape: [usize; D], salt: usize) -> Tensor<D> {
        values(shape, salt).autodiff().require_grad()
    }

    /// `[N, C, H, W]` for our operators, or for the engine's.
    pub(super) fn map(tensor: &Tensor<4>, ours: bool) -> FeatureMap {
        let tensor = tensor.clone();
        if ours { FeatureMap::new(tensor) } else { FeatureMap::channels_first(tensor) }
    }

    /// The output `[N, C, H, W]` and the gradients of these leaves, where there are any.
    pub(super) fn outcome(output: FeatureMap, leaves: &[&Tensor<4>]) -> Vec<Vec<f32>> {
        let output = output.into_channels_first();
        let gradients = (output.clone() * values(output.dims(), 99)).sum().backward();
        let found = leaves.iter().filter_map(|leaf| leaf.grad(&gradients));
        [output].into_iter().chain(found).map(|tensor| engine::values(tensor).unwrap()).collect()
    }
}
