//! The estimate in words.

use lacuna_metrics::verification::Estimate;
use lacuna_report::{Cell, Column, Table};

use super::Outcome;

/// The table with what it is about.
pub(super) fn words(outcome: &Outcome) -> String {
    let Outcome { points, answered, cases, model, folder, .. } = outcome;
    let about = format!(
        "model {model}: {answered} of {points} points answered, drawn from all pixels of {cases} held-back pictures\n"
    );
    if *answered == 0 {
        return format!("{about}{}\n", folder.display());
    }
    let columns = vec![
        Column::text("class"),
        Column::text("Dice"),
        Column::text("precision"),
        Column::text("recall"),
        Column::number("cannot tell"),
    ];
    let mut table = Table::new("On all pixels, with 95 % intervals", columns);
    for class in &outcome.estimates {
        let estimate = &class.estimate;
        table.row(vec![
            Cell::text(&class.class),
            Cell::text(shown(&estimate.dice)),
            Cell::text(shown(&estimate.precision)),
            Cell::text(shown(&estimate.recall)),
            Cell::text(estimate.answers.unsure.to_string()),
        ]);
    }
    let grouped = outcome.estimates.iter().all(|class| class.estimate.grouped);
    let note = if grouped { "" } else { "not grouped by patient\n" };
    format!("{about}\n{}{note}{}\n", table.to_text(), folder.display())
}

fn shown(estimate: &Estimate) -> String {
    match (estimate.value, estimate.interval) {
        (Some(value), Some(interval)) => {
            format!("{value:.3} ({:.3} to {:.3})", interval.lo, interval.hi)
        }
        _ => "–".to_owned(),
    }
}
