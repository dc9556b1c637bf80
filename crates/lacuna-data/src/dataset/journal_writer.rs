//! Adds edits to the journal of a case.

mod answer;
mod append_file;

use std::path::{Path, PathBuf};

use fs_err as fs;

pub use answer::Answer;
use append_file::AppendFile;

use super::{DataError, DatasetLock};
use crate::annotation::Journal;
use crate::annotation::journal::{Entry, Header, JournalError, Proposal, conflicts};
use crate::atomic_file::{create_folder, write_atomic_bytes};
use crate::class::ClassSet;
use crate::image::Size;

/// Edits folded into the mask files that are still compared with what clients send.
const HISTORY: usize = 100;

/// The journal of one case, open for new edits. There is at most one a case, which is what the lock is
/// for.
///
/// The file is made with the first edit. After an error it is read again, so that what is in memory and
/// what is on the disk never part.
#[derive(Debug)]
pub struct JournalWriter {
    path: PathBuf,
    size: Size,
    journal: Journal,
    /// The edits up to the first of the journal.
    history: Vec<Entry>,
    /// `None` before the first edit and after an error.
    file: Option<AppendFile<fs::File>>,
    _lock: DatasetLock,
}

impl JournalWriter {
    /// Opens the journal at `path`, which need not exist, of a picture of `size`. A torn last line is
    /// cut off.
    pub(super) fn open(
        path: PathBuf,
        size: Size,
        classes: &ClassSet,
        lock: DatasetLock,
    ) -> Result<Self, DataError> {
        let journal = Journal::default();
        let mut writer = Self { path, size, journal, history: Vec::new(), file: None, _lock: lock };
        writer.attach(classes)?;
        Ok(writer)
    }

    /// Where the journal lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The edits that are not in the mask files yet.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Number of the last edit; 0 if there never was one.
    pub fn seq(&self) -> u64 {
        self.journal.seq()
    }

    /// Length of the file in bytes, 0 if there is none. Reading a case takes longer with it; some
    /// megabytes are a reason to [fold](super::Dataset::fold).
    pub fn bytes(&self) -> u64 {
        self.file.as_ref().map_or(0, AppendFile::length)
    }

    /// Writes edits with one access to the disk and returns their numbers, in the same order. What
    /// numbers the entries have is ignored. An edit whose id is known gets its old number and is not
    /// written again.
    ///
    /// # Errors
    ///
    /// [`JournalError::Refused`] if an edit does not fit, and if the disk cannot be written; then none
    /// of the edits is in the journal.
    pub fn append(
        &mut self,
        classes: &ClassSet,
        entries: Vec<Entry>,
    ) -> Result<Vec<u64>, DataError> {
        self.attach(classes)?;
        let mut fresh = Vec::new();
        let mut numbers = Vec::with_capacity(entries.len());
        for entry in entries {
            entry.check(classes, self.size).map_err(|source| {
                let id = entry.id.clone();
                JournalError::Refused { id, source }
            })?;
            let known = self.seq_of(&entry.id, &fresh);
            numbers.push(known.unwrap_or_else(|| self.add(entry, &mut fresh)));
        }
        self.write(fresh)?;
        Ok(numbers)
    }

    /// Decides about edits one after the other, each knowing those before it, and writes what is
    /// accepted with one access to the disk. Gives an answer to each, in the same order.
    ///
    /// # Errors
    ///
    /// If the disk cannot be written; then none of the edits is in the journal, and their clients
    /// should send them again.
    pub fn submit(
        &mut self,
        classes: &ClassSet,
        proposals: Vec<Proposal>,
    ) -> Result<Vec<Answer>, DataError> {
        self.attach(classes)?;
        let mut fresh = Vec::new();
        let mut answers = Vec::with_capacity(proposals.len());
        for proposal in proposals {
            answers.push(self.decide(classes, proposal, &mut fresh));
        }
        self.write(fresh)?;
        Ok(answers)
    }

    /// The edits after `base` by others than `client`, in order; `None` if some of them are no longer
    /// known, or if there never was an edit `base`.
    pub fn missed(&self, base: u64, client: &str) -> Option<Vec<Entry>> {
        let missed = self.since(base, &[])?;
        Some(missed.into_iter().filter(|entry| entry.client != client).cloned().collect())
    }

    /// Begins the journal anew after its last edit, once the mask files hold all of them.
    pub(super) fn shorten(&mut self) -> Result<(), DataError> {
        let journal = &mut self.journal;
        let edits = journal.entries.iter().map(|entry| (entry.seq, entry.id.as_str()));
        let header = journal.header.folding(edits);
        // from here on the open file may be another than the one of that name
        self.file = None;
        write_header(&self.path, &header)?;
        self.history.append(&mut journal.entries);
        let surplus = self.history.len().saturating_sub(HISTORY);
        self.history.drain(..surplus);
        journal.header = header;
        Ok(())
    }

    /// Numbers the edits of a journal that has none yet after `last`.
    pub(super) fn number_after(&mut self, last: u64) -> Result<(), DataError> {
        if let Some(folder) = self.path.parent() {
            create_folder(folder).map_err(|e| DataError::io(folder, e))?;
        }
        self.journal.header.after = last;
        write_header(&self.path, &self.journal.header)?;
        Ok(())
    }

    fn decide(&self, classes: &ClassSet, proposal: Proposal, fresh: &mut Vec<Entry>) -> Answer {
        let Proposal { base, force, entry } = proposal;
        if let Err(error) = entry.check(classes, self.size) {
            return Answer::Refused(error);
        }
        let Some(since) = self.since(base, fresh) else { return Answer::Stale };
        let copied = |entries: Vec<&Entry>| entries.into_iter().cloned().collect::<Vec<_>>();
        let others = since.into_iter().filter(|other| other.client != entry.client);
        if let Some(seq) = self.seq_of(&entry.id, fresh) {
            // later edits go on top of this one, and the client hears of them otherwise
            let missed = copied(others.filter(|other| other.seq < seq).collect());
            return Answer::Saved { seq, missed, is_repeated: true };
        }
        let others: Vec<_> = others.collect();
        let against = conflicts(others.iter().copied(), &entry.client, &entry.ops);
        if !(against.is_empty() || force) {
            return Answer::Conflict { entries: copied(against) };
        }
        let missed = copied(others);
        Answer::Saved { seq: self.add(entry, fresh), missed, is_repeated: false }
    }

    /// The known edits after `base`, `fresh` ones included; `None` if there is a gap.
    fn since<'a>(&'a self, base: u64, fresh: &'a [Entry]) -> Option<Vec<&'a Entry>> {
        let first = self.history.first().map(|entry| entry.seq);
        let oldest = first.map_or(self.journal.after(), |seq| seq - 1);
        let newest = fresh.last().map_or(self.seq(), |entry| entry.seq);
        if !(oldest..=newest).contains(&base) {
            return None;
        }
        let known = self.history.iter().chain(&self.journal.entries).chain(fresh);
        Some(known.filter(|entry| entry.seq > base).collect())
    }

    fn seq_of(&self, id: &str, fresh: &[Entry]) -> Option<u64> {
        let among = |entries: &[Entry]| entries.iter().find(|e| e.id == id).map(|e| e.seq);
        among(fresh).or_else(|| among(&self.history)).or_else(|| self.journal.seq_of(id))
    }

    fn add(&self, mut entry: Entry, fresh: &mut Vec<Entry>) -> u64 {
        entry.seq = 1 + fresh.last().map_or(self.seq(), |last| last.seq);
        let seq = entry.seq;
        fresh.push(entry);
        seq
    }

    fn write(&mut self, entries: Vec<Entry>) -> Result<(), DataError> {
        if entries.is_empty() {
            return Ok(());
        }
        let mut lines = Vec::new();
        for entry in &entries {
            add_line(&mut lines, entry).map_err(|e| JournalError::io(&self.path, e.into()))?;
        }
        let mut file = match self.file.take() {
            Some(file) => file,
            None => self.create()?,
        };
        // on an error the file is not kept: the next edit reads it again
        file.append(&lines).map_err(|e| JournalError::io(&self.path, e))?;
        self.file = Some(file);
        self.journal.entries.extend(entries);
        Ok(())
    }

    /// Reads the file if it is there and not open yet, and cuts a torn line off.
    fn attach(&mut self, classes: &ClassSet) -> Result<(), DataError> {
        if self.file.is_some() || !self.path.exists() {
            return Ok(());
        }
        let (journal, length) = Journal::read_measured(&self.path, classes, self.size)?;
        self.journal = journal;
        if self.history.last().is_some_and(|last| last.seq != self.journal.after()) {
            self.history.clear();
        }
        let file = open_file(&self.path, length);
        self.file = Some(file.map_err(|error| JournalError::io(&self.path, error))?);
        Ok(())
    }

    /// Makes the file with the header it should have.
    fn create(&self) -> Result<AppendFile<fs::File>, DataError> {
        if let Some(folder) = self.path.parent() {
            create_folder(folder).map_err(|e| DataError::io(folder, e))?;
        }
        let length = write_header(&self.path, &self.journal.header)?;
        Ok(open_file(&self.path, length).map_err(|e| JournalError::io(&self.path, e))?)
    }
}

fn open_file(path: &Path, length: usize) -> std::io::Result<AppendFile<fs::File>> {
    // not in append mode, in which Windows does not allow to cut
    let file = fs::OpenOptions::new().write(true).open(path)?;
    AppendFile::new(file, length as u64)
}

/// Replaces the journal by one without edits; returns its length.
fn write_header(path: &Path, header: &Header) -> Result<usize, JournalError> {
    let mut line = Vec::new();
    add_line(&mut line, header).map_err(|e| JournalError::io(path, e.into()))?;
    write_atomic_bytes(path, &line).map_err(|e| JournalError::io(path, e))?;
    Ok(line.len())
}

fn add_line(lines: &mut Vec<u8>, value: &impl serde::Serialize) -> Result<(), serde_json::Error> {
    serde_json::to_writer(&mut *lines, value)?;
    lines.push(b'\n');
    Ok(())
}

#[cfg(test)]
mod tests;
