//! Every way to get boxes, held to the same table.

use std::collections::BTreeSet;
use std::path::Path;

use lacuna_data::annotation::{Region, Role};
use lacuna_data::{Case, Dataset};
use lacuna_metrics::ScoredBox;
use serde::{Deserialize, Serialize};

use super::baseline::Baseline;
use super::finder::{Finder, FinderFactory, Watch};
use super::judgement::{Judged, Judgement, judged};
use super::{BoxedCase, DetectError, DetectorInfo, Reference};
use crate::interrupt::Interrupt;
use crate::run_dir::RunDir;

/// How to evaluate.
#[derive(Clone, Debug, PartialEq)]
pub struct EvaluationOptions {
    /// What the detector is held to, beside the boxes that are there.
    pub baselines: Vec<Baseline>,
    /// Boxes with a lower score would not be written.
    pub score_threshold: f64,
    /// Device; `None` = that of the training.
    pub device: Option<String>,
}

/// One way to get boxes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvaluatedBoxes {
    /// What draws them.
    pub boxes: String,
    /// The margin that validation recommends; of boxes that are there, 0.
    pub margin: f64,
    /// How good they are.
    pub judgement: Judgement,
    /// Picture by picture.
    pub pictures: Vec<EvaluatedPicture>,
}

/// What the boxes of a picture teach, widened by the margin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvaluatedPicture {
    /// The case.
    pub id: String,
    /// Corners x1, y1, x2, y2 in pixels, without the margin.
    pub boxes: Vec<[f64; 4]>,
    /// Share of the known pixels of the classes outside the boxes.
    pub missed: Option<f64>,
    /// Share of the known pixels outside the tightest box around the classes that the boxes give as negatives.
    pub gained: Option<f64>,
}

/// Pictures that a detector can be judged by: it has not seen them or their group, nor were they chosen by, and it is
/// known where the classes are.
///
/// # Errors
/// When the classes differ, a picture cannot be read, or none is left.
pub fn cases(run: &RunDir, dataset: &Dataset, cases: &[Case]) -> Result<Vec<Case>, DetectError> {
    let info = DetectorInfo::load(run)?;
    info.check_classes(run.path(), dataset)?;
    let seen = info.seen(dataset, cases)?;
    let trained_on = super::DetectorConfig::read(&run.config_file())?.data;
    let is_same = is_same_folder(&trained_on, dataset.dir());
    let validation: BTreeSet<&String> = info.validation.iter().filter(|_| is_same).collect();
    let mut kept = Vec::new();
    for case in cases {
        let is_new = !seen.contains_key(&case.id) && !validation.contains(&case.id);
        if is_new && reference(dataset, case)?.is_some() {
            kept.push(case.clone());
        }
    }
    if kept.is_empty() { Err(DetectError::NothingToJudge) } else { Ok(kept) }
}

fn is_same_folder(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}

/// Judges the detector of a run, the baselines asked for, and the boxes that are there: people's and models'.
///
/// # Errors
/// See [`DetectError`].
pub fn evaluate(
    run: &RunDir,
    dataset: &Dataset,
    cases: &[Case],
    options: &EvaluationOptions,
    watch: Watch<'_>,
    interrupt: &Interrupt,
    progress: &mut dyn FnMut(usize),
) -> Result<Vec<EvaluatedBoxes>, DetectError> {
    let factory = FinderFactory::new(run, options.device.as_deref(), watch, interrupt)?;
    let most_missed = factory.config.most_missed;
    let mut ways = Ways::default();
    for baseline in std::iter::once(None).chain(options.baselines.iter().copied().map(Some)) {
        let finder = factory.make(baseline, None)?;
        let margin = factory.margin(baseline, &finder)?;
        let name = baseline.map_or("detector", Baseline::as_str).to_owned();
        ways.found.push((name, margin, finder, Vec::new()));
    }
    for (index, case) in cases.iter().enumerate() {
        if interrupt.is_raised() {
            return Err(DetectError::Interrupted);
        }
        ways.look(dataset, case, options.score_threshold)?;
        progress(index + 1);
    }
    ways.judge(cases, most_missed)
}

/// The same pictures with boxes from everywhere.
#[derive(Default)]
struct Ways {
    /// Name, margin, finder and pictures.
    found: Vec<(String, f64, Finder, Vec<Judged>)>,
    people: Vec<Judged>,
    models: Vec<Judged>,
}

impl Ways {
    fn look(&mut self, dataset: &Dataset, case: &Case, least: f64) -> Result<(), DetectError> {
        let reference = reference(dataset, case)?;
        let people = BoxedCase::read(dataset, case, &[Role::Expert, Role::NonExpert])?;
        let image = dataset.load_image(case)?;
        for (_, _, finder, pictures) in &mut self.found {
            let found = finder.find(image.clone())?;
            pictures.push(judged(&people, reference.clone(), found, least, finder.most));
        }
        let regions = dataset.load_annotation(case)?.regions;
        let of = |is_model: bool| -> Vec<ScoredBox> {
            let mine = regions.iter().filter(|region| (region.role == Role::Model) == is_model);
            mine.map(scored).collect()
        };
        let there = |found| judged(&people, reference.clone(), found, 0.0, usize::MAX);
        self.people.push(there(of(false)));
        self.models.push(there(of(true)));
        Ok(())
    }

    fn judge(self, cases: &[Case], most_missed: f64) -> Result<Vec<EvaluatedBoxes>, DetectError> {
        let found =
            self.found.into_iter().map(|(name, margin, _, pictures)| (name, margin, pictures));
        let there = [("model's boxes there", self.models), ("people's boxes", self.people)];
        let there = there.map(|(name, pictures)| (name.to_owned(), 0.0, pictures));
        let is_any = |pictures: &[Judged]| pictures.iter().any(|p| !p.written.is_empty());
        let there = there.into_iter().filter(|(_, _, pictures)| is_any(pictures));
        let judge = |(boxes, margin, pictures): (String, f64, Vec<Judged>)| {
            let judgement = Judgement::of(&pictures, most_missed)?;
            let each = cases.iter().zip(&pictures);
            let pictures = each.map(|(case, judged)| picture(case, judged, margin));
            Ok(EvaluatedBoxes {
                boxes,
                margin,
                judgement,
                pictures: pictures.collect::<Result<_, _>>()?,
            })
        };
        found.chain(there).map(judge).collect()
    }
}

fn picture(case: &Case, judged: &Judged, margin: f64) -> Result<EvaluatedPicture, DetectError> {
    let counts = judged.outside(margin)?;
    Ok(EvaluatedPicture {
        id: case.id.clone(),
        boxes: judged.written.clone(),
        missed: counts.missed_share(),
        gained: counts.gained_share(),
    })
}

fn scored(region: &Region) -> ScoredBox {
    ScoredBox { corners: region.shape.bounds(), score: region.score.unwrap_or(1.0) }
}

/// Complete masks where there are any, else what people said.
fn reference(dataset: &Dataset, case: &Case) -> Result<Option<Reference>, DetectError> {
    let size = dataset.image_size(case)?;
    if let Some(truth) = dataset.load_truth(case)? {
        return Ok(Some(Reference::of_truth(size, &truth)));
    }
    Ok(Reference::of_annotation(&dataset.load_annotation(case)?, size))
}
