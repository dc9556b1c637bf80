//! Ctrl-C: the first asks the work to stop after its step, the second leaves at once.

use anyhow::{Context, Result};
use lacuna_train::Interrupt;

use crate::exit_status::ExitStatus;
use crate::printer::Printer;

/// Listens for Ctrl-C, and on Unix for the requests to end that a system or a batch queue sends.
///
/// Only commands that look at the flag call this; all others end at the first Ctrl-C as any program does.
pub(crate) fn listen(printer: &Printer) -> Result<Interrupt> {
    let interrupt = Interrupt::new();
    let (flag, printer) = (interrupt.clone(), printer.clone());
    ctrlc::set_handler(move || {
        if flag.raise() {
            leave();
        }
        printer.message(
            "interrupted: finishing the step at hand (press Ctrl-C again to leave at once)",
        );
    })
    .context("cannot listen for Ctrl-C")?;
    Ok(interrupt)
}

#[expect(
    clippy::exit,
    reason = "the person asked twice; nothing is written half, files are renamed into place"
)]
fn leave() {
    std::process::exit(i32::from(ExitStatus::Interrupted.code()));
}
