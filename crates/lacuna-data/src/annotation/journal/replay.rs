//! What an annotation becomes by the edits of a journal.
//!
//! Every pixel an edit touches is set to something that does not depend on what it was. So the last
//! edit of a pixel decides, and edits may be replayed over masks that contain them already, all of
//! them or the first few: the result is the same. Folding a journal into the mask files and reading
//! while somebody folds both rest on this.

use super::{Entry, EntryError, Op, Origin, Paint};
use crate::annotation::{Annotation, BinaryMask, Provenance, Ternary, TernaryMask, Unpainted};
use crate::class::ClassSet;
use crate::image::Size;

/// What the provenance of painted classes names as their source.
const SOURCE: &str = "lacuna";

impl Annotation {
    /// Applies the edits in order. Classes that were painted and have no provenance get one.
    ///
    /// # Errors
    ///
    /// If an edit does not fit the classes or the picture; those before it are applied.
    pub fn replay<'a>(
        &mut self,
        entries: impl IntoIterator<Item = &'a Entry>,
        classes: &ClassSet,
    ) -> Result<(), EntryError> {
        for entry in entries {
            self.apply(entry, classes)?;
        }
        for suggested in &mut self.suggested {
            // so that masks are equal however they came about
            if suggested.as_ref().is_some_and(|mask| !mask.values().contains(&true)) {
                *suggested = None;
            }
        }
        Ok(())
    }

    fn apply(&mut self, entry: &Entry, classes: &ClassSet) -> Result<(), EntryError> {
        let size = self.masks.first().map_or(Size::new(0, 0), TernaryMask::size);
        entry.check(classes, size)?;
        for op in &entry.ops {
            match op {
                Op::Paint(paint) => {
                    self.paint(classes.index(&paint.class)?, paint);
                    self.name_source(&paint.class, &entry.author);
                }
                Op::Regions { regions } => self.regions.clone_from(regions),
            }
        }
        Ok(())
    }

    fn paint(&mut self, class: usize, paint: &Paint) {
        let mask = &mut self.masks[class];
        let is_accepted = paint.origin == Origin::Accepted && paint.value != Ternary::Unknown;
        if is_accepted && self.suggested[class].is_none() {
            self.suggested[class] = Some(BinaryMask::empty(mask.size()));
        }
        for run in paint.runs.iter() {
            if let Some(suggested) = &mut self.suggested[class] {
                suggested.values_mut()[run.clone()].fill(is_accepted);
            }
            mask.values_mut()[run].fill(paint.value);
        }
    }

    fn name_source(&mut self, class: &str, author: &str) {
        if self.provenance.iter().all(|known| known.class != class) {
            self.provenance.push(Provenance {
                class: class.to_owned(),
                source: SOURCE.to_owned(),
                author: Some(author.to_owned()),
                unpainted: Unpainted::Unknown,
            });
        }
    }
}
