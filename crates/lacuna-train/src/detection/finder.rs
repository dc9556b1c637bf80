//! Every way to the boxes of a picture behind one face: the detector of a run, and what it is held to.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use lacuna_data::dataset::split::Split;
use lacuna_data::{Dataset, Image};
use lacuna_metrics::ScoredBox;

use super::baseline::{Baseline, mean_box, placed};
use super::judgement::{Judgement, judged};
use super::summary::DetectionSummary;
use super::trainer::LEAST_SCORE;
use super::{
    BoxedCases, DetectError, Detector, DetectorConfig, DetectorInfo, Reference, component, training,
};
use crate::interrupt::Interrupt;
use crate::observer::Observers;
use crate::predict::Predictor;
use crate::run_dir::RunDir;

/// Who watches a training that is needed on the way, by its title.
pub type Watch<'a> = &'a dyn Fn(&str) -> Observers;

/// A way to the boxes of a picture.
pub(super) struct Finder {
    way: Way,
    /// What its regions say about where they come from.
    pub(super) version: String,
    /// Boxes of a picture, at most.
    pub(super) most: usize,
}

enum Way {
    Detector(Box<Detector>),
    Relative([f64; 4]),
    Component(Box<Predictor>),
}

/// A detector's run with what is needed to find boxes as it does, or as its baselines do.
pub(super) struct FinderFactory<'a> {
    pub(super) run: &'a RunDir,
    pub(super) info: DetectorInfo,
    pub(super) config: DetectorConfig,
    pub(super) watch: Watch<'a>,
    pub(super) interrupt: &'a Interrupt,
}

impl<'a> FinderFactory<'a> {
    /// Of a run, working on `device` if one is given.
    pub(super) fn new(
        run: &'a RunDir,
        device: Option<&str>,
        watch: Watch<'a>,
        interrupt: &'a Interrupt,
    ) -> Result<Self, DetectError> {
        let info = DetectorInfo::load(run)?;
        let mut config = DetectorConfig::read(&run.config_file())?;
        if let Some(device) = device {
            device.clone_into(&mut config.device);
        }
        Ok(Self { run, info, config, watch, interrupt })
    }

    /// The detector, or a baseline in its place; with `fold`, one that did not see the training cases of that fold.
    pub(super) fn make(
        &self,
        baseline: Option<Baseline>,
        fold: Option<&LeftOut>,
    ) -> Result<Finder, DetectError> {
        let name = baseline.map_or_else(String::new, |baseline| format!(", {}", baseline.as_str()));
        let fold_name = fold.map_or_else(String::new, |fold| format!(", without {}", fold.name));
        let (way, version) = match baseline {
            None => {
                let detector = self.detector(fold)?;
                let version = detector.version().to_owned();
                (Way::Detector(Box::new(detector)), version)
            }
            Some(Baseline::WholeImage) => (Way::Relative([0.0, 0.0, 1.0, 1.0]), String::new()),
            Some(Baseline::MeanBox) => (Way::Relative(self.mean_box(fold)?), String::new()),
            Some(Baseline::LargestComponent) => {
                (Way::Component(Box::new(self.component(fold)?)), String::new())
            }
        };
        let version = if version.is_empty() { self.run.name() } else { version };
        let version = format!("{version}{name}{fold_name}");
        let most = if baseline.is_some() { 1 } else { self.info.most_boxes };
        Ok(Finder { way, version, most })
    }

    fn detector(&self, fold: Option<&LeftOut>) -> Result<Detector, DetectError> {
        let Some(fold) = fold else { return Detector::open(self.run, &self.config.device) };
        let path = self.run.path().join("folds").join(&fold.name);
        let summary = path.join("summary.json");
        if !summary.exists() {
            let observer = (self.watch)(&fold.name);
            let finished = if RunDir::open_detector(&path).is_ok() {
                training::resume(&path, None, observer, self.interrupt)?
            } else {
                let leave_out = fold.cases.iter().cloned().collect();
                let config = DetectorConfig { leave_out, ..self.config.clone() };
                training::start(config, &path, true, observer, self.interrupt)?
            };
            if finished.summary.is_none() {
                return Err(DetectError::Interrupted);
            }
        }
        Detector::open(&RunDir::open_detector(&path)?, &self.config.device)
    }

    fn mean_box(&self, fold: Option<&LeftOut>) -> Result<[f64; 4], DetectError> {
        let is_left_out = |id: &String| fold.is_some_and(|fold| fold.cases.contains(id));
        let pictures = self.info.training.iter().filter(|picture| !is_left_out(&picture.id));
        mean_box(pictures)
            .ok_or_else(|| DetectError::NoDetector { run: self.run.path().to_owned() })
    }

    fn component(&self, fold: Option<&LeftOut>) -> Result<Predictor, DetectError> {
        let name = fold.map_or("all", |fold| &fold.name);
        let folder: PathBuf = self.run.path().join("largest-component").join(name);
        let left_out: Vec<String> =
            fold.iter().flat_map(|fold| fold.cases.iter().cloned()).collect();
        let [train, validation] = self.boxed()?;
        let train = train.without(&left_out);
        let observer = (self.watch)(&format!("largest component, {name}"));
        let parts = [&train, &validation];
        component::open_or_train(&folder, &self.config, parts, observer, self.interrupt)
    }

    /// The training and the validation pictures with their boxes.
    fn boxed(&self) -> Result<[BoxedCases; 2], DetectError> {
        let dataset = Arc::new(Dataset::open(&self.config.data)?);
        let split = Split::load(&dataset, &self.config.split)?;
        let fold = split.fold(self.config.fold)?;
        let read = |ids: &[String]| BoxedCases::read(&dataset, ids, &self.config.roles);
        Ok([read(&fold.train)?.without(&self.config.leave_out), read(&fold.validation)?])
    }

    /// The margin that validation recommends for these boxes, else 0.
    pub(super) fn margin(
        &self,
        baseline: Option<Baseline>,
        finder: &Finder,
    ) -> Result<f64, DetectError> {
        match baseline {
            None => {
                let summary = DetectionSummary::load(&self.run.summary_file())?;
                Ok(summary.map_or(0.0, |summary| summary.margin))
            }
            Some(Baseline::WholeImage) => Ok(0.0),
            Some(_) => self.margin_on_validation(finder),
        }
    }

    fn margin_on_validation(&self, finder: &Finder) -> Result<f64, DetectError> {
        let [_, validation] = self.boxed()?;
        let dataset = validation.dataset();
        let mut pictures = Vec::new();
        for boxed in validation.as_slice() {
            let annotation = dataset.load_annotation(&boxed.case)?;
            let reference = Reference::of_annotation(&annotation, boxed.size);
            let found = finder.find(dataset.load_image(&boxed.case)?)?;
            pictures.push(judged(boxed, reference, found, LEAST_SCORE, finder.most));
        }
        Ok(Judgement::of(&pictures, self.config.most_missed)?.margin.unwrap_or(0.0))
    }
}

/// Training cases that a detector must not have seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LeftOut {
    /// Name of the folder its detector is in, such as `0-of-5`.
    pub(super) name: String,
    pub(super) cases: BTreeSet<String>,
}

impl Finder {
    /// The boxes in a picture, in its pixels.
    pub(super) fn find(&self, image: Image) -> Result<Vec<ScoredBox>, DetectError> {
        match &self.way {
            Way::Detector(detector) => detector.find(image),
            Way::Relative(corners) => Ok(vec![placed(*corners, image.size())]),
            Way::Component(network) => component::find(network, &image),
        }
    }
}
