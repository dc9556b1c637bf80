//! Tasks as Label Studio writes them: JSON with annotations and predictions, and the flat JSON_MIN.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::formats::Problem;
use crate::formats::text_file::wrong;

/// What is said about one picture.
#[derive(Clone, Debug, Default)]
pub(super) struct Task {
    /// How the task is called in messages.
    pub(super) name: String,
    /// What the task calls its picture: an address or a path.
    pub(super) image: String,
    /// The patient, in tasks that this program wrote.
    pub(super) group: Option<String>,
    pub(super) annotations: Vec<Said>,
    pub(super) predictions: Vec<Said>,
    /// Predictions of which there is only the number: the server's own export has no more.
    pub(super) numbered_predictions: usize,
}

/// What one person or one model said.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    pub(super) completed_by: Option<Who>,
    #[serde(default)]
    pub(super) was_cancelled: bool,
    #[serde(default)]
    pub(super) model_version: Option<String>,
    #[serde(default)]
    pub(super) score: Option<f64>,
    #[serde(default)]
    pub(super) created_at: Option<String>,
    #[serde(default)]
    pub(super) result: Vec<Item>,
}

/// A user as a number, a name, or with more about them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(super) enum Who {
    Number(i64),
    Name(String),
    User { id: Option<i64>, email: Option<String> },
}

impl Who {
    /// How the user is called, in a choice and as an author.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Name(name) => name.clone(),
            Self::User { email: Some(email), .. } => email.clone(),
            Self::User { id, .. } => id.map_or("unknown".to_owned(), |id| id.to_string()),
        }
    }
}

/// One entry of a result: a shape, or labels for a shape that has the same id.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Item {
    #[serde(default)]
    pub(super) id: Option<String>,
    #[serde(rename = "type", default)]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) from_name: String,
    #[serde(default)]
    pub(super) to_name: String,
    #[serde(default)]
    pub(super) original_width: Option<usize>,
    #[serde(default)]
    pub(super) original_height: Option<usize>,
    #[serde(default)]
    pub(super) image_rotation: f64,
    #[serde(default)]
    pub(super) value: Value,
}

/// The value of a result; lengths are per cent of the picture's, angles degrees clockwise.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Value {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) x: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) y: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) width: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) height: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rotation: Option<f64>,
    #[serde(rename = "radiusX", skip_serializing_if = "Option::is_none")]
    pub(super) radius_x: Option<f64>,
    #[serde(rename = "radiusY", skip_serializing_if = "Option::is_none")]
    pub(super) radius_y: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) points: Option<Vec<[f64; 2]>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) closed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) format: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rle: Option<Vec<u8>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) labels: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) brushlabels: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) rectanglelabels: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) polygonlabels: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) ellipselabels: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) keypointlabels: Vec<String>,
}

impl Value {
    /// The labels of whatever tool.
    pub(super) fn labels(&self) -> impl Iterator<Item = &String> {
        [
            &self.labels,
            &self.brushlabels,
            &self.rectanglelabels,
            &self.polygonlabels,
            &self.ellipselabels,
            &self.keypointlabels,
        ]
        .into_iter()
        .flatten()
    }

    /// Whether there is a shape, and not only labels or text.
    pub(super) fn has_shape(&self) -> bool {
        self.rle.is_some() || self.points.is_some() || self.x.is_some()
    }
}

/// The flat form of an item: its value, and whose it is.
#[derive(Default, Deserialize)]
#[serde(default)]
struct MinItem {
    original_width: Option<usize>,
    original_height: Option<usize>,
    image_rotation: f64,
}

type Fields<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;

/// Reads a list of tasks, or a single one. `image_key` names the data field with the picture.
pub(super) fn parse(
    text: &str,
    path: &Path,
    image_key: Option<&str>,
) -> Result<Vec<Task>, Vec<Problem>> {
    let is_list = text.trim_start().starts_with('[');
    let fields: Result<Vec<Fields<'_>>, _> = if is_list {
        serde_json::from_str(text)
    } else {
        serde_json::from_str(text).map(|t| vec![t])
    };
    let fields = fields.map_err(|error| vec![wrong(path, error)])?;
    let (mut tasks, mut problems) = (Vec::new(), Vec::new());
    for (i, fields) in fields.iter().enumerate() {
        let name = fields.get("id").map_or(format!("{}", i + 1), |id| id.get().to_owned());
        match task(fields, image_key) {
            Ok(task) => tasks.push(Task { name, ..task }),
            Err(reason) => problems.push(wrong(path, format!("task {name}: {reason}"))),
        }
    }
    if problems.is_empty() { Ok(tasks) } else { Err(problems) }
}

fn task(fields: &Fields<'_>, image_key: Option<&str>) -> Result<Task, String> {
    let is_full = fields.contains_key("data");
    let data = match fields.get("data") {
        Some(data) => serde_json::from_str::<Fields<'_>>(data.get()).map_err(message)?,
        None => fields.clone(),
    };
    let image = image_of(&data, image_key)?;
    let list = |key: &str| match fields.get(key) {
        Some(raw) => serde_json::from_str::<Option<Vec<Said>>>(raw.get()).map_err(message),
        None => Ok(None),
    };
    let annotations = match (list("annotations")?, list("completions")?) {
        (Some(said), _) | (None, Some(said)) => said,
        (None, None) if is_full => Vec::new(),
        (None, None) => vec![flat(fields)?],
    };
    let (predictions, numbered_predictions) = predictions(fields)?;
    let group = group_of(&data);
    Ok(Task { name: String::new(), image, group, annotations, predictions, numbered_predictions })
}

/// The predictions, and how many there are of which there is only the number.
fn predictions(fields: &Fields<'_>) -> Result<(Vec<Said>, usize), String> {
    let Some(raw) = fields.get("predictions") else { return Ok((Vec::new(), 0)) };
    let all: Option<Vec<&RawValue>> = serde_json::from_str(raw.get()).map_err(message)?;
    let is_number = |item: &&RawValue| serde_json::from_str::<u64>(item.get()).is_ok();
    let (numbers, full): (Vec<_>, Vec<_>) =
        all.unwrap_or_default().into_iter().partition(is_number);
    let full: Result<_, _> = full.iter().map(|item| serde_json::from_str(item.get())).collect();
    Ok((full.map_err(message)?, numbers.len()))
}

/// What a field `group` means elsewhere nobody knows; our tasks have one beside the name of the case.
fn group_of(data: &Fields<'_>) -> Option<String> {
    data.get("case")?;
    serde_json::from_str(data.get("group")?.get()).ok()
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn message(error: serde_json::Error) -> String {
    error.to_string()
}

/// The picture's address: the field asked for, else the usual names, else the only text that looks like one.
fn image_of(data: &Fields<'_>, image_key: Option<&str>) -> Result<String, String> {
    let text =
        |key: &str| data.get(key).and_then(|raw| serde_json::from_str::<String>(raw.get()).ok());
    if let Some(key) = image_key {
        return text(key).ok_or_else(|| format!("there is no picture under `{key}`"));
    }
    if let Some(found) = ["image", "img", "picture", "photo"].iter().find_map(|key| text(key)) {
        return Ok(found);
    }
    let is_picture = |address: &String| {
        crate::image::is_import_name(Path::new(address.split('?').next().unwrap_or_default()))
    };
    let mut found = data.keys().filter_map(|key| text(key)).filter(is_picture);
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(only),
        _ => Err("there is no field `image`, and no other that is clearly the picture".to_owned()),
    }
}

/// What JSON_MIN says: every list of objects with a shape or labels is one tool's.
fn flat(fields: &Fields<'_>) -> Result<Said, String> {
    let mut said = Said::default();
    if let Some(raw) = fields.get("annotator") {
        said.completed_by = serde_json::from_str(raw.get()).ok();
    }
    for (key, raw) in fields {
        let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(raw.get()) else { continue };
        for item in items.into_iter().filter(|item| item.get().starts_with('{')) {
            let value: Value = serde_json::from_str(item.get()).map_err(message)?;
            let about: MinItem = serde_json::from_str(item.get()).map_err(message)?;
            said.result.push(Item {
                from_name: key.clone().into_owned(),
                original_width: about.original_width,
                original_height: about.original_height,
                image_rotation: about.image_rotation,
                value,
                ..Item::default()
            });
        }
    }
    Ok(said)
}
