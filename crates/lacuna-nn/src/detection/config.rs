//! What a detector is built from.

use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::anchor::AnchorGenerator;
use super::backbone::BackboneConfig;
use super::initial::initial_state;
use super::roi_heads::RoiHeadsConfig;
use super::rpn::RpnConfig;
use super::{DetectionError, FasterRcnn};

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
        self.check()?;
        let mut model = FasterRcnn::zeroed(self, &device.clone().autodiff())?;
        let state = initial_state(&model.state_dict(), seed);
        model.load_state_dict(&state);
        Ok(model)
    }

    fn check(&self) -> Result<(), DetectionError> {
        self.check_counts()?;
        self.check_shares()?;
        self.check_thresholds()?;
        let (levels, found) = (self.depth, self.anchors.sizes.len());
        if found == levels { Ok(()) } else { Err(DetectionError::AnchorLevels { levels, found }) }
    }

    fn check_counts(&self) -> Result<(), DetectionError> {
        let (rpn, roi) = (self.rpn.batch_size_per_image, self.roi_heads.batch_size_per_image);
        let counts = [
            ("classes", self.classes, 2, usize::MAX, "at least 2: the background is one"),
            ("depth", self.depth, 4, 5, "4 or 5"),
            ("backbone.trainable-layers", self.backbone.trainable_layers, 0, 5, "0 to 5"),
            ("rpn.batch-size-per-image", rpn, 1, usize::MAX, "at least 1"),
            ("roi-heads.batch-size-per-image", roi, 1, usize::MAX, "at least 1"),
        ];
        match counts.into_iter().find(|(_, value, least, most, _)| value < least || value > most) {
            Some((name, value, _, _, range)) => {
                Err(DetectionError::OutOfRange { name, value: value as f64, range })
            }
            None => Ok(()),
        }
    }

    fn check_shares(&self) -> Result<(), DetectionError> {
        let (rpn, roi) = (&self.rpn, &self.roi_heads);
        let shares = [
            ("rpn.positive-fraction", rpn.positive_fraction),
            ("rpn.nms-thresh", rpn.nms_thresh.into()),
            ("roi-heads.positive-fraction", roi.positive_fraction),
            ("roi-heads.nms-thresh", roi.nms_thresh.into()),
            ("roi-heads.score-thresh", roi.score_thresh.into()),
        ];
        match shares.into_iter().find(|(_, value)| !(0.0..=1.0).contains(value)) {
            Some((name, value)) => {
                Err(DetectionError::OutOfRange { name, value, range: "in [0, 1]" })
            }
            None => Ok(()),
        }
    }

    fn check_thresholds(&self) -> Result<(), DetectionError> {
        let (rpn, roi) = (&self.rpn, &self.roi_heads);
        let thresholds = [
            ("rpn.bg-iou-thresh", rpn.bg_iou_thresh, rpn.fg_iou_thresh),
            ("roi-heads.bg-iou-thresh", roi.bg_iou_thresh, roi.fg_iou_thresh),
        ];
        let sound = |low: f32, high: f32| 0.0 <= low && low <= high && high <= 1.0;
        match thresholds.into_iter().find(|(_, low, high)| !sound(*low, *high)) {
            Some((name, low, _)) => {
                let range = "in [0, fg-iou-thresh], and that at most 1";
                Err(DetectionError::OutOfRange { name, value: low.into(), range })
            }
            None => Ok(()),
        }
    }
}
