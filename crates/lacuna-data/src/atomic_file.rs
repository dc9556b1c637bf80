//! Files that are either the old ones or the new ones, never half of each.
//!
//! The content goes into a temporary file in the same folder, is flushed to the disk, and then takes
//! the target's name in one step; a crash or a full disk leaves the old file as it was.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use fs_err as fs;

/// Writes what `content` produces to `path`, all of it or nothing.
///
/// The error names the file. On an error the temporary file is removed.
pub fn write_atomic(
    path: &Path,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let temporary = temporary_path(path)?;
    let result = write_then_rename(&temporary, path, content);
    if result.is_err() {
        // The first error is the one worth reporting.
        let _ = fs::remove_file(&temporary);
    }
    result
}

/// Writes `bytes` to `path`, all of them or nothing.
pub fn write_atomic_bytes(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_atomic(path, |writer| writer.write_all(bytes))
}

/// Makes a folder and those it lies in, so that they are there after a crash too.
///
/// The error names the folder.
pub fn create_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let parent = folder_of(folder);
    if parent != folder {
        create_folder(parent)?;
    }
    match fs::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    sync_folder(parent)
}

/// Removes a file if it is there, so that it is gone after a crash too.
///
/// The error names the file.
pub fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Ok(()) => sync_folder(folder_of(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn write_then_rename(
    temporary: &Path,
    path: &Path,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let named = |source: io::Error| {
        io::Error::new(source.kind(), format!("could not write `{}`: {source}", path.display()))
    };
    let mut writer = BufWriter::new(fs::File::create_new(temporary)?);
    content(&mut writer).map_err(named)?;
    let file = writer.into_inner().map_err(|error| named(error.into_error()))?;
    file.sync_all()?;
    drop(file);
    fs::rename(temporary, path)?;
    sync_folder(folder_of(path))
}

/// Makes the rename itself durable. Folders cannot be opened as files on Windows.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { fs::File::open(folder)?.sync_all() } else { Ok(()) }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// A name beside `path` that no other thread or process uses. The target's own name is not part of
/// it, so that a name as long as the file system allows still works.
fn temporary_path(path: &Path) -> io::Result<PathBuf> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    if path.file_name().is_none() {
        let message = format!("`{}` is not a file name", path.display());
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    let nanoseconds = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.subsec_nanos());
    let name = format!(".lacuna-{}-{nanoseconds}-{number}.tmp", std::process::id());
    Ok(folder_of(path).join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        write_atomic_bytes(&path, b"old").unwrap();
        let failed = write_atomic(&path, |writer| {
            writer.write_all(b"half of the n")?;
            Err(io::Error::other("disk full"))
        });
        assert!(failed.unwrap_err().to_string().contains("a.txt"));
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        write_atomic_bytes(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn folders_are_made_and_files_removed_whether_or_not_they_are_there() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b");
        create_folder(&deep).unwrap();
        create_folder(&deep).unwrap();
        let file = deep.join("c");
        fs::write(&file, "").unwrap();
        assert!(create_folder(&file.join("d")).unwrap_err().to_string().contains('c'));
        remove_file(&file).unwrap();
        remove_file(&file).unwrap();
        assert!(!file.exists());
        assert!(remove_file(&deep).unwrap_err().to_string().contains("a/b"));
    }

    #[test]
    fn a_missing_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = write_atomic_bytes(&folder.path().join("none/a.txt"), b"x").unwrap_err();
        assert!(error.to_string().contains("none"), "{error}");
        assert!(write_atomic_bytes(Path::new("/"), b"x").is_err());
    }
}
