//! Why a detector cannot be trained or used.

use std::io;
use std::path::{Path, PathBuf};

use lacuna_data::dataset::split::SplitError;
use lacuna_data::json_file::JsonFileError;
use lacuna_data::{DataError, Size};
use lacuna_metrics::MetricError;
use lacuna_nn::detection::DetectionError;
use lacuna_nn::{OptimizerError, WeightsError};

use crate::checkpoint::CheckpointError;
use crate::encoder_weights::EncoderError;
use crate::observer::ObserverError;
use crate::predict::PredictError;
use crate::run_dir::RunDirError;
use crate::training::TrainingError;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DetectError {
    /// The data set.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The split.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// A file of the run or the data set.
    #[error(transparent)]
    Json(#[from] JsonFileError),
    /// The run folder.
    #[error(transparent)]
    RunDir(#[from] RunDirError),
    /// The run's files.
    #[error(transparent)]
    Observer(#[from] ObserverError),
    /// The network.
    #[error(transparent)]
    Network(#[from] DetectionError),
    /// The backbone's weights.
    #[error(transparent)]
    Encoder(#[from] EncoderError),
    /// A weight file.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// A checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The optimizer.
    #[error(transparent)]
    Optimizer(#[from] OptimizerError),
    /// A score.
    #[error(transparent)]
    Metric(#[from] MetricError),
    /// The segmentation network of a baseline.
    #[error(transparent)]
    Segmentation(#[from] Box<TrainingError>),
    /// The device, or the prediction of that network.
    #[error(transparent)]
    Prediction(#[from] PredictError),
    /// A file cannot be read or written.
    #[error("could not use `{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A configuration that is none of a detector.
    #[error("`{}` is no configuration of a detector", path.display())]
    ConfigFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// A configuration that TOML cannot hold.
    #[error("the configuration cannot be written")]
    NoToml {
        /// Why.
        #[source]
        source: toml::ser::Error,
    },
    /// A value that makes no sense.
    #[error("--{name} is {value}, must be {}", range(*least, *most))]
    OutOfRange {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: f64,
        /// The smallest.
        least: f64,
        /// The largest.
        most: f64,
    },
    /// Nobody drew a box where one is needed.
    #[error("none of the {cases} {part} cases of split `{split}` has a box drawn by {roles}")]
    NoBoxes {
        /// Cases looked at.
        cases: usize,
        /// Which part of the split.
        part: &'static str,
        /// The split.
        split: String,
        /// Whose boxes were looked for.
        roles: String,
    },
    /// A box without area.
    #[error(
        "case `{id}`: box {number} ({}) encloses less than a pixel of the picture",
        place(corners)
    )]
    Degenerate {
        /// The case.
        id: String,
        /// Which region, from 1.
        number: usize,
        /// Its bounds.
        corners: [f64; 4],
    },
    /// A box that reaches out of its picture.
    #[error(
        "case `{id}`: box {number} ({}) reaches out of the picture of {size} pixels",
        place(corners)
    )]
    OutOfPicture {
        /// The case.
        id: String,
        /// Which region, from 1.
        number: usize,
        /// Its bounds.
        corners: [f64; 4],
        /// The picture's size.
        size: Size,
    },
    /// The data set has other classes than the detector enclosed.
    #[error("the detector of `{}` encloses {found}; the classes of the data set are {expected}", run.display())]
    Classes {
        /// The run.
        run: PathBuf,
        /// The classes of the data set it was trained on.
        found: String,
        /// Those of the data set at hand.
        expected: String,
    },
    /// The run is none of a detector, or not trained.
    #[error("`{}` has no trained detector", run.display())]
    NoDetector {
        /// The run.
        run: PathBuf,
    },
    /// The weights of a checkpoint do not fit the network described beside them.
    #[error("the weights in `{}` do not fit the detector they describe: {report}", path.display())]
    Misfit {
        /// The checkpoint.
        path: PathBuf,
        /// What does not fit.
        report: String,
    },
    /// The data are not those the run was started on.
    #[error("the boxes or pictures of `{}` have changed since the run began", data.display())]
    Changed {
        /// The data set.
        data: PathBuf,
    },
    /// The loss is infinite or not a number.
    #[error("the loss is not a finite number in epoch {epoch}, step {step}")]
    Diverged {
        /// Epoch, from 1.
        epoch: usize,
        /// Step in the epoch, from 1.
        step: usize,
    },
    /// The device did not deliver its values.
    #[error("the device failed: {reason}")]
    Failed {
        /// What it said.
        reason: String,
    },
    /// Fewer groups than folds.
    #[error("{folds} folds need as many groups of training pictures; there are {groups}")]
    TooFewGroups {
        /// Folds asked for.
        folds: usize,
        /// Groups there are.
        groups: usize,
    },
    /// There is nothing to do.
    #[error("no picture is left to predict: the detector was trained on all {seen}")]
    AllSeen {
        /// Pictures it was trained on.
        seen: usize,
    },
    /// There is nothing to compare boxes with.
    #[error("no picture to evaluate on has complete masks, painted pixels or a person's box")]
    NothingToJudge,
    /// A person asked to stop.
    #[error("interrupted")]
    Interrupted,
}

impl DetectError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }

    /// What a user can do about it.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::NoBoxes { .. } => {
                "draw boxes in `lacuna serve`, or import them; or choose another split or `--role`"
            }
            Self::Degenerate { .. } | Self::OutOfPicture { .. } => {
                "correct the box in `lacuna serve`, or in the case's regions.json; nothing was written"
            }
            Self::Classes { .. } => {
                "a box encloses everything of interest: use a detector trained on the same classes"
            }
            Self::NoDetector { .. } => {
                "train one with `lacuna detect train`, or go on with it: `lacuna detect train --resume --output-dir RUN`"
            }
            Self::ConfigFile { .. } => {
                "a detector's run is the folder given to `lacuna detect train --output-dir`"
            }
            Self::Changed { .. } => {
                "a resumed run must see the same boxes; start a new run on the changed ones"
            }
            Self::Diverged { .. } => "lower --lr, or limit the gradient with --clip-grad-norm 1",
            Self::TooFewGroups { .. } => "give fewer `--folds`",
            Self::AllSeen { .. } => "predict them by detectors that did not see them: `--folds 5`",
            Self::NothingToJudge => "give the data set masks under truth/, paint, or boxes",
            _ => return self.hint_of_cause(),
        };
        Some(text.to_owned())
    }

    fn hint_of_cause(&self) -> Option<String> {
        match self {
            Self::Data(error) => error.hint().map(str::to_owned),
            Self::Split(error) => error.hint().map(str::to_owned),
            Self::RunDir(error) => error.hint().map(str::to_owned),
            Self::Observer(error) => error.hint().map(str::to_owned),
            Self::Encoder(error) => error.hint(),
            Self::Segmentation(error) => error.hint(),
            Self::Prediction(error) => error.hint().map(str::to_owned),
            _ => None,
        }
    }
}

impl From<TrainingError> for DetectError {
    fn from(error: TrainingError) -> Self {
        Self::Segmentation(Box::new(error))
    }
}

fn place([x1, y1, x2, y2]: &[f64; 4]) -> String {
    format!("{x1}, {y1} to {x2}, {y2}")
}

fn range(least: f64, most: f64) -> String {
    if most >= 1e6 { format!("at least {least}") } else { format!("from {least} to {most}") }
}
