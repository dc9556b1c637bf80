//! Where two people differ in one picture, as sets of pixels that an app can show.

use lacuna_data::annotation::Runs;
use lacuna_data::supervision::policy::Label;
use lacuna_data::{Case, DataError, Dataset, SupervisionPolicy};
use serde::Serialize;

use super::evidence;

/// What two people say of a class in a picture. Pixels that are in none of the sets are those of which nobody says yes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ClassDifference {
    /// Both say yes.
    pub both: Runs,
    /// The first says yes, the second no.
    pub only_first: Runs,
    /// The second says yes, the first no.
    pub only_second: Runs,
    /// The first says yes, the second nothing.
    pub first_alone: Runs,
    /// The second says yes, the first nothing.
    pub second_alone: Runs,
}

/// What a pair of labels counts as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Both,
    OnlyFirst,
    OnlySecond,
    FirstAlone,
    SecondAlone,
    Neither,
}

/// Where two views of the same case differ, by class of the first. What counts is what counts for
/// [`compare`](super::compare): evidence of people.
///
/// # Errors
/// If an annotation cannot be read.
pub fn differences(
    first: &Dataset,
    second: &Dataset,
    case: &Case,
) -> Result<Vec<ClassDifference>, DataError> {
    let said = [evidence(first, case)?, evidence(second, case)?];
    let policy = SupervisionPolicy::evaluation();
    let of_class = |class: usize| {
        let [first, second] = said.each_ref().map(|said| said.plane(class));
        let kinds = first.iter().zip(second).map(|(a, b)| kind(policy.label(*a), policy.label(*b)));
        ClassDifference::of(&kinds.collect::<Vec<_>>())
    };
    Ok((0..said[0].classes()).map(of_class).collect())
}

fn kind(first: Label, second: Label) -> Kind {
    let yes = |label: Label| label.is_known() && label.target > 0.5;
    match (yes(first), yes(second)) {
        (true, true) => Kind::Both,
        (true, false) if second.is_known() => Kind::OnlyFirst,
        (false, true) if first.is_known() => Kind::OnlySecond,
        (true, false) => Kind::FirstAlone,
        (false, true) => Kind::SecondAlone,
        (false, false) => Kind::Neither,
    }
}

impl ClassDifference {
    fn of(kinds: &[Kind]) -> Self {
        let pixels = |wanted: Kind| Runs::of(kinds, |kind| *kind == wanted);
        Self {
            both: pixels(Kind::Both),
            only_first: pixels(Kind::OnlyFirst),
            only_second: pixels(Kind::OnlySecond),
            first_alone: pixels(Kind::FirstAlone),
            second_alone: pixels(Kind::SecondAlone),
        }
    }
}
