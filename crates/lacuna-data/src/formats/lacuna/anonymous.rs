//! Numbers in place of names.

use std::collections::{BTreeMap, BTreeSet};

use crate::annotation::Annotation;
use crate::dataset::{Case, DataError, Dataset, Split};

/// What cases, groups and people are called instead.
pub(super) struct Anonymous {
    cases: BTreeMap<String, String>,
    groups: BTreeMap<String, String>,
    people: BTreeMap<String, String>,
}

impl Anonymous {
    /// Numbers everything in a data set.
    pub(super) fn of(dataset: &Dataset) -> Result<Self, DataError> {
        let mut people = BTreeSet::new();
        for case in dataset.cases() {
            let said = dataset.load_annotation(case)?;
            people.extend(said.regions.into_iter().map(|region| region.author));
            people.extend(said.provenance.into_iter().filter_map(|entry| entry.author));
        }
        let ids = dataset.cases().iter().map(|case| case.id.clone());
        let groups = dataset.cases().iter().filter_map(|case| case.group.clone());
        Ok(Self {
            cases: numbered("case", ids.collect()),
            groups: numbered("group", groups.collect()),
            people: numbered("person", people),
        })
    }

    /// The case under its new id, with its picture there.
    pub(super) fn case(&self, case: &Case) -> Case {
        let id = renamed(&self.cases, &case.id);
        let extension = case.image.extension().unwrap_or_default().to_string_lossy();
        let image = format!("images/{id}.{}", extension.to_lowercase());
        let group = case.group.as_ref().map(|group| renamed(&self.groups, group));
        Case { spacing: case.spacing, ..Case::new(id, image).with_group(group) }
    }

    /// Takes names and times out of an annotation.
    pub(super) fn annotation(&self, said: &mut Annotation) {
        for region in &mut said.regions {
            region.author = renamed(&self.people, &region.author);
            region.time = None;
        }
        for entry in &mut said.provenance {
            entry.author = entry.author.as_ref().map(|author| renamed(&self.people, author));
        }
    }

    /// The same split of the cases under their new ids.
    pub(super) fn split(&self, split: &mut Split) {
        for fold in &mut split.folds {
            for part in [&mut fold.train, &mut fold.validation, &mut fold.test] {
                for id in part.iter_mut() {
                    *id = renamed(&self.cases, id);
                }
                part.sort();
            }
        }
    }
}

/// Numbers in the order of a hash, so that the order of the names does not show.
fn numbered(what: &str, names: BTreeSet<String>) -> BTreeMap<String, String> {
    let mut order: Vec<_> =
        names.into_iter().map(|name| (*blake3::hash(name.as_bytes()).as_bytes(), name)).collect();
    order.sort();
    let digits = order.len().to_string().len();
    let number =
        |(i, (_, name)): (usize, (_, String))| (name, format!("{what}-{:0digits$}", i + 1));
    order.into_iter().enumerate().map(number).collect()
}

fn renamed(names: &BTreeMap<String, String>, name: &str) -> String {
    names.get(name).cloned().unwrap_or_else(|| "unknown".to_owned())
}
