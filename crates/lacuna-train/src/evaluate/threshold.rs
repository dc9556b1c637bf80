//! Thresholds: given, or chosen on validation cases without complete truth.

use lacuna_data::supervision::EvidenceBits;
use lacuna_data::{ClassSet, SupervisionPolicy};
use lacuna_metrics::{ElkanNoto, MetricError, ProbabilityHistogram, best_dice_threshold};
use serde::{Deserialize, Serialize};

use super::picture::Scene;
use super::{EvaluateError, ScoredAt};
use crate::cases::Cases;
use crate::interrupt::Interrupt;
use crate::predict::Predictor;

/// The threshold where a rule cannot be applied.
const FALLBACK: f64 = 0.5;

/// How a class's threshold is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ThresholdRule {
    /// The same for every class.
    Fixed(f64),
    /// ĉ/2 with ĉ the mean probability on painted validation pixels (Elkan and Noto 2008). Corrects a
    /// model trained as if unpainted meant negative, if paint was placed independently of appearance.
    ElkanNoto,
    /// The best pooled Dice on known validation pixels.
    Validation,
}

impl ThresholdRule {
    /// Whether the threshold is chosen on validation cases.
    pub const fn looks_at_validation(self) -> bool {
        matches!(self, Self::ElkanNoto | Self::Validation)
    }
}

/// A word that is no threshold rule.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is no threshold: use a number from 0 to 1, `elkan-noto` or `validation`")]
pub struct UnknownRule(String);

impl std::str::FromStr for ThresholdRule {
    type Err = UnknownRule;

    fn from_str(text: &str) -> Result<Self, UnknownRule> {
        match text {
            "elkan-noto" => Ok(Self::ElkanNoto),
            "validation" => Ok(Self::Validation),
            number => number
                .parse()
                .ok()
                .filter(|threshold| (0.0..=1.0).contains(threshold))
                .map(Self::Fixed)
                .ok_or_else(|| UnknownRule(text.to_owned())),
        }
    }
}

impl std::fmt::Display for ThresholdRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Fixed(threshold) => threshold.fmt(f),
            Self::ElkanNoto => f.write_str("elkan-noto"),
            Self::Validation => f.write_str("validation"),
        }
    }
}

impl TryFrom<String> for ThresholdRule {
    type Error = UnknownRule;

    fn try_from(text: String) -> Result<Self, UnknownRule> {
        text.parse()
    }
}

impl From<ThresholdRule> for String {
    fn from(rule: ThresholdRule) -> Self {
        rule.to_string()
    }
}

/// The threshold of one class: a pixel is of the class where its probability is at least this.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassThreshold {
    /// The class.
    pub class: String,
    /// The threshold.
    pub threshold: f64,
    /// The rule that was asked for.
    pub rule: ThresholdRule,
    /// Whether the rule could not be applied, and the threshold is ½ instead.
    pub fallback: bool,
    /// How the threshold came about, or why the rule could not be applied.
    pub note: String,
}

/// One threshold a class, in class order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThresholdSet {
    /// The rule that was asked for.
    pub rule: ThresholdRule,
    /// The thresholds.
    pub classes: Vec<ClassThreshold>,
}

impl ThresholdSet {
    /// The same threshold for every class.
    pub fn fixed(classes: &ClassSet, threshold: f64) -> Self {
        let rule = ThresholdRule::Fixed(threshold);
        let of_class = |class| ClassThreshold {
            class,
            threshold,
            rule,
            fallback: false,
            note: "given".to_owned(),
        };
        Self { rule, classes: classes.names().into_iter().map(of_class).collect() }
    }

    /// The thresholds alone, in class order.
    pub fn values(&self) -> Vec<f64> {
        self.classes.iter().map(|class| class.threshold).collect()
    }

    /// Whether any class fell back to ½.
    pub fn has_fallback(&self) -> bool {
        self.classes.iter().any(|class| class.fallback)
    }

    /// Checks that there is one probability for each of `names`.
    pub(super) fn check(&self, names: &[String]) -> Result<(), EvaluateError> {
        let given: Vec<&str> = self.classes.iter().map(|class| class.class.as_str()).collect();
        if given != names {
            return Err(EvaluateError::ThresholdClasses {
                given: given.join(", "),
                expected: names.join(", "),
            });
        }
        match self.classes.iter().find(|class| !(0.0..=1.0).contains(&class.threshold)) {
            None => Ok(()),
            Some(class) => Err(EvaluateError::ThresholdRange {
                class: class.class.clone(),
                threshold: class.threshold,
            }),
        }
    }
}

/// Chooses thresholds on cases the model was not trained on, usually the validation part of the
/// split, without complete truth; one set a rule, all in one pass over the predictions.
///
/// A rule that cannot be applied to a class falls back to ½ and says why in
/// [`ClassThreshold::note`]. Fixed thresholds need no pass: the cases are then not read.
pub fn choose_thresholds(
    predictor: &Predictor,
    cases: &Cases,
    rules: &[ThresholdRule],
    scored_at: ScoredAt,
    progress: &mut dyn FnMut(usize, usize),
    interrupt: &Interrupt,
) -> Result<Vec<ThresholdSet>, EvaluateError> {
    super::check_classes(predictor.into(), cases)?;
    let classes = cases.dataset().classes();
    let mut chooser = Chooser::new(classes, rules);
    let all = if chooser.needs_pixels() { cases.as_slice() } else { &[] };
    for (index, case) in all.iter().enumerate() {
        if interrupt.is_raised() {
            return Err(EvaluateError::Interrupted);
        }
        let scene = Scene::read(predictor.into(), cases, index, scored_at)?;
        chooser.add(&scene).map_err(|source| {
            let id = case.id.clone();
            EvaluateError::Metric { id, source }
        })?;
        progress(index + 1, all.len());
    }
    let sets: Vec<_> = rules.iter().map(|rule| chooser.choose(*rule, classes)).collect();
    sets.iter().try_for_each(|set| set.check(&classes.names()))?;
    Ok(sets)
}

/// What the rules need to know about validation pixels, one entry a class; empty where no rule asks.
pub(super) struct Chooser {
    painted: Vec<ElkanNoto>,
    known: Vec<ProbabilityHistogram>,
}

impl Chooser {
    pub(super) fn new(classes: &ClassSet, rules: &[ThresholdRule]) -> Self {
        let count = |rule| if rules.contains(&rule) { classes.len() } else { 0 };
        Self {
            painted: vec![ElkanNoto::new(); count(ThresholdRule::ElkanNoto)],
            known: vec![ProbabilityHistogram::new(); count(ThresholdRule::Validation)],
        }
    }

    fn needs_pixels(&self) -> bool {
        !(self.painted.is_empty() && self.known.is_empty())
    }

    pub(super) fn add(&mut self, scene: &Scene) -> Result<(), MetricError> {
        let policy = SupervisionPolicy::evaluation();
        for (class, painted) in self.painted.iter_mut().enumerate() {
            for (probability, bits) in pixels(scene, class) {
                let is_painted = bits.intersects(EvidenceBits::PAINTED_POSITIVE);
                if is_painted && policy.label(bits).target > 0.5 {
                    painted.add_positive(probability)?;
                }
            }
        }
        for (class, known) in self.known.iter_mut().enumerate() {
            for (probability, bits) in pixels(scene, class) {
                let label = policy.label(bits);
                if label.is_known() {
                    known.add(probability, label.target > 0.5)?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn choose(&self, rule: ThresholdRule, classes: &ClassSet) -> ThresholdSet {
        let of_class = |(index, class): (usize, String)| {
            let choice = match rule {
                ThresholdRule::Fixed(threshold) => Ok((threshold, "given".to_owned())),
                ThresholdRule::ElkanNoto => elkan_noto(&self.painted[index]),
                ThresholdRule::Validation => best_dice(&self.known[index]),
            };
            let fallback = choice.is_err();
            let (threshold, note) = choice.unwrap_or_else(|reason| {
                (FALLBACK, format!("{reason}; {FALLBACK} is used instead"))
            });
            ClassThreshold { class, threshold, rule, fallback, note }
        };
        let classes = classes.names().into_iter().enumerate().map(of_class).collect();
        ThresholdSet { rule, classes }
    }
}

fn pixels(scene: &Scene, class: usize) -> impl Iterator<Item = (f32, EvidenceBits)> {
    scene.prediction.plane(class).iter().copied().zip(scene.evidence.plane(class).iter().copied())
}

fn elkan_noto(painted: &ElkanNoto) -> Result<(f64, String), &'static str> {
    let share = painted.labelled_share().ok_or("nothing is painted in the validation cases")?;
    let count = painted.positives();
    Ok((
        share / 2.0,
        format!(
            "half the mean probability {share:.4} on {count} painted validation pixels; assumes paint placed independently of appearance"
        ),
    ))
}

fn best_dice(known: &ProbabilityHistogram) -> Result<(f64, String), &'static str> {
    let (positives, negatives) = (known.positives(), known.negatives());
    let best = best_dice_threshold(known).ok_or(match (positives, negatives) {
        (0, 0) => "nothing is known in the validation cases",
        (0, _) => "there are no known positives in the validation cases",
        _ => "there are no known negatives in the validation cases",
    })?;
    Ok((
        best.threshold,
        format!("best Dice {:.4} on {} known validation pixels", best.dice, positives + negatives),
    ))
}
