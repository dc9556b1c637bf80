//! Where the time of a training went, as a table.

use lacuna_report::{Cell, Column, Table};
use lacuna_train::profile::{Breakdown, Row};

/// Places inside others that took less than this share of the time are left out; the JSON has them all.
const LEAST_SHARE: f64 = 0.001;

/// One line a place, indented under the one that contains it.
pub(crate) fn table(breakdown: &Breakdown) -> Table {
    let steps = breakdown.steps();
    let title = format!("Where {:.1} s and {steps} steps went", breakdown.seconds);
    let numbers = ["calls", "s", "ms a step", "share", "GFLOP/s"].map(Column::number);
    let columns = [Column::text("part")].into_iter().chain(numbers).collect();
    let mut table = Table::new(title, columns);
    let matters =
        |row: &&Row| row.path.len() == 1 || row.seconds >= LEAST_SHARE * breakdown.seconds;
    for row in breakdown.rows.iter().filter(matters) {
        table.row(cells(row, steps, breakdown.seconds));
    }
    table
}

fn cells(row: &Row, steps: u64, wall: f64) -> Vec<Cell> {
    let depth = row.path.len().saturating_sub(1);
    let name = row.path.last().copied().unwrap_or_default();
    let beside = if row.beside && depth == 0 { " (on other threads)" } else { "" };
    let rate = row.operations as f64 / row.seconds.max(1e-9) / 1e9;
    vec![
        Cell::text(format!("{}{name}{beside}", "  ".repeat(depth))),
        Cell::count(row.calls as usize),
        Cell::number(row.seconds, 2),
        Cell::maybe((steps > 0).then(|| 1e3 * row.seconds / steps as f64), 1),
        Cell::text(format!("{:.1} %", 100.0 * row.seconds / wall)),
        Cell::maybe((row.operations > 0).then_some(rate), 0),
    ]
}
