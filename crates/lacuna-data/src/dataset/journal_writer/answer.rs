//! What becomes of an edit that was sent.

use crate::annotation::journal::{Entry, EntryError};

/// The answer to one edit.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// It is on the disk.
    Saved {
        /// Its number.
        seq: u64,
        /// What others did between its base and it, in order: to be applied below it.
        missed: Vec<Entry>,
        /// Whether it was sent and saved before.
        is_repeated: bool,
    },
    /// Others said something else about the same since its base. Nothing was written.
    Conflict {
        /// Their edits, in order.
        entries: Vec<Entry>,
    },
    /// Its base is so old (or of another journal) that what was missed is not known. Nothing was
    /// written; the client should load the annotation and send the edit with the new base.
    Stale,
    /// It does not fit the case. Nothing was written.
    Refused(EntryError),
}
