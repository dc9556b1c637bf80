//! Means over repetitions.

use std::collections::BTreeSet;

use lacuna_metrics::{EmptyRule, MeanOver};
use serde::{Serialize, Serializer};

use super::CellScores;
use crate::evaluate::{ClassSummary, Definition, DefinitionSummary, Evaluation, ThresholdRule};
use crate::protocol::approach::{Approach, Condition};
use crate::protocol::grid::RULES;

/// What a number is of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Over {
    /// The mean over classes.
    Mean,
    /// One class.
    Class(String),
}

impl Over {
    /// The mean, then every class.
    pub(in crate::protocol) fn all(classes: &[String]) -> impl Iterator<Item = Self> + '_ {
        std::iter::once(Self::Mean).chain(classes.iter().cloned().map(Self::Class))
    }

    /// The name of the class, or `mean`.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Mean => "mean",
            Self::Class(name) => name,
        }
    }
}

impl Serialize for Over {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Scores of an approach over the repetitions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// How it was learnt from the annotation.
    pub approach: Approach,
    /// How much of it there was.
    pub condition: Condition,
    /// How thresholds were chosen.
    pub rule: ThresholdRule,
    /// Which pixels, compared with what.
    pub definition: Definition,
    /// Of which class.
    pub class: Over,
    /// Mean over repetitions of the mean Dice over cases.
    pub dice: MeanOver,
    /// Mean over repetitions of the Dice of all cases' pixels together.
    pub pooled_dice: MeanOver,
    /// Mean over repetitions of the average precision; one class, and no threshold plays a part.
    pub average_precision: MeanOver,
    /// Share of pixels that are known; one class on known pixels.
    pub coverage: Option<f64>,
    /// Mean smallest and largest Dice on all pixels over every completion of the unknown; known pixels.
    pub bounds: Option<[f64; 2]>,
    /// Repetitions in which the rule could not be applied to every class, and ½ was used.
    pub fallbacks: usize,
}

/// All rows, in the order of the table.
pub(super) fn rows(cells: &[CellScores], classes: &[String]) -> Vec<Row> {
    let of_row: BTreeSet<_> = cells.iter().map(|c| (c.cell.condition, c.cell.approach)).collect();
    let mut rows = Vec::new();
    for (condition, approach) in of_row {
        let evaluations: Vec<_> = cells
            .iter()
            .filter(|c| (c.cell.condition, c.cell.approach) == (condition, approach))
            .map(|c| &c.evaluation)
            .collect();
        for rule in RULES {
            for definition in Definition::ALL {
                for class in Over::all(classes) {
                    let key = Key { approach, condition, rule, definition, class };
                    rows.extend(key.row(&evaluations));
                }
            }
        }
    }
    rows
}

struct Key {
    approach: Approach,
    condition: Condition,
    rule: ThresholdRule,
    definition: Definition,
    class: Over,
}

impl Key {
    /// `None` if no repetition has this definition.
    fn row(self, evaluations: &[&Evaluation]) -> Option<Row> {
        let Self { approach, condition, rule, definition, .. } = self;
        let summaries: Vec<_> = evaluations
            .iter()
            .filter_map(|evaluation| evaluation.result(rule)?.definition(definition))
            .collect();
        if summaries.is_empty() {
            return None;
        }
        let over = |of: fn(&DefinitionSummary, &Over) -> Option<f64>| {
            let values: Vec<_> = summaries.iter().map(|s| of(s, &self.class)).collect();
            MeanOver::of(&values, EmptyRule::LeaveOut)
        };
        let mean = |of| over(of).mean;
        Some(Row {
            approach,
            condition,
            rule,
            definition,
            dice: over(dice),
            pooled_dice: over(pooled_dice),
            average_precision: self.average_precision(evaluations),
            coverage: mean(coverage),
            bounds: mean(|s, class| Some(bounds(s, class)?[0]))
                .zip(mean(|s, class| Some(bounds(s, class)?[1])))
                .map(|(low, high)| [low, high]),
            fallbacks: evaluations.iter().filter(|e| fell_back(e, rule)).count(),
            class: self.class,
        })
    }

    fn average_precision(&self, evaluations: &[&Evaluation]) -> MeanOver {
        let Over::Class(class) = &self.class else { return MeanOver::default() };
        let of = |evaluation: &&Evaluation| {
            let ranking = evaluation.ranking.iter();
            let mut found =
                ranking.filter(|r| r.definition == self.definition && r.class == *class);
            found.next()?.average_precision
        };
        let values: Vec<_> = evaluations.iter().map(of).collect();
        MeanOver::of(&values, EmptyRule::LeaveOut)
    }
}

fn of_class<'a>(summary: &'a DefinitionSummary, over: &Over) -> Option<&'a ClassSummary> {
    match over {
        Over::Mean => None,
        Over::Class(class) => summary.class(class),
    }
}

fn dice(summary: &DefinitionSummary, over: &Over) -> Option<f64> {
    match over {
        Over::Mean => summary.foreground_mean.dice.mean,
        Over::Class(_) => of_class(summary, over)?.dice.mean,
    }
}

fn pooled_dice(summary: &DefinitionSummary, over: &Over) -> Option<f64> {
    match over {
        Over::Mean => summary.foreground_mean.pooled_dice.mean,
        Over::Class(_) => of_class(summary, over)?.pooled.dice,
    }
}

fn coverage(summary: &DefinitionSummary, over: &Over) -> Option<f64> {
    of_class(summary, over)?.coverage
}

fn bounds(summary: &DefinitionSummary, over: &Over) -> Option<[f64; 2]> {
    let bounds = match over {
        Over::Mean => summary.foreground_mean.dice_bounds,
        Over::Class(_) => of_class(summary, over)?.dice_bounds,
    };
    let per_case = bounds?.per_case?;
    Some([per_case.lower, per_case.upper])
}

fn fell_back(evaluation: &Evaluation, rule: ThresholdRule) -> bool {
    evaluation.result(rule).is_some_and(|r| r.thresholds.iter().any(|class| class.fallback))
}
