//! Decoders: encoder features in, features at full image resolution out.

use burn::module::Module;
use burn::tensor::Device;
use lacuna_kernels::upsample::Upsampling;

use crate::conv::{ConvNorm, ConvShape, conv_norm_relu};
use crate::encoder::Features;
use crate::encoder::resnet::CHANNELS;
use crate::ops::{FeatureMap, Input};

/// Widths of the standard decoder, deepest block first; the first `encoder_depth` are used.
pub(crate) const STANDARD_WIDTHS: [usize; 5] = [256, 128, 64, 32, 16];
/// Widths of the paper's decoder at 1/16, 1/8, 1/4 and 1/2 of the image size.
pub(crate) const PAPER_WIDTHS: [usize; 4] = [512, 256, 256, 128];
/// Width of the paper's branch at full resolution.
pub(crate) const FULL_RESOLUTION_WIDTH: usize = 64;

/// One decoder or the other.
#[derive(Module, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "one value per model; the weights live on the device"
)]
pub(crate) enum Decoder {
    /// Of `unet-resnet18`.
    Standard(StandardDecoder),
    /// Of `unet-resnet18-paper`.
    Paper(PaperDecoder),
}

impl Decoder {
    /// The result has the size of `images`.
    pub(crate) fn forward(&self, images: FeatureMap, features: Features<FeatureMap>) -> FeatureMap {
        match self {
            Self::Standard(decoder) => decoder.forward(features),
            Self::Paper(decoder) => decoder.forward(images, features),
        }
    }
}

/// The U-Net decoder of segmentation_models.pytorch: nearest ×2, join the skip, two 3×3 convolutions.
#[derive(Module, Debug)]
pub(crate) struct StandardDecoder {
    blocks: Vec<DecoderBlock>,
}

#[derive(Module, Debug)]
struct DecoderBlock {
    conv1: ConvNorm,
    conv2: ConvNorm,
}

impl StandardDecoder {
    pub(crate) fn new(depth: usize, device: &Device) -> Self {
        let block = |index: usize| {
            let below = if index == 0 { CHANNELS[depth - 1] } else { STANDARD_WIDTHS[index - 1] };
            // The last block works at image size, where the encoder has no features.
            let skip = if index + 1 < depth { CHANNELS[depth - 2 - index] } else { 0 };
            let width = STANDARD_WIDTHS[index];
            DecoderBlock {
                conv1: ConvShape::new(below + skip, width, 3).conv_norm(device),
                conv2: ConvShape::new(width, width, 3).conv_norm(device),
            }
        };
        Self { blocks: (0..depth).map(block).collect() }
    }

    /// Channels of the result.
    pub(crate) const fn width(depth: usize) -> usize {
        STANDARD_WIDTHS[depth - 1]
    }

    fn forward(&self, features: Features<FeatureMap>) -> FeatureMap {
        let mut skips = features.finer.into_iter().rev();
        self.blocks.iter().fold(features.deepest, |x, block| {
            let x = Input::doubled(x, skips.next());
            conv_norm_relu(&block.conv2, conv_norm_relu(&block.conv1, x))
        })
    }
}

/// The decoder of the paper as we read it: every encoder stage passes a 1×1 convolution, bilinear ×2, one 3×3
/// convolution per resolution, and a branch at full resolution joined at the end.
#[derive(Module, Debug)]
pub(crate) struct PaperDecoder {
    laterals: Vec<ConvNorm>,
    deepest_lateral: ConvNorm,
    blocks: Vec<ConvNorm>,
    full_resolution: Vec<ConvNorm>,
    join: ConvNorm,
}

impl PaperDecoder {
    /// With a shallower encoder the coarse blocks fall away and every other one keeps its width.
    pub(crate) fn new(depth: usize, device: &Device) -> Self {
        let widths = &PAPER_WIDTHS[5 - depth..];
        let lateral =
            |stage: usize| ConvShape::new(CHANNELS[stage], CHANNELS[stage], 1).conv_norm(device);
        let block = |index: usize| {
            let below = if index == 0 { CHANNELS[depth - 1] } else { widths[index - 1] };
            ConvShape::new(below + CHANNELS[depth - 2 - index], widths[index], 3).conv_norm(device)
        };
        let full = FULL_RESOLUTION_WIDTH;
        Self {
            laterals: (0..depth - 1).map(lateral).collect(),
            deepest_lateral: lateral(depth - 1),
            blocks: (0..depth - 1).map(block).collect(),
            full_resolution: vec![
                ConvShape::new(3, full, 3).conv_norm(device),
                ConvShape::new(full, full, 3).conv_norm(device),
            ],
            join: ConvShape::new(PAPER_WIDTHS[3] + full, full, 3).conv_norm(device),
        }
    }

    /// Channels of the result.
    pub(crate) const fn width() -> usize {
        FULL_RESOLUTION_WIDTH
    }

    fn forward(&self, images: FeatureMap, features: Features<FeatureMap>) -> FeatureMap {
        let deepest = conv_norm_relu(&self.deepest_lateral, features.deepest);
        let skips = self.laterals.iter().zip(features.finer).rev();
        let x = self.blocks.iter().zip(skips).fold(deepest, |x, (block, (lateral, skip))| {
            let skip = conv_norm_relu(lateral, skip);
            conv_norm_relu(block, x.double(Upsampling::Bilinear, Some(skip)))
        });
        let fine = self.full_resolution.iter().fold(images, |x, layers| conv_norm_relu(layers, x));
        conv_norm_relu(&self.join, x.double(Upsampling::Bilinear, Some(fine)))
    }
}
