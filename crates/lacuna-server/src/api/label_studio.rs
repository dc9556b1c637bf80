//! What Label Studio asks of a machine learning backend. It is no part of the app's API: the names, the answers and the
//! ways to fail are those of its protocol, and who may ask is decided by the secret in the address.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, RawPathParams, Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Answer, answer, blocking};
use crate::app::App;
use crate::label_studio::{self, Errand, LabelStudio, Letter, ProjectKey, Question, version_name};
use crate::problem::Problem;

/// A task comes with all annotations that it has.
const LARGEST_REQUEST: usize = 128 << 20;

/// A project that connects.
#[derive(Debug, Deserialize)]
struct Setup {
    /// Number and time of making, with a dot between.
    project: String,
    /// Its labelling configuration.
    schema: String,
    access_token: Option<String>,
}

#[derive(Debug, Serialize)]
struct Predictions {
    results: Vec<label_studio::Answer>,
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
    created_at: Option<String>,
    label_config: Option<String>,
}

/// The requests below the secret. It is looked at before anything else of a request.
pub(super) fn router(app: &Arc<App>) -> Router<Arc<App>> {
    Router::new()
        .route("/", get(health))
        .route("/health", get(health))
        .route("/setup", post(setup))
        .route("/predict", post(predict))
        .route("/webhook", post(webhook))
        .route("/versions", get(versions))
        .route("/metrics", get(metrics))
        .layer(DefaultBodyLimit::max(LARGEST_REQUEST))
        .route_layer(middleware::from_fn_with_state(Arc::clone(app), admit))
}

/// Lets in who knows the address.
async fn admit(
    State(app): State<Arc<App>>,
    parts: RawPathParams,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let secret = parts.iter().find(|(name, _)| *name == "secret").map(|(_, secret)| secret);
    let connection = app.label_studio.as_ref().zip(secret);
    let connection = connection.filter(|(connection, secret)| connection.is_ours(secret));
    let (connection, _) = connection.ok_or_else(|| {
        Problem::not_found("no Label Studio may connect under this address")
            .with_hint("`lacuna serve --label-studio URL` shows the right one")
    })?;
    request.extensions_mut().insert(Arc::clone(connection));
    Ok(next.run(request).await)
}

async fn health() -> Json<Value> {
    Json(json!({ "status": "UP", "model_class": "Lacuna" }))
}

async fn setup(
    State(app): State<Arc<App>>,
    Extension(connection): Extension<Arc<LabelStudio>>,
    body: Bytes,
) -> Answer<Value> {
    let listener = Arc::clone(&app);
    let connect = move || {
        let Setup { project, schema, access_token } = read(&body)?;
        let project = project.split('.').next().and_then(|number| number.parse().ok());
        let project = project.ok_or_else(|| Problem::invalid("the project has no number"))?;
        connection.connect(&app, project, &schema, access_token.as_deref())?;
        Ok(json!({ "model_version": version_name(app.models.current()) }))
    };
    answer(complaining(listener, "it could not connect", connect)).await
}

async fn predict(
    State(app): State<Arc<App>>,
    Extension(connection): Extension<Arc<LabelStudio>>,
    body: Bytes,
) -> Answer<Predictions> {
    let listener = Arc::clone(&app);
    let predict = move || {
        let question: Question = read(&body)?;
        Ok(Predictions { results: connection.predict(&app, &question)? })
    };
    answer(complaining(listener, "no prediction", predict)).await
}

/// Answered as soon as it is safe, before anything is painted.
async fn webhook(
    State(app): State<Arc<App>>,
    Extension(connection): Extension<Arc<LabelStudio>>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let listener = Arc::clone(&app);
    let hear = move || heard(&app, &connection, read(&body)?);
    let is_known = blocking(complaining(listener, "a webhook was not understood", hear)).await?;
    Ok(if is_known {
        (StatusCode::CREATED, Json(json!({ "result": {}, "status": "ok" })))
    } else {
        (StatusCode::OK, Json(json!({ "status": "Unknown event" })))
    })
}

/// Whether the event is one that means something here.
fn heard(app: &Arc<App>, connection: &Arc<LabelStudio>, webhook: Webhook) -> Result<bool, Problem> {
    let Webhook { action, annotation, task, project } = webhook;
    let silent = || {
        Problem::invalid("the webhook says nothing about its project")
            .with_hint("let it send its payload")
    };
    let is_about_tasks = action.starts_with("ANNOTATION") || action == "TASKS_DELETED";
    if !is_about_tasks && action != "START_TRAINING" {
        return Ok(false);
    }
    let Project { id: project, created_at, label_config } = project.ok_or_else(silent)?;
    match (action.as_str(), annotation, task) {
        (
            "ANNOTATION_CREATED" | "ANNOTATION_UPDATED",
            Some(annotation @ Value::Object(_)),
            Some(task @ Value::Object(_)),
        ) => {
            let key = ProjectKey { id: project, created_at: created_at.ok_or_else(silent)? };
            let label_config = label_config.ok_or_else(silent)?;
            connection.take(app, &Letter::new(key, label_config, task, annotation))?;
        }
        ("START_TRAINING", ..) => connection.go(app, Errand::Train { project }),
        _ => connection.go(app, Errand::Fetch { project }),
    }
    Ok(true)
}

async fn versions(State(app): State<Arc<App>>) -> Answer<Value> {
    answer(move || {
        let models = app.models.list();
        let versions = models.iter().map(|model| version_name(Some(model.version)));
        Ok(json!({ "versions": versions.collect::<Vec<_>>() }))
    })
    .await
}

/// Label Studio asks for them and does nothing with them.
async fn metrics() -> Json<Value> {
    Json(json!({}))
}

fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| Problem::invalid(error.to_string()))
}

/// Label Studio shows people the status of an answer at most: the log says what was wrong.
fn complaining<T>(
    app: Arc<App>,
    what: &'static str,
    work: impl FnOnce() -> Result<T, Problem>,
) -> impl FnOnce() -> Result<T, Problem> {
    move || {
        work().inspect_err(|problem| {
            app.log.say(format!("Label Studio: {what}: {}", problem.in_words()));
        })
    }
}
