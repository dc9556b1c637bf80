//! One program at a time edits a data set.

use std::fs::TryLockError;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fs_err as fs;

use super::DataError;

/// Hidden, so that nothing counts it as a part of the data set.
const FILE_NAME: &str = ".lock";

/// The right to edit a data set's journals, held until the last clone is dropped or the process ends,
/// however it ends. Reading needs none.
#[derive(Clone, Debug)]
pub struct DatasetLock {
    held: Arc<HeldLock>,
}

#[derive(Debug)]
struct HeldLock {
    dir: PathBuf,
    /// The system takes the lock back when the file is closed.
    _file: fs::File,
}

impl DatasetLock {
    /// Takes the lock of the data set in `dir`, or of a folder that becomes one.
    ///
    /// # Errors
    ///
    /// [`DataError::InUse`] if another program, or another part of this one, holds it; and if the disk
    /// cannot be written or has no locks.
    pub fn acquire(dir: &Path) -> Result<Self, DataError> {
        let path = dir.join(FILE_NAME);
        let mut options = fs::OpenOptions::new();
        options.create(true).truncate(false).write(true);
        let file = options.open(&path).map_err(|e| DataError::io(&path, e))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { held: Arc::new(HeldLock { dir: dir.to_owned(), _file: file }) }),
            Err(TryLockError::WouldBlock) => Err(DataError::InUse { dir: dir.to_owned() }),
            Err(TryLockError::Error(error)) => Err(DataError::io(&path, error)),
        }
    }

    /// The data set's folder.
    pub fn dir(&self) -> &Path {
        &self.held.dir
    }
}
