//! What Label Studio said last: a file for each task, and which picture of the data set is that of an address.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fs_err as fs;
use lacuna_data::json_file::{read_json, write_json};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::make_private;
use crate::problem::Problem;

const VERSION: u32 = 1;

/// A task of a project of Label Studio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TaskKey {
    pub(super) project: u64,
    pub(super) task: u64,
}

/// The folder of the connection.
pub(super) struct Received {
    folder: PathBuf,
    pictures: Pictures,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pictures {
    version: u32,
    /// Case by address.
    pictures: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    version: u32,
    /// As Label Studio writes it, with its annotations.
    task: Value,
}

impl Received {
    pub(super) fn open(folder: &Path) -> Result<Self, Problem> {
        let path = folder.join("pictures.json");
        let pictures = read_json::<Pictures>(&path, VERSION).map_err(|e| Problem::failed(&e))?;
        let none = || Pictures { version: VERSION, pictures: BTreeMap::new() };
        Ok(Self { folder: folder.to_owned(), pictures: pictures.unwrap_or_else(none) })
    }

    /// The case whose picture has that address.
    pub(super) fn case_of(&self, address: &str) -> Option<&str> {
        self.pictures.pictures.get(address).map(String::as_str)
    }

    /// Keeps which case has the picture of an address.
    pub(super) fn set_case(&mut self, address: &str, case: &str) -> Result<(), Problem> {
        self.pictures.pictures.insert(address.to_owned(), case.to_owned());
        write_json(&self.folder.join("pictures.json"), &self.pictures)
            .map_err(|e| Problem::failed(&e))
    }

    /// A task as it was when it was last painted here.
    pub(super) fn task(&self, key: TaskKey) -> Result<Option<Value>, Problem> {
        let kept = read_json::<Kept>(&self.file(key), VERSION).map_err(|e| Problem::failed(&e))?;
        Ok(kept.map(|kept| kept.task))
    }

    /// Keeps a task.
    pub(super) fn put_task(&self, key: TaskKey, task: Value) -> Result<(), Problem> {
        let path = self.file(key);
        make_private(&self.folder.join("tasks")).map_err(|e| Problem::failed(&e))?;
        write_json(&path, &Kept { version: VERSION, task }).map_err(|e| Problem::failed(&e))
    }

    /// The tasks of a project that are kept.
    pub(super) fn tasks_of(&self, project: u64) -> Vec<TaskKey> {
        let entries = fs::read_dir(self.folder.join("tasks")).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let task = |name: String| {
            let (of, task) = name.strip_suffix(".json")?.split_once('-')?;
            (of.parse() == Ok(project)).then(|| task.parse().ok()).flatten()
        };
        let mut tasks: Vec<u64> = names.filter_map(task).collect();
        tasks.sort_unstable();
        tasks.into_iter().map(|task| TaskKey { project, task }).collect()
    }

    fn file(&self, TaskKey { project, task }: TaskKey) -> PathBuf {
        self.folder.join("tasks").join(format!("{project}-{task}.json"))
    }
}

/// The number of a task or an annotation.
pub(super) fn task_id(value: &Value) -> Option<u64> {
    value.get("id")?.as_u64()
}

/// The task with an annotation added or replaced; `known` is the task as it was.
pub(super) fn with_annotation(known: Option<&Value>, task: &Value, annotation: Value) -> Value {
    let mut annotations = annotations_of(known);
    annotations.retain(|one| task_id(one) != task_id(&annotation));
    annotations.push(annotation);
    annotations.sort_by_key(task_id);
    json!({ "id": task.get("id"), "data": task.get("data"), "annotations": annotations })
}

/// The task with nothing but what is read of it.
pub(super) fn in_short(task: &Value) -> Value {
    let annotations = annotations_of(Some(task));
    json!({ "id": task.get("id"), "data": task.get("data"), "annotations": annotations })
}

fn annotations_of(task: Option<&Value>) -> Vec<Value> {
    let annotations = task.and_then(|task| task.get("annotations")?.as_array());
    annotations.cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_annotation_replaces_the_one_of_its_number() {
        let task = json!({ "id": 7, "data": { "image": "/a.png" }, "predictions": [1] });
        let annotation = |id: u64, text: &str| json!({ "id": id, "result": [text] });
        let first = with_annotation(None, &task, annotation(3, "old"));
        let second = with_annotation(Some(&first), &task, annotation(2, "other"));
        let third = with_annotation(Some(&second), &task, annotation(3, "new"));
        let expected = json!({
            "id": 7, "data": { "image": "/a.png" },
            "annotations": [{ "id": 2, "result": ["other"] }, { "id": 3, "result": ["new"] }],
        });
        assert_eq!(third, expected);
    }

    #[test]
    fn tasks_and_pictures_are_there_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let mut received = Received::open(folder.path()).unwrap();
        let key = |project, task| TaskKey { project, task };
        received.put_task(key(1, 12), json!({ "id": 12 })).unwrap();
        received.put_task(key(1, 3), json!({ "id": 3 })).unwrap();
        received.put_task(key(11, 2), json!({ "id": 2 })).unwrap();
        received.set_case("/data/upload/1/a.png", "a").unwrap();
        let received = Received::open(folder.path()).unwrap();
        assert_eq!(received.tasks_of(1), [key(1, 3), key(1, 12)]);
        assert_eq!(received.task(key(1, 12)).unwrap(), Some(json!({ "id": 12 })));
        assert_eq!(received.task(key(2, 12)).unwrap(), None);
        assert_eq!(received.case_of("/data/upload/1/a.png"), Some("a"));
    }
}
