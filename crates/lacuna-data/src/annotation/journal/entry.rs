//! An edit as it stands in a journal, and what it must fit.

use serde::{Deserialize, Serialize};

use super::{Op, Origin, Paint};
use crate::annotation::{RunsError, Ternary};
use crate::class::{ClassError, ClassSet};
use crate::image::Size;

/// Longest id of an edit; a UUID has 36 bytes.
const MAX_ID_BYTES: usize = 100;

/// Why an edit does not fit its case.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryError {
    /// A class that the data set does not have.
    #[error(transparent)]
    Class(#[from] ClassError),
    /// Pixels that the picture does not have.
    #[error(transparent)]
    Runs(#[from] RunsError),
    /// Accepted pixels of which nothing is said.
    #[error("unknown pixels cannot be accepted ones")]
    AcceptedUnknown,
    /// A region that is none.
    #[error("region {number}: {reason}")]
    Region {
        /// Its place in the list, from 1.
        number: usize,
        /// What is wrong.
        reason: String,
    },
    /// An id that cannot tell edits apart.
    #[error("the id of an edit has 1 to 100 bytes, this one {length}")]
    Id {
        /// Its length in bytes.
        length: usize,
    },
}

/// An edit with its number, as it stands in a journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Number in the journal of the case, from 1; 0 while it has none.
    pub seq: u64,
    /// Made by the client, and never used for another edit.
    pub id: String,
    /// The browser tab it came from.
    pub client: String,
    /// Who painted.
    pub author: String,
    /// When, as RFC 3339.
    pub time: String,
    /// Applied in order, all or none.
    pub ops: Vec<Op>,
}

impl Entry {
    /// Checks id, classes, pixels and regions.
    pub fn check(&self, classes: &ClassSet, size: Size) -> Result<(), EntryError> {
        if self.id.is_empty() || self.id.len() > MAX_ID_BYTES {
            return Err(EntryError::Id { length: self.id.len() });
        }
        self.ops.iter().try_for_each(|op| op.check(classes, size))
    }

    /// The strokes of the edit, in order.
    pub fn paints(&self) -> impl Iterator<Item = &Paint> {
        self.ops.iter().filter_map(|op| match op {
            Op::Paint(paint) => Some(paint),
            Op::Regions { .. } => None,
        })
    }
}

impl Op {
    fn check(&self, classes: &ClassSet, size: Size) -> Result<(), EntryError> {
        match self {
            Self::Paint(paint) => {
                classes.index(&paint.class)?;
                paint.runs.check_within(size)?;
                match (paint.origin, paint.value) {
                    (Origin::Accepted, Ternary::Unknown) => Err(EntryError::AcceptedUnknown),
                    _ => Ok(()),
                }
            }
            Self::Regions { regions } => regions.iter().enumerate().try_for_each(|(i, region)| {
                region.check().map_err(|reason| EntryError::Region { number: i + 1, reason })
            }),
        }
    }
}
