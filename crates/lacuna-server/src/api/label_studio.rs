//! What Label Studio asks of a machine learning backend. It is no part of the app's API: the names, the answers and the
//! ways to fail are those of its protocol, and who may ask is decided by the secret in the address.

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Answer, answer};
use crate::app::App;
use crate::label_studio::{LabelStudio, Predicted, Question, What, Work, version_name};
use crate::problem::Problem;

/// A list of tasks comes with all annotations that they have.
const LARGEST_REQUEST: usize = 256 << 20;

/// A project that connects.
#[derive(Debug, Deserialize)]
struct Setup {
    /// Its labelling configuration.
    schema: String,
    access_token: Option<String>,
}

#[derive(Debug, Serialize)]
struct Predictions {
    results: Vec<Predicted>,
}

/// Something happened in a project, or is to happen.
#[derive(Debug, Deserialize)]
struct Webhook {
    action: String,
    annotation: Option<Value>,
    task: Option<Value>,
    project: Option<Project>,
}

#[derive(Debug, Deserialize)]
struct Project {
    id: u64,
    label_config: Option<String>,
}

/// The requests below the secret.
pub(super) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(health))
        .route("/health", get(health))
        .route("/setup", post(setup))
        .route("/predict", post(predict))
        .route("/webhook", post(webhook))
        .route("/versions", get(versions))
        .route("/metrics", get(metrics))
        .layer(DefaultBodyLimit::max(LARGEST_REQUEST))
}

/// The connection, for whoever knows its address.
fn connection(app: &App, secret: &str) -> Result<Arc<LabelStudio>, Problem> {
    let connection = app.label_studio.as_ref().filter(|connection| connection.is_ours(secret));
    connection.cloned().ok_or_else(|| {
        Problem::not_found("no Label Studio may connect under this address")
            .with_hint("`lacuna serve --label-studio URL` shows the right one")
    })
}

async fn health(State(app): State<Arc<App>>, Path(secret): Path<String>) -> Answer<Value> {
    connection(&app, &secret)?;
    Ok(Json(json!({ "status": "UP", "model_class": "Lacuna" })))
}

async fn setup(
    State(app): State<Arc<App>>,
    Path(secret): Path<String>,
    Json(setup): Json<Setup>,
) -> Answer<Value> {
    let connection = connection(&app, &secret)?;
    answer(move || {
        let token = setup.access_token.as_deref();
        // of an answer that is no success Label Studio shows the status only
        connection.connect(&app, &setup.schema, token).inspect_err(|problem| {
            app.log.say(format!("Label Studio could not connect: {}", problem.detail));
        })?;
        Ok(json!({ "model_version": version_name(app.models.current()) }))
    })
    .await
}

async fn predict(
    State(app): State<Arc<App>>,
    Path(secret): Path<String>,
    Json(question): Json<Question>,
) -> Answer<Predictions> {
    let connection = connection(&app, &secret)?;
    answer(move || Ok(Predictions { results: connection.predict(&app, &question)? })).await
}

/// Answered before anything is done.
async fn webhook(
    State(app): State<Arc<App>>,
    Path(secret): Path<String>,
    Json(webhook): Json<Webhook>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let connection = connection(&app, &secret)?;
    let Webhook { action, annotation, task, project } = webhook;
    let what = match (action.as_str(), annotation, task) {
        (
            "ANNOTATION_CREATED" | "ANNOTATION_UPDATED",
            Some(annotation @ Value::Object(_)),
            Some(task @ Value::Object(_)),
        ) => What::Annotation { task, annotation },
        (name, ..) if name.starts_with("ANNOTATION") => What::Fetch,
        ("START_TRAINING", ..) => What::Train,
        _ => return Ok((StatusCode::OK, Json(json!({ "status": "Unknown event" })))),
    };
    let project = project.ok_or_else(|| Problem::invalid("the webhook names no project"))?;
    let label_config = project.label_config.ok_or_else(|| {
        Problem::invalid("the webhook says nothing about its project")
            .with_hint("let it send its payload")
    })?;
    connection.begin(&app, Work { project: project.id, label_config, what });
    Ok((StatusCode::CREATED, Json(json!({ "result": {}, "status": "ok" }))))
}

async fn versions(State(app): State<Arc<App>>, Path(secret): Path<String>) -> Answer<Value> {
    connection(&app, &secret)?;
    answer(move || {
        let models = app.models.list();
        let versions = models.iter().map(|model| version_name(Some(model.version)));
        Ok(json!({ "versions": versions.collect::<Vec<_>>() }))
    })
    .await
}

/// Label Studio asks for them and does nothing with them.
async fn metrics(State(app): State<Arc<App>>, Path(secret): Path<String>) -> Answer<Value> {
    connection(&app, &secret)?;
    Ok(Json(json!({})))
}
