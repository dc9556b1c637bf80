//! What is scored: a network's predictions, or masks that came from anywhere.

use std::path::Path;

use lacuna_data::{Case, Dataset, Image, Size, Ternary};

use super::{EvaluateError, ScoredAt};
use crate::predict::{Prediction, Predictor};

/// What is scored.
#[derive(Clone, Copy)]
pub enum Predictions<'a> {
    /// Of a network.
    Network(&'a Predictor),
    /// Masks of a data set with the same cases, such as another program's predictions that were imported: what is painted or
    /// suggested there is predicted with probability 1, everything else with 0.
    Masks(&'a Dataset),
}

impl<'a> From<&'a Predictor> for Predictions<'a> {
    fn from(predictor: &'a Predictor) -> Self {
        Self::Network(predictor)
    }
}

impl<'a> From<&'a Dataset> for Predictions<'a> {
    fn from(dataset: &'a Dataset) -> Self {
        Self::Masks(dataset)
    }
}

impl Predictions<'_> {
    /// Names of the classes, in order.
    pub(super) fn classes(&self) -> Vec<String> {
        match self {
            Self::Network(predictor) => {
                predictor.info().classes.iter().map(|class| class.name.clone()).collect()
            }
            Self::Masks(dataset) => dataset.classes().names(),
        }
    }

    /// Where they come from.
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Network(predictor) => predictor.path(),
            Self::Masks(dataset) => dataset.dir(),
        }
    }

    /// Epochs of the network's training; 0 for masks.
    pub(super) fn epochs(&self) -> usize {
        match self {
            Self::Network(predictor) => predictor.info().progress.epochs,
            Self::Masks(_) => 0,
        }
    }

    /// The network's frame, if predictions are compared there.
    pub(super) fn frame(&self, scored_at: ScoredAt) -> Option<Size> {
        match (self, scored_at) {
            (Self::Network(predictor), ScoredAt::Frame) => Some(predictor.info().image_size),
            _ => None,
        }
    }

    /// Probabilities at the picture's own resolution.
    ///
    /// # Errors
    /// If the network fails, or the masks are missing or of another size.
    pub fn predict(&self, case: &Case, image: &Image) -> Result<Prediction, EvaluateError> {
        match self {
            Self::Network(predictor) => predictor
                .predict(image)
                .map_err(|source| EvaluateError::Predict { id: case.id.clone(), source }),
            Self::Masks(dataset) => masks(dataset, case, image.size()),
        }
    }
}

fn masks(dataset: &Dataset, case: &Case, size: Size) -> Result<Prediction, EvaluateError> {
    let annotation = dataset.load_annotation(dataset.case(&case.id)?)?;
    let mut probabilities = Vec::with_capacity(annotation.masks.len() * size.area());
    for mask in &annotation.masks {
        if mask.size() != size {
            let (id, found) = (case.id.clone(), mask.size());
            let folder = dataset.dir().to_owned();
            return Err(EvaluateError::MaskSize { id, folder, found, expected: size });
        }
        let of = |value: &Ternary| f32::from(u8::from(*value == Ternary::Positive));
        probabilities.extend(mask.values().iter().map(of));
    }
    Ok(Prediction::from_planes(size, probabilities))
}
