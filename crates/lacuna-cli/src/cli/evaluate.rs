//! Arguments of `lacuna evaluate`.

use std::path::PathBuf;

use clap::Args;

const EXAMPLES: &str = "\
Examples:
  lacuna evaluate --run runs/a
  lacuna evaluate --run runs/a --threshold 0.5 --threshold elkan-noto --threshold validation
  lacuna evaluate --run runs/a --data DS --part validation --output-dir scores
  lacuna evaluate --predictions nnunet --data DS --output-dir scores/nnunet

Scores are given on known pixels (painted regions only: a selected sample) with bounds over every \
completion of the unknown ones, under the paper's definition (unpainted = negative), and on all \
pixels where the data set has complete truth.";

/// Score a trained network on one part of a split
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct EvaluateArgs {
    /// Run folder
    #[arg(long, value_name = "RUN", required_unless_present = "predictions")]
    pub(crate) run: Option<PathBuf>,
    /// In place of a run: a data set whose masks are scored, such as another program's predictions, imported
    #[arg(long, value_name = "DS2", conflicts_with = "run", requires_all = ["data", "output_dir"])]
    pub(crate) predictions: Option<PathBuf>,
    /// Data set folder [default: the one the run was trained on]
    #[arg(long, value_name = "DS")]
    pub(crate) data: Option<PathBuf>,
    /// With --predictions: split of the data set
    #[arg(long, value_name = "NAME", default_value = "default", requires = "predictions")]
    pub(crate) split: String,
    /// With --predictions: fold of the split
    #[arg(long, value_name = "K", default_value_t = 0, requires = "predictions")]
    pub(crate) fold: usize,
    /// Part of the split: test, validation or train
    #[arg(long, value_name = "PART", default_value = "test")]
    pub(crate) part: String,
    /// 0 to 1, elkan-noto, or validation; repeat to compare
    #[arg(long, value_name = "RULE", default_value = "0.5")]
    pub(crate) threshold: Vec<String>,
    /// Score at the network's input size instead of the pictures' own [default with the paper preset]
    #[arg(long, conflicts_with = "at_native_size")]
    pub(crate) at_training_size: bool,
    /// Score at the pictures' own size [default with all other presets]
    #[arg(long)]
    pub(crate) at_native_size: bool,
    /// Tolerance of the normalised surface Dice, in mm (pixels without spacing)
    #[arg(long, value_name = "X", default_value_t = 1.0)]
    pub(crate) nsd_tolerance: f64,
    /// agreement.json of `lacuna compare`: how well two people agree, printed beside the scores
    #[arg(long, value_name = "FILE")]
    pub(crate) ceiling: Option<PathBuf>,
    /// Leave out HD95 and surface Dice
    #[arg(long)]
    pub(crate) no_surfaces: bool,
    /// Average over mirrored copies
    #[arg(long, value_name = "NAME", value_parser = ["flips"])]
    pub(crate) tta: Option<String>,
    /// Worst and best cases of each class to show in the report
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(crate) pictures: usize,
    /// Device
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    pub(crate) device: String,
    /// Where to write [default: RUN/evaluation/PART]
    #[arg(long, value_name = "DIR")]
    pub(crate) output_dir: Option<PathBuf>,
}
