//! Why nothing can be evaluated.

use std::io;
use std::path::PathBuf;

use lacuna_data::Size;
use lacuna_data::dataset::DataError;
use lacuna_data::json_file::JsonFileError;
use lacuna_metrics::MetricError;

use crate::predict::PredictError;

/// Why nothing can be evaluated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvaluateError {
    /// There is nothing to score.
    #[error("there are no {part} cases in `{}`", folder.display())]
    NoCases {
        /// The data set.
        folder: PathBuf,
        /// The part of the split.
        part: String,
    },
    /// The model was trained for other classes.
    #[error(
        "`{}` predicts the classes {model}, but `{}` has {dataset}",
        checkpoint.display(),
        folder.display()
    )]
    Classes {
        /// The checkpoint.
        checkpoint: PathBuf,
        /// Its classes.
        model: String,
        /// The data set.
        folder: PathBuf,
        /// Its classes.
        dataset: String,
    },
    /// Thresholds for other classes.
    #[error("thresholds for the classes {given} do not fit the classes {expected}")]
    ThresholdClasses {
        /// The classes there are thresholds for.
        given: String,
        /// The classes there should be thresholds for.
        expected: String,
    },
    /// A threshold that is no probability.
    #[error("threshold {threshold} of class {class} is not between 0 and 1")]
    ThresholdRange {
        /// The class.
        class: String,
        /// Its threshold.
        threshold: f64,
    },
    /// A case cannot be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A case cannot be predicted.
    #[error("case `{id}` cannot be predicted")]
    Predict {
        /// The case.
        id: String,
        /// Why.
        #[source]
        source: PredictError,
    },
    /// Masks that are scored are not of the picture's size.
    #[error("the masks of case `{id}` in `{}` are {found}, the picture is {expected}", folder.display())]
    MaskSize {
        /// The case.
        id: String,
        /// The data set with the masks.
        folder: PathBuf,
        /// Their size.
        found: Size,
        /// The picture's.
        expected: Size,
    },
    /// A case cannot be scored.
    #[error("case `{id}` cannot be scored")]
    Metric {
        /// The case.
        id: String,
        /// Why.
        #[source]
        source: MetricError,
    },
    /// The scores of all cases cannot be brought together.
    #[error("the scores cannot be summarized")]
    Summary(#[source] MetricError),
    /// A result file cannot be read or written.
    #[error(transparent)]
    Json(#[from] JsonFileError),
    /// There is no such result.
    #[error("`{}` does not exist", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The table of cases cannot be written.
    #[error("could not write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Stopped by the user.
    #[error("interrupted")]
    Interrupted,
}

impl EvaluateError {
    /// What a user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoCases { part, .. } => {
                Some(format!("make a split with a {part} part: `lacuna split --data DS`"))
            }
            Self::Classes { .. } => {
                Some("evaluate on a data set with the classes the model was trained on".to_owned())
            }
            Self::Data(error) => error.hint().map(ToOwned::to_owned),
            _ => None,
        }
    }
}
