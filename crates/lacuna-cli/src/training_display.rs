//! What a person sees of a training: a bar for the epoch at hand, a line for each one done.

use lacuna_train::TrainEvent;
use lacuna_train::observer::{self, Observer, ObserverError};

use crate::printer::Printer;
use crate::progress::Progress;

/// Shows a training's events through the printer.
pub(crate) struct TrainingDisplay {
    printer: Printer,
    title: Option<String>,
    bar: Option<Progress>,
}

impl TrainingDisplay {
    /// A display; `title` tells several trainings apart.
    pub(crate) fn new(printer: &Printer, title: Option<&str>) -> Self {
        Self { printer: printer.clone(), title: title.map(str::to_owned), bar: None }
    }

    fn titled(&self, text: &str) -> String {
        match &self.title {
            Some(title) => format!("{title}: {text}"),
            None => text.to_owned(),
        }
    }

    fn line(&self, event: &TrainEvent) {
        if let Some(line) = observer::line(event) {
            self.printer.message(&self.titled(&line));
        }
    }
}

impl Observer for TrainingDisplay {
    fn on(&mut self, event: &TrainEvent) -> Result<(), ObserverError> {
        match event {
            TrainEvent::EpochStarted { epoch, epochs, steps } => {
                let label = self.titled(&format!("epoch {epoch}/{epochs}"));
                self.bar = Some(self.printer.progress(&label, *steps));
            }
            TrainEvent::Step { epoch, step, steps, loss, .. } => {
                if let Some(bar) = &self.bar {
                    let loss = loss.map_or("nothing known".to_owned(), |l| format!("loss {l:.4}"));
                    bar.describe(&self.titled(&format!("epoch {epoch}, {loss}")));
                    bar.set(*step, *steps);
                }
            }
            TrainEvent::Warning { message, hint } => {
                self.printer.warning(&self.titled(message), hint.as_deref());
            }
            TrainEvent::EpochFinished(_)
            | TrainEvent::Interrupted { .. }
            | TrainEvent::RunFinished { .. } => {
                self.bar = None;
                self.line(event);
            }
            _ => self.line(event),
        }
        Ok(())
    }
}
