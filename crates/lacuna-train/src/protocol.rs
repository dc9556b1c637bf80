//! The experiments of the paper: approaches × conditions × repetitions, each cell an ordinary run.
//!
//! ```text
//! FOLDER/
//! ├── protocol.toml          data, seed, split and recipe: what all cells share
//! ├── data/{painted,complete,painted-masked-rN,…}/ data sets that cells learn from
//! ├── cells/rN/APPROACH-CONDITION/                 run folders, each with evaluation/test/
//! ├── results.json, results.csv, comparisons.csv   the tables
//! └── report.html, report.md
//! ```
//!
//! Within a repetition every approach has the same split, seed and erased areas, so that comparisons are paired.

mod approach;
mod case_dice;
mod cell;
mod config;
mod derived;
mod grid;
pub mod patterns;
pub mod predicted;
mod published;
mod results;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use lacuna_data::dataset::DataError;
use lacuna_data::dataset::split::SplitError;
use lacuna_data::json_file::JsonFileError;
use lacuna_metrics::MetricError;

pub use approach::{Approach, Condition, Source, UnknownApproach};
pub use cell::{Cell, CellRecord};
pub use config::{Design, ProtocolChoices, ProtocolConfig};
pub use derived::Erasure;
pub use grid::{Grid, GridEvent, GridObserver, GridOutcome, Keep, RULES};
pub use published::{Published, published};
pub use results::{Against, CellScores, Comparison, ErasedShare, Over, Results, Row};

use crate::config::ConfigError;
use crate::evaluate::EvaluateError;
use crate::predict::PredictError;
use crate::run_dir::RunDirError;
use crate::training::TrainingError;

/// Why an experiment cannot be repeated, or a cell of it failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// The data set.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The split.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// The recipe.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A setting of the recipe that is the protocol's own.
    #[error("`{key}` is set by the protocol and cannot be set for all cells")]
    OwnSetting {
        /// The setting.
        key: &'static str,
    },
    /// The folder holds results of another protocol.
    #[error("`{}` holds results of another protocol: other {what}", folder.display())]
    OtherProtocol {
        /// The folder.
        folder: PathBuf,
        /// What differs.
        what: String,
    },
    /// The protocol cannot be read.
    #[error("`{}` is no protocol", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// The protocol is of another version of the program.
    #[error("`{}` has version {found}, which this program does not know", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// The protocol cannot be written.
    #[error("the protocol cannot be written as TOML")]
    Write(#[source] toml::ser::Error),
    /// A case without complete masks.
    #[error(
        "case `{id}` has no complete masks, which `full`, `fusion+polygon` and `fusion+box+neither` need"
    )]
    NoTruth {
        /// The case.
        id: String,
    },
    /// A data set that should be there is not.
    #[error("there is no `{}`", path.display())]
    Missing {
        /// The folder.
        path: PathBuf,
    },
    /// A training.
    #[error(transparent)]
    Training(#[from] TrainingError),
    /// A run folder.
    #[error(transparent)]
    RunDir(#[from] RunDirError),
    /// A prediction.
    #[error(transparent)]
    Predict(#[from] PredictError),
    /// An evaluation.
    #[error(transparent)]
    Evaluate(#[from] EvaluateError),
    /// A record.
    #[error(transparent)]
    Json(#[from] JsonFileError),
    /// Scores that cannot be compared.
    #[error("the scores cannot be compared")]
    Metric(#[from] MetricError),
    /// A file.
    #[error("could not use `{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Stopped by the user.
    #[error("interrupted")]
    Interrupted,
}

impl ProtocolError {
    fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }

    /// What a user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Data(error) => error.hint().map(ToOwned::to_owned),
            Self::Split(error) => error.hint().map(ToOwned::to_owned),
            Self::Config(error) => error.hint(),
            Self::OwnSetting { .. } => Some("leave it out: every cell gets its own".to_owned()),
            Self::OtherProtocol { .. } => Some(
                "choose another `--output-dir`, or repeat the flags of the first start".to_owned(),
            ),
            Self::NoTruth { .. } => Some(
                "choose others with `--approaches`, or add `truth/ID/CLASS.png` for every case"
                    .to_owned(),
            ),
            Self::Training(error) => error.hint(),
            Self::RunDir(error) => error.hint().map(ToOwned::to_owned),
            _ => None,
        }
    }
}
