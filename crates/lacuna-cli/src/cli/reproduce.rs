//! Arguments of `lacuna reproduce`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};
use lacuna_train::protocol::Approach;

const EXAMPLES: &str = "\
Examples:
  lacuna reproduce --data DS --output-dir results --dry-run
  lacuna reproduce --data DS --output-dir results --repetitions 5
  lacuna reproduce --data DS --output-dir results --preset paper --repetitions 5
  lacuna reproduce --data DS --output-dir results --approaches standard,fusion+box --only r0/
  lacuna reproduce --data DS --output-dir results --report-only

Every approach is trained on the original annotation (a) and with a quarter of every training picture erased (b), in \
every repetition with the same split, seed and erased areas for all, and scored at threshold .5, at the Elkan-Noto \
threshold and at the best threshold on validation cases. `full` learns from complete masks (`truth/`). Two arms beyond \
the paper are simulated from them: `fusion+polygon` and `fusion+box+neither`.

Ctrl-C finishes the step and saves; the same command goes on. Finished cells are never trained again; failed ones are \
tried again. More repetitions, approaches or conditions can be asked for later. Several programs may work on one \
folder.";

/// Repeat the paper's experiments on a data set: all approaches, with tables, statistics and a report
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ReproduceArgs {
    /// Data set folder
    #[arg(long, value_name = "DS", value_hint = ValueHint::DirPath)]
    pub(crate) data: PathBuf,
    /// Folder for runs, tables and report; an earlier one is gone on with
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) output_dir: PathBuf,
    /// Recipe of the trainings: quick, paper (days on a CPU) or default [default: quick]
    #[arg(long, value_name = "NAME")]
    pub(crate) preset: Option<String>,
    /// Repetitions, each with a seed and a split of its own
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) repetitions: usize,
    /// Rows of the table, separated by commas [default: the paper's, as far as the data allow]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) approaches: Vec<Approach>,
    /// Original masks, masked masks or both
    #[arg(long, value_enum, value_name = "NAMES", value_delimiter = ',', default_values_t = [ConditionArg::Original, ConditionArg::Masked])]
    pub(crate) conditions: Vec<ConditionArg>,
    /// Seed of splits, erasures and trainings
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Cross-validation with so many folds, a fold a repetition [default: 5]
    #[arg(long, value_name = "K", conflicts_with = "test_share")]
    pub(crate) folds: Option<usize>,
    /// Draw this share of the cases for testing in every repetition, as the paper does [default: .2 with its recipe]
    #[arg(long, value_name = "SHARE")]
    pub(crate) test_share: Option<f64>,
    /// Share of the other cases that choose checkpoints and thresholds [default: .1; 0 with the paper's recipe]
    #[arg(long, value_name = "SHARE")]
    pub(crate) validation: Option<f64>,
    /// imagenet, none, or a .pth or .safetensors file, for all approaches but fusion+box-scratch
    #[arg(long, value_name = "WEIGHTS")]
    pub(crate) encoder_weights: Option<PathBuf>,
    /// Configuration file (TOML) of the trainings
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) config: Option<PathBuf>,
    /// Any other setting of the trainings, such as epochs=10
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Cells trained at the same time
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) jobs: usize,
    /// Which checkpoints stay when a cell is finished
    #[arg(long, value_enum, value_name = "WHICH", default_value_t = KeepArg::Best)]
    pub(crate) keep: KeepArg,
    /// Only cells whose name contains this, such as r0/ or fusion+box-masked; repeat for more
    #[arg(long, value_name = "TEXT")]
    pub(crate) only: Vec<String>,
    /// agreement.json of `lacuna compare`: how well two people agree, printed beside the scores
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) ceiling: Option<PathBuf>,
    /// Print the cells, the time and the disk they need, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Train nothing; write tables and report of what is finished
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) report_only: bool,
}

/// How much of the annotation is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ConditionArg {
    /// All of it
    Original,
    /// A quarter of the area erased
    Masked,
}

/// Which checkpoints stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum KeepArg {
    /// Best and last
    All,
    /// The one that was scored
    Best,
    /// None
    None,
}
