//! What Label Studio said last: a file for each task, and which picture of the data set is that of an address.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use lacuna_data::annotation::Unpainted;
use lacuna_data::json_file::{read_json, write_json};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{VERSION, make_private};
use crate::lock;
use crate::problem::Problem;

/// A project of a Label Studio. One that was set up anew has projects of the same numbers, made at another time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProjectKey {
    pub(crate) id: u64,
    /// As Label Studio writes it.
    pub(crate) created_at: String,
}

/// A task that has annotations, or had some.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    version: u32,
    /// What unpainted pixels meant when it was painted.
    unpainted: String,
    /// The labelling configuration of its project.
    pub(super) label_config: String,
    /// As Label Studio writes it, with its annotations.
    pub(super) task: Value,
}

/// The folder of the connection. Files are read and written one at a time.
pub(super) struct Received {
    folder: PathBuf,
    /// Address of the Label Studio.
    origin: String,
    index: Mutex<Index>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Index {
    version: u32,
    /// Case by whole address.
    pictures: BTreeMap<String, String>,
    /// Case by the name of the file of a task.
    tasks: BTreeMap<String, String>,
}

impl Kept {
    pub(super) fn new(unpainted: Unpainted, label_config: &str, task: Value) -> Self {
        let (unpainted, label_config) = (format!("{unpainted:?}"), label_config.to_owned());
        Self { version: VERSION, unpainted, label_config, task }
    }

    /// Whether anything may be said in it.
    pub(super) fn is_annotated(&self) -> bool {
        !annotations_of(Some(&self.task)).is_empty()
    }
}

impl Received {
    /// What came from the Label Studio at that address, and what came from others before.
    pub(super) fn open(folder: &Path, origin: String) -> Result<Self, Problem> {
        let index = read_json::<Index>(&folder.join("index.json"), VERSION);
        let index = index.map_err(|e| Problem::failed(&e))?;
        let none = || Index { version: VERSION, pictures: BTreeMap::new(), tasks: BTreeMap::new() };
        let index = Mutex::new(index.unwrap_or_else(none));
        Ok(Self { folder: folder.to_owned(), origin, index })
    }

    /// The case whose picture has that address.
    pub(super) fn case_of(&self, address: &str) -> Option<String> {
        self.index().pictures.get(&self.whole(address)).cloned()
    }

    /// Keeps which case has the picture of an address.
    pub(super) fn set_case(&self, address: &str, case: &str) -> Result<(), Problem> {
        let mut index = self.index();
        index.pictures.insert(self.whole(address), case.to_owned());
        self.save(&index)
    }

    /// A task as it was when it was last painted here.
    pub(super) fn task(&self, project: &ProjectKey, task: u64) -> Result<Option<Kept>, Problem> {
        self.read(&Self::name_of(project, task))
    }

    /// Keeps a task of a case.
    pub(super) fn put_task(
        &self,
        project: &ProjectKey,
        task: u64,
        case: &str,
        kept: &Kept,
    ) -> Result<(), Problem> {
        make_private(&self.folder.join("tasks")).map_err(|e| Problem::failed(&e))?;
        let name = Self::name_of(project, task);
        write_json(&self.file(&name), kept).map_err(|e| Problem::failed(&e))?;
        let mut index = self.index();
        match index.tasks.insert(name, case.to_owned()) {
            Some(old) if old == case => Ok(()),
            _ => self.save(&index),
        }
    }

    /// The tasks of a case but for this one, of whatever project.
    pub(super) fn other_tasks(
        &self,
        case: &str,
        project: &ProjectKey,
        task: u64,
    ) -> Result<Vec<Kept>, Problem> {
        let own = Self::name_of(project, task);
        let names: Vec<String> = {
            let index = self.index();
            let others = index.tasks.iter().filter(|(name, of)| *of == case && **name != own);
            others.map(|(name, _)| name.clone()).collect()
        };
        let kept: Result<Vec<_>, _> = names.iter().map(|name| self.read(name)).collect();
        Ok(kept?.into_iter().flatten().collect())
    }

    /// The numbers of the tasks of a project that are kept and have annotations.
    pub(super) fn annotated_tasks(&self, project: &ProjectKey) -> Result<BTreeSet<u64>, Problem> {
        let prefix = Self::prefix_of(project);
        let numbers: Vec<u64> = {
            let index = self.index();
            let names = index.tasks.keys().filter_map(|name| name.strip_prefix(&prefix));
            names.filter_map(|number| number.parse().ok()).collect()
        };
        let mut annotated = BTreeSet::new();
        for task in numbers {
            let kept = self.task(project, task)?;
            if kept.is_some_and(|kept| kept.is_annotated()) {
                annotated.insert(task);
            }
        }
        Ok(annotated)
    }

    fn read(&self, name: &str) -> Result<Option<Kept>, Problem> {
        read_json::<Kept>(&self.file(name), VERSION).map_err(|e| Problem::failed(&e))
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        lock(&self.index)
    }

    fn save(&self, index: &Index) -> Result<(), Problem> {
        write_json(&self.folder.join("index.json"), index).map_err(|e| Problem::failed(&e))
    }

    /// The address with the host: two servers may have different pictures under one path.
    fn whole(&self, address: &str) -> String {
        let is_whole = address.contains("://");
        if is_whole { address.to_owned() } else { format!("{}{address}", self.origin) }
    }

    fn name_of(project: &ProjectKey, task: u64) -> String {
        format!("{}{task}", Self::prefix_of(project))
    }

    /// The time tells a project from that of another Label Studio, also if this one gets another address.
    fn prefix_of(project: &ProjectKey) -> String {
        let ProjectKey { id, created_at } = project;
        let hash = blake3::hash(created_at.as_bytes()).to_hex();
        format!("{id}-{}-", &hash[..12])
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join("tasks").join(format!("{name}.json"))
    }
}

/// The number of a task or an annotation.
pub(super) fn number_of(value: &Value) -> Result<u64, Problem> {
    let number = value.get("id").and_then(Value::as_u64);
    number.ok_or_else(|| Problem::invalid("a task or an annotation has no number"))
}

/// The task with an annotation added or replaced, unless a newer one of its number is known; `known` is the task as it was.
pub(super) fn with_annotation(known: Option<&Value>, task: &Value, annotation: Value) -> Value {
    let mut annotations = annotations_of(known);
    let number = |one: &Value| one.get("id").and_then(Value::as_u64);
    let time = |one: &Value| one.get("updated_at").and_then(Value::as_str).map(str::to_owned);
    let same = annotations.iter().position(|one| number(one) == number(&annotation));
    match same {
        Some(place) if time(&annotations[place]) > time(&annotation) => {}
        Some(place) => annotations[place] = annotation,
        None => annotations.push(annotation),
    }
    annotations.sort_by_key(number);
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

    fn project(id: u64, created_at: &str) -> ProjectKey {
        ProjectKey { id, created_at: created_at.to_owned() }
    }

    #[test]
    fn an_annotation_replaces_an_older_one_of_its_number() {
        let task = json!({ "id": 7, "data": { "image": "/a.png" }, "predictions": [1] });
        let annotation = |id: u64, time: &str| json!({ "id": id, "updated_at": time });
        let first = with_annotation(None, &task, annotation(3, "2026-01-02"));
        let second = with_annotation(Some(&first), &task, annotation(2, "2026-01-01"));
        let third = with_annotation(Some(&second), &task, annotation(3, "2026-01-03"));
        let expected = json!({
            "id": 7, "data": { "image": "/a.png" },
            "annotations": [annotation(2, "2026-01-01"), annotation(3, "2026-01-03")],
        });
        assert_eq!(third, expected);
        let late = with_annotation(Some(&third), &task, annotation(3, "2026-01-02"));
        assert_eq!(late, expected);
    }

    #[test]
    fn tasks_and_pictures_are_there_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let open = |origin: &str| Received::open(folder.path(), origin.to_owned()).unwrap();
        let received = open("http://a");
        let (one, again) = (project(1, "2026-01-01"), project(1, "2026-02-02"));
        let kept = |annotations: Value| {
            Kept::new(Unpainted::Unknown, "<View/>", json!({ "annotations": annotations }))
        };
        received.put_task(&one, 12, "p", &kept(json!([1]))).unwrap();
        received.put_task(&one, 3, "p", &kept(json!([2]))).unwrap();
        received.put_task(&one, 4, "q", &kept(json!([]))).unwrap();
        received.put_task(&again, 3, "p", &kept(json!([3]))).unwrap();
        received.set_case("/data/upload/1/a.png", "p").unwrap();
        let received = open("http://a");
        assert_eq!(received.annotated_tasks(&one).unwrap(), BTreeSet::from([3, 12]));
        assert_eq!(received.annotated_tasks(&again).unwrap(), BTreeSet::from([3]));
        assert_eq!(received.task(&one, 12).unwrap(), Some(kept(json!([1]))));
        assert_eq!(received.task(&project(2, "2026-01-01"), 12).unwrap(), None);
        assert_eq!(
            received.other_tasks("p", &one, 3).unwrap(),
            [kept(json!([1])), kept(json!([3]))]
        );
        assert_eq!(received.case_of("/data/upload/1/a.png").as_deref(), Some("p"));
        let elsewhere = open("http://b");
        assert_eq!(elsewhere.case_of("/data/upload/1/a.png"), None);
        // the same project at another address
        assert_eq!(elsewhere.task(&one, 12).unwrap(), Some(kept(json!([1]))));
    }
}
