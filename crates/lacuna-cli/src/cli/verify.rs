//! Arguments of `lacuna verify`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

/// Estimate Dice, precision and recall on all pixels from a few hundred points that a person answers
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lacuna verify --run runs/a --data mouths
  lacuna verify --run runs/a --data mouths --points 150 --output-dir checks/a
  lacuna verify --output-dir checks/a --answers answers.csv
  lacuna verify --run runs/a --gain-to runs/b
  lacuna verify --run runs/a --data mouths --simulate 500

Points are drawn by chance from the held-back pictures (the split's test part), more where errors are likely and \
weighed accordingly, so that the estimate holds for all pixels and not only for painted ones. Each is shown as a \
small picture in the output folder; y, n and u answer yes, no and cannot tell, b goes back, q leaves, and the same \
command goes on later. `lacuna serve` asks the same in a browser. With `--gain-to` the answers about one model say \
how much better a later one is.")]
pub(crate) struct VerifyArgs {
    /// Run folder of the model
    #[arg(long, value_name = "RUN", value_hint = ValueHint::DirPath)]
    pub(crate) run: Option<PathBuf>,
    /// Data set [default: the one the run was trained on]
    #[arg(long, value_name = "DS", value_hint = ValueHint::DirPath)]
    pub(crate) data: Option<PathBuf>,
    /// Points of all classes together
    #[arg(long, value_name = "N", default_value_t = 300)]
    pub(crate) points: usize,
    /// Seed of the draw
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Folder of the verification [default: RUN/verification]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) output_dir: Option<PathBuf>,
    /// Take answers from a table with the columns index and answer (yes, no, unsure)
    #[arg(long, value_name = "CSV", value_hint = ValueHint::FilePath)]
    pub(crate) answers: Option<PathBuf>,
    /// Run folder of a later model: how much better is it, by the answers there are?
    #[arg(long, value_name = "RUN", value_hint = ValueHint::DirPath, conflicts_with_all = ["answers", "simulate"])]
    pub(crate) gain_to: Option<PathBuf>,
    /// Draw so many samples, answer them from the complete masks, and say how often the intervals hold the truth
    #[arg(long, value_name = "DRAWS", conflicts_with = "answers")]
    pub(crate) simulate: Option<usize>,
}
