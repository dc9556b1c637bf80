//! Whether files can be written where the program was started.

use std::path::Path;

use fs_err as fs;
use lacuna_data::atomic_file::write_atomic_bytes;
use serde::Serialize;

/// The folder the program was started in.
#[derive(Debug, Serialize)]
pub(super) struct Folder {
    pub(super) path: Option<String>,
    /// Why nothing can be written there; `None` if it can.
    pub(super) problem: Option<String>,
}

impl Folder {
    /// Writes a small file as every result is written, and removes it.
    pub(super) fn look() -> Self {
        let current = match std::env::current_dir() {
            Ok(current) => current,
            Err(error) => return Self { path: None, problem: Some(error.to_string()) },
        };
        let problem = try_writing(&current).err().map(|error| error.to_string());
        Self { path: Some(current.display().to_string()), problem }
    }
}

fn try_writing(folder: &Path) -> std::io::Result<()> {
    let path = folder.join(format!(".lacuna-doctor-{}", std::process::id()));
    write_atomic_bytes(&path, b"written by lacuna doctor; may be removed\n")?;
    fs::remove_file(&path)
}
