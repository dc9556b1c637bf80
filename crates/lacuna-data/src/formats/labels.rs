//! What another tool's label names mean here.

use std::collections::{BTreeMap, BTreeSet};

use super::Problem;
use crate::class::{ClassError, ClassSet};

/// What a label of another tool stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Label {
    /// The class of that name.
    Class(String),
    /// Pixels that are certainly not of the class of that name.
    Not(String),
    /// Pixels that are certainly of none of the classes.
    Neither,
    /// Pixels about which nothing is known, whatever unpainted ones mean.
    Unknown,
    /// An outline around everything of interest, whoever drew it.
    Region,
    /// Nothing: it is left out, and counted.
    Skip,
}

/// Label names with their meaning. A label that is not listed is the class of its name, and `not_CLASS` is
/// pixels that are not of it; if there is no such class, the import is refused unless `skip_others` is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelMap {
    /// Meaning by label.
    pub labels: BTreeMap<String, Label>,
    /// Leave out labels that are neither listed nor the name of a class.
    pub skip_others: bool,
}

/// A label's meaning with the class as an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    Class(usize),
    Not(usize),
    /// Of none of the classes that the file speaks about; it may not know the others.
    Background,
    /// Of none of the data set's classes: the user says so.
    Neither,
    Unknown,
    Region,
    Skip,
}

/// A label map that fits the classes of a data set.
#[derive(Clone, Debug)]
pub(crate) struct Labels {
    meanings: BTreeMap<String, Meaning>,
    skip_others: bool,
    known: String,
}

impl LabelMap {
    /// Looks up the classes.
    ///
    /// # Errors
    /// The first that the data set does not have.
    pub(crate) fn resolve(&self, classes: &ClassSet) -> Result<Labels, ClassError> {
        let names = || classes.names().into_iter().enumerate();
        let nots = names().map(|(class, name)| (format!("not_{name}"), Meaning::Not(class)));
        let mut meanings: BTreeMap<_, _> = nots.collect();
        meanings.extend(names().map(|(class, name)| (name, Meaning::Class(class))));
        for (name, label) in &self.labels {
            let meaning = match label {
                Label::Class(class) => Meaning::Class(classes.index(class)?),
                Label::Not(class) => Meaning::Not(classes.index(class)?),
                Label::Neither => Meaning::Neither,
                Label::Unknown => Meaning::Unknown,
                Label::Region => Meaning::Region,
                Label::Skip => Meaning::Skip,
            };
            meanings.insert(name.clone(), meaning);
        }
        Ok(Labels { meanings, skip_others: self.skip_others, known: classes.names().join(", ") })
    }
}

impl Labels {
    /// What a label means; `None` if it is not listed and no class.
    pub(crate) fn meaning(&self, label: &str) -> Option<Meaning> {
        let other = self.skip_others.then_some(Meaning::Skip);
        self.meanings.get(label).copied().or(other)
    }

    /// What a label that [`check`](Self::check) has let through means.
    pub(crate) fn checked(&self, label: &str) -> Meaning {
        self.meaning(label).unwrap_or(Meaning::Skip)
    }

    /// Gives a label a meaning unless it has one.
    pub(crate) fn default(&mut self, label: &str, meaning: Meaning) {
        self.meanings.entry(label.to_owned()).or_insert(meaning);
    }

    /// A problem for every label of `file` that means nothing.
    pub(crate) fn check(&self, file: &str, labels: &BTreeSet<String>) -> Vec<Problem> {
        let strange = labels.iter().filter(|label| self.meaning(label).is_none());
        let problem = |label: &String| {
            let message =
                format!("`{file}` has label `{label}`, which is no class ({})", self.known);
            Problem::new(message, Some("map the label to a class, or say that it is to be skipped"))
        };
        strange.map(problem).collect()
    }

    /// The classes that a file with these labels speaks about, by index.
    pub(crate) fn classes_of<'a>(
        &self,
        labels: impl IntoIterator<Item = &'a String>,
    ) -> BTreeSet<usize> {
        let class = |label: &String| match self.checked(label) {
            Meaning::Class(class) | Meaning::Not(class) => Some(class),
            _ => None,
        };
        labels.into_iter().filter_map(class).collect()
    }
}
