//! The ResNet18 encoder (He et al. 2016) with torchvision's structure and names.

use burn::module::Module;
use burn::nn::conv::Conv2d;
use burn::tensor::{Device, Tensor};

use crate::BatchNorm2d;
use crate::conv::{ConvNorm, ConvShape, conv_norm};
use crate::ops::{FeatureMap, Then};

/// Channels of the features at 1/2, 1/4, 1/8, 1/16 and 1/32 of the image size.
pub const CHANNELS: [usize; 5] = [64, 64, 128, 256, 512];

/// ResNet18 without its classifier, cut after `depth` stages: stem = 1, layer1 = 2, … layer4 = 5.
#[derive(Module, Debug)]
pub struct ResNet18 {
    conv1: Conv2d,
    bn1: BatchNorm2d,
    layer1: Option<Vec<BasicBlock>>,
    layer2: Option<Vec<BasicBlock>>,
    layer3: Option<Vec<BasicBlock>>,
    layer4: Option<Vec<BasicBlock>>,
}

impl ResNet18 {
    pub(crate) fn new(depth: usize, device: &Device) -> Self {
        let stage = |number: usize, stride: usize| {
            (number <= depth)
                .then(|| stage(CHANNELS[number - 2], CHANNELS[number - 1], stride, device))
        };
        Self {
            conv1: ConvShape::new(3, 64, 7).stride(2).conv(false, device),
            bn1: BatchNorm2d::new(64, device),
            layer1: stage(2, 1),
            layer2: stage(3, 2),
            layer3: stage(4, 2),
            layer4: stage(5, 2),
        }
    }

    /// Features of every stage of images `[N, 3, H, W]`.
    pub fn forward(&self, images: Tensor<4>) -> Features {
        self.features(FeatureMap::new(images)).map(FeatureMap::into_channels_first)
    }

    /// As [`ResNet18::forward`], in the device's order of axes.
    pub(crate) fn features(&self, images: FeatureMap) -> Features<FeatureMap> {
        self.forward_with(images, &mut |_, conv, norm, x, then| conv_norm(conv, norm, x, then))
    }

    /// As [`ResNet18::features`] with `apply` in place of each convolution and normalisation; it is
    /// given the convolution's name, such as `layer1.0.conv1`.
    pub(crate) fn forward_with(
        &self,
        images: FeatureMap,
        apply: &mut ApplyConvNorm,
    ) -> Features<FeatureMap> {
        let mut deepest = apply("conv1", &self.conv1, &self.bn1, images, Then::RELU);
        let mut x = deepest.clone().max_pool();
        let mut finer = Vec::new();
        let stages = [&self.layer1, &self.layer2, &self.layer3, &self.layer4];
        for (number, blocks) in stages.into_iter().flatten().enumerate() {
            for (index, block) in blocks.iter().enumerate() {
                x = block.forward(x, &format!("layer{}.{index}", number + 1), apply);
            }
            finer.push(std::mem::replace(&mut deepest, x.clone()));
        }
        Features { finer, deepest }
    }
}

/// Applies a named convolution, its batch normalisation and what follows.
pub(crate) type ApplyConvNorm<'a> =
    dyn FnMut(&str, &Conv2d, &BatchNorm2d, FeatureMap, Then) -> FeatureMap + 'a;

/// What an encoder returns for `[N, 3, H, W]` images.
#[derive(Debug, Clone)]
pub struct Features<T = Tensor<4>> {
    /// Features of every stage but the last, `[N, C, H / 2^stage, W / 2^stage]`, the finest (stage 1) first.
    pub finer: Vec<T>,
    /// Features of the last stage.
    pub deepest: T,
}

impl<T> Features<T> {
    fn map<U>(self, change: impl Fn(T) -> U) -> Features<U> {
        let finer = self.finer.into_iter().map(&change).collect();
        Features { finer, deepest: change(self.deepest) }
    }
}

fn stage(input: usize, output: usize, stride: usize, device: &Device) -> Vec<BasicBlock> {
    vec![BasicBlock::new(input, output, stride, device), BasicBlock::new(output, output, 1, device)]
}

/// Two 3×3 convolutions beside a shortcut; the shortcut is a 1×1 convolution where the shape changes.
#[derive(Module, Debug)]
pub(crate) struct BasicBlock {
    conv1: Conv2d,
    bn1: BatchNorm2d,
    conv2: Conv2d,
    bn2: BatchNorm2d,
    downsample: Option<ConvNorm>,
}

impl BasicBlock {
    fn new(input: usize, output: usize, stride: usize, device: &Device) -> Self {
        let shortcut = ConvShape::new(input, output, 1).stride(stride);
        Self {
            conv1: ConvShape::new(input, output, 3).stride(stride).conv(false, device),
            bn1: BatchNorm2d::new(output, device),
            conv2: ConvShape::new(output, output, 3).conv(false, device),
            bn2: BatchNorm2d::new(output, device),
            downsample: (stride != 1 || input != output).then(|| shortcut.conv_norm(device)),
        }
    }

    fn forward(&self, input: FeatureMap, name: &str, apply: &mut ApplyConvNorm) -> FeatureMap {
        let shortcut = match &self.downsample {
            Some((conv, norm)) => {
                apply(&format!("{name}.downsample.0"), conv, norm, input.clone(), Then::default())
            }
            None => input.clone(),
        };
        let x = apply(&format!("{name}.conv1"), &self.conv1, &self.bn1, input, Then::RELU);
        let then = Then { shortcut: Some(shortcut), relu: true };
        apply(&format!("{name}.conv2"), &self.conv2, &self.bn2, x, then)
    }
}
