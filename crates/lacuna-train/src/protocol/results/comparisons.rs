//! Which approach beats which: paired by picture and repetition, inferred over groups.

use std::collections::{BTreeMap, BTreeSet};

use lacuna_metrics::comparison::{PairedDifference, PairedScore, compare, holm};
use lacuna_metrics::{BootstrapSettings, MetricError};
use serde::Serialize;

use super::{CellScores, Over};
use crate::evaluate::{Definition, Evaluation, ThresholdRule};
use crate::protocol::approach::{Approach, Condition};
use crate::protocol::case_dice::CaseDice;
use crate::protocol::grid::RULES;

/// What an approach is compared with; all in the same repetitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Against {
    /// The baseline, with the same threshold rule and as much annotation.
    Standard,
    /// The baseline with its threshold corrected as Elkan and Noto do, with as much annotation.
    StandardElkanNoto,
    /// Complete masks, threshold ½.
    Full,
    /// The same approach and rule before a quarter of the annotation was erased.
    Unmasked,
}

impl Against {
    const ALL: [Self; 4] = [Self::Standard, Self::StandardElkanNoto, Self::Full, Self::Unmasked];

    /// In words.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Standard => "standard, same threshold rule",
            Self::StandardElkanNoto => "standard with the Elkan–Noto threshold",
            Self::Full => "full masks",
            Self::Unmasked => "the same on original masks",
        }
    }

    /// The baseline of `side`; `None` where there is nothing to compare.
    fn baseline(self, side: Side) -> Option<Side> {
        let is_baseline = side.approach == Approach::Standard;
        let is_full = side.approach == Approach::Full;
        let half = ThresholdRule::Fixed(0.5);
        let (approach, condition, rule) = match self {
            Self::Standard if !is_baseline && !is_full => {
                (Approach::Standard, side.condition, side.rule)
            }
            Self::StandardElkanNoto if side.rule == half && !is_full && !is_baseline => {
                (Approach::Standard, side.condition, ThresholdRule::ElkanNoto)
            }
            Self::Full if !is_full => (Approach::Full, Condition::Original, half),
            Self::Unmasked if side.condition == Condition::Masked => {
                (side.approach, Condition::Original, side.rule)
            }
            _ => return None,
        };
        Some(Side { approach, condition, rule })
    }
}

/// One side of a comparison.
#[derive(Clone, Copy, Debug)]
struct Side {
    approach: Approach,
    condition: Condition,
    rule: ThresholdRule,
}

/// A comparison of Dice, paired by picture and repetition.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// What is compared.
    pub approach: Approach,
    /// How much annotation it had.
    pub condition: Condition,
    /// How its thresholds were chosen.
    pub rule: ThresholdRule,
    /// With what.
    pub against: Against,
    /// Which pixels, compared with what.
    pub definition: Definition,
    /// Of which class.
    pub class: Over,
    /// The difference, with its interval over groups.
    #[serde(flatten)]
    pub difference: PairedDifference,
    /// The p-value after Holm's correction over the approaches compared with the same baseline.
    pub adjusted_p_value: Option<f64>,
}

/// All comparisons there are pairs for.
pub(super) fn comparisons(
    cells: &[CellScores],
    classes: &[String],
    bootstrap: &BootstrapSettings,
) -> Result<Vec<Comparison>, MetricError> {
    let sides: BTreeSet<_> = cells.iter().map(|c| (c.cell.condition, c.cell.approach)).collect();
    let mut found = Vec::new();
    for against in Against::ALL {
        for rule in RULES {
            for definition in Definition::ALL {
                for class in Over::all(classes) {
                    let pairing = Pairing { cells, classes, against, definition, class: &class };
                    for condition in Condition::ALL {
                        let approaches = sides.iter().filter(|side| side.0 == condition);
                        let family = approaches.map(|(_, approach)| Side {
                            approach: *approach,
                            condition,
                            rule,
                        });
                        found.extend(pairing.family(family, bootstrap)?);
                    }
                }
            }
        }
    }
    Ok(found)
}

struct Pairing<'a> {
    cells: &'a [CellScores],
    classes: &'a [String],
    against: Against,
    definition: Definition,
    class: &'a Over,
}

impl Pairing<'_> {
    /// The approaches that are compared with the same baseline; their p-values are corrected together.
    fn family(
        &self,
        sides: impl Iterator<Item = Side>,
        bootstrap: &BootstrapSettings,
    ) -> Result<Vec<Comparison>, MetricError> {
        let mut family = Vec::new();
        for side in sides {
            let Some(baseline) = self.against.baseline(side) else { continue };
            let scores = self.scores(side, baseline);
            if let Some(difference) = compare(&scores, bootstrap)? {
                family.push(self.comparison(side, difference));
            }
        }
        let tested: Vec<_> = family.iter().filter_map(|c| c.difference.p_value).collect();
        let mut adjusted = holm(&tested).into_iter();
        for comparison in family.iter_mut().filter(|c| c.difference.p_value.is_some()) {
            comparison.adjusted_p_value = adjusted.next();
        }
        Ok(family)
    }

    fn comparison(&self, side: Side, difference: PairedDifference) -> Comparison {
        Comparison {
            approach: side.approach,
            condition: side.condition,
            rule: side.rule,
            against: self.against,
            definition: self.definition,
            class: self.class.clone(),
            difference,
            adjusted_p_value: None,
        }
    }

    fn scores(&self, side: Side, baseline: Side) -> Vec<PairedScore<&str>> {
        let mut scores = Vec::new();
        for repetition in self.cells.iter().map(|c| c.cell.repetition).collect::<BTreeSet<_>>() {
            let treated = self.by_case(side, repetition);
            let plain = self.by_case(baseline, repetition);
            for (case, (group, treatment)) in &treated {
                if let Some((_, baseline)) = plain.get(case) {
                    let (group, treatment, baseline) = (*group, *treatment, *baseline);
                    let repetition = repetition as u64;
                    scores.push(PairedScore { group, repetition, baseline, treatment });
                }
            }
        }
        scores
    }

    fn by_case(&self, side: Side, repetition: usize) -> BTreeMap<&str, (&str, f64)> {
        let Self { definition, class, classes, .. } = *self;
        let dice = CaseDice { rule: side.rule, definition, class, classes };
        self.evaluation(side, repetition).map(|e| dice.by_case(e)).unwrap_or_default()
    }

    fn evaluation(&self, side: Side, repetition: usize) -> Option<&Evaluation> {
        let is_it = |c: &&CellScores| {
            (c.cell.approach, c.cell.condition, c.cell.repetition)
                == (side.approach, side.condition, repetition)
        };
        self.cells.iter().find(is_it).map(|c| &c.evaluation)
    }
}
