//! The new data set: prepared in a hidden folder beside its place, and moved there when it is complete.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use fs_err as fs;
use lacuna_data::simulate::SimulationRecord;
use lacuna_data::{Annotation, BinaryMask, Case, Dataset};

use crate::error_report::UsageError;

/// A data set in the making. Dropping it before it is finished removes it.
pub(super) struct Output {
    dataset: Dataset,
    target: PathBuf,
}

impl Output {
    /// Starts a data set with the classes of `source`, to be called `target` when it is finished.
    pub(super) fn stage(source: &Dataset, target: &Path) -> Result<Self> {
        let target = std::path::absolute(target).context("the working folder is gone")?;
        refuse_used(&target)?;
        let (Some(parent), Some(name)) = (target.parent(), target.file_name()) else {
            let message = format!("`{}` cannot be the folder of a data set", target.display());
            return Err(UsageError::new(message).into());
        };
        fs::create_dir_all(parent)?;
        refuse_inside(source, parent)?;
        let name = name.to_string_lossy();
        let staging = parent.join(format!(".{name}.{}", std::process::id()));
        if staging.exists() {
            // left over from a program that was killed and had our process number
            fs::remove_dir_all(&staging)?;
        }
        let dataset = Dataset::create(&staging, &name, source.classes().clone())?;
        Ok(Self { dataset, target })
    }

    /// Adds a case's picture, annotation and truth; callable from several threads.
    pub(super) fn add(
        &self,
        source: &Dataset,
        case: &Case,
        annotation: &Annotation,
        truth: &[BinaryMask],
    ) -> Result<()> {
        copy(&source.image_path(case), &self.dataset.image_path(case))?;
        self.dataset.save_annotation(case, annotation)?;
        self.dataset.save_truth(case, truth)?;
        Ok(())
    }

    /// Lists the cases, copies the splits, records how it was made, and moves everything to its place.
    pub(super) fn finish(mut self, source: &Dataset, record: &SimulationRecord) -> Result<()> {
        let splits = source.dir().join("splits");
        if splits.is_dir() {
            for entry in fs::read_dir(&splits)? {
                let entry = entry?;
                copy(&entry.path(), &self.dataset.dir().join("splits").join(entry.file_name()))?;
            }
        }
        record.save(self.dataset.dir())?;
        self.dataset.add_cases(source.cases().to_vec())?;
        if self.target.is_dir() {
            // empty, or this fails; not every system renames onto a folder
            fs::remove_dir(&self.target)?;
        }
        fs::rename(self.dataset.dir(), &self.target)?;
        Ok(())
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if self.dataset.dir().exists() {
            // Nothing can be done about a failure here; the folder is hidden and no data set of ours.
            let _ = fs::remove_dir_all(self.dataset.dir());
        }
    }
}

fn refuse_used(target: &Path) -> Result<()> {
    let used =
        if target.is_dir() { fs::read_dir(target)?.next().is_some() } else { target.exists() };
    if !used {
        return Ok(());
    }
    let message = format!("`{}` is there already", target.display());
    Err(UsageError::new(message).with_hint("name a new folder: nothing is overwritten").into())
}

/// A data set inside its own source would be found by whoever reads the source.
fn refuse_inside(source: &Dataset, parent: &Path) -> Result<()> {
    if !fs::canonicalize(parent)?.starts_with(fs::canonicalize(source.dir())?) {
        return Ok(());
    }
    Err(UsageError::new("the new data set would lie inside the one it is made from")
        .with_hint("name a folder elsewhere with `--output-dir`")
        .into())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::copy(from, to)?;
    Ok(())
}
