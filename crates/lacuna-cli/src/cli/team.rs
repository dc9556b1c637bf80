//! Arguments of `lacuna team`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum, ValueHint};
use lacuna_server::team::TeamRole;

/// Accounts of those who use a served data set: who they are and what they did
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lacuna team add ada --role owner --data mouths
  lacuna team add ben --role non-expert --data mouths
  lacuna team list --data mouths
  lacuna team password ben --data mouths
  lacuna team log --data mouths --json > log.json
  lacuna team backup /backups/mouths.sqlite --data mouths
  lacuna serve --data mouths --team

An owner may do everything; an expert paints, trains and verifies; a non-expert draws regions and never paints; a \
reader looks. Accounts lie in `server.sqlite` of the data set folder, which no other file can replace: back it up. \
All this also works while the app runs, and an owner can do most of it there.")]
pub(crate) struct TeamArgs {
    #[command(subcommand)]
    pub(crate) action: TeamAction,
}

/// What to do with accounts.
#[derive(Debug, Subcommand)]
pub(crate) enum TeamAction {
    /// Add an account, and show its first password
    Add(TeamAddArgs),
    /// List the accounts
    List(TeamDataArgs),
    /// Give somebody another role
    Role(TeamRoleArgs),
    /// Give somebody a new password, and end their logins
    Password(TeamPasswordArgs),
    /// Remove an account; its name stays beside what it painted and is not given again
    Remove(TeamMemberArgs),
    /// Show who did what, and when
    Log(TeamLogArgs),
    /// Say how long painting takes whom: seconds a picture, a stroke, and 100 pixels of outline
    Pace(TeamDataArgs),
    /// Write a copy of accounts and log, also while the app runs
    Backup(TeamBackupArgs),
}

/// Whose accounts.
#[derive(Debug, Args)]
pub(crate) struct TeamDataArgs {
    /// Data set, or the folder of photos that is served
    #[arg(long, value_name = "DS", value_hint = ValueHint::DirPath)]
    pub(crate) data: PathBuf,
}

/// An account.
#[derive(Debug, Args)]
pub(crate) struct TeamMemberArgs {
    /// Name of the account
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) folder: TeamDataArgs,
}

/// A new account.
#[derive(Debug, Args)]
pub(crate) struct TeamAddArgs {
    #[command(flatten)]
    pub(crate) member: TeamMemberArgs,
    /// What they may do [default: owner for the first account]
    #[arg(long, value_enum, value_name = "ROLE")]
    pub(crate) role: Option<TeamRoleArg>,
    /// Read the password from standard input instead of making one
    #[arg(long)]
    pub(crate) password_stdin: bool,
}

/// Another role.
#[derive(Debug, Args)]
pub(crate) struct TeamRoleArgs {
    #[command(flatten)]
    pub(crate) member: TeamMemberArgs,
    /// What they may do
    #[arg(long, value_enum, value_name = "ROLE")]
    pub(crate) role: TeamRoleArg,
}

/// A new password.
#[derive(Debug, Args)]
pub(crate) struct TeamPasswordArgs {
    #[command(flatten)]
    pub(crate) member: TeamMemberArgs,
    /// Read the password from standard input instead of making one
    #[arg(long)]
    pub(crate) password_stdin: bool,
}

/// Which part of the log.
#[derive(Debug, Args)]
pub(crate) struct TeamLogArgs {
    #[command(flatten)]
    pub(crate) folder: TeamDataArgs,
    /// Only what this person did
    #[arg(long, value_name = "NAME")]
    pub(crate) who: Option<String>,
    /// Only what was done in this picture
    #[arg(long, value_name = "CASE")]
    pub(crate) picture: Option<String>,
    /// Only the last so many entries
    #[arg(long, value_name = "N")]
    pub(crate) last: Option<usize>,
}

/// Where to copy to.
#[derive(Debug, Args)]
pub(crate) struct TeamBackupArgs {
    /// File to write; it must not exist
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) folder: TeamDataArgs,
}

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TeamRoleArg {
    /// Everything, accounts and classes included
    Owner,
    /// Paint, draw regions, train, verify
    Expert,
    /// Draw regions, never paint
    NonExpert,
    /// Look
    Reader,
}

impl From<TeamRoleArg> for TeamRole {
    fn from(role: TeamRoleArg) -> Self {
        match role {
            TeamRoleArg::Owner => Self::Owner,
            TeamRoleArg::Expert => Self::Expert,
            TeamRoleArg::NonExpert => Self::NonExpert,
            TeamRoleArg::Reader => Self::Reader,
        }
    }
}
