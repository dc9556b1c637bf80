//! From the scores of cases to the numbers that are quoted, and the notes that go with them.

use lacuna_metrics::{
    BootstrapMean, DiceBounds, EmptyRule, ExclusiveCounts, MeanOver, MetricError, PartialConfusion,
    bootstrap_mean, foreground_mean, mean, mean_dice_bounds,
};

use super::result::{
    CaseMetrics, ClassMetrics, ClassSummary, DefinitionSummary, Evaluation, ForegroundMean,
    MeanDiceBounds, Pooled, Ranking, ThresholdResult, Unit,
};
use super::score::{Scorer, SetTally, Tally};
use super::{Definition, EvaluateError, Predictions, ThresholdSet};
use crate::cases::Cases;

/// Under so many groups no p-value is given.
const FEW_GROUPS: usize = 10;

const EMPTY_RULE: &str = "a case in which prediction and reference are both empty of a class is left out of that class's mean and counted";

impl Tally {
    /// Brings the scores of all cases together.
    pub(super) fn finish(
        self,
        scorer: &Scorer<'_>,
        predictions: Predictions,
        cases: &Cases,
    ) -> Result<Evaluation, EvaluateError> {
        let ranking = self.ranking(scorer.classes);
        let results = self.sets.into_iter().zip(&scorer.thresholds);
        let results = results.map(|(set, thresholds)| summarize(set, thresholds, scorer));
        let results = results.collect::<Result<Vec<_>, _>>().map_err(EvaluateError::Summary)?;
        let file_name = predictions.path().file_name().unwrap_or_default();
        Ok(Evaluation {
            version: Evaluation::VERSION,
            lacuna_version: env!("CARGO_PKG_VERSION").to_owned(),
            dataset: cases.dataset().name().to_owned(),
            fingerprint: cases.dataset().fingerprint()?,
            part: scorer.options.part.clone(),
            checkpoint: file_name.to_string_lossy().into_owned(),
            epochs: predictions.epochs(),
            cases: cases.as_slice().len(),
            classes: scorer.classes.names(),
            scored_at: scorer.options.scored_at,
            frame: predictions.frame(scorer.options.scored_at),
            distances: scorer.distances,
            empty_rule: EMPTY_RULE.to_owned(),
            notes: notes(scorer, &results, &ranking),
            results,
            ranking,
        })
    }
}

/// The scores for one set of thresholds.
pub(super) fn summarize(
    set: SetTally,
    thresholds: &ThresholdSet,
    scorer: &Scorer<'_>,
) -> Result<ThresholdResult, MetricError> {
    let has = |definition: &Definition| {
        set.cases.iter().flat_map(|case| &case.metrics).any(|m| m.definition == *definition)
    };
    let definitions = Definition::ALL
        .into_iter()
        .filter(has)
        .map(|definition| of_definition(definition, &set, scorer))
        .collect::<Result<_, _>>()?;
    Ok(ThresholdResult {
        rule: thresholds.rule,
        thresholds: thresholds.classes.clone(),
        definitions,
        metric_per_case: set.cases,
    })
}

fn of_definition(
    definition: Definition,
    set: &SetTally,
    scorer: &Scorer<'_>,
) -> Result<DefinitionSummary, MetricError> {
    let classes = scorer
        .classes
        .names()
        .iter()
        .map(|class| of_class(definition, class, &set.cases, scorer))
        .collect::<Result<Vec<_>, _>>()?;
    let has = |case: &&CaseMetrics| case.metrics.iter().any(|m| m.definition == definition);
    Ok(DefinitionSummary {
        definition,
        label: definition.label().to_owned(),
        cases: set.cases.iter().filter(has).count(),
        foreground_mean: over_classes(definition, &classes, set, scorer)?,
        mean: classes,
    })
}

fn of_class(
    definition: Definition,
    class: &str,
    cases: &[CaseMetrics],
    scorer: &Scorer<'_>,
) -> Result<ClassSummary, MetricError> {
    let rows: Vec<(&CaseMetrics, &ClassMetrics)> =
        cases.iter().filter_map(|case| Some((case, case.get(definition, class)?))).collect();
    let mean_of = |score: fn(&ClassMetrics) -> Option<f64>| {
        let scores: Vec<Option<f64>> = rows.iter().map(|(_, row)| score(row)).collect();
        MeanOver::of(&scores, EmptyRule::LeaveOut)
    };
    let dice: Vec<_> = rows.iter().map(|(case, row)| (*case, row.dice)).collect();
    let counts: PartialConfusion = rows.iter().map(|(_, row)| row.counts).sum();
    let bounds = || MeanDiceBounds {
        per_case: mean_of_bounds(rows.iter().filter_map(|(_, row)| row.dice_bounds)),
        pooled: counts.dice_bounds(),
    };
    Ok(ClassSummary {
        class: class.to_owned(),
        dice: mean_of(|row| row.dice),
        dice_interval: interval(&dice, scorer)?,
        dice_bounds: (definition == Definition::KnownPixels).then(bounds),
        coverage: counts.coverage().share(),
        iou: mean_of(|row| row.iou),
        precision: mean_of(|row| row.precision),
        recall: mean_of(|row| row.recall),
        hd95: mean_of(|row| row.hd95),
        nsd: mean_of(|row| row.nsd),
        pooled: Pooled::of(counts),
    })
}

fn over_classes(
    definition: Definition,
    classes: &[ClassSummary],
    set: &SetTally,
    scorer: &Scorer<'_>,
) -> Result<ForegroundMean, MetricError> {
    let mean_of = |score: fn(&ClassSummary) -> MeanOver| {
        foreground_mean(&classes.iter().map(score).collect::<Vec<_>>())
    };
    let pooled: Vec<Option<f64>> = classes.iter().map(|class| class.pooled.dice).collect();
    let case_mean = |case: &CaseMetrics| {
        let rows = case.metrics.iter().filter(|row| row.definition == definition);
        let dice: Vec<Option<f64>> = rows.map(|row| row.dice).collect();
        MeanOver::of(&dice, EmptyRule::LeaveOut).mean
    };
    let per_case: Vec<_> = set.cases.iter().map(|case| (case, case_mean(case))).collect();
    Ok(ForegroundMean {
        dice: mean_of(|class| class.dice),
        pooled_dice: MeanOver::of(&pooled, EmptyRule::LeaveOut),
        iou: mean_of(|class| class.iou),
        precision: mean_of(|class| class.precision),
        recall: mean_of(|class| class.recall),
        hd95: mean_of(|class| class.hd95),
        nsd: mean_of(|class| class.nsd),
        dice_per_case: interval(&per_case, scorer)?,
        dice_bounds: (definition == Definition::KnownPixels)
            .then(|| joint_bounds(&set.cases, &set.pooled)),
    })
}

fn joint_bounds(cases: &[CaseMetrics], pooled: &[ExclusiveCounts]) -> MeanDiceBounds {
    MeanDiceBounds {
        per_case: mean_of_bounds(cases.iter().filter_map(|case| case.mean_dice_bounds)),
        pooled: mean_dice_bounds(pooled),
    }
}

/// Bounds of a mean over cases of which each can be completed independently.
///
/// A case whose Dice may be undefined has the bounds 0 and 0: the worst completion makes it a 0 in the
/// mean, the best leaves it out.
pub(super) fn mean_of_bounds(bounds: impl Iterator<Item = DiceBounds>) -> Option<DiceBounds> {
    let bounds: Vec<DiceBounds> = bounds.collect();
    let lower: Vec<f64> = bounds.iter().map(|case| case.lower).collect();
    let definite = bounds.iter().filter(|case| !case.may_be_undefined);
    let upper = mean(&definite.map(|case| case.upper).collect::<Vec<_>>());
    Some(DiceBounds {
        lower: mean(&lower)?,
        upper: upper.unwrap_or(0.0),
        may_be_undefined: upper.is_none(),
    })
}

/// The mean of the defined values with its bootstrap interval over groups; over cases unless every
/// case has a group.
fn interval(
    values: &[(&CaseMetrics, Option<f64>)],
    scorer: &Scorer<'_>,
) -> Result<Option<BootstrapMean>, MetricError> {
    let groups: Option<Vec<&str>> = values.iter().map(|(case, _)| case.group.as_deref()).collect();
    let defined: Vec<f64> = values.iter().filter_map(|(_, value)| *value).collect();
    let groups = groups.map(|groups| -> Vec<&str> {
        let pairs = groups.into_iter().zip(values);
        pairs.filter(|(_, (_, value))| value.is_some()).map(|(group, _)| group).collect()
    });
    bootstrap_mean(&defined, groups.as_deref(), &scorer.options.bootstrap)
}

/// What a reader has to know before quoting a number.
pub(super) fn notes(
    scorer: &Scorer<'_>,
    results: &[ThresholdResult],
    ranking: &[Ranking],
) -> Vec<String> {
    let cases = results.first().map_or(&[][..], |result| &result.metric_per_case);
    let mut notes = vec![
        "Dice on known pixels is of painted regions only: a selected sample, usually the easy part; its bounds are those of the Dice on all pixels".to_owned(),
    ];
    notes.extend(grouping_note(cases));
    notes.extend(truth_note(results, cases.len()));
    if scorer.distances.is_some_and(|distances| distances.unit == Unit::Pixel) {
        notes.push(
            "distances are in pixels: not every case has a spacing in millimetres".to_owned(),
        );
    }
    for class in ranking.iter().filter(|row| row.definition == Definition::KnownPixels) {
        notes.extend(class_note(class));
    }
    for threshold in results.iter().flat_map(|r| &r.thresholds).filter(|t| t.fallback) {
        notes.push(format!(
            "threshold {} of class {}: {}",
            threshold.rule, threshold.class, threshold.note
        ));
    }
    notes
}

fn grouping_note(cases: &[CaseMetrics]) -> Vec<String> {
    let mut groups: Vec<&str> = cases.iter().filter_map(|case| case.group.as_deref()).collect();
    let without = cases.len() - groups.len();
    if without > 0 {
        return vec![format!(
            "not grouped by patient ({without} of {} cases have no group): intervals take every case as independent and may be too narrow",
            cases.len()
        )];
    }
    groups.sort_unstable();
    groups.dedup();
    let few = || {
        let noun = if groups.len() == 1 { "group" } else { "groups" };
        format!("{} {noun}: under {FEW_GROUPS}, differences get no p-value", groups.len())
    };
    (groups.len() < FEW_GROUPS).then(few).into_iter().collect()
}

fn truth_note(results: &[ThresholdResult], cases: usize) -> Option<String> {
    let complete = results.first()?.definition(Definition::AllPixels)?.cases;
    (complete < cases).then(|| {
        format!("all-pixel scores are of the {complete} of {cases} cases that have complete masks")
    })
}

fn class_note(class: &Ranking) -> Option<String> {
    let what = match (class.positives, class.negatives) {
        (0, 0) => "nothing is known: it cannot be scored on known pixels",
        (0, _) => "no positives are known: it cannot be found on known pixels",
        (_, 0) => {
            "no negatives are known: predicting it everywhere would score best on known pixels"
        }
        _ => return None,
    };
    Some(format!("class {}: {what}", class.class))
}
