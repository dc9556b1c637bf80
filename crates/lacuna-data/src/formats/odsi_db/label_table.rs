//! What each label of ODSI-DB says about each class.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::annotation::Ternary;
use crate::class::{ClassError, ClassSet};
use crate::formats::Problem;
use crate::formats::text_file::read_text;

/// The labels of the published database.
pub const ODSI_LABELS: [&str; 35] = [
    "Attached gingiva",
    "Attrition/Erosion",
    "Blood vessel",
    "Calculus",
    "Dentine caries",
    "Enamel",
    "Fibroma",
    "Fluorosis",
    "Gingivitis",
    "Hair",
    "Hard palate",
    "Inflammation",
    "Initial caries",
    "Leukoplakia",
    "Lip",
    "Makeup",
    "Malignant lesion",
    "Marginal gingiva",
    "Metal",
    "Microfracture",
    "Mole",
    "Oral mucosa",
    "Out of focus area",
    "Pigmentation",
    "Plaque",
    "Plastic",
    "Prosthetics",
    "Root",
    "Shadow/Noise",
    "Skin",
    "Soft palate",
    "Specular reflection",
    "Stain",
    "Tongue",
    "Ulcer",
];

/// The default for classes `teeth` and `gum`, in the form in which a table is written.
const DEFAULT: &str = r#"
[teeth]
positive = ["Enamel"]
unknown = [
  "Attrition/Erosion", "Calculus", "Dentine caries", "Fluorosis", "Initial caries", "Metal", "Microfracture",
  "Out of focus area", "Plaque", "Plastic", "Prosthetics", "Root", "Shadow/Noise", "Specular reflection", "Stain",
]
negative = ["Hair", "Hard palate", "Lip", "Makeup", "Oral mucosa", "Skin", "Soft palate", "Tongue"]

[gum]
positive = ["Attached gingiva", "Marginal gingiva"]
unknown = [
  "Blood vessel", "Fibroma", "Gingivitis", "Inflammation", "Leukoplakia", "Malignant lesion", "Mole",
  "Pigmentation", "Ulcer",
]
negative = ["Hair", "Hard palate", "Lip", "Makeup", "Oral mucosa", "Skin", "Soft palate", "Tongue"]
"#;

/// What labels say about classes: yes, no, or that nothing is known. A label that is not listed for a class
/// says nothing about it, as if it had not been painted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelTable {
    /// Class index and state by label.
    by_label: BTreeMap<String, Vec<(usize, Ternary)>>,
}

/// A table that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LabelTableError {
    /// The file is not TOML of the right form.
    #[error("`{}`: {reason}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A class that the data set does not have.
    #[error("`{}`: {source}", path.display())]
    Class {
        /// The file.
        path: PathBuf,
        /// Which.
        source: ClassError,
    },
    /// A label that is listed twice for a class.
    #[error("`{}`: label `{label}` is listed twice for class `{class}`", path.display())]
    Twice {
        /// The file.
        path: PathBuf,
        /// The label.
        label: String,
        /// The class.
        class: String,
    },
    /// The data set has neither class of the default.
    #[error("the data set has no class `teeth` and no class `gum`: a label table is needed")]
    NoDefault,
    /// The file cannot be read.
    #[error("{0}")]
    Read(String),
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct OfClass {
    positive: Vec<String>,
    negative: Vec<String>,
    unknown: Vec<String>,
}

impl LabelTable {
    /// Reads a table: a TOML section a class, with lists `positive`, `negative` and `unknown`.
    pub fn read(path: &Path, classes: &ClassSet) -> Result<Self, LabelTableError> {
        let text = read_text(path).map_err(|problem| LabelTableError::Read(problem.message))?;
        Self::new(parse(&text, path)?, path, classes)
    }

    /// The default, as far as the data set has its classes.
    pub fn default_for(classes: &ClassSet) -> Result<Self, LabelTableError> {
        let path = Path::new("default");
        let mut sections = parse(DEFAULT, path)?;
        sections.retain(|class, _| classes.index(class).is_ok());
        if sections.is_empty() {
            return Err(LabelTableError::NoDefault);
        }
        Self::new(sections, path, classes)
    }

    fn new(
        sections: BTreeMap<String, OfClass>,
        path: &Path,
        classes: &ClassSet,
    ) -> Result<Self, LabelTableError> {
        let mut by_label: BTreeMap<String, Vec<(usize, Ternary)>> = BTreeMap::new();
        for (name, section) in sections {
            let class = classes
                .index(&name)
                .map_err(|source| LabelTableError::Class { path: path.to_owned(), source })?;
            let lists = [
                (section.positive, Ternary::Positive),
                (section.negative, Ternary::Negative),
                (section.unknown, Ternary::Unknown),
            ];
            for (label, state) in lists
                .into_iter()
                .flat_map(|(labels, state)| labels.into_iter().map(move |label| (label, state)))
            {
                let said = by_label.entry(label.clone()).or_default();
                if said.iter().any(|(other, _)| *other == class) {
                    let path = path.to_owned();
                    return Err(LabelTableError::Twice { path, label, class: name });
                }
                said.push((class, state));
            }
        }
        Ok(Self { by_label })
    }

    /// What a label says, class by class; `None` if neither the table nor the database knows it.
    pub fn of(&self, label: &str) -> Option<&[(usize, Ternary)]> {
        match self.by_label.get(label) {
            Some(said) => Some(said),
            None if ODSI_LABELS.contains(&label) => Some(&[]),
            None => None,
        }
    }

    /// The classes that any label speaks about, by index.
    pub fn classes(&self) -> std::collections::BTreeSet<usize> {
        self.by_label.values().flatten().map(|(class, _)| *class).collect()
    }
}

fn parse(text: &str, path: &Path) -> Result<BTreeMap<String, OfClass>, LabelTableError> {
    toml::from_str(text).map_err(|error| {
        let before = error.span().map_or("", |span| text.get(..span.start).unwrap_or_default());
        let line = before.lines().count().max(1);
        let reason = format!("line {line}: {}", error.message());
        LabelTableError::Syntax { path: path.to_owned(), reason }
    })
}

impl From<LabelTableError> for Problem {
    fn from(error: LabelTableError) -> Self {
        let hint = matches!(error, LabelTableError::NoDefault)
            .then_some("write what each label says about each of your classes into a TOML file");
        Self::new(error.to_string(), hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::test_data::Scratch;

    #[test]
    fn the_default_knows_only_labels_of_the_database() {
        let scratch = Scratch::new(&["teeth", "gum"]);
        let table = LabelTable::default_for(scratch.dataset.classes()).unwrap();
        assert!(table.by_label.keys().all(|label| ODSI_LABELS.contains(&label.as_str())));
        assert_eq!(table.of("Enamel"), Some(&[(0, Ternary::Positive)][..]));
        let both = table.of("Lip").unwrap();
        assert!(both.len() == 2 && both.iter().all(|(_, state)| *state == Ternary::Negative));
        assert_eq!(table.of("Stain"), Some(&[(0, Ternary::Unknown)][..]));
        assert_eq!(table.of("Täytteet"), None);
        let other = Scratch::new(&["lip"]);
        assert!(LabelTable::default_for(other.dataset.classes()).is_err());
    }

    #[test]
    fn tables_are_checked() {
        let scratch = Scratch::new(&["teeth", "gum"]);
        let table = [
            ("[teeth]\npositive = [\"Enamel\", \"Root\"]\n", ""),
            ("[lip]\npositive = [\"Lip\"]\n", "`lip` is not one of the classes"),
            (
                "[gum]\npositive = [\"a\"]\nunknown = [\"a\"]\n",
                "`a` is listed twice for class `gum`",
            ),
            ("[gum]\npositiv = []\n", "line"),
            ("[gum", "line 1"),
        ];
        for (text, expected) in table {
            let path = scratch.write("t.toml", text);
            match LabelTable::read(&path, scratch.dataset.classes()) {
                Ok(table) => {
                    assert!(expected.is_empty());
                    assert_eq!(table.of("Root"), Some(&[(0, Ternary::Positive)][..]));
                }
                Err(error) => {
                    let error = error.to_string();
                    assert!(error.contains(expected) && error.contains("t.toml"), "{error}");
                }
            }
        }
    }
}
