//! How good a model is on cases it has not seen, and what that number stands on.
//!
//! Every score says on which pixels it was computed ([`Definition`]): the known pixels of the fixed
//! evaluation evidence, the paper's "unpainted = negative", and, where complete masks exist, all
//! pixels. Evaluation evidence is the same for every policy and never includes a model's word. Scores
//! on known pixels come with their coverage and with the bounds of the Dice over every completion of
//! the unknown pixels.
//!
//! Memory holds one case's probabilities at a time, however many cases there are.

mod error;
mod picture;
mod predictions;
mod result;
mod score;
mod summarize;
mod table;
mod threshold;

pub use error::EvaluateError;
pub use picture::Definition;
pub use predictions::Predictions;
pub use result::{
    CaseMetrics, ClassMetrics, ClassSummary, DefinitionSummary, Distances, Evaluation,
    ForegroundMean, MeanDiceBounds, Pooled, Ranking, ThresholdResult, Unit, WorstAndBest,
};
pub use threshold::{ClassThreshold, ThresholdRule, ThresholdSet, UnknownRule, choose_thresholds};

use lacuna_metrics::BootstrapSettings;
use serde::{Deserialize, Serialize};

use crate::cases::Cases;
use crate::interrupt::Interrupt;

use picture::Scene;
use score::{Scorer, Tally};

/// At which resolution predictions are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScoredAt {
    /// The picture's own.
    #[default]
    Native,
    /// The network's: evidence is pooled into the frame as in training, complete masks are sampled
    /// at pixel centres, padding is left out. The whole picture is always predicted at once.
    Frame,
}

/// How to evaluate.
#[derive(Clone, Debug, PartialEq)]
pub struct EvaluateOptions {
    /// What the cases are, such as `test`; for messages and the result.
    pub part: String,
    /// At which resolution.
    pub scored_at: ScoredAt,
    /// Thresholds to evaluate, all in one pass over the predictions; empty means ½ for every class.
    pub thresholds: Vec<ThresholdSet>,
    /// Whether distances between surfaces are measured (HD95, NSD).
    pub surfaces: bool,
    /// Tolerance of the NSD: in millimetres if every case has a spacing, else in pixels.
    pub nsd_tolerance: f64,
    /// How confidence intervals are drawn.
    pub bootstrap: BootstrapSettings,
}

impl Default for EvaluateOptions {
    fn default() -> Self {
        Self {
            part: "test".to_owned(),
            scored_at: ScoredAt::default(),
            thresholds: Vec::new(),
            surfaces: true,
            nsd_tolerance: 1.0,
            bootstrap: BootstrapSettings::default(),
        }
    }
}

/// Scores a model on cases. `progress` is told after every case how many are done, and of how many.
///
/// The cases may be anything the model was not trained or selected on; usually the test part of the
/// split.
pub fn evaluate<'a>(
    predictions: impl Into<Predictions<'a>>,
    cases: &Cases,
    options: &EvaluateOptions,
    progress: &mut dyn FnMut(usize, usize),
    interrupt: &Interrupt,
) -> Result<Evaluation, EvaluateError> {
    let predictions = predictions.into();
    check_classes(predictions, cases)?;
    let scorer = Scorer::new(cases, options)?;
    let mut tally = Tally::new(&scorer)?;
    let all = cases.as_slice();
    for (index, case) in all.iter().enumerate() {
        if interrupt.is_raised() {
            return Err(EvaluateError::Interrupted);
        }
        let scene = Scene::read(predictions, cases, index, options.scored_at)?;
        let truth = cases.dataset().load_truth(case)?;
        let metric = |source| EvaluateError::Metric { id: case.id.clone(), source };
        let picture = scene.into_picture(truth, scorer.spacing(case)).map_err(metric)?;
        tally.add(&scorer, case, &picture).map_err(metric)?;
        progress(index + 1, all.len());
    }
    tally.finish(&scorer, predictions, cases)
}

/// The classes that are predicted must be the data set's, in the same order.
fn check_classes(predictions: Predictions, cases: &Cases) -> Result<(), EvaluateError> {
    let model = predictions.classes();
    let dataset = cases.dataset().classes().names();
    if model == dataset {
        return Ok(());
    }
    Err(EvaluateError::Classes {
        checkpoint: predictions.path().to_owned(),
        model: model.join(", "),
        folder: cases.dataset().dir().to_owned(),
        dataset: dataset.join(", "),
    })
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the values are exact")]
mod tests;
