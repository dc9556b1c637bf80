//! What each command does: plain functions of their arguments and a printer.

mod annotation_loop;
mod audit;
mod bench;
mod compare;
mod demo;
mod detect;
mod doctor;
mod evaluate;
mod explain;
mod export;
mod format_list;
mod import;
mod init;
mod patterns;
mod plan;
mod predict;
mod reproduce;
mod serve;
mod simulate;
mod split;
mod team;
mod train;
mod verify;
mod weights;

use anyhow::Result;

pub(crate) use weights::Unreachable;

use crate::cli::Command;
use crate::exit_status::ExitStatus;
use crate::printer::Printer;

/// Runs a command.
pub(crate) fn run(command: Command, printer: &Printer) -> Result<ExitStatus> {
    match command {
        Command::Demo(arguments) => demo::run(&arguments, printer),
        Command::Init(arguments) => init::run(&arguments, printer),
        Command::Import(arguments) => import::run(&arguments, printer),
        Command::Export(arguments) => export::run(&arguments, printer),
        Command::Simulate(arguments) => simulate::run(&arguments, printer),
        Command::Audit(arguments) => audit::run(&arguments, printer),
        Command::Split(arguments) => split::run(&arguments, printer),
        Command::Weights(arguments) => weights::run(&arguments, printer),
        Command::Doctor(_) => doctor::run(printer),
        Command::Plan(arguments) => plan::run(&arguments, printer),
        Command::Train(arguments) => train::run(&arguments, printer),
        Command::Evaluate(arguments) => evaluate::run(&arguments, printer),
        Command::Compare(arguments) => compare::run(&arguments, printer),
        Command::Predict(arguments) => predict::run(&arguments, printer),
        Command::Serve(arguments) => serve::run(&arguments, printer),
        Command::Team(arguments) => team::run(&arguments, printer),
        Command::Loop(arguments) => annotation_loop::run(&arguments, printer),
        Command::Verify(arguments) => verify::run(&arguments, printer),
        Command::Bench(arguments) => bench::run(&arguments, printer),
        Command::Explain(arguments) => explain::run(&arguments, printer),
        Command::Detect(arguments) => detect::run(&arguments, printer),
        Command::Reproduce(arguments) => reproduce::run(&arguments, printer),
        Command::Patterns(arguments) => patterns::run(&arguments, printer),
    }
}
