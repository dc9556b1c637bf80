//! The feature pyramid: features of every stage, each with what the deeper ones know (Lin et al. 2017).

use burn::module::Module;
use burn::nn::conv::Conv2d;
use burn::tensor::Device;
use lacuna_kernels::upsample::Upsampling;

use crate::conv::{ConvShape, convolve};
use crate::ops::FeatureMap;

/// torchvision's `FeaturePyramidNetwork` with `LastLevelMaxPool`.
#[derive(Module, Debug)]
pub(crate) struct FeaturePyramidNetwork {
    inner_blocks: Vec<[Conv2d; 1]>,
    layer_blocks: Vec<[Conv2d; 1]>,
}

impl FeaturePyramidNetwork {
    pub(crate) fn new(inputs: &[usize], output: usize, device: &Device) -> Self {
        let inner = |input: &usize| [ConvShape::new(*input, output, 1).conv(true, device)];
        let layer = |_: &usize| [ConvShape::new(output, output, 3).conv(true, device)];
        Self {
            inner_blocks: inputs.iter().map(inner).collect(),
            layer_blocks: inputs.iter().map(layer).collect(),
        }
    }

    /// The levels of the pyramid, the finest first, from features that halve from each to the next; and one level more,
    /// half as large as the coarsest. (The library calls it a max pooling; its windows are of one pixel.)
    pub(crate) fn forward(&self, features: Vec<FeatureMap>) -> Vec<FeatureMap> {
        let mut levels = Vec::new();
        let mut coarser: Option<FeatureMap> = None;
        for (index, feature) in features.into_iter().enumerate().rev() {
            let lateral = convolve(&self.inner_blocks[index][0], feature);
            let inner = match coarser {
                Some(coarser) => lateral.plus(coarser.double(Upsampling::Nearest, None)),
                None => lateral,
            };
            levels.push(convolve(&self.layer_blocks[index][0], inner.clone()));
            coarser = Some(inner);
        }
        levels.reverse();
        let last = levels.last().cloned().map(FeatureMap::every_second);
        levels.into_iter().chain(last).collect()
    }
}
