//! Does the interval hold what it promises? Asked of pictures whose truth is known.

use anyhow::Result;
use lacuna_metrics::BootstrapSettings;
use lacuna_report::{Cell, Column, Table};
use lacuna_train::Interrupt;
use lacuna_train::verification::{Coverage, DrawOptions, Oracle, VerificationError};
use serde::Serialize;

use super::Model;
use crate::cli::VerifyArgs;
use crate::exit_status::ExitStatus;
use crate::printer::Printer;

/// Resamples behind each interval.
const RESAMPLES: usize = 1000;

#[derive(Serialize)]
struct Outcome {
    model: String,
    points: usize,
    pictures: usize,
    draws: usize,
    coverage: Vec<Coverage>,
}

pub(super) fn run(
    model: &Model,
    arguments: &VerifyArgs,
    draws: usize,
    interrupt: &Interrupt,
    printer: &Printer,
) -> Result<ExitStatus> {
    let oracle = Oracle::new(&model.predictor, &model.dataset, &model.held_back)?;
    let options = DrawOptions {
        points: arguments.points,
        seed: arguments.seed,
        ..DrawOptions::new(model.name.clone())
    };
    let settings = BootstrapSettings { resamples: RESAMPLES, ..BootstrapSettings::default() };
    let progress = printer.progress("drawing samples", draws);
    let coverage = oracle.coverage(&options, &settings, draws, interrupt, |done| {
        progress.set(done, draws);
    });
    let coverage = match coverage {
        Err(VerificationError::Interrupted) => return Ok(ExitStatus::Interrupted),
        other => other?,
    };
    let pictures = model.held_back.len();
    let outcome =
        Outcome { model: model.name.clone(), points: options.points, pictures, draws, coverage };
    printer.result(&outcome, || words(&outcome))?;
    Ok(ExitStatus::Done)
}

fn words(outcome: &Outcome) -> String {
    let columns = vec![
        Column::text("class"),
        Column::text("measure"),
        Column::number("truth"),
        Column::number("mean estimate"),
        Column::number("covered"),
        Column::number("width"),
        Column::number("covered, groups"),
        Column::number("width, groups"),
    ];
    let title = format!(
        "95 % intervals of {} draws of {} points from {} pictures",
        outcome.draws, outcome.points, outcome.pictures
    );
    let mut table = Table::new(&title, columns);
    let share = |share: Option<f64>| {
        Cell::text(share.map_or_else(|| "–".to_owned(), |share| format!("{:.1} %", 100.0 * share)))
    };
    let number = |value: Option<f64>| {
        Cell::text(value.map_or_else(|| "–".to_owned(), |v| format!("{v:.3}")))
    };
    for row in &outcome.coverage {
        table.row(vec![
            Cell::text(&row.class),
            Cell::text(row.measure),
            number(Some(row.truth)),
            number(Some(row.mean)),
            share(Some(row.covered)),
            number(Some(row.width)),
            share(row.covered_by_groups),
            number(row.width_of_groups),
        ]);
    }
    table.to_text()
}
