//! A data set folder: pictures, their annotations and, where it exists, their complete truth.
//!
//! ```text
//! dataset.toml                        format version, name, classes, exclusive groups, part-of
//! cases.csv                           id, image, group, and optionally row_mm, col_mm
//! images/
//! annotations/ID/CLASS.png            0 unknown, 1 negative, 2 positive
//! annotations/ID/CLASS.suggested.png  pixels a model suggested (two-state)
//! annotations/ID/regions.json
//! annotations/ID/provenance.json
//! annotations/ID/journal.jsonl        edits that are not in the files above yet
//! readings/ID/                        what two people say independently, see `reading`
//! truth/ID/CLASS.png                  complete, two-state; read by evaluation only
//! splits/NAME.json
//! ```
//!
//! Plain files are the truth. A missing annotation file means that nothing was said.

mod annotation_files;
mod case;
mod error;
mod fingerprint;
mod fold;
mod journal_writer;
mod lock;
mod manifest;
pub mod near_duplicate;
pub mod reading;
pub mod split;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fs_err as fs;

pub use case::Case;
pub(crate) use case::check_id;
pub use error::DataError;
pub use journal_writer::{Answer, JournalWriter};
pub use lock::DatasetLock;
pub use reading::Reading;
pub use split::{Fold, Split};

use crate::annotation::BinaryMask;
use crate::annotation::mask_file::{MaskFileError, read_binary, write_binary};
use crate::class::{Class, ClassError, ClassSet, default_color};
use crate::image::{Image, Size, decode_size, refuse_dicom};

/// An opened data set folder.
#[derive(Clone, Debug)]
pub struct Dataset {
    dir: PathBuf,
    name: String,
    classes: ClassSet,
    cases: Vec<Case>,
    /// Annotation folders by case where they are not those of the data set: what one reader says.
    elsewhere: Option<Arc<BTreeMap<String, PathBuf>>>,
}

impl Dataset {
    /// Makes a data set without cases in `dir`, which is made if it does not exist.
    pub fn create(dir: &Path, name: &str, classes: ClassSet) -> Result<Self, DataError> {
        if dir.join(manifest::FILE_NAME).exists() {
            return Err(DataError::Exists { dir: dir.to_owned() });
        }
        let images = dir.join("images");
        fs::create_dir_all(&images).map_err(|e| DataError::io(&images, e))?;
        case::write(dir, &[])?;
        // the manifest last: with it the folder is a data set
        manifest::write(dir, name, &classes)?;
        let (dir, name) = (dir.to_owned(), name.to_owned());
        Ok(Self { dir, name, classes, cases: Vec::new(), elsewhere: None })
    }

    /// Opens a data set; reads the manifest and the table of cases, and checks both.
    pub fn open(dir: &Path) -> Result<Self, DataError> {
        let (name, classes) = manifest::read(dir)?;
        let cases = case::read(dir)?;
        Ok(Self { dir: dir.to_owned(), name, classes, cases, elsewhere: None })
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The name in the manifest.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The classes with their relations.
    pub fn classes(&self) -> &ClassSet {
        &self.classes
    }

    /// The cases, sorted by id.
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// The case of that id.
    pub fn case(&self, id: &str) -> Result<&Case, DataError> {
        self.cases
            .binary_search_by(|case| case.id.as_str().cmp(id))
            .map(|i| &self.cases[i])
            .map_err(|_| DataError::UnknownCase { id: id.to_owned(), dir: self.dir.clone() })
    }

    /// Where a case's picture lies.
    pub fn image_path(&self, case: &Case) -> PathBuf {
        self.dir.join(&case.image)
    }

    /// Where a case's annotation files lie; the folder need not exist.
    pub fn annotation_folder(&self, case: &Case) -> PathBuf {
        let elsewhere = self.elsewhere.as_ref().and_then(|folders| folders.get(&case.id));
        elsewhere.cloned().unwrap_or_else(|| self.dir.join("annotations").join(&case.id))
    }

    /// Where a case's complete masks lie; the folder need not exist.
    pub fn truth_folder(&self, case: &Case) -> PathBuf {
        self.dir.join("truth").join(&case.id)
    }

    /// Reads a case's picture, upright, in sRGB.
    pub fn load_image(&self, case: &Case) -> Result<Image, DataError> {
        let path = self.image_path(case);
        refuse_dicom(&path)?;
        Ok(Image::open(&path)?.image)
    }

    /// The upright size of a case's picture, from its header.
    pub fn image_size(&self, case: &Case) -> Result<Size, DataError> {
        let path = self.image_path(case);
        refuse_dicom(&path)?;
        Ok(decode_size(&path)?)
    }

    /// A hash of the bytes of a case's picture file, in hexadecimal: the same picture in another data set has the same.
    pub fn image_hash(&self, case: &Case) -> Result<String, DataError> {
        fingerprint::of_file(&self.image_path(case))
    }

    /// Reads a case's complete masks, one a class in class order; `None` if there are none at all.
    pub fn load_truth(&self, case: &Case) -> Result<Option<Vec<BinaryMask>>, DataError> {
        let folder = self.truth_folder(case);
        if !folder.exists() {
            return Ok(None);
        }
        self.refuse_stray_masks(&folder)?;
        let size = self.image_size(case)?;
        let mut masks = Vec::with_capacity(self.classes.len());
        for class in self.classes.classes() {
            let path = folder.join(format!("{}.png", class.name));
            if !path.exists() {
                return Err(DataError::IncompleteTruth { id: case.id.clone(), missing: path });
            }
            masks.push(self.fitting(case, read_binary(&path, Some(size)))?);
        }
        Ok(Some(masks))
    }

    /// Writes a case's complete masks, one a class in class order.
    pub fn save_truth(&self, case: &Case, truth: &[BinaryMask]) -> Result<(), DataError> {
        self.check_masks(case, truth.len(), truth.iter().map(BinaryMask::size))?;
        let folder = self.truth_folder(case);
        fs::create_dir_all(&folder).map_err(|e| DataError::io(&folder, e))?;
        for (class, mask) in self.classes.classes().iter().zip(truth) {
            write_binary(&folder.join(format!("{}.png", class.name)), mask)?;
        }
        Ok(())
    }

    /// Takes the right to edit the data set, which one program at a time has.
    ///
    /// # Errors
    ///
    /// [`DataError::InUse`] while another has it.
    pub fn lock(&self) -> Result<DatasetLock, DataError> {
        DatasetLock::acquire(&self.dir)
    }

    /// Adds a class after the others, in a colour of its own if none is given.
    ///
    /// Networks trained before do not know it.
    pub fn add_class(&mut self, name: &str, color: Option<[u8; 3]>) -> Result<(), DataError> {
        let color = color.unwrap_or_else(|| default_color(self.classes.len()));
        self.set_classes(self.classes.with_class(Class { name: name.to_owned(), color }))
    }

    /// Gives a class another colour.
    pub fn set_color(&mut self, name: &str, color: [u8; 3]) -> Result<(), DataError> {
        self.set_classes(self.classes.with_color(name, color))
    }

    /// Replaces the groups of classes of which a pixel has at most one.
    pub fn set_exclusive(&mut self, groups: &[Vec<String>]) -> Result<(), DataError> {
        self.set_classes(self.classes.with_exclusive(groups))
    }

    /// Adds a case whose picture lies in the folder already.
    pub fn add_case(&mut self, case: Case) -> Result<(), DataError> {
        self.add_cases(vec![case])
    }

    /// Adds cases whose pictures lie in the folder already: all of them, or on an error none.
    pub fn add_cases(&mut self, cases: Vec<Case>) -> Result<(), DataError> {
        for case in &cases {
            case.check()?;
            if !self.image_path(case).is_file() {
                return Err(DataError::BadImagePath {
                    id: case.id.clone(),
                    path: case.image.display().to_string(),
                    reason: "there is no such file in the data set",
                });
            }
        }
        let mut all = self.cases.clone();
        all.extend(cases);
        case::sort_unique(&mut all)?;
        case::write(&self.dir, &all)?;
        self.cases = all;
        Ok(())
    }

    /// Adds a case with the picture given, written as `images/ID.png`.
    pub fn add_image(
        &mut self,
        id: &str,
        image: &Image,
        group: Option<&str>,
    ) -> Result<Case, DataError> {
        check_id(id)?;
        if self.cases.iter().any(|case| case.id.to_lowercase() == id.to_lowercase()) {
            return Err(DataError::DuplicateCase { id: id.to_owned() });
        }
        let case = Case::new(id, format!("images/{id}.png")).with_group(group.map(str::to_owned));
        image.save_png(&self.image_path(&case))?;
        self.add_case(case.clone())?;
        Ok(case)
    }

    /// A hash over manifest, cases and all annotation files, in hexadecimal.
    pub fn fingerprint(&self) -> Result<String, DataError> {
        fingerprint::of(self)
    }

    /// A hash over the classes and over pictures and complete masks of the cases with these ids, in hexadecimal.
    pub fn truth_fingerprint(&self, ids: &[&str]) -> Result<String, DataError> {
        fingerprint::of_truth(self, ids)
    }

    fn set_classes(&mut self, classes: Result<ClassSet, ClassError>) -> Result<(), DataError> {
        let path = self.dir.join(manifest::FILE_NAME);
        let classes = classes.map_err(|source| DataError::Classes { path, source })?;
        manifest::write(&self.dir, &self.name, &classes)?;
        self.classes = classes;
        Ok(())
    }

    /// A mask named after no class would silently count for nothing.
    fn refuse_stray_masks(&self, folder: &Path) -> Result<(), DataError> {
        for path in fingerprint::sorted_files(folder)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let Some(stem) = name.strip_suffix(".png") else { continue };
            let class = stem.strip_suffix(".suggested").unwrap_or(stem);
            if self.classes.index(class).is_err() {
                let known = self.classes.names().join(", ");
                return Err(DataError::StrayMask { path, known });
            }
        }
        Ok(())
    }

    /// Names the picture beside the mask if their sizes differ.
    fn fitting<T>(&self, case: &Case, mask: Result<T, MaskFileError>) -> Result<T, DataError> {
        mask.map_err(|error| match error {
            MaskFileError::Size { path, found, expected } => DataError::SizeMismatch {
                mask: path,
                mask_size: found,
                image: self.image_path(case),
                image_size: expected,
            },
            other => other.into(),
        })
    }

    fn check_masks(
        &self,
        case: &Case,
        count: usize,
        mut sizes: impl Iterator<Item = Size>,
    ) -> Result<(), DataError> {
        let misfit = |reason| Err(DataError::DoesNotFit { id: case.id.clone(), reason });
        if count != self.classes.len() {
            return misfit(format!("{count} masks for {} classes", self.classes.len()));
        }
        let size = self.image_size(case)?;
        match sizes.find(|mask| *mask != size) {
            Some(mask) => misfit(format!("a mask of {mask} pixels for a picture of {size}")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
