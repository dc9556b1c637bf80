//! Accounts: who they are, and what changes about them.

use std::sync::OnceLock;
use std::time::SystemTime;

use lacuna_train::observer::rfc3339;
use rusqlite::{OptionalExtension, Row, Transaction, params};
use serde::Serialize;

use super::change_log::{Deed, append};
use super::name::{Name, key};
use super::{Team, TeamError, TeamRole, logins, password};

/// Somebody who may log in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Account {
    /// As it is written beside what they paint.
    pub name: String,
    /// What they may do.
    pub role: TeamRole,
    /// When it was made, RFC 3339.
    pub created: String,
    /// Browsers that are logged in.
    pub logins: u32,
    /// When one of them last asked for something, RFC 3339.
    pub seen: Option<String>,
}

impl Team {
    /// All accounts, by name.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn accounts(&self) -> Result<Vec<Account>, TeamError> {
        let oldest = logins::Oldest::now();
        self.database.read(|read| {
            let mut statement = read.prepare_cached(
                "SELECT name, role, created,
                        (SELECT COUNT(*) FROM logins
                          WHERE account = accounts.id AND used > ?1 AND begun > ?2),
                        (SELECT MAX(used) FROM logins WHERE account = accounts.id)
                 FROM accounts WHERE removed IS NULL ORDER BY key",
            )?;
            let rows = statement.query_map(params![oldest.used, oldest.begun], |row| {
                Ok(Account {
                    name: row.get(0)?,
                    role: role(row, 1)?,
                    created: row.get(2)?,
                    logins: row.get(3)?,
                    seen: row.get::<_, Option<i64>>(4)?.map(logins::time),
                })
            })?;
            rows.collect()
        })
    }

    /// Adds an account on behalf of `by`.
    ///
    /// # Errors
    /// If the name is none or taken, or the password too weak.
    pub fn add(
        &self,
        name: &str,
        role: TeamRole,
        password: &str,
        by: &str,
    ) -> Result<(), TeamError> {
        let Name { shown, key } = Name::new(name)?;
        let hash = password::hash(password, &shown)?;
        self.database.write(|write| {
            if let Some(was_removed) = taken(write, &key).map_err(|e| self.database.wrong(e))? {
                return Err(TeamError::Taken { name: shown.clone(), was_removed });
            }
            let created = rfc3339(SystemTime::now());
            let insert = "INSERT INTO accounts (name, key, role, password, created)
                          VALUES (?1, ?2, ?3, ?4, ?5)";
            let values = params![shown, key, role.name(), hash, created];
            write.execute(insert, values).map_err(|e| self.database.wrong(e))?;
            self.write_down(write, by, "account-added", &format!("{shown}, {role}"))
        })
    }

    /// Gives somebody another role.
    ///
    /// # Errors
    /// If there is no such account, or nobody would be left to manage the accounts.
    pub fn set_role(&self, name: &str, role: TeamRole, by: &str) -> Result<(), TeamError> {
        self.change(name, |write, found| {
            if found.role == TeamRole::Owner && role != TeamRole::Owner {
                self.refuse_if_last(write, found)?;
            }
            self.update(write, "UPDATE accounts SET role = ?2 WHERE id = ?1", found, role.name())?;
            self.write_down(write, by, "role-changed", &format!("{}, {role}", found.name))
        })
    }

    /// Removes somebody, and ends their logins. The name stays taken: what they painted is theirs.
    ///
    /// # Errors
    /// If there is no such account, or nobody would be left to manage the accounts.
    pub fn remove(&self, name: &str, by: &str) -> Result<(), TeamError> {
        self.change(name, |write, found| {
            if found.role == TeamRole::Owner {
                self.refuse_if_last(write, found)?;
            }
            let now = rfc3339(SystemTime::now());
            self.update(write, "UPDATE accounts SET removed = ?2 WHERE id = ?1", found, &now)?;
            self.forget_logins(write, found)?;
            self.write_down(write, by, "account-removed", &found.name)
        })
    }

    /// Gives somebody another password, and ends their logins.
    ///
    /// # Errors
    /// If there is no such account, or the password is too weak.
    pub fn reset_password(&self, name: &str, password: &str, by: &str) -> Result<(), TeamError> {
        let hash = password::hash(password, name)?;
        self.change(name, |write, found| {
            self.set_hash(write, found, &hash)?;
            self.forget_logins(write, found)?;
            self.write_down(write, by, "password-reset", &found.name)
        })
    }

    /// Ends all logins of somebody.
    ///
    /// # Errors
    /// If there is no such account.
    pub fn end_logins(&self, name: &str, by: &str) -> Result<(), TeamError> {
        self.change(name, |write, found| {
            self.forget_logins(write, found)?;
            self.write_down(write, by, "logins-ended", &found.name)
        })
    }

    /// Changes one's own password; logins of other browsers end.
    pub(crate) fn change_password(
        &self,
        name: &str,
        present: &str,
        new: &str,
        token: &str,
    ) -> Result<(), TeamError> {
        let known = self.hash_of(name)?;
        if !known.as_ref().is_some_and(|found| password::is_of(present, &found.hash)) {
            return Err(TeamError::WrongPassword);
        }
        let hash = password::hash(new, name)?;
        self.change(name, |write, found| {
            self.set_hash(write, found, &hash)?;
            let others = "DELETE FROM logins WHERE account = ?1 AND token <> ?2";
            self.update(write, others, found, token)?;
            self.write_down(write, &found.name, "password-changed", "")
        })
    }

    /// The account that has this name and password. Takes as long when there is no such name.
    pub(super) fn recognise(&self, name: &str, password: &str) -> Result<Option<Found>, TeamError> {
        static DECOY: OnceLock<String> = OnceLock::new();
        let Some(found) = self.hash_of(name)? else {
            let decoy = DECOY.get_or_init(|| {
                password::generate()
                    .and_then(|chance| password::hash(&chance, ""))
                    .unwrap_or_default()
            });
            password::is_of(password, decoy);
            return Ok(None);
        };
        Ok(password::is_of(password, &found.hash).then_some(found))
    }

    fn hash_of(&self, name: &str) -> Result<Option<Found>, TeamError> {
        self.database.read(|read| {
            let mut statement = read.prepare_cached(FIND)?;
            statement.query_row([key(name)], Found::of).optional()
        })
    }

    fn change(
        &self,
        name: &str,
        change: impl FnOnce(&Transaction<'_>, &Found) -> Result<(), TeamError>,
    ) -> Result<(), TeamError> {
        self.database.write(|write| change(write, &self.present(write, name)?))
    }

    /// The account of that name.
    pub(super) fn present(&self, write: &Transaction<'_>, name: &str) -> Result<Found, TeamError> {
        let found = write.query_row(FIND, [key(name)], Found::of).optional();
        let found = found.map_err(|source| self.database.wrong(source))?;
        found.ok_or_else(|| TeamError::Unknown { name: name.to_owned() })
    }

    fn refuse_if_last(&self, write: &Transaction<'_>, found: &Found) -> Result<(), TeamError> {
        let count = "SELECT COUNT(*) FROM accounts WHERE role = ?1 AND removed IS NULL";
        let owners: i64 = write
            .query_row(count, [TeamRole::Owner.name()], |row| row.get(0))
            .map_err(|source| self.database.wrong(source))?;
        if owners > 1 { Ok(()) } else { Err(TeamError::LastOwner { name: found.name.clone() }) }
    }

    fn set_hash(
        &self,
        write: &Transaction<'_>,
        found: &Found,
        hash: &str,
    ) -> Result<(), TeamError> {
        self.update(write, "UPDATE accounts SET password = ?2 WHERE id = ?1", found, hash)
    }

    fn forget_logins(&self, write: &Transaction<'_>, found: &Found) -> Result<(), TeamError> {
        let ended = write.execute("DELETE FROM logins WHERE account = ?1", [found.id]);
        ended.map(drop).map_err(|source| self.database.wrong(source))
    }

    fn update(
        &self,
        write: &Transaction<'_>,
        statement: &str,
        found: &Found,
        value: &str,
    ) -> Result<(), TeamError> {
        let done = write.execute(statement, params![found.id, value]);
        done.map(drop).map_err(|source| self.database.wrong(source))
    }

    /// Within the change itself, so that there is never one without the other.
    pub(super) fn write_down(
        &self,
        write: &Transaction<'_>,
        who: &str,
        what: &str,
        detail: &str,
    ) -> Result<(), TeamError> {
        let deed = Deed { who, what, picture: None, detail };
        append(write, &deed).map_err(|source| self.database.wrong(source))
    }
}

const FIND: &str =
    "SELECT id, name, role, password FROM accounts WHERE key = ?1 AND removed IS NULL";

/// An account as it stands in the table.
pub(super) struct Found {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) role: TeamRole,
    hash: String,
}

impl Found {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { id: row.get(0)?, name: row.get(1)?, role: role(row, 2)?, hash: row.get(3)? })
    }
}

/// Whether a name is taken, and if so, whether by somebody who was removed.
fn taken(write: &Transaction<'_>, key: &str) -> rusqlite::Result<Option<bool>> {
    let find = "SELECT removed IS NOT NULL FROM accounts WHERE key = ?1";
    write.query_row(find, [key], |row| row.get(0)).optional()
}

/// A role; one that is not known may do the least.
pub(super) fn role(row: &Row<'_>, column: usize) -> rusqlite::Result<TeamRole> {
    Ok(TeamRole::named(row.get_ref(column)?.as_str()?).unwrap_or(TeamRole::Reader))
}
