//! A folder of pictures with a folder of PNG masks: one indexed mask a picture (`STEM.png`), or one
//! file a class (`STEM_CLASS.png` or `CLASS/STEM.png`); or pictures without any mask.
//!
//! In an indexed mask a pixel of class A is positive for A. For the other classes, and everywhere
//! else, it is what `unpainted` says, except that a part's pixel is never negative for its whole.

mod box_around;
mod folder;
mod mask;

pub use box_around::BoxAround;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use self::folder::{Layout, MaskFiles, Picture};
use super::{
    ClassCount, Format, GroupFrom, ImportError, ImportReport, ImportRequest, ImportedCase,
    Importer, Label, OptionError, OptionInfo, OptionValues, Problem, Progress, Staging,
    UnpaintedRule, note_texts,
};
use crate::annotation::{Annotation, Provenance, Region, Ternary, TernaryMask, Unpainted};
use crate::class::ClassSet;
use crate::dataset::{Case, Dataset};
use crate::image::{Image, ReadOptions, decode_geometry};

/// What to import.
#[derive(Clone, Debug)]
pub struct FolderImport {
    /// Folder with the pictures.
    pub images: PathBuf,
    /// The masks; `None` imports pictures about which nothing is said.
    pub masks: Option<MaskFolder>,
    /// Where a picture's group comes from.
    pub group_from: Option<GroupFrom>,
    /// How to read pictures of more than three channels of 8 bits.
    pub reading: ReadOptions,
    /// Who painted, as far as known.
    pub author: Option<String>,
}

/// Where masks are and how to read them.
#[derive(Clone, Debug)]
pub struct MaskFolder {
    /// Folder with the masks.
    pub dir: PathBuf,
    /// What an unpainted pixel means. Nobody but the user can know.
    pub unpainted: Unpainted,
    /// Value in indexed masks to class name; empty means that value `i + 1` is class `i`.
    pub values: BTreeMap<u16, String>,
    /// A value that says that nothing is known, whatever `unpainted` is.
    pub ignore_value: Option<u16>,
    /// A value of indexed masks that says that a pixel is certainly none of the classes.
    pub neither_value: Option<u16>,
    /// A box around what is painted, in place of one that a non-expert would have drawn.
    pub box_around: Option<BoxAround>,
}

/// What the format is.
pub static FORMAT: Format = Format {
    name: "png-masks",
    about: "a folder of pictures and a folder of PNG masks, indexed or one file a class",
    unpainted: Some(UnpaintedRule::Ask),
    options: &[
        OptionInfo {
            name: "ignore-value",
            values: "a number",
            default: "",
            about: "mask value that says that nothing is known, often 255",
        },
        OptionInfo {
            name: "neither-value",
            values: "a number",
            default: "",
            about: "mask value painted on what is certainly none of the classes",
        },
    ],
};

impl FolderImport {
    /// From what is asked of any format. Labels of the request are the mask values, as text.
    ///
    /// # Errors
    /// If a value is no number, or the folder of the pictures or the meaning of unpainted is missing.
    pub fn from_request(
        request: &ImportRequest,
        options: &OptionValues,
    ) -> Result<Self, OptionError> {
        let missing = |what| OptionError::Missing { format: FORMAT.name, what };
        let mut values = BTreeMap::new();
        for (value, label) in &request.labels.labels {
            let number = value.parse().map_err(|_| missing("a number for every label"))?;
            let Label::Class(class) = label else {
                return Err(missing("a class for every label; other values are options"));
            };
            values.insert(number, class.clone());
        }
        let masks = MaskFolder {
            dir: request.path.clone(),
            unpainted: request
                .unpainted
                .ok_or_else(|| missing("what a pixel means that nobody painted"))?,
            values,
            ignore_value: options.optional_number("ignore-value")?,
            neither_value: options.optional_number("neither-value")?,
            box_around: None,
        };
        Ok(Self {
            images: request.images.clone().ok_or_else(|| missing("the folder of the pictures"))?,
            masks: Some(masks),
            group_from: request.group_from.clone(),
            reading: request.reading,
            author: request.author.clone(),
        })
    }
}

impl Importer for FolderImport {
    fn format(&self) -> &'static Format {
        &FORMAT
    }

    fn import(
        &self,
        dataset: &mut Dataset,
        progress: Progress<'_>,
    ) -> Result<ImportReport, ImportError> {
        import(dataset, self, progress)
    }
}

/// Imports the folder into `dataset`: all of it, or on any error nothing. `progress` is called with
/// the number of pictures done and their total, from several threads.
pub fn import(
    dataset: &mut Dataset,
    what: &FolderImport,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<ImportReport, ImportError> {
    let pictures = folder::pictures(&what.images)?;
    let mut problems = Vec::new();
    let cases = plan(dataset, what, &pictures, &mut problems);
    let files = match &what.masks {
        Some(masks) => folder::masks(&masks.dir, &pictures, dataset.classes(), &mut problems)?,
        None => MaskFiles::none(pictures.len()),
    };
    refuse(problems)?;
    let reader =
        what.masks.as_ref().map(|masks| Reader::new(masks, dataset.classes())).transpose()?;
    let staging = Staging::new(dataset)?;
    let done = AtomicUsize::new(0);
    let results: Vec<_> = (0..pictures.len())
        .into_par_iter()
        .map(|i| {
            let job = Job { classes: dataset.classes(), what, staging: &staging };
            let result =
                job.prepare(&cases[i], &pictures[i], &files.of_picture[i], reader.as_ref());
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, pictures.len());
            result
        })
        .collect();
    let mut report = ImportReport::default();
    let (mut cases, mut problems) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok((imported, case)) => {
                report.cases.push(imported);
                cases.push(case);
            }
            Err(problem) => problems.push(problem),
        }
    }
    refuse(problems)?;
    staging.commit(dataset, cases)?;
    Ok(report)
}

fn refuse(problems: Vec<Problem>) -> Result<(), ImportError> {
    if problems.is_empty() { Ok(()) } else { Err(ImportError::Files { problems }) }
}

/// The cases to be made: ids from the file stems, groups from the file names.
fn plan(
    dataset: &Dataset,
    what: &FolderImport,
    pictures: &[Picture],
    problems: &mut Vec<Problem>,
) -> Vec<Case> {
    let mut taken: BTreeMap<String, String> = dataset
        .cases()
        .iter()
        .map(|case| (case.id.to_lowercase(), format!("case `{}` of the data set", case.id)))
        .collect();
    let mut cases = Vec::new();
    for picture in pictures {
        let case = Case::new(&picture.stem, format!("images/{}", picture.name));
        if let Err(error) = crate::dataset::check_id(&case.id) {
            problems.push(error.into());
        }
        if let Some(other) = taken.insert(case.id.to_lowercase(), format!("`{}`", picture.name)) {
            let message = format!("`{}` would have the same id as {other}", picture.name);
            problems.push(Problem::new(message, Some("rename one of the two files")));
        }
        let group = what.group_from.as_ref();
        let group = group.map(|from| from.group(Path::new(&picture.name), &picture.path));
        let group = group.and_then(|group| group.map_err(|p| problems.push(p)).ok());
        cases.push(case.with_group(group));
    }
    cases
}

/// The meaning of the values in masks.
struct Reader<'a> {
    folder: &'a MaskFolder,
    /// Value to class index.
    values: BTreeMap<u16, usize>,
    /// Classes to draw a box around.
    boxed: Vec<usize>,
}

impl<'a> Reader<'a> {
    fn new(folder: &'a MaskFolder, classes: &ClassSet) -> Result<Self, ImportError> {
        let values = if folder.values.is_empty() {
            (0..classes.len()).map(|class| (class as u16 + 1, class)).collect()
        } else {
            let entry = |(value, name): (&u16, &String)| Ok((*value, classes.index(name)?));
            folder.values.iter().map(entry).collect::<Result<_, ImportError>>()?
        };
        let boxed = folder.box_around.iter().flat_map(|around| &around.classes);
        let boxed = boxed.map(|name| classes.index(name)).collect::<Result<_, _>>()?;
        Ok(Self { folder, values, boxed })
    }

    fn region(&self, annotation: &Annotation) -> Option<Region> {
        self.folder.box_around.as_ref()?.region(annotation, &self.boxed)
    }
}

/// What preparing one case needs.
struct Job<'a> {
    classes: &'a ClassSet,
    what: &'a FolderImport,
    staging: &'a Staging,
}

impl Job<'_> {
    fn prepare(
        &self,
        case: &Case,
        picture: &Picture,
        masks: &[folder::Mask],
        reader: Option<&Reader<'_>>,
    ) -> Result<(ImportedCase, Case), Problem> {
        let geometry = decode_geometry(&picture.path)?;
        let decoded = Image::open_with(&picture.path, &self.what.reading)?;
        let mut case = case.clone();
        let mut annotation = Annotation::unknown(decoded.image.size(), self.classes.len());
        if let Some(reader) = reader {
            for mask in masks {
                mask::read_into(
                    &mut annotation,
                    mask,
                    reader,
                    self.classes,
                    &picture.path,
                    geometry,
                )?;
            }
            annotation.provenance = self.provenance(masks, reader.folder.unpainted);
            annotation.regions.extend(reader.region(&annotation));
        }
        self.staging.picture(&mut case, &picture.path, &decoded)?;
        if !masks.is_empty() {
            self.staging.annotation(&case, &annotation)?;
        }
        let imported = ImportedCase {
            id: case.id.clone(),
            group: case.group.clone(),
            image: picture.path.clone(),
            masks: masks.iter().map(|mask| mask.path.clone()).collect(),
            unpainted: reader.filter(|_| !masks.is_empty()).map(|r| r.folder.unpainted),
            classes: self.counts(&annotation, masks),
            skipped: BTreeMap::new(),
            notes: note_texts(&decoded.notes),
        };
        Ok((imported, case))
    }

    /// One entry for each class that a mask speaks about.
    fn provenance(&self, masks: &[folder::Mask], unpainted: Unpainted) -> Vec<Provenance> {
        let spoken = self.classes.names().into_iter().enumerate();
        spoken
            .filter(|(class, _)| speaks_about(masks, *class))
            .map(|(_, class)| Provenance {
                class,
                source: "png-masks".to_owned(),
                author: self.what.author.clone(),
                unpainted,
            })
            .collect()
    }

    fn counts(&self, annotation: &Annotation, masks: &[folder::Mask]) -> Vec<ClassCount> {
        let count = |(class, mask): (usize, &TernaryMask)| ClassCount {
            class: self.classes.classes()[class].name.clone(),
            positive: mask.count(Ternary::Positive),
            negative: mask.count(Ternary::Negative),
            unknown: mask.count(Ternary::Unknown),
            is_missing: !masks.is_empty() && !speaks_about(masks, class),
        };
        annotation.masks.iter().enumerate().map(count).collect()
    }
}

fn speaks_about(masks: &[folder::Mask], class: usize) -> bool {
    masks.iter().any(|mask| match mask.layout {
        Layout::Indexed => true,
        Layout::OfClass(other) => other == class,
    })
}

#[cfg(test)]
mod tests;
