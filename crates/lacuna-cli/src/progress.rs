//! How far a long piece of work is: a bar on a terminal, a line now and then elsewhere.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::printer::Printer;

/// Away from a terminal, a line at most this often: logs stay short.
const LINE_INTERVAL: Duration = Duration::from_secs(10);

/// One piece of work with a known number of steps. Dropping it takes the bar away.
pub(crate) struct Progress {
    label: String,
    shown: Shown,
}

enum Shown {
    Bar(ProgressBar),
    Lines { printer: Printer, last: Mutex<Instant> },
    Nothing,
}

impl Progress {
    /// Starts showing `total` steps of the work called `label`, such as `reading pictures`.
    pub(super) fn start(printer: &Printer, label: &str, total: usize) -> Self {
        let shown = if printer.is_quiet() {
            Shown::Nothing
        } else if Printer::draws_bars() {
            let bar = printer.add_bar(ProgressBar::new(total as u64).with_style(style()));
            bar.set_message(label.to_owned());
            bar.enable_steady_tick(Duration::from_millis(250));
            Shown::Bar(bar)
        } else {
            Shown::Lines { printer: printer.clone(), last: Mutex::new(Instant::now()) }
        };
        Self { label: label.to_owned(), shown }
    }

    /// Says that `done` of `total` steps are done; callable from several threads.
    pub(crate) fn set(&self, done: usize, total: usize) {
        match &self.shown {
            Shown::Bar(bar) => {
                bar.set_length(total as u64);
                bar.set_position(bar.position().max(done as u64));
            }
            Shown::Lines { printer, last } => {
                let mut last = last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                if last.elapsed() >= LINE_INTERVAL {
                    printer.message(&format!("{}: {done} of {total}", self.label));
                    *last = Instant::now();
                }
            }
            Shown::Nothing => {}
        }
    }

    /// Replaces the words beside the bar, such as the loss of the step.
    pub(crate) fn describe(&self, text: &str) {
        if let Shown::Bar(bar) = &self.shown {
            bar.set_message(text.to_owned());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }
}

fn style() -> ProgressStyle {
    const TEMPLATE: &str = "{msg} [{bar:30}] {pos}/{len} {elapsed} (about {eta} left)";
    ProgressStyle::with_template(TEMPLATE)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}
