//! What the data set is about.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::{Extension, Json};
use lacuna_data::ClassSet;
use lacuna_data::annotation::Role;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Answer, answer};
use crate::app::App;
use crate::person::Person;
use crate::problem::Problem;
use crate::team::TeamRole;

/// The data set and who works on it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Project {
    /// Tells the folder from others; no name for people.
    id: String,
    name: String,
    classes: Vec<Class>,
    /// Groups of classes of which a pixel has at most one.
    exclusive: Vec<Vec<String>>,
    part_of: Vec<PartOf>,
    /// Who paints, as written into the journal.
    author: String,
    role: PainterRole,
    /// What this person may do here.
    access: TeamRole,
    /// Whether people have accounts.
    team: bool,
    /// Tells this person from others: pages send it along as `lacuna-person`.
    person: String,
    /// A data set made by `--demo`.
    demo: bool,
    /// Version of the program.
    version: String,
}

/// A class that can be painted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Class {
    name: String,
    /// sRGB, 0–255.
    color: [u8; 3],
}

/// A class that is part of another.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PartOf {
    part: String,
    whole: String,
}

/// Whether the person who paints is trained in the field.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PainterRole {
    Expert,
    NonExpert,
}

/// A class to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewClass {
    name: String,
    /// One that is told apart from the others if none is given.
    #[serde(default)]
    color: Option<[u8; 3]>,
}

/// Another colour for a class.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Color {
    /// sRGB, 0–255.
    color: [u8; 3],
}

impl Project {
    fn of(app: &App, person: &Person) -> Self {
        let config = &app.project.config;
        let dataset = app.project.find();
        let set = dataset.as_ref().map(|dataset| dataset.classes());
        let names = set.map(ClassSet::names).unwrap_or_default();
        let classes = set.map(ClassSet::classes).unwrap_or_default().iter();
        let groups = set.map(ClassSet::exclusive).unwrap_or_default().iter();
        let parts = set.map(ClassSet::part_of).unwrap_or_default().iter();
        let folder =
            || config.folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self {
            id: app.project.id(),
            name: dataset.as_ref().map_or_else(folder, |dataset| dataset.name().to_owned()),
            classes: classes.map(|c| Class { name: c.name.clone(), color: c.color }).collect(),
            exclusive: groups.map(|g| g.iter().map(|i| names[*i].clone()).collect()).collect(),
            part_of: parts
                .map(|(part, whole)| PartOf {
                    part: names[*part].clone(),
                    whole: names[*whole].clone(),
                })
                .collect(),
            author: person.name.clone(),
            role: match person.mark {
                Role::Expert => PainterRole::Expert,
                Role::NonExpert | Role::Model => PainterRole::NonExpert,
            },
            access: person.role,
            team: person.is_in_a_team(),
            person: person.id(),
            demo: config.is_demo,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

/// The data set and its classes.
#[utoipa::path(get, path = "/project", responses((status = 200, body = Project)))]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
) -> Answer<Project> {
    Ok(Json(Project::of(&app, &person)))
}

/// Adds a class; the first one makes the folder's photos a data set.
#[utoipa::path(post, path = "/classes", request_body = NewClass,
    responses((status = 200, body = Project), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn add_class(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
    Json(class): Json<NewClass>,
) -> Answer<Project> {
    answer(move || {
        app.worker.refuse_if_busy()?;
        let add = || app.project.add_class(class.name.trim(), class.color);
        app.annotations.change_classes(add)?;
        person.note(&class.name);
        app.events.tell("project", &serde_json::json!({}));
        Ok(Project::of(&app, &person))
    })
    .await
}

/// Gives a class another colour.
#[utoipa::path(put, path = "/classes/{name}", params(("name" = String, Path)), request_body = Color,
    responses((status = 200, body = Project), (status = 422, body = Problem)))]
pub(super) async fn set_color(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
    Path(name): Path<String>,
    Json(Color { color }): Json<Color>,
) -> Answer<Project> {
    answer(move || {
        app.annotations.change_classes(|| app.project.set_color(&name, color))?;
        person.note(&name);
        app.events.tell("project", &serde_json::json!({}));
        Ok(Project::of(&app, &person))
    })
    .await
}

/// Declares which classes exclude each other.
#[utoipa::path(put, path = "/exclusive", request_body = Vec<Vec<String>>,
    responses((status = 200, body = Project), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn set_exclusive(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
    Json(groups): Json<Vec<Vec<String>>>,
) -> Answer<Project> {
    answer(move || {
        app.worker.refuse_if_busy()?;
        app.annotations.change_classes(|| app.project.set_exclusive(&groups))?;
        let words: Vec<_> = groups.iter().map(|group| group.join(", ")).collect();
        person.note(words.join("; "));
        app.events.tell("project", &serde_json::json!({}));
        Ok(Project::of(&app, &person))
    })
    .await
}
