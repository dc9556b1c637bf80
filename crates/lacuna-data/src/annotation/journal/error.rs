//! What can be wrong with a journal, and what a person can do about it.

use std::io;
use std::path::{Path, PathBuf};

use super::EntryError;

/// A journal that could not be read or written. Every message names the file or the edit.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The file could not be opened, read or written.
    #[error("`{}`: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line that is no edit.
    #[error("`{}`, line {line}: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What is wrong there.
        reason: String,
    },
    /// An edit of something that the case does not have.
    #[error("`{}`, line {line}: {source}", path.display())]
    DoesNotFit {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What does not fit.
        source: EntryError,
    },
    /// Written by another version of the program.
    #[error("`{}` has version {found}; this program reads version {supported}", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// The file's version.
        found: u64,
        /// The version read.
        supported: u32,
    },
    /// An edit that cannot be written into the journal, where nothing was changed.
    #[error("edit `{id}` does not fit its case: {source}")]
    Refused {
        /// The edit.
        id: String,
        /// Why.
        source: EntryError,
    },
}

impl JournalError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Damaged { line: 1, .. } => Some("restore the file from a backup"),
            Self::Damaged { .. } => {
                Some("restore the file from a backup, or delete the line: its edit is lost then")
            }
            Self::DoesNotFit { .. } => Some(
                "was a class renamed, or the picture replaced by one of another size? \
                 Undo that, or delete the line: its edit is lost then",
            ),
            Self::Version { .. } => {
                Some("use the version of the program that wrote it, or a newer one")
            }
            Self::Io { .. } | Self::Refused { .. } => None,
        }
    }

    pub(crate) fn io(path: &Path, error: io::Error) -> Self {
        // the path is in our message; fs_err would name it once more
        let source = error.raw_os_error().map_or(error, io::Error::from_raw_os_error);
        Self::Io { path: path.to_owned(), source }
    }
}
