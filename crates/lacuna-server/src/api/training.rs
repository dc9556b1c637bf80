//! The training behind the app, and the models that came of it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Answer, answer, blocking};
use crate::app::App;
use crate::log::LogLine;
use crate::models::{Model, ModelVersion, version_of};
use crate::person::Person;
use crate::problem::Problem;
use crate::worker::Training;
use lacuna_train::active::Length;

/// Most epochs that can be asked for at once.
const MOST_EPOCHS: usize = 10_000;

/// How long to train; an empty object for the usual length.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TrainingOrder {
    #[schema(nullable = false)]
    epochs: Option<usize>,
}

/// After how many edits a training starts by itself.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AutoTraining {
    #[schema(required)]
    after: Option<u32>,
}

/// What the worker does.
#[utoipa::path(get, path = "/training", responses((status = 200, body = Training)))]
pub(super) async fn get(State(app): State<Arc<App>>) -> Answer<Training> {
    Ok(Json(app.worker.training()))
}

/// What was said about trainings since the server started, oldest first; the last few hundred lines.
#[utoipa::path(get, path = "/training/log", responses((status = 200, body = Vec<LogLine>)))]
pub(super) async fn log(State(app): State<Arc<App>>) -> Answer<Vec<LogLine>> {
    Ok(Json(app.log.lines()))
}

/// Begins to train.
#[utoipa::path(post, path = "/training", request_body = TrainingOrder, responses((status = 202, body = Training),
    (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn start(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
    order: Option<Json<TrainingOrder>>,
) -> Result<(StatusCode, Json<Training>), Problem> {
    let length = match order.unwrap_or_default().0.epochs {
        None => Length::Usual,
        Some(epochs @ 1..=MOST_EPOCHS) => Length::Epochs(epochs),
        Some(_) => return Err(Problem::invalid(format!("epochs are 1 to {MOST_EPOCHS}"))),
    };
    accepted(move || named(app.train(length), &person)).await
}

/// Stops after the step at hand, and saves.
#[utoipa::path(post, path = "/training/stop", responses((status = 202, body = Training), (status = 422, body = Problem)))]
pub(super) async fn stop(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
) -> Result<(StatusCode, Json<Training>), Problem> {
    accepted(move || named(app.worker.stop(), &person)).await
}

/// Goes on with what was stopped.
#[utoipa::path(post, path = "/training/resume", responses((status = 202, body = Training), (status = 422, body = Problem)))]
pub(super) async fn resume(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
) -> Result<(StatusCode, Json<Training>), Problem> {
    accepted(move || named(app.resume_training(), &person)).await
}

/// Says in the log which model it is about.
fn named(begun: Result<Training, Problem>, person: &Person) -> Result<Training, Problem> {
    if let Ok(Training { job: Some(job), .. }) = &begun {
        person.note(format!("model {}", job.version));
    }
    begun
}

async fn accepted(
    work: impl FnOnce() -> Result<Training, Problem> + Send + 'static,
) -> Result<(StatusCode, Json<Training>), Problem> {
    blocking(work).await.map(|training| (StatusCode::ACCEPTED, Json(training)))
}

/// Lets trainings start by themselves, or not.
#[utoipa::path(put, path = "/training/auto", request_body = AutoTraining, responses((status = 200, body = Training)))]
pub(super) async fn set_auto(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
    Json(AutoTraining { after }): Json<AutoTraining>,
) -> Answer<Training> {
    person.note(after.map_or_else(|| "never".to_owned(), |edits| format!("after {edits} edits")));
    Ok(Json(app.worker.set_auto(after)))
}

/// Complete models, newest first.
#[utoipa::path(get, path = "/models", responses((status = 200, body = Vec<Model>)))]
pub(super) async fn models(State(app): State<Arc<App>>) -> Answer<Vec<Model>> {
    answer(move || Ok(app.models.list())).await
}

/// Shows another model, from which the next training starts.
#[utoipa::path(put, path = "/models/current", request_body = ModelVersion,
    responses((status = 200, body = Vec<Model>), (status = 404, body = Problem)))]
pub(super) async fn set_current(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
    Json(ModelVersion { version }): Json<ModelVersion>,
) -> Answer<Vec<Model>> {
    answer(move || {
        app.models.set_current(version)?;
        person.note(format!("model {version}"));
        app.events.tell("model", &version_of(version));
        std::thread::spawn(app.look_at_pictures());
        Ok(app.models.list())
    })
    .await
}
