//! `events.jsonl`: every event of a run, one JSON object a line, with the time it happened.
//!
//! The only text file of a run that has wall times. A resumed run appends to it, so that it also tells
//! of the steps that were done twice.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::{Observer, ObserverError, rfc3339};
use crate::event::TrainEvent;

/// Appends every event to a file.
#[derive(Debug)]
pub struct EventLog {
    file: File,
    path: PathBuf,
}

/// An event and when it happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoggedEvent {
    /// RFC 3339, UTC.
    pub time: String,
    /// What happened.
    #[serde(flatten)]
    pub event: TrainEvent,
}

impl EventLog {
    /// A new file; an old one of that name is lost.
    pub fn create(path: &Path) -> Result<Self, ObserverError> {
        let file = File::create(path).map_err(ObserverError::write(path))?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// Goes on with a file, or makes it. A last line that was cut off by a crash is removed.
    pub fn resume(path: &Path) -> Result<Self, ObserverError> {
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(path).map_err(ObserverError::write(path))?;
        cut_unfinished_line(&mut file).map_err(ObserverError::write(path))?;
        Ok(Self { file, path: path.to_owned() })
    }
}

impl Observer for EventLog {
    fn on(&mut self, event: &TrainEvent) -> Result<(), ObserverError> {
        let logged = LoggedEvent { time: rfc3339(SystemTime::now()), event: event.clone() };
        let line = serde_json::to_string(&logged)
            .map_err(|error| ObserverError::write(&self.path)(error.into()))?;
        // One write for the whole line: a crash leaves it out or cuts it, but never mixes two.
        self.file
            .write_all(format!("{line}\n").as_bytes())
            .map_err(ObserverError::write(&self.path))
    }
}

/// Leaves the file at the end of its last whole line.
fn cut_unfinished_line(file: &mut File) -> std::io::Result<()> {
    if !file.metadata()?.is_file() {
        return Ok(());
    }
    let mut end = file.seek(SeekFrom::End(0))?;
    let mut chunk = [0_u8; 4_096];
    while end > 0 {
        let start = end.saturating_sub(chunk.len() as u64);
        let part = &mut chunk[..(end - start) as usize];
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(part)?;
        if let Some(newline) = part.iter().rposition(|byte| *byte == b'\n') {
            end = start + newline as u64 + 1;
            break;
        }
        end = start;
    }
    file.set_len(end)?;
    file.seek(SeekFrom::Start(end)).map(|_| ())
}

/// Reads an event log; a last line that was cut off by a crash is left out.
pub fn read_events(path: &Path) -> Result<Vec<LoggedEvent>, ObserverError> {
    let text = std::fs::read_to_string(path).map_err(ObserverError::read(path))?;
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let parse = |(index, line): (usize, &str)| {
        serde_json::from_str(line).map_err(|error| ObserverError::Malformed {
            path: path.to_owned(),
            line: index + 1,
            reason: error.to_string(),
        })
    };
    whole.lines().enumerate().map(parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::tests::examples;

    #[test]
    fn a_cut_off_line_is_removed_and_the_log_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let events = examples();
        let mut log = EventLog::create(&path).unwrap();
        events[..4].iter().for_each(|event| log.on(event).unwrap());
        let mut text = std::fs::read_to_string(&path).unwrap();
        // Longer than a chunk of the search for the last line's start.
        text.push_str("{\"time\":\"");
        text.push_str(&"x".repeat(10_000));
        std::fs::write(&path, &text).unwrap();
        assert_eq!(read_events(&path).unwrap().len(), 4);

        let mut log = EventLog::resume(&path).unwrap();
        events[4..].iter().for_each(|event| log.on(event).unwrap());
        let read = read_events(&path).unwrap();
        let found: Vec<_> = read.iter().map(|logged| logged.event.clone()).collect();
        assert_eq!(found, events);
        assert!(read.iter().all(|logged| logged.time.ends_with('Z') && logged.time.len() == 24));
    }

    #[test]
    fn a_log_that_is_only_a_cut_off_line_starts_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        std::fs::write(&path, "{\"time\"").unwrap();
        EventLog::resume(&path).unwrap().on(&examples()[1]).unwrap();
        assert_eq!(read_events(&path).unwrap().len(), 1);
    }

    #[test]
    fn a_wrong_line_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        std::fs::write(&path, "{}\n").unwrap();
        let error = read_events(&path).unwrap_err().to_string();
        assert!(error.contains("events.jsonl") && error.contains("line 1"), "{error}");
    }
}
