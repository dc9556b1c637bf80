//! The way of every export: a new folder, complete or not there at all, and a count of what it cannot hold.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use fs_err as fs;
use rayon::prelude::*;
use serde::Serialize;

use super::Format;
use super::import::Progress;
use crate::annotation::mask_file::MaskFileError;
use crate::annotation::{Annotation, BinaryMask, Ternary, TernaryMask};
use crate::atomic_file::write_atomic_bytes;
use crate::dataset::split::SplitError;
use crate::dataset::{Case, DataError, Dataset};
use crate::image::{Image, ImageError, decode_geometry};

/// Writes a data set as another tool's files.
pub trait Exporter: std::fmt::Debug {
    /// What it writes.
    fn format(&self) -> &'static Format;

    /// Writes every file.
    fn write(&self, export: &Export<'_>) -> Result<ExportReport, ExportError>;

    /// Writes into the new folder `output`: all of it, or on any error nothing.
    fn export(
        &self,
        dataset: &Dataset,
        output: &Path,
        progress: Progress<'_>,
    ) -> Result<ExportReport, ExportError> {
        let export = Export { dataset, folder: OutputFolder::create(output)?, progress };
        let report = self.write(&export)?;
        export.folder.commit()?;
        Ok(report)
    }
}

/// A data set on its way into a new folder.
pub struct Export<'a> {
    dataset: &'a Dataset,
    folder: OutputFolder,
    progress: Progress<'a>,
}

/// What an export did, for people to check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ExportReport {
    /// Cases written.
    pub cases: usize,
    /// What the format cannot hold, by kind and class.
    pub losses: Vec<Loss>,
    /// How many pictures had to be changed, and how.
    pub notes: Vec<(String, usize)>,
}

/// Something in the data set that the exported files do not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Loss {
    /// What is lost.
    pub kind: LossKind,
    /// Of which class; `None` if it is of no class.
    pub class: Option<String>,
    /// In how many cases.
    pub cases: usize,
    /// How many pixels, or objects that are no pixels.
    pub count: usize,
}

/// What a format may not be able to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum LossKind {
    /// Unknown pixels that cannot be told from background.
    Unknown,
    /// Pixels known not to be of the class that cannot be told from unknown.
    Negative,
    /// Pixels of several classes of which one is kept.
    Overlap,
    /// Pixels that a model suggested, which cannot be told from painted ones.
    Suggested,
    /// Regions.
    Regions,
    /// Regions of which only the box around them is kept.
    Outlines,
}

impl std::fmt::Display for LossKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Unknown => "unknown pixels that look like background there",
            Self::Negative => "pixels known to be negative that look unknown there",
            Self::Overlap => "pixels of several classes, of which only one is kept",
            Self::Suggested => "pixels suggested by a model that look painted there",
            Self::Regions => "regions left out",
            Self::Outlines => "regions of which only the box around them is kept",
        })
    }
}

/// An export that was given up. There is no folder then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// A file or folder that cannot be written.
    #[error("`{}`: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The folder to write is there and not empty.
    #[error("`{}` is there already and not empty", path.display())]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// A data set that the format has no place for.
    #[error("{format} cannot hold this data set: {reason}")]
    DoesNotFit {
        /// The format.
        format: &'static str,
        /// Why not.
        reason: String,
    },
    /// The data set.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A picture.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// A mask that cannot be written.
    #[error(transparent)]
    Mask(#[from] MaskFileError),
    /// A split.
    #[error(transparent)]
    Split(#[from] SplitError),
}

impl ExportError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Exists { .. } => Some("name a new folder"),
            Self::Data(error) => error.hint(),
            Self::Image(error) => error.hint(),
            Self::Mask(error) => error.hint(),
            Self::Split(error) => error.hint(),
            Self::Io { .. } | Self::DoesNotFit { .. } => None,
        }
    }

    pub(crate) fn io(path: &Path, error: io::Error) -> Self {
        let source = error.raw_os_error().map_or(error, io::Error::from_raw_os_error);
        Self::Io { path: path.to_owned(), source }
    }
}

/// A folder that is made beside its place and moved there when it is complete.
pub(crate) struct OutputFolder {
    staging: PathBuf,
    output: PathBuf,
}

impl OutputFolder {
    pub(crate) fn create(output: &Path) -> Result<Self, ExportError> {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let is_taken = match fs::read_dir(output) {
            Ok(mut entries) => entries.next().is_some(),
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        };
        if is_taken {
            return Err(ExportError::Exists { path: output.to_owned() });
        }
        let parent = output.parent().filter(|parent| !parent.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let staging = parent.join(format!(".lacuna-export-{}-{number}", std::process::id()));
        fs::create_dir_all(&staging).map_err(|e| ExportError::io(&staging, e))?;
        Ok(Self { staging, output: output.to_owned() })
    }

    /// Where a file of the export lies until it is complete; makes its folder.
    pub(crate) fn path(&self, relative: impl AsRef<Path>) -> Result<PathBuf, ExportError> {
        let path = self.staging.join(relative);
        let folder = path.parent().unwrap_or(&self.staging);
        fs::create_dir_all(folder).map_err(|e| ExportError::io(folder, e))?;
        Ok(path)
    }

    /// Writes a file.
    pub(crate) fn write(
        &self,
        relative: impl AsRef<Path>,
        bytes: &[u8],
    ) -> Result<(), ExportError> {
        let path = self.path(relative)?;
        write_atomic_bytes(&path, bytes).map_err(|e| ExportError::io(&path, e))
    }

    /// Writes a JSON file with a final line break.
    pub(crate) fn write_json(
        &self,
        relative: impl AsRef<Path>,
        value: &impl Serialize,
    ) -> Result<(), ExportError> {
        let path = self.staging.join(&relative);
        let mut text =
            serde_json::to_vec(value).map_err(|e| ExportError::io(&path, io::Error::other(e)))?;
        text.push(b'\n');
        self.write(relative, &text)
    }

    /// Puts a case's picture at `stem` with its own extension: byte for byte, or as PNG if it is not
    /// stored upright, since other tools do not all turn pictures. Returns its name there.
    pub(crate) fn picture(
        &self,
        dataset: &Dataset,
        case: &Case,
        stem: &str,
    ) -> Result<(String, Option<&'static str>), ExportError> {
        let source = dataset.image_path(case);
        if decode_geometry(&source)?.orientation != 1 {
            let name = format!("{stem}.png");
            Image::open(&source)?.image.save_png(&self.path(&name)?)?;
            return Ok((name, Some("turned upright and written as PNG")));
        }
        let extension = source.extension().unwrap_or_default().to_string_lossy();
        let name = format!("{stem}.{extension}");
        let target = self.path(&name)?;
        fs::copy(&source, &target).map_err(|e| ExportError::io(&target, e))?;
        Ok((name, None))
    }

    /// Moves the complete folder to its place.
    pub(crate) fn commit(self) -> Result<(), ExportError> {
        if self.output.is_dir() {
            fs::remove_dir(&self.output).map_err(|e| ExportError::io(&self.output, e))?;
        }
        fs::rename(&self.staging, &self.output).map_err(|e| ExportError::io(&self.output, e))
    }
}

impl Drop for OutputFolder {
    fn drop(&mut self) {
        // After a commit there is nothing to remove; otherwise nothing more can be done about it.
        let _ = fs::remove_dir_all(&self.staging);
    }
}

/// What is lost in one case, and what was done to its picture.
#[derive(Default)]
pub(crate) struct CaseLosses {
    counts: BTreeMap<(LossKind, Option<usize>), usize>,
    pub(crate) note: Option<&'static str>,
}

impl CaseLosses {
    /// Counts something of a class; nothing is no loss.
    pub(crate) fn add(&mut self, kind: LossKind, class: Option<usize>, count: usize) {
        if count > 0 {
            *self.counts.entry((kind, class)).or_default() += count;
        }
    }

    /// Counts the pixels of every mask that are in `state`.
    pub(crate) fn add_state(&mut self, kind: LossKind, said: &Annotation, state: Ternary) {
        for (class, mask) in said.masks.iter().enumerate() {
            self.add(kind, Some(class), mask.count(state));
        }
    }

    /// Counts the pixels that a model suggested.
    pub(crate) fn add_suggested(&mut self, said: &Annotation) {
        for (class, mask) in said.suggested.iter().enumerate() {
            let count = mask.as_ref().map_or(0, BinaryMask::count);
            self.add(LossKind::Suggested, Some(class), count);
        }
    }
}

impl Export<'_> {
    /// The data set, and the folder.
    pub(crate) fn parts(&self) -> (&Dataset, &OutputFolder) {
        (self.dataset, &self.folder)
    }

    /// Does `work` for every case, in parallel; the results are in the order of the cases.
    pub(crate) fn each_case<T: Send>(
        &self,
        work: impl Fn(usize, &Case, Annotation) -> Result<(T, CaseLosses), ExportError> + Sync,
    ) -> Result<(Vec<T>, ExportReport), ExportError> {
        let (dataset, cases) = (self.dataset, self.dataset.cases());
        let done = AtomicUsize::new(0);
        let of_case = |i: usize| {
            let said = dataset.load_annotation(&cases[i]).map_err(ExportError::from);
            let result = said.and_then(|said| work(i, &cases[i], said));
            (self.progress)(done.fetch_add(1, Ordering::Relaxed) + 1, cases.len());
            result
        };
        let results: Vec<_> = (0..cases.len()).into_par_iter().map(of_case).collect();
        let done: Result<Vec<_>, _> = results.into_iter().collect();
        let (values, losses): (Vec<_>, Vec<_>) = done?.into_iter().unzip();
        Ok((values, report(dataset, &losses)))
    }
}

fn report(dataset: &Dataset, of_cases: &[CaseLosses]) -> ExportReport {
    let mut sums: BTreeMap<(LossKind, Option<usize>), (usize, usize)> = BTreeMap::new();
    let mut notes: BTreeMap<&str, usize> = BTreeMap::new();
    for lost in of_cases {
        for (key, count) in &lost.counts {
            let sum = sums.entry(*key).or_default();
            *sum = (sum.0 + 1, sum.1 + count);
        }
        if let Some(note) = lost.note {
            *notes.entry(note).or_default() += 1;
        }
    }
    let name = |class: usize| dataset.classes().classes()[class].name.clone();
    let mut losses = Vec::new();
    for ((kind, class), (cases, count)) in sums {
        losses.push(Loss { kind, class: class.map(name), cases, count });
    }
    ExportReport {
        cases: of_cases.len(),
        losses,
        notes: notes.into_iter().map(|(note, count)| (note.to_owned(), count)).collect(),
    }
}

/// The pixels of a mask that are in `state`.
pub(crate) fn pixels_in(mask: &TernaryMask, state: Ternary) -> BinaryMask {
    let mut pixels = BinaryMask::empty(mask.size());
    for (set, value) in pixels.values_mut().iter_mut().zip(mask.values()) {
        *set = *value == state;
    }
    pixels
}

/// Pixels that a person painted and pixels that a model suggested.
pub(crate) fn split_suggested(
    pixels: &BinaryMask,
    suggested: Option<&BinaryMask>,
) -> (BinaryMask, BinaryMask) {
    let (mut ours, mut theirs) = (pixels.clone(), BinaryMask::empty(pixels.size()));
    let Some(suggested) = suggested else { return (ours, theirs) };
    for (i, _) in suggested.values().iter().enumerate().filter(|(_, set)| **set) {
        theirs.values_mut()[i] = ours.values()[i];
        ours.values_mut()[i] = false;
    }
    (ours, theirs)
}
