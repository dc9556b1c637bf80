//! Which supervision wins under which painting.

use std::collections::BTreeSet;

use lacuna_metrics::MetricError;
use lacuna_metrics::comparison::{PairedDifference, compare, mean_over_groups};
use serde::Serialize;

use super::HALF;
use super::painted::PaintedGrid;
use super::scores::{Scored, Scores, cells};
use crate::evaluate::ThresholdRule;
use crate::protocol::approach::{Approach, Condition};
use crate::protocol::grid::RULES;
use crate::protocol::results::Over;

/// At which thresholds approaches compete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleChoice {
    /// All at threshold ½.
    Half,
    /// Each at the rule that is best for it on the test pictures: what it could reach at most.
    Best,
}

impl RuleChoice {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Half, Self::Best];

    /// The name used in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Half => "half",
            Self::Best => "best",
        }
    }

    const fn rules(self) -> &'static [ThresholdRule] {
        match self {
            Self::Half => &[HALF],
            Self::Best => &RULES,
        }
    }
}

/// How an approach stands among those that learn from the same painting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// The highest mean.
    Best,
    /// Lower, but the interval of the paired difference to the best reaches 0, or there are too few groups for one.
    Tied,
    /// Lower, by an interval below 0.
    Worse,
}

impl Standing {
    /// The name used in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Best => "best",
            Self::Tied => "tied",
            Self::Worse => "worse",
        }
    }
}

/// The approaches under one painting; full supervision does not compete.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Winners {
    /// The grid.
    pub grid: String,
    /// Name of the painting pattern.
    pub pattern: String,
    /// Share of the pixels of all classes that was painted, 0 to 1.
    pub share: f64,
    /// How much of the annotation there was.
    pub condition: Condition,
    /// Of which class.
    pub class: Over,
    /// At which thresholds.
    pub at: RuleChoice,
    /// The repetitions that all of the approaches have finished: these alone are compared.
    pub repetitions: Vec<usize>,
    /// Approaches that any of the grids has or has begun and that are not finished here: one of them may win.
    pub open: Vec<Approach>,
    /// The approaches, in the order of the table.
    pub entries: Vec<Entry>,
}

/// One approach.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// Which.
    pub approach: Approach,
    /// How its thresholds were chosen.
    pub rule: ThresholdRule,
    /// Dice, mean over groups, in the repetitions compared.
    pub dice: f64,
    /// How it stands.
    pub standing: Standing,
    /// The paired difference to the best; `None` for the best itself.
    pub behind: Option<PairedDifference>,
}

/// All paintings, conditions, classes and choices of thresholds with a finished cell.
pub(super) fn winners(scores: &Scores<'_>) -> Result<Vec<Winners>, MetricError> {
    let mut found = Vec::new();
    for grid in scores.grids {
        for condition in Condition::ALL {
            let contest = Contest::new(scores, grid, condition);
            for at in RuleChoice::ALL {
                for class in Over::all(scores.classes) {
                    found.extend(contest.winners(at, class)?);
                }
            }
        }
    }
    Ok(found)
}

/// The approaches of a grid under a condition, in the repetitions that all of them have.
struct Contest<'a> {
    scores: &'a Scores<'a>,
    grid: &'a PaintedGrid,
    condition: Condition,
    repetitions: BTreeSet<usize>,
    sides: Vec<(Approach, Vec<Scored<'a>>)>,
    open: Vec<Approach>,
}

impl<'a> Contest<'a> {
    fn new(scores: &'a Scores<'a>, grid: &'a PaintedGrid, condition: Condition) -> Self {
        let competing = scores.grids.iter().flat_map(PaintedGrid::begun).map(|cell| cell.approach);
        let competing: BTreeSet<_> = competing.filter(|a| *a != Approach::Full).collect();
        let side = |approach| (approach, cells(grid, approach, condition));
        let (mut sides, open): (Vec<_>, Vec<_>) =
            competing.into_iter().map(side).partition(|(_, cells)| !cells.is_empty());
        let of = |cells: &[Scored<'_>]| cells.iter().map(|scored| scored.cell.repetition).collect();
        let common = |a: BTreeSet<usize>, b: BTreeSet<usize>| a.intersection(&b).copied().collect();
        let repetitions: BTreeSet<usize> =
            sides.iter().map(|(_, cells)| of(cells)).reduce(common).unwrap_or_default();
        for (_, cells) in &mut sides {
            cells.retain(|scored| repetitions.contains(&scored.cell.repetition));
        }
        let open = open.into_iter().map(|(approach, _)| approach).collect();
        Self { scores, grid, condition, repetitions, sides, open }
    }

    /// `None` where no repetition has all approaches.
    fn winners(&self, at: RuleChoice, class: Over) -> Result<Option<Winners>, MetricError> {
        let mut entries = Vec::new();
        for (approach, cells) in &self.sides {
            let best = self.best_rule(cells, at, &class)?;
            entries.extend(best.map(|(rule, dice)| Entry {
                approach: *approach,
                rule,
                dice,
                standing: Standing::Best,
                behind: None,
            }));
        }
        let Some(best) = highest(&entries) else { return Ok(None) };
        for index in (0..entries.len()).filter(|index| *index != best) {
            let behind = self.behind(&entries[best], &entries[index], &class)?;
            let ends = behind.and_then(|difference| difference.interval);
            let is_worse = ends.is_some_and(|ends| ends.hi < 0.0);
            entries[index].standing = if is_worse { Standing::Worse } else { Standing::Tied };
            entries[index].behind = behind;
        }
        Ok(Some(Winners {
            grid: self.grid.name.clone(),
            pattern: self.grid.painting.name.clone(),
            share: self.grid.painting.share,
            condition: self.condition,
            class,
            at,
            repetitions: self.repetitions.iter().copied().collect(),
            open: self.open.clone(),
            entries,
        }))
    }

    /// Of equally good rules the first.
    fn best_rule(
        &self,
        cells: &[Scored<'a>],
        at: RuleChoice,
        class: &Over,
    ) -> Result<Option<(ThresholdRule, f64)>, MetricError> {
        // means alone: nothing is resampled
        let settings = lacuna_metrics::BootstrapSettings { resamples: 1, ..*self.scores.bootstrap };
        let mut best: Option<(ThresholdRule, f64)> = None;
        for rule in at.rules() {
            let scores = self.scores.scores(cells, *rule, class);
            let Some(mean) = mean_over_groups(&scores, &settings)? else { continue };
            if best.is_none_or(|(_, dice)| mean.mean > dice) {
                best = Some((*rule, mean.mean));
            }
        }
        Ok(best)
    }

    fn behind(
        &self,
        best: &Entry,
        other: &Entry,
        class: &Over,
    ) -> Result<Option<PairedDifference>, MetricError> {
        let mut pairs = Vec::new();
        for (winner, loser) in self.cells(best.approach).zip(self.cells(other.approach)) {
            pairs.extend(self.scores.pairs((winner, best.rule), (loser, other.rule), class));
        }
        compare(&pairs, self.scores.bootstrap)
    }

    /// By repetition: the same for every approach.
    fn cells(&self, approach: Approach) -> impl Iterator<Item = Scored<'a>> + '_ {
        let of = self.sides.iter().filter(move |side| side.0 == approach);
        of.flat_map(|(_, cells)| cells.iter().copied())
    }
}

/// Of equally high ones the first.
fn highest(entries: &[Entry]) -> Option<usize> {
    let mut best: Option<usize> = None;
    for (index, entry) in entries.iter().enumerate() {
        if best.is_none_or(|best| entry.dice > entries[best].dice) {
            best = Some(index);
        }
    }
    best
}
