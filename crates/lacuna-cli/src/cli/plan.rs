//! Arguments of `lacuna plan`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueHint};

const EXAMPLES: &str = "\
Examples:
  lacuna plan --data DS --budget 20min
  lacuna plan --data DS --budget 2h --output plan.toml
  lacuna train --data DS --output-dir runs/a --config plan.toml

`lacuna train --budget 20min` plans and trains in one go.";

/// Choose picture size, sampling, batch and epochs for a data set and a time, and say why
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PlanArgs {
    /// Data set folder
    #[arg(long, value_name = "DS", value_hint = ValueHint::DirPath)]
    pub(crate) data: PathBuf,
    /// Time that the training may take, such as 90s, 20min or 2h
    #[arg(long, value_name = "TIME", value_parser = super::duration)]
    pub(crate) budget: Duration,
    /// Write the plan as a configuration file for `lacuna train --config`
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
    /// Split of the data set
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub(crate) split: String,
    /// Fold of the split
    #[arg(long, value_name = "K", default_value_t = 0)]
    pub(crate) fold: usize,
    /// A setting that is not the plan's to choose, such as image_size=256
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
}
