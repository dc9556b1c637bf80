//! How good the model is, by a person's answers about points drawn by chance.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::{Extension, Json};

use super::{Answer, answer as answered_by};
use crate::app::App;
use crate::person::Person;
use crate::problem::Problem;
use crate::verifications::{AnsweredPoint, Gains, PointAnswer, Verification, VerificationOrder};

/// All verifications, newest first.
#[utoipa::path(get, path = "/verifications", responses((status = 200, body = Vec<Verification>)))]
pub(super) async fn list(State(app): State<Arc<App>>) -> Answer<Vec<Verification>> {
    answered_by(move || app.verifications.list()).await
}

/// Draws points from the held-back pictures.
#[utoipa::path(post, path = "/verifications", request_body = VerificationOrder,
    responses((status = 200, body = Verification), (status = 422, body = Problem)))]
pub(super) async fn begin(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
    order: Option<Json<VerificationOrder>>,
) -> Answer<Verification> {
    let Json(order) = order.unwrap_or_default();
    answered_by(move || {
        let begun = app.verifications.begin(&app, &order)?;
        person.note(begun.in_words());
        Ok(begun)
    })
    .await
}

/// A verification.
#[utoipa::path(get, path = "/verifications/{id}", params(("id" = String, Path)),
    responses((status = 200, body = Verification), (status = 404, body = Problem)))]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Answer<Verification> {
    answered_by(move || app.verifications.get(&id)).await
}

/// How much better the current model is than the one that was verified, by the same answers.
#[utoipa::path(get, path = "/verifications/{id}/gain", params(("id" = String, Path)),
    responses((status = 200, body = Gains), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn gain(State(app): State<Arc<App>>, Path(id): Path<String>) -> Answer<Gains> {
    answered_by(move || app.verifications.gain(&app, &id)).await
}

/// The points that are answered, in the order of the sample.
#[utoipa::path(get, path = "/verifications/{id}/answers", params(("id" = String, Path)),
    responses((status = 200, body = Vec<AnsweredPoint>), (status = 404, body = Problem)))]
pub(super) async fn answered(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Answer<Vec<AnsweredPoint>> {
    answered_by(move || app.verifications.answered(&id)).await
}

/// Says whether a point is of the class; answering again replaces.
#[utoipa::path(post, path = "/verifications/{id}/answers", params(("id" = String, Path)), request_body = PointAnswer,
    responses((status = 200, body = Verification), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn answer(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
    Path(id): Path<String>,
    Json(reply): Json<PointAnswer>,
) -> Answer<Verification> {
    answered_by(move || {
        let answered = app.verifications.answer(&id, &reply)?;
        person.note(format!("verification {id}, {}", reply.in_words()));
        Ok(answered)
    })
    .await
}
