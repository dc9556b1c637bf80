//! Edits of a journal move into the mask files.

use super::{Case, DataError, Dataset, DatasetLock, JournalWriter};
use crate::annotation::Annotation;
use crate::annotation::journal::{Entry, Op};
use crate::class::ClassSet;

/// One file written. A stop before or after any of them loses nothing: until the last the journal
/// holds all edits, and replaying those that the files hold already changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Mask(usize),
    Suggested(usize),
    Regions,
    Provenance,
    Journal,
}

impl Dataset {
    /// Moves the edits of a case's journal into its mask files and regions, writing only what they
    /// touched. What [`load_annotation`](Self::load_annotation) gives stays the same. For a case that
    /// nobody has open; see [`fold_open`](Self::fold_open).
    pub fn fold(&self, case: &Case, lock: &DatasetLock) -> Result<(), DataError> {
        self.fold_open(case, &mut self.open_journal(case, lock)?)
    }

    /// Moves the edits of a case's open journal into its mask files and regions. The numbering goes on
    /// after them.
    ///
    /// # Errors
    ///
    /// If `writer` is of another case, a file is damaged or the disk cannot be written. The edits are in
    /// the journal then, and a later attempt may work.
    pub fn fold_open(&self, case: &Case, writer: &mut JournalWriter) -> Result<(), DataError> {
        self.take_steps(case, writer, usize::MAX)
    }

    /// Folds, but stops after so many steps, as a crash would.
    fn take_steps(
        &self,
        case: &Case,
        writer: &mut JournalWriter,
        most: usize,
    ) -> Result<(), DataError> {
        if writer.path() != self.journal_path(case) {
            let reason = format!("`{}` is not its journal", writer.path().display());
            return Err(DataError::DoesNotFit { id: case.id.clone(), reason });
        }
        if writer.journal().entries().is_empty() {
            return Ok(());
        }
        let mut annotation = self.load_files(case, self.image_size(case)?)?;
        self.replay(&mut annotation, writer.journal(), case)?;
        for step in steps(writer.journal().entries(), &self.classes).into_iter().take(most) {
            self.take(step, case, &annotation, writer)?;
        }
        Ok(())
    }

    fn take(
        &self,
        step: Step,
        case: &Case,
        annotation: &Annotation,
        writer: &mut JournalWriter,
    ) -> Result<(), DataError> {
        match step {
            Step::Mask(class) => self.write_mask(case, annotation, class),
            Step::Suggested(class) => self.write_suggested(case, annotation, class),
            Step::Regions => self.write_regions(case, annotation),
            Step::Provenance => self.write_provenance(case, annotation),
            Step::Journal => writer.shorten(),
        }
    }
}

/// What has to be written, in order.
fn steps(entries: &[Entry], classes: &ClassSet) -> Vec<Step> {
    let is_touched =
        |name: &str| entries.iter().flat_map(Entry::paints).any(|paint| paint.class == name);
    let touched: Vec<_> =
        (0..classes.len()).filter(|class| is_touched(&classes.classes()[*class].name)).collect();
    let mut steps: Vec<_> =
        touched.iter().flat_map(|class| [Step::Mask(*class), Step::Suggested(*class)]).collect();
    if entries.iter().flat_map(|entry| &entry.ops).any(|op| matches!(op, Op::Regions { .. })) {
        steps.push(Step::Regions);
    }
    if !touched.is_empty() {
        steps.push(Step::Provenance);
    }
    steps.push(Step::Journal);
    steps
}

#[cfg(test)]
mod tests;
