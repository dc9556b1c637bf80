//! What the current model says of pictures, computed when somebody looks.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use lacuna_data::augment::{Placement, Resize, Sampling};
use lacuna_data::{BinaryMask, Case, Dataset, Size};
use lacuna_train::RunDir;
use lacuna_train::predict::{PredictError, PredictOptions, Predictor};

use crate::lock;
use crate::models::Models;
use crate::problem::Problem;
use crate::proposals::PixelBox;

/// Longest side of the maps that the app gets.
const LONGEST_SIDE: usize = 1024;
/// Predictions kept; each is as large as the network's input.
const KEPT: usize = 64;
/// From this probability on a pixel is taken for the class.
pub(crate) const THRESHOLD: f32 = 0.5;

/// Probabilities of a picture in the network's frame.
pub(crate) struct FramePrediction {
    /// `[classes, height, width]`.
    probabilities: Vec<f32>,
    frame: Size,
    picture: Size,
    resize: lacuna_data::augment::Resize,
    classes: Vec<String>,
}

/// Predictions by version and case. Clones share them.
#[derive(Clone)]
pub(crate) struct Predictions(Arc<Shared>);

struct Shared {
    models: Models,
    loaded: Mutex<Option<Loaded>>,
    kept: Mutex<VecDeque<Kept>>,
}

struct Loaded {
    version: u32,
    predictor: Predictor,
}

struct Kept {
    version: u32,
    case: String,
    prediction: Arc<FramePrediction>,
}

impl Predictions {
    pub(crate) fn new(models: Models) -> Self {
        Self(Arc::new(Shared { models, loaded: Mutex::new(None), kept: Mutex::default() }))
    }

    /// What that version says of a case.
    pub(crate) fn of(
        &self,
        dataset: &Dataset,
        case: &Case,
        version: u32,
    ) -> Result<Arc<FramePrediction>, Problem> {
        let is_it = |kept: &&Kept| kept.version == version && kept.case == case.id;
        if let Some(kept) = lock(&self.0.kept).iter().find(is_it) {
            return Ok(Arc::clone(&kept.prediction));
        }
        let image = dataset.load_image(case)?;
        let prediction = self.with(version, |predictor| {
            let frame = predictor.predict_frame(&image)?;
            Ok(FramePrediction {
                probabilities: frame.probabilities().to_vec(),
                frame: frame.size(),
                picture: image.size(),
                resize: match predictor.info().sampling() {
                    Sampling::Resize(resize) => resize,
                    // their frame is the whole picture
                    Sampling::Patch { .. } => Resize::Stretch,
                },
                classes: predictor.info().classes.iter().map(|c| c.name.clone()).collect(),
            })
        })?;
        let prediction = Arc::new(prediction);
        let mut kept = lock(&self.0.kept);
        let case = case.id.clone();
        kept.push_back(Kept { version, case, prediction: Arc::clone(&prediction) });
        if kept.len() > KEPT {
            kept.pop_front();
        }
        Ok(prediction)
    }

    /// Works with the model of a version, which is loaded once.
    pub(crate) fn with<R>(
        &self,
        version: u32,
        work: impl FnOnce(&Predictor) -> Result<R, PredictError>,
    ) -> Result<R, Problem> {
        let mut loaded = lock(&self.0.loaded);
        if loaded.as_ref().is_none_or(|loaded| loaded.version != version) {
            let run = RunDir::open(&self.0.models.run(version))
                .map_err(|_| Problem::not_found(format!("there is no model {version}")))?;
            let predictor = Predictor::open(&run, "cpu", PredictOptions::default())
                .map_err(|e| Problem::failed(&e))?;
            *loaded = Some(Loaded { version, predictor });
        }
        match loaded.as_ref() {
            Some(loaded) => work(&loaded.predictor).map_err(|e| Problem::failed(&e)),
            None => Err(Problem::not_found(format!("there is no model {version}"))),
        }
    }
}

impl FramePrediction {
    /// The plane of a class, by its name: the data set may have got more classes since.
    fn plane(&self, class: &str) -> Option<&[f32]> {
        let index = self.classes.iter().position(|name| name == class)?;
        let area = self.frame.area();
        Some(&self.probabilities[index * area..(index + 1) * area])
    }

    /// Probabilities of a class as 8-bit values, the picture scaled so that no side is over 1024.
    pub(crate) fn grey(&self, class: &str) -> Option<(Size, Vec<u8>)> {
        let size = self.shown_size();
        let values = self.resampled(class, size)?;
        Some((size, values.iter().map(|p| (p * 255.0).round() as u8).collect()))
    }

    /// The pixels of the picture that are taken for the class.
    pub(crate) fn mask(&self, class: &str) -> Option<BinaryMask> {
        let values = self.resampled(class, self.picture)?;
        let values = values.into_iter().map(|p| p >= THRESHOLD).collect();
        BinaryMask::new(self.picture, values).ok()
    }

    /// How far from undecided the model is on average over pixels and classes: 0 where it takes both for equally likely,
    /// 1 where it is certain.
    pub(crate) fn certainty(&self) -> f64 {
        let sum: f64 = self.probabilities.iter().map(|p| f64::from((2.0 * p - 1.0).abs())).sum();
        sum / self.probabilities.len().max(1) as f64
    }

    /// Probabilities of a class in a part of the picture, row by row, as finely as the app sees them.
    pub(crate) fn part(&self, class: &str, part: PixelBox) -> Option<Vec<f32>> {
        let size = self.shown_size();
        let values = self.resampled(class, size)?;
        let column = |x: usize| (x * size.width / self.picture.width).min(size.width - 1);
        let row = |y: usize| (y * size.height / self.picture.height).min(size.height - 1);
        let columns: Vec<usize> = (part.x..part.x + part.width).map(column).collect();
        let rows = (part.y..part.y + part.height).map(|y| row(y) * size.width);
        Some(rows.flat_map(|row| columns.iter().map(move |x| row + x)).map(|i| values[i]).collect())
    }

    /// The picture's size, scaled so that no side is over 1024.
    fn shown_size(&self) -> Size {
        let Size { width, height } = self.picture;
        let scale = (LONGEST_SIDE as f64 / width.max(height).max(1) as f64).min(1.0);
        let side = |length: usize| ((length as f64 * scale).round() as usize).max(1);
        Size::new(side(width), side(height))
    }

    fn resampled(&self, class: &str, size: Size) -> Option<Vec<f32>> {
        let placement = Placement::new(size, self.frame, self.resize);
        Some(placement.plane_to_source(self.plane(class)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_are_of_the_pictures_shape_and_no_larger_than_the_app_wants() {
        let mut prediction = FramePrediction {
            probabilities: vec![0.25; 16],
            frame: Size::new(4, 4),
            picture: Size::new(3000, 1500),
            resize: Resize::Pad,
            classes: vec!["gum".to_owned()],
        };
        let (size, values) = prediction.grey("gum").unwrap();
        assert_eq!(size, Size::new(1024, 512));
        assert!(values.iter().all(|value| *value == 64));
        assert!(prediction.grey("teeth").is_none());
        prediction.picture = Size::new(8, 4);
        prediction.probabilities[8..].fill(0.75);
        assert!((prediction.certainty() - 0.5).abs() < 1e-6);
        let mask = prediction.mask("gum").unwrap();
        assert_eq!(mask.count(), 16, "the lower half");
        let part = prediction.part("gum", PixelBox { x: 6, y: 1, width: 2, height: 3 }).unwrap();
        assert_eq!(part.len(), 6);
        assert!(
            part[..2].iter().all(|p| *p < THRESHOLD) && part[4..].iter().all(|p| *p >= THRESHOLD)
        );
    }
}
