//! Why grids cannot be looked at together.

use std::path::{Path, PathBuf};

use lacuna_data::dataset::DataError;
use lacuna_data::json_file::JsonFileError;
use lacuna_data::simulate::SimulationRecord;
use lacuna_metrics::MetricError;

use crate::protocol::ProtocolError;

/// Why grids cannot be looked at together.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PatternsError {
    /// A folder without a grid.
    #[error("`{}` holds no grid: it has no `protocol.toml`", folder.display())]
    NoGrid {
        /// The folder.
        folder: PathBuf,
    },
    /// The pictures were painted by people, or nobody knows how.
    #[error(
        "the data of grid `{}` were not made by `lacuna simulate`: `{}` has no `{}`",
        folder.display(),
        data.display(),
        SimulationRecord::FILE
    )]
    NotSimulated {
        /// The grid.
        folder: PathBuf,
        /// Its data set.
        data: PathBuf,
    },
    /// The data set of an older grid has moved, and the grid has no copy of its record.
    #[error("the data set of grid `{}` is not where it was: there is no `{}`", folder.display(), data.display())]
    Moved {
        /// The grid.
        folder: PathBuf,
        /// Where its data set was.
        data: PathBuf,
    },
    /// Another data set lies where the grid's was.
    #[error("the annotations of `{}` are not those that grid `{}` was made from", data.display(), folder.display())]
    Changed {
        /// The grid.
        folder: PathBuf,
        /// The data set.
        data: PathBuf,
    },
    /// Two grids differ in more than their painting.
    #[error(
        "grids `{}` and `{}` differ in more than their painting: other {what}",
        first.display(),
        other.display()
    )]
    Differ {
        /// One grid.
        first: PathBuf,
        /// The other.
        other: PathBuf,
        /// What differs.
        what: String,
    },
    /// Two grids that are the same place in every figure.
    #[error("grids `{}` and `{}` are painted the same: {painting}", first.display(), other.display())]
    PaintedTheSame {
        /// One grid.
        first: PathBuf,
        /// The other.
        other: PathBuf,
        /// How.
        painting: String,
    },
    /// A cell that was not scored against complete masks.
    #[error("`{}` was not scored on all pixels: complete masks were missing", cell.display())]
    NotAllPixels {
        /// Its run folder.
        cell: PathBuf,
    },
    /// There is nothing to look at.
    #[error("no cell of these grids is finished")]
    NothingFinished,
    /// A grid.
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
    /// A data set.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A record.
    #[error(transparent)]
    Json(#[from] JsonFileError),
    /// Scores that cannot be compared.
    #[error("the scores cannot be compared")]
    Metric(#[from] MetricError),
    /// A file.
    #[error("could not write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl PatternsError {
    pub(super) fn write(path: &Path, source: std::io::Error) -> Self {
        Self::Write { path: path.to_owned(), source }
    }

    /// What a user can do about it.
    pub fn hint(&self) -> Option<String> {
        let record = SimulationRecord::FILE;
        match self {
            Self::NoGrid { .. } => Some(
                "name folders that `lacuna reproduce --output-dir` has written".to_owned(),
            ),
            Self::NotSimulated { .. } => Some(
                "the painting pattern and the share are known of simulated data only; leave this grid out".to_owned(),
            ),
            Self::Moved { folder, .. } | Self::Changed { folder, .. } => Some(format!(
                "copy the `{record}` of the data set it was made from to `{}`",
                folder.join("data").join("painted").join(record).display()
            )),
            Self::Differ { .. } => Some(
                "only grids with the same pictures, seed, split and recipe can be compared; leave one out".to_owned(),
            ),
            Self::PaintedTheSame { .. } => Some("leave one of them out".to_owned()),
            Self::NothingFinished => {
                Some("`lacuna reproduce` trains the cells; look again when some are done".to_owned())
            }
            Self::Protocol(error) => error.hint(),
            Self::Data(error) => error.hint().map(ToOwned::to_owned),
            _ => None,
        }
    }
}
