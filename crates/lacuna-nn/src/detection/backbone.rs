//! A ResNet18 with a feature pyramid on top, and which of its stages are trained.

use burn::module::Module;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::fpn::FeaturePyramidNetwork;
use crate::conv::{conv_norm, conv_norm_frozen};
use crate::encoder::resnet::{CHANNELS, ResNet18};
use crate::ops::FeatureMap;

/// Channels of every level.
pub(crate) const OUT_CHANNELS: usize = 256;

/// What of the backbone is trained. The pyramid always is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct BackboneConfig {
    /// How many of layer4, layer3, layer2, layer1 and the stem are trained, in this order: 0 to 5. 3 is torchvision's
    /// default for pretrained weights. A stage that is not trained computes as in evaluation.
    pub trainable_layers: usize,
    /// Whether every batch normalisation keeps its statistics, scale and shift, as torchvision's `FrozenBatchNorm2d`:
    /// right for pretrained weights and the small batches of detectors. Otherwise those of trained stages are trained.
    pub frozen_batch_norm: bool,
}

impl Default for BackboneConfig {
    fn default() -> Self {
        Self { trainable_layers: 3, frozen_batch_norm: true }
    }
}

impl BackboneConfig {
    /// Whether the convolution called `name`, such as `layer1.0.conv1`, is trained.
    fn trains(&self, name: &str) -> bool {
        let stages = ["layer4.", "layer3.", "layer2.", "layer1.", "conv1"];
        stages.iter().take(self.trainable_layers).any(|stage| name.starts_with(stage))
    }
}

/// torchvision's `resnet_fpn_backbone`.
#[derive(Module, Debug)]
pub(crate) struct BackboneWithFpn {
    body: ResNet18,
    fpn: FeaturePyramidNetwork,
    #[module(skip)]
    config: BackboneConfig,
}

impl BackboneWithFpn {
    /// With `depth` stages, 4 or 5; all but the stem feed the pyramid.
    pub(crate) fn new(depth: usize, config: BackboneConfig, device: &Device) -> Self {
        Self {
            body: ResNet18::new(depth, device),
            fpn: FeaturePyramidNetwork::new(&CHANNELS[1..depth], OUT_CHANNELS, device),
            config,
        }
    }

    /// The `depth` levels of images whose sides are multiples of 2^`depth`.
    pub(crate) fn forward(&self, images: FeatureMap) -> Vec<FeatureMap> {
        let features = self.body.forward_with(images, &mut |name, conv, norm, x, then| {
            let trained = self.config.trains(name);
            if trained && !self.config.frozen_batch_norm {
                conv_norm(conv, norm, x, then)
            } else {
                conv_norm_frozen(conv, norm, trained, x, then)
            }
        });
        // The stem's features are no part of the pyramid.
        self.fpn.forward(features.finer.into_iter().skip(1).chain([features.deepest]).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_trained_from_the_deepest() {
        let trained = |trainable_layers| {
            let config = BackboneConfig { trainable_layers, ..BackboneConfig::default() };
            ["layer4.1.conv2", "layer2.0.downsample.0", "layer1.0.conv1", "conv1"]
                .map(|name| config.trains(name))
        };
        assert_eq!(trained(0), [false; 4]);
        assert_eq!(trained(3), [true, true, false, false]);
        assert_eq!(trained(5), [true; 4]);
    }
}
