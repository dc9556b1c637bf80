//! The people of a team: accounts, logins and the log of what was changed, in `server.sqlite` of the data set folder.
//!
//! Unlike everything else that the server keeps, this cannot be made again from the plain files, so that it is what a
//! backup must hold beside them. Several programs may have it open: accounts are also managed from the command line
//! while the server runs, and what is changed there counts with the next request.

mod accounts;
mod assignments;
mod attempts;
mod change_log;
mod check;
mod database;
mod error;
mod logins;
mod name;
mod pace;
mod password;
mod role;

use std::path::{Path, PathBuf};

pub use accounts::Account;
pub(crate) use attempts::Attempts;
pub(crate) use change_log::Deed;
pub use change_log::{Change, ChangeQuery, Veil};
pub use check::Checked;
pub use error::TeamError;
pub(crate) use logins::{LONGEST as LOGIN_AGE, Login};
pub use pace::{IDLE, Pace, paces};
pub use password::generate;
pub use role::TeamRole;

use database::Database;

/// Name of the file in the data set folder.
pub const FILE_NAME: &str = "server.sqlite";

/// Who is written in the log for what is done at the command line.
pub const COMMAND_LINE: &str = "(command line)";

/// The accounts of a data set and all that belongs to them.
pub struct Team {
    path: PathBuf,
    database: Database,
}

impl Team {
    /// Opens the accounts of the data set in `folder`; makes the file if it is missing.
    ///
    /// # Errors
    /// If the file cannot be read, is none of ours, or of a newer version.
    pub fn open(folder: &Path) -> Result<Self, TeamError> {
        let path = folder.join(FILE_NAME);
        let database = Database::open(&path)?;
        Ok(Self { path, database })
    }

    /// Opens them if there are any.
    ///
    /// # Errors
    /// If there is no such file, and as [`open`](Self::open).
    pub fn open_present(folder: &Path) -> Result<Self, TeamError> {
        let path = folder.join(FILE_NAME);
        if path.exists() { Self::open(folder) } else { Err(TeamError::NoTeam { path }) }
    }

    /// Where they lie.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a copy of the whole file, also while a server works with it.
    ///
    /// # Errors
    /// If `target` exists or cannot be written.
    pub fn back_up(&self, target: &Path) -> Result<(), TeamError> {
        if target.exists() {
            return Err(TeamError::BackupExists { path: target.to_owned() });
        }
        let mut unfinished = target.as_os_str().to_owned();
        unfinished.push(".tmp");
        let unfinished = PathBuf::from(unfinished);
        let wrong = |source| TeamError::Io { path: target.to_owned(), source };
        match fs_err::remove_file(&unfinished) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(wrong(error)),
            _ => database::make_private(&unfinished)?,
        }
        let name = unfinished.to_string_lossy();
        self.database.read(|read| read.execute("VACUUM INTO ?1", [name.as_ref()]).map(drop))?;
        fs_err::rename(&unfinished, target).map_err(wrong)
    }
}

#[cfg(test)]
mod tests;
