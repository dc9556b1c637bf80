//! Several annotators of one picture: which of them counts, or how they are brought together.

use super::task::Said;
use crate::annotation::{Annotation, Ternary, TernaryMask};

/// What to do when a task has more than one annotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Annotators {
    /// Refuse the import.
    Refuse,
    /// The one made last.
    Latest,
    /// Only those of this user, by id or e-mail; the last of several.
    One(String),
    /// The sign that more of them gave; unknown if as many gave the other.
    Majority,
    /// The sign that some gave and none contradicted.
    Unanimous,
}

/// The annotations that count, in their order.
///
/// # Errors
/// If there are several and nobody said what to do then.
pub(super) fn chosen<'a>(said: &'a [Said], how: &Annotators) -> Result<Vec<&'a Said>, String> {
    let done: Vec<&Said> = said.iter().filter(|said| !said.was_cancelled).collect();
    let latest = |said: Vec<&'a Said>| {
        // equal or missing times: the later in the file
        let last = said.into_iter().max_by(|a, b| a.created_at.cmp(&b.created_at));
        last.into_iter().collect()
    };
    match how {
        Annotators::Refuse if done.len() > 1 => {
            let count = done.len();
            Err(format!("{count} annotations; choose one annotator or a way to combine them"))
        }
        Annotators::Latest => Ok(latest(done)),
        Annotators::One(name) => {
            let is_theirs =
                |said: &&&Said| said.completed_by.as_ref().is_some_and(|who| who.name() == *name);
            Ok(latest(done.iter().filter(is_theirs).copied().collect()))
        }
        _ => Ok(done),
    }
}

/// One mask of several, pixel by pixel, and on how many pixels they contradict each other.
pub(super) fn combined(
    said: &[Annotation],
    class: usize,
    how: &Annotators,
) -> Option<(TernaryMask, usize)> {
    let mut result = said.first()?.masks.get(class)?.clone();
    let mut contradictions = 0;
    for (pixel, value) in result.values_mut().iter_mut().enumerate() {
        let votes =
            |state| said.iter().filter(|one| one.masks[class].values()[pixel] == state).count();
        let (yes, no) = (votes(Ternary::Positive), votes(Ternary::Negative));
        contradictions += usize::from(yes > 0 && no > 0);
        let majority = *how == Annotators::Majority;
        *value = match yes.cmp(&no) {
            std::cmp::Ordering::Greater if no == 0 || majority => Ternary::Positive,
            std::cmp::Ordering::Less if yes == 0 || majority => Ternary::Negative,
            _ => Ternary::Unknown,
        };
    }
    Some((result, contradictions))
}
