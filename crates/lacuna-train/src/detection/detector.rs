//! A trained detector at work.

use lacuna_data::Image;
use lacuna_data::augment::{BoxAugmentation, BoxSampleConfig, Normalization};
use lacuna_data::batch::BoxBatch;
use lacuna_metrics::ScoredBox;
use lacuna_nn::detection::{FasterRcnn, ImageList};
use lacuna_nn::engine::{self, Device};

use super::checkpoint::DetectorCheckpoint;
use super::{DetectError, DetectorInfo};
use crate::predict::PredictError;
use crate::run_dir::RunDir;

/// A detector ready to be shown pictures.
pub struct Detector {
    model: FasterRcnn,
    sample: BoxSampleConfig,
    device: Device,
    info: DetectorInfo,
    version: String,
}

impl Detector {
    /// The best detector of a run, or its last one where nothing could choose the best.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn open(run: &RunDir, device: &str) -> Result<Self, DetectError> {
        let device = engine::device(device).map_err(PredictError::from)?;
        let paths = [run.best_checkpoint(), run.last_checkpoint()];
        let path = paths.into_iter().find(|path| path.exists());
        let path = path.ok_or_else(|| DetectError::NoDetector { run: run.path().to_owned() })?;
        let checkpoint = DetectorCheckpoint::load(&path)?;
        let metadata = &checkpoint.metadata;
        let (epoch, steps) = (metadata.progress.epochs, metadata.progress.total_steps);
        Ok(Self {
            model: checkpoint.network(&path, &device)?.evaluation(),
            sample: BoxSampleConfig {
                short_side: metadata.short_side,
                long_side: metadata.long_side,
                augmentation: BoxAugmentation::NONE,
                normalization: Normalization::IMAGENET,
            },
            device,
            info: DetectorInfo::load(run)?,
            version: format!("{}, epoch {epoch}, step {steps}", run.name()),
        })
    }

    /// What it learned from.
    pub fn info(&self) -> &DetectorInfo {
        &self.info
    }

    /// What its regions say about where they come from.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The boxes in a picture, in its pixels, by descending score.
    ///
    /// # Errors
    /// When the device fails.
    pub fn find(&self, image: Image) -> Result<Vec<ScoredBox>, DetectError> {
        find(&self.model, &self.sample, image, &self.device)
    }
}

/// The boxes that a network in evaluation mode finds in a picture, in its pixels, by descending score.
pub(super) fn find(
    model: &FasterRcnn,
    sample: &BoxSampleConfig,
    image: Image,
    device: &Device,
) -> Result<Vec<ScoredBox>, DetectError> {
    let source = image.size();
    let [scale, _] = sample.placement(source).scale();
    let view = sample.view(&sample.reduce(image));
    let batch = BoxBatch::collate(vec![view], model.config().size_divisor());
    let found = model.detect(&image_list(batch, device)?)?.into_iter().flatten();
    let limits = [source.width, source.height].map(|side| side as f64);
    let to_source = |[x1, y1, x2, y2]: [f32; 4]| {
        let place = |value: f32, limit: f64| (f64::from(value) / scale).clamp(0.0, limit);
        [place(x1, limits[0]), place(y1, limits[1]), place(x2, limits[0]), place(y2, limits[1])]
    };
    let scored = found
        .map(|found| ScoredBox { corners: to_source(found.corners), score: found.score.into() });
    let has_area = |found: &ScoredBox| {
        let [x1, y1, x2, y2] = found.corners;
        x2 > x1 && y2 > y1
    };
    Ok(scored.filter(has_area).collect())
}

/// A batch as the network takes it.
pub(super) fn image_list(batch: BoxBatch, device: &Device) -> Result<ImageList, DetectError> {
    let sizes: Vec<_> = batch.sizes.iter().map(|size| [size.height, size.width]).collect();
    let shape = batch.image_shape();
    let images = engine::tensor(batch.images, shape, device);
    Ok(ImageList::padded(images, &sizes)?)
}
