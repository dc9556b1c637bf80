//! An edit as a client sends it.

use serde::{Deserialize, Serialize};

use super::{Entry, Op};

/// What a client wants to change, knowing the edits up to `base`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// Made by the client, and never used for another edit.
    pub id: String,
    /// The browser tab it comes from.
    pub client: String,
    /// Number of the last edit the client knows of.
    pub base: u64,
    /// Applied in order, all or none.
    pub ops: Vec<Op>,
    /// Whether to overrule edits the client did not know of.
    #[serde(default)]
    pub force: bool,
}

impl Edit {
    /// The edit with who made it and when, as RFC 3339.
    pub fn by(self, author: &str, time: &str) -> Proposal {
        let Self { id, client, base, ops, force } = self;
        let (author, time) = (author.to_owned(), time.to_owned());
        Proposal { base, force, entry: Entry { seq: 0, id, client, author, time, ops } }
    }
}

/// An edit that may become an entry of a journal.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// Number of the last edit its maker knew of.
    pub base: u64,
    /// Whether to overrule edits its maker did not know of.
    pub force: bool,
    /// What is to be written, without a number.
    pub entry: Entry,
}
