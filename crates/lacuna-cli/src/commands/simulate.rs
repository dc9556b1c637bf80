//! `lacuna simulate`: from complete masks to the partial annotation of a busy expert.

mod output;
mod report;
mod truth;

use anyhow::{Context, Result};
use lacuna_data::simulate::{CaseRecord, SimulateConfig, SimulationRecord, simulate};
use lacuna_data::{Case, Dataset};
use lacuna_train::Interrupt;
use rayon::prelude::*;

use self::output::Output;
use crate::cli::SimulateArgs;
use crate::error_report::InputError;
use crate::exit_status::ExitStatus;
use crate::interrupt;
use crate::printer::Printer;

/// Writes the new data set, all of it or nothing.
pub(crate) fn run(arguments: &SimulateArgs, printer: &Printer) -> Result<ExitStatus> {
    let source = Dataset::open(&arguments.data)?;
    let config = arguments.config();
    config.check(source.classes())?;
    if source.cases().is_empty() {
        let message = format!("data set `{}` has no cases", arguments.data.display());
        return Err(InputError::new(message)
            .with_hint("import pictures first: `lacuna import --list`")
            .into());
    }
    let interrupt = interrupt::listen(printer)?;
    let output = Output::stage(&source, &arguments.output_dir)?;
    let job = Job { source: &source, output: &output, config: &config, seed: arguments.seed };
    let Some(cases) = job.all(printer, &interrupt)? else {
        return Ok(ExitStatus::Interrupted);
    };
    let record = SimulationRecord::new(arguments.seed, &config, source.classes(), cases);
    output.finish(&source, &record)?;
    printer.result(&record, || report::text(&record, &arguments.output_dir))?;
    report::warn(&record, printer);
    Ok(ExitStatus::Done)
}

/// What simulating one case needs.
struct Job<'a> {
    source: &'a Dataset,
    output: &'a Output,
    config: &'a SimulateConfig,
    seed: u64,
}

impl Job<'_> {
    /// Simulates every case, in order; `None` if interrupted.
    fn all(&self, printer: &Printer, interrupt: &Interrupt) -> Result<Option<Vec<CaseRecord>>> {
        let cases = self.source.cases();
        let progress = printer.progress("simulating", cases.len());
        let mut reports = Vec::with_capacity(cases.len());
        // a few at a time: memory stays bounded, and Ctrl-C is heard
        for chunk in cases.chunks(rayon::current_num_threads()) {
            if interrupt.is_raised() {
                return Ok(None);
            }
            let done: Vec<Result<CaseRecord>> = chunk.par_iter().map(|c| self.one(c)).collect();
            // in order, so that of several broken cases always the same one is named
            for report in done {
                reports.push(report?);
            }
            progress.set(reports.len(), cases.len());
        }
        Ok(Some(reports))
    }

    fn one(&self, case: &Case) -> Result<CaseRecord> {
        let truth = truth::of_case(self.source, case)?;
        let image = self.source.load_image(case)?;
        let simulated =
            simulate(&truth, &image, self.source.classes(), self.config, self.seed, &case.id)
                .with_context(|| format!("case `{}` cannot be simulated", case.id))?;
        self.output.add(self.source, case, &simulated.annotation, &truth)?;
        Ok(CaseRecord::new(&case.id, simulated))
    }
}
