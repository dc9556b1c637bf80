//! Who did what, and when. Entries are only added: the tables refuse everything else, and each entry is sealed with a
//! hash over itself and the seal before, so that a check finds what was changed past the program.

use std::time::SystemTime;

use lacuna_train::observer::rfc3339;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Team, TeamError};

/// Most entries that are given at once.
const MOST: u32 = 1000;

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Change {
    /// From 1, without gaps.
    pub number: i64,
    /// RFC 3339.
    pub time: String,
    /// Name of an account, or in brackets what else did it.
    pub who: String,
    /// What was done, as one word.
    pub what: String,
    /// In which picture.
    #[schema(required)]
    pub picture: Option<String>,
    /// More about it, in words.
    pub detail: String,
}

/// Which entries are wanted.
#[derive(Clone, Debug, Default)]
pub struct ChangeQuery {
    /// Only those before this number.
    pub before: Option<i64>,
    /// Only those of one person.
    pub who: Option<String>,
    /// Only those about one picture.
    pub picture: Option<String>,
    /// At most so many, 1000 at the most.
    pub limit: Option<u32>,
    /// What is left out.
    pub veil: Veil,
}

/// What somebody must not see: what others did in pictures which they read separately, and, as long as there are any, who was
/// given which pictures.
#[derive(Clone, Debug, Default)]
pub struct Veil {
    /// Whose own entries are seen.
    pub person: String,
    /// The pictures.
    pub pictures: Vec<String>,
}

impl Veil {
    fn pictures(&self) -> String {
        serde_json::json!(self.pictures).to_string()
    }
}

/// What is to be written down.
pub(crate) struct Deed<'a> {
    pub(crate) who: &'a str,
    pub(crate) what: &'a str,
    pub(crate) picture: Option<&'a str>,
    pub(crate) detail: &'a str,
}

impl Team {
    /// Adds an entry. It survives the end of the program at once, and a failure of power after a moment.
    pub(crate) fn note(&self, deed: &Deed<'_>) -> Result<(), TeamError> {
        self.database.log(|transaction| {
            append(transaction, deed).map_err(|source| self.database.wrong(source))
        })
    }

    /// Entries, newest first.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn changes(&self, query: &ChangeQuery) -> Result<Vec<Change>, TeamError> {
        let ChangeQuery { before, who, picture, limit, veil } = query;
        let limit = limit.unwrap_or(MOST).min(MOST);
        self.database.read(|read| {
            let mut statement = read.prepare_cached(
                "SELECT number, time, who, what, picture, detail FROM changes
                 WHERE (?1 IS NULL OR number < ?1) AND (?2 IS NULL OR who = ?2)
                   AND (?3 IS NULL OR picture = ?3)
                   AND (who = ?5 OR CASE WHEN picture IS NULL
                        THEN json_array_length(?6) = 0 OR what NOT IN
                             ('readings-given', 'readings-withdrawn', 'assigned')
                        ELSE picture NOT IN (SELECT value FROM json_each(?6)) END)
                 ORDER BY number DESC LIMIT ?4",
            )?;
            let (person, hidden) = (&veil.person, veil.pictures());
            let wanted = params![before, who, picture, limit, person, hidden];
            let rows = statement.query_map(wanted, change)?;
            rows.collect()
        })
    }

    /// The entries after number `after`, oldest first, at most a thousand, without what is behind the veil.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn changes_after(&self, after: i64, veil: &Veil) -> Result<Vec<Change>, TeamError> {
        self.database.read(|read| {
            let mut statement = read.prepare_cached(
                "SELECT number, time, who, what, picture, detail FROM changes
                 WHERE number > ?1
                   AND (who = ?3 OR CASE WHEN picture IS NULL
                        THEN json_array_length(?4) = 0 OR what NOT IN
                             ('readings-given', 'readings-withdrawn', 'assigned')
                        ELSE picture NOT IN (SELECT value FROM json_each(?4)) END)
                 ORDER BY number LIMIT ?2",
            )?;
            let wanted = params![after, MOST, veil.person, veil.pictures()];
            let rows = statement.query_map(wanted, change)?;
            rows.collect()
        })
    }

    /// Who ever changed what is said about a picture, sorted.
    pub(crate) fn painters(&self, picture: &str) -> Result<Vec<String>, TeamError> {
        self.database.read(|read| {
            let mut statement = read.prepare_cached(
                "SELECT DISTINCT who FROM changes
                 WHERE picture = ?1 AND what IN ('edit', 'suggestion') ORDER BY who",
            )?;
            let rows = statement.query_map([picture], |row| row.get(0))?;
            rows.collect()
        })
    }
}

/// Adds an entry within a larger change.
pub(super) fn append(transaction: &Transaction<'_>, deed: &Deed<'_>) -> rusqlite::Result<()> {
    let (last, seal) = last(transaction)?.unwrap_or_default();
    let change = Change {
        number: last + 1,
        time: rfc3339(SystemTime::now()),
        who: deed.who.to_owned(),
        what: deed.what.to_owned(),
        picture: deed.picture.map(str::to_owned),
        detail: deed.detail.to_owned(),
    };
    let seal = change.seal(&seal);
    let Change { number, time, who, what, picture, detail } = change;
    let mut insert = transaction.prepare_cached(
        "INSERT INTO changes (number, time, who, what, picture, detail, seal)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    insert.execute(params![number, time, who, what, picture, detail, seal]).map(drop)
}

/// Number of entries, if all are as they were written; else the first that is not.
pub(super) fn verify(connection: &Connection) -> rusqlite::Result<Result<i64, i64>> {
    let mut statement = connection.prepare(
        "SELECT number, time, who, what, picture, detail, seal FROM changes ORDER BY number",
    )?;
    let mut rows = statement.query([])?;
    let (mut number, mut seal) = (0, String::new());
    while let Some(row) = rows.next()? {
        let entry = change(row)?;
        number += 1;
        seal = entry.seal(&seal);
        let is_same = entry.number == number && row.get_ref("seal")?.as_str()? == seal;
        if !is_same {
            return Ok(Err(number));
        }
    }
    Ok(Ok(number))
}

fn last(connection: &Connection) -> rusqlite::Result<Option<(i64, String)>> {
    let mut statement = connection
        .prepare_cached("SELECT number, seal FROM changes ORDER BY number DESC LIMIT 1")?;
    statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional()
}

fn change(row: &Row<'_>) -> rusqlite::Result<Change> {
    Ok(Change {
        number: row.get(0)?,
        time: row.get(1)?,
        who: row.get(2)?,
        what: row.get(3)?,
        picture: row.get(4)?,
        detail: row.get(5)?,
    })
}

impl Change {
    /// A hash over the entry and the seal of the one before.
    fn seal(&self, before: &str) -> String {
        let Self { number, time, who, what, picture, detail } = self;
        let number = number.to_string();
        let is_about = if picture.is_some() { "1" } else { "0" };
        let picture = picture.as_deref().unwrap_or_default();
        let mut hasher = blake3::Hasher::new();
        for part in [before, &number, time, who, what, is_about, picture, detail] {
            // with its length: "ab", "c" and "a", "bc" are different things
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }
}
