//! What can go wrong with accounts.

use std::io;
use std::path::PathBuf;

use super::TeamRole;

/// Why something was not done with the accounts of a team.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TeamError {
    /// There are no accounts.
    #[error("there are no accounts: `{}` is missing", path.display())]
    NoTeam {
        /// Where they would be.
        path: PathBuf,
    },
    /// The file cannot be opened, read or written.
    #[error("`{}` cannot be used", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: rusqlite::Error,
    },
    /// A file of a later version of the program.
    #[error("`{}` has version {found}, and this program knows {known}", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest known.
        known: i64,
    },
    /// A file cannot be written.
    #[error("`{}` cannot be written", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// No account has that name.
    #[error("there is no account `{name}`")]
    Unknown {
        /// The name.
        name: String,
    },
    /// Somebody has, or had, that name.
    #[error("the name `{name}` is taken{}", if *was_removed { " by somebody who was removed" } else { "" })]
    Taken {
        /// The name.
        name: String,
        /// Whether that account was removed.
        was_removed: bool,
    },
    /// No name for an account.
    #[error("`{name}` is no name for an account: {reason}")]
    BadName {
        /// The name.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// No password for an account.
    #[error("the password {reason}")]
    BadPassword {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The password is another.
    #[error("the present password is another")]
    WrongPassword,
    /// Nobody would be left to manage the accounts.
    #[error("`{name}` is the last {}", TeamRole::Owner)]
    LastOwner {
        /// The name.
        name: String,
    },
    /// The system has no random numbers to give.
    #[error("no random numbers are to be had")]
    NoChance,
    /// A password cannot be hashed.
    #[error("the password cannot be hashed: {reason}")]
    Hash {
        /// Why.
        reason: String,
    },
    /// The log was changed by something else than this program.
    #[error("entry {number} of the log is not as it was written")]
    LogDamaged {
        /// Number of the entry.
        number: i64,
    },
    /// The file is damaged.
    #[error("`{}` is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A backup does not replace anything.
    #[error("`{}` is there already", path.display())]
    BackupExists {
        /// The file.
        path: PathBuf,
    },
}

impl TeamError {
    /// What a person can do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoTeam { .. } => {
                "make the first one: `lacuna team add NAME --role owner --data DS`"
            }
            Self::Version { .. } => "use the newest program that served this folder",
            Self::Taken { was_removed: true, .. } => {
                "what was painted under that name stays that person's: choose another"
            }
            Self::Taken { .. } | Self::BackupExists { .. } => "choose another name",
            Self::BadPassword { .. } => {
                "take at least 10 characters, for example four words that nobody would put together"
            }
            Self::LastOwner { .. } => "make somebody else an owner first",
            Self::LogDamaged { .. } | Self::Damaged { .. } => "compare it with a backup",
            Self::Unknown { .. } => "`lacuna team list --data DS` shows the accounts",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}
