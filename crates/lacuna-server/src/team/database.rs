//! The file: its tables, and who may write it when.
//!
//! Write-ahead logging lets requests read while another one, or another program, writes. Accounts are flushed to the
//! disk before an answer; the log of strokes is not, because the journal of the picture holds them already: after a
//! failure of power the last entries may be missing there, after a crash of the program none.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::TeamError;
use crate::lock;

/// Version of the tables.
const VERSION: i64 = 1;
/// How long to wait for another program that writes.
const PATIENCE: Duration = Duration::from_secs(10);

const TABLES: &str = "
CREATE TABLE accounts (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    key TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    password TEXT NOT NULL,
    created TEXT NOT NULL,
    removed TEXT
) STRICT;
CREATE TABLE logins (
    token TEXT PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES accounts (id),
    begun INTEGER NOT NULL,
    used INTEGER NOT NULL,
    address TEXT NOT NULL
) STRICT;
CREATE TABLE assignments (
    picture TEXT NOT NULL,
    account INTEGER NOT NULL REFERENCES accounts (id),
    PRIMARY KEY (picture, account)
) STRICT;
CREATE TABLE changes (
    number INTEGER PRIMARY KEY,
    time TEXT NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    picture TEXT,
    detail TEXT NOT NULL,
    seal TEXT NOT NULL
) STRICT;
CREATE INDEX changes_of_a_picture ON changes (picture, who);
CREATE TRIGGER changes_stay BEFORE UPDATE ON changes
    BEGIN SELECT RAISE(ABORT, 'the log is only added to'); END;
CREATE TRIGGER changes_are_kept BEFORE DELETE ON changes
    BEGIN SELECT RAISE(ABORT, 'the log is only added to'); END;
";

/// Connections to the file, each for one use at a time.
pub(super) struct Database {
    path: PathBuf,
    reading: Mutex<Connection>,
    /// What it writes is flushed.
    writing: Mutex<Connection>,
    /// What it writes is flushed later.
    logging: Mutex<Connection>,
}

impl Database {
    /// Opens the file; makes it, readable by its owner only, if it is missing.
    pub(super) fn open(path: &Path) -> Result<Self, TeamError> {
        if !path.exists() {
            make_private(path)?;
        }
        let wrong = |source| TeamError::Database { path: path.to_owned(), source };
        let mut writing = connect(path, "FULL").map_err(wrong)?;
        prepare(path, &mut writing)?;
        let reading = connect(path, "FULL").map_err(wrong)?;
        let logging = connect(path, "NORMAL").map_err(wrong)?;
        let [reading, writing, logging] = [reading, writing, logging].map(Mutex::new);
        Ok(Self { path: path.to_owned(), reading, writing, logging })
    }

    /// Looks.
    pub(super) fn read<R>(
        &self,
        look: impl FnOnce(&Connection) -> rusqlite::Result<R>,
    ) -> Result<R, TeamError> {
        look(&lock(&self.reading)).map_err(|source| self.wrong(source))
    }

    /// Changes all or nothing, and answers when it is on the disk.
    pub(super) fn write<R>(
        &self,
        change: impl FnOnce(&Transaction<'_>) -> Result<R, TeamError>,
    ) -> Result<R, TeamError> {
        self.within(&self.writing, change)
    }

    /// The same without waiting for the disk.
    pub(super) fn log<R>(
        &self,
        change: impl FnOnce(&Transaction<'_>) -> Result<R, TeamError>,
    ) -> Result<R, TeamError> {
        self.within(&self.logging, change)
    }

    fn within<R>(
        &self,
        connection: &Mutex<Connection>,
        change: impl FnOnce(&Transaction<'_>) -> Result<R, TeamError>,
    ) -> Result<R, TeamError> {
        let mut connection = lock(connection);
        // begun as a writer: two that read first and write then would refuse each other
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|source| self.wrong(source))?;
        let result = change(&transaction)?;
        transaction.commit().map_err(|source| self.wrong(source))?;
        Ok(result)
    }

    /// An error of this file.
    pub(super) fn wrong(&self, source: rusqlite::Error) -> TeamError {
        TeamError::Database { path: self.path.clone(), source }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

fn connect(path: &Path, flush: &str) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", flush)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(connection)
}

/// Makes the tables of a new file, and refuses one of a later version.
fn prepare(path: &Path, connection: &mut Connection) -> Result<(), TeamError> {
    let wrong = |source| TeamError::Database { path: path.to_owned(), source };
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(wrong)?;
    let found: i64 =
        transaction.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(wrong)?;
    match found {
        0 => {
            transaction.execute_batch(TABLES).map_err(wrong)?;
            transaction.pragma_update(None, "user_version", VERSION).map_err(wrong)?;
        }
        VERSION => {}
        _ => return Err(TeamError::Version { path: path.to_owned(), found, known: VERSION }),
    }
    transaction.commit().map_err(wrong)
}

/// Makes an empty file that only its owner may read: SQLite gives its companions the same rights.
pub(super) fn make_private(path: &Path) -> Result<(), TeamError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        // another program made it meanwhile
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(source) => Err(TeamError::Io { path: path.to_owned(), source }),
    }
}
