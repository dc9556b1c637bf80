//! The second stage: what each proposal is, and where exactly (Girshick 2015).

use burn::module::Module;
use burn::tensor::{Device, Tensor, activation};
use serde::{Deserialize, Serialize};

use super::backbone::OUT_CHANNELS;
use super::box_coder::BoxCoder;
use super::boxes::{Xyxy, box_iou, clip_to_image, is_large};
use super::faster_rcnn::{Detection, Target};
use super::linear::Linear;
use super::loss::{BoxLoss, ClassifierLoss};
use super::matcher::{Match, Matcher};
use super::nms::batched_nms;
use super::roi_align::MultiScaleRoiAlign;
use super::sampler::{BalancedSampler, SampleStreams};
use super::{DetectionError, host_values};
use crate::ops::{FeatureMap, host_loss};

/// Bins of a region a side.
const BINS: usize = 7;
/// Features of a region behind the head's two layers.
const REPRESENTATION_SIZE: usize = 1024;
/// A shorter detection is dropped, in pixels.
const MIN_SIZE: f32 = 1e-2;

/// The settings of the second stage, with torchvision's names and defaults (there beginning with `box_`).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RoiHeadsConfig {
    /// From this IoU with a true box on a proposal has its class.
    pub fg_iou_thresh: f32,
    /// Below this IoU with all true boxes it is background.
    pub bg_iou_thresh: f32,
    /// Proposals sampled for the losses of an image.
    pub batch_size_per_image: usize,
    /// Share of positives among them, at most.
    pub positive_fraction: f64,
    /// Factors of the box codes.
    pub bbox_reg_weights: [f32; 4],
    /// Detections with a score of this or less are dropped.
    pub score_thresh: f32,
    /// Of detections of a class with a greater IoU only the better one stays.
    pub nms_thresh: f32,
    /// Detections of an image, at most.
    pub detections_per_img: usize,
}

impl Default for RoiHeadsConfig {
    fn default() -> Self {
        Self {
            fg_iou_thresh: 0.5,
            bg_iou_thresh: 0.5,
            batch_size_per_image: 512,
            positive_fraction: 0.25,
            bbox_reg_weights: [10.0, 10.0, 5.0, 5.0],
            score_thresh: 0.05,
            nms_thresh: 0.5,
            detections_per_img: 100,
        }
    }
}

impl RoiHeadsConfig {
    fn coder(&self) -> BoxCoder {
        BoxCoder { weights: self.bbox_reg_weights }
    }

    fn sampler(&self) -> BalancedSampler {
        let Self { batch_size_per_image, positive_fraction, .. } = *self;
        BalancedSampler { batch_size_per_image, positive_fraction }
    }

    fn matcher(&self) -> Matcher {
        Matcher {
            high_threshold: self.fg_iou_thresh,
            low_threshold: self.bg_iou_thresh,
            allow_low_quality_matches: false,
        }
    }
}

/// torchvision's `TwoMLPHead`.
#[derive(Module, Debug)]
struct TwoMlpHead {
    fc6: Linear,
    fc7: Linear,
}

/// torchvision's `FastRCNNPredictor`.
#[derive(Module, Debug)]
struct FastRcnnPredictor {
    cls_score: Linear,
    bbox_pred: Linear,
}

/// What the head says of regions.
#[derive(Debug)]
struct Predicted {
    /// Logits `[R, classes]`.
    class_logits: Tensor<2>,
    /// Codes `[R, 4 classes]`.
    box_regression: Tensor<2>,
}

/// The losses of the second stage.
#[derive(Debug, Clone)]
pub(crate) struct RoiLosses {
    pub(crate) loss_classifier: Tensor<1>,
    pub(crate) loss_box_reg: Tensor<1>,
}

/// torchvision's `RoIHeads`.
#[derive(Module, Debug)]
pub(crate) struct RoiHeads {
    box_head: TwoMlpHead,
    box_predictor: FastRcnnPredictor,
    #[module(skip)]
    classes: usize,
    #[module(skip)]
    config: RoiHeadsConfig,
}

impl RoiHeads {
    pub(crate) fn new(classes: usize, config: RoiHeadsConfig, device: &Device) -> Self {
        let linear = |inputs, outputs| Linear::new(inputs, outputs, device);
        let size = REPRESENTATION_SIZE;
        Self {
            box_head: TwoMlpHead {
                fc6: linear(OUT_CHANNELS * BINS * BINS, size),
                fc7: linear(size, size),
            },
            box_predictor: FastRcnnPredictor {
                cls_score: linear(size, classes),
                bbox_pred: linear(size, 4 * classes),
            },
            classes,
            config,
        }
    }

    /// Of the regions of all images, at least one, in the levels of the pyramid without the extra one.
    fn predict(&self, levels: &[FeatureMap], regions: &[Vec<Xyxy>]) -> Predicted {
        let pool = MultiScaleRoiAlign { output_size: BINS, sampling_ratio: 2 };
        let x = pool.forward(levels, OUT_CHANNELS, regions).flatten(1, 3);
        let x = activation::relu(self.box_head.fc6.forward(x));
        let x = activation::relu(self.box_head.fc7.forward(x));
        Predicted {
            class_logits: self.box_predictor.cls_score.forward(x.clone()),
            box_regression: self.box_predictor.bbox_pred.forward(x),
        }
    }

    /// The losses of a sample of the proposals and the true boxes themselves.
    pub(crate) fn losses(
        &self,
        levels: &[FeatureMap],
        proposals: Vec<Vec<Xyxy>>,
        targets: &[Target],
        streams: SampleStreams,
    ) -> RoiLosses {
        let samples: Vec<TrainingSamples> = proposals
            .into_iter()
            .zip(targets)
            .enumerate()
            .map(|(image, (proposals, target))| self.select(image, proposals, target, streams))
            .collect();
        let labels: Vec<usize> = samples.iter().flat_map(|sample| sample.labels.clone()).collect();
        if labels.is_empty() {
            // Neither a proposal nor a true box in the whole batch: nothing to learn from.
            let zero = || Tensor::zeros([1], &levels[0].device());
            return RoiLosses { loss_classifier: zero(), loss_box_reg: zero() };
        }
        let codes = samples.iter().flat_map(|sample| &sample.codes);
        let place = |(row, (label, code)): (usize, (&usize, &[f32; 4]))| {
            (*label > 0).then_some((4 * (row * self.classes + label), *code))
        };
        let targets = labels.iter().zip(codes).enumerate().filter_map(place).collect();
        let regression = BoxLoss { targets, count: labels.len() };
        let regions: Vec<Vec<Xyxy>> = samples.into_iter().map(|sample| sample.regions).collect();
        let Predicted { class_logits, box_regression } = self.predict(levels, &regions);
        let classifier = ClassifierLoss { labels: &labels };
        let four = |tensor: Tensor<2>| {
            let [rows, columns] = tensor.dims();
            tensor.reshape([rows, columns, 1, 1])
        };
        RoiLosses {
            loss_classifier: host_loss(four(class_logits), &classifier),
            loss_box_reg: host_loss(four(box_regression), &regression),
        }
    }

    /// torchvision's `select_training_samples`, of an image.
    fn select(
        &self,
        image: usize,
        mut proposals: Vec<Xyxy>,
        target: &Target,
        streams: SampleStreams,
    ) -> TrainingSamples {
        proposals.extend(&target.boxes);
        let iou = box_iou(&target.boxes, &proposals);
        let matches = self.config.matcher().matches(&iou, proposals.len());
        let label = |found: &Match| match found {
            Match::Box(index) => target.labels[*index] as i64,
            Match::Background => 0,
            Match::Ignored => -1,
        };
        let labels: Vec<i64> = matches.iter().map(label).collect();
        let sample = self.config.sampler().draw(&labels, &mut streams.stream(*b"roi-head", image));
        let mut indices = [sample.positives, sample.negatives].concat();
        indices.sort_unstable();
        let coder = self.config.coder();
        let code = |index: &usize| match matches[*index] {
            Match::Box(matched) => coder.encode(target.boxes[matched], proposals[*index]),
            Match::Background | Match::Ignored => [0.0; 4],
        };
        TrainingSamples {
            regions: indices.iter().map(|index| proposals[*index]).collect(),
            labels: indices.iter().map(|index| labels[*index] as usize).collect(),
            codes: indices.iter().map(code).collect(),
        }
    }

    /// The detections of every image, by descending score, in images of these heights and widths.
    pub(crate) fn detect(
        &self,
        levels: &[FeatureMap],
        proposals: &[Vec<Xyxy>],
        sizes: &[[usize; 2]],
    ) -> Result<Vec<Vec<Detection>>, DetectionError> {
        if proposals.iter().all(Vec::is_empty) {
            return Ok(vec![Vec::new(); sizes.len()]);
        }
        let Predicted { class_logits, box_regression } = self.predict(levels, proposals);
        let scores = host_values(&activation::softmax(class_logits, 1))?;
        let codes = host_values(&box_regression)?;
        let mut start = 0;
        let mut detections = Vec::new();
        for (proposals, size) in proposals.iter().zip(sizes) {
            let end = start + proposals.len() * self.classes;
            let (scores, codes) = (&scores[start..end], &codes[4 * start..4 * end]);
            detections.push(self.postprocess(proposals, scores, codes, *size));
            start = end;
        }
        Ok(detections)
    }

    /// torchvision's `postprocess_detections`, of an image.
    fn postprocess(
        &self,
        proposals: &[Xyxy],
        scores: &[f32],
        codes: &[f32],
        size: [usize; 2],
    ) -> Vec<Detection> {
        let coder = self.config.coder();
        let mut found = Vec::new();
        for (index, (score, code)) in scores.iter().zip(codes.chunks_exact(4)).enumerate() {
            let (proposal, label) = (index / self.classes, index % self.classes);
            if label == 0 || *score <= self.config.score_thresh {
                continue;
            }
            let code = [code[0], code[1], code[2], code[3]];
            let corners = clip_to_image(coder.decode(code, proposals[proposal]), size);
            if is_large(corners, MIN_SIZE) {
                found.push(Detection { corners, label, score: *score });
            }
        }
        let boxes: Vec<Xyxy> = found.iter().map(|detection| detection.corners).collect();
        let scores: Vec<f32> = found.iter().map(|detection| detection.score).collect();
        let labels: Vec<usize> = found.iter().map(|detection| detection.label).collect();
        let kept = batched_nms(&boxes, &scores, &labels, self.config.nms_thresh);
        kept.into_iter().take(self.config.detections_per_img).map(|index| found[index]).collect()
    }
}

/// The regions of an image that are learnt from.
#[derive(Debug)]
struct TrainingSamples {
    regions: Vec<Xyxy>,
    /// 0 is background.
    labels: Vec<usize>,
    /// What moves each region onto its true box; of background without meaning.
    codes: Vec<[f32; 4]>,
}
