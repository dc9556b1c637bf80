//! Who is asked to work on which picture. It orders the work; it allows and forbids nothing.

use std::collections::BTreeMap;

use rusqlite::{Transaction, params};

use super::{Team, TeamError};

impl Team {
    /// Asks these people, and nobody else, to work on these pictures.
    pub(crate) fn assign(
        &self,
        pictures: &[String],
        people: &[String],
        by: &str,
    ) -> Result<(), TeamError> {
        self.database.write(|write| {
            let found: Result<Vec<_>, _> =
                people.iter().map(|name| self.present(write, name)).collect();
            let found = found?;
            let accounts: Vec<i64> = found.iter().map(|account| account.id).collect();
            for picture in pictures {
                put(write, picture, &accounts).map_err(|source| self.database.wrong(source))?;
            }
            let names: Vec<_> = found.iter().map(|account| account.name.as_str()).collect();
            let names = if names.is_empty() { "nobody".to_owned() } else { names.join(", ") };
            self.write_down(write, by, "assigned", &format!("{}: {names}", list(pictures)))
        })
    }

    /// The people asked, sorted, by picture.
    pub(crate) fn assignments(&self) -> Result<BTreeMap<String, Vec<String>>, TeamError> {
        self.database.read(|read| {
            let mut statement = read.prepare_cached(
                "SELECT picture, name FROM assignments JOIN accounts ON accounts.id = account
                 WHERE removed IS NULL ORDER BY key",
            )?;
            let mut people: BTreeMap<String, Vec<String>> = BTreeMap::new();
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                people.entry(row.get(0)?).or_default().push(row.get(1)?);
            }
            Ok(people)
        })
    }
}

fn put(write: &Transaction<'_>, picture: &str, accounts: &[i64]) -> rusqlite::Result<()> {
    write.execute("DELETE FROM assignments WHERE picture = ?1", [picture])?;
    let mut insert =
        write.prepare_cached("INSERT INTO assignments (picture, account) VALUES (?1, ?2)")?;
    accounts.iter().try_for_each(|account| insert.execute(params![picture, account]).map(drop))
}

/// Names of a few, or how many there are.
fn list(pictures: &[String]) -> String {
    if pictures.len() <= 5 { pictures.join(", ") } else { format!("{} pictures", pictures.len()) }
}
