//! Arguments of `lacuna compare`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

const EXAMPLES: &str = "\
Examples:
  lacuna compare anna ben
  lacuna compare first-time second-time --output-dir agreement
  lacuna compare mouths --readings

Both data sets hold the same pictures under the same ids, annotated by two people (or twice by one). Only pixels \
count of which both said something; what a model suggested does not. Dice, Cohen's kappa and the normalised surface \
Dice are means over pictures with 95 % intervals over patients: the ceiling of what a model can be asked for.

With --readings it is one data set, in which people of a team were given pictures separately: what the two readers of each \
picture say is compared, as far as both are done.";

/// Measure how well two annotations of the same pictures agree
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CompareArgs {
    /// One data set
    #[arg(value_name = "A", value_hint = ValueHint::DirPath)]
    pub(crate) first: PathBuf,
    /// The other
    #[arg(
        value_name = "B",
        value_hint = ValueHint::DirPath,
        required_unless_present = "readings",
        conflicts_with = "readings"
    )]
    pub(crate) second: Option<PathBuf>,
    /// Compare what two people read separately within A
    #[arg(long)]
    pub(crate) readings: bool,
    /// Tolerance of the normalised surface Dice, in mm (pixels without spacing)
    #[arg(long, value_name = "X", default_value_t = 1.0)]
    pub(crate) nsd_tolerance: f64,
    /// Leave out the surface Dice
    #[arg(long)]
    pub(crate) no_surfaces: bool,
    /// Where to write agreement.json and per_case.csv [default: nowhere]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) output_dir: Option<PathBuf>,
}
