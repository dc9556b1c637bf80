//! One case as it is scored: predictions and what they are compared with, pixel by pixel.

use std::collections::BTreeMap;

use lacuna_data::augment::{Placement, ReducedCase};
use lacuna_data::batch::CaseSource;
use lacuna_data::supervision::EvidenceBits;
use lacuna_data::supervision::policy::Label;
use lacuna_data::{BinaryMask, Evidence, Size, SupervisionPolicy};
use lacuna_metrics::{Grid, MetricError};
use serde::{Deserialize, Serialize};

use super::{EvaluateError, Predictions, ScoredAt};
use crate::cases::Cases;
use crate::predict::Prediction;

/// Which pixels a score was computed on, and what they were compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Definition {
    /// Pixels of which people said something, directly, by exclusion or by a region.
    KnownPixels,
    /// The paper's: every pixel, what is not painted counts as negative.
    UnpaintedNegative,
    /// Every pixel, compared with complete masks.
    AllPixels,
}

impl Definition {
    /// All definitions, in the order of results.
    pub const ALL: [Self; 3] = [Self::KnownPixels, Self::UnpaintedNegative, Self::AllPixels];

    /// What a reader has to know about it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::KnownPixels => "known pixels (painted regions only: a selected sample)",
            Self::UnpaintedNegative => "unpainted = negative (the paper's definition)",
            Self::AllPixels => "all pixels (complete masks)",
        }
    }

    /// The name used in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::KnownPixels => "known-pixels",
            Self::UnpaintedNegative => "unpainted-negative",
            Self::AllPixels => "all-pixels",
        }
    }
}

impl std::fmt::Display for Definition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A prediction and the evidence at the same pixels.
pub(super) struct Scene {
    pub(super) prediction: Prediction,
    pub(super) evidence: Evidence,
    /// Where the picture lies, if the pixels are the frame's.
    placement: Option<Placement>,
}

impl Scene {
    /// Reads a case and predicts it.
    pub(super) fn read(
        predictions: Predictions,
        cases: &Cases,
        index: usize,
        scored_at: ScoredAt,
    ) -> Result<Self, EvaluateError> {
        let (image, evidence) = cases.read(index)?;
        let case = &cases.as_slice()[index];
        let failed = |source| EvaluateError::Predict { id: case.id.clone(), source };
        match (scored_at, predictions) {
            // masks have no frame
            (ScoredAt::Native, _) | (_, Predictions::Masks(_)) => {
                let prediction = predictions.predict(case, &image)?;
                Ok(Self { prediction, evidence, placement: None })
            }
            (ScoredAt::Frame, Predictions::Network(predictor)) => {
                let prediction = predictor.predict_frame(&image).map_err(failed)?;
                let placement = predictor.placement(&image);
                let reduced = ReducedCase::new(image, evidence, placement.scale());
                let evidence = predictor.info().sample_config().view_evidence(&reduced);
                Ok(Self { prediction, evidence, placement: Some(placement) })
            }
        }
    }

    #[cfg(test)]
    pub(super) fn new(
        prediction: Prediction,
        evidence: Evidence,
        placement: Option<Placement>,
    ) -> Self {
        Self { prediction, evidence, placement }
    }

    /// Brings prediction and references together. `spacing` is the picture's own, in millimetres
    /// between rows and between columns.
    pub(super) fn into_picture(
        self,
        truth: Option<Vec<BinaryMask>>,
        spacing: Option<[f64; 2]>,
    ) -> Result<Picture, MetricError> {
        let size = self.prediction.size();
        let mut references = BTreeMap::from([
            (Definition::KnownPixels, self.known_pixels()),
            (Definition::UnpaintedNegative, self.unpainted_negative()),
        ]);
        if let Some(truth) = truth {
            let all = truth.iter().map(|mask| Reference::complete(self.sampled(mask)));
            references.insert(Definition::AllPixels, all.collect());
        }
        let grid = Grid::new(size.width, size.height, self.spacing(spacing))?;
        let picture = Picture { prediction: self.prediction, references, grid };
        match Window::of_picture(self.evidence.plane(0), size) {
            Some(window) => picture.crop(window),
            None => Ok(picture),
        }
    }

    fn known_pixels(&self) -> Vec<Reference> {
        let policy = SupervisionPolicy::evaluation();
        self.references(policy, |labels| Reference {
            positive: labels.iter().copied().map(is_positive).collect(),
            known: Some(labels.iter().map(|label| label.is_known()).collect()),
        })
    }

    fn unpainted_negative(&self) -> Vec<Reference> {
        let policy = SupervisionPolicy::paper_evaluation();
        self.references(policy, |labels| {
            Reference::complete(labels.iter().copied().map(is_positive).collect())
        })
    }

    fn references(
        &self,
        policy: SupervisionPolicy,
        reference: impl Fn(&[Label]) -> Reference,
    ) -> Vec<Reference> {
        let of_class = |class| -> Vec<Label> {
            self.evidence.plane(class).iter().map(|bits| policy.label(*bits)).collect()
        };
        (0..self.evidence.classes()).map(|class| reference(&of_class(class))).collect()
    }

    /// A complete mask at the scene's pixels: the nearest of the picture's.
    fn sampled(&self, mask: &BinaryMask) -> Vec<bool> {
        let Some(placement) = &self.placement else { return mask.values().to_vec() };
        let (affine, frame, source) = (placement.affine(), placement.frame(), mask.size());
        let nearest = |at: f64, length: usize| (at.max(0.0) as usize).min(length - 1);
        let value = |pixel: usize| {
            let (x, y) = (pixel % frame.width, pixel / frame.width);
            let [u, v] = affine.apply([x as f64 + 0.5, y as f64 + 0.5]);
            mask.get(nearest(u, source.width), nearest(v, source.height))
        };
        (0..frame.area()).map(value).collect()
    }

    /// Size of the scene's pixels, rows then columns; 1 without a spacing.
    fn spacing(&self, spacing: Option<[f64; 2]>) -> [f64; 2] {
        let Some([row, column]) = spacing else { return [1.0, 1.0] };
        let [sx, sy] = self.placement.as_ref().map_or([1.0, 1.0], Placement::scale);
        [row / sy, column / sx]
    }
}

fn is_positive(label: Label) -> bool {
    label.is_known() && label.target > 0.5
}

/// What one class's prediction is compared with.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reference {
    /// Pixels of the class; `false` where unknown.
    pub(super) positive: Vec<bool>,
    /// Pixels that count; `None` for all.
    pub(super) known: Option<Vec<bool>>,
}

impl Reference {
    fn complete(positive: Vec<bool>) -> Self {
        Self { positive, known: None }
    }

    fn crop(&self, window: Window, width: usize) -> Self {
        Self {
            positive: window.crop(&self.positive, width),
            known: self.known.as_ref().map(|known| window.crop(known, width)),
        }
    }
}

/// A case ready to be scored: probabilities and one reference a class for every definition it has.
pub(super) struct Picture {
    pub(super) prediction: Prediction,
    pub(super) references: BTreeMap<Definition, Vec<Reference>>,
    pub(super) grid: Grid,
}

impl Picture {
    fn crop(self, window: Window) -> Result<Self, MetricError> {
        let width = self.prediction.size().width;
        let classes = self.prediction.probabilities().len() / self.prediction.size().area();
        let planes = (0..classes)
            .flat_map(|class| window.crop(self.prediction.plane(class), width))
            .collect();
        let crop = |reference: &Reference| reference.crop(window, width);
        let references = self
            .references
            .iter()
            .map(|(definition, classes)| (*definition, classes.iter().map(crop).collect()))
            .collect();
        Ok(Self {
            prediction: Prediction::from_planes(window.size, planes),
            references,
            grid: Grid::new(window.size.width, window.size.height, self.grid.spacing())?,
        })
    }
}

/// The part of a frame that shows the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Window {
    left: usize,
    top: usize,
    size: Size,
}

impl Window {
    /// The smallest window around everything but padding; `None` if there is no padding, or nothing
    /// else.
    fn of_picture(plane: &[EvidenceBits], size: Size) -> Option<Self> {
        let inside = |pixel: &usize| !plane[*pixel].intersects(EvidenceBits::VOID);
        let pixels = || (0..size.area()).filter(inside);
        let left = pixels().map(|pixel| pixel % size.width).min()?;
        let right = pixels().map(|pixel| pixel % size.width).max()?;
        let (top, bottom) = (pixels().next()? / size.width, pixels().next_back()? / size.width);
        let window = Self { left, top, size: Size::new(right + 1 - left, bottom + 1 - top) };
        (window.size != size).then_some(window)
    }

    fn crop<T: Copy>(self, plane: &[T], width: usize) -> Vec<T> {
        let row = |y: usize| &plane[y * width + self.left..][..self.size.width];
        (self.top..self.top + self.size.height).flat_map(row).copied().collect()
    }
}
