//! Finished files beside the data set until all of them are there.

use std::path::{Path, PathBuf};

use fs_err as fs;

use crate::annotation::Annotation;
use crate::class::ClassSet;
use crate::dataset::{Case, DataError, Dataset};
use crate::image::{Decoded, Image};

/// A hidden folder in the data set in which an import is prepared. Dropping it removes what was not
/// committed.
pub(crate) struct Staging {
    prepared: Dataset,
}

impl Staging {
    /// Makes the folder, on the same disk as the data set so that files can be moved in one step.
    pub(crate) fn new(dataset: &Dataset) -> Result<Self, DataError> {
        let dir = dataset.dir().join(format!(".import-{}", std::process::id()));
        remove_tree(&dir)?;
        let classes: ClassSet = dataset.classes().clone();
        Ok(Self { prepared: Dataset::create(&dir, dataset.name(), classes)? })
    }

    /// Puts a picture where `case` has it, which gets its spacing: the file byte for byte, or its pixels as PNG
    /// where a data set does not keep the file.
    pub(crate) fn picture(
        &self,
        case: &mut Case,
        source: &Path,
        decoded: &Decoded,
    ) -> Result<(), DataError> {
        case.spacing = decoded.spacing;
        if !decoded.is_made {
            return self.image(case, source);
        }
        case.image = format!("images/{}.png", case.id).into();
        self.made_image(case, &decoded.image)
    }

    /// Copies a picture byte for byte to where `case` has it.
    fn image(&self, case: &Case, source: &Path) -> Result<(), DataError> {
        let target = self.prepared.image_path(case);
        fs::copy(source, &target).map_err(|e| DataError::io(&target, e))?;
        Ok(())
    }

    /// Writes a picture as PNG to where `case` has it.
    pub(crate) fn made_image(&self, case: &Case, image: &Image) -> Result<(), DataError> {
        Ok(image.save_png(&self.prepared.image_path(case))?)
    }

    /// Writes a case's annotation. Its picture must be there already.
    pub(crate) fn annotation(&self, case: &Case, said: &Annotation) -> Result<(), DataError> {
        self.prepared.save_annotation(case, said)
    }

    /// Moves everything into the data set and adds the cases; on an error what was moved goes back.
    pub(crate) fn commit(self, dataset: &mut Dataset, cases: Vec<Case>) -> Result<(), DataError> {
        let mut moved = Vec::new();
        let result =
            self.move_all(dataset, &cases, &mut moved).and_then(|()| dataset.add_cases(cases));
        if result.is_err() {
            for path in moved.iter().rev() {
                // The first error is the one worth reporting.
                let _ = remove_tree(path);
            }
        }
        result
    }

    fn move_all(
        &self,
        dataset: &Dataset,
        cases: &[Case],
        moved: &mut Vec<PathBuf>,
    ) -> Result<(), DataError> {
        let annotations = dataset.dir().join("annotations");
        fs::create_dir_all(&annotations).map_err(|e| DataError::io(&annotations, e))?;
        for case in cases {
            let pairs = [
                (self.prepared.image_path(case), dataset.image_path(case)),
                (self.prepared.annotation_folder(case), dataset.annotation_folder(case)),
            ];
            for (from, to) in pairs {
                refuse_taken(dataset, case, &to)?;
                if to.exists() {
                    refuse_foreign(case, &from, &to)?;
                } else if from.exists() {
                    fs::rename(&from, &to).map_err(|e| DataError::io(&to, e))?;
                    moved.push(to);
                }
            }
        }
        Ok(())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // Nothing can be done about it here; the next import of this process tries again.
        let _ = remove_tree(self.prepared.dir());
    }
}

/// A picture file that another case uses must stay.
fn refuse_taken(dataset: &Dataset, case: &Case, target: &Path) -> Result<(), DataError> {
    let lower = |path: &Path| path.to_string_lossy().to_lowercase();
    match dataset.cases().iter().find(|other| lower(&dataset.image_path(other)) == lower(target)) {
        Some(other) => Err(DataError::DoesNotFit {
            id: case.id.clone(),
            reason: format!("case `{}` uses `{}` already", other.id, target.display()),
        }),
        None => Ok(()),
    }
}

/// What lies at the target though no case owns it stays: it may be the same, left over from an import that was
/// killed, and is used then; anything else is somebody's.
fn refuse_foreign(case: &Case, from: &Path, target: &Path) -> Result<(), DataError> {
    if same_content(from, target)? {
        return Ok(());
    }
    Err(DataError::DoesNotFit {
        id: case.id.clone(),
        reason: format!(
            "`{}` is there already and no case owns it; move it away first",
            target.display()
        ),
    })
}

/// Whether two files, or two folders with all that is in them, are the same.
fn same_content(a: &Path, b: &Path) -> Result<bool, DataError> {
    if a.is_dir() && b.is_dir() {
        let (names, others) = (names_in(a)?, names_in(b)?);
        let same = |name: &std::ffi::OsString| same_content(&a.join(name), &b.join(name));
        return Ok(names == others
            && names.iter().map(same).collect::<Result<Vec<_>, _>>()?.iter().all(|same| *same));
    }
    if !(a.is_file() && b.is_file()) {
        return Ok(false);
    }
    let read = |path: &Path| fs::read(path).map_err(|e| DataError::io(path, e));
    Ok(read(a)? == read(b)?)
}

fn names_in(folder: &Path) -> Result<Vec<std::ffi::OsString>, DataError> {
    let entries = fs::read_dir(folder).map_err(|e| DataError::io(folder, e))?;
    let name = |entry: std::io::Result<fs::DirEntry>| {
        entry.map(|entry| entry.file_name()).map_err(|e| DataError::io(folder, e))
    };
    let mut names = entries.map(name).collect::<Result<Vec<_>, _>>()?;
    names.sort();
    Ok(names)
}

fn remove_tree(path: &Path) -> Result<(), DataError> {
    let result = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match result {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(DataError::io(path, error))
        }
        _ => Ok(()),
    }
}
