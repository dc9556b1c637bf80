//! What a person sees of a grid: a bar over the cells, the epoch at hand beside it, a line for each cell done.

use std::sync::{Arc, Mutex, PoisonError};

use lacuna_train::TrainEvent;
use lacuna_train::evaluate::Evaluation;
use lacuna_train::protocol::{Cell, GridEvent, GridObserver};

use crate::printer::Printer;
use crate::progress::Progress;

/// Shows the events of a grid through the printer.
pub(super) struct GridDisplay {
    printer: Printer,
    bar: Progress,
    cells: usize,
    done: Mutex<usize>,
}

impl GridDisplay {
    /// An observer of so many cells.
    pub(super) fn observer(printer: &Printer, cells: usize) -> GridObserver {
        let bar = printer.progress("cells", cells);
        let display = Self { printer: printer.clone(), bar, cells, done: Mutex::new(0) };
        Arc::new(move |event| display.on(event))
    }

    fn on(&self, event: &GridEvent<'_>) {
        match event {
            GridEvent::Making(path) => {
                self.bar.describe(&format!("making {}", path.display()));
            }
            GridEvent::Started(cell) => self.bar.describe(&cell.to_string()),
            GridEvent::Training(cell, event) => self.training(*cell, event),
            GridEvent::Finished(cell, evaluation) => {
                self.printer.message(&format!("{cell}: {}", scores(evaluation)));
                self.count();
            }
            GridEvent::Failed(cell, error) => {
                let text = format!("{cell} failed: {}", sentence(error));
                self.printer.warning(&text, error.hint().as_deref());
                self.count();
            }
            GridEvent::Elsewhere(cell) => {
                self.printer.message(&format!("{cell}: another program is at work on it"));
                self.count();
            }
        }
    }

    fn training(&self, cell: Cell, event: &TrainEvent) {
        match event {
            TrainEvent::EpochFinished(done) => {
                let loss = done.train_loss.map_or_else(String::new, |l| format!(", loss {l:.3}"));
                self.bar.describe(&format!("{cell} epoch {}/{}{loss}", done.epoch, done.epochs));
            }
            TrainEvent::Warning { message, hint } => {
                self.printer.warning(&format!("{cell}: {message}"), hint.as_deref());
            }
            _ => {}
        }
    }

    fn count(&self) {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        *done += 1;
        self.bar.set(*done, self.cells);
    }
}

/// Mean Dice of every class at the first threshold, by the most telling definition.
fn scores(evaluation: &Evaluation) -> String {
    let definition = evaluation.definition();
    let Some(result) = evaluation.results.first() else { return "no scores".to_owned() };
    let dice = |class: &String| {
        let dice = result.dice(definition, class);
        format!("{class} {}", dice.map_or_else(|| "–".to_owned(), |dice| format!("{dice:.3}")))
    };
    let classes: Vec<_> = evaluation.classes.iter().map(dice).collect();
    format!("Dice {} ({definition})", classes.join(", "))
}

/// An error and its causes in one line.
fn sentence(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}
