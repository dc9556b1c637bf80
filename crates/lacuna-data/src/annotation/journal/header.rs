//! The first line of a journal.

use serde::{Deserialize, Serialize};

/// Version of the journal format.
pub(crate) const VERSION: u32 = 1;
/// An edit is sent again when its answer was lost. That concerns the few edits that were under way
/// when the journal was folded, one a browser tab; more need not be remembered.
const REMEMBERED: usize = 64;

/// Up to which edit the mask files hold everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header {
    version: u32,
    /// Number of the last edit folded into the files; 0 at first.
    pub(crate) after: u64,
    /// The last edits folded, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) folded: Vec<FoldedEdit>,
}

/// What remains of an edit that was folded into the files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FoldedEdit {
    pub(crate) seq: u64,
    pub(crate) id: String,
}

impl Default for Header {
    fn default() -> Self {
        Self { version: VERSION, after: 0, folded: Vec::new() }
    }
}

impl Header {
    /// The header once the edits numbered and named by `edits` are folded too.
    #[must_use]
    pub(crate) fn folding<'a>(&self, edits: impl Iterator<Item = (u64, &'a str)>) -> Self {
        let mut header = self.clone();
        header.folded.extend(edits.map(|(seq, id)| FoldedEdit { seq, id: id.to_owned() }));
        header.after = header.folded.last().map_or(self.after, |last| last.seq.max(self.after));
        let surplus = header.folded.len().saturating_sub(REMEMBERED);
        header.folded.drain(..surplus);
        header
    }
}
