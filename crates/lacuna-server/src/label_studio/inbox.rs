//! Annotations that were taken and are not painted yet: files, so that an end of the server loses none.

use std::path::{Path, PathBuf};

use fs_err as fs;
use lacuna_data::json_file::{read_json, write_json};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::received::ProjectKey;
use super::{VERSION, make_private};
use crate::problem::Problem;

/// An annotation as a webhook brings it.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Letter {
    version: u32,
    pub(crate) project: ProjectKey,
    pub(crate) label_config: String,
    pub(crate) task: Value,
    pub(crate) annotation: Value,
}

/// The folder of letters, in the order in which they came.
pub(super) struct Inbox(PathBuf);

impl Letter {
    pub(crate) fn new(
        project: ProjectKey,
        label_config: String,
        task: Value,
        annotation: Value,
    ) -> Self {
        Self { version: VERSION, project, label_config, task, annotation }
    }
}

impl Inbox {
    pub(super) fn new(folder: &Path) -> Self {
        Self(folder.join("inbox"))
    }

    /// Keeps a letter after all that are there.
    pub(super) fn put(&self, letter: &Letter) -> Result<(), Problem> {
        make_private(&self.0).map_err(|e| Problem::failed(&e))?;
        let next = self.numbers().last().map_or(1, |last| last + 1);
        write_json(&self.file(next), letter).map_err(|e| Problem::failed(&e))
    }

    /// The numbers of the letters, in their order.
    pub(super) fn numbers(&self) -> Vec<u64> {
        let entries = fs::read_dir(&self.0).into_iter().flatten().flatten();
        let number =
            |entry: fs::DirEntry| entry.file_name().to_str()?.strip_suffix(".json")?.parse().ok();
        let mut numbers: Vec<u64> = entries.filter_map(number).collect();
        numbers.sort_unstable();
        numbers
    }

    pub(super) fn read(&self, number: u64) -> Result<Option<Letter>, Problem> {
        read_json(&self.file(number), VERSION).map_err(|e| Problem::failed(&e))
    }

    /// Forgets a letter that is done with.
    pub(super) fn remove(&self, number: u64) -> Result<(), Problem> {
        match fs::remove_file(self.file(number)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Problem::failed(&error))
            }
            _ => Ok(()),
        }
    }

    fn file(&self, number: u64) -> PathBuf {
        self.0.join(format!("{number}.json"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn letters_stay_in_their_order_until_they_are_done_with() {
        let folder = tempfile::tempdir().unwrap();
        let inbox = Inbox::new(folder.path());
        let letter = |id: u64| {
            let project = ProjectKey { id: 1, created_at: "2026".to_owned() };
            Letter::new(project, "<View/>".to_owned(), json!({ "id": 1 }), json!({ "id": id }))
        };
        assert!(inbox.numbers().is_empty());
        (1..=11).for_each(|id| inbox.put(&letter(id)).unwrap());
        inbox.remove(1).unwrap();
        inbox.remove(1).unwrap();
        let numbers = inbox.numbers();
        assert_eq!(numbers, (2..=11).collect::<Vec<_>>());
        assert_eq!(inbox.read(10).unwrap(), Some(letter(10)));
        assert_eq!(inbox.read(1).unwrap(), None);
    }
}
