//! Those who watch a run: each is told every [`TrainEvent`] and writes it down in its own way.

mod event_log;
mod lines;
mod metrics_csv;
mod tensorboard;
mod timestamp;

use std::io;
use std::path::{Path, PathBuf};

pub use event_log::{EventLog, LoggedEvent, read_events};
pub use lines::{Lines, line};
pub use metrics_csv::MetricsCsv;
pub use tensorboard::TensorBoard;
pub use timestamp::{rfc3339, seconds_of};

use crate::event::TrainEvent;

/// Watches a run.
pub trait Observer {
    /// Is told what happened. An error does not stop other observers.
    fn on(&mut self, event: &TrainEvent) -> Result<(), ObserverError>;
}

impl<F: FnMut(&TrainEvent) -> Result<(), ObserverError>> Observer for F {
    fn on(&mut self, event: &TrainEvent) -> Result<(), ObserverError> {
        self(event)
    }
}

/// Why an observer could not do its work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ObserverError {
    /// A file could not be written.
    #[error("could not write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file could not be read.
    #[error("could not read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file does not hold what it should.
    #[error("`{}`, line {line}: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// The screen or pipe is gone.
    #[error("could not print the progress")]
    Print(#[source] io::Error),
}

impl ObserverError {
    pub(crate) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Write { path, source }
    }

    pub(crate) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Read { path, source }
    }

    /// What the user can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Write { source, .. } => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    Some("free some space, then go on with `--resume`")
                }
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    Some("choose a folder you may write to with `--output-dir`")
                }
                _ => None,
            },
            Self::Malformed { .. } => {
                Some("the file was changed by hand; remove it to go on without")
            }
            _ => None,
        }
    }
}

/// Several observers as one.
#[derive(Default)]
pub struct Observers(Vec<Box<dyn Observer + Send>>);

impl Observers {
    /// Nobody watches yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One more.
    #[must_use]
    pub fn with(mut self, observer: impl Observer + Send + 'static) -> Self {
        self.0.push(Box::new(observer));
        self
    }
}

impl Observer for Observers {
    /// Tells all of them, in the order they were added; the first error is returned after the last
    /// was told.
    fn on(&mut self, event: &TrainEvent) -> Result<(), ObserverError> {
        let results: Vec<_> = self.0.iter_mut().map(|observer| observer.on(event)).collect();
        results.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn a_failing_observer_does_not_hide_the_event_from_others() {
        let count = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&count);
        let full = |_: &TrainEvent| {
            let source = io::Error::from(io::ErrorKind::StorageFull);
            Err(ObserverError::Write { path: "run/events.jsonl".into(), source })
        };
        let counter = move |_: &TrainEvent| {
            seen.fetch_add(1, Ordering::Relaxed);
            Ok(())
        };
        let mut observers = Observers::new().with(full).with(counter);
        let error = observers.on(&TrainEvent::Interrupted { epoch: 1, step: 1 }).unwrap_err();
        assert_eq!(error.to_string(), "could not write `run/events.jsonl`");
        assert!(error.hint().unwrap().contains("--resume"));
        assert_eq!(count.load(Ordering::Relaxed), 1);
    }

    /// Linux has a file that is always full.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_is_an_error_that_names_the_file() {
        let mut log = EventLog::resume(Path::new("/dev/full")).unwrap();
        let error = log.on(&TrainEvent::Interrupted { epoch: 1, step: 1 }).unwrap_err();
        assert!(error.to_string().contains("/dev/full"), "{error}");
        assert!(error.hint().is_some(), "{error:?}");
    }
}
