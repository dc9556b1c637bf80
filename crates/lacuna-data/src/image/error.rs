//! What can be wrong with a picture file, and what a person can do about it.

use std::io;
use std::path::{Path, PathBuf};

use super::Size;

/// A picture that could not be read or written. Every message names the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// The file could not be opened, read or written.
    #[error("`{}`: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A format, or a variant of one, that is not read.
    #[error("`{}` is {what}, which is not supported", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What it is, with its article.
        what: String,
        /// What to do.
        remedy: &'static str,
    },
    /// No known picture format.
    #[error("`{}` is not a picture in a known format", path.display())]
    Unknown {
        /// The file.
        path: PathBuf,
    },
    /// The file ends too early.
    #[error("`{}` is incomplete: {reason}", path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// What is missing.
        reason: String,
    },
    /// The content contradicts its format.
    #[error("`{}` is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the decoder found.
        reason: String,
    },
    /// Too many pixels to hold in memory.
    #[error("`{}` is {size} pixels; at most {} million are read", path.display(), super::decode::MAX_PIXELS / 1_000_000)]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its declared size.
        size: Size,
    },
}

impl ImageError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Unsupported { remedy, .. } => Some(remedy),
            Self::Unknown { .. } => Some(
                "supported are PNG, JPEG, TIFF (RGB or grey), WebP, BMP and, at an import, DICOM (with its preamble)",
            ),
            Self::Truncated { .. } | Self::Damaged { .. } => {
                Some("copy the file again from its source, or leave it out")
            }
            Self::TooLarge { .. } => Some("cut or scale the picture down first"),
            Self::Io { .. } => None,
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        match self {
            Self::Io { path, .. }
            | Self::Unsupported { path, .. }
            | Self::Unknown { path }
            | Self::Truncated { path, .. }
            | Self::Damaged { path, .. }
            | Self::TooLarge { path, .. } => path,
        }
    }

    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }

    pub(super) fn damaged(path: &Path, reason: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), reason: reason.into() }
    }

    pub(super) fn truncated(path: &Path, reason: impl Into<String>) -> Self {
        Self::Truncated { path: path.to_owned(), reason: reason.into() }
    }

    pub(super) fn unsupported(path: &Path, what: impl Into<String>, remedy: &'static str) -> Self {
        Self::Unsupported { path: path.to_owned(), what: what.into(), remedy }
    }
}
