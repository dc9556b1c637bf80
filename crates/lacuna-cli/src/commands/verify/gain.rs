//! `lacuna verify --gain-to`: what a later model is better by.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use lacuna_metrics::BootstrapSettings;
use lacuna_metrics::verification::Gain;
use lacuna_report::{Cell, Column, Table};
use lacuna_train::predict::{PredictOptions, Predictor};
use lacuna_train::verification::{Verdict, Verification, WORTHWHILE};
use lacuna_train::{Interrupt, RunDir};
use serde::Serialize;

use super::{data, run_folder};
use crate::cli::VerifyArgs;
use crate::exit_status::ExitStatus;
use crate::printer::Printer;

/// What came out.
#[derive(Serialize)]
struct Outcome {
    before: String,
    after: String,
    answered: usize,
    gains: BTreeMap<String, Gain>,
    verdict: Verdict,
}

/// Prints the gain of every class from the verified model to the one in `later`.
pub(super) fn run(
    verification: &Verification,
    arguments: &VerifyArgs,
    later: &Path,
    interrupt: &Interrupt,
    printer: &Printer,
) -> Result<ExitStatus> {
    let runs = [RunDir::open(run_folder(arguments)?)?, RunDir::open(later)?];
    let dataset = Arc::new(data(arguments)?);
    let [before, after] = [open(&runs[0])?, open(&runs[1])?];
    let progress = printer.progress("comparing", verification.sample().cases.len());
    let told = |done, all| progress.set(done, all);
    let settings = BootstrapSettings::default();
    let gains = verification.gain([&before, &after], &dataset, &settings, interrupt, told)?;
    let outcome = Outcome {
        before: runs[0].name(),
        after: runs[1].name(),
        answered: verification.answered(),
        verdict: Verdict::of(gains.values()),
        gains,
    };
    printer.result(&outcome, || words(&outcome))?;
    Ok(ExitStatus::Done)
}

fn open(run: &RunDir) -> Result<Predictor> {
    let config = run.load_config()?;
    Ok(Predictor::open(run, &config.device, PredictOptions::default())?)
}

fn words(outcome: &Outcome) -> String {
    let Outcome { before, after, answered, .. } = outcome;
    let columns = vec![
        Column::text("class"),
        Column::number("Dice before"),
        Column::number("after"),
        Column::number("gain"),
        Column::number("changed pixels"),
    ];
    let title = format!("From {before} to {after}, by {answered} answers about {before}");
    let mut table = Table::new(title, columns);
    for (class, gain) in &outcome.gains {
        table.row(vec![
            Cell::text(class),
            Cell::maybe(gain.before, 3),
            Cell::maybe(gain.after, 3),
            difference(gain),
            Cell::text(format!("{:.2} %", 100.0 * gain.changed)),
        ]);
    }
    table.note(
        "on all pixels of the held-back pictures; 95 % intervals are about these pictures, \
         whatever the truth of those is of which you could not tell",
    );
    let verdict = match outcome.verdict {
        Verdict::Small => format!(
            "No class can have gained {WORTHWHILE} of Dice. If two rounds of painting lie between, \
             more of the same brings little."
        ),
        Verdict::Open => format!(
            "A class may have gained {WORTHWHILE} of Dice or more: painting more can still pay."
        ),
        Verdict::Worse => "A class got worse.".to_owned(),
    };
    format!("{}\n{verdict}", table.to_text())
}

fn difference(gain: &Gain) -> Cell {
    match (gain.gain, gain.unsure_interval) {
        (Some(value), Some(interval)) => Cell::with_interval(value, [interval.lo, interval.hi], 3),
        (None, Some(interval)) => Cell::text(format!("{:.3} to {:.3}", interval.lo, interval.hi)),
        (value, None) => Cell::maybe(value, 3),
    }
}
