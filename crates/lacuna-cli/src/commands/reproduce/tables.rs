//! The tables of a grid.

use lacuna_metrics::MeanOver;
use lacuna_report::{Cell, Column, Table};
use lacuna_train::evaluate::{Definition, ThresholdRule};
use lacuna_train::protocol::{
    Against, Approach, Comparison, Condition, Over, RULES, Results, Row, published,
};

/// Columns of condition (a), then of (b), a class each.
const DECIMALS: usize = 2;

/// The threshold of the main table.
const HALF: ThresholdRule = ThresholdRule::Fixed(0.5);

/// The paper's table: a row an approach, mean (sd) over repetitions, threshold ½, the most telling definition.
pub(super) fn main(results: &Results) -> Table {
    scores(results, results.definition, HALF)
}

/// Mean Dice over cases, by approach, condition and class, at one threshold under one definition.
pub(super) fn scores(results: &Results, definition: Definition, rule: ThresholdRule) -> Table {
    let title = format!("Dice, {}, threshold {}", definition.label(), rule_name(rule));
    let mut table = grid(results, title, |row| spread(&row.dice), definition, rule);
    let fallbacks: usize =
        rows(results, definition, rule).map(|row| row.fallbacks).max().unwrap_or(0);
    if fallbacks > 0 {
        table.note(format!("the rule could not be applied in up to {fallbacks} repetitions of a row; ½ was used there"));
    }
    table
}

/// The Dice of all cases' pixels together.
pub(super) fn pooled(results: &Results, definition: Definition, rule: ThresholdRule) -> Table {
    let title = format!("Pooled Dice, {}, threshold {}", definition.label(), rule_name(rule));
    grid(results, title, |row| spread(&row.pooled_dice), definition, rule)
}

/// Average precision, which no threshold plays a part in.
pub(super) fn average_precision(results: &Results, definition: Definition) -> Table {
    let title = format!("Average precision, {}", definition.label());
    grid(results, title, |row| spread(&row.average_precision), definition, HALF)
}

/// On known pixels: Dice, how much is known, and between what the Dice on all pixels lies.
pub(super) fn bounds(results: &Results) -> Table {
    let heads = ["Dice", "known", "lowest", "highest"].map(Column::number);
    let text = ["", "approach", "class"].map(Column::text);
    let columns = text.into_iter().chain(heads).collect();
    let mut table = Table::new("Known pixels, and what the unknown ones could change", columns);
    for row in rows(results, Definition::KnownPixels, HALF) {
        let Over::Class(class) = &row.class else { continue };
        let [low, high] = row.bounds.map_or([None; 2], |bounds| bounds.map(Some));
        table.row(vec![
            Cell::text(row.condition.letter()),
            Cell::text(row.approach.as_str()),
            Cell::text(class),
            spread(&row.dice),
            Cell::maybe(row.coverage, DECIMALS),
            Cell::maybe(low, DECIMALS),
            Cell::maybe(high, DECIMALS),
        ]);
    }
    table.note("known: share of the test pixels; lowest, highest: the mean Dice over every completion of the unknown pixels");
    table
}

/// Paired comparisons of the mean over classes with one baseline, at one threshold.
pub(super) fn comparisons(results: &Results, against: Against, rule: ThresholdRule) -> Table {
    let title = format!(
        "Against {}, mean Dice over classes, threshold {}",
        against.label(),
        rule_name(rule)
    );
    let heads = ["difference", "ratio", "groups", "p", "p (Holm)"].map(Column::number);
    let columns = ["", "approach"].map(Column::text).into_iter().chain(heads).collect();
    let mut table = Table::new(title, columns);
    let wanted = |c: &&Comparison| {
        c.against == against
            && c.rule == rule
            && c.definition == results.definition
            && c.class == Over::Mean
    };
    for comparison in results.comparisons.iter().filter(wanted) {
        let difference = &comparison.difference;
        table.row(vec![
            Cell::text(comparison.condition.letter()),
            Cell::text(comparison.approach.as_str()),
            with_interval(Some(difference.mean), difference.interval, 3),
            with_interval(difference.ratio.value, difference.ratio.interval, 3),
            Cell::count(difference.n_groups),
            p_value(difference.p_value),
            p_value(comparison.adjusted_p_value),
        ]);
    }
    table
}

/// The published numbers beside ours; `None` where no class is the paper's.
pub(super) fn beside_published(results: &Results) -> Option<Table> {
    let columns = ["", "approach", "class"].map(Column::text).into_iter();
    let heads = ["ours, unpainted = negative", "published"].map(Column::number);
    let mut table = Table::new("Beside the published table", columns.chain(heads).collect());
    for row in rows(results, Definition::UnpaintedNegative, HALF) {
        let Over::Class(class) = &row.class else { continue };
        if let Some(theirs) = published(row.approach, row.condition, class) {
            table.row(vec![
                Cell::text(row.condition.letter()),
                Cell::text(row.approach.as_str()),
                Cell::text(class),
                spread(&row.dice),
                Cell::with_sd(theirs.mean, theirs.sd, DECIMALS),
            ]);
        }
    }
    table.note("other pictures and another painting: the order of the approaches can be compared, the numbers cannot");
    (!table.is_empty()).then_some(table)
}

/// The thresholds that every approach is scored at.
pub(super) fn rules() -> [ThresholdRule; 3] {
    RULES
}

/// In words.
pub(super) fn rule_name(rule: ThresholdRule) -> String {
    match rule {
        ThresholdRule::Fixed(threshold) => format!("{threshold}"),
        ThresholdRule::ElkanNoto => "ĉ/2 (Elkan and Noto)".to_owned(),
        ThresholdRule::Validation => "of the best validation Dice".to_owned(),
    }
}

fn rows(
    results: &Results,
    definition: Definition,
    rule: ThresholdRule,
) -> impl Iterator<Item = &Row> {
    results.rows.iter().filter(move |row| row.definition == definition && row.rule == rule)
}

/// A row an approach, a column a condition and class.
fn grid(
    results: &Results,
    title: String,
    cell: impl Fn(&Row) -> Cell,
    definition: Definition,
    rule: ThresholdRule,
) -> Table {
    let conditions = conditions(results);
    let classes: Vec<_> = std::iter::once(Over::Mean)
        .chain(results.classes.iter().cloned().map(Over::Class))
        .collect();
    let mut columns = vec![Column::text("row"), Column::text("approach")];
    for condition in &conditions {
        let head = |class: &Over| format!("{} {}", condition.letter(), class.as_str());
        columns.extend(classes.iter().map(|class| Column::number(head(class)).highest_is_best()));
    }
    let mut table = Table::new(title, columns);
    for approach in approaches(results) {
        let mut cells = vec![Cell::text(approach.row()), Cell::text(approach.as_str())];
        for condition in &conditions {
            cells.extend(classes.iter().map(|class| {
                results
                    .row(approach, *condition, rule, definition, class)
                    .map_or(Cell::Missing, &cell)
            }));
        }
        table.row(cells);
    }
    table.note(note(results));
    if let Some(ceiling) = &results.ceiling {
        table.note(ceiling.sentence(&results.classes));
    }
    table
}

fn note(results: &Results) -> String {
    let repetitions: std::collections::BTreeSet<_> =
        results.cells.iter().map(|cell| cell.cell.repetition).collect();
    let letters = "(a) original masks, (b) a quarter of every training picture erased";
    match repetitions.len() {
        1 => format!("{letters}; one repetition"),
        n => format!("{letters}; mean (sd) over {n} repetitions"),
    }
}

pub(super) fn conditions(results: &Results) -> Vec<Condition> {
    let is_there =
        |condition: &Condition| results.cells.iter().any(|c| c.cell.condition == *condition);
    Condition::ALL.into_iter().filter(is_there).collect()
}

pub(super) fn approaches(results: &Results) -> Vec<Approach> {
    let is_there = |approach: &Approach| results.cells.iter().any(|c| c.cell.approach == *approach);
    Approach::ALL.into_iter().filter(is_there).collect()
}

fn spread(over: &MeanOver) -> Cell {
    match (over.mean, over.sd) {
        (Some(mean), Some(sd)) => Cell::with_sd(mean, sd, DECIMALS),
        (mean, _) => Cell::maybe(mean, DECIMALS),
    }
}

/// Four digits, and never 0.
fn p_value(value: Option<f64>) -> Cell {
    match value {
        Some(p) if p < 0.0001 => Cell::text("< 0.0001"),
        other => Cell::maybe(other, 4),
    }
}

fn with_interval(
    value: Option<f64>,
    interval: Option<lacuna_metrics::Interval>,
    decimals: usize,
) -> Cell {
    match (value, interval) {
        (Some(value), Some(ends)) => Cell::with_interval(value, [ends.lo, ends.hi], decimals),
        (value, _) => Cell::maybe(value, decimals),
    }
}
