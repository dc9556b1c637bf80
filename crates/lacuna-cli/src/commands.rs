//! What each command does: plain functions of their arguments and a printer.

mod init;

use anyhow::Result;

use crate::cli::Command;
use crate::exit_status::ExitStatus;
use crate::printer::Printer;

/// Runs a command.
pub(crate) fn run(command: Command, printer: &Printer) -> Result<ExitStatus> {
    match command {
        Command::Init(arguments) => init::run(&arguments, printer),
    }
}
