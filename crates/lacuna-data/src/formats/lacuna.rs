//! A clean copy of a data set in our own format: edits folded into the mask files, pictures without metadata,
//! and if asked for without anything that names a person.
//!
//! De-identified, cases and groups are numbered in an order that follows from their names only by a hash,
//! people become `person-1` and so on, and times and the origin of files are left out. What the pixels
//! themselves show stays.

mod anonymous;
mod metadata;

use std::path::Path;

use fs_err as fs;

use self::anonymous::Anonymous;
use super::export::CaseLosses;
use super::{
    Export, ExportError, ExportReport, Exporter, Format, OptionError, OptionInfo, OptionValues,
};
use crate::annotation::Annotation;
use crate::dataset::split::SplitError;
use crate::dataset::{Case, DataError, Dataset, Split};

/// What is written.
pub static EXPORT: Format = Format {
    name: "lacuna",
    about: "a clean copy of the data set: pictures without metadata, optionally de-identified",
    unpainted: None,
    options: &[
        OptionInfo {
            name: "deidentify",
            values: "yes or no",
            default: "no",
            about: "number cases, groups and people instead of naming them; leave out times",
        },
        OptionInfo {
            name: "metadata",
            values: "strip or keep",
            default: "strip",
            about: "whether pictures lose what cameras and programs wrote into them, such as EXIF",
        },
    ],
};

/// Writes a data set folder.
#[derive(Clone, Debug)]
pub struct LacunaExport {
    /// Number cases, groups and people instead of naming them.
    pub deidentify: bool,
    /// Keep pictures byte for byte. De-identified ones are stripped in any case.
    pub keep_metadata: bool,
}

impl LacunaExport {
    /// From options by name.
    ///
    /// # Errors
    /// If an option has a value that it does not take.
    pub fn from_options(options: &OptionValues) -> Result<Self, OptionError> {
        let keep_metadata = options.one_of("metadata", &[("strip", false), ("keep", true)])?;
        Ok(Self { deidentify: options.flag("deidentify")?, keep_metadata })
    }
}

impl Exporter for LacunaExport {
    fn format(&self) -> &'static Format {
        &EXPORT
    }

    fn write(&self, export: &Export<'_>) -> Result<ExportReport, ExportError> {
        let (dataset, folder) = export.parts();
        let dir = folder.path("dataset")?;
        let dir = dir.parent().unwrap_or(&dir);
        let name = if self.deidentify { "data set" } else { dataset.name() };
        let mut copy = Dataset::create(dir, name, dataset.classes().clone())?;
        let names = self.deidentify.then(|| Anonymous::of(dataset)).transpose()?;
        let (cases, report) = export
            .each_case(|_, case, said| self.case(dataset, &copy, names.as_ref(), (case, said)))?;
        copy.add_cases(cases)?;
        copy_splits(dataset, &copy, names.as_ref())?;
        Ok(report)
    }
}

impl LacunaExport {
    fn case(
        &self,
        dataset: &Dataset,
        copy: &Dataset,
        names: Option<&Anonymous>,
        (case, mut said): (&Case, Annotation),
    ) -> Result<(Case, CaseLosses), ExportError> {
        let source = dataset.image_path(case);
        let mut target = match names {
            Some(names) => names.case(case),
            None => case.clone(),
        };
        let mut losses = CaseLosses::default();
        if self.keep_metadata && names.is_none() {
            make_folder_of(&copy.image_path(&target))?;
            let path = copy.image_path(&target);
            fs::copy(&source, &path).map_err(|e| ExportError::io(&path, e))?;
        } else {
            let is_stripped = metadata::copy_stripped(&source, copy, &mut target)?;
            losses.note = (!is_stripped).then_some("written as PNG, to be rid of its metadata");
        }
        if let Some(names) = names {
            names.annotation(&mut said);
        }
        // what says nothing needs no files
        if said != Annotation::unknown(dataset.image_size(case)?, dataset.classes().len()) {
            copy.save_annotation(&target, &said)?;
        }
        if let Some(truth) = dataset.load_truth(case)? {
            copy.save_truth(&target, &truth)?;
        }
        Ok((target, losses))
    }
}

fn make_folder_of(path: &Path) -> Result<(), ExportError> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(|e| ExportError::io(folder, e))
}

/// Every split that can be loaded, under its own name.
fn copy_splits(
    dataset: &Dataset,
    copy: &Dataset,
    names: Option<&Anonymous>,
) -> Result<(), ExportError> {
    let folder = dataset.dir().join("splits");
    if !folder.is_dir() {
        return Ok(());
    }
    for path in super::picture_folder::files_with(&folder, "json")
        .map_err(|error| DataError::io(&folder, std::io::Error::other(error.to_string())))?
    {
        let name = super::picture_folder::file_stem(&path);
        let mut split = match Split::load(dataset, &name) {
            Ok(split) => split,
            // a file that is no split is nobody's loss
            Err(SplitError::Json(_)) => continue,
            Err(error) => return Err(error.into()),
        };
        if let Some(names) = names {
            names.split(&mut split);
        }
        split.save(copy, &name)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
