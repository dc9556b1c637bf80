//! The Trace Event Format, as Perfetto and chrome://tracing read it.
//!
//! <https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU>: complete events (`X`) with
//! times in microseconds, and metadata events (`M`) that name the threads.

use std::io::{self, Write};
use std::time::Duration;

use serde_json::{Map, Value, json};

/// All events of one process.
pub(super) struct Events {
    /// Names of the threads.
    pub(super) threads: Vec<String>,
    pub(super) spans: Vec<Span>,
}

/// Something that began and ended.
#[derive(Clone)]
pub(super) struct Span {
    pub(super) name: &'static str,
    /// Index of its thread.
    pub(super) thread: usize,
    pub(super) start: Duration,
    pub(super) duration: Duration,
    pub(super) fields: Map<String, Value>,
}

pub(super) fn write(events: &Events, to: &mut dyn Write) -> io::Result<()> {
    write!(to, "{{\"displayTimeUnit\":\"ms\",\"traceEvents\":[")?;
    let threads = events.threads.iter().enumerate().map(|(thread, name)| {
        json!({"name": "thread_name", "ph": "M", "pid": 1, "tid": thread, "args": {"name": name}})
    });
    let spans = events.spans.iter().map(|span| {
        let micros = |time: Duration| time.as_nanos() as f64 / 1e3;
        json!({
            "name": span.name, "cat": "lacuna", "ph": "X", "pid": 1, "tid": span.thread,
            "ts": micros(span.start), "dur": micros(span.duration), "args": span.fields,
        })
    });
    for (index, event) in threads.chain(spans).enumerate() {
        write!(to, "{}{event}", if index == 0 { "\n" } else { ",\n" })?;
    }
    write!(to, "\n]}}\n")
}
