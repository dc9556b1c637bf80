//! A hash that changes whenever anything a network could learn from the annotations changes.

use std::path::{Path, PathBuf};

use fs_err as fs;

use super::{DataError, Dataset, case, manifest};

/// BLAKE3 over manifest, case table and the annotation files of all cases: path, length, content,
/// in the order of the paths.
pub(super) fn of(dataset: &Dataset) -> Result<String, DataError> {
    let mut hasher = blake3::Hasher::new();
    for name in [manifest::FILE_NAME, case::FILE_NAME] {
        add(&mut hasher, name, &dataset.dir().join(name))?;
    }
    for case in dataset.cases() {
        let folder = dataset.annotation_folder(case);
        for path in sorted_files(&folder)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            add(&mut hasher, &format!("annotations/{}/{name}", case.id), &path)?;
        }
    }
    Ok(hasher.finalize().to_hex().to_string())
}

/// BLAKE3 over classes, pictures and complete masks of the cases with these ids, in their order.
pub(super) fn of_truth(dataset: &Dataset, ids: &[&str]) -> Result<String, DataError> {
    let mut hasher = blake3::Hasher::new();
    add(&mut hasher, manifest::FILE_NAME, &dataset.dir().join(manifest::FILE_NAME))?;
    for id in ids {
        let case = dataset.case(id)?;
        add(&mut hasher, id, &dataset.image_path(case))?;
        for path in sorted_files(&dataset.truth_folder(case))? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            add(&mut hasher, &name, &path)?;
        }
    }
    Ok(hasher.finalize().to_hex().to_string())
}

fn add(hasher: &mut blake3::Hasher, name: &str, path: &Path) -> Result<(), DataError> {
    let bytes = fs::read(path).map_err(|e| DataError::io(path, e))?;
    for part in [name.as_bytes(), &bytes] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    Ok(())
}

/// The visible files of a folder, sorted; none if there is no such folder.
pub(super) fn sorted_files(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(|e| DataError::io(folder, e))? {
        let path = entry.map_err(|e| DataError::io(folder, e))?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_file() && !hidden {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// BLAKE3 over the bytes of a file.
pub(super) fn of_file(path: &Path) -> Result<String, DataError> {
    let bytes = fs::read(path).map_err(|e| DataError::io(path, e))?;
    Ok(blake3::hash(&bytes).to_hex().to_string())
}
