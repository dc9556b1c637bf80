//! Prediction at a picture's own resolution.

pub mod completion;
pub mod measure;
mod tiles;
pub mod writer;

use std::path::{Path, PathBuf};

use lacuna_data::augment::{Placement, ReducedCase, SampleConfig, Sampling};
use lacuna_data::{BinaryMask, ClassSet, Evidence, Image, Size};
use lacuna_nn::engine::{self, Device};
use lacuna_nn::{Activation, Unet, UnetError};

pub(crate) use self::tiles::{Beyond, Tiles};

use crate::checkpoint::{Checkpoint, CheckpointError, NetworkInfo};
use crate::run_dir::RunDir;

/// Why nothing can be predicted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PredictError {
    /// The run has no model yet.
    #[error("`{run}` has no trained model: neither `{best}` nor `{last}` exists")]
    NoModel {
        /// The run folder.
        run: PathBuf,
        /// The first file looked for.
        best: PathBuf,
        /// The second.
        last: PathBuf,
    },
    /// The checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The weights do not fit the network described beside them.
    #[error("the weights in `{path}` do not fit the network they describe: {report}")]
    Misfit {
        /// The checkpoint.
        path: PathBuf,
        /// What is missing or has another shape.
        report: String,
    },
    /// The network cannot be built.
    #[error(transparent)]
    Network(#[from] UnetError),
    /// The device.
    #[error(transparent)]
    Device(#[from] engine::DeviceError),
    /// The device did not deliver its values.
    #[error("the device failed: {reason}")]
    Failed {
        /// What it said.
        reason: String,
    },
    /// The overlap of tiles leaves no step forward.
    #[error("tile overlap {0} is not in 0 to .9")]
    Overlap(f64),
}

impl PredictError {
    /// What a user can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoModel { .. } => {
                Some("train it first, or go on with it: `lacuna train --resume --output-dir RUN`")
            }
            Self::Overlap(_) => Some("a third to a half is usual, such as `--overlap .5`"),
            _ => None,
        }
    }
}

/// Overlap of the tiles of a network of patches.
const OVERLAP: f64 = 0.5;

/// How a picture is brought to the network's size.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Inference {
    /// As in training, resampled bilinearly to the picture's own resolution: the whole picture at once, or, by a network
    /// of patches, in half-overlapping tiles at their scale.
    #[default]
    AsTrained,
    /// Tiles of the network's size at the picture's own resolution (of a network of patches, at theirs), overlapping by
    /// this share (0–.9), blended with a Gaussian.
    Tile {
        /// Share of a tile's side.
        overlap: f64,
    },
}

/// Averaging over transformed copies of the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TestTimeAugmentation {
    /// None.
    #[default]
    None,
    /// The picture, mirrored left to right, top to bottom, and both.
    Flips,
}

/// How to predict.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PredictOptions {
    /// How a picture is brought to the network's size.
    pub inference: Inference,
    /// Averaging over transformed copies.
    pub tta: TestTimeAugmentation,
}

/// Probabilities of every class at a picture's own resolution.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    size: Size,
    probabilities: Vec<f32>,
}

impl Prediction {
    pub(crate) fn from_planes(size: Size, probabilities: Vec<f32>) -> Self {
        Self { size, probabilities }
    }

    /// Width and height.
    pub fn size(&self) -> Size {
        self.size
    }

    /// One class's probabilities, row by row.
    pub fn plane(&self, class: usize) -> &[f32] {
        let area = self.size.area();
        &self.probabilities[class * area..(class + 1) * area]
    }

    /// All probabilities, `[classes, height, width]`.
    pub fn probabilities(&self) -> &[f32] {
        &self.probabilities
    }

    /// One class's pixels with a probability of at least `threshold`.
    pub fn mask(&self, class: usize, threshold: f32) -> BinaryMask {
        let mut mask = BinaryMask::empty(self.size);
        for (set, probability) in mask.values_mut().iter_mut().zip(self.plane(class)) {
            *set = *probability >= threshold;
        }
        mask
    }
}

/// A picture as a network sees it: normalised `[3, height, width]` of the placement's frame.
struct View {
    input: Vec<f32>,
    placement: Placement,
    beyond: Beyond,
}

/// A trained network, ready to predict.
pub struct Predictor {
    model: Unet,
    device: Device,
    info: NetworkInfo,
    path: PathBuf,
    options: PredictOptions,
}

impl Predictor {
    /// The model of a run: the best if validation chose one, else the last.
    pub fn open(run: &RunDir, device: &str, options: PredictOptions) -> Result<Self, PredictError> {
        let (best, last) = (run.best_checkpoint(), run.last_checkpoint());
        let path = [&best, &last].into_iter().find(|path| path.exists()).cloned();
        let path =
            path.ok_or_else(|| PredictError::NoModel { run: run.path().to_owned(), best, last })?;
        Self::from_checkpoint(&path, device, options)
    }

    /// The model of a checkpoint file.
    pub fn from_checkpoint(
        path: &Path,
        device: &str,
        options: PredictOptions,
    ) -> Result<Self, PredictError> {
        if let Inference::Tile { overlap } = options.inference
            && !(0.0..=0.9).contains(&overlap)
        {
            return Err(PredictError::Overlap(overlap));
        }
        let device = engine::device(device)?;
        let Checkpoint { model: state, info, .. } = Checkpoint::load(path)?;
        let mut model = info.network.init(0, &device)?;
        let report = model.load_state_dict(&state);
        if !report.is_exact() {
            let report = report.to_string();
            return Err(PredictError::Misfit { path: path.to_owned(), report });
        }
        Ok(Self { model: model.evaluation(), device, info, path: path.to_owned(), options })
    }

    /// What the checkpoint says beside the weights.
    pub fn info(&self) -> &NetworkInfo {
        &self.info
    }

    /// The checkpoint file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.info.classes.len()
    }

    /// The classes with their relations.
    pub fn class_set(&self) -> Result<ClassSet, PredictError> {
        self.info
            .class_set()
            .map_err(|source| CheckpointError::Classes { path: self.path.clone(), source }.into())
    }

    /// Probabilities at the picture's own resolution.
    pub fn predict(&self, image: &Image) -> Result<Prediction, PredictError> {
        let sampling = match (self.options.inference, self.info.sampling()) {
            (Inference::Tile { .. }, Sampling::Resize(_)) => Sampling::Patch { scale: 1.0 },
            (_, sampling) => sampling,
        };
        let view = self.view(image, sampling);
        let planes = self.probabilities(&view)?;
        let area = view.placement.frame().area();
        // at the picture's own resolution there is nothing to resample
        if view.placement.frame() == image.size() && view.placement.scale() == [1.0; 2] {
            return Ok(Prediction::from_planes(image.size(), planes));
        }
        let planes = planes.chunks_exact(area).flat_map(|p| view.placement.plane_to_source(p));
        Ok(Prediction::from_planes(image.size(), planes.collect()))
    }

    /// Probabilities in the network's frame, `[classes, height, width]`, with the picture placed as
    /// in training; by a network of patches, in the frame of the whole picture at their scale.
    pub fn predict_frame(&self, image: &Image) -> Result<Prediction, PredictError> {
        let view = self.view(image, self.info.sampling());
        let planes = self.probabilities(&view)?;
        Ok(Prediction::from_planes(view.placement.frame(), planes))
    }

    /// Logits of each class for itself in the network's frame, `[classes, height, width]`, of the picture as it is: never averaged over
    /// transformed copies.
    pub fn frame_logits(&self, image: &Image) -> Result<Vec<f32>, PredictError> {
        let view = self.view(image, self.info.sampling());
        let Size { width, height } = self.info.image_size;
        self.in_tiles(&view, |input| {
            let input = engine::tensor(input, [1, 3, height, width], &self.device);
            let logits = self.info.activation.class_logits(self.model.forward(input));
            engine::values(logits).map_err(|reason| PredictError::Failed { reason })
        })
    }

    /// What the deepest stage of the encoder says of the whole picture, fitted into the network's frame: the mean of each
    /// channel.
    pub fn embedding(&self, image: &Image) -> Result<Vec<f32>, PredictError> {
        let view = self.view(image, Sampling::Resize(self.info.resize));
        let Size { width, height } = self.info.image_size;
        let input = engine::tensor(view.input, [1, 3, height, width], &self.device);
        let deepest = self.model.encoder().forward(input).deepest;
        let [_, _, rows, columns] = deepest.dims();
        let values = engine::values(deepest).map_err(|reason| PredictError::Failed { reason })?;
        let mean = |plane: &[f32]| plane.iter().sum::<f32>() / plane.len() as f32;
        Ok(values.chunks_exact(rows * columns).map(mean).collect())
    }

    /// Where a picture lies in the network's frame.
    pub fn placement(&self, image: &Image) -> Placement {
        self.info.sampling().placement(image.size(), self.info.image_size)
    }

    /// The whole picture as the network sees it.
    fn view(&self, image: &Image, sampling: Sampling) -> View {
        let sample = SampleConfig { sampling, ..self.info.sample_config() };
        let placement = sampling.placement(image.size(), sample.frame);
        let evidence = Evidence::none(image.size());
        let case = ReducedCase::new(image.clone(), evidence, placement.scale());
        // where training showed what lies beyond the border, prediction shows the same
        let beyond = match self.info.sampling() {
            Sampling::Resize(_) => Beyond::Repeated,
            Sampling::Patch { .. } => Beyond::Color(sample.beyond()),
        };
        View { input: sample.view(&case), placement, beyond }
    }

    fn probabilities(&self, view: &View) -> Result<Vec<f32>, PredictError> {
        self.in_tiles(view, |input| self.forward(&input))
    }

    /// What `forward` makes of a view, which is one tile if it has the network's size.
    fn in_tiles(
        &self,
        view: &View,
        forward: impl Fn(Vec<f32>) -> Result<Vec<f32>, PredictError>,
    ) -> Result<Vec<f32>, PredictError> {
        let (size, tile) = (view.placement.frame(), self.info.image_size);
        if size == tile {
            return forward(view.input.clone());
        }
        let overlap = match self.options.inference {
            Inference::Tile { overlap } => overlap,
            Inference::AsTrained => OVERLAP,
        };
        let tiles = Tiles { size, tile, overlap, beyond: view.beyond };
        tiles.blend(&view.input, self.classes(), forward)
    }

    /// Probabilities of one normalised input `[3, height, width]`, averaged over the copies asked for.
    fn forward(&self, view: &[f32]) -> Result<Vec<f32>, PredictError> {
        let frame = self.info.image_size;
        let flips: &[(bool, bool)] = match self.options.tta {
            TestTimeAugmentation::None => &[(false, false)],
            TestTimeAugmentation::Flips => {
                &[(false, false), (true, false), (false, true), (true, true)]
            }
        };
        let inputs = flips.iter().flat_map(|flip| mirrored(view, frame, *flip)).collect();
        let network =
            Network { model: &self.model, activation: self.info.activation, device: &self.device };
        let outputs = network
            .probabilities(inputs, flips.len(), frame)
            .map_err(|reason| PredictError::Failed { reason })?;
        let mut mean = vec![0.0; self.classes() * frame.area()];
        for (output, flip) in outputs.chunks_exact(mean.len()).zip(flips) {
            for (sum, value) in mean.iter_mut().zip(mirrored(output, frame, *flip)) {
                *sum += value / flips.len() as f32;
            }
        }
        Ok(mean)
    }
}

/// A network that predicts.
#[derive(Clone, Copy)]
pub(crate) struct Network<'a> {
    pub(crate) model: &'a Unet,
    pub(crate) activation: Activation,
    pub(crate) device: &'a Device,
}

impl Network<'_> {
    /// Probabilities `[n, classes, height, width]` of `n` normalised inputs `[n, 3, height, width]`, or
    /// what the device said when it failed.
    pub(crate) fn probabilities(
        &self,
        images: Vec<f32>,
        n: usize,
        frame: Size,
    ) -> Result<Vec<f32>, String> {
        let images = engine::tensor(images, [n, 3, frame.height, frame.width], self.device);
        engine::values(self.activation.probabilities(self.model.forward(images)))
    }
}

/// Planes `[.., height, width]` mirrored left to right and/or top to bottom.
fn mirrored(planes: &[f32], size: Size, (horizontal, vertical): (bool, bool)) -> Vec<f32> {
    let Size { width, height } = size;
    let source = |i: usize| {
        let (plane, pixel) = (i / size.area(), i % size.area());
        let (x, y) = (pixel % width, pixel / width);
        let x = if horizontal { width - 1 - x } else { x };
        let y = if vertical { height - 1 - y } else { y };
        plane * size.area() + y * width + x
    };
    (0..planes.len()).map(|i| planes[source(i)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirroring_is_its_own_inverse() {
        let size = Size::new(3, 2);
        let planes: Vec<f32> = (0..12).map(|i| i as f32).collect();
        assert_eq!(mirrored(&planes, size, (true, false))[..6], [2.0, 1.0, 0.0, 5.0, 4.0, 3.0]);
        assert_eq!(mirrored(&planes, size, (false, true))[..6], [3.0, 4.0, 5.0, 0.0, 1.0, 2.0]);
        for flip in [(true, false), (false, true), (true, true)] {
            assert_eq!(mirrored(&mirrored(&planes, size, flip), size, flip), planes);
        }
    }
}
