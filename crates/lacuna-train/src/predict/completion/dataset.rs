//! A data set with completed annotations, beside the one it was made from.

use std::io;
use std::path::{Path, PathBuf};

use fs_err as fs;
use lacuna_data::atomic_file::write_atomic;
use lacuna_data::dataset::DataError;
use lacuna_data::{Annotation, Case, Dataset};

/// Why a completed data set cannot be written. Every message names the folder or file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompletionError {
    /// The folder is, holds or lies in the data set it would be made from.
    #[error("`{}` and the data set `{}` are in each other's way", target.display(), source_dir.display())]
    Overlaps {
        /// The folder to be written.
        target: PathBuf,
        /// The data set to be completed.
        source_dir: PathBuf,
    },
    /// The folder holds something.
    #[error("`{}` is not empty", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// A file or folder cannot be copied.
    #[error("could not copy to `{}`", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The data set.
    #[error(transparent)]
    Data(#[from] DataError),
}

impl CompletionError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Overlaps { .. } | Self::NotEmpty { .. } => {
                Some("name a new folder: the original annotations are never overwritten")
            }
            Self::Io { .. } => None,
            Self::Data(error) => error.hint(),
        }
    }
}

/// A copy of a data set whose annotations are completed case by case.
#[derive(Clone, Debug)]
pub struct CompletedDataset {
    dataset: Dataset,
}

impl CompletedDataset {
    /// Copies a data set with its pictures, annotations, splits and complete masks into a new or empty
    /// folder. Cases that are never [saved](Self::save) keep the original annotation.
    pub fn create(source: &Dataset, dir: &Path) -> Result<Self, CompletionError> {
        fs::create_dir_all(dir).map_err(|e| copy_error(dir, e))?;
        refuse_overlap(source, dir)?;
        if fs::read_dir(dir).map_err(|e| copy_error(dir, e))?.next().is_some() {
            return Err(CompletionError::NotEmpty { path: dir.to_owned() });
        }
        let mut dataset = Dataset::create(dir, source.name(), source.classes().clone())?;
        for case in source.cases() {
            copy_file(&source.image_path(case), &dataset.image_path(case))?;
            // not file by file: an edit may move from the journal into the masks meanwhile
            dataset.save_annotation(case, &source.load_annotation(case)?)?;
            copy_folder(&source.truth_folder(case), &dataset.truth_folder(case))?;
        }
        copy_folder(&source.dir().join("splits"), &dir.join("splits"))?;
        // the cases last: with them the copy is complete
        dataset.add_cases(source.cases().to_vec())?;
        Ok(Self { dataset })
    }

    /// Replaces a case's annotation by the completed one.
    pub fn save(&self, case: &Case, completed: &Annotation) -> Result<(), CompletionError> {
        Ok(self.dataset.save_annotation(case, completed)?)
    }

    /// The new data set.
    pub fn dataset(&self) -> &Dataset {
        &self.dataset
    }
}

fn refuse_overlap(source: &Dataset, dir: &Path) -> Result<(), CompletionError> {
    let absolute = |path: &Path| path.canonicalize().map_err(|e| copy_error(path, e));
    let (from, to) = (absolute(source.dir())?, absolute(dir)?);
    if from.starts_with(&to) || to.starts_with(&from) {
        let (target, source_dir) = (dir.to_owned(), source.dir().to_owned());
        return Err(CompletionError::Overlaps { target, source_dir });
    }
    Ok(())
}

/// Copies the visible files of a folder; nothing if there is no such folder.
fn copy_folder(from: &Path, to: &Path) -> Result<(), CompletionError> {
    if !from.exists() {
        return Ok(());
    }
    for entry in fs::read_dir(from).map_err(|e| copy_error(to, e))? {
        let path = entry.map_err(|e| copy_error(to, e))?.path();
        let Some(name) = path.file_name().filter(|_| path.is_file()) else { continue };
        if !name.to_string_lossy().starts_with('.') {
            copy_file(&path, &to.join(name))?;
        }
    }
    Ok(())
}

fn copy_file(from: &Path, to: &Path) -> Result<(), CompletionError> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(|e| copy_error(folder, e))?;
    }
    let mut file = fs::File::open(from).map_err(|e| copy_error(to, e))?;
    write_atomic(to, |writer| io::copy(&mut file, writer).map(|_| ()))
        .map_err(|e| copy_error(to, e))
}

fn copy_error(path: &Path, source: io::Error) -> CompletionError {
    CompletionError::Io { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use lacuna_data::class::{Class, default_color};
    use lacuna_data::{BinaryMask, ClassSet, Image, Size, Ternary};

    use super::*;

    fn source(dir: &Path) -> Dataset {
        let class = Class { name: "gum".to_owned(), color: default_color(0) };
        let classes = ClassSet::new(vec![class], &[], &[]).unwrap();
        let mut dataset = Dataset::create(dir, "mouths", classes).unwrap();
        let size = Size::new(3, 2);
        for id in ["a", "b"] {
            let case = dataset.add_image(id, &Image::filled(size, [9; 3]), Some("p1")).unwrap();
            let mut annotation = Annotation::unknown(size, 1);
            annotation.masks[0].values_mut()[1] = Ternary::Positive;
            dataset.save_annotation(&case, &annotation).unwrap();
            dataset.save_truth(&case, &[BinaryMask::empty(size)]).unwrap();
        }
        fs::create_dir(dir.join("splits")).unwrap();
        fs::write(dir.join("splits/default.json"), "{}").unwrap();
        dataset
    }

    #[test]
    fn the_copy_has_everything_and_the_original_stays() {
        let folder = tempfile::tempdir().unwrap();
        let source = source(&folder.path().join("ds"));
        let before = source.fingerprint().unwrap();
        let dir = folder.path().join("completed");
        let completed = CompletedDataset::create(&source, &dir).unwrap();
        assert_eq!(completed.dataset().fingerprint().unwrap(), before);
        let case = source.case("a").unwrap();
        let mut annotation = source.load_annotation(case).unwrap();
        annotation.masks[0].values_mut()[0] = Ternary::Negative;
        completed.save(case, &annotation).unwrap();

        let opened = Dataset::open(&dir).unwrap();
        assert_eq!(opened.cases(), source.cases());
        assert_eq!(opened.name(), "mouths");
        assert_eq!(opened.load_annotation(case).unwrap(), annotation);
        let other = source.case("b").unwrap();
        assert_eq!(opened.load_annotation(other).unwrap(), source.load_annotation(other).unwrap());
        assert!(opened.load_truth(case).unwrap().is_some());
        assert_eq!(fs::read(dir.join("splits/default.json")).unwrap(), b"{}");
        assert_eq!(source.fingerprint().unwrap(), before);
    }

    #[test]
    fn the_original_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let source = source(&folder.path().join("ds"));
        let create = |dir: &Path| CompletedDataset::create(&source, dir).unwrap_err();
        for dir in [source.dir().to_owned(), source.dir().join("new"), folder.path().to_owned()] {
            let error = create(&dir);
            assert!(matches!(error, CompletionError::Overlaps { .. }), "{error}");
            assert!(error.hint().is_some());
        }
        let other = folder.path().join("photos");
        fs::create_dir(&other).unwrap();
        fs::write(other.join("a.txt"), "mine").unwrap();
        assert!(matches!(create(&other), CompletionError::NotEmpty { .. }));
    }
}
