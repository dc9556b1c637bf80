//! Other tools' files, in and out: one module a format, and what they have in common.
//!
//! Every importer checks everything first and puts finished files in place last, so that a failed
//! import leaves the data set as it was; what an unpainted pixel means is said by the user or by the
//! format, and recorded. Every exporter writes a folder completely or not at all, and counts what the
//! format cannot hold. [`importers`] and [`exporters`] list them.

pub mod coco;
pub mod cvat;
mod export;
mod format;
mod group_from;
mod import;
mod label_map;
pub mod label_studio;
pub mod labelme;
mod labels;
pub mod lacuna;
pub mod ltg_idb;
pub mod nnunet;
pub mod odsi_db;
mod outline;
mod painting;
mod picture_folder;
pub mod png_masks;
mod registry;
mod rings;
pub mod root_painter;
mod shapes;
mod staging;
#[cfg(test)]
mod test_data;
mod text_file;
pub mod voc;
mod xml;
pub mod yolo;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

pub use export::{Export, ExportError, ExportReport, Exporter, Loss, LossKind};
pub use format::{Format, OptionError, OptionInfo, OptionValues, UnpaintedRule};
pub use group_from::{GroupFrom, GroupFromError};
pub use import::{BoxUse, ImportRequest, Importer, Progress};
pub use labels::{Label, LabelMap};
pub use registry::{ExportFormat, ImportFormat, exporters, importers};
pub(crate) use staging::Staging;

use crate::annotation::Unpainted;
use crate::class::ClassError;
use crate::dataset::DataError;
use crate::image::{DecodeNote, ImageError};

/// What an import did, for people to check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// The cases added, in the order of their ids.
    pub cases: Vec<ImportedCase>,
}

impl ImportReport {
    /// Ids of the cases for which there was no mask at all: everything is unknown in them.
    pub fn without_masks(&self) -> Vec<&str> {
        let bare = self.cases.iter().filter(|case| case.masks.is_empty());
        bare.map(|case| case.id.as_str()).collect()
    }

    /// What the files say that has no place here, by kind, with its count over all cases.
    pub fn skipped(&self) -> BTreeMap<&str, usize> {
        let mut sums = BTreeMap::new();
        for (what, count) in self.cases.iter().flat_map(|case| &case.skipped) {
            *sums.entry(what.as_str()).or_default() += count;
        }
        sums
    }

    /// How many cases have each note, most frequent first.
    pub fn notes(&self) -> Vec<(String, usize)> {
        let mut notes: Vec<&String> = self.cases.iter().flat_map(|case| &case.notes).collect();
        notes.sort();
        let mut counts: Vec<(String, usize)> =
            notes.chunk_by(|a, b| a == b).map(|same| (same[0].clone(), same.len())).collect();
        counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        counts
    }
}

/// One case of an import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportedCase {
    /// Its id.
    pub id: String,
    /// Its group, usually the patient.
    pub group: Option<String>,
    /// The picture it was made from.
    pub image: PathBuf,
    /// The mask files it was made from; empty if there were none.
    pub masks: Vec<PathBuf>,
    /// What unpainted pixels were taken to mean; `None` without masks.
    pub unpainted: Option<Unpainted>,
    /// What was found of each class, in class order.
    pub classes: Vec<ClassCount>,
    /// What the files say that has no place here, by kind, with its count.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub skipped: BTreeMap<String, usize>,
    /// What had to be done to read the picture.
    pub notes: Vec<String>,
}

/// Pixels of a class by what was said about them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ClassCount {
    /// The class.
    pub class: String,
    /// Of the class.
    pub positive: usize,
    /// Not of the class.
    pub negative: usize,
    /// Nothing said.
    pub unknown: usize,
    /// Whether there was no file for this class although there was one for another.
    pub is_missing: bool,
}

/// An import that was refused. The data set is as it was before.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// A folder that cannot be read.
    #[error("`{}`: {source}", path.display())]
    Io {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A folder without any picture.
    #[error("there is no picture in `{}`", folder.display())]
    NoPictures {
        /// The folder.
        folder: PathBuf,
    },
    /// A file or folder in which there is nothing of the format.
    #[error("there is nothing to import in `{}`", path.display())]
    Nothing {
        /// The file or folder.
        path: PathBuf,
    },
    /// What unpainted pixels mean was not said, and the format does not say it.
    #[error("what does a pixel mean that nobody painted? {format} files do not say it")]
    UnpaintedUnsaid {
        /// The format.
        format: &'static str,
    },
    /// An option that cannot be.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// A class of the value map that the data set does not have.
    #[error(transparent)]
    Class(#[from] ClassError),
    /// Files that cannot be imported; all of them, so that they can be repaired in one go.
    #[error("{}", list(problems))]
    Files {
        /// What is wrong with which file.
        problems: Vec<Problem>,
    },
    /// The data set.
    #[error(transparent)]
    Data(#[from] DataError),
}

/// Something wrong with one file. The message names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl ImportError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Files { problems } => problems.iter().find_map(|p| p.hint.as_deref()),
            Self::NoPictures { .. } => Some(
                "supported are PNG, JPEG, TIFF, WebP, BMP and DICOM (named .dcm), directly in the folder",
            ),
            Self::UnpaintedUnsaid { .. } => Some(
                "unknown if only a part of each structure was painted; background only if everything was",
            ),
            Self::Data(error) => error.hint(),
            _ => None,
        }
    }

    fn io(path: &Path, error: std::io::Error) -> Self {
        let source = error.raw_os_error().map_or(error, std::io::Error::from_raw_os_error);
        Self::Io { path: path.to_owned(), source }
    }
}

impl Problem {
    fn new(message: impl Into<String>, hint: Option<&str>) -> Self {
        Self { message: message.into(), hint: hint.map(str::to_owned) }
    }
}

impl From<DataError> for Problem {
    fn from(error: DataError) -> Self {
        Self::new(error.to_string(), error.hint())
    }
}

impl From<Problem> for ImportError {
    fn from(problem: Problem) -> Self {
        Self::Files { problems: vec![problem] }
    }
}

impl From<ImageError> for Problem {
    fn from(error: ImageError) -> Self {
        Self::new(error.to_string(), error.hint())
    }
}

/// The first problems, one a line, and how many more there are.
fn list(problems: &[Problem]) -> String {
    const SHOWN: usize = 10;
    if let [only] = problems {
        return only.message.clone();
    }
    let mut lines = vec![format!("{} files cannot be imported:", problems.len())];
    lines.extend(problems.iter().take(SHOWN).map(|problem| format!("  {}", problem.message)));
    if problems.len() > SHOWN {
        lines.push(format!("  and {} more", problems.len() - SHOWN));
    }
    lines.join("\n")
}

fn note_texts(notes: &[DecodeNote]) -> Vec<String> {
    notes.iter().map(ToString::to_string).collect()
}
