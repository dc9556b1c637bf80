//! `lacuna detect`: boxes around everything of interest, learned from those that people drew.

mod evaluate;
mod predict;
mod report;
mod table;
mod train;

use anyhow::Result;
use lacuna_data::{Case, Dataset};
use lacuna_train::Observers;

use crate::cli::{DetectAction, DetectArgs};
use crate::exit_status::ExitStatus;
use crate::printer::Printer;
use crate::training_display::TrainingDisplay;

/// Trains, predicts or evaluates.
pub(crate) fn run(arguments: &DetectArgs, printer: &Printer) -> Result<ExitStatus> {
    match &arguments.action {
        DetectAction::Train(arguments) => train::run(arguments, printer),
        DetectAction::Predict(arguments) => predict::run(arguments, printer),
        DetectAction::Evaluate(arguments) => evaluate::run(arguments, printer),
    }
}

/// The cases asked for, or all.
fn chosen(dataset: &Dataset, ids: &[String]) -> Result<Vec<Case>> {
    if ids.is_empty() {
        return Ok(dataset.cases().to_vec());
    }
    let mut cases =
        ids.iter().map(|id| dataset.case(id).cloned()).collect::<Result<Vec<_>, _>>()?;
    cases.sort_by(|a, b| a.id.cmp(&b.id));
    cases.dedup_by(|a, b| a.id == b.id);
    Ok(cases)
}

/// Shows the trainings that are needed on the way, each by its title.
fn watch(printer: &Printer) -> impl Fn(&str) -> Observers + '_ {
    move |title| Observers::new().with(TrainingDisplay::new(printer, Some(title)))
}
