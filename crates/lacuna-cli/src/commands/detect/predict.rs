//! `lacuna detect predict`: writes a detector's boxes into a data set.

use anyhow::Result;
use lacuna_data::Dataset;
use lacuna_train::RunDir;
use lacuna_train::detection::prediction::{self, Plan, PredictedCase, PredictionOptions, Written};
use serde::Serialize;

use super::{chosen, watch};
use crate::cli::DetectPredictArgs;
use crate::exit_status::ExitStatus;
use crate::interrupt;
use crate::printer::Printer;
use crate::wording::{count, some_of};

/// What was done, as JSON.
#[derive(Serialize)]
struct Conclusion<'a> {
    margin: f64,
    /// Pictures left out because the detector was trained on them or on others of their group.
    left_out: Vec<&'a str>,
    #[serde(flatten)]
    written: Written,
    cases: &'a [PredictedCase],
}

/// Plans, finds all boxes, and then writes them.
pub(super) fn run(arguments: &DetectPredictArgs, printer: &Printer) -> Result<ExitStatus> {
    let interrupt = interrupt::listen(printer)?;
    let run = RunDir::open_detector(&arguments.run)?;
    let dataset = Dataset::open(&arguments.data)?;
    let cases = chosen(&dataset, &arguments.case)?;
    let plan = Plan::new(&run, &dataset, &cases, arguments.folds)?;
    say(&plan, printer);
    if arguments.dry_run {
        return Ok(ExitStatus::Done);
    }
    let progress = printer.progress("finding boxes", plan.pictures());
    let mut tell = |done: usize| progress.set(done, plan.pictures());
    let (options, watch) = (options(arguments), watch(printer));
    let predicted =
        prediction::predict(&run, &dataset, &plan, &options, &watch, &interrupt, &mut tell)?;
    drop(progress);
    let written = prediction::write(&dataset, &predicted.cases)?;
    let conclusion = Conclusion {
        margin: predicted.margin,
        left_out: plan.skipped(),
        written,
        cases: &predicted.cases,
    };
    printer.result(&conclusion, || words(&conclusion))?;
    if written.without > 0 {
        let found_nothing = predicted.cases.iter().filter(|case| case.boxes.is_empty());
        let ids: Vec<&str> = found_nothing.map(|case| case.id.as_str()).collect();
        printer.warning(
            &format!("no box in {}: {}", count(ids.len(), "picture"), some_of(&ids)),
            Some("nothing outside a box is known there; draw one, or lower --score-threshold"),
        );
    }
    Ok(ExitStatus::Done)
}

fn options(arguments: &DetectPredictArgs) -> PredictionOptions {
    PredictionOptions {
        baseline: arguments.baseline.map(Into::into),
        margin: arguments.margin,
        score_threshold: arguments.score_threshold,
        most: arguments.most,
        device: arguments.device.clone(),
    }
}

/// Which pictures come from which detector.
fn say(plan: &Plan, printer: &Printer) {
    printer.message(&format!("{} by the run's own detector", count(plan.direct(), "picture")));
    let folds = plan.folds();
    for (number, (trained_on, predicted)) in folds.iter().enumerate() {
        printer.message(&format!(
            "{} by a detector without their groups, trained on {} ({} of {})",
            count(*predicted, "picture"),
            count(*trained_on, "picture"),
            number + 1,
            folds.len()
        ));
    }
    let skipped = plan.skipped();
    if !skipped.is_empty() {
        printer.message(&format!(
            "left out, for the detector was trained on them or on others of their group: {}",
            some_of(&skipped)
        ));
        printer.hint("`--folds 5` predicts them by detectors that did not see them");
    }
}

fn words(conclusion: &Conclusion<'_>) -> String {
    let Written { regions, pictures, replaced, overruled, .. } = conclusion.written;
    let mut text = format!(
        "wrote {} of role model in {}, widened by {} of the longer side\n",
        count(regions, "region"),
        count(pictures, "picture"),
        conclusion.margin
    );
    if replaced > 0 {
        text.push_str(&format!("replaced {} of models\n", count(replaced, "earlier region")));
    }
    if overruled > 0 {
        let pictures = count(overruled, "picture");
        text.push_str(&format!("in {pictures} a person's region counts instead\n"));
    }
    text
}
