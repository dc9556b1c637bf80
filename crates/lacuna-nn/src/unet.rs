//! The segmentation networks: a U-Net (Ronneberger et al. 2015) on a ResNet18 encoder, in two shapes.

use burn::module::Module;
use burn::nn::conv::Conv2d;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::conv::{ConvShape, convolve};
use crate::decoder::{Decoder, PaperDecoder, StandardDecoder};
use crate::encoder::resnet::ResNet18;
use crate::init::initial_state;
use crate::named::{load, state_of};
use crate::ops::FeatureMap;
use crate::{LoadReport, Network, StateDict};

/// Which network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Architecture {
    /// `unet-resnet18`: as `segmentation_models_pytorch.Unet("resnet18")`, 14.33 M parameters at depth 5.
    UnetResnet18,
    /// `unet-resnet18-paper`: Martin, Chevallet, Quénot 2022 as we read it, with a wider decoder, 1×1
    /// convolutions before the skips and a branch at full resolution.
    UnetResnet18Paper,
}

/// What to build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct UnetConfig {
    /// Which network.
    pub architecture: Architecture,
    /// Stages of the encoder, 3 to 5: stem = 1, layer1 = 2, … layer4 = 5.
    pub encoder_depth: usize,
    /// Number of classes, one output channel each.
    pub classes: usize,
}

/// Why a network cannot be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnetError {
    /// The encoder has 3 to 5 usable stages.
    #[error("encoder depth must be 3, 4 or 5, not {0}")]
    EncoderDepth(usize),
    /// There must be something to predict.
    #[error("number of classes must be at least 1")]
    NoClasses,
}

impl UnetConfig {
    /// Image height and width must be multiples of this.
    pub fn size_divisor(&self) -> usize {
        1 << self.encoder_depth
    }

    /// A network in training mode with weights drawn from `seed`; the same seed gives the same bytes, whatever
    /// the device and the number of threads.
    pub fn init(&self, seed: u64, device: &Device) -> Result<Unet, UnetError> {
        let mut unet = self.zeroed(&device.clone().autodiff())?;
        let state = initial_state(&unet.state_dict(), seed);
        unet.load_state_dict(&state);
        Ok(unet)
    }

    fn zeroed(&self, device: &Device) -> Result<Unet, UnetError> {
        let depth = self.encoder_depth;
        if !(3..=5).contains(&depth) {
            return Err(UnetError::EncoderDepth(depth));
        }
        if self.classes == 0 {
            return Err(UnetError::NoClasses);
        }
        let (decoder, head) = match self.architecture {
            Architecture::UnetResnet18 => (
                Decoder::Standard(StandardDecoder::new(depth, device)),
                ConvShape::new(StandardDecoder::width(depth), self.classes, 3),
            ),
            Architecture::UnetResnet18Paper => (
                Decoder::Paper(PaperDecoder::new(depth, device)),
                ConvShape::new(PaperDecoder::width(), self.classes, 1),
            ),
        };
        let encoder = ResNet18::new(depth, device);
        Ok(Unet { encoder, decoder, segmentation_head: [head.conv(true, device)], config: *self })
    }
}

/// A segmentation network. Its weights are named as in segmentation_models.pytorch; see [`Unet::state_dict`].
#[derive(Module, Debug)]
pub struct Unet {
    encoder: ResNet18,
    decoder: Decoder,
    segmentation_head: [Conv2d; 1],
    #[module(skip)]
    config: UnetConfig,
}

impl Network for Unet {
    fn take(&mut self) -> Self {
        // Its weights are not allocated before they are used.
        match (UnetConfig { encoder_depth: 3, ..self.config }).zeroed(&Device::flex()) {
            Ok(empty) => std::mem::replace(self, empty),
            Err(_) => self.clone(),
        }
    }
}

impl Unet {
    /// Logits `[N, classes, H, W]` of images `[N, 3, H, W]`; H and W must be multiples of
    /// [`UnetConfig::size_divisor`]. In training mode batch normalisation uses the batch's statistics and
    /// updates its running ones.
    pub fn forward(&self, images: Tensor<4>) -> Tensor<4> {
        self.logits(FeatureMap::new(images)).into_channels_first()
    }

    /// As [`Unet::forward`], in the device's order of axes.
    fn logits(&self, images: FeatureMap) -> FeatureMap {
        let features = self.encoder.features(images.clone());
        let x = self.decoder.forward(images, features);
        convolve(&self.segmentation_head[0], x)
    }

    /// What this network was built from.
    pub fn config(&self) -> &UnetConfig {
        &self.config
    }

    /// The encoder.
    pub fn encoder(&self) -> &ResNet18 {
        &self.encoder
    }

    /// A copy for evaluation: running statistics, no gradients. The original can go on training.
    #[must_use]
    pub fn evaluation(&self) -> Self {
        self.valid()
    }

    /// This network in training mode: batch statistics and gradients.
    #[must_use]
    pub fn training(self) -> Self {
        self.train()
    }

    /// Number of trainable values.
    pub fn parameter_count(&self) -> usize {
        let statistics =
            |name: &str| name.ends_with(".running_mean") || name.ends_with(".running_var");
        let state = self.state_dict();
        state
            .iter()
            .filter(|(name, _)| !statistics(name))
            .map(|(_, tensor)| tensor.data.len())
            .sum()
    }

    /// Every weight and running statistic by name, in name order.
    ///
    /// For `unet-resnet18` the names are those of `segmentation_models_pytorch.Unet("resnet18", encoder_depth,
    /// decoder_channels)`, so that the tensors load there; below depth 5 that library also keeps the encoder's
    /// unused deeper layers, which are not here (load with `strict=False`).
    pub fn state_dict(&self) -> StateDict {
        state_of(self)
    }

    /// Puts the tensors of `state` in that fit by name and shape, and says which did not.
    pub fn load_state_dict(&mut self, state: &StateDict) -> LoadReport {
        let (loaded, report) = load(self.clone(), state);
        *self = loaded;
        report
    }
}
