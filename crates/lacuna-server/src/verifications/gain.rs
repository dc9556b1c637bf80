//! What training since a verification gained, by the answers there are.

use std::collections::BTreeMap;

use lacuna_metrics::BootstrapSettings;
use lacuna_metrics::verification::{Answer, Gain};
use lacuna_train::predict::{PredictOptions, Predictor};
use lacuna_train::verification::Verdict as Found;
use lacuna_train::{Interrupt, RunDir};
use serde::Serialize;
use utoipa::ToSchema;

use super::{RESAMPLES, Verifications};
use crate::app::App;
use crate::lock;
use crate::problem::Problem;

/// How much better the current model is than the one that was verified, on all pixels of the held-back pictures.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Gains {
    /// The model that was verified.
    before: u32,
    /// The current one.
    after: u32,
    /// Answers that this rests on.
    answered: usize,
    /// By class.
    classes: BTreeMap<String, ClassGain>,
    verdict: Verdict,
    /// Trainings between the two: fewer than two say little about painting.
    rounds: u32,
}

/// What the gains of all classes together say.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = GainVerdict)]
pub(crate) enum Verdict {
    /// A class may have gained a point of Dice or more.
    Open,
    /// No class can have gained a point.
    Small,
    /// A class got worse.
    Worse,
}

/// The difference of a class's Dice.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct ClassGain {
    /// Null if there are too few answers.
    #[schema(required)]
    value: Option<f64>,
    /// Lower end of the 95 % interval, whatever the truth of the unsure is; null if the class is neither there nor predicted.
    #[schema(required)]
    low: Option<f64>,
    /// Upper end.
    #[schema(required)]
    high: Option<f64>,
}

/// What was found last: it takes as long as predicting the held-back pictures twice.
pub(super) struct Kept {
    id: String,
    answers: BTreeMap<usize, Answer>,
    gains: Gains,
}

impl Verifications {
    /// What training gained between the model of a verification and the current one.
    pub(crate) fn gain(&self, app: &App, id: &str) -> Result<Gains, Problem> {
        let verification = self.open(id)?;
        let answered = verification.answered();
        let before = verification.sample().model.parse().unwrap_or_default();
        let after = app.models.current().ok_or_else(Problem::no_model)?;
        if after == before {
            let detail = format!("model {before} is the one that was verified");
            return Err(Problem::invalid(detail).with_hint("train, and ask again"));
        }
        let mut kept = lock(&self.gains);
        let is_it = |kept: &&Kept| {
            let models = (kept.gains.before, kept.gains.after);
            kept.id == id && models == (before, after) && kept.answers == *verification.answers()
        };
        if let Some(kept) = kept.as_ref().filter(is_it) {
            return Ok(kept.gains.clone());
        }
        let models = [open(app, before)?, open(app, after)?];
        let settings = BootstrapSettings { resamples: RESAMPLES, ..BootstrapSettings::default() };
        let (dataset, never) = (app.project.dataset()?, Interrupt::new());
        let [earlier, later] = &models;
        let by_class =
            verification.gain([earlier, later], &dataset, &settings, &never, |_, _| {})?;
        let verdict = Found::of(by_class.values()).into();
        let classes = by_class.iter().map(|(class, gain)| (class.clone(), gain.into())).collect();
        let rounds = after.saturating_sub(before);
        let gains = Gains { before, after, answered, classes, verdict, rounds };
        let answers = verification.answers().clone();
        *kept = Some(Kept { id: id.to_owned(), answers, gains: gains.clone() });
        Ok(gains)
    }
}

fn open(app: &App, version: u32) -> Result<Predictor, Problem> {
    let run = RunDir::open(&app.models.run(version))
        .map_err(|_| Problem::not_found(format!("there is no model {version}")))?;
    Predictor::open(&run, "cpu", PredictOptions::default()).map_err(|e| Problem::failed(&e))
}

impl From<Found> for Verdict {
    fn from(found: Found) -> Self {
        match found {
            Found::Open => Self::Open,
            Found::Small => Self::Small,
            Found::Worse => Self::Worse,
        }
    }
}

impl From<&Gain> for ClassGain {
    fn from(gain: &Gain) -> Self {
        let ends = gain.unsure_interval.map(|interval| (interval.lo, interval.hi));
        Self { value: gain.gain, low: ends.map(|ends| ends.0), high: ends.map(|ends| ends.1) }
    }
}
