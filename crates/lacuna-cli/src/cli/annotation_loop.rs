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
  lacuna loop simulate --data mouths --output-dir loop --strategy random,entropy --rounds 8 --seeds 5
  lacuna loop simulate --data mouths --output-dir loop --strategy random --start warm,scratch

Every round paints one window in each of several pictures, completely and for all classes, trains as the app does, \
and scores the model on all pixels of the test cases. The data set is not changed; its `truth/` is needed. \
Started again with the same settings, loops that are finished are not repeated.")]
pub(crate) struct LoopSimulateArgs {
    /// Data set with complete masks
    #[arg(long, value_name = "DS", value_hint = ValueHint::DirPath)]
    pub(crate) data: PathBuf,
    /// Folder for scores, plot, and a data set and models for every loop
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) output_dir: PathBuf,
    /// How pictures are chosen; several with commas [default: all]
    #[arg(long, value_enum, value_name = "NAME", value_delimiter = ',')]
    pub(crate) strategy: Vec<StrategyArg>,
    /// Where the training of a round starts; both with a comma
    #[arg(long, value_enum, value_name = "NAME", value_delimiter = ',', default_value = "warm")]
    pub(crate) start: Vec<StartArg>,
    /// Whether a quarter of every batch comes from the pictures of the first round; both with a comma
    #[arg(long, value_enum, value_name = "NAME", value_delimiter = ',', default_value = "yes")]
    pub(crate) replay: Vec<ReplayArg>,
    /// Seconds that painting takes: for each picture, for each stroke, and for every 100 pixels of outline
    #[arg(long, value_name = "A,B,C", value_delimiter = ',', default_values_t = [10.0, 2.0, 1.0])]
    pub(crate) cost: Vec<f64>,
    /// Keep the weights of every round
    #[arg(long)]
    pub(crate) keep_models: bool,
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
    /// At random.
    Random,
    /// At random, where much foreground is predicted more often.
    Foreground,
    /// Most predictive entropy first.
    Entropy,
    /// Where three models disagree most.
    Ensemble,
    /// Pictures that look unlike all that were painted.
    Diversity,
}

/// Where the training of a round starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StartArg {
    /// At the model of the last round, for a few steps.
    Warm,
    /// At the beginning, as long as a first model takes.
    Scratch,
}

/// Whether pictures of the first round come again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReplayArg {
    /// A quarter of every batch.
    Yes,
    /// As chance has it.
    No,
}
