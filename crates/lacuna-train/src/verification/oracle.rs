//! A verification without a person, where complete masks exist: does the interval hold what it promises?

use std::collections::BTreeMap;
use std::sync::Arc;

use lacuna_data::Dataset;
use lacuna_metrics::BootstrapSettings;
use lacuna_metrics::verification::{Answer, Estimate, Strata, Stratum, StratumCounts, Survey};
use serde::Serialize;

use super::VerificationError;
use super::draw::{DrawOptions, Pictures, drawn, refuse_if_raised};
use crate::interrupt::Interrupt;
use crate::predict::Predictor;

/// The truth of every pixel, sorted as points are drawn.
pub struct Oracle {
    strata: Strata,
    groups: Vec<Option<String>>,
    classes: Vec<ClassTruth>,
}

struct ClassTruth {
    name: String,
    counts: Vec<StratumCounts>,
    /// By picture, stratum and rank.
    truth: Vec<Vec<Vec<bool>>>,
    /// Dice, precision and recall on all pixels.
    scores: [Option<f64>; 3],
}

/// How often intervals held the truth, for one measure of one class.
#[derive(Clone, Debug, Serialize)]
pub struct Coverage {
    /// The class.
    pub class: String,
    /// `dice`, `precision` or `recall`.
    pub measure: &'static str,
    /// On all pixels.
    pub truth: f64,
    /// Mean of the estimates.
    pub mean: f64,
    /// Draws whose interval for these pictures holds the truth, as a share.
    pub covered: f64,
    /// Mean width of the interval.
    pub width: f64,
    /// Draws whose group-bootstrap interval holds it, where there are enough groups.
    pub covered_by_groups: Option<f64>,
    /// Mean width of that.
    pub width_of_groups: Option<f64>,
    /// Draws.
    pub draws: usize,
}

const MEASURES: [&str; 3] = ["dice", "precision", "recall"];

impl Oracle {
    /// Reads predictions and complete masks of the cases.
    pub fn new(
        predictor: &Predictor,
        dataset: &Arc<Dataset>,
        ids: &[String],
    ) -> Result<Self, VerificationError> {
        let pictures = Pictures::new(predictor, dataset, ids)?;
        let strata = Strata::around(0.5)?;
        let names = dataset.classes().names().into_iter();
        let mut classes: Vec<ClassTruth> = names.map(ClassTruth::new).collect();
        let mut groups = Vec::new();
        for (index, id) in ids.iter().enumerate() {
            let case = dataset.case(id)?;
            let masks = dataset.load_truth(case)?;
            let masks = masks.ok_or_else(|| VerificationError::NoTruth { id: id.clone() })?;
            let picture = pictures.read(index)?;
            for (class, (truth, mask)) in classes.iter_mut().zip(&masks).enumerate() {
                let pixels = picture.pixels(class);
                let mut sorted = vec![Vec::new(); strata.count()];
                for (pixel, is_there) in mask.values().iter().enumerate() {
                    let (p, said) = (pixels.probabilities[pixel], pixels.annotation[pixel]);
                    // in an estimate an annotated pixel counts as it is annotated
                    sorted[strata.index_of(p, said)].push(said.unwrap_or(*is_there));
                }
                truth.counts.push(strata.count_pixels(pixels)?);
                truth.truth.push(sorted);
            }
            groups.push(case.group.clone());
        }
        for class in &mut classes {
            class.score(&strata);
        }
        Ok(Self { strata, groups, classes })
    }

    /// Draws `draws` samples with seeds from `options.seed` on, answers each, and looks whether the intervals hold.
    pub fn coverage(
        &self,
        options: &DrawOptions,
        settings: &BootstrapSettings,
        draws: usize,
        interrupt: &Interrupt,
        mut progress: impl FnMut(usize),
    ) -> Result<Vec<Coverage>, VerificationError> {
        let mut tallies = BTreeMap::new();
        for draw in 0..draws {
            refuse_if_raised(interrupt)?;
            let options = DrawOptions { seed: options.seed + draw as u64, ..options.clone() };
            for (class, estimates) in self.verify(&options, settings)?.into_iter().enumerate() {
                for (measure, estimate) in estimates.iter().enumerate() {
                    if let Some(truth) = self.classes[class].scores[measure] {
                        let tally = tallies.entry((class, measure)).or_insert_with(Tally::default);
                        tally.add(estimate, truth);
                    }
                }
            }
            progress(draw + 1);
        }
        let coverage = |((class, measure), tally): ((usize, usize), Tally)| {
            let truth = &self.classes[class];
            tally.coverage(&truth.name, measure, truth.scores[measure].unwrap_or(f64::NAN))
        };
        Ok(tallies.into_iter().map(coverage).collect())
    }

    /// One sample, answered: Dice, precision and recall of each class.
    fn verify(
        &self,
        options: &DrawOptions,
        settings: &BootstrapSettings,
    ) -> Result<Vec<[Estimate; 3]>, VerificationError> {
        let counts: Vec<_> = self.classes.iter().map(|class| class.counts.clone()).collect();
        let samples = drawn(&self.strata, &counts, options)?;
        let groups: Option<Vec<&str>> = self.groups.iter().map(Option::as_deref).collect();
        let mut estimates = Vec::new();
        for (class, sample) in self.classes.iter().zip(&samples) {
            let mut survey = Survey::new(&self.strata, &class.counts, groups.as_deref())?;
            for point in &sample.points {
                let is_there = class.truth[point.picture][point.stratum][point.rank as usize];
                survey.record(point, if is_there { Answer::Yes } else { Answer::No })?;
            }
            let estimate = survey.estimate(settings)?;
            estimates.push([estimate.dice, estimate.precision, estimate.recall]);
        }
        Ok(estimates)
    }
}

impl ClassTruth {
    fn new(name: String) -> Self {
        Self { name, counts: Vec::new(), truth: Vec::new(), scores: [None; 3] }
    }

    /// Computes the measures on all pixels.
    fn score(&mut self, strata: &Strata) {
        let (mut tp, mut fp, mut fn_) = (0_u64, 0_u64, 0_u64);
        for (stratum, values) in self.truth.iter().flat_map(|picture| picture.iter().enumerate()) {
            let predicted = is_predicted(strata, stratum);
            let yes = values.iter().filter(|value| **value).count() as u64;
            let no = values.len() as u64 - yes;
            if predicted {
                tp += yes;
                fp += no;
            } else {
                fn_ += yes;
            }
        }
        let ratio = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
        self.scores = [ratio(2 * tp, 2 * tp + fp + fn_), ratio(tp, tp + fp), ratio(tp, tp + fn_)];
    }
}

fn is_predicted(strata: &Strata, index: usize) -> bool {
    match strata.stratum(index) {
        Some(Stratum::Unknown { predicted, .. } | Stratum::Known { predicted, .. }) => predicted,
        None => false,
    }
}

#[derive(Default)]
struct Tally {
    draws: usize,
    sum: f64,
    covered: usize,
    width: f64,
    groups: usize,
    covered_by_groups: usize,
    width_of_groups: f64,
}

impl Tally {
    fn add(&mut self, estimate: &Estimate, truth: f64) {
        self.draws += 1;
        self.sum += estimate.value.unwrap_or_default();
        if let Some(interval) = estimate.interval {
            self.covered += usize::from((interval.lo..=interval.hi).contains(&truth));
            self.width += interval.hi - interval.lo;
        }
        if let Some(interval) = estimate.group_interval {
            self.groups += 1;
            self.covered_by_groups += usize::from((interval.lo..=interval.hi).contains(&truth));
            self.width_of_groups += interval.hi - interval.lo;
        }
    }

    fn coverage(&self, class: &str, measure: usize, truth: f64) -> Coverage {
        let draws = self.draws as f64;
        let groups = (self.groups > 0).then_some(self.groups as f64);
        Coverage {
            class: class.to_owned(),
            measure: MEASURES[measure],
            truth,
            mean: self.sum / draws,
            covered: self.covered as f64 / draws,
            width: self.width / draws,
            covered_by_groups: groups.map(|groups| self.covered_by_groups as f64 / groups),
            width_of_groups: groups.map(|groups| self.width_of_groups / groups),
            draws: self.draws,
        }
    }
}
