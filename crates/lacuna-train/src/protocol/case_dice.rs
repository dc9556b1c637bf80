//! The Dice of every picture of a cell: the pairs that comparisons are made of.

use std::collections::BTreeMap;

use super::results::Over;
use crate::evaluate::{CaseMetrics, Definition, Evaluation, ThresholdRule};

/// Which Dice of a picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct CaseDice<'a> {
    /// At which thresholds.
    pub(super) rule: ThresholdRule,
    /// On which pixels.
    pub(super) definition: Definition,
    /// Of which class.
    pub(super) class: &'a Over,
    /// All classes.
    pub(super) classes: &'a [String],
}

impl CaseDice<'_> {
    /// Group and Dice of every case in which the Dice is defined; a case without a group is one of its own.
    pub(super) fn by_case<'e>(
        &self,
        evaluation: &'e Evaluation,
    ) -> BTreeMap<&'e str, (&'e str, f64)> {
        let cases = evaluation.result(self.rule).map(|r| &r.metric_per_case[..]);
        let score = |case| Some((self.of(case)?, case));
        let scored = cases.unwrap_or_default().iter().filter_map(score);
        scored
            .map(|(dice, case)| {
                let group = case.group.as_deref().unwrap_or(&case.case);
                (case.case.as_str(), (group, dice))
            })
            .collect()
    }

    /// The Dice of a case: of the class, or the mean over the classes that have one.
    fn of(&self, case: &CaseMetrics) -> Option<f64> {
        let of = |class: &String| case.get(self.definition, class)?.dice;
        match self.class {
            Over::Class(class) => of(class),
            Over::Mean => {
                let dice: Vec<f64> = self.classes.iter().filter_map(of).collect();
                lacuna_metrics::mean(&dice)
            }
        }
    }
}
