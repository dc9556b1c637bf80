//! Arguments of `lacuna export`.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueHint};

use super::import::option;

/// Write a data set as another tool's files
#[derive(Debug, Args)]
#[command(
    arg_required_else_help = true,
    after_help = "\
Examples:
  lacuna export --list
  lacuna export coco --data mouths --output-dir mouths-coco
  lacuna export nnunet --data mouths --output-dir nnUNet_raw/Dataset001_Mouths --option split=default

What the format cannot hold is counted and printed. The folder is new: complete or not there at all."
)]
pub(crate) struct ExportArgs {
    /// List the formats with their options
    #[arg(long)]
    pub(crate) list: bool,
    /// Format to write
    #[arg(
        value_name = "FORMAT",
        required_unless_present = "list",
        value_parser = PossibleValuesParser::new(names())
    )]
    pub(crate) format: Option<String>,
    /// Data set to export
    #[arg(
        long,
        value_name = "DS",
        required_unless_present = "list",
        value_hint = ValueHint::DirPath
    )]
    pub(crate) data: Option<PathBuf>,
    /// New folder to write into
    #[arg(
        short,
        long,
        value_name = "DIR",
        required_unless_present = "list",
        value_hint = ValueHint::DirPath
    )]
    pub(crate) output_dir: Option<PathBuf>,
    /// An option of the format; repeat for more
    #[arg(long, value_name = "NAME=VALUE", value_parser = option)]
    pub(crate) option: Vec<(String, String)>,
}

fn names() -> Vec<&'static str> {
    lacuna_data::formats::exporters().iter().map(|entry| entry.format.name).collect()
}
