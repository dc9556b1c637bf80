//! The first stage: where something may be (Ren et al. 2015).

use burn::module::Module;
use burn::nn::conv::Conv2d;
use burn::tensor::{Device, Tensor};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::anchor::AnchorGenerator;
use super::backbone::OUT_CHANNELS;
use super::box_coder::BoxCoder;
use super::boxes::{Xyxy, box_iou, clip_to_image, is_large};
use super::faster_rcnn::{ImageList, Target};
use super::loss::{BoxLoss, ObjectnessLoss};
use super::matcher::{Match, Matcher};
use super::nms::{batched_nms, by_score};
use super::sampler::{BalancedSampler, SampleStreams};
use super::{DetectionError, host_values};
use crate::conv::{ConvShape, convolve};
use crate::ops::{FeatureMap, host_loss};

/// A shorter proposal is dropped, in pixels.
const MIN_SIZE: f32 = 1e-3;

/// A number for training and one for prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TopN {
    /// In training.
    pub training: usize,
    /// In prediction.
    pub testing: usize,
}

impl TopN {
    fn get(self, training: bool) -> usize {
        if training { self.training } else { self.testing }
    }
}

/// The settings of the region proposal network, with torchvision's names and defaults.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RpnConfig {
    /// From this IoU with a true box on an anchor is positive.
    pub fg_iou_thresh: f32,
    /// Below this IoU with all true boxes it is negative.
    pub bg_iou_thresh: f32,
    /// Anchors sampled for the losses of an image.
    pub batch_size_per_image: usize,
    /// Share of positives among them, at most.
    pub positive_fraction: f64,
    /// Proposals of a level kept before suppression.
    pub pre_nms_top_n: TopN,
    /// Proposals of an image kept after it.
    pub post_nms_top_n: TopN,
    /// Of proposals with a greater IoU only the better one stays.
    pub nms_thresh: f32,
    /// Proposals with a smaller probability are dropped.
    pub score_thresh: f32,
}

impl Default for RpnConfig {
    fn default() -> Self {
        Self {
            fg_iou_thresh: 0.7,
            bg_iou_thresh: 0.3,
            batch_size_per_image: 256,
            positive_fraction: 0.5,
            pre_nms_top_n: TopN { training: 2000, testing: 1000 },
            post_nms_top_n: TopN { training: 2000, testing: 1000 },
            nms_thresh: 0.7,
            score_thresh: 0.0,
        }
    }
}

impl RpnConfig {
    fn sampler(&self) -> BalancedSampler {
        let Self { batch_size_per_image, positive_fraction, .. } = *self;
        BalancedSampler { batch_size_per_image, positive_fraction }
    }

    fn matcher(&self) -> Matcher {
        Matcher {
            high_threshold: self.fg_iou_thresh,
            low_threshold: self.bg_iou_thresh,
            allow_low_quality_matches: true,
        }
    }
}

/// Weights `1`: the first stage predicts shifts in units of anchors.
const BOX_CODER: BoxCoder = BoxCoder { weights: [1.0; 4] };

/// torchvision's `RPNHead`.
#[derive(Module, Debug)]
pub(crate) struct RpnHead {
    conv: [[Conv2d; 1]; 1],
    cls_logits: Conv2d,
    bbox_pred: Conv2d,
}

impl RpnHead {
    fn new(anchors: usize, device: &Device) -> Self {
        let conv = |output, kernel| ConvShape::new(OUT_CHANNELS, output, kernel).conv(true, device);
        Self {
            conv: [[conv(OUT_CHANNELS, 3)]],
            cls_logits: conv(anchors, 1),
            bbox_pred: conv(4 * anchors, 1),
        }
    }

    fn forward(&self, levels: &[FeatureMap]) -> Predicted {
        let flat = |map: FeatureMap| {
            let map = map.into_channels_last();
            let batch = map.dims()[0] as i64;
            map.reshape([batch, -1])
        };
        let level = |level: &FeatureMap| {
            let x = convolve(&self.conv[0][0], level.clone()).relu();
            (flat(convolve(&self.cls_logits, x.clone())), flat(convolve(&self.bbox_pred, x)))
        };
        let (objectness, deltas): (Vec<_>, Vec<_>) = levels.iter().map(level).unzip();
        Predicted { objectness: Tensor::cat(objectness, 1), deltas: Tensor::cat(deltas, 1) }
    }
}

/// What the head says of all anchors of all levels, in the anchors' order.
#[derive(Debug, Clone)]
struct Predicted {
    /// Logits `[N, A]`.
    objectness: Tensor<2>,
    /// Codes `[N, 4 A]`.
    deltas: Tensor<2>,
}

/// The losses of the first stage.
#[derive(Debug, Clone)]
pub(crate) struct RpnLosses {
    pub(crate) loss_objectness: Tensor<1>,
    pub(crate) loss_rpn_box_reg: Tensor<1>,
}

/// torchvision's `RegionProposalNetwork`.
#[derive(Module, Debug)]
pub(crate) struct RegionProposalNetwork {
    head: RpnHead,
    #[module(skip)]
    anchor_generator: AnchorGenerator,
    #[module(skip)]
    config: RpnConfig,
}

impl RegionProposalNetwork {
    pub(crate) fn new(
        anchor_generator: AnchorGenerator,
        config: RpnConfig,
        device: &Device,
    ) -> Result<Self, DetectionError> {
        let head = RpnHead::new(anchor_generator.per_location()?, device);
        Ok(Self { head, anchor_generator, config })
    }

    /// Proposals of every image, the most probable first.
    pub(crate) fn propose(
        &self,
        images: &ImageList,
        levels: &[FeatureMap],
    ) -> Result<Vec<Vec<Xyxy>>, DetectionError> {
        let predicted = self.head.forward(levels);
        self.proposals(images, &predicted, &self.anchors(images, levels), false)
    }

    /// As [`RegionProposalNetwork::propose`] with the numbers for training, and the losses.
    pub(crate) fn proposals_and_losses(
        &self,
        images: &ImageList,
        levels: &[FeatureMap],
        targets: &[Target],
        streams: SampleStreams,
    ) -> Result<(Vec<Vec<Xyxy>>, RpnLosses), DetectionError> {
        let predicted = self.head.forward(levels);
        let anchors = self.anchors(images, levels);
        let proposals = self.proposals(images, &predicted, &anchors, true)?;
        Ok((proposals, self.losses(predicted, &anchors.concat(), targets, streams)))
    }

    fn anchors(&self, images: &ImageList, levels: &[FeatureMap]) -> Vec<Vec<Xyxy>> {
        let sizes: Vec<[usize; 2]> = levels.iter().map(FeatureMap::size).collect();
        self.anchor_generator.anchors(images.padded_size(), &sizes)
    }

    fn proposals(
        &self,
        images: &ImageList,
        predicted: &Predicted,
        anchors: &[Vec<Xyxy>],
        training: bool,
    ) -> Result<Vec<Vec<Xyxy>>, DetectionError> {
        let objectness = host_values(&predicted.objectness)?;
        let deltas = host_values(&predicted.deltas)?;
        let count: usize = anchors.iter().map(Vec::len).sum();
        let of_image = |((objectness, deltas), size): ((&[f32], &[f32]), &[usize; 2])| {
            let candidates = self.best_of_levels(objectness, deltas, anchors, training);
            self.filter(&candidates, *size, training)
        };
        Ok(objectness
            .par_chunks_exact(count)
            .zip(deltas.par_chunks_exact(4 * count))
            .zip(images.sizes())
            .map(of_image)
            .collect())
    }

    /// The most probable anchors of each level, moved to where they are predicted.
    fn best_of_levels(
        &self,
        objectness: &[f32],
        deltas: &[f32],
        anchors: &[Vec<Xyxy>],
        training: bool,
    ) -> Candidates {
        let most = self.config.pre_nms_top_n.get(training);
        let mut candidates = Candidates::default();
        let mut start = 0;
        for (level, anchors) in anchors.iter().enumerate() {
            let logits = &objectness[start..start + anchors.len()];
            for index in greatest(logits, most) {
                let at = 4 * (start + index);
                let code = [deltas[at], deltas[at + 1], deltas[at + 2], deltas[at + 3]];
                candidates.boxes.push(BOX_CODER.decode(code, anchors[index]));
                candidates.scores.push(1.0 / (1.0 + (-logits[index]).exp()));
                candidates.levels.push(level);
            }
            start += anchors.len();
        }
        candidates
    }

    fn filter(&self, candidates: &Candidates, size: [usize; 2], training: bool) -> Vec<Xyxy> {
        let clipped = candidates.boxes.iter().map(|corners| clip_to_image(*corners, size));
        let mut kept = Candidates::default();
        for (index, corners) in clipped.enumerate() {
            let score = candidates.scores[index];
            if is_large(corners, MIN_SIZE) && score >= self.config.score_thresh {
                kept.boxes.push(corners);
                kept.scores.push(score);
                kept.levels.push(candidates.levels[index]);
            }
        }
        let Candidates { boxes, scores, levels } = kept;
        let order = batched_nms(&boxes, &scores, &levels, self.config.nms_thresh);
        let most = self.config.post_nms_top_n.get(training);
        order.into_iter().take(most).map(|index| boxes[index]).collect()
    }

    fn losses(
        &self,
        predicted: Predicted,
        anchors: &[Xyxy],
        targets: &[Target],
        streams: SampleStreams,
    ) -> RpnLosses {
        let mut objectness = ObjectnessLoss { sampled: Vec::new() };
        let mut regression = BoxLoss { targets: Vec::new(), count: 0 };
        for (image, target) in targets.iter().enumerate() {
            let matches =
                self.config.matcher().matches(&box_iou(&target.boxes, anchors), anchors.len());
            let labels: Vec<i64> = matches.iter().map(|found| label(*found)).collect();
            let sample =
                self.config.sampler().draw(&labels, &mut streams.stream(*b"rpn-----", image));
            let first = image * anchors.len();
            objectness.sampled.extend(sample.positives.iter().map(|index| (first + index, true)));
            objectness.sampled.extend(sample.negatives.iter().map(|index| (first + index, false)));
            for index in sample.positives {
                if let Match::Box(matched) = matches[index] {
                    let code = BOX_CODER.encode(target.boxes[matched], anchors[index]);
                    regression.targets.push((4 * (first + index), code));
                }
            }
        }
        regression.count = objectness.sampled.len();
        RpnLosses {
            loss_objectness: host_loss(predicted.objectness.unsqueeze(), &objectness),
            loss_rpn_box_reg: host_loss(predicted.deltas.unsqueeze(), &regression),
        }
    }
}

/// Boxes of an image before suppression.
#[derive(Debug, Default)]
struct Candidates {
    boxes: Vec<Xyxy>,
    scores: Vec<f32>,
    levels: Vec<usize>,
}

/// The indices of the `most` greatest values, descending; of equal values the first ones.
fn greatest(values: &[f32], most: usize) -> Vec<usize> {
    let mut indices: Vec<usize> = (0..values.len()).collect();
    if most < indices.len() {
        let order = |a: &usize, b: &usize| values[*b].total_cmp(&values[*a]).then(a.cmp(b));
        indices.select_nth_unstable_by(most, order);
        indices.truncate(most);
    }
    by_score(indices, values)
}

fn label(found: Match) -> i64 {
    match found {
        Match::Box(_) => 1,
        Match::Background => 0,
        Match::Ignored => -1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_come_first_and_ties_in_their_order() {
        let values = [0.5, 2.0, 0.5, -1.0, 2.0, 0.5];
        assert_eq!(greatest(&values, 4), [1, 4, 0, 2]);
        assert_eq!(greatest(&values, 9), [1, 4, 0, 2, 5, 3]);
        assert!(greatest(&values, 0).is_empty());
    }
}
