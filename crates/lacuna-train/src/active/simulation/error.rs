//! What can go wrong in a simulated loop.

use std::path::PathBuf;

use lacuna_data::DataError;
use lacuna_data::dataset::split::SplitError;
use lacuna_metrics::MetricError;

use crate::config::ConfigError;
use crate::predict::PredictError;
use crate::run_dir::RunDirError;
use crate::training::TrainingError;

/// Why a simulated loop cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoopError {
    /// The data set.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The split.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A training.
    #[error(transparent)]
    Training(#[from] TrainingError),
    /// A run folder.
    #[error(transparent)]
    RunDir(#[from] RunDirError),
    /// A prediction.
    #[error(transparent)]
    Predict(#[from] PredictError),
    /// A mask of another size than its picture.
    #[error(transparent)]
    Metric(#[from] MetricError),
    /// A case whose truth is not known.
    #[error("case `{id}` has no complete masks to paint from")]
    NoTruth {
        /// The case.
        id: String,
    },
    /// A file.
    #[error("`{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Somebody asked to stop.
    #[error("interrupted")]
    Interrupted,
}

impl LoopError {
    /// What a user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Data(error) => error.hint().map(ToOwned::to_owned),
            Self::Split(error) => error.hint().map(ToOwned::to_owned),
            Self::Config(error) => error.hint(),
            Self::Training(error) => error.hint(),
            Self::NoTruth { .. } => {
                Some("the oracle needs `truth/ID/CLASS.png` of every case".to_owned())
            }
            _ => None,
        }
    }
}
