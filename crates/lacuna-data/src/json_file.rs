//! Versioned JSON files: the version is checked before anything else, unknown keys are errors with
//! their line, and a file is written whole or not at all.

use std::io;
use std::path::{Path, PathBuf};

use fs_err as fs;
use serde::{Deserialize, Serialize};

use crate::atomic_file::write_atomic_bytes;

/// A JSON file that could not be read or written. Every message names the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JsonFileError {
    /// The file could not be opened, read or written.
    #[error("`{}`: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Not the JSON expected.
    #[error("`{}`, line {line}: {reason}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What is wrong there.
        reason: String,
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
    /// Well-formed, but impossible.
    #[error("`{}`: {reason}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// Reads a versioned JSON file, `None` if there is none. The version is checked before the rest, so
/// that a newer file is called newer and not malformed.
pub fn read_json<T: for<'a> Deserialize<'a>>(
    path: &Path,
    supported: u32,
) -> Result<Option<T>, JsonFileError> {
    #[derive(Deserialize)]
    struct Versioned {
        version: u64,
    }
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            let source = error.raw_os_error().map_or(error, io::Error::from_raw_os_error);
            return Err(JsonFileError::Io { path: path.to_owned(), source });
        }
    };
    let syntax = |error: serde_json::Error| JsonFileError::Syntax {
        path: path.to_owned(),
        line: error.line(),
        reason: without_place(&error),
    };
    let found = serde_json::from_slice::<Versioned>(&text).map_err(syntax)?.version;
    if found != u64::from(supported) {
        return Err(JsonFileError::Version { path: path.to_owned(), found, supported });
    }
    serde_json::from_slice(&text).map(Some).map_err(syntax)
}

/// Writes a JSON file with a final line break, all or nothing.
pub fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), JsonFileError> {
    let io_error = |source| JsonFileError::Io { path: path.to_owned(), source };
    let mut text = serde_json::to_vec_pretty(value).map_err(|e| io_error(e.into()))?;
    text.push(b'\n');
    write_atomic_bytes(path, &text).map_err(io_error)
}

/// The message without serde's own "at line … column …".
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(message, _)| message.to_owned())
}
