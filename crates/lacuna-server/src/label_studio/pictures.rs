//! Which picture of the data set a task is about.

use fs_err as fs;
use lacuna_data::formats::label_studio::{Interface, picture_name};
use lacuna_data::{Case, Dataset};
use serde_json::Value;

use super::LabelStudio;
use super::received::{Received, task_id};
use crate::app::App;
use crate::problem::Problem;

impl LabelStudio {
    /// The case of a task. A picture that is seen for the first time is fetched; unless the data set has it already, it
    /// becomes one of its pictures.
    pub(super) fn case_of(
        &self,
        app: &App,
        received: &mut Received,
        interface: &Interface,
        task: &Value,
    ) -> Result<Case, Problem> {
        let address = address_of(interface, task)?;
        let dataset = app.project.dataset()?;
        if let Some(case) = received.case_of(address).and_then(|id| dataset.case(id).ok()) {
            return Ok(case.clone());
        }
        let bytes = self.source.picture(address, task_id(task).unwrap_or_default())?;
        let name = picture_name(address);
        let present = same_picture(&dataset, &name, &bytes).cloned();
        let case = present.map_or_else(|| add(app, &name, &bytes), Ok)?;
        received.set_case(address, &case.id)?;
        Ok(case)
    }
}

fn add(app: &App, name: &str, bytes: &[u8]) -> Result<Case, Problem> {
    let case = app.project.add_picture(name, bytes)?;
    app.events.tell("cases", &serde_json::json!({}));
    Ok(case)
}

/// Where the task says that its picture is.
fn address_of<'a>(interface: &Interface, task: &'a Value) -> Result<&'a str, Problem> {
    let key = interface.image_key();
    let address = task.get("data").and_then(|data| data.get(key)?.as_str());
    address.ok_or_else(|| Problem::invalid(format!("a task has no picture under `{key}`")))
}

/// The case that has these bytes under a name like the one given: two pictures of one name are two cases.
fn same_picture<'a>(dataset: &'a Dataset, name: &str, bytes: &[u8]) -> Option<&'a Case> {
    let is_same = |case: &&Case| {
        let path = dataset.image_path(case);
        path.file_name().is_some_and(|own| own.eq_ignore_ascii_case(name))
            && fs::read(&path).is_ok_and(|own| own == bytes)
    };
    dataset.cases().iter().find(is_same)
}
