//! `lacuna init`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

/// Make an empty data set with its classes
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lacuna init mouths --class gum --class teeth --exclusive gum,teeth
  lacuna init mouths --class gum=#d55e00 --class teeth --class caries \\
      --exclusive gum,teeth --part-of caries,teeth

Classes that exclude each other teach each other: a pixel painted as gum is certainly no tooth. \
Declare it only where no pixel can be both.")]
pub(crate) struct InitArgs {
    /// Folder of the new data set; made if it does not exist
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) dir: PathBuf,
    /// A class, in the order of its index; repeat for more
    #[arg(long, value_name = "NAME[=#RRGGBB]", required = true)]
    pub(crate) class: Vec<String>,
    /// Colour of a class, as in `gum=#d55e00` [default: colours most colour-blind readers can tell apart]
    #[arg(long, value_name = "NAME=#RRGGBB")]
    pub(crate) color: Vec<String>,
    /// Classes of which a pixel can be at most one; repeat for more groups
    #[arg(long, value_name = "NAME,NAME[,…]")]
    pub(crate) exclusive: Vec<String>,
    /// A class that is a part of another: caries is part of a tooth
    #[arg(long, value_name = "PART,WHOLE")]
    pub(crate) part_of: Vec<String>,
    /// Name of the data set [default: the name of the folder]
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
}
