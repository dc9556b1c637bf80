//! Arguments of `lacuna doctor`.

use clap::Args;

/// Say what this machine offers and what might get in the way
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lacuna doctor
  lacuna doctor --json > doctor.json

Please send what it prints along with a report of a problem.")]
pub(crate) struct DoctorArgs {}
