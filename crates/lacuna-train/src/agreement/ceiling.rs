//! How well two people agree, to be read beside a model's score.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Agreement, AgreementError};

/// How well two people agree: a model that is scored against one of them cannot be expected to do better.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ceiling {
    /// Names of their data sets.
    pub datasets: [String; 2],
    /// By class.
    pub classes: Vec<ClassCeiling>,
}

/// How well two people agree about a class.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassCeiling {
    /// The class.
    pub class: String,
    /// Mean Dice over cases, on pixels of which both said something.
    pub dice: Option<f64>,
    /// Its 95 % interval over groups.
    pub interval: Option<[f64; 2]>,
}

/// What is read of `agreement.json`.
#[derive(Deserialize)]
struct File {
    version: u32,
    datasets: [String; 2],
    classes: Vec<FileClass>,
}

#[derive(Deserialize)]
struct FileClass {
    class: String,
    dice: FileMean,
}

#[derive(Deserialize)]
struct FileMean {
    mean: FileValue,
    interval: Option<FileInterval>,
}

#[derive(Deserialize)]
struct FileValue {
    mean: Option<f64>,
}

#[derive(Deserialize)]
struct FileInterval {
    interval: Option<FileEnds>,
}

#[derive(Deserialize)]
struct FileEnds {
    lo: f64,
    hi: f64,
}

impl Ceiling {
    /// Reads what [`Agreement::save`] wrote.
    ///
    /// # Errors
    /// If it cannot be read, or is none.
    pub fn load(path: &Path) -> Result<Self, AgreementError> {
        let malformed =
            |reason: String| AgreementError::Malformed { path: path.to_owned(), reason };
        let text = fs_err::read_to_string(path).map_err(AgreementError::Read)?;
        let file: File = serde_json::from_str(&text).map_err(|e| malformed(e.to_string()))?;
        if file.version > Agreement::VERSION {
            let (found, known) = (file.version, Agreement::VERSION);
            return Err(malformed(format!(
                "its version is {found}, this program reads up to {known}"
            )));
        }
        let class = |FileClass { class, dice }: FileClass| ClassCeiling {
            class,
            dice: dice.mean.mean,
            interval: dice.interval.and_then(|i| i.interval).map(|ends| [ends.lo, ends.hi]),
        };
        Ok(Self { datasets: file.datasets, classes: file.classes.into_iter().map(class).collect() })
    }

    /// In words, for the classes of a model.
    pub fn sentence(&self, classes: &[String]) -> String {
        let of = |class: &&ClassCeiling| classes.contains(&class.class);
        let found: Vec<String> = self.classes.iter().filter(of).map(ClassCeiling::words).collect();
        let [first, second] = &self.datasets;
        if found.is_empty() {
            return format!("{first} and {second} have no class of the model in common");
        }
        format!(
            "two people ({first}, {second}) agree with Dice {}: more cannot be expected",
            found.join(", ")
        )
    }
}

impl ClassCeiling {
    fn words(&self) -> String {
        let Self { class, dice, interval } = self;
        match (dice, interval) {
            (None, _) => format!("undefined for {class}"),
            (Some(dice), None) => format!("{dice:.3} for {class}"),
            (Some(dice), Some([low, high])) => {
                format!("{dice:.3} [{low:.3}, {high:.3}] for {class}")
            }
        }
    }
}
