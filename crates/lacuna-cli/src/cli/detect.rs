//! Arguments of `lacuna detect`.

mod evaluate;
mod predict;
mod train;

use clap::{Args, Subcommand, ValueEnum};
use lacuna_data::annotation::Role;
use lacuna_train::detection::Baseline;

pub(crate) use evaluate::DetectEvaluateArgs;
pub(crate) use predict::DetectPredictArgs;
pub(crate) use train::DetectTrainArgs;

/// Let a detector draw the boxes around everything of interest
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lacuna detect train --data DS --output-dir runs/boxes
  lacuna detect evaluate --run runs/boxes --data DS
  lacuna detect predict --run runs/boxes --data DS
  lacuna train --data DS --output-dir runs/a --policy fusion+box --box-trust .8

A person draws boxes in about a hundred pictures, the detector those in all others; the policies `box`, \
`positive+box` and `fusion+box` then take what lies outside for negatives.")]
pub(crate) struct DetectArgs {
    #[command(subcommand)]
    pub(crate) action: DetectAction,
}

/// What to do with a detector.
#[derive(Debug, Subcommand)]
pub(crate) enum DetectAction {
    Train(Box<DetectTrainArgs>),
    Predict(Box<DetectPredictArgs>),
    Evaluate(DetectEvaluateArgs),
}

/// Who drew a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum BoxRoleArg {
    /// A person trained in the field
    Expert,
    /// Any other person
    NonExpert,
}

impl From<BoxRoleArg> for Role {
    fn from(role: BoxRoleArg) -> Self {
        match role {
            BoxRoleArg::Expert => Self::Expert,
            BoxRoleArg::NonExpert => Self::NonExpert,
        }
    }
}

/// A way to a box that needs no detector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum BaselineArg {
    /// The whole picture: nothing is outside
    WholeImage,
    /// The mean of the training boxes, as shares of width and height
    MeanBox,
    /// Around the largest piece of what a quick U-Net, trained on the boxes' insides, calls inside
    LargestComponent,
}

impl From<BaselineArg> for Baseline {
    fn from(baseline: BaselineArg) -> Self {
        match baseline {
            BaselineArg::WholeImage => Self::WholeImage,
            BaselineArg::MeanBox => Self::MeanBox,
            BaselineArg::LargestComponent => Self::LargestComponent,
        }
    }
}

/// A number from 0 to 1.
pub(super) fn share(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| format!("`{text}` is no number"))?;
    if (0.0..=1.0).contains(&number) { Ok(number) } else { Err("from 0 to 1".to_owned()) }
}
