//! Arguments of `lacuna explain`.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use lacuna_data::Size;
use lacuna_data::supervision::PolicyName;

use super::audit::{ResizeArg, frame};

/// Show what each policy trains on, pixel by pixel: prediction, target, weight and loss of one class
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lacuna explain P01_3 --data mouths --class gum
  lacuna explain P01_3 --data mouths --class gum --run runs/a
  lacuna explain P01_3 --data mouths --class gum --run runs/standard --run runs/fusion --run runs/fusion+box

Without a run, the target and weight of every policy; with one, also its prediction and the loss it would have \
under every policy; with several, a row a run under the policy it was trained with, as in the paper's Fig. 3.")]
pub(crate) struct ExplainArgs {
    /// Case
    #[arg(value_name = "CASE")]
    pub(crate) case: String,
    /// Data set
    #[arg(long, value_name = "DS", value_hint = ValueHint::DirPath)]
    pub(crate) data: PathBuf,
    /// Class
    #[arg(long, value_name = "CLASS")]
    pub(crate) class: String,
    /// Run folder; repeat to compare runs
    #[arg(long, value_name = "RUN", value_hint = ValueHint::DirPath)]
    pub(crate) run: Vec<PathBuf>,
    /// Only this policy; repeat for more
    #[arg(long, value_name = "NAME")]
    pub(crate) policy: Vec<PolicyName>,
    /// Without a run: side of the network's input in pixels, or HEIGHTxWIDTH
    #[arg(long, value_name = "SIZE", default_value = "256", value_parser = frame, conflicts_with = "run")]
    pub(crate) image_size: Size,
    /// Without a run: how the picture is fitted into it
    #[arg(long, value_enum, value_name = "MODE", default_value = "pad", conflicts_with = "run")]
    pub(crate) resize: ResizeArg,
    /// PNG file to write [default: explain-CASE-CLASS.png]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
    /// Device
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    pub(crate) device: String,
}
