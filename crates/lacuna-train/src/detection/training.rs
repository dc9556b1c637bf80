//! A whole training of a detector: run folder, observers, trainer and summary, from the start or from where it stopped.

use std::path::Path;
use std::sync::Arc;

use lacuna_data::Dataset;
use lacuna_data::annotation::Role;
use lacuna_data::dataset::split::Split;

use super::checkpoint::DetectorCheckpoint;
use super::judgement::{Judged, Judgement, judged};
use super::summary::DetectionSummary;
use super::trainer::{LEAST_SCORE, Trainer, check_initial_model};
use super::{BoxedCases, DetectError, Detector, DetectorConfig, DetectorInfo, Reference};
use crate::interrupt::Interrupt;
use crate::observer::Observer;
use crate::run_dir::{ResumePoint, RunDir};

/// A training that ended, in a run folder.
pub struct Finished {
    /// The run's folder.
    pub run: RunDir,
    /// What came out; `None` if it was interrupted and can be resumed.
    pub summary: Option<DetectionSummary>,
}

/// Trains as configured into the new folder `path`; with `force`, over an earlier run there.
///
/// # Errors
/// See [`DetectError`]. Nothing is written before boxes, network and weights are known to fit.
pub fn start(
    config: DetectorConfig,
    path: &Path,
    force: bool,
    observer: impl Observer + Send + 'static,
    interrupt: &Interrupt,
) -> Result<Finished, DetectError> {
    let prepared = Prepared::new(config)?;
    check_initial_model(&prepared.config)?;
    let run = RunDir::create(path, force)?;
    prepared.config.write(&run.config_file())?;
    prepared.info.save(&run)?;
    prepared.train(run, None, observer, interrupt)
}

/// Goes on with the run in `path` from its last checkpoint, as if it had never stopped; for `epochs`, if given.
///
/// # Errors
/// See [`DetectError`].
pub fn resume(
    path: &Path,
    epochs: Option<usize>,
    observer: impl Observer + Send + 'static,
    interrupt: &Interrupt,
) -> Result<Finished, DetectError> {
    let run = RunDir::resume_detector(path)?;
    let mut config = DetectorConfig::read(&run.config_file())?;
    config.epochs = epochs.unwrap_or(config.epochs);
    let prepared = Prepared::new(config)?;
    if Some(DetectorInfo::load(&run)?) != prepared.info.as_stored() {
        return Err(DetectError::Changed { data: prepared.config.data });
    }
    if epochs.is_some() {
        prepared.config.check()?;
        prepared.config.write(&run.config_file())?;
    }
    let last = run.last_checkpoint();
    let checkpoint = last.exists().then(|| DetectorCheckpoint::load(&last)).transpose()?;
    prepared.train(run, checkpoint, observer, interrupt)
}

/// A configuration with the boxes it names.
struct Prepared {
    config: DetectorConfig,
    train: BoxedCases,
    validation: BoxedCases,
    info: DetectorInfo,
}

impl Prepared {
    fn new(config: DetectorConfig) -> Result<Self, DetectError> {
        config.check()?;
        let dataset = Arc::new(Dataset::open(&config.data)?);
        let split = Split::load(&dataset, &config.split)?;
        let fold = split.fold(config.fold)?;
        let read = |ids: &[String]| BoxedCases::read(&dataset, ids, &config.roles);
        let train = read(&fold.train)?.without(&config.leave_out);
        if train.as_slice().is_empty() {
            return Err(DetectError::NoBoxes {
                cases: fold.train.len(),
                part: "training",
                split: config.split.clone(),
                roles: named(&config.roles),
            });
        }
        let validation = read(&fold.validation)?;
        let info = DetectorInfo::new(&train, &validation)?;
        Ok(Self { config, train, validation, info })
    }

    fn train(
        self,
        run: RunDir,
        checkpoint: Option<DetectorCheckpoint>,
        observer: impl Observer + Send + 'static,
        interrupt: &Interrupt,
    ) -> Result<Finished, DetectError> {
        let point = checkpoint.as_ref().map(|checkpoint| ResumePoint {
            epochs: checkpoint.metadata.progress.epochs,
            steps: checkpoint.metadata.progress.total_steps,
        });
        let mut observers = run.observers(point)?.with(observer);
        let (config, info) = (self.config.clone(), self.info);
        let parts = [self.train, self.validation.clone()];
        let trainer =
            Trainer::new(self.config, parts, &run, &mut observers, interrupt, checkpoint)?;
        if !trainer.run()? {
            return Ok(Finished { run, summary: None });
        }
        let summary = summarize(&run, &config, &info, &self.validation)?;
        summary.save(&run.summary_file())?;
        Ok(Finished { run, summary: Some(summary) })
    }
}

/// Judges the detector that was kept on the validation pictures.
fn summarize(
    run: &RunDir,
    config: &DetectorConfig,
    info: &DetectorInfo,
    validation: &BoxedCases,
) -> Result<DetectionSummary, DetectError> {
    let last = DetectorCheckpoint::load(&run.last_checkpoint())?.metadata.progress;
    let judgement = if validation.as_slice().is_empty() {
        None
    } else {
        let detector = Detector::open(run, &config.device)?;
        let pictures = on_validation(&detector, validation, info.most_boxes)?;
        Some(Judgement::of(&pictures, config.most_missed)?)
    };
    let summary = DetectionSummary::new(last.epochs, last.best.map(|best| best.epoch), judgement);
    Ok(DetectionSummary {
        training_pictures: info.training.len(),
        training_boxes: info.training.iter().map(|picture| picture.boxes.len()).sum(),
        ..summary
    })
}

/// The boxes of validation pictures, held to what people said about them.
fn on_validation(
    detector: &Detector,
    validation: &BoxedCases,
    most: usize,
) -> Result<Vec<Judged>, DetectError> {
    let dataset = validation.dataset();
    let picture = |boxed: &super::BoxedCase| {
        let annotation = dataset.load_annotation(&boxed.case)?;
        let reference = Reference::of_annotation(&annotation, boxed.size);
        let found = detector.find(dataset.load_image(&boxed.case)?)?;
        Ok(judged(boxed, reference, found, LEAST_SCORE, most))
    };
    validation.as_slice().iter().map(picture).collect()
}

/// `an expert or a non-expert`.
fn named(roles: &[Role]) -> String {
    let name = |role: &Role| match role {
        Role::Expert => "an expert",
        Role::NonExpert => "a non-expert",
        Role::Model => "a model",
    };
    roles.iter().map(name).collect::<Vec<_>>().join(" or ")
}
