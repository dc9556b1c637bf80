//! The journal of a case: what was painted since its mask files were written.
//!
//! `journal.jsonl` is a header line and one edit a line. An edit is acknowledged once its line is on
//! the disk, so a line without a line break was never acknowledged and does not count. Now and then
//! the edits are *folded* into the mask files and the journal begins anew after them.
//!
//! [`Annotation::replay`](crate::Annotation::replay) says what files and journal mean together.

mod conflict;
mod edit;
mod entry;
mod error;
mod header;
mod op;
mod replay;

use std::io::{self, BufRead, BufReader};
use std::path::Path;

use fs_err as fs;
use serde::Deserialize;

pub use conflict::conflicts;
pub use edit::{Edit, Proposal};
pub use entry::{Entry, EntryError};
pub use error::JournalError;
pub(crate) use header::Header;
pub use op::{Op, Origin, Paint};

use crate::class::ClassSet;
use crate::image::Size;

/// The largest number that JSON readers in a browser tell from its neighbours.
const MAX_SEQ: u64 = 1 << 53;

/// Name of the journal in a case's annotation folder.
pub const FILE_NAME: &str = "journal.jsonl";

/// The edits of a case that are not in its mask files yet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Journal {
    pub(crate) header: Header,
    pub(crate) entries: Vec<Entry>,
}

impl Journal {
    /// Reads a journal and checks that its edits fit the classes and the picture. A missing file is an
    /// empty journal; a last line that is torn does not count.
    ///
    /// # Errors
    ///
    /// If a line is damaged or does not fit, with its number; or for a file of another version.
    pub fn read(path: &Path, classes: &ClassSet, size: Size) -> Result<Self, JournalError> {
        Ok(Self::read_measured(path, classes, size)?.0)
    }

    /// Reads a journal as [`read`](Self::read) does, and the length in bytes of its whole lines.
    pub(crate) fn read_measured(
        path: &Path,
        classes: &ClassSet,
        size: Size,
    ) -> Result<(Self, usize), JournalError> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Default::default()),
            Err(error) => return Err(JournalError::io(path, error)),
        };
        let length = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        Ok((Self::parse(&bytes[..length], path, classes, size)?, length))
    }

    /// Number of the last edit in the mask files of a journal, from its first line.
    pub(crate) fn read_after(path: &Path) -> Result<u64, JournalError> {
        let file = match fs::File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(JournalError::io(path, error)),
        };
        let mut line = Vec::new();
        let read = BufReader::new(file).read_until(b'\n', &mut line);
        read.map_err(|error| JournalError::io(path, error))?;
        Ok(parse_header(line.strip_suffix(b"\n"), path)?.after)
    }

    /// Number of the last edit in the mask files; 0 if there is none.
    pub fn after(&self) -> u64 {
        self.header.after
    }

    /// Number of the last edit; 0 if there never was one.
    pub fn seq(&self) -> u64 {
        self.entries.last().map_or(self.header.after, |entry| entry.seq)
    }

    /// The edits after those in the mask files, in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The number of the edit called `id`, if it is in the journal or was folded of late.
    pub(crate) fn seq_of(&self, id: &str) -> Option<u64> {
        let folded = self.header.folded.iter().find(|edit| edit.id == id).map(|edit| edit.seq);
        folded.or_else(|| self.entries.iter().find(|entry| entry.id == id).map(|entry| entry.seq))
    }

    fn parse(
        whole_lines: &[u8],
        path: &Path,
        classes: &ClassSet,
        size: Size,
    ) -> Result<Self, JournalError> {
        let mut lines = whole_lines.split_inclusive(|byte| *byte == b'\n');
        let mut journal = Self { header: parse_header(lines.next(), path)?, entries: Vec::new() };
        for (line, text) in (2..).zip(lines) {
            let entry = parse_entry(text, line, path)?;
            let path = || path.to_owned();
            if entry.seq <= journal.seq() || entry.seq > MAX_SEQ {
                let reason = format!("edit {} cannot follow edit {}", entry.seq, journal.seq());
                return Err(JournalError::Damaged { path: path(), line, reason });
            }
            entry.check(classes, size).map_err(|source| JournalError::DoesNotFit {
                path: path(),
                line,
                source,
            })?;
            journal.entries.push(entry);
        }
        Ok(journal)
    }
}

/// The version is looked at first: a newer file should be called newer, not damaged. A journal is made
/// with its header, so that one without was not torn by a crash but damaged by something else.
fn parse_header(line: Option<&[u8]>, path: &Path) -> Result<Header, JournalError> {
    #[derive(Deserialize)]
    struct Versioned {
        version: u64,
    }
    let damaged = |reason| JournalError::Damaged { path: path.to_owned(), line: 1, reason };
    let line = line.ok_or_else(|| damaged("the header is missing".to_owned()))?;
    let syntax = |error: serde_json::Error| damaged(without_line(&error));
    let found = serde_json::from_slice::<Versioned>(line).map_err(syntax)?.version;
    if found != u64::from(header::VERSION) {
        let (path, supported) = (path.to_owned(), header::VERSION);
        return Err(JournalError::Version { path, found, supported });
    }
    let header: Header = serde_json::from_slice(line).map_err(syntax)?;
    if header.after > MAX_SEQ {
        return Err(damaged(format!("edit {} is beyond any count", header.after)));
    }
    Ok(header)
}

fn parse_entry(text: &[u8], line: usize, path: &Path) -> Result<Entry, JournalError> {
    serde_json::from_slice(text).map_err(|error| JournalError::Damaged {
        path: path.to_owned(),
        line,
        reason: without_line(&error),
    })
}

/// The message with the column only: serde counts lines from the entry's own first.
fn without_line(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" at line ") {
        Some((message, _)) => format!("{message} (column {})", error.column()),
        None => text,
    }
}

#[cfg(test)]
mod tests;
