//! Arguments of `lacuna patterns`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

const EXAMPLES: &str = "\
Examples:
  lacuna simulate --data full --output-dir core45 --paint core --fraction .45
  lacuna reproduce --data core45 --output-dir grids/core45
  lacuna patterns grids/core45 grids/core20 grids/nearest45 --output-dir patterns

The grids are folders of `lacuna reproduce`, all with the same pictures, seed, split and recipe, on data sets that \
`lacuna simulate` has painted differently. What is finished of them is used, and every number says on how many \
repetitions it rests.

Written are patterns.html, patterns.md, patterns.csv, patterns.json and figures/*.svg: Dice against the share painted, \
which approach wins under which painting, and every approach beside full supervision.";

/// Compare grids of the same pictures painted differently: label budget, pattern map, ratio to full supervision
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PatternsArgs {
    /// Folders that `lacuna reproduce` has written
    #[arg(value_name = "GRID", required = true, value_hint = ValueHint::DirPath)]
    pub(crate) grids: Vec<PathBuf>,
    /// Folder for report, tables and figures
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) output_dir: PathBuf,
}
