//! Arguments of `lacuna detect predict`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::{BaselineArg, share};

const EXAMPLES: &str = "\
Examples:
  lacuna detect predict --run runs/boxes --data DS
  lacuna detect predict --run runs/boxes --data DS --folds 5
  lacuna detect predict --run runs/boxes --data DS2 --margin .03 --score-threshold .7
  lacuna detect predict --run runs/boxes --data DS --baseline mean-box

Boxes become regions of role `model` with their score and the version of the detector. Earlier regions of models are \
replaced; people's are never touched, and count instead where there are any. A picture in which nothing is found gets \
no box: nothing outside one is known then.
Pictures that the detector was trained on, and others of their group, are left out: its word about them is worth \
nothing. With --folds K, K detectors that did not see their groups are trained for them in RUN/folds; if that is \
interrupted, the same command goes on.";

/// Write a detector's boxes into a data set
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DetectPredictArgs {
    /// Run folder of a detector
    #[arg(long, value_name = "RUN", value_hint = ValueHint::DirPath)]
    pub(crate) run: PathBuf,
    /// Data set to write to, with the classes of the one trained on
    #[arg(long, value_name = "DS", value_hint = ValueHint::DirPath)]
    pub(crate) data: PathBuf,
    /// Only this case; repeat for more
    #[arg(long, value_name = "ID")]
    pub(crate) case: Vec<String>,
    /// Also predict the pictures it was trained on, by so many detectors that did not see their groups
    #[arg(long, value_name = "K")]
    pub(crate) folds: Option<usize>,
    /// Widen boxes on every side by this share of the picture's longer side [default: what validation recommends]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub(crate) margin: Option<f64>,
    /// Write no box with a lower score
    #[arg(long, value_name = "SCORE", default_value_t = 0.5, value_parser = share)]
    pub(crate) score_threshold: f64,
    /// Boxes of a picture, at most [default: the most that a person drew in a training picture]
    #[arg(long, value_name = "N")]
    pub(crate) most: Option<usize>,
    /// Write a simpler box in place of the detector's
    #[arg(long, value_enum, value_name = "NAME")]
    pub(crate) baseline: Option<BaselineArg>,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Device [default: that of the training]
    #[arg(long, value_name = "DEVICE")]
    pub(crate) device: Option<String>,
}
