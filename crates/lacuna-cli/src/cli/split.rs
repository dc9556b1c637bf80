//! Arguments of `lacuna split`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

/// Divide the cases into training, validation and test, patient by patient
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lacuna split --data mouths
  lacuna split --data mouths --test .25 --validation .15 --seed 7
  lacuna split --data mouths --folds 5 --name cross

All pictures of a patient (the group in cases.csv) go to the same part. Pictures that look the same but lie \
on two sides of the split are warned about: they make every score too good.")]
pub(crate) struct SplitArgs {
    /// Data set
    #[arg(long, value_name = "DS", value_hint = ValueHint::DirPath)]
    pub(crate) data: PathBuf,
    /// Cross-validation: this many folds, every case is tested once
    #[arg(long, value_name = "N", conflicts_with = "test")]
    pub(crate) folds: Option<usize>,
    /// Share of the cases that is tested
    #[arg(long, value_name = "SHARE", default_value_t = 0.2)]
    pub(crate) test: f64,
    /// Share of the other cases that validates: chooses checkpoints and thresholds
    #[arg(long, value_name = "SHARE", default_value_t = 0.1)]
    pub(crate) validation: f64,
    /// Divide picture by picture, ignoring patients: scores come out too good
    #[arg(long)]
    pub(crate) by_image: bool,
    /// Seed of the drawing
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Name of the split
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub(crate) name: String,
    /// Replace the split of this name
    #[arg(long)]
    pub(crate) force: bool,
}
