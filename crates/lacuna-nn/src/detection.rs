//! Faster R-CNN (Ren et al. 2015) with a feature pyramid (Lin et al. 2017): structure, names, defaults and state-dict keys
//! of `torchvision.models.detection.FasterRCNN` on a ResNet18.
//!
//! Boxes live on the host as [`Xyxy`]; matching, sampling and suppression of overlaps are plain functions over them, and
//! only what is differentiated is a tensor. Every random draw has its own named stream ([`SampleStreams`]).
//!
//! ```
//! use lacuna_nn::detection::{FasterRcnnConfig, ImageList, SampleStreams, Target};
//! use lacuna_nn::{Gradients, engine};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let device = engine::device("cpu")?;
//! let config = FasterRcnnConfig::new(2).with_depth(4);
//! let model = config.init(42, &device)?;
//! let images = ImageList::whole(engine::Tensor::zeros([1, 3, 64, 64], &device));
//! let targets = [Target { boxes: vec![[8.0, 8.0, 40.0, 48.0]], labels: vec![1] }];
//! let losses = model.losses(&images, &targets, SampleStreams { seed: 42, step: 0 })?;
//! let gradients = Gradients::of(&losses.total(), &model);
//! assert!(!gradients.is_empty());
//! let detections = model.evaluation().detect(&images)?;
//! assert_eq!(detections.len(), 1, "one list for each image");
//! # Ok(())
//! # }
//! ```

pub mod anchor;
pub mod backbone;
pub mod box_coder;
pub mod boxes;
mod config;
mod error;
mod faster_rcnn;
mod fpn;
mod initial;
mod linear;
mod loss;
pub mod matcher;
mod names;
pub mod nms;
pub mod roi_align;
mod roi_heads;
mod rpn;
pub mod sampler;
#[cfg(test)]
mod tests;

pub use anchor::AnchorGenerator;
pub use backbone::BackboneConfig;
pub use box_coder::BoxCoder;
pub use boxes::{Xyxy, box_iou};
pub use config::FasterRcnnConfig;
pub use error::DetectionError;
pub use faster_rcnn::{Detection, DetectionLosses, FasterRcnn, ImageList, Target};
pub use matcher::{Match, Matcher};
pub use nms::{batched_nms, nms};
pub use roi_heads::RoiHeadsConfig;
pub use rpn::{RpnConfig, TopN};
pub use sampler::{BalancedSampler, SampleStreams};

use burn::tensor::Tensor;

/// The values of a tensor on the host.
fn host_values<const D: usize>(tensor: &Tensor<D>) -> Result<Vec<f32>, DetectionError> {
    crate::engine::values(tensor.clone()).map_err(DetectionError::Device)
}
