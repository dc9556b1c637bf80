//! The tables of several grids.

use lacuna_metrics::Interval;
use lacuna_metrics::comparison::GroupedMean;
use lacuna_report::{Cell, Column, Table};
use lacuna_train::evaluate::ThresholdRule;
use lacuna_train::protocol::patterns::{AIM, Entry, Patterns, RuleChoice, Standing, Winners};
use lacuna_train::protocol::{Approach, Condition, Over};

use super::figures::{BUDGET, curve_name, ratio_rows, row_name, short_name};
use super::{approaches, class_name, classes, conditions, rule_sign};
use crate::wording::count;

const DECIMALS: usize = 2;

/// What was painted, and what is finished.
pub(super) fn grids(patterns: &Patterns) -> Table {
    let text = ["grid", "pattern"].map(Column::text).into_iter();
    let shares = patterns.classes.iter().map(|class| Column::number(format!("{class} painted")));
    let heads = ["painted", "asked for"].map(Column::number).into_iter();
    let cells = ["cells", "unfinished", "repetitions"].map(Column::number);
    let columns = text.chain(heads).chain(shares).chain(cells).collect();
    let mut table = Table::new("The grids", columns);
    for grid in &patterns.grids {
        let painting = &grid.painting;
        let mut row = vec![Cell::text(&grid.name), Cell::text(&painting.name)];
        row.extend([painting.share, painting.asked].map(|share| Cell::number(share, 3)));
        row.extend(painting.classes.iter().map(|class| Cell::maybe(class.share, 3)));
        let counts = [grid.finished, grid.unfinished.len(), grid.repetitions.len()];
        row.extend(counts.map(Cell::count));
        table.row(row);
    }
    table.note("painted: share of the class pixels of all pictures; cells: finished trainings");
    table
}

/// The numbers of the label-budget curves.
pub(super) fn budget(patterns: &Patterns, condition: Condition, class: &Over) -> Table {
    let title = format!("Dice by share painted, {}, {}", condition.letter(), class_name(class));
    let heads = BUDGET.map(|(approach, rule)| Column::number(curve_name(approach, rule)));
    let columns = [Column::text("painting")].into_iter().chain(heads);
    let columns = columns.chain(["full masks", "repetitions"].map(Column::number)).collect();
    let mut table = Table::new(title, columns);
    let full = patterns.full.iter().find(|full| full.class == *class);
    for grid in &patterns.grids {
        let rows = BUDGET
            .map(|(approach, rule)| patterns.row(&grid.name, approach, condition, rule, class));
        if rows.iter().all(Option::is_none) {
            continue;
        }
        let mut cells = vec![Cell::text(grid.painting.label())];
        cells.extend(rows.map(|row| row.map_or(Cell::Missing, |row| mean(&row.dice))));
        cells.push(full.map_or(Cell::Missing, |full| mean(&full.dice)));
        cells.push(Cell::text(rested(&rows.map(|row| row.map(|row| row.dice.n_repetitions)))));
        table.row(cells);
    }
    if let Some(full) = full {
        let found = count(full.dice.n_repetitions, "repetition");
        table.note(format!(
            "95 % intervals over groups and repetitions; full masks: {found} of all grids together"
        ));
    }
    table
}

/// One number, or one a curve where they differ.
fn rested(repetitions: &[Option<usize>]) -> String {
    let counts: Vec<usize> = repetitions.iter().copied().flatten().collect();
    match &counts[..] {
        [first, rest @ ..] if rest.iter().all(|count| count == first) => first.to_string(),
        _ => {
            let shown = repetitions.iter().map(|n| n.map_or("–".to_owned(), |n| n.to_string()));
            shown.collect::<Vec<_>>().join(" / ")
        }
    }
}

/// Who wins under which painting.
pub(super) fn map(patterns: &Patterns, at: RuleChoice, class: &Over) -> Table {
    let thresholds = match at {
        RuleChoice::Half => "threshold ½",
        RuleChoice::Best => "each at the rule that is best for it on the test pictures",
    };
    let title = format!("Who wins: Dice, {}, {thresholds}", class_name(class));
    let columns = approaches(patterns);
    let heads = columns.iter().map(|approach| Column::text(approach.as_str()));
    let text = ["", "painting"].map(Column::text).into_iter();
    let mut table = Table::new(title, text.chain(heads).collect());
    for condition in conditions(patterns) {
        let is_it = |w: &&Winners| w.at == at && w.class == *class && w.condition == condition;
        for winners in patterns.winners.iter().filter(is_it) {
            let name = row_name(patterns, winners);
            let mut cells = vec![Cell::text(condition.letter()), Cell::text(name)];
            cells.extend(columns.iter().map(|approach| {
                let entry = winners.entries.iter().find(|entry| entry.approach == *approach);
                entry.map_or(Cell::Missing, |entry| Cell::text(standing(entry, at)))
            }));
            table.row(cells);
        }
    }
    table.note("★ the best of its row; ≈ not told apart from it: the 95 % interval of the paired difference reaches 0 (no correction for the number of approaches); n: repetitions that all of them have finished; open: an approach of other rows is not finished here and may win");
    table
}

fn standing(entry: &Entry, at: RuleChoice) -> String {
    let mut text = format!("{:.*}", DECIMALS, entry.dice);
    match entry.standing {
        Standing::Best => text.push_str(" ★"),
        Standing::Tied => text.push_str(" ≈"),
        Standing::Worse => {}
    }
    if at == RuleChoice::Best {
        text.push_str(&format!(" ({})", rule_sign(entry.rule)));
    }
    text
}

/// How near every approach comes to full supervision, for the mean over classes, and what reaches the aim.
pub(super) fn reached(patterns: &Patterns) -> Table {
    let rows = ratio_rows(patterns);
    let heads = rows.iter().map(|(approach, rule)| Column::text(short_name(*approach, *rule)));
    let text = ["", "painting"].map(Column::text).into_iter();
    let title = "Dice as a share of that with full masks, mean over classes";
    let mut table = Table::new(title, text.chain(heads).collect());
    for condition in conditions(patterns) {
        for grid in &patterns.grids {
            let ratio = |(approach, rule): &(Approach, ThresholdRule)| {
                let row = patterns.row(&grid.name, *approach, condition, *rule, &Over::Mean)?;
                let full = row.against_full.as_ref()?;
                let mark = if full.reaches_aim { " ✓" } else { "" };
                Some(Cell::text(format!("{:.2}{mark}", full.difference.ratio.value?)))
            };
            let cells: Vec<_> = rows.iter().map(ratio).collect();
            if cells.iter().any(Option::is_some) {
                let names = [condition.letter(), &grid.painting.label()].map(Cell::text);
                let cells = cells.into_iter().map(|cell| cell.unwrap_or(Cell::Missing));
                table.row(names.into_iter().chain(cells).collect());
            }
        }
    }
    table.note(format!(
        "✓ the lower end of the 95 % interval reaches {AIM}; threshold ½ where nothing else is said"
    ));
    table
}

/// Every approach beside full supervision, at one threshold rule.
pub(super) fn ratios(patterns: &Patterns, rule: ThresholdRule) -> Table {
    let title = format!("Dice as a share of that with full masks, threshold {}", rule_sign(rule));
    let text = ["", "painting", "approach"].map(Column::text).into_iter();
    let all = classes(patterns);
    let heads = all.iter().map(|class| Column::number(class.as_str()));
    let rest =
        [Column::text("reaches .95"), Column::number("groups"), Column::number("repetitions")];
    let mut table = Table::new(title, text.chain(heads).chain(rest).collect());
    for condition in conditions(patterns) {
        for grid in &patterns.grids {
            for approach in approaches(patterns) {
                let found = |class: &Over| {
                    let row = patterns.row(&grid.name, approach, condition, rule, class)?;
                    row.against_full.as_ref()
                };
                let Some(full) = found(&Over::Mean) else { continue };
                let names = [condition.letter(), &grid.painting.label(), approach.as_str()];
                let mut cells: Vec<_> = names.into_iter().map(Cell::text).collect();
                cells.extend(all.iter().map(|class| {
                    let ratio = found(class).map(|full| full.difference.ratio);
                    with_interval(ratio.and_then(|r| r.value), ratio.and_then(|r| r.interval))
                }));
                cells.push(Cell::text(if full.reaches_aim { "yes" } else { "no" }));
                let counts = [full.difference.n_groups, full.difference.n_repetitions];
                cells.extend(counts.map(Cell::count));
                table.row(cells);
            }
        }
    }
    table.note("paired by picture and repetition; reaches .95: whether the lower end of the interval does, for the mean over classes; full masks always at threshold ½");
    table
}

/// Every cell that a number is from.
pub(super) fn runs(patterns: &Patterns) -> Table {
    let columns = ["run folder", "unfinished"].map(Column::text).to_vec();
    let mut table = Table::new("Every training that was read, and those not finished", columns);
    for grid in &patterns.grids {
        let rows = patterns.rows.iter().filter(|row| row.grid == grid.name);
        let mut cells: Vec<&String> = rows.flat_map(|row| &row.cells).collect();
        cells.sort();
        cells.dedup();
        for cell in cells {
            table.row(vec![Cell::text(cell), Cell::text("")]);
        }
        for cell in &grid.unfinished {
            table.row(vec![Cell::text(cell), Cell::text("yes")]);
        }
    }
    table
}

fn mean(dice: &GroupedMean) -> Cell {
    with_interval(Some(dice.mean), dice.interval)
}

fn with_interval(value: Option<f64>, interval: Option<Interval>) -> Cell {
    match (value, interval) {
        (Some(value), Some(ends)) => Cell::with_interval(value, [ends.lo, ends.hi], DECIMALS),
        (value, _) => Cell::maybe(value, DECIMALS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_are_told_apart_where_they_differ() {
        assert_eq!(rested(&[Some(3), Some(3), None]), "3");
        assert_eq!(rested(&[Some(3), Some(2), None]), "3 / 2 / –");
    }
}
