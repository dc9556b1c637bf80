//! Arguments of `lacuna weights`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum, ValueHint};

/// Weights of encoders: which there are, getting them, turning files into safetensors
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lacuna weights list
  lacuna weights fetch resnet18
  lacuna weights fetch resnet18 --from Downloads/resnet18-f37072fd.pth
  lacuna weights convert model.pth model.safetensors

Weights are kept in $LACUNA_CACHE/weights, else $XDG_CACHE_HOME/lacuna/weights, else \
~/.cache/lacuna/weights. Nothing in a weight file is ever executed.")]
pub(crate) struct WeightsArgs {
    #[command(subcommand)]
    pub(crate) action: WeightsAction,
}

/// What to do with weights.
#[derive(Debug, Subcommand)]
pub(crate) enum WeightsAction {
    /// List the published weights and whether they are on this machine
    List,
    /// Get published weights, and check that they are the right ones
    Fetch(FetchArgs),
    /// Read a .pth, .pt or .safetensors file and write it as .safetensors
    Convert(ConvertArgs),
}

/// Which weights to get, and from where.
#[derive(Debug, Args)]
pub(crate) struct FetchArgs {
    /// Which weights
    #[arg(value_enum, value_name = "NAME")]
    pub(crate) name: PublishedArg,
    /// Take a file that was downloaded elsewhere instead of the publisher's address
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) from: Option<PathBuf>,
}

/// Published weights.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum PublishedArg {
    /// ResNet18 trained on ImageNet (torchvision, IMAGENET1K_V1)
    Resnet18,
}

/// What to convert.
#[derive(Debug, Args)]
pub(crate) struct ConvertArgs {
    /// File to read
    #[arg(value_name = "IN", value_hint = ValueHint::FilePath)]
    pub(crate) input: PathBuf,
    /// File to write
    #[arg(value_name = "OUT.safetensors", value_hint = ValueHint::FilePath)]
    pub(crate) output: PathBuf,
    /// Replace a file that is there already
    #[arg(long)]
    pub(crate) force: bool,
}
