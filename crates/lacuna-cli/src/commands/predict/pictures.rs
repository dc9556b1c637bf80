//! Which pictures are to be predicted.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use fs_err as fs;
use lacuna_data::dataset::split::Split;
use lacuna_data::image::is_picture_name;
use lacuna_data::{Case, Dataset, Image};
use lacuna_train::RunDir;
use lacuna_train::predict::writer::Picture;

use crate::cli::PredictArgs;
use crate::commands::evaluate::part;
use crate::error_report::InputError;

/// A picture and, if it is of a data set, its case.
pub(super) struct Source {
    pub(super) picture: Picture,
    pub(super) case: Option<Case>,
}

impl Source {
    /// The picture, turned upright.
    pub(super) fn read(&self) -> Result<Image> {
        Ok(Image::open(&self.picture.source)?.image)
    }
}

/// The pictures asked for, in order: of a data set by id, else files as given and folders sorted by name.
pub(super) fn sources(
    arguments: &PredictArgs,
    dataset: Option<&Dataset>,
    run: &RunDir,
) -> Result<Vec<Source>> {
    let Some(dataset) = dataset else { return files(&arguments.input) };
    let of_case =
        |case: &Case| Source { picture: Picture::of_case(dataset, case), case: Some(case.clone()) };
    if !arguments.case.is_empty() {
        return arguments.case.iter().map(|id| Ok(of_case(dataset.case(id)?))).collect();
    }
    let Some(name) = &arguments.part else {
        return Ok(dataset.cases().iter().map(of_case).collect());
    };
    let config = run.load_config()?;
    let split = Split::load(dataset, &config.split)?;
    let ids = part(split.fold(config.fold)?, name)?;
    ids.iter().map(|id| Ok(of_case(dataset.case(id)?))).collect()
}

fn files(paths: &[PathBuf]) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    for path in paths {
        if path.is_dir() {
            let found = pictures_of(path)?;
            if found.is_empty() {
                let message = format!("`{}` holds no pictures", path.display());
                return Err(InputError::new(message)
                    .with_hint(
                        "pictures are PNG, JPEG, TIFF, WebP or BMP files directly in the folder",
                    )
                    .into());
            }
            sources.extend(found);
        } else if path.exists() {
            sources.push(path.clone());
        } else {
            return Err(InputError::new(format!("`{}` does not exist", path.display())).into());
        }
    }
    let source = |path: PathBuf| Source { picture: Picture::of_file(&path), case: None };
    Ok(sources.into_iter().map(source).collect())
}

fn pictures_of(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry.with_context(|| format!("cannot read `{}`", folder.display()))?.path();
        if path.is_file() && is_picture_name(&path) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
