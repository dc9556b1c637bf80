//! Draws the points. Every picture is read and predicted twice, first to count and then to find what was drawn, so
//! that only one is in memory at a time.

use std::sync::Arc;
use std::time::SystemTime;

use lacuna_data::batch::CaseSource;
use lacuna_data::{Dataset, Size, SupervisionPolicy};
use lacuna_metrics::verification::{ClassPixels, PointBudget, PointSample, Strata, StratumCounts};

use super::VerificationError;
use super::sample::{ClassPlan, Point, Sample, in_turns};
use crate::cases::Cases;
use crate::interrupt::Interrupt;
use crate::observer::rfc3339;
use crate::predict::{Prediction, Predictor};

/// From this probability on a pixel is predicted as the class.
const THRESHOLD: f32 = 0.5;
/// Of so many points one is a check of the annotated pixels.
const POINTS_A_CHECK: usize = 15;

/// What to draw.
#[derive(Clone, Debug)]
pub struct DrawOptions {
    /// What the model is called in the sample.
    pub model: String,
    /// Points of all classes together.
    pub points: usize,
    /// Seed of the draw.
    pub seed: u64,
}

impl DrawOptions {
    /// 300 points of that model, a quarter of an hour's work.
    pub fn new(model: impl Into<String>) -> Self {
        Self { model: model.into(), points: 300, seed: 0 }
    }
}

/// Draws points from the cases with these ids. `progress` is told how many pictures of how many were looked at.
pub fn draw(
    predictor: &Predictor,
    dataset: &Arc<Dataset>,
    ids: &[String],
    options: &DrawOptions,
    interrupt: &Interrupt,
    mut progress: impl FnMut(usize, usize),
) -> Result<Sample, VerificationError> {
    let pictures = Pictures::new(predictor, dataset, ids)?;
    let total = 2 * ids.len();
    let strata = Strata::around(THRESHOLD)?;
    let classes = dataset.classes().len();
    let mut counts: Vec<Vec<StratumCounts>> = vec![Vec::new(); classes];
    for index in 0..ids.len() {
        refuse_if_raised(interrupt)?;
        let picture = pictures.read(index)?;
        for (class, counts) in counts.iter_mut().enumerate() {
            counts.push(strata.count_pixels(picture.pixels(class))?);
        }
        progress(index + 1, total);
    }
    let samples = drawn(&strata, &counts, options)?;
    let mut places: Vec<Vec<(usize, usize)>> =
        samples.iter().map(|sample| vec![(0, 0); sample.points.len()]).collect();
    for index in 0..ids.len() {
        refuse_if_raised(interrupt)?;
        let picture = pictures.read(index)?;
        for (class, sample) in samples.iter().enumerate() {
            for (turn, pixel) in sample.locate(&strata, index, picture.pixels(class))? {
                places[class][turn] = (pixel % picture.size.width, pixel / picture.size.width);
            }
        }
        progress(ids.len() + index + 1, total);
    }
    let point = |(class, turn): (usize, usize)| {
        let drawn = samples[class].points[turn];
        let (x, y) = places[class][turn];
        Point { class, case: drawn.picture, x, y, drawn }
    };
    Ok(Sample {
        version: Sample::VERSION,
        model: options.model.clone(),
        time: rfc3339(SystemTime::now()),
        seed: options.seed,
        cases: ids.to_vec(),
        groups: pictures.groups(),
        points: in_turns(&samples).into_iter().map(point).collect(),
        classes: plans(dataset, &strata, counts),
    })
}

pub(super) fn refuse_if_raised(interrupt: &Interrupt) -> Result<(), VerificationError> {
    if interrupt.is_raised() { Err(VerificationError::Interrupted) } else { Ok(()) }
}

/// The points of each class; the first classes get what cannot be divided.
pub(super) fn drawn(
    strata: &Strata,
    counts: &[Vec<StratumCounts>],
    options: &DrawOptions,
) -> Result<Vec<PointSample>, VerificationError> {
    let classes = counts.len();
    let mut samples = Vec::with_capacity(classes);
    for (class, pictures) in counts.iter().enumerate() {
        let points = options.points / classes + usize::from(class < options.points % classes);
        let budget = PointBudget { points, checks: points / POINTS_A_CHECK };
        let allocation = budget.allocate(strata, &sum(pictures, strata));
        samples.push(PointSample::draw(pictures, &allocation, options.seed, class as u64)?);
    }
    Ok(samples)
}

fn sum(pictures: &[StratumCounts], strata: &Strata) -> StratumCounts {
    let none = StratumCounts {
        pixels: vec![0; strata.count()],
        probability_sum: vec![0.0; strata.count()],
    };
    pictures.iter().fold(none, |mut sum, picture| {
        sum.add(picture);
        sum
    })
}

fn plans(dataset: &Dataset, strata: &Strata, counts: Vec<Vec<StratumCounts>>) -> Vec<ClassPlan> {
    let names = dataset.classes().names().into_iter().zip(counts);
    names.map(|(class, pictures)| ClassPlan { class, strata: strata.clone(), pictures }).collect()
}

/// The held-back pictures as the model sees them.
pub(super) struct Pictures<'a> {
    predictor: &'a Predictor,
    cases: Cases,
}

/// A picture: probabilities, and what people said.
pub(super) struct Picture {
    pub(super) size: Size,
    prediction: Prediction,
    annotation: Vec<Vec<Option<bool>>>,
}

impl<'a> Pictures<'a> {
    pub(super) fn new(
        predictor: &'a Predictor,
        dataset: &Arc<Dataset>,
        ids: &[String],
    ) -> Result<Self, VerificationError> {
        if ids.is_empty() {
            return Err(VerificationError::NoCases);
        }
        let names = |classes: Vec<String>| classes.join(", ");
        let model = predictor.info().classes.iter().map(|class| class.name.clone()).collect();
        let (model, data) = (names(model), names(dataset.classes().names()));
        if model != data {
            return Err(VerificationError::Classes { model, data });
        }
        Ok(Self { predictor, cases: Cases::new(dataset, ids)? })
    }

    pub(super) fn read(&self, index: usize) -> Result<Picture, VerificationError> {
        let (image, evidence) = self.cases.read(index)?;
        let prediction = self.predictor.predict(&image).map_err(|source| {
            let id = self.cases.as_slice()[index].id.clone();
            VerificationError::Predict { id, source }
        })?;
        let policy = SupervisionPolicy::evaluation();
        let known = |bits| {
            let label = policy.label(bits);
            label.is_known().then_some(label.target > 0.5)
        };
        let annotation = (0..evidence.classes())
            .map(|class| evidence.plane(class).iter().map(|bits| known(*bits)).collect())
            .collect();
        Ok(Picture { size: image.size(), prediction, annotation })
    }

    fn groups(&self) -> Vec<Option<String>> {
        self.cases.as_slice().iter().map(|case| case.group.clone()).collect()
    }
}

impl Picture {
    pub(super) fn pixels(&self, class: usize) -> ClassPixels<'_> {
        ClassPixels {
            probabilities: self.prediction.plane(class),
            annotation: &self.annotation[class],
        }
    }
}
