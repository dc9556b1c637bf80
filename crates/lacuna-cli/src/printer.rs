//! The only place that prints. Data goes to standard output, words about it to standard error.
//!
//! Everything can be read without colour. Colour is left out where the stream is no terminal and where
//! `NO_COLOR` is set.

use std::fmt::Write as _;
use std::io::{self, BufRead, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use anyhow::Result;
use indicatif::{MultiProgress, ProgressBar};
use serde::Serialize;

use crate::error_report::ErrorReport;
use crate::progress::Progress;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// Whoever read our standard output has gone away. Not an error.
#[derive(Debug, thiserror::Error)]
#[error("standard output is closed")]
pub(crate) struct OutputClosed;

/// Prints for one run of the program; clones print to the same place.
#[derive(Clone, Debug)]
pub(crate) struct Printer {
    quiet: bool,
    json: bool,
    bars: MultiProgress,
}

impl Printer {
    /// A printer that leaves out messages (`quiet`), or prints results as JSON.
    pub(crate) fn new(quiet: bool, json: bool) -> Self {
        Self { quiet, json, bars: MultiProgress::new() }
    }

    /// Whether only results, warnings and errors are wanted.
    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Whether a person can be asked: both sides of the conversation are a terminal.
    pub(crate) fn can_ask(&self) -> bool {
        !self.quiet && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Prints the result of a command: `value` as JSON if that was asked for, else `text`.
    pub(crate) fn result<T: Serialize>(
        &self,
        value: &T,
        text: impl FnOnce() -> String,
    ) -> Result<()> {
        let mut text = if self.json { serde_json::to_string_pretty(value)? } else { text() };
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        self.bars.suspend(|| write_out(&text))
    }

    /// Says what happens, on standard error; not with `--quiet`.
    pub(crate) fn message(&self, text: &str) {
        if !self.quiet {
            self.say(text);
        }
    }

    /// Says what a person should know before going on, and what to do about it.
    pub(crate) fn warning(&self, text: &str, hint: Option<&str>) {
        let mut lines = format!("{WARNING}warning:{WARNING:#} {text}");
        if let Some(hint) = hint {
            let _ = write!(lines, "\n  {HINT}hint:{HINT:#} {hint}");
        }
        self.say(&lines);
    }

    /// Says what to do next; not with `--quiet`.
    pub(crate) fn hint(&self, text: &str) {
        self.message(&format!("{HINT}hint:{HINT:#} {text}"));
    }

    /// Says why the program ends, by what it was caused, and what can be done about it.
    pub(crate) fn error(&self, report: &ErrorReport) {
        let mut lines = format!("{ERROR}error:{ERROR:#} {}", report.message);
        for cause in &report.causes {
            let _ = write!(lines, "\n  caused by: {cause}");
        }
        if let Some(hint) = &report.hint {
            let _ = write!(lines, "\n{HINT}hint:{HINT:#} {hint}");
        }
        self.say(&lines);
    }

    /// Asks on the terminal and returns the answer without spaces around it; `None` at its end.
    pub(crate) fn ask(&self, question: &str) -> Result<Option<String>> {
        self.bars.suspend(|| {
            let mut stderr = anstream::stderr();
            write!(stderr, "{question} ")?;
            stderr.flush()?;
            let mut answer = String::new();
            let read = io::stdin().lock().read_line(&mut answer)?;
            Ok((read > 0).then(|| answer.trim().to_owned()))
        })
    }

    /// Starts showing the progress of a piece of work.
    pub(crate) fn progress(&self, label: &str, total: usize) -> Progress {
        Progress::start(self, label, total)
    }

    pub(super) fn draws_bars() -> bool {
        io::stderr().is_terminal()
    }

    pub(super) fn add_bar(&self, bar: ProgressBar) -> ProgressBar {
        self.bars.add(bar)
    }

    fn say(&self, text: &str) {
        // Nobody is left to be told that standard error is closed.
        self.bars.suspend(|| {
            let _ = writeln!(anstream::stderr(), "{text}");
        });
    }
}

fn write_out(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(OutputClosed.into()),
        other => Ok(other?),
    }
}
