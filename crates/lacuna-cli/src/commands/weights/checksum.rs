//! SHA-256, by which a file is known to be the published one.

use std::io::{self, Read, Write};
use std::path::Path;

use fs_err as fs;
use sha2::{Digest, Sha256};

/// The SHA-256 of a file, lower-case hexadecimal.
pub(super) fn of_file(path: &Path) -> io::Result<String> {
    let mut hashing = Hashing::new(io::sink());
    io::copy(&mut fs::File::open(path)?, &mut hashing)?;
    Ok(hashing.finish().0)
}

/// Passes bytes on and hashes them on the way.
pub(super) struct Hashing<W> {
    inner: W,
    hash: Sha256,
    bytes: u64,
}

impl<W: Write> Hashing<W> {
    pub(super) fn new(inner: W) -> Self {
        Self { inner, hash: Sha256::new(), bytes: 0 }
    }

    /// The SHA-256, lower-case hexadecimal, and the number of bytes.
    pub(super) fn finish(self) -> (String, u64) {
        let hexadecimal = self.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        (hexadecimal, self.bytes)
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Tells after each read how many bytes have been read; an error ends the reading.
pub(super) struct Watched<R, F> {
    inner: R,
    bytes: u64,
    watch: F,
}

impl<R: Read, F: FnMut(u64) -> io::Result<()>> Watched<R, F> {
    pub(super) fn new(inner: R, watch: F) -> Self {
        Self { inner, bytes: 0, watch }
    }
}

impl<R: Read, F: FnMut(u64) -> io::Result<()>> Read for Watched<R, F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes += read as u64;
        (self.watch)(self.bytes)?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_standard_one() {
        // FIPS 180-2, appendix B.1
        let mut hashing = Hashing::new(Vec::new());
        hashing.write_all(b"abc").unwrap();
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hashing.finish(), (expected.to_owned(), 3));
    }

    #[test]
    fn watching_stops_what_grows_too_long() {
        let limit = |bytes| if bytes > 4 { Err(io::Error::other("too long")) } else { Ok(()) };
        let mut out = Vec::new();
        assert!(io::copy(&mut Watched::new(&b"abcd"[..], limit), &mut out).is_ok());
        assert!(io::copy(&mut Watched::new(&b"abcde"[..], limit), &mut out).is_err());
    }
}
