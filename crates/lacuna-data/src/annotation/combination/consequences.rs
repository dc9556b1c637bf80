//! What follows from what is said of classes at a pixel, through exclusion and part-of: the same that
//! [`Evidence`](crate::supervision::Evidence) makes of it.

use super::Word;
use crate::annotation::Ternary;
use crate::annotation::journal::Origin;
use crate::class::ClassSet;

/// What each class's *yes* and *no* say of this and other classes.
#[derive(Clone, Debug)]
pub(super) struct Consequences {
    yes: Vec<Vec<(usize, Ternary)>>,
    no: Vec<Vec<(usize, Ternary)>>,
}

/// How much something counts that is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    #[default]
    Nothing,
    Accepted,
    Painted,
}

/// What several words come to for one class.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Meaning {
    yes: Weight,
    no: Weight,
}

impl Consequences {
    pub(super) fn new(classes: &ClassSet) -> Self {
        let wholes: Vec<_> = (0..classes.len()).map(|class| classes.wholes_of(class)).collect();
        let no = (0..classes.len()).map(|class| {
            let parts = (0..classes.len()).filter(|part| wholes[*part].contains(&class));
            parts.chain([class]).map(|class| (class, Ternary::Negative)).collect()
        });
        let no: Vec<Vec<_>> = no.collect();
        let yes = (0..classes.len()).map(|class| {
            let same: Vec<usize> = wholes[class].iter().copied().chain([class]).collect();
            let excludes =
                |other: &usize| same.iter().any(|one| classes.are_exclusive(*one, *other));
            let excluded = (0..classes.len()).filter(excludes).flat_map(|other| no[other].clone());
            let positive = same.iter().map(|class| (*class, Ternary::Positive));
            positive.chain(excluded).collect()
        });
        Self { yes: yes.collect(), no }
    }

    /// What words, one a class, come to for each class.
    pub(super) fn meanings(&self, words: &[Word]) -> Vec<Meaning> {
        let mut meanings = vec![Meaning::default(); words.len()];
        for (class, (value, origin)) in words.iter().enumerate() {
            for (other, implied) in self.of(class, *value) {
                meanings[*other].add(*implied, (*origin).into());
            }
        }
        meanings
    }

    /// Whether a value of one class says that of another (or the same).
    pub(super) fn implies(&self, class: usize, value: Ternary, said: (usize, Ternary)) -> bool {
        self.of(class, value).contains(&said)
    }

    fn of(&self, class: usize, value: Ternary) -> &[(usize, Ternary)] {
        match value {
            Ternary::Unknown => &[],
            Ternary::Positive => &self.yes[class],
            Ternary::Negative => &self.no[class],
        }
    }
}

impl Meaning {
    /// What it says: paint stands against what was merely accepted, and what says both says nothing.
    pub(super) fn value(self) -> Ternary {
        match self.yes.cmp(&self.no) {
            std::cmp::Ordering::Less => Ternary::Negative,
            std::cmp::Ordering::Equal => Ternary::Unknown,
            std::cmp::Ordering::Greater => Ternary::Positive,
        }
    }

    /// Whether something is said and says nothing, because the opposite is said as well.
    pub(super) fn is_contradicted(self) -> bool {
        self.yes == self.no && self.yes != Weight::Nothing
    }

    /// What two people come to.
    pub(super) fn with(self, other: Self) -> Self {
        Self { yes: self.yes.max(other.yes), no: self.no.max(other.no) }
    }

    fn add(&mut self, value: Ternary, weight: Weight) {
        let place = if value == Ternary::Positive { &mut self.yes } else { &mut self.no };
        *place = weight.max(*place);
    }
}

impl From<Origin> for Weight {
    fn from(origin: Origin) -> Self {
        match origin {
            Origin::Painted => Self::Painted,
            Origin::Accepted => Self::Accepted,
        }
    }
}
