//! The answers as they are kept: a line each, flushed to the disk before the next point is asked.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use fs_err as fs;
use lacuna_metrics::verification::Answer;
use serde::{Deserialize, Serialize};

use super::VerificationError;
use crate::observer::rfc3339;

/// An answer as a line of the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerRecord {
    /// Number of the point in the sample.
    pub index: usize,
    /// What the person said.
    pub answer: Answer,
    /// When, RFC 3339.
    pub time: String,
}

pub(super) struct AnswerFile {
    path: PathBuf,
    file: Option<fs::File>,
    given: BTreeMap<usize, Answer>,
}

impl AnswerFile {
    /// Reads the answers to a sample of `points`; a last line that was never finished does not count and is cut off.
    pub(super) fn open(path: &Path, points: usize) -> Result<Self, VerificationError> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(io_error(path, error)),
        };
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        if whole < bytes.len() {
            let file = fs::OpenOptions::new().write(true).open(path);
            file.and_then(|file| file.set_len(whole as u64)).map_err(|e| io_error(path, e))?;
        }
        let mut given = BTreeMap::new();
        for (line, text) in (1..).zip(bytes[..whole].split_inclusive(|byte| *byte == b'\n')) {
            let bad = |reason| VerificationError::BadAnswer { path: path.to_owned(), line, reason };
            let record: AnswerRecord =
                serde_json::from_slice(text).map_err(|error| bad(error.to_string()))?;
            if record.index >= points {
                return Err(bad(format!("there is no point {}", record.index)));
            }
            given.insert(record.index, record.answer);
        }
        Ok(Self { path: path.to_owned(), file: None, given })
    }

    pub(super) fn given(&self) -> &BTreeMap<usize, Answer> {
        &self.given
    }

    pub(super) fn add(&mut self, index: usize, answer: Answer) -> Result<(), VerificationError> {
        let record = AnswerRecord { index, answer, time: rfc3339(SystemTime::now()) };
        let written = serde_json::to_vec(&record).map_err(io::Error::from).and_then(|mut line| {
            line.push(b'\n');
            self.append(&line)
        });
        written.map_err(|error| io_error(&self.path, error))?;
        self.given.insert(index, answer);
        Ok(())
    }

    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        let mut file = match self.file.take() {
            Some(file) => file,
            None => fs::OpenOptions::new().create(true).append(true).open(&self.path)?,
        };
        let length = file.metadata()?.len();
        if let Err(error) = file.write_all(line).and_then(|()| file.sync_data()) {
            // half a line would spoil the next one
            let _ = file.set_len(length);
            return Err(error);
        }
        self.file = Some(file);
        Ok(())
    }
}

fn io_error(path: &Path, source: io::Error) -> VerificationError {
    VerificationError::Io { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_survive_and_the_last_one_counts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answers.jsonl");
        let mut file = AnswerFile::open(&path, 3).unwrap();
        file.add(2, Answer::Yes).unwrap();
        file.add(0, Answer::Unsure).unwrap();
        file.add(2, Answer::No).unwrap();
        let expected = BTreeMap::from([(0, Answer::Unsure), (2, Answer::No)]);
        assert_eq!(file.given(), &expected);
        // a power cut in the middle of a line
        let mut bytes = fs::read(&path).unwrap();
        bytes.extend(br#"{"index":1,"ans"#);
        fs::write(&path, &bytes).unwrap();
        let mut file = AnswerFile::open(&path, 3).unwrap();
        assert_eq!(file.given(), &expected);
        file.add(1, Answer::Yes).unwrap();
        assert_eq!(AnswerFile::open(&path, 3).unwrap().given().len(), 3);
        let error = AnswerFile::open(&path, 2).err().unwrap().to_string();
        assert!(error.contains("answers.jsonl") && error.contains("no point 2"), "{error}");
        fs::write(&path, "{}\n").unwrap();
        let error = AnswerFile::open(&path, 3).err().unwrap().to_string();
        assert!(error.contains("line 1"), "{error}");
    }
}
