//! The way of every import: pictures found, shapes painted, everything checked, and only then put in place.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::labels::{LabelMap, Labels};
use super::painting::{Finish, Painting};
use super::{
    ClassCount, Format, GroupFrom, ImportError, ImportReport, ImportedCase, Problem, Staging,
    note_texts,
};
use crate::annotation::{Annotation, Provenance, Role, Ternary, Unpainted};
use crate::class::ClassSet;
use crate::dataset::{Case, Dataset, check_id};
use crate::image::{Geometry, Image, ReadOptions, Size, decode_geometry};

/// Called with the number of pictures done and their total, from several threads.
pub type Progress<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// Reads another tool's files into a data set.
pub trait Importer: std::fmt::Debug {
    /// What it reads.
    fn format(&self) -> &'static Format;

    /// Imports into `dataset`: all of it, or on any error nothing.
    fn import(
        &self,
        dataset: &mut Dataset,
        progress: Progress<'_>,
    ) -> Result<ImportReport, ImportError>;
}

/// What to import and how to understand it; the same for every format.
#[derive(Clone, Debug)]
pub struct ImportRequest {
    /// The file or folder with the annotations.
    pub path: PathBuf,
    /// The folder with the pictures, if they are not where the format has them.
    pub images: Option<PathBuf>,
    /// What an unpainted pixel means; `None` leaves it to formats that say it themselves.
    pub unpainted: Option<Unpainted>,
    /// What labels mean.
    pub labels: LabelMap,
    /// What a box with the label of a class is.
    pub boxes: BoxUse,
    /// In which role boxes were drawn.
    pub box_role: Role,
    /// Where a picture's group comes from, if the file does not say it.
    pub group_from: Option<GroupFrom>,
    /// How to read pictures of more than three channels of 8 bits.
    pub reading: ReadOptions,
    /// Who painted, where the file does not say.
    pub author: Option<String>,
}

/// What a box with the label of a class is. A box around one of several objects says nothing about what
/// lies outside, so this is for the user to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoxUse {
    /// Nothing; it is counted.
    Skip,
    /// A region: together the boxes of a picture enclose everything of interest.
    Regions,
}

impl ImportRequest {
    /// A request with nothing said but the path.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            images: None,
            unpainted: None,
            labels: LabelMap::default(),
            boxes: BoxUse::Skip,
            box_role: Role::NonExpert,
            group_from: None,
            reading: ReadOptions::default(),
            author: None,
        }
    }

    /// The folder with the pictures: the one given, else the one the annotations lie in.
    pub(crate) fn picture_root(&self) -> PathBuf {
        let own = if self.path.is_dir() { Some(self.path.as_path()) } else { self.path.parent() };
        let own = own.filter(|folder| !folder.as_os_str().is_empty());
        self.images.clone().unwrap_or_else(|| own.unwrap_or(Path::new(".")).to_owned())
    }

    /// The meaning of unpainted pixels where only the user can know it.
    pub(crate) fn stated_unpainted(&self, format: &Format) -> Result<Unpainted, ImportError> {
        self.unpainted.ok_or(ImportError::UnpaintedUnsaid { format: format.name })
    }
}

/// A picture and what a file says about it, before a pixel is painted.
pub(crate) struct Draft<T> {
    /// Path of the picture relative to its folder; names the case.
    pub(crate) name: PathBuf,
    pub(crate) picture: Picture,
    /// The files with the annotations; empty if nothing is said.
    pub(crate) files: Vec<PathBuf>,
    /// Upright size as the file says it.
    pub(crate) stated: Option<Size>,
    pub(crate) said: T,
}

/// Where a case's picture comes from.
pub(crate) enum Picture {
    /// It is copied.
    File(PathBuf),
    /// It is made from a file that is no picture.
    Made(PathBuf, MakePicture),
}

/// Makes a picture of a file, with notes on how.
pub(crate) type MakePicture = fn(&Path) -> Result<(Image, Vec<String>), Problem>;

/// What is the same for all cases of an import.
pub(crate) struct Import<'a> {
    pub(crate) format: &'static Format,
    pub(crate) request: &'a ImportRequest,
    pub(crate) unpainted: Unpainted,
    /// Classes that the files speak about.
    pub(crate) spoken: BTreeSet<usize>,
    /// Whether the files say everything themselves.
    pub(crate) is_exact: bool,
}

/// What was said about a case beside its pixels.
#[derive(Default)]
pub(crate) struct Origin {
    /// Who painted.
    pub(crate) author: Option<String>,
    /// Origin of each class where the file says it.
    pub(crate) provenance: Option<Vec<Provenance>>,
    /// The group, where the file says it.
    pub(crate) group: Option<String>,
}

/// Paints what a draft says.
pub(crate) type Paint<'a, T> =
    &'a (dyn Fn(&Draft<T>, &mut Painting) -> Result<Origin, Problem> + Sync);

impl Import<'_> {
    /// Makes a case of each draft. All problems are collected; with any of them nothing is changed.
    pub(crate) fn run<T: Sync>(
        &self,
        dataset: &mut Dataset,
        mut drafts: Vec<Draft<T>>,
        mut problems: Vec<Problem>,
        paint: Paint<'_, T>,
        progress: Progress<'_>,
    ) -> Result<ImportReport, ImportError> {
        drafts.sort_by_cached_key(|draft| case_id(&draft.name));
        let cases = self.plan(dataset, &drafts, &mut problems);
        refuse(problems)?;
        if drafts.is_empty() {
            return Err(ImportError::Nothing { path: self.request.path.clone() });
        }
        let staging = Staging::new(dataset)?;
        let done = AtomicUsize::new(0);
        let results: Vec<_> = (0..drafts.len())
            .into_par_iter()
            .map(|i| {
                let job = Job { import: self, classes: dataset.classes(), staging: &staging };
                let result = job.prepare(&cases[i], &drafts[i], paint);
                progress(done.fetch_add(1, Ordering::Relaxed) + 1, drafts.len());
                result
            })
            .collect();
        let (report, cases) = collect(results)?;
        staging.commit(dataset, cases)?;
        Ok(report)
    }

    /// How paintings become annotations.
    pub(crate) fn finish<'b>(&'b self, classes: &'b ClassSet) -> Finish<'b> {
        Finish { classes, spoken: &self.spoken, unpainted: self.unpainted, is_exact: self.is_exact }
    }

    /// Ids from the paths of the pictures, groups from their file names.
    fn plan<T>(
        &self,
        dataset: &Dataset,
        drafts: &[Draft<T>],
        problems: &mut Vec<Problem>,
    ) -> Vec<Case> {
        let existing = dataset.cases().iter();
        let mut taken: BTreeMap<String, String> = existing
            .map(|case| (case.id.to_lowercase(), format!("case `{}` of the data set", case.id)))
            .collect();
        let mut cases = Vec::new();
        for draft in drafts {
            let name = draft.name.display();
            let id = case_id(&draft.name);
            problems.extend(check_id(&id).err().map(Problem::from));
            if let Some(other) = taken.insert(id.to_lowercase(), format!("`{name}`")) {
                let message = format!("`{name}` would have the same id as {other}");
                problems.push(Problem::new(message, Some("rename one of the two files")));
            }
            let group = self.request.group_from.as_ref();
            let group = group.map(|from| from.group(&draft.name, draft.picture.path()));
            let group = group.and_then(|group| group.map_err(|p| problems.push(p)).ok());
            let image = format!("images/{id}.{}", draft.picture.extension());
            cases.push(Case::new(id, image).with_group(group));
        }
        cases
    }
}

fn collect(
    results: Vec<Result<(ImportedCase, Case), Problem>>,
) -> Result<(ImportReport, Vec<Case>), ImportError> {
    let (mut report, mut cases, mut problems) = (ImportReport::default(), Vec::new(), Vec::new());
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
    Ok((report, cases))
}

pub(crate) fn refuse(problems: Vec<Problem>) -> Result<(), ImportError> {
    if problems.is_empty() { Ok(()) } else { Err(ImportError::Files { problems }) }
}

/// The folders and the stem of a picture's path, so that pictures of one name in two folders are two cases.
fn case_id(path: &Path) -> String {
    let stem = path.with_extension("");
    let parts: Vec<_> =
        stem.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    parts.join("_")
}

impl Picture {
    fn path(&self) -> &Path {
        match self {
            Self::File(path) | Self::Made(path, _) => path,
        }
    }

    fn extension(&self) -> String {
        match self {
            Self::File(path) => path.extension().unwrap_or_default().to_string_lossy().into_owned(),
            Self::Made(..) => "png".to_owned(),
        }
    }
}

/// What preparing one case needs.
struct Job<'a> {
    import: &'a Import<'a>,
    classes: &'a ClassSet,
    staging: &'a Staging,
}

impl Job<'_> {
    fn prepare<T>(
        &self,
        case: &Case,
        draft: &Draft<T>,
        paint: Paint<'_, T>,
    ) -> Result<(ImportedCase, Case), Problem> {
        let mut case = case.clone();
        let (size, notes) = self.picture(&mut case, draft)?;
        let mut painting = Painting::new(size, self.classes.len());
        painting.spoken.clone_from(&self.import.spoken);
        let origin = paint(draft, &mut painting)?;
        let skipped = std::mem::take(&mut painting.skipped);
        let is_said = !draft.files.is_empty();
        let unpainted = if painting.is_unseen { Unpainted::Unknown } else { self.import.unpainted };
        let mut annotation = painting.finish(&self.import.finish(self.classes));
        if is_said {
            annotation.provenance = self.provenance(&origin, unpainted);
            self.staging.annotation(&case, &annotation)?;
        }
        case.group = case.group.or(origin.group);
        let imported = ImportedCase {
            id: case.id.clone(),
            group: case.group.clone(),
            image: draft.picture.path().to_owned(),
            masks: draft.files.clone(),
            unpainted: is_said.then_some(unpainted),
            classes: self.counts(&annotation, is_said),
            skipped,
            notes,
        };
        Ok((imported, case))
    }

    /// Puts the picture where the case has it.
    fn picture<T>(
        &self,
        case: &mut Case,
        draft: &Draft<T>,
    ) -> Result<(Size, Vec<String>), Problem> {
        match &draft.picture {
            Picture::File(path) => {
                check_stated(draft, path, decode_geometry(path)?)?;
                let decoded = Image::open_with(path, &self.import.request.reading)?;
                self.staging.picture(case, path, &decoded)?;
                Ok((decoded.image.size(), note_texts(&decoded.notes)))
            }
            Picture::Made(path, make) => {
                let (image, notes) = make(path)?;
                self.staging.made_image(case, &image)?;
                Ok((image.size(), notes))
            }
        }
    }

    /// One entry for each class that the file speaks about.
    fn provenance(&self, origin: &Origin, unpainted: Unpainted) -> Vec<Provenance> {
        if let Some(provenance) = &origin.provenance {
            let known = |entry: &&Provenance| self.classes.index(&entry.class).is_ok();
            return provenance.iter().filter(known).cloned().collect();
        }
        let author = origin.author.clone().or_else(|| self.import.request.author.clone());
        let entry = |class: &usize| Provenance {
            class: self.classes.classes()[*class].name.clone(),
            source: self.import.format.name.to_owned(),
            author: author.clone(),
            unpainted,
        };
        self.import.spoken.iter().map(entry).collect()
    }

    fn counts(&self, annotation: &Annotation, is_said: bool) -> Vec<ClassCount> {
        let names = self.classes.names();
        let masks = annotation.masks.iter().zip(names).enumerate();
        masks
            .map(|(class, (mask, name))| ClassCount {
                class: name,
                positive: mask.count(Ternary::Positive),
                negative: mask.count(Ternary::Negative),
                unknown: mask.count(Ternary::Unknown),
                is_missing: is_said && !self.import.spoken.contains(&class),
            })
            .collect()
    }
}

/// Compares the size that the annotations were made for with the picture's.
fn check_stated<T>(draft: &Draft<T>, picture: &Path, geometry: Geometry) -> Result<(), Problem> {
    let Some(stated) = draft.stated.filter(|stated| *stated != geometry.upright) else {
        return Ok(());
    };
    let file = draft.files.first().map_or(draft.name.as_path(), PathBuf::as_path);
    let message = format!(
        "`{}` says that `{}` is {stated} pixels, but the picture is {}",
        file.display(),
        picture.display(),
        geometry.upright
    );
    let hint = if stated == geometry.stored {
        "the picture is turned by its EXIF orientation and was annotated unturned: save it without the \
         orientation tag"
    } else {
        "annotations must be made on the same pixels; was the picture resized?"
    };
    Err(Problem::new(message, Some(hint)))
}

/// The labels of a request, looked up in the data set's classes, and a problem for each that means nothing.
pub(crate) fn labels_of(
    request: &ImportRequest,
    dataset: &Dataset,
    names: &BTreeSet<String>,
    defaults: &[(&str, super::labels::Meaning)],
) -> Result<(Labels, Vec<Problem>), ImportError> {
    let mut labels = request.labels.resolve(dataset.classes())?;
    for (label, meaning) in defaults {
        labels.default(label, *meaning);
    }
    let problems = labels.check(&request.path.display().to_string(), names);
    Ok((labels, problems))
}

#[cfg(test)]
mod tests;
