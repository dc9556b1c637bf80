//! Whether a split fits its data set.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Fold, Split, SplitError, Unit};
use crate::dataset::Dataset;

/// Checks every fold; `path` is for the messages.
pub(super) fn all(split: &Split, dataset: &Dataset, path: &Path) -> Result<(), SplitError> {
    if split.folds.is_empty() {
        return Err(SplitError::NothingToLearn { path: path.to_owned(), fold: 0 });
    }
    for (i, fold) in split.folds.iter().enumerate() {
        if fold.train.is_empty() {
            return Err(SplitError::NothingToLearn { path: path.to_owned(), fold: i });
        }
        check_ids(fold, i, dataset, path)?;
        if split.by == Unit::Group {
            check_groups(fold, i, dataset, path)?;
        }
    }
    Ok(())
}

fn check_ids(fold: &Fold, i: usize, dataset: &Dataset, path: &Path) -> Result<(), SplitError> {
    let mut seen = BTreeMap::new();
    for (part, ids) in fold.parts() {
        for id in ids {
            let (path, id) = (path.to_owned(), id.clone());
            if dataset.case(&id).is_err() {
                return Err(SplitError::UnknownCase { path, fold: i, id });
            }
            if let Some(first) = seen.insert(id.clone(), part) {
                return Err(SplitError::Overlap { path, fold: i, id, first, second: part });
            }
        }
    }
    Ok(())
}

fn check_groups(fold: &Fold, i: usize, dataset: &Dataset, path: &Path) -> Result<(), SplitError> {
    let mut seen: BTreeMap<String, &'static str> = BTreeMap::new();
    for (part, ids) in fold.parts() {
        for id in ids {
            let Some(group) = dataset.case(id)?.group.clone() else { continue };
            let first = *seen.entry(group.clone()).or_insert(part);
            if first != part {
                let path = path.to_owned();
                return Err(SplitError::Leak { path, fold: i, group, first, second: part });
            }
        }
    }
    Ok(())
}
