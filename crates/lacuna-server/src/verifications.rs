//! The verifications of a data set: `verifications/NNNN`, one for each time somebody asked how good the model is.

mod gain;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use fs_err as fs;
use lacuna_metrics::BootstrapSettings;
use lacuna_metrics::verification::{Answer, ClassEstimate, Estimate};
use lacuna_train::predict::{PredictOptions, Predictor};
use lacuna_train::verification::{DrawOptions, Sample, VerificationError, draw};
use lacuna_train::{Interrupt, RunDir};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::lock;
use crate::problem::Problem;

pub(crate) use gain::Gains;

/// Resamples behind the intervals that are shown while a person answers.
const RESAMPLES: usize = 1000;
/// Points that can be asked for.
const MOST_POINTS: usize = 10_000;

/// A sample of points and what is answered of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Verification {
    id: String,
    /// The model it is about.
    version: u32,
    time: String,
    points: usize,
    answered: usize,
    /// The next unanswered point; null when all are answered.
    #[schema(required)]
    next: Option<Point>,
    /// From what is answered until now, by class; null while nothing is.
    #[schema(required)]
    estimates: Option<BTreeMap<String, Estimates>>,
}

/// A pixel that a person is asked about. What the model says there is not told.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Point {
    index: usize,
    case: String,
    /// Column of the pixel.
    x: usize,
    /// Row of the pixel.
    y: usize,
    class: String,
}

/// A point that was answered.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AnsweredPoint {
    point: Point,
    answer: Reply,
}

/// A class on all pixels of the held-back pictures.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Estimates {
    #[schema(required)]
    dice: Option<Interval>,
    #[schema(required)]
    precision: Option<Interval>,
    #[schema(required)]
    recall: Option<Interval>,
}

/// A value with its 95 % interval.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct Interval {
    value: f64,
    low: f64,
    high: f64,
}

/// What to draw.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct VerificationOrder {
    /// 300 if it is left out.
    #[schema(nullable = false)]
    points: Option<usize>,
    #[schema(nullable = false)]
    seed: Option<u64>,
}

/// What a person says about a point.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PointAnswer {
    index: usize,
    answer: Reply,
}

/// Is the pixel of the class?
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Reply {
    Yes,
    No,
    Unsure,
}

/// The folder of verifications.
pub(crate) struct Verifications {
    dir: PathBuf,
    /// One request at a time writes answers.
    lock: Mutex<()>,
    gains: Mutex<Option<gain::Kept>>,
}

impl Verification {
    /// For the log.
    pub(crate) fn in_words(&self) -> String {
        format!("verification {} of model {}, {} points", self.id, self.version, self.points)
    }
}

impl PointAnswer {
    /// For the log.
    pub(crate) fn in_words(&self) -> String {
        let answer = match self.answer {
            Reply::Yes => "yes",
            Reply::No => "no",
            Reply::Unsure => "unsure",
        };
        format!("point {}: {answer}", self.index)
    }
}

impl Verifications {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { dir: folder.join("verifications"), lock: Mutex::new(()), gains: Mutex::default() }
    }

    /// All of them, newest first.
    pub(crate) fn list(&self) -> Result<Vec<Verification>, Problem> {
        let mut ids = self.ids();
        ids.reverse();
        ids.iter().map(|id| describe(id, &self.open(id)?)).collect()
    }

    pub(crate) fn get(&self, id: &str) -> Result<Verification, Problem> {
        describe(id, &self.open(id)?)
    }

    /// Draws points from the held-back pictures, for the current model.
    pub(crate) fn begin(
        &self,
        app: &App,
        order: &VerificationOrder,
    ) -> Result<Verification, Problem> {
        let _writing = self.writing();
        let version = app.models.current().ok_or_else(Problem::no_model)?;
        let dataset = app.project.dataset()?;
        let held_back = app.readable(&dataset)?.test;
        let mut options = DrawOptions::new(version.to_string());
        options.points = order.points.unwrap_or(options.points).clamp(1, MOST_POINTS);
        let id =
            format!("{:04}", self.ids().last().and_then(|id| id.parse().ok()).unwrap_or(0) + 1);
        options.seed = order.seed.unwrap_or_else(|| id.parse().unwrap_or_default());
        // a model of its own: people look at predictions meanwhile
        let run = RunDir::open(&app.models.run(version)).map_err(|_| Problem::no_model())?;
        let predictor = Predictor::open(&run, "cpu", PredictOptions::default())
            .map_err(|e| Problem::failed(&e))?;
        let never = Interrupt::new();
        let sample = draw(&predictor, &dataset, &held_back, &options, &never, |_, _| {})?;
        let made = lacuna_train::verification::Verification::create(&self.dir.join(&id), sample)?;
        describe(&id, &made)
    }

    /// What is answered, in the order of the sample.
    pub(crate) fn answered(&self, id: &str) -> Result<Vec<AnsweredPoint>, Problem> {
        let verification = self.open(id)?;
        let sample = verification.sample();
        let answered = |(index, answer): (&usize, &Answer)| AnsweredPoint {
            point: point(sample, *index),
            answer: (*answer).into(),
        };
        Ok(verification.answers().iter().map(answered).collect())
    }

    /// Writes an answer down.
    pub(crate) fn answer(&self, id: &str, reply: &PointAnswer) -> Result<Verification, Problem> {
        let _writing = self.writing();
        let mut verification = self.open(id)?;
        verification.answer(reply.index, reply.answer.into())?;
        describe(id, &verification)
    }

    fn open(&self, id: &str) -> Result<lacuna_train::verification::Verification, Problem> {
        if !self.ids().iter().any(|known| known == id) {
            return Err(Problem::not_found(format!("there is no verification {id}")));
        }
        Ok(lacuna_train::verification::Verification::open(&self.dir.join(id))?)
    }

    /// Names of the folders, ascending.
    fn ids(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(&self.dir) else { return Vec::new() };
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let mut ids: Vec<String> =
            names.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit())).collect();
        ids.sort();
        ids
    }

    fn writing(&self) -> MutexGuard<'_, ()> {
        lock(&self.lock)
    }
}

fn describe(
    id: &str,
    verification: &lacuna_train::verification::Verification,
) -> Result<Verification, Problem> {
    let sample = verification.sample();
    let settings = BootstrapSettings { resamples: RESAMPLES, ..BootstrapSettings::default() };
    let answered = verification.answered();
    let estimates = (answered > 0).then(|| verification.estimate(&settings)).transpose()?;
    let estimates = estimates
        .map(|by_class| by_class.iter().map(|(class, e)| (class.clone(), e.into())).collect());
    Ok(Verification {
        id: id.to_owned(),
        version: sample.model.parse().unwrap_or_default(),
        time: sample.time.clone(),
        points: sample.points.len(),
        answered,
        next: verification.next().map(|index| point(sample, index)),
        estimates,
    })
}

fn point(sample: &Sample, index: usize) -> Point {
    let point = sample.points[index];
    let (x, y) = (point.x, point.y);
    let case = sample.cases[point.case].clone();
    Point { index, case, x, y, class: sample.classes[point.class].class.clone() }
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        match reply {
            Reply::Yes => Self::Yes,
            Reply::No => Self::No,
            Reply::Unsure => Self::Unsure,
        }
    }
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Yes => Self::Yes,
            Answer::No => Self::No,
            Answer::Unsure => Self::Unsure,
        }
    }
}

impl From<&ClassEstimate> for Estimates {
    fn from(estimate: &ClassEstimate) -> Self {
        let interval = |estimate: &Estimate| {
            let (value, interval) = (estimate.value?, estimate.interval?);
            Some(Interval { value, low: interval.lo, high: interval.hi })
        };
        Self {
            dice: interval(&estimate.dice),
            precision: interval(&estimate.precision),
            recall: interval(&estimate.recall),
        }
    }
}

impl From<VerificationError> for Problem {
    fn from(error: VerificationError) -> Self {
        let problem = match &error {
            VerificationError::NoSuchPoint { .. }
            | VerificationError::NoCases
            | VerificationError::Changed { .. }
            | VerificationError::Classes { .. } => Self::invalid(error.to_string()),
            _ => Self::failed(&error),
        };
        match error.hint() {
            Some(hint) => problem.with_hint(hint),
            None => problem,
        }
    }
}
