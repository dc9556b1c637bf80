//! A fully connected layer whose weight is `[outputs, inputs]`, as PyTorch stores it.

use burn::module::{Module, Param};
use burn::nn::Initializer;
use burn::tensor::{Device, Tensor};

/// y = x Wᵀ + b.
#[derive(Module, Debug)]
pub(crate) struct Linear {
    weight: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
}

impl Linear {
    /// With all weights zero: `init` fills them from the seed.
    pub(crate) fn new(inputs: usize, outputs: usize, device: &Device) -> Self {
        Self {
            weight: Initializer::Zeros.init([outputs, inputs], device),
            bias: Initializer::Zeros.init([outputs], device),
        }
    }

    /// `[R, outputs]` of `x` `[R, inputs]`.
    pub(crate) fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        x.matmul(self.weight.val().transpose()) + self.bias.val().unsqueeze()
    }
}
