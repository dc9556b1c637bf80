//! What an evaluation found, as written to `summary.json`: no times, the same keys in the same order.

use std::path::Path;

use lacuna_data::Size;
use lacuna_data::json_file::{read_json, write_json};
use lacuna_metrics::{BootstrapMean, CalibrationBin, DiceBounds, MeanOver, PartialConfusion};
use serde::{Deserialize, Serialize};

use super::{ClassThreshold, Definition, EvaluateError, ScoredAt, ThresholdRule};

/// Scores of one model on some cases.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Version of this format; [`Evaluation::VERSION`].
    pub version: u32,
    /// Version of the program that computed it.
    pub lacuna_version: String,
    /// Name of the data set.
    pub dataset: String,
    /// Hash of its annotations.
    pub fingerprint: String,
    /// What the cases are, such as `test`.
    pub part: String,
    /// File name of the checkpoint.
    pub checkpoint: String,
    /// Epochs it was trained.
    pub epochs: usize,
    /// Number of cases.
    pub cases: usize,
    /// Names of the classes, in order.
    pub classes: Vec<String>,
    /// At which resolution predictions were compared.
    pub scored_at: ScoredAt,
    /// Size of the network's frame, if it was compared there.
    pub frame: Option<Size>,
    /// How distances were measured; `None` if they were not.
    pub distances: Option<Distances>,
    /// What happens to a case in which prediction and reference are both empty of a class.
    pub empty_rule: String,
    /// What a reader has to know before quoting a number.
    pub notes: Vec<String>,
    /// Scores for every set of thresholds, in the order asked for.
    pub results: Vec<ThresholdResult>,
    /// Scores of the probabilities themselves, for which no threshold is needed.
    pub ranking: Vec<Ranking>,
}

/// How distances were measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Distances {
    /// Unit of HD95 and of the tolerance.
    pub unit: Unit,
    /// Tolerance of the NSD.
    pub nsd_tolerance: f64,
}

/// A unit of length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// Millimetres.
    #[serde(rename = "mm")]
    Millimetre,
    /// Pixels.
    #[serde(rename = "px")]
    Pixel,
}

impl Unit {
    /// `mm` or `px`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Millimetre => "mm",
            Self::Pixel => "px",
        }
    }
}

/// Scores for one set of thresholds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThresholdResult {
    /// The rule that was asked for.
    pub rule: ThresholdRule,
    /// The threshold of each class and how it came about.
    pub thresholds: Vec<ClassThreshold>,
    /// Scores by definition.
    pub definitions: Vec<DefinitionSummary>,
    /// Scores of every case.
    pub metric_per_case: Vec<CaseMetrics>,
}

/// Scores over all cases under one definition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DefinitionSummary {
    /// Which pixels, compared with what.
    pub definition: Definition,
    /// The same in words.
    pub label: String,
    /// Cases that have this definition.
    pub cases: usize,
    /// Mean over classes.
    pub foreground_mean: ForegroundMean,
    /// Scores by class, in order.
    pub mean: Vec<ClassSummary>,
}

/// Mean over classes: every class weighs the same, however many cases have it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForegroundMean {
    /// Mean over classes of [`ClassSummary::dice`].
    pub dice: MeanOver,
    /// Mean over classes of the pooled Dice.
    pub pooled_dice: MeanOver,
    /// Mean over classes of [`ClassSummary::iou`].
    pub iou: MeanOver,
    /// Mean over classes of [`ClassSummary::precision`].
    pub precision: MeanOver,
    /// Mean over classes of [`ClassSummary::recall`].
    pub recall: MeanOver,
    /// Mean over classes of [`ClassSummary::hd95`].
    pub hd95: MeanOver,
    /// Mean over classes of [`ClassSummary::nsd`].
    pub nsd: MeanOver,
    /// Mean over cases of each case's mean Dice over classes, with its confidence interval. Differs
    /// from `dice` where classes are left out of cases.
    pub dice_per_case: Option<BootstrapMean>,
    /// Bounds over joint completions, in which an unknown pixel is positive in at most one of several
    /// exclusive classes; known pixels only.
    pub dice_bounds: Option<MeanDiceBounds>,
}

/// Smallest and largest mean Dice on all pixels, over every completion of the unknown pixels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeanDiceBounds {
    /// Of the mean over cases of each case's (mean) Dice.
    pub per_case: Option<DiceBounds>,
    /// Of the (mean) pooled Dice.
    pub pooled: Option<DiceBounds>,
}

/// Scores of one class over all cases: per case, then the mean.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassSummary {
    /// The class.
    pub class: String,
    /// Dice.
    pub dice: MeanOver,
    /// The mean Dice with its confidence interval over groups.
    pub dice_interval: Option<BootstrapMean>,
    /// Bounds of the Dice on all pixels; known pixels only.
    pub dice_bounds: Option<MeanDiceBounds>,
    /// Share of pixels that are known, over all cases.
    pub coverage: Option<f64>,
    /// Intersection over union.
    pub iou: MeanOver,
    /// Precision.
    pub precision: MeanOver,
    /// Recall.
    pub recall: MeanOver,
    /// 95th-percentile Hausdorff distance.
    pub hd95: MeanOver,
    /// Normalised surface Dice.
    pub nsd: MeanOver,
    /// Scores of all cases' pixels together.
    pub pooled: Pooled,
}

/// Scores of all cases' pixels taken together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pooled {
    /// Dice.
    pub dice: Option<f64>,
    /// Intersection over union.
    pub iou: Option<f64>,
    /// Precision.
    pub precision: Option<f64>,
    /// Recall.
    pub recall: Option<f64>,
    /// The counts they come from.
    pub counts: PartialConfusion,
}

impl Pooled {
    pub(super) fn of(counts: PartialConfusion) -> Self {
        Self {
            dice: counts.known.dice(),
            iou: counts.known.iou(),
            precision: counts.known.precision(),
            recall: counts.known.recall(),
            counts,
        }
    }
}

/// Scores of one case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseMetrics {
    /// The case.
    pub case: String,
    /// Its group, usually the patient.
    pub group: Option<String>,
    /// Joint bounds of its mean Dice over classes on all pixels.
    pub mean_dice_bounds: Option<DiceBounds>,
    /// Scores by definition and class.
    pub metrics: Vec<ClassMetrics>,
}

impl CaseMetrics {
    /// The scores of one class under one definition.
    pub fn get(&self, definition: Definition, class: &str) -> Option<&ClassMetrics> {
        self.metrics.iter().find(|m| m.definition == definition && m.class == class)
    }
}

/// Scores of one class in one case. A score is `None` where it is undefined: Dice and IoU if
/// prediction and reference are both empty, precision without prediction, recall without reference,
/// HD95 unless both have a known surface.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassMetrics {
    /// The class.
    pub class: String,
    /// Which pixels, compared with what.
    pub definition: Definition,
    /// Dice.
    pub dice: Option<f64>,
    /// Smallest and largest Dice on all pixels over every completion; known pixels only.
    pub dice_bounds: Option<DiceBounds>,
    /// Share of pixels that are known.
    pub coverage: Option<f64>,
    /// Intersection over union.
    pub iou: Option<f64>,
    /// Precision.
    pub precision: Option<f64>,
    /// Recall.
    pub recall: Option<f64>,
    /// 95th-percentile Hausdorff distance.
    pub hd95: Option<f64>,
    /// Normalised surface Dice.
    pub nsd: Option<f64>,
    /// The pixels counted.
    pub counts: PartialConfusion,
}

/// How well a class's probabilities rank and predict, over all cases' pixels together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ranking {
    /// The class.
    pub class: String,
    /// Which pixels, compared with what.
    pub definition: Definition,
    /// Pixels of the class.
    pub positives: u64,
    /// Other pixels.
    pub negatives: u64,
    /// Average precision; `None` without positives.
    pub average_precision: Option<f64>,
    /// Expected calibration error; `None` without pixels.
    pub expected_calibration_error: Option<f64>,
    /// The bins of a reliability plot.
    pub reliability: Vec<CalibrationBin>,
}

/// The cases a person should look at first.
#[derive(Clone, Debug, PartialEq)]
pub struct WorstAndBest {
    /// The definition the Dice is of.
    pub definition: Definition,
    /// Case and Dice, the worst first.
    pub worst: Vec<(String, f64)>,
    /// Case and Dice, the best first; no case that is among the worst.
    pub best: Vec<(String, f64)>,
}

impl Evaluation {
    /// The version of the format that is written.
    pub const VERSION: u32 = 1;

    /// Writes `summary.json`.
    pub fn save(&self, path: &Path) -> Result<(), EvaluateError> {
        Ok(write_json(path, self)?)
    }

    /// Reads what [`Evaluation::save`] wrote.
    pub fn load(path: &Path) -> Result<Self, EvaluateError> {
        read_json(path, Self::VERSION)?
            .ok_or_else(|| EvaluateError::Missing { path: path.to_owned() })
    }

    /// The scores for one threshold rule.
    pub fn result(&self, rule: ThresholdRule) -> Option<&ThresholdResult> {
        self.results.iter().find(|result| result.rule == rule)
    }

    /// The most telling definition there is: all pixels if any case has complete masks, else known
    /// pixels.
    pub fn definition(&self) -> Definition {
        let has = |result: &ThresholdResult| result.definition(Definition::AllPixels).is_some();
        if self.results.iter().any(has) { Definition::AllPixels } else { Definition::KnownPixels }
    }

    /// The `n` worst and the `n` best cases of a class by Dice, for the first set of thresholds,
    /// under [`Evaluation::definition`]. Cases in which the Dice is undefined are in neither; if
    /// there are fewer than 2n cases, the worst are taken first.
    pub fn worst_and_best(&self, class: &str, n: usize) -> WorstAndBest {
        let definition = self.definition();
        let cases = self.results.first().map_or(&[][..], |result| &result.metric_per_case);
        let dice = |case: &CaseMetrics| {
            let dice = case.get(definition, class)?.dice?;
            Some((case.case.clone(), dice))
        };
        let mut ranked: Vec<(String, f64)> = cases.iter().filter_map(dice).collect();
        ranked.sort_by(|a, b| a.1.total_cmp(&b.1).then_with(|| a.0.cmp(&b.0)));
        let few = n.min(ranked.len().div_ceil(2));
        let rest = ranked.split_off(few);
        let best = rest.into_iter().rev().take(n).collect();
        WorstAndBest { definition, worst: ranked, best }
    }
}

impl ThresholdResult {
    /// Scores under one definition; `None` if no case has it.
    pub fn definition(&self, definition: Definition) -> Option<&DefinitionSummary> {
        self.definitions.iter().find(|summary| summary.definition == definition)
    }

    /// Mean Dice of a class under one definition.
    pub fn dice(&self, definition: Definition, class: &str) -> Option<f64> {
        self.definition(definition)?.class(class)?.dice.mean
    }

    /// Mean Dice over classes under one definition.
    pub fn mean_dice(&self, definition: Definition) -> Option<f64> {
        self.definition(definition)?.foreground_mean.dice.mean
    }
}

impl DefinitionSummary {
    /// Scores of one class.
    pub fn class(&self, name: &str) -> Option<&ClassSummary> {
        self.mean.iter().find(|class| class.class == name)
    }
}
