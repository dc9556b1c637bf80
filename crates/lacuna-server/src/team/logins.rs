//! Browsers that are logged in. The browser has a random token in a cookie, the table its hash: who reads the table
//! cannot log in with it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lacuna_train::observer::rfc3339;
use rusqlite::{OptionalExtension, params};

use super::accounts::role;
use super::{Team, TeamError, TeamRole};
use crate::session::secret;

/// A login ends when nothing was asked for so long, in seconds: a working day.
const IDLE: i64 = 12 * 3600;
/// And in any case after a week.
pub(crate) const LONGEST: i64 = 7 * 24 * 3600;
/// How exactly it is known when something was last asked for, in seconds.
const EXACTNESS: i64 = 60;

/// Somebody's browser.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    pub(crate) name: String,
    pub(crate) role: TeamRole,
    /// Hash of the cookie.
    pub(crate) token: String,
    /// Whether it should be written down that it was used.
    pub(crate) is_stale: bool,
}

/// Times before which a login has ended, in seconds since 1970.
pub(super) struct Oldest {
    pub(super) used: i64,
    pub(super) begun: i64,
}

impl Oldest {
    pub(super) fn now() -> Self {
        let now = seconds();
        Self { used: now - IDLE, begun: now - LONGEST }
    }
}

impl Team {
    /// Lets somebody in who knows the password; gives the value of the cookie.
    pub(crate) fn log_in(
        &self,
        name: &str,
        password: &str,
        address: &str,
    ) -> Result<Option<(String, String)>, TeamError> {
        let Some(found) = self.recognise(name, password)? else {
            return Ok(None);
        };
        let cookie = secret().map_err(|_| TeamError::NoChance)?;
        let (now, oldest) = (seconds(), Oldest::now());
        self.database.write(|write| {
            let insert = "INSERT INTO logins (token, account, begun, used, address)
                          VALUES (?1, ?2, ?3, ?3, ?4)";
            let over = "DELETE FROM logins WHERE used <= ?1 OR begun <= ?2";
            write
                .execute(insert, params![hash(&cookie), found.id, now, address])
                .and_then(|_| write.execute(over, params![oldest.used, oldest.begun]))
                .map_err(|source| self.database.wrong(source))?;
            self.write_down(write, &found.name, "login", &format!("from {address}"))
        })?;
        Ok(Some((cookie, found.name)))
    }

    /// Whose browser it is, as long as the login lasts.
    pub(crate) fn login(&self, cookie: &str) -> Result<Option<Login>, TeamError> {
        let (token, oldest) = (hash(cookie), Oldest::now());
        self.database.read(|read| {
            let mut statement = read.prepare_cached(
                "SELECT name, role, used FROM logins JOIN accounts ON accounts.id = logins.account
                 WHERE token = ?1 AND used > ?2 AND begun > ?3 AND removed IS NULL",
            )?;
            let login = statement.query_row(params![token, oldest.used, oldest.begun], |row| {
                let is_stale = row.get::<_, i64>(2)? + EXACTNESS < seconds();
                Ok(Login { name: row.get(0)?, role: role(row, 1)?, token: token.clone(), is_stale })
            });
            login.optional()
        })
    }

    /// Writes down that a login was used just now.
    pub(crate) fn touch(&self, login: &Login) -> Result<(), TeamError> {
        self.database.log(|write| {
            let used = "UPDATE logins SET used = ?2 WHERE token = ?1";
            let done = write.execute(used, params![login.token, seconds()]);
            done.map(drop).map_err(|source| self.database.wrong(source))
        })
    }

    /// Ends a login.
    pub(crate) fn log_out(&self, token: &str) -> Result<(), TeamError> {
        self.database.write(|write| {
            let done = write.execute("DELETE FROM logins WHERE token = ?1", [token]);
            done.map(drop).map_err(|source| self.database.wrong(source))
        })
    }
}

/// Seconds since 1970.
fn seconds() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64)
}

/// Seconds since 1970 as RFC 3339.
pub(super) fn time(seconds: i64) -> String {
    rfc3339(UNIX_EPOCH + Duration::from_secs(seconds.max(0) as u64))
}

fn hash(cookie: &str) -> String {
    blake3::hash(cookie.as_bytes()).to_hex().to_string()
}
