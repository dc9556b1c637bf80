//! Annotation files as text: bounded, and named in every error.

use std::path::Path;

use fs_err as fs;
use serde::de::DeserializeOwned;

use super::Problem;

/// The largest annotation file read into memory.
const MAX_BYTES: u64 = 4 << 30;

/// Reads a file that is not too large.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, Problem> {
    let io = |error: std::io::Error| {
        let error = error.raw_os_error().map_or(error, std::io::Error::from_raw_os_error);
        Problem::new(format!("`{}`: {error}", path.display()), None)
    };
    let length = fs::metadata(path).map_err(io)?.len();
    if length > MAX_BYTES {
        let message =
            format!("`{}` is {} MB; at most 4295 are read", path.display(), length / 1_000_000);
        return Err(Problem::new(message, Some("export fewer pictures at a time")));
    }
    fs::read(path).map_err(io)
}

/// Reads a file as UTF-8, with or without a byte order mark.
pub(crate) fn read_text(path: &Path) -> Result<String, Problem> {
    let bytes = read_bytes(path)?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").map(<[u8]>::to_vec).unwrap_or(bytes);
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Problem::new(format!("`{}` is not UTF-8 text (byte {at})", path.display()), None)
    })
}

/// Reads JSON of another tool; keys that are not asked for are passed over.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, Problem> {
    let text = read_text(path)?;
    serde_json::from_str(&text).map_err(|error| {
        let place = format!("`{}`, line {}", path.display(), error.line());
        let text = error.to_string();
        let reason = text.rsplit_once(" at line ").map_or(text.as_str(), |(reason, _)| reason);
        Problem::new(format!("{place}: {reason}"), Some("is it the right format?"))
    })
}

/// The problem that something in a file is wrong.
pub(crate) fn wrong(path: &Path, reason: impl std::fmt::Display) -> Problem {
    Problem::new(format!("`{}`: {reason}", path.display()), None)
}
