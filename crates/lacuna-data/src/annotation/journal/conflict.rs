//! Whether two people said different things about the same pixels without knowing of each other.

use super::{Entry, Op};

/// Those of `entries` that say something else than `ops` about something both touch: another value
/// for a pixel of the same class, or other regions. What `client` did itself is no conflict.
pub fn conflicts<'a>(
    entries: impl IntoIterator<Item = &'a Entry>,
    client: &str,
    ops: &[Op],
) -> Vec<&'a Entry> {
    entries
        .into_iter()
        .filter(|entry| entry.client != client)
        .filter(|entry| {
            entry.ops.iter().any(|theirs| ops.iter().any(|ours| contradict(theirs, ours)))
        })
        .collect()
}

fn contradict(a: &Op, b: &Op) -> bool {
    match (a, b) {
        (Op::Paint(a), Op::Paint(b)) => {
            a.class == b.class && a.value != b.value && a.runs.overlaps(&b.runs)
        }
        (Op::Regions { regions: a }, Op::Regions { regions: b }) => a != b,
        _ => false,
    }
}
