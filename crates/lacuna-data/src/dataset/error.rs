//! What can be wrong with a data set folder, and what a person can do about it.

use std::io;
use std::path::{Path, PathBuf};

use crate::annotation::journal::JournalError;
use crate::annotation::mask_file::MaskFileError;
use crate::class::ClassError;
use crate::image::{ImageError, Size};
use crate::json_file::JsonFileError;

/// A data set that could not be read or written. Every message names the file or the case.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// A file or folder could not be opened, read or written.
    #[error("`{}`: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The folder holds no data set.
    #[error("`{}` is not a data set: there is no dataset.toml in it", dir.display())]
    NotADataset {
        /// The folder.
        dir: PathBuf,
    },
    /// The folder holds a data set already.
    #[error("`{}` is a data set already", dir.display())]
    Exists {
        /// The folder.
        dir: PathBuf,
    },
    /// Another program edits the data set.
    #[error("`{}` is being edited by another program", dir.display())]
    InUse {
        /// The folder.
        dir: PathBuf,
    },
    /// A line of a text file is wrong.
    #[error("`{}`, line {line}: {reason}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What is wrong there.
        reason: String,
    },
    /// Written in another format version.
    #[error("`{}` has format version {found}; this program reads version {supported}", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// The file's version.
        found: i64,
        /// The version read.
        supported: i64,
    },
    /// The classes or their relations are impossible.
    #[error("`{}`: {source}", path.display())]
    Classes {
        /// The manifest.
        path: PathBuf,
        /// Why.
        source: ClassError,
    },
    /// A case id that cannot be a folder name.
    #[error("`{id}` cannot be a case id: {reason}")]
    BadId {
        /// The id.
        id: String,
        /// Why not.
        reason: &'static str,
    },
    /// Two cases of one id; upper and lower case do not count, some disks do not tell them apart.
    #[error("case `{id}` exists already")]
    DuplicateCase {
        /// The id.
        id: String,
    },
    /// No such case.
    #[error("there is no case `{id}` in `{}`", dir.display())]
    UnknownCase {
        /// The id.
        id: String,
        /// The data set.
        dir: PathBuf,
    },
    /// An image path that leads out of the data set, or nowhere.
    #[error("image path `{path}` of case `{id}`: {reason}")]
    BadImagePath {
        /// The case.
        id: String,
        /// The path as written.
        path: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A mask and its picture differ in size.
    #[error(
        "`{}` is {mask_size} pixels, but its picture `{}` is {image_size}",
        mask.display(),
        image.display()
    )]
    SizeMismatch {
        /// The mask file.
        mask: PathBuf,
        /// Its size.
        mask_size: Size,
        /// The picture.
        image: PathBuf,
        /// Its upright size.
        image_size: Size,
    },
    /// A mask that belongs to no class.
    #[error("`{}` belongs to no class; the classes are {known}", path.display())]
    StrayMask {
        /// The file.
        path: PathBuf,
        /// The class names.
        known: String,
    },
    /// Some classes of a case have complete masks, others none.
    #[error("the truth of case `{id}` is incomplete: `{}` is missing", missing.display())]
    IncompleteTruth {
        /// The case.
        id: String,
        /// The file that should be there.
        missing: PathBuf,
    },
    /// What was given to be saved does not fit the data set.
    #[error("case `{id}`: {reason}")]
    DoesNotFit {
        /// The case.
        id: String,
        /// Why.
        reason: String,
    },
    /// A picture.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// A mask.
    #[error(transparent)]
    Mask(#[from] MaskFileError),
    /// A JSON file.
    #[error(transparent)]
    Json(#[from] JsonFileError),
    /// A journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl DataError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::NotADataset { .. } => {
                Some("make one with `lacuna init DIR --class NAME`, or name another folder")
            }
            Self::Exists { .. } => Some("name a new folder, or import into this one"),
            Self::InUse { .. } => Some(
                "stop the `lacuna serve` that has it open, or paint in the browser it serves; \
                 reading and training work beside it",
            ),
            Self::Version { .. } => {
                Some("use the version of the program that wrote it, or a newer one")
            }
            Self::SizeMismatch { .. } => {
                Some("masks must have the pixels of the upright picture; was one of them resized?")
            }
            Self::StrayMask { .. } => Some("rename the file to its class, or move it away"),
            Self::Image(error) => error.hint(),
            Self::Mask(error) => error.hint(),
            Self::Journal(error) => error.hint(),
            _ => None,
        }
    }

    pub(crate) fn io(path: &Path, error: io::Error) -> Self {
        // the path is in our message; fs_err would name it once more
        let source = error.raw_os_error().map_or(error, io::Error::from_raw_os_error);
        Self::Io { path: path.to_owned(), source }
    }
}
