//! The baseline of a quick U-Net: a data set in which what is inside the boxes is a class, and a run on it.

use std::path::Path;

use fs_err as fs;
use lacuna_data::annotation::{Annotation, Provenance, Shape, Unpainted};
use lacuna_data::class::{Class, default_color};
use lacuna_data::dataset::split::{Fold, Split, Unit};
use lacuna_data::{BinaryMask, ClassSet, DataError, Dataset, Image, Ternary};
use lacuna_metrics::ScoredBox;

use super::baseline::largest_component;
use super::{BoxedCase, BoxedCases, DetectError, DetectorConfig};
use crate::config::{RawConfig, TrainConfig};
use crate::interrupt::Interrupt;
use crate::observer::Observer;
use crate::predict::{PredictOptions, Predictor};
use crate::run_dir::RunDir;
use crate::trainer::Outcome;
use crate::training::{self, Changes, TrainingError};

const CLASS: &str = "inside";
const SPLIT: &str = "default";

/// The network, trained in `folder` unless it is there already.
pub(super) fn open_or_train(
    folder: &Path,
    config: &DetectorConfig,
    [train, validation]: [&BoxedCases; 2],
    observer: impl Observer + Send + 'static,
    interrupt: &Interrupt,
) -> Result<Predictor, DetectError> {
    let path = folder.join("run");
    let is_finished = path.join("summary.json").exists();
    if !is_finished {
        let data = folder.join("data");
        if !data.join("splits").exists() {
            make_dataset(&data, train, validation)?;
        }
        let finished = if RunDir::open(&path).is_ok() {
            training::resume(&path, &Changes::default(), observer, interrupt)?
        } else {
            training::start(quick(config, &data)?, &path, false, observer, interrupt)?
        };
        if matches!(finished.outcome, Outcome::Interrupted(_)) {
            return Err(DetectError::Interrupted);
        }
    }
    Ok(Predictor::open(&RunDir::open(&path)?, &config.device, PredictOptions::default())?)
}

/// The box around what the network calls inside.
pub(super) fn find(network: &Predictor, image: &Image) -> Result<Vec<ScoredBox>, DetectError> {
    let prediction = network.predict(image)?;
    Ok(largest_component(prediction.plane(0), prediction.size())?.into_iter().collect())
}

/// The quick recipe on the same pictures, from the same encoder weights.
fn quick(config: &DetectorConfig, data: &Path) -> Result<TrainConfig, TrainingError> {
    let seed = config.seed.to_string();
    let pairs =
        [("preset", "quick"), ("policy", "fusion"), ("split", SPLIT), ("seed", seed.as_str())];
    let mut raw =
        RawConfig::from_pairs(pairs.into_iter().chain([("device", config.device.as_str())]))?;
    raw.data = Some(data.to_owned());
    raw.encoder_weights = Some(config.encoder_weights.to_path());
    Ok(raw.check()?)
}

/// The data set; with its split, which is written last, it is complete.
fn make_dataset(
    folder: &Path,
    train: &BoxedCases,
    validation: &BoxedCases,
) -> Result<(), DetectError> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(DetectError::io(folder))?;
    }
    let class = Class { name: CLASS.to_owned(), color: default_color(0) };
    let classes = ClassSet::new(vec![class], &[], &[])
        .map_err(|source| DataError::Classes { path: folder.to_owned(), source })?;
    let mut dataset = Dataset::create(folder, "inside the boxes", classes)?;
    let parts = train.as_slice().iter().chain(validation.as_slice());
    let mut cases = Vec::new();
    for boxed in parts {
        let (from, to) = (train.dataset().image_path(&boxed.case), dataset.image_path(&boxed.case));
        link(&from, &to)?;
        dataset.save_annotation(&boxed.case, &inside(boxed))?;
        cases.push(boxed.case.clone());
    }
    dataset.add_cases(cases)?;
    let ids = |cases: &BoxedCases| {
        cases.as_slice().iter().map(|boxed| boxed.case.id.clone()).collect::<Vec<_>>()
    };
    let fold = Fold { train: ids(train), validation: ids(validation), test: Vec::new() };
    Split::of_fold(0, Unit::Group, false, fold).save(&dataset, SPLIT)?;
    Ok(())
}

/// Every pixel is known: inside a box or not.
fn inside(boxed: &BoxedCase) -> Annotation {
    let mut mask = BinaryMask::empty(boxed.size);
    for [x1, y1, x2, y2] in &boxed.boxes {
        let (x, y, width, height) = (*x1, *y1, x2 - x1, y2 - y1);
        Shape::Box { x, y, width, height, rotation: 0.0 }.fill(&mut mask);
    }
    let mut annotation = Annotation::unknown(boxed.size, 1);
    for (said, inside) in annotation.masks[0].values_mut().iter_mut().zip(mask.values()) {
        *said = if *inside { Ternary::Positive } else { Ternary::Negative };
    }
    annotation.provenance = vec![Provenance {
        class: CLASS.to_owned(),
        source: "boxes".to_owned(),
        author: None,
        unpainted: Unpainted::Background,
    }];
    annotation
}

/// A second name for the file, or a copy of it.
fn link(from: &Path, to: &Path) -> Result<(), DetectError> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(DetectError::io(folder))?;
    }
    if fs::hard_link(from, to).is_err() {
        fs::copy(from, to).map_err(DetectError::io(to))?;
    }
    Ok(())
}
