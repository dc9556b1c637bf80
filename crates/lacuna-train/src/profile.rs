//! Where the time of a training goes: every span of this program, added up by place and kept for a trace.
//!
//! The trainer, the loader and the CPU kernels open [`tracing`] spans (`step` > `forward` > `conv2d.forward`). A
//! [`Profile`] listens to them. Nobody else does, so without one they cost next to nothing.

mod breakdown;
mod recorder;
mod trace;

use std::io;
use std::path::Path;
use std::sync::Arc;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::Registry;

pub use breakdown::{Breakdown, Row};
use recorder::Recorder;

/// Events kept for the trace, about 100 steps: a few tens of megabytes.
const TRACED_EVENTS: usize = 150_000;

/// Why nothing was recorded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// Only one can listen in a process.
    #[error("something else in this process already records where time goes")]
    Busy,
    /// The trace cannot be written.
    #[error(transparent)]
    Write(#[from] io::Error),
}

/// A recording from now on, for the rest of the process.
pub struct Profile {
    recorder: Arc<Recorder>,
}

impl Profile {
    /// Starts to record; the calling thread is the one whose time is accounted for.
    ///
    /// # Errors
    /// When something else in the process listens to spans.
    pub fn start() -> Result<Self, ProfileError> {
        let (profile, subscriber) = Self::recording();
        tracing::subscriber::set_global_default(subscriber).map_err(|_| ProfileError::Busy)?;
        Ok(profile)
    }

    /// A recording and the subscriber that feeds it.
    fn recording() -> (Self, impl tracing::Subscriber + Send + Sync) {
        let recorder = Arc::new(Recorder::new(TRACED_EVENTS));
        let subscriber = Registry::default().with(recorder::Spans(Arc::clone(&recorder)));
        (Self { recorder }, subscriber)
    }

    /// Where the time went so far.
    pub fn breakdown(&self) -> Breakdown {
        self.recorder.breakdown()
    }

    /// Writes what was recorded in the Trace Event Format, which <https://ui.perfetto.dev> opens.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_trace(&self, path: &Path) -> Result<(), ProfileError> {
        let events = self.recorder.events();
        Ok(lacuna_data::atomic_file::write_atomic(path, |to| trace::write(&events, to))?)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn wait() {
        std::thread::sleep(Duration::from_millis(2));
    }

    /// Two steps with an operator inside, and work on another thread.
    fn recorded() -> Profile {
        let (profile, subscriber) = Profile::recording();
        let dispatch = tracing::Dispatch::new(subscriber);
        tracing::dispatcher::with_default(&dispatch, || {
            for _ in 0..2 {
                let _step = tracing::debug_span!("step").entered();
                let _forward = tracing::debug_span!("forward").entered();
                let span =
                    tracing::debug_span!("conv2d.forward", operations = tracing::field::Empty);
                span.record("operations", 1000_u64);
                span.in_scope(wait);
                wait();
            }
            let _foreign = tracing::debug_span!(target: "other::crate", "foreign").entered();
        });
        std::thread::scope(|scope| {
            scope.spawn(|| {
                tracing::dispatcher::with_default(&dispatch, || {
                    tracing::debug_span!("prepare_batch").in_scope(wait);
                });
            });
        });
        profile
    }

    #[test]
    fn time_is_added_up_by_place() {
        let breakdown = recorded().breakdown();
        let path = |row: &Row| row.path.join("/");
        let rows: Vec<_> = breakdown.rows.iter().map(|row| (path(row), row.calls)).collect();
        let expected = [
            ("step".to_owned(), 2),
            ("step/forward".to_owned(), 2),
            ("step/forward/conv2d.forward".to_owned(), 2),
            ("prepare_batch".to_owned(), 1),
        ];
        assert_eq!(rows, expected);
        let [step, forward, conv, beside] = &breakdown.rows[..] else { unreachable!() };
        assert_eq!((conv.operations, forward.operations), (2000, 2000));
        assert!(!step.beside && beside.beside);
        assert!(conv.seconds >= 0.004 && forward.own_seconds >= 0.004);
        assert!(forward.seconds >= conv.seconds + 0.004 && step.seconds >= forward.seconds);
        assert!(breakdown.seconds >= step.seconds);
        assert_eq!(breakdown.steps(), 2);
    }

    #[test]
    fn the_trace_is_what_perfetto_opens() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("trace.json");
        recorded().write_trace(&path).unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        let trace: serde_json::Value = serde_json::from_str(&text).unwrap();
        let events = trace["traceEvents"].as_array().unwrap();
        let complete: Vec<_> = events.iter().filter(|event| event["ph"] == "X").collect();
        assert_eq!(complete.len(), 7);
        for event in &complete {
            assert!(event["ts"].as_f64().unwrap() >= 0.0 && event["dur"].as_f64().unwrap() > 0.0);
        }
        let conv = complete.iter().find(|event| event["name"] == "conv2d.forward").unwrap();
        assert_eq!(conv["args"]["operations"], 1000);
        let threads = events.iter().filter(|event| event["name"] == "thread_name").count();
        assert_eq!(threads, 2);
    }

    #[test]
    fn a_full_trace_says_so_and_the_sums_go_on() {
        let recorder = Arc::new(Recorder::new(3));
        let subscriber = Registry::default().with(recorder::Spans(Arc::clone(&recorder)));
        tracing::subscriber::with_default(subscriber, || {
            for _ in 0..5 {
                tracing::debug_span!("step").in_scope(|| ());
            }
        });
        assert_eq!(recorder.events().spans.len(), 3);
        let breakdown = recorder.breakdown();
        assert_eq!((breakdown.steps(), breakdown.trace_is_complete), (5, false));
    }
}
