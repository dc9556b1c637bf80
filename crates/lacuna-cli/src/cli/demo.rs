//! Arguments of `lacuna demo`.

use std::path::PathBuf;

use clap::Args;

/// Draw synthetic mouths, paint them in part, train on them and see what partial supervision is worth
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  lacuna demo --output-dir lacuna-demo

Takes under four minutes on two cores. Open report.html in the folder when it is done.")]
pub(crate) struct DemoArgs {
    /// Folder to write; an earlier demo in it is replaced
    #[arg(long, value_name = "DIR", default_value = "lacuna-demo")]
    pub(crate) output_dir: PathBuf,
    /// Seed of pictures, painting and training
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
}
