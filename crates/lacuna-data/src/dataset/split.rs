//! Which cases train, validate and test: `splits/NAME.json`.
//!
//! All cases of a group (usually a patient) go to the same part: pictures of one mouth on both sides
//! of a split make every score too good. Cases without a group count as a group each.

mod check;
mod draw;

use std::path::{Path, PathBuf};

use fs_err as fs;
use serde::{Deserialize, Serialize};

use super::{Case, DataError, Dataset, check_id};
use crate::json_file::{JsonFileError, read_json, write_json};

const VERSION: u32 = 1;

/// Train, validation and test cases, for one or several folds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// Format version, 1.
    pub version: u32,
    /// Seed it was drawn with.
    pub seed: u64,
    /// What was kept together.
    #[serde(default)]
    pub by: Unit,
    /// Whether every case had a group that was kept together. If not, results are "not grouped by
    /// patient".
    #[serde(default)]
    pub grouped: bool,
    /// The folds.
    pub folds: Vec<Fold>,
}

/// Case ids by what they are used for, each list sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fold {
    /// Cases to learn from.
    pub train: Vec<String>,
    /// Cases to choose checkpoints and thresholds with.
    pub validation: Vec<String>,
    /// Cases to score.
    pub test: Vec<String>,
}

/// What a split keeps together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// The cases of a group.
    #[default]
    Group,
    /// Nothing: groups are ignored on request.
    Image,
}

/// How to draw a split.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SplitConfig {
    /// Seed of the drawing.
    pub seed: u64,
    /// What is kept together.
    pub by: Unit,
    /// How the test cases are chosen.
    pub test: TestPart,
    /// Share of the cases outside test that validate, 0 to 1 (exclusive).
    pub validation: f64,
}

/// How test cases are chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TestPart {
    /// As many folds; every case is tested in exactly one.
    Folds(usize),
    /// One fold, this share of the cases is tested (0 to 1, exclusive).
    Share(f64),
}

/// A split that cannot be drawn, read or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SplitError {
    /// More folds than there is to divide.
    #[error("{folds} folds need at least as many groups of cases; there are {groups}")]
    TooManyFolds {
        /// Folds asked for.
        folds: usize,
        /// Groups there are.
        groups: usize,
    },
    /// Fewer than two folds.
    #[error("cross-validation needs at least 2 folds, not {folds}")]
    TooFewFolds {
        /// Folds asked for.
        folds: usize,
    },
    /// A share that is no share.
    #[error("the share of {part} cases is {share}; it must be at least 0 and below 1")]
    BadShare {
        /// Which part.
        part: &'static str,
        /// The share given.
        share: f64,
    },
    /// Nothing is left to learn from.
    #[error("{groups} groups of cases are too few for train, validation and test")]
    TooFewGroups {
        /// Groups there are.
        groups: usize,
    },
    /// A name that cannot be a file's.
    #[error("`{name}` cannot be the name of a split")]
    BadName {
        /// The name.
        name: String,
        /// Why not.
        #[source]
        source: DataError,
    },
    /// No split of that name.
    #[error("there is no split `{}`", path.display())]
    Missing {
        /// Its file.
        path: PathBuf,
    },
    /// No fold of that number.
    #[error("there is no fold {fold}; the split has {count}, numbered from 0")]
    NoSuchFold {
        /// The fold asked for.
        fold: usize,
        /// Folds there are.
        count: usize,
    },
    /// A case that the data set does not have.
    #[error("`{}`, fold {fold}: there is no case `{id}` in the data set", path.display())]
    UnknownCase {
        /// The split's file.
        path: PathBuf,
        /// The fold.
        fold: usize,
        /// The id.
        id: String,
    },
    /// A case that is used twice.
    #[error("`{}`, fold {fold}: case `{id}` is in {first} and in {second}", path.display())]
    Overlap {
        /// The split's file.
        path: PathBuf,
        /// The fold.
        fold: usize,
        /// The id.
        id: String,
        /// One part.
        first: &'static str,
        /// The other part, or the same.
        second: &'static str,
    },
    /// A group on both sides.
    #[error("`{}`, fold {fold}: group `{group}` is in {first} and in {second}", path.display())]
    Leak {
        /// The split's file.
        path: PathBuf,
        /// The fold.
        fold: usize,
        /// The group.
        group: String,
        /// One part.
        first: &'static str,
        /// The other part.
        second: &'static str,
    },
    /// A fold without cases to learn from, or a split without folds.
    #[error("`{}` has no training cases in fold {fold}", path.display())]
    NothingToLearn {
        /// The split's file.
        path: PathBuf,
        /// The fold.
        fold: usize,
    },
    /// The split's file.
    #[error(transparent)]
    Json(#[from] JsonFileError),
    /// The data set.
    #[error(transparent)]
    Data(#[from] DataError),
}

impl SplitError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::TooManyFolds { .. } | Self::TooFewFolds { .. } => {
                Some("give fewer folds, or a share of test cases instead")
            }
            Self::TooFewGroups { .. } => {
                Some("add cases, leave out the validation part, or split by image")
            }
            Self::BadName { .. } => Some("use letters, digits, `-` and `_`"),
            Self::Missing { .. } => Some("draw one with `lacuna split --data DIR`"),
            Self::UnknownCase { .. } | Self::Overlap { .. } | Self::NothingToLearn { .. } => {
                Some("draw the split again with `lacuna split`")
            }
            Self::Leak { .. } => {
                Some("draw the split again; or by image, if the groups do not matter")
            }
            Self::Data(error) => error.hint(),
            _ => None,
        }
    }
}

impl Split {
    /// Draws a split of `cases`: the same for the same cases, groups and seed, in any order.
    pub fn draw(cases: &[Case], config: &SplitConfig) -> Result<Self, SplitError> {
        let folds = draw::folds(cases, config)?;
        let grouped = config.by == Unit::Group && cases.iter().all(|case| case.group.is_some());
        Ok(Self { version: VERSION, seed: config.seed, by: config.by, grouped, folds })
    }

    /// One fold of lists made elsewhere; they are sorted. Nothing is checked until it is loaded.
    pub fn of_fold(seed: u64, by: Unit, grouped: bool, mut fold: Fold) -> Self {
        for part in [&mut fold.train, &mut fold.validation, &mut fold.test] {
            part.sort();
        }
        Self { version: VERSION, seed, by, grouped, folds: vec![fold] }
    }

    /// Where the split `name` of the data set in `dir` lies.
    pub fn path(dir: &Path, name: &str) -> PathBuf {
        dir.join("splits").join(format!("{name}.json"))
    }

    /// Writes the split into the data set as `name`.
    pub fn save(&self, dataset: &Dataset, name: &str) -> Result<(), SplitError> {
        check_name(name)?;
        let path = Self::path(dataset.dir(), name);
        check::all(self, dataset, &path)?;
        let folder = dataset.dir().join("splits");
        fs::create_dir_all(&folder).map_err(|e| DataError::io(&folder, e))?;
        Ok(write_json(&path, self)?)
    }

    /// Reads the split `name` and checks it against the data set: ids that exist, no case twice, and
    /// no group in two parts (unless drawn by image).
    pub fn load(dataset: &Dataset, name: &str) -> Result<Self, SplitError> {
        let (split, path) = Self::read(dataset, name)?;
        check::all(&split, dataset, &path)?;
        Ok(split)
    }

    /// Reads a split of a data set that has lost cases since: those are left out.
    ///
    /// # Errors
    /// As for [`load`](Self::load).
    pub fn load_present(dataset: &Dataset, name: &str) -> Result<Self, SplitError> {
        let (mut split, path) = Self::read(dataset, name)?;
        for fold in &mut split.folds {
            for part in [&mut fold.train, &mut fold.validation, &mut fold.test] {
                part.retain(|id| dataset.case(id).is_ok());
            }
        }
        check::all(&split, dataset, &path)?;
        Ok(split)
    }

    fn read(dataset: &Dataset, name: &str) -> Result<(Self, PathBuf), SplitError> {
        check_name(name)?;
        let path = Self::path(dataset.dir(), name);
        match read_json::<Self>(&path, VERSION)? {
            Some(split) => Ok((split, path)),
            None => Err(SplitError::Missing { path }),
        }
    }

    /// The fold of that number, from 0.
    pub fn fold(&self, fold: usize) -> Result<&Fold, SplitError> {
        let count = self.folds.len();
        self.folds.get(fold).ok_or(SplitError::NoSuchFold { fold, count })
    }
}

/// A split is a file: its name is held to the rules of a case's.
fn check_name(name: &str) -> Result<(), SplitError> {
    check_id(name).map_err(|source| SplitError::BadName { name: name.to_owned(), source })
}

impl Fold {
    /// The three parts with their names.
    pub fn parts(&self) -> [(&'static str, &[String]); 3] {
        [("train", &self.train), ("validation", &self.validation), ("test", &self.test)]
    }

    /// Cases of the data set that this fold does not use, such as those added later.
    pub fn unused<'a>(&self, cases: &'a [Case]) -> Vec<&'a str> {
        let used = |id: &str| self.parts().iter().any(|(_, ids)| ids.iter().any(|i| i == id));
        cases.iter().map(|case| case.id.as_str()).filter(|id| !used(id)).collect()
    }
}

#[cfg(test)]
mod tests;
