//! `lacuna`: segmentation models from images in which only a part was annotated.
//!
//! The way through the program: [`cli`] parses, [`commands`] work, [`printer`] prints, and what happened
//! becomes an [`exit_status`]. Commands are plain functions of their arguments; they read neither the
//! command line nor the terminal themselves.

mod cli;
mod commands;
mod document;
mod error_report;
mod exit_status;
mod interrupt;
mod printer;
mod profile_report;
mod progress;
mod score_report;
mod threads;
mod training_display;
mod wording;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use lacuna_train::bench::BenchError;
use lacuna_train::detection::DetectError;
use lacuna_train::evaluate::EvaluateError;

use crate::cli::Cli;
use crate::error_report::ErrorReport;
use crate::exit_status::ExitStatus;
use crate::printer::{OutputClosed, Printer};

/// glibc maps every large tensor anew and in small pages; this allocator keeps them, 3 % of a training step.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return answer(&error),
    };
    let printer = Printer::new(cli.common.quiet, cli.common.json);
    match run(cli, &printer) {
        Ok(status) => status.into(),
        // The reader of our output has seen enough (`lacuna audit | head`): nothing went wrong.
        Err(error) if error.is::<OutputClosed>() => ExitStatus::Done.into(),
        Err(error) if is_interruption(&error) => {
            printer.message("stopped");
            ExitStatus::Interrupted.into()
        }
        Err(error) => {
            let report = ErrorReport::of(&error);
            printer.error(&report);
            report.status.into()
        }
    }
}

/// Whether the person asked for the end; nothing needs to be explained then.
fn is_interruption(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(EvaluateError::Interrupted))
        || matches!(error.downcast_ref(), Some(BenchError::Interrupted))
        || matches!(error.downcast_ref(), Some(DetectError::Interrupted))
}

fn run(cli: Cli, printer: &Printer) -> Result<ExitStatus> {
    if let Some(threads) = cli.common.threads {
        threads::limit(threads)?;
    }
    commands::run(cli.command, printer)
}

/// Prints what the parser has to say: a help text, the version, or what is wrong with the command line.
fn answer(error: &clap::Error) -> ExitCode {
    // A closed pipe is the only thing that can go wrong here.
    let _ = error.print();
    if error.use_stderr() { ExitStatus::Usage.into() } else { ExitStatus::Done.into() }
}
