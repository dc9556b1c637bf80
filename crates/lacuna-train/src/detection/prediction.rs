//! Boxes for the pictures of a data set, written as regions of role *model*.
//!
//! A detector's word about a picture it was trained on is worth nothing. Such pictures, and those of the same group, are
//! left out, or with folds predicted by a detector that did not see their group.

use std::collections::BTreeSet;

use lacuna_data::annotation::{Region, Role, Shape};
use lacuna_data::dataset::split::{Split, SplitConfig, TestPart, Unit};
use lacuna_data::{Case, Dataset, Size};
use lacuna_metrics::ScoredBox;
use serde::Serialize;

use super::baseline::Baseline;
use super::finder::{Finder, FinderFactory, LeftOut};
use super::info::TrainingPicture;
use super::judgement::chosen;
use super::{DetectError, DetectorInfo};
use crate::interrupt::Interrupt;
use crate::run_dir::RunDir;

pub use super::finder::Watch;

/// What the regions name as their origin.
pub const ORIGIN: &str = "lacuna detect";

/// How to predict.
#[derive(Clone, Debug, PartialEq)]
pub struct PredictionOptions {
    /// A baseline in the detector's place.
    pub baseline: Option<Baseline>,
    /// Share of a picture's longer side that boxes are widened by on every side; `None` = what validation recommends.
    pub margin: Option<f64>,
    /// Boxes with a lower score are not written.
    pub score_threshold: f64,
    /// Boxes of a picture, at most; `None` = the most that a person drew in a training picture.
    pub most: Option<usize>,
    /// Device; `None` = that of the training.
    pub device: Option<String>,
}

/// Which detector predicts which pictures.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// By the run's own detector.
    direct: Vec<Case>,
    /// By detectors that did not see their groups.
    folds: Vec<(LeftOut, Vec<Case>)>,
    /// By none.
    skipped: Vec<Case>,
    /// Pictures that the run's own detector was trained on.
    training: usize,
}

impl Plan {
    /// Plans the prediction of these cases.
    ///
    /// # Errors
    /// When the classes differ, there are fewer groups than folds, or nothing is left to predict.
    pub fn new(
        run: &RunDir,
        dataset: &Dataset,
        cases: &[Case],
        folds: Option<usize>,
    ) -> Result<Self, DetectError> {
        let info = DetectorInfo::load(run)?;
        info.check_classes(run.path(), dataset)?;
        let seed = super::DetectorConfig::read(&run.config_file())?.seed;
        let seen = info.seen(dataset, cases)?;
        let (skipped, direct): (Vec<Case>, Vec<Case>) =
            cases.iter().cloned().partition(|case| seen.contains_key(&case.id));
        let training = info.training.len();
        let Some(folds) = folds else {
            return if direct.is_empty() && !skipped.is_empty() {
                Err(DetectError::AllSeen { seen: skipped.len() })
            } else {
                Ok(Self { direct, folds: Vec::new(), skipped, training })
            };
        };
        let left_out = left_out(&info.training, folds, seed)?;
        let of_fold = |fold: LeftOut| {
            let mine = |case: &&Case| {
                seen.get(&case.id).is_some_and(|picture| fold.cases.contains(&picture.id))
            };
            let cases: Vec<Case> = skipped.iter().filter(mine).cloned().collect();
            (!cases.is_empty()).then_some((fold, cases))
        };
        let folds = left_out.into_iter().filter_map(of_fold).collect();
        Ok(Self { direct, folds, skipped: Vec::new(), training })
    }

    /// Pictures that will be predicted.
    pub fn pictures(&self) -> usize {
        self.direct.len() + self.folds.iter().map(|(_, cases)| cases.len()).sum::<usize>()
    }

    /// Pictures that the run's detector predicts.
    pub fn direct(&self) -> usize {
        self.direct.len()
    }

    /// For each further detector, how many pictures it is trained on and how many it predicts.
    pub fn folds(&self) -> Vec<(usize, usize)> {
        let sizes =
            |(fold, cases): &(LeftOut, Vec<Case>)| (self.training - fold.cases.len(), cases.len());
        self.folds.iter().map(sizes).collect()
    }

    /// Pictures that are left out because the detector was trained on them, or on others of their group.
    pub fn skipped(&self) -> Vec<&str> {
        self.skipped.iter().map(|case| case.id.as_str()).collect()
    }
}

/// The training cases in as many parts, groups kept together.
fn left_out(
    training: &[TrainingPicture],
    folds: usize,
    seed: u64,
) -> Result<Vec<LeftOut>, DetectError> {
    let cases: Vec<Case> = training
        .iter()
        .map(|picture| Case::new(&*picture.id, "").with_group(picture.group.clone()))
        .collect();
    let groups: BTreeSet<&str> =
        training.iter().map(|p| p.group.as_deref().unwrap_or(p.id.as_str())).collect();
    if folds < 2 || groups.len() < folds {
        return Err(DetectError::TooFewGroups { folds, groups: groups.len() });
    }
    let test = TestPart::Folds(folds);
    let split = Split::draw(&cases, &SplitConfig { seed, by: Unit::Group, test, validation: 0.0 })?;
    let left_out = |(number, fold): (usize, lacuna_data::dataset::split::Fold)| LeftOut {
        name: format!("{}-of-{folds}", number + 1),
        cases: fold.test.into_iter().collect(),
    };
    Ok(split.folds.into_iter().enumerate().map(left_out).collect())
}

/// The boxes of a picture.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PredictedCase {
    /// The case.
    pub id: String,
    /// Widened and cut to the picture.
    pub boxes: Vec<PredictedBox>,
    /// What found them.
    pub version: String,
}

/// A box to be written.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PredictedBox {
    /// x1, y1, x2, y2 in pixels.
    pub corners: [f64; 4],
    /// How sure the detector is.
    pub score: f64,
}

/// What came out of a prediction; nothing is written yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Predicted {
    /// By case.
    pub cases: Vec<PredictedCase>,
    /// What their boxes were widened by.
    pub margin: f64,
}

/// Finds the boxes of a plan's pictures. Detectors of folds are trained first; those that are there are taken up.
/// `progress` is told how many pictures are done.
///
/// # Errors
/// See [`DetectError`].
pub fn predict(
    run: &RunDir,
    dataset: &Dataset,
    plan: &Plan,
    options: &PredictionOptions,
    watch: Watch<'_>,
    interrupt: &Interrupt,
    progress: &mut dyn FnMut(usize),
) -> Result<Predicted, DetectError> {
    let factory = FinderFactory::new(run, options.device.as_deref(), watch, interrupt)?;
    let finder = factory.make(options.baseline, None)?;
    let margin = match options.margin {
        Some(margin) => margin,
        None => factory.margin(options.baseline, &finder)?,
    };
    let mut work = Work { dataset, options, margin, interrupt, progress, cases: Vec::new() };
    work.find(&finder, &plan.direct)?;
    for (fold, cases) in &plan.folds {
        let finder = factory.make(options.baseline, Some(fold))?;
        work.find(&finder, cases)?;
    }
    work.cases.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(Predicted { cases: work.cases, margin })
}

/// A prediction in progress.
struct Work<'a> {
    dataset: &'a Dataset,
    options: &'a PredictionOptions,
    margin: f64,
    interrupt: &'a Interrupt,
    progress: &'a mut dyn FnMut(usize),
    cases: Vec<PredictedCase>,
}

impl Work<'_> {
    fn find(&mut self, finder: &Finder, cases: &[Case]) -> Result<(), DetectError> {
        for case in cases {
            if self.interrupt.is_raised() {
                return Err(DetectError::Interrupted);
            }
            let image = self.dataset.load_image(case)?;
            let size = image.size();
            let most = self.options.most.unwrap_or(finder.most);
            let found = chosen(&finder.find(image)?, self.options.score_threshold, most);
            let boxes = found.into_iter().map(|found| widened(found, self.margin, size));
            self.cases.push(PredictedCase {
                id: case.id.clone(),
                boxes: boxes.collect(),
                version: finder.version.clone(),
            });
            (self.progress)(self.cases.len());
        }
        Ok(())
    }
}

/// A box whose sides are moved outwards by a share of the picture's longer side, cut to the picture.
fn widened(found: ScoredBox, margin: f64, size: Size) -> PredictedBox {
    let out = margin * size.width.max(size.height) as f64;
    let (width, height) = (size.width as f64, size.height as f64);
    let [x1, y1, x2, y2] = found.corners;
    let corners = [
        (x1 - out).clamp(0.0, width),
        (y1 - out).clamp(0.0, height),
        (x2 + out).clamp(0.0, width),
        (y2 + out).clamp(0.0, height),
    ];
    PredictedBox { corners, score: found.score.clamp(0.0, 1.0) }
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Written {
    /// Regions.
    pub regions: usize,
    /// Pictures that have one now.
    pub pictures: usize,
    /// Pictures in which nothing was found: no negatives come from outside a box.
    pub without: usize,
    /// Earlier regions of models that were replaced.
    pub replaced: usize,
    /// Pictures in which a person's region counts instead.
    pub overruled: usize,
}

/// Writes the boxes as regions of role *model*. Earlier ones of models are replaced; people's stay.
///
/// # Errors
/// When the data set is in use or cannot be written.
pub fn write(dataset: &Dataset, predicted: &[PredictedCase]) -> Result<Written, DetectError> {
    let lock = dataset.lock()?;
    let mut written = Written::default();
    for predicted in predicted {
        let case = dataset.case(&predicted.id)?;
        let before = dataset.load_annotation(case)?.regions;
        let (earlier, mut regions): (Vec<Region>, Vec<Region>) =
            before.into_iter().partition(|region| region.role == Role::Model);
        written.replaced += earlier.len();
        written.overruled += usize::from(!regions.is_empty());
        written.regions += predicted.boxes.len();
        written.pictures += usize::from(!predicted.boxes.is_empty());
        written.without += usize::from(predicted.boxes.is_empty());
        let new = predicted.boxes.iter().map(|found| region(found, &predicted.version));
        if !earlier.is_empty() || !predicted.boxes.is_empty() {
            regions.extend(new);
            dataset.save_regions(case, regions, &lock)?;
        }
    }
    Ok(written)
}

/// Without a time: the same prediction writes the same bytes.
fn region(found: &PredictedBox, version: &str) -> Region {
    let [x, y, x2, y2] = found.corners;
    Region {
        shape: Shape::Box { x, y, width: x2 - x, height: y2 - y, rotation: 0.0 },
        author: ORIGIN.to_owned(),
        role: Role::Model,
        origin: ORIGIN.to_owned(),
        score: Some(found.score),
        model_version: Some(version.to_owned()),
        time: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(id: &str, group: Option<&str>) -> TrainingPicture {
        TrainingPicture {
            id: id.to_owned(),
            group: group.map(str::to_owned),
            image: id.to_owned(),
            boxes: vec![[0.0, 0.0, 1.0, 1.0]],
        }
    }

    #[test]
    fn folds_keep_groups_together() {
        let training: Vec<_> = ["a1", "a2", "b1", "b2", "c1", "c2", "d1", "d2"]
            .iter()
            .map(|id| picture(id, Some(&id[..1])))
            .collect();
        let folds = left_out(&training, 3, 7).unwrap();
        assert_eq!(folds, left_out(&training, 3, 7).unwrap());
        assert_eq!(folds.iter().map(|fold| fold.cases.len()).sum::<usize>(), 8);
        for fold in &folds {
            let mut groups: Vec<_> = fold.cases.iter().map(|id| id[..1].to_owned()).collect();
            groups.dedup();
            assert_eq!(fold.cases.len(), 2 * groups.len(), "{fold:?}");
        }
        let error = left_out(&training, 5, 7).unwrap_err().to_string();
        assert!(error.contains("5 folds") && error.contains("there are 4"), "{error}");
    }

    #[test]
    fn boxes_are_widened_inside_the_picture() {
        let found = ScoredBox { corners: [10.0, 20.0, 90.0, 40.0], score: 0.5 };
        let size = Size::new(100, 50);
        let table = [
            (0.0, [10.0, 20.0, 90.0, 40.0]),
            (0.05, [5.0, 15.0, 95.0, 45.0]),
            (0.15, [0.0, 5.0, 100.0, 50.0]),
        ];
        for (margin, expected) in table {
            assert_eq!(widened(found, margin, size).corners, expected, "{margin}");
        }
    }
}
