//! `lacuna doctor`: what this machine offers, and what might get in the way.

mod folder;
mod machine;
mod report;

use anyhow::Result;

use self::report::Report;
use crate::exit_status::ExitStatus;
use crate::printer::Printer;

/// Looks at everything and prints it. Nothing it finds is a failure of the command.
pub(crate) fn run(printer: &Printer) -> Result<ExitStatus> {
    let report = Report::collect();
    printer.result(&report, || report.text())?;
    for finding in report.findings() {
        printer.warning(&finding.message, Some(&finding.hint));
    }
    Ok(ExitStatus::Done)
}
