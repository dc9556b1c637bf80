//! A file that grows by whole pieces: each is on the disk or not in the file.

use std::io::{self, Seek, SeekFrom, Write};

use fs_err as fs;

/// What appending needs of a file.
pub(super) trait Storage: Write + Seek {
    /// Returns when what was written is on the disk.
    fn sync(&mut self) -> io::Result<()>;
    /// Cuts the file off after `length` bytes.
    fn cut(&mut self, length: u64) -> io::Result<()>;
}

impl Storage for fs::File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }
}

/// A file with the length of its good part.
#[derive(Debug)]
pub(super) struct AppendFile<S> {
    storage: S,
    length: u64,
}

impl<S: Storage> AppendFile<S> {
    /// Cuts off what comes after the first `length` bytes, and makes those durable: a crash may have
    /// left them where only the system's memory holds them.
    pub(super) fn new(storage: S, length: u64) -> io::Result<Self> {
        let mut file = Self { storage, length };
        file.cut_back()?;
        Ok(file)
    }

    /// Length in bytes.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Adds `bytes` and returns when they are on the disk. On an error the file is cut back, so that a
    /// later attempt does not follow half a line. After a failed sync the system may call pages clean
    /// that never reached the disk; only writing them anew helps.
    pub(super) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let result = self.write(bytes);
        match result {
            Ok(()) => self.length += bytes.len() as u64,
            // the first error is the one worth reporting
            Err(_) => drop(self.cut_back()),
        }
        result
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.storage.seek(SeekFrom::Start(self.length))?;
        self.storage.write_all(bytes)?;
        self.storage.sync()
    }

    fn cut_back(&mut self) -> io::Result<()> {
        self.storage.cut(self.length)?;
        self.storage.sync()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk on which only so many more bytes find room, and whose sync fails when told to.
    struct FullDisk {
        file: fs::File,
        room: usize,
        is_sync_broken: bool,
    }

    impl Write for FullDisk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let count = bytes.len().min(self.room);
            if count == 0 {
                return Err(io::Error::from(io::ErrorKind::StorageFull));
            }
            self.room -= count;
            self.file.write(&bytes[..count])
        }

        fn flush(&mut self) -> io::Result<()> {
            self.file.flush()
        }
    }

    impl Seek for FullDisk {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.file.seek(to)
        }
    }

    impl Storage for FullDisk {
        fn sync(&mut self) -> io::Result<()> {
            if self.is_sync_broken { Err(io::Error::other("lost")) } else { self.file.sync() }
        }

        fn cut(&mut self, length: u64) -> io::Result<()> {
            self.file.cut(length)
        }
    }

    #[test]
    fn a_failed_append_leaves_nothing_and_the_next_one_works() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "one\ntor").unwrap();
        let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
        let disk = FullDisk { file, room: 6, is_sync_broken: false };
        let mut file = AppendFile::new(disk, 4).unwrap();
        let content = || fs::read_to_string(&path).unwrap();
        assert_eq!(content(), "one\n");
        // half of it finds room
        assert_eq!(file.append(b"two two\n").unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(content(), "one\n");
        // all of it is written, but not known to be on the disk
        (file.storage.room, file.storage.is_sync_broken) = (100, true);
        assert_eq!(file.append(b"two\n").unwrap_err().to_string(), "lost");
        assert_eq!(content(), "one\n");
        file.storage.is_sync_broken = false;
        file.append(b"two\nthree\n").unwrap();
        file.append(b"four\n").unwrap();
        assert_eq!(content(), "one\ntwo\nthree\nfour\n");
        assert_eq!(file.length(), 19);
    }
}
