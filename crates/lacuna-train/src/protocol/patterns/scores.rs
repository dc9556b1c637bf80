//! The numbers of every approach: how high, and how near to full supervision.

use lacuna_metrics::comparison::{PairedScore, Score, compare, mean_over_groups};
use lacuna_metrics::{BootstrapSettings, MetricError};

use super::painted::PaintedGrid;
use super::{AIM, AgainstFull, Ceiling, HALF, PatternRow};
use crate::evaluate::{Definition, Evaluation, ThresholdRule};
use crate::protocol::approach::{Approach, Condition};
use crate::protocol::case_dice::CaseDice;
use crate::protocol::cell::Cell;
use crate::protocol::grid::RULES;
use crate::protocol::results::Over;

/// All grids and how numbers are drawn from them.
pub(super) struct Scores<'a> {
    pub(super) grids: &'a [PaintedGrid],
    pub(super) classes: &'a Vec<String>,
    pub(super) bootstrap: &'a BootstrapSettings,
}

/// A scored cell.
#[derive(Clone, Copy)]
pub(super) struct Scored<'a> {
    pub(super) grid: &'a PaintedGrid,
    pub(super) cell: Cell,
    pub(super) evaluation: &'a Evaluation,
}

impl<'a> Scores<'a> {
    /// Full supervision over the repetitions that any grid has it in, by class.
    pub(super) fn ceilings(&self) -> Result<Vec<Ceiling>, MetricError> {
        let full = self.full();
        let mut ceilings = Vec::new();
        for class in Over::all(self.classes) {
            let scores = self.scores(&full, HALF, &class);
            if let Some(dice) = mean_over_groups(&scores, self.bootstrap)? {
                ceilings.push(Ceiling { class, dice, cells: paths(&full) });
            }
        }
        Ok(ceilings)
    }

    /// Every approach, condition, rule and class of every grid.
    pub(super) fn rows(&self) -> Result<Vec<PatternRow>, MetricError> {
        let mut rows = Vec::new();
        for grid in self.grids {
            for condition in Condition::ALL {
                for approach in Approach::ALL {
                    let cells = cells(grid, approach, condition);
                    for rule in RULES {
                        for class in Over::all(self.classes) {
                            rows.extend(self.row(grid, &cells, rule, class)?);
                        }
                    }
                }
            }
        }
        Ok(rows)
    }

    fn row(
        &self,
        grid: &'a PaintedGrid,
        cells: &[Scored<'a>],
        rule: ThresholdRule,
        class: Over,
    ) -> Result<Option<PatternRow>, MetricError> {
        let Some(first) = cells.first() else { return Ok(None) };
        let dice = mean_over_groups(&self.scores(cells, rule, &class), self.bootstrap)?;
        let Some(dice) = dice else { return Ok(None) };
        let Cell { approach, condition, .. } = first.cell;
        let against_full = match approach {
            Approach::Full => None,
            _ => self.against_full(grid, cells, rule, &class)?,
        };
        Ok(Some(PatternRow {
            grid: grid.name.clone(),
            pattern: grid.painting.name.clone(),
            share: grid.painting.share,
            approach,
            condition,
            rule,
            class,
            dice,
            cells: paths(cells),
            against_full,
        }))
    }

    fn against_full(
        &self,
        grid: &'a PaintedGrid,
        cells: &[Scored<'a>],
        rule: ThresholdRule,
        class: &Over,
    ) -> Result<Option<AgainstFull>, MetricError> {
        let (mut pairs, mut full_cells) = (Vec::new(), Vec::new());
        for treated in cells {
            let Some(full) = self.full_of(grid, treated.cell.repetition) else { continue };
            pairs.extend(self.pairs((full, HALF), (*treated, rule), class));
            full_cells.push(full);
        }
        let difference = compare(&pairs, self.bootstrap)?;
        Ok(difference.map(|difference| AgainstFull {
            difference,
            reaches_aim: difference.ratio.interval.is_some_and(|ends| ends.lo >= AIM),
            full_cells: paths(&full_cells),
        }))
    }

    /// Full supervision in a repetition: the grid's own, else that of the first grid that has it.
    fn full_of(&self, grid: &'a PaintedGrid, repetition: usize) -> Option<Scored<'a>> {
        let (approach, condition) = (Approach::Full, Condition::Original);
        let cell = Cell { repetition, condition, approach };
        let in_grid = |grid: &'a PaintedGrid| {
            grid.finished.get(&cell).map(|evaluation| Scored { grid, cell, evaluation })
        };
        in_grid(grid).or_else(|| self.grids.iter().find_map(in_grid))
    }

    /// Full supervision in every repetition that any grid has it in.
    fn full(&self) -> Vec<Scored<'a>> {
        let repetitions: std::collections::BTreeSet<_> =
            self.grids.iter().flat_map(PaintedGrid::repetitions).collect();
        let Some(first) = self.grids.first() else { return Vec::new() };
        repetitions.into_iter().filter_map(|r| self.full_of(first, r)).collect()
    }

    fn dice<'s>(&'s self, rule: ThresholdRule, class: &'s Over) -> CaseDice<'s> {
        CaseDice { rule, definition: Definition::AllPixels, class, classes: self.classes }
    }

    /// Of every test picture.
    pub(super) fn scores(
        &self,
        cells: &[Scored<'a>],
        rule: ThresholdRule,
        class: &Over,
    ) -> Vec<Score<&'a str>> {
        let mut scores = Vec::new();
        for scored in cells {
            let repetition = scored.cell.repetition as u64;
            let by_case = self.dice(rule, class).by_case(scored.evaluation);
            scores.extend(by_case.into_values().map(|(group, value)| Score {
                group,
                repetition,
                value,
            }));
        }
        scores
    }

    /// Two cells of one repetition, picture by picture.
    pub(super) fn pairs(
        &self,
        baseline: (Scored<'a>, ThresholdRule),
        treated: (Scored<'a>, ThresholdRule),
        class: &Over,
    ) -> Vec<PairedScore<&'a str>> {
        let plain = self.dice(baseline.1, class).by_case(baseline.0.evaluation);
        let repetition = treated.0.cell.repetition as u64;
        let treatments = self.dice(treated.1, class).by_case(treated.0.evaluation);
        let pair = |(case, (group, treatment))| {
            let (_, baseline) = *plain.get(case)?;
            Some(PairedScore { group, repetition, baseline, treatment })
        };
        treatments.into_iter().filter_map(pair).collect()
    }
}

fn paths(cells: &[Scored<'_>]) -> Vec<String> {
    cells.iter().map(|scored| scored.grid.path(scored.cell)).collect()
}

/// The finished cells of an approach in a grid, by repetition.
pub(super) fn cells(
    grid: &PaintedGrid,
    approach: Approach,
    condition: Condition,
) -> Vec<Scored<'_>> {
    let is_it = |cell: &Cell| (cell.approach, cell.condition) == (approach, condition);
    let found = grid.finished.iter().filter(|(cell, _)| is_it(cell));
    found.map(|(cell, evaluation)| Scored { grid, cell: *cell, evaluation }).collect()
}
