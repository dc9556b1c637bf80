//! What people paint in the app in pictures that have tasks: it is theirs, and no longer taken back with an annotation.
//!
//! It is only noted, so that nobody who paints waits for the work on a task.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use lacuna_data::annotation::journal::Op;

use super::painted::PaintedFolder;
use crate::lock;
use crate::problem::Problem;

/// Notes of what was painted, by case.
#[derive(Default)]
pub(super) struct Touched(Mutex<Notes>);

#[derive(Default)]
struct Notes {
    /// The case that is painted for its tasks at this moment, perhaps for the first time.
    working: Option<String>,
    ops: BTreeMap<String, Vec<Op>>,
}

impl Touched {
    /// Notes an edit of a person, if the case has tasks.
    pub(super) fn note(&self, folder: &PaintedFolder, case: &str, ops: &[Op]) {
        let mut notes = self.notes();
        if notes.working.as_deref() == Some(case) || folder.has(case) {
            notes.ops.entry(case.to_owned()).or_default().extend_from_slice(ops);
        }
    }

    /// From now on everything in this case is noted.
    pub(super) fn begin(&self, case: &str) {
        self.notes().working = Some(case.to_owned());
    }

    /// The case is done.
    pub(super) fn end(&self) {
        self.notes().working = None;
    }

    /// Takes the noted pixels of a case from its tasks.
    pub(super) fn settle(&self, folder: &PaintedFolder, case: &str) -> Result<(), Problem> {
        let ops = self.notes().ops.remove(case);
        ops.map_or(Ok(()), |ops| folder.disown(case, &ops))
    }

    /// The same of all cases.
    pub(super) fn settle_all(&self, folder: &PaintedFolder) -> Result<(), Problem> {
        let ops = std::mem::take(&mut self.notes().ops);
        let settled = ops.iter().map(|(case, ops)| folder.disown(case, ops));
        // one that cannot be written keeps none of the others from it
        settled.fold(Ok(()), Result::and)
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        lock(&self.0)
    }
}
