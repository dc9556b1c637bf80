//! The whole detector.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::DetectionError;
use super::backbone::BackboneWithFpn;
use super::boxes::Xyxy;
use super::config::FasterRcnnConfig;
use super::roi_heads::{RoiHeads, RoiLosses};
use super::rpn::{RegionProposalNetwork, RpnLosses};
use super::sampler::SampleStreams;
use crate::named::{load, state_of};
use crate::ops::FeatureMap;
use crate::{LoadReport, Network, StateDict};

/// A batch of images.
#[derive(Debug, Clone)]
pub struct ImageList {
    /// `[N, 3, H, W]`, normalised with ImageNet's mean and standard deviation; smaller images are padded with 0 at the
    /// right and at the bottom.
    tensor: Tensor<4>,
    /// Height and width of each image without the padding.
    sizes: Vec<[usize; 2]>,
}

impl ImageList {
    /// Images without padding.
    pub fn whole(tensor: Tensor<4>) -> Self {
        let [count, _, height, width] = tensor.dims();
        Self { tensor, sizes: vec![[height, width]; count] }
    }

    /// Images of these heights and widths in the upper left corner of `tensor` `[N, 3, H, W]`: no box lies outside.
    ///
    /// # Errors
    /// When there is not one size per image. A size is cut to that of the tensor.
    pub fn padded(tensor: Tensor<4>, sizes: &[[usize; 2]]) -> Result<Self, DetectionError> {
        let [images, _, height, width] = tensor.dims();
        if sizes.len() != images {
            return Err(DetectionError::Count { what: "sizes", found: sizes.len(), images });
        }
        let sizes = sizes.iter().map(|[h, w]| [(*h).min(height), (*w).min(width)]).collect();
        Ok(Self { tensor, sizes })
    }

    /// Height and width of each image without padding.
    pub fn sizes(&self) -> &[[usize; 2]] {
        &self.sizes
    }

    pub(crate) fn padded_size(&self) -> [usize; 2] {
        let [_, _, height, width] = self.tensor.dims();
        [height, width]
    }
}

/// The true boxes of an image. None at all is a picture of background.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Target {
    /// Their corners in pixels.
    pub boxes: Vec<Xyxy>,
    /// The class of each, from 1.
    pub labels: Vec<usize>,
}

/// A found box.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detection {
    /// Its corners in pixels.
    pub corners: Xyxy,
    /// Its class, from 1.
    pub label: usize,
    /// Its probability.
    pub score: f32,
}

/// The four losses of a batch, each `[1]`.
#[derive(Debug, Clone)]
pub struct DetectionLosses {
    /// Cross-entropy of the classes of proposals.
    pub loss_classifier: Tensor<1>,
    /// Smooth L1 of the boxes of proposals.
    pub loss_box_reg: Tensor<1>,
    /// Cross-entropy of "something" against "nothing" of anchors.
    pub loss_objectness: Tensor<1>,
    /// Smooth L1 of the boxes of anchors.
    pub loss_rpn_box_reg: Tensor<1>,
}

impl DetectionLosses {
    /// Their sum, which is minimised.
    pub fn total(&self) -> Tensor<1> {
        self.loss_classifier.clone()
            + self.loss_box_reg.clone()
            + self.loss_objectness.clone()
            + self.loss_rpn_box_reg.clone()
    }
}

/// A Faster R-CNN. Its weights are named as in torchvision.
#[derive(Module, Debug)]
pub struct FasterRcnn {
    backbone: BackboneWithFpn,
    rpn: RegionProposalNetwork,
    roi_heads: RoiHeads,
    #[module(skip)]
    config: FasterRcnnConfig,
}

impl Network for FasterRcnn {
    fn take(&mut self) -> Self {
        // Its large weights are not allocated before they are used.
        match Self::zeroed(&self.config, &Device::flex()) {
            Ok(empty) => std::mem::replace(self, empty),
            Err(_) => self.clone(),
        }
    }
}

impl FasterRcnn {
    /// With all weights zero, from a checked `config`.
    pub(super) fn zeroed(
        config: &FasterRcnnConfig,
        device: &Device,
    ) -> Result<Self, DetectionError> {
        Ok(Self {
            backbone: BackboneWithFpn::new(config.depth, config.backbone, device),
            rpn: RegionProposalNetwork::new(config.anchors.clone(), config.rpn, device)?,
            roi_heads: RoiHeads::new(config.classes, config.roi_heads, device),
            config: config.clone(),
        })
    }

    /// The losses of a batch in training mode.
    ///
    /// # Errors
    /// When the images have an impossible size, there is not one target per image, a box has no area or a label is not
    /// one of the classes.
    pub fn losses(
        &self,
        images: &ImageList,
        targets: &[Target],
        streams: SampleStreams,
    ) -> Result<DetectionLosses, DetectionError> {
        self.check_targets(images, targets)?;
        let levels = self.levels(images)?;
        let (proposals, rpn) = self.rpn.proposals_and_losses(images, &levels, targets, streams)?;
        let pyramid = &levels[..levels.len() - 1];
        let RoiLosses { loss_classifier, loss_box_reg } =
            self.roi_heads.losses(pyramid, proposals, targets, streams);
        let RpnLosses { loss_objectness, loss_rpn_box_reg } = rpn;
        Ok(DetectionLosses { loss_classifier, loss_box_reg, loss_objectness, loss_rpn_box_reg })
    }

    /// The boxes in each image, by descending score; with the numbers of proposals for prediction. Use
    /// [`FasterRcnn::evaluation`] for a model that is being trained.
    ///
    /// # Errors
    /// When the images have an impossible size or the device fails.
    pub fn detect(&self, images: &ImageList) -> Result<Vec<Vec<Detection>>, DetectionError> {
        let levels = self.levels(images)?;
        let proposals = self.rpn.propose(images, &levels)?;
        self.roi_heads.detect(&levels[..levels.len() - 1], &proposals, images.sizes())
    }

    /// The levels of the pyramid, the extra one last.
    fn levels(&self, images: &ImageList) -> Result<Vec<FeatureMap>, DetectionError> {
        let ([height, width], divisor) = (images.padded_size(), self.config.size_divisor());
        if height == 0 || width == 0 || height % divisor != 0 || width % divisor != 0 {
            return Err(DetectionError::ImageSize { height, width, divisor });
        }
        Ok(self.backbone.forward(FeatureMap::new(images.tensor.clone())))
    }

    fn check_targets(&self, images: &ImageList, targets: &[Target]) -> Result<(), DetectionError> {
        let count = images.sizes().len();
        if targets.len() != count {
            return Err(DetectionError::Count {
                what: "targets",
                found: targets.len(),
                images: count,
            });
        }
        targets.iter().enumerate().try_for_each(|(image, target)| self.check_target(image, target))
    }

    fn check_target(&self, image: usize, target: &Target) -> Result<(), DetectionError> {
        let (boxes, labels) = (&target.boxes, &target.labels);
        if labels.len() != boxes.len() {
            let found = labels.len();
            return Err(DetectionError::Labels { image, found, boxes: boxes.len() });
        }
        let most = self.config.classes - 1;
        if let Some(label) = labels.iter().find(|label| !(1..=most).contains(label)) {
            return Err(DetectionError::Label { image, label: *label, most });
        }
        let sound = |[x1, y1, x2, y2]: &Xyxy| {
            x2 > x1 && y2 > y1 && [x1, y1, x2, y2].iter().all(|v| v.is_finite())
        };
        match boxes.iter().position(|corners| !sound(corners)) {
            Some(index) => {
                Err(DetectionError::DegenerateBox { image, index, corners: boxes[index] })
            }
            None => Ok(()),
        }
    }

    /// What this detector was built from.
    pub fn config(&self) -> &FasterRcnnConfig {
        &self.config
    }

    /// A copy for evaluation: running statistics, no gradients. The original can go on training.
    #[must_use]
    pub fn evaluation(&self) -> Self {
        self.valid()
    }

    /// This detector in training mode.
    #[must_use]
    pub fn training(self) -> Self {
        self.train()
    }

    /// Every weight and statistic by name, in name order: those of torchvision's `FasterRCNN` on a `resnet_fpn_backbone`.
    pub fn state_dict(&self) -> StateDict {
        state_of(self)
    }

    /// Puts the tensors of `state` in that fit by name and shape, and says which did not. Names of torchvision before
    /// 0.14 (`rpn.head.conv.weight`, `backbone.fpn.inner_blocks.0.weight`) are understood, and the batch counters of its
    /// normalisations are passed over.
    pub fn load_state_dict(&mut self, state: &StateDict) -> LoadReport {
        let (loaded, report) = load(self.clone(), &super::names::current(state));
        *self = loaded;
        report
    }
}
