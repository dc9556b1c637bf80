//! What is said about the work behind the app, line by line, for pages that are open and those that are opened later.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::SystemTime;

use lacuna_train::observer::rfc3339;
use serde::Serialize;
use utoipa::ToSchema;

use crate::event_stream::EventStream;
use crate::lock;

/// Lines kept.
const KEPT: usize = 400;

/// A line of the log.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct LogLine {
    /// RFC 3339.
    time: String,
    line: String,
}

/// The last lines of this start of the server. Clones share them.
#[derive(Clone)]
pub(crate) struct Log(Arc<Shared>);

struct Shared {
    lines: Mutex<VecDeque<LogLine>>,
    events: EventStream,
}

impl Log {
    /// Nothing was said yet; what is said becomes events, too.
    pub(crate) fn new(events: EventStream) -> Self {
        Self(Arc::new(Shared { lines: Mutex::default(), events }))
    }

    /// Says a line.
    pub(crate) fn say(&self, line: impl Into<String>) {
        let line = LogLine { time: rfc3339(SystemTime::now()), line: line.into() };
        tracing::info!("{}", line.line);
        self.0.events.tell("log", &line);
        let mut lines = self.state();
        lines.push_back(line);
        if lines.len() > KEPT {
            lines.pop_front();
        }
    }

    /// The last lines, oldest first.
    pub(crate) fn lines(&self) -> Vec<LogLine> {
        self.state().iter().cloned().collect()
    }

    fn state(&self) -> MutexGuard<'_, VecDeque<LogLine>> {
        lock(&self.0.lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept() {
        let log = Log::new(EventStream::new("boot"));
        for number in 0..KEPT + 3 {
            log.say(number.to_string());
        }
        let lines: Vec<_> = log.lines().into_iter().map(|line| line.line).collect();
        assert_eq!(lines.len(), KEPT);
        assert_eq!((lines[0].as_str(), lines[KEPT - 1].as_str()), ("3", "402"));
    }
}
