//! The annotation files of a case: masks, regions, provenance, and the journal of later edits.

use std::io;
use std::path::PathBuf;

use super::{Case, DataError, Dataset, DatasetLock, JournalWriter};
use crate::annotation::journal::{self, Journal};
use crate::annotation::mask_file::{
    MaskFileError, read_binary, read_ternary, write_binary, write_ternary,
};
use crate::annotation::regions_file::{
    read_provenance, read_regions, write_provenance, write_regions,
};
use crate::annotation::{Annotation, BinaryMask, Region, TernaryMask};
use crate::atomic_file::{create_folder, remove_file};
use crate::image::Size;

impl Dataset {
    /// Where the edits of a case lie that are not in its mask files yet; the file need not exist.
    pub fn journal_path(&self, case: &Case) -> PathBuf {
        self.annotation_folder(case).join(journal::FILE_NAME)
    }

    /// Reads everything said about a case, its journal included. Missing files say nothing; sizes must
    /// be the picture's.
    pub fn load_annotation(&self, case: &Case) -> Result<Annotation, DataError> {
        Ok(self.load_annotation_and_seq(case)?.0)
    }

    /// Reads everything said about a case, and the number of the last edit in it.
    ///
    /// This works while another program adds edits or folds them. The journal is read after the mask
    /// files, so it has every edit that is missing in them and every edit that a fold has begun to
    /// write into them; to replay the latter once more changes nothing. Only if a fold was completed
    /// in between are edits in neither; then the header is another than before, and everything is read
    /// again.
    pub fn load_annotation_and_seq(&self, case: &Case) -> Result<(Annotation, u64), DataError> {
        self.load_beside(case, || ())
    }

    /// Loads while `meanwhile` happens between the reading of the files and that of the journal.
    pub(super) fn load_beside(
        &self,
        case: &Case,
        mut meanwhile: impl FnMut(),
    ) -> Result<(Annotation, u64), DataError> {
        let size = self.image_size(case)?;
        let path = self.journal_path(case);
        let mut after = Journal::read_after(&path)?;
        loop {
            let mut annotation = self.load_files(case, size)?;
            meanwhile();
            let journal = self.read_journal(case, size)?;
            if journal.after() == after {
                self.replay(&mut annotation, &journal, case)?;
                return Ok((annotation, journal.seq()));
            }
            after = journal.after();
        }
    }

    /// Reads the edits of a case that are not in its mask files yet.
    pub fn load_journal(&self, case: &Case) -> Result<Journal, DataError> {
        self.read_journal(case, self.image_size(case)?)
    }

    /// Opens the journal of a case for new edits.
    ///
    /// # Errors
    ///
    /// If the lock is of another data set, or the journal is damaged.
    pub fn open_journal(
        &self,
        case: &Case,
        lock: &DatasetLock,
    ) -> Result<JournalWriter, DataError> {
        if lock.dir() != self.dir() {
            let reason = format!("the lock is that of `{}`", lock.dir().display());
            return Err(DataError::DoesNotFit { id: case.id.clone(), reason });
        }
        let size = self.image_size(case)?;
        JournalWriter::open(self.journal_path(case), size, &self.classes, lock.clone())
    }

    /// Writes everything said about a case; files that would say nothing are removed, and the edits of a
    /// journal count as contained.
    ///
    /// # Errors
    ///
    /// If the annotation does not fit the case, or the disk cannot be written; and
    /// [`DataError::InUse`] if there is a journal and somebody holds the lock.
    pub fn save_annotation(&self, case: &Case, annotation: &Annotation) -> Result<(), DataError> {
        let sizes = annotation.masks.iter().map(TernaryMask::size);
        let suggested = annotation.suggested.iter().flatten().map(BinaryMask::size);
        self.check_masks(case, annotation.masks.len(), sizes.chain(suggested))?;
        if annotation.suggested.len() != self.classes.len() {
            let reason = format!("{} suggestions", annotation.suggested.len());
            return Err(DataError::DoesNotFit { id: case.id.clone(), reason });
        }
        let journal = if self.journal_path(case).exists() {
            Some(self.open_journal(case, &self.lock()?)?)
        } else {
            None
        };
        self.write_annotation(case, annotation, journal)
    }

    /// Replaces the regions of a case and nothing else.
    ///
    /// # Errors
    ///
    /// If the disk cannot be written, or the lock is of another data set.
    pub fn save_regions(
        &self,
        case: &Case,
        regions: Vec<Region>,
        lock: &DatasetLock,
    ) -> Result<(), DataError> {
        if self.journal_path(case).exists() {
            // regions in the journal would replace those of the file
            let journal = self.open_journal(case, lock)?;
            let annotation = Annotation { regions, ..self.load_annotation(case)? };
            return self.write_annotation(case, &annotation, Some(journal));
        }
        let folder = self.annotation_folder(case);
        create_folder(&folder).map_err(|e| DataError::io(&folder, e))?;
        Ok(write_regions(&folder.join("regions.json"), &regions)?)
    }

    fn write_annotation(
        &self,
        case: &Case,
        annotation: &Annotation,
        journal: Option<JournalWriter>,
    ) -> Result<(), DataError> {
        let folder = self.annotation_folder(case);
        create_folder(&folder).map_err(|e| DataError::io(&folder, e))?;
        for class in 0..self.classes.len() {
            self.write_mask(case, annotation, class)?;
            self.write_suggested(case, annotation, class)?;
        }
        self.write_regions(case, annotation)?;
        self.write_provenance(case, annotation)?;
        journal.map_or(Ok(()), |mut journal| journal.shorten())
    }

    /// What the files say without the journal.
    pub(super) fn load_files(&self, case: &Case, size: Size) -> Result<Annotation, DataError> {
        let folder = self.annotation_folder(case);
        self.refuse_stray_masks(&folder)?;
        let mut annotation = Annotation::unknown(size, self.classes.len());
        for class in 0..self.classes.len() {
            let mask = if_there(read_ternary(&self.mask_path(case, class), Some(size)));
            if let Some(mask) = self.fitting(case, mask)? {
                annotation.masks[class] = mask;
            }
            let suggested = if_there(read_binary(&self.suggested_path(case, class), Some(size)));
            annotation.suggested[class] = self.fitting(case, suggested)?;
        }
        annotation.regions = read_regions(&folder.join("regions.json"))?;
        annotation.provenance = read_provenance(&folder.join("provenance.json"))?;
        Ok(annotation)
    }

    pub(super) fn replay(
        &self,
        annotation: &mut Annotation,
        journal: &Journal,
        case: &Case,
    ) -> Result<(), DataError> {
        annotation.replay(journal.entries(), &self.classes).map_err(|error| DataError::DoesNotFit {
            id: case.id.clone(),
            reason: error.to_string(),
        })
    }

    pub(super) fn write_mask(
        &self,
        case: &Case,
        annotation: &Annotation,
        class: usize,
    ) -> Result<(), DataError> {
        let color = self.classes.classes()[class].color;
        Ok(write_ternary(&self.mask_path(case, class), &annotation.masks[class], color)?)
    }

    pub(super) fn write_suggested(
        &self,
        case: &Case,
        annotation: &Annotation,
        class: usize,
    ) -> Result<(), DataError> {
        let path = self.suggested_path(case, class);
        match &annotation.suggested[class] {
            Some(mask) => Ok(write_binary(&path, mask)?),
            None => remove_file(&path).map_err(|e| DataError::io(&path, e)),
        }
    }

    pub(super) fn write_regions(&self, case: &Case, said: &Annotation) -> Result<(), DataError> {
        let path = self.annotation_folder(case).join("regions.json");
        Ok(write_regions(&path, &said.regions)?)
    }

    pub(super) fn write_provenance(&self, case: &Case, said: &Annotation) -> Result<(), DataError> {
        let path = self.annotation_folder(case).join("provenance.json");
        Ok(write_provenance(&path, &said.provenance)?)
    }

    fn mask_path(&self, case: &Case, class: usize) -> PathBuf {
        let name = &self.classes.classes()[class].name;
        self.annotation_folder(case).join(format!("{name}.png"))
    }

    fn suggested_path(&self, case: &Case, class: usize) -> PathBuf {
        let name = &self.classes.classes()[class].name;
        self.annotation_folder(case).join(format!("{name}.suggested.png"))
    }

    fn read_journal(&self, case: &Case, size: Size) -> Result<Journal, DataError> {
        Ok(Journal::read(&self.journal_path(case), &self.classes, size)?)
    }
}

/// A file may disappear between two looks at it, so one look has to do.
fn if_there<T>(read: Result<T, MaskFileError>) -> Result<Option<T>, MaskFileError> {
    match read {
        Err(MaskFileError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            Ok(None)
        }
        other => other.map(Some),
    }
}
