//! `lacuna detect evaluate`: a detector and simpler ways in one table.

use anyhow::Result;
use fs_err as fs;
use lacuna_data::Dataset;
use lacuna_train::RunDir;
use lacuna_train::detection::Baseline;
use lacuna_train::detection::evaluation::{self, EvaluationOptions};

use super::{chosen, report, table, watch};
use crate::cli::DetectEvaluateArgs;
use crate::exit_status::ExitStatus;
use crate::interrupt;
use crate::printer::Printer;

/// Judges, and prints the table.
pub(super) fn run(arguments: &DetectEvaluateArgs, printer: &Printer) -> Result<ExitStatus> {
    let interrupt = interrupt::listen(printer)?;
    let run = RunDir::open_detector(&arguments.run)?;
    let dataset = Dataset::open(&arguments.data)?;
    let cases = evaluation::cases(&run, &dataset, &chosen(&dataset, &arguments.case)?)?;
    if let Some(folder) = &arguments.output_dir {
        // a folder that cannot be made is known before minutes of work
        fs::create_dir_all(folder)?;
    }
    let baselines = if arguments.baseline.is_empty() {
        vec![Baseline::WholeImage, Baseline::MeanBox]
    } else {
        arguments.baseline.iter().copied().map(Into::into).collect()
    };
    let options = EvaluationOptions {
        baselines,
        score_threshold: arguments.score_threshold,
        device: arguments.device.clone(),
    };
    let progress = printer.progress("judging boxes", cases.len());
    let mut tell = |done: usize| progress.set(done, cases.len());
    let watch = watch(printer);
    let rows =
        evaluation::evaluate(&run, &dataset, &cases, &options, &watch, &interrupt, &mut tell)?;
    drop(progress);
    if let Some(folder) = &arguments.output_dir {
        report::write(folder, &run.name(), &dataset, &rows)?;
        printer.message(&format!("wrote {}", folder.join("report.html").display()));
    }
    printer.result(&rows, || table::comparison(&rows).to_text())?;
    Ok(ExitStatus::Done)
}
