//! Whether the file is whole.

use super::change_log::verify;
use super::{Team, TeamError};

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Accounts that may log in.
    pub accounts: usize,
    /// Entries of the log, each as it was written.
    pub changes: i64,
}

impl Team {
    /// Looks at every page of the file and at every entry of the log.
    ///
    /// # Errors
    /// If the file is damaged, or the log was changed past the program.
    pub fn check(&self) -> Result<Checked, TeamError> {
        let said: String = self
            .database
            .read(|read| read.query_row("PRAGMA integrity_check", [], |row| row.get(0)))?;
        if said != "ok" {
            let path = self.database.path().to_owned();
            return Err(TeamError::Damaged { path, reason: said });
        }
        let verified = self.database.read(verify)?;
        let changes = verified.map_err(|number| TeamError::LogDamaged { number })?;
        Ok(Checked { accounts: self.accounts()?.len(), changes })
    }
}
