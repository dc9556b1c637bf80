//! Which picture of the data set a task is about.

use fs_err as fs;
use lacuna_data::formats::label_studio::{Interface, picture_name};
use lacuna_data::{Case, Dataset};
use serde_json::Value;

use super::LabelStudio;
use super::received::number_of;
use crate::app::App;
use crate::lock;
use crate::problem::Problem;

impl LabelStudio {
    /// The case of a task. A picture that is seen for the first time is fetched; unless the data set has it already, it
    /// becomes one of its pictures.
    pub(super) fn case_of(
        &self,
        app: &App,
        interface: &Interface,
        task: &Value,
    ) -> Result<Case, Problem> {
        let address = address_of(interface, task)?;
        if let Some(case) = self.known_case(app, address)? {
            return Ok(case);
        }
        // nobody waits for a download of somebody else
        let bytes = self.source.picture(address, number_of(task)?)?;
        let _one = lock(&self.adding);
        if let Some(case) = self.known_case(app, address)? {
            return Ok(case);
        }
        let name = picture_name(address);
        let present = same_picture(&*app.project.dataset()?, &name, &bytes).cloned();
        let case = present.map_or_else(|| add(app, &name, &bytes), Ok)?;
        self.received.set_case(address, &case.id)?;
        Ok(case)
    }

    fn known_case(&self, app: &App, address: &str) -> Result<Option<Case>, Problem> {
        let dataset = app.project.dataset()?;
        let known = self.received.case_of(address);
        Ok(known.and_then(|id| dataset.case(&id).ok().cloned()))
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

/// The case that has these bytes under a name like the one given, also with the number that tells it from another of its
/// name: two pictures of one name are two cases.
fn same_picture<'a>(dataset: &'a Dataset, name: &str, bytes: &[u8]) -> Option<&'a Case> {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_lowercase();
    let is_alike = |case: &&Case| {
        let path = dataset.image_path(case);
        let own = path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
        own.strip_prefix(&stem).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    let is_same = |case: &&Case| fs::read(dataset.image_path(case)).is_ok_and(|own| own == bytes);
    dataset.cases().iter().filter(is_alike).find(is_same)
}
