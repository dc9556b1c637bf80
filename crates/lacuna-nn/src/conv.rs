//! Convolution followed by batch normalisation, the unit every part of the networks is made of.
//!
//! The pair is a tuple because its weights are then called `0.weight`, `1.weight`, … as in a PyTorch
//! `nn.Sequential(conv, bn)`.

use burn::module::Param;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{Initializer, PaddingConfig2d};
use burn::tensor::Device;

use crate::BatchNorm2d;
use crate::ops::{Convolution, FeatureMap, Input, Steps, Then};

/// A convolution without bias, and the batch normalisation of its output.
pub(crate) type ConvNorm = (Conv2d, BatchNorm2d);

/// Channels in and out, kernel size and stride of a square convolution with padding `kernel / 2`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConvShape {
    pub(crate) input: usize,
    pub(crate) output: usize,
    pub(crate) kernel: usize,
    pub(crate) stride: usize,
}

impl ConvShape {
    pub(crate) const fn new(input: usize, output: usize, kernel: usize) -> Self {
        Self { input, output, kernel, stride: 1 }
    }

    pub(crate) const fn stride(mut self, stride: usize) -> Self {
        self.stride = stride;
        self
    }

    /// A convolution with all weights zero: `init` fills them from the seed.
    pub(crate) fn conv(self, bias: bool, device: &Device) -> Conv2d {
        let padding = self.kernel / 2;
        Conv2dConfig::new([self.input, self.output], [self.kernel; 2])
            .with_stride([self.stride; 2])
            .with_padding(PaddingConfig2d::Explicit(padding, padding, padding, padding))
            .with_bias(bias)
            .with_initializer(Initializer::Zeros)
            .init(device)
    }

    pub(crate) fn conv_norm(self, device: &Device) -> ConvNorm {
        (self.conv(false, device), BatchNorm2d::new(self.output, device))
    }
}

/// conv → batch norm → ReLU.
pub(crate) fn conv_norm_relu(layers: &ConvNorm, input: impl Into<Input>) -> FeatureMap {
    conv_norm(&layers.0, &layers.1, input, Then::RELU)
}

/// conv → batch norm → what follows; `conv` is of [`ConvShape::conv`], without bias.
pub(crate) fn conv_norm(
    conv: &Conv2d,
    norm: &BatchNorm2d,
    input: impl Into<Input>,
    then: Then,
) -> FeatureMap {
    norm.forward_after(convolution(conv), input.into(), then)
}

/// As [`conv_norm`] with a frozen normalisation, and a frozen convolution too unless `trained`.
pub(crate) fn conv_norm_frozen(
    conv: &Conv2d,
    norm: &BatchNorm2d,
    trained: bool,
    input: impl Into<Input>,
    then: Then,
) -> FeatureMap {
    let Convolution { weight, steps } = convolution(conv);
    let weight = if trained { weight } else { weight.without_autodiff() };
    norm.forward_frozen(Convolution { weight, steps }, input.into(), then)
}

/// The convolution of `input` as `conv.forward`, with the kernels of [`crate::ops`]; `conv` is of [`ConvShape::conv`].
pub(crate) fn convolve(conv: &Conv2d, input: FeatureMap) -> FeatureMap {
    convolution(conv).of(input, conv.bias.as_ref().map(Param::val))
}

fn convolution(conv: &Conv2d) -> Convolution {
    let padding = conv.kernel_size.map(|kernel| kernel / 2);
    Convolution { weight: conv.weight.val(), steps: Steps { stride: conv.stride, padding } }
}
