//! The whole detector.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::DetectionError;
use super::anchor::AnchorGenerator;
use super::backbone::{BackboneConfig, BackboneWithFpn};
use super::boxes::Xyxy;
use super::initial::initial_state;
use super::roi_heads::{RoiHeads, RoiHeadsConfig, RoiLosses};
use super::rpn::{RegionProposalNetwork, RpnConfig, RpnLosses};
use super::sampler::SampleStreams;
use crate::named::{load, state_of};
use crate::ops::FeatureMap;
use crate::{LoadReport, Network, StateDict};

/// What to build.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FasterRcnnConfig {
    /// Number of classes **including the background**, which is class 0, as torchvision counts them: 2 for one kind of
    /// box.
    pub classes: usize,
    /// Stages of the ResNet18: 5, or 4 without layer4 (torchvision's `returned_layers=[1, 2, 3]`).
    pub depth: usize,
    /// What of the backbone is trained.
    pub backbone: BackboneConfig,
    /// The anchors; one list of sizes for each of the `depth` levels.
    pub anchors: AnchorGenerator,
    /// The first stage.
    pub rpn: RpnConfig,
    /// The second stage.
    pub roi_heads: RoiHeadsConfig,
}

impl FasterRcnnConfig {
    /// torchvision's defaults, with so many classes including the background.
    pub fn new(classes: usize) -> Self {
        Self {
            classes,
            depth: 5,
            backbone: BackboneConfig::default(),
            anchors: AnchorGenerator::pyramid(5),
            rpn: RpnConfig::default(),
            roi_heads: RoiHeadsConfig::default(),
        }
    }

    /// As [`FasterRcnnConfig::new`] with a backbone of `depth` stages and as many levels of anchors.
    #[must_use]
    pub fn with_depth(self, depth: usize) -> Self {
        Self { depth, anchors: AnchorGenerator::pyramid(depth), ..self }
    }

    /// Image height and width must be multiples of this.
    pub fn size_divisor(&self) -> usize {
        1 << self.depth
    }

    /// A detector in training mode with weights drawn from `seed`; the same seed gives the same bytes, whatever the
    /// device and the number of threads. The distributions are torchvision's.
    pub fn init(&self, seed: u64, device: &Device) -> Result<FasterRcnn, DetectionError> {
        let mut model = self.zeroed(&device.clone().autodiff())?;
        let state = initial_state(&model.state_dict(), seed);
        model.load_state_dict(&state);
        Ok(model)
    }

    fn zeroed(&self, device: &Device) -> Result<FasterRcnn, DetectionError> {
        self.check()?;
        Ok(FasterRcnn {
            backbone: BackboneWithFpn::new(self.depth, self.backbone, device),
            rpn: RegionProposalNetwork::new(self.anchors.clone(), self.rpn, device)?,
            roi_heads: RoiHeads::new(self.classes, self.roi_heads, device),
            config: self.clone(),
        })
    }

    fn check(&self) -> Result<(), DetectionError> {
        let (Self { classes, depth, backbone, anchors, .. }, rpn, roi) =
            (self, &self.rpn, &self.roi_heads);
        let share = |name, value: f64| (name, value, (0.0..=1.0).contains(&value), "in [0, 1]");
        let whole = |name, value: usize, least: usize, most: usize, range| {
            (name, value as f64, (least..=most).contains(&value), range)
        };
        let settings = [
            whole("classes", *classes, 2, 1 << 16, "at least 2: the background is one"),
            whole("depth", *depth, 4, 5, "4 or 5"),
            whole("backbone.trainable-layers", backbone.trainable_layers, 0, 5, "0 to 5"),
            whole("rpn.batch-size-per-image", rpn.batch_size_per_image, 1, 1 << 20, "at least 1"),
            whole(
                "roi-heads.batch-size-per-image",
                roi.batch_size_per_image,
                1,
                1 << 20,
                "at least 1",
            ),
            share("rpn.positive-fraction", rpn.positive_fraction),
            share("rpn.nms-thresh", rpn.nms_thresh.into()),
            share("roi-heads.positive-fraction", roi.positive_fraction),
            share("roi-heads.nms-thresh", roi.nms_thresh.into()),
            share("roi-heads.score-thresh", roi.score_thresh.into()),
        ];
        if let Some((name, value, _, range)) = settings.into_iter().find(|(_, _, sound, _)| !sound)
        {
            return Err(DetectionError::OutOfRange { name, value, range });
        }
        let thresholds = [
            ("rpn.bg-iou-thresh", rpn.bg_iou_thresh, rpn.fg_iou_thresh),
            ("roi-heads.bg-iou-thresh", roi.bg_iou_thresh, roi.fg_iou_thresh),
        ];
        for (name, low, high) in thresholds {
            if !(0.0 <= low && low <= high && high <= 1.0) {
                let range = "in [0, fg-iou-thresh], and that at most 1";
                return Err(DetectionError::OutOfRange { name, value: low.into(), range });
            }
        }
        if anchors.sizes.len() == *depth {
            Ok(())
        } else {
            Err(DetectionError::AnchorLevels { levels: *depth, found: anchors.sizes.len() })
        }
    }
}

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
        match self.config.zeroed(&Device::flex()) {
            Ok(empty) => std::mem::replace(self, empty),
            Err(_) => self.clone(),
        }
    }
}

impl FasterRcnn {
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
