//! Arguments of `lacuna loop`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum, ValueHint};

/// Paint a little, train, correct, repeat: without a person
#[derive(Debug, Args)]
pub(crate) struct LoopArgs {
    #[command(subcommand)]
    pub(crate) action: LoopAction,
}

/// What to do with the loop.
#[derive(Debug, Subcommand)]
pub(crate) enum LoopAction {
    Simulate(LoopSimulateArgs),
}

/// Let an oracle paint from complete masks, and plot Dice against cost for each way to choose what to paint
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lacuna loop simulate --data mouths --output-dir loop
  lacuna loop simulate --data mouths --output-dir loop --strategy entropy --rounds 8 --seeds 5

Every round paints one window in each of several pictures, completely and for all classes, trains as the app does, \
and scores the model on all pixels of the test cases. The data set is not changed; its `truth/` is needed.")]
pub(crate) struct LoopSimulateArgs {
    /// Data set with complete masks
    #[arg(long, value_name = "DS", value_hint = ValueHint::DirPath)]
    pub(crate) data: PathBuf,
    /// Folder for scores, plot, and a data set and models for every loop
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) output_dir: PathBuf,
    /// How pictures are chosen; repeat for more [default: all]
    #[arg(long, value_enum, value_name = "NAME")]
    pub(crate) strategy: Vec<StrategyArg>,
    /// Rounds
    #[arg(long, value_name = "N", default_value_t = 6)]
    pub(crate) rounds: usize,
    /// Windows a round, each in another picture
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) windows: usize,
    /// Side of a window, as a share of the picture's shorter side
    #[arg(long, value_name = "SHARE", default_value_t = 0.33)]
    pub(crate) window_side: f64,
    /// Loops a strategy, with the seeds 0, 1, …
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) seeds: u64,
    /// Side of the network's input in pixels, a multiple of 32
    #[arg(long, alias = "image-size", value_name = "SIZE", default_value_t = 128)]
    pub(crate) size: usize,
    /// Split of the data set
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub(crate) split: String,
}

/// How pictures are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StrategyArg {
    /// At random, where much foreground is predicted more often.
    Foreground,
    /// At random.
    Random,
    /// Most predictive entropy first.
    Entropy,
}
