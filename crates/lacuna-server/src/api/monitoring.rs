//! What programs ask that watch over the server.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::{Answer, blocking};
use crate::app::App;
use crate::problem::Problem;

/// Asked by programs that know the server by any name, and without a login: the answer tells nothing.
pub(super) const HEALTH: &str = "/health";

/// The media type of what Prometheus reads.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The requests of an address of their own: without a cookie, so that address is for trusted machines only.
pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new().route("/metrics", get(metrics)).route(HEALTH, get(health)).with_state(app)
}

async fn metrics(State(app): State<Arc<App>>) -> Result<impl IntoResponse, Problem> {
    let text = blocking(move || app.metrics.text(&app)).await?;
    Ok(([(header::CONTENT_TYPE, OPEN_METRICS)], text))
}

/// Whether the server can do its work: the accounts of a team can be read. Tells nothing else.
pub(super) async fn health(State(app): State<Arc<App>>) -> Answer<Value> {
    blocking(move || {
        if let Some(gate) = app.entrance.gate() {
            // where they lie is nobody's business
            gate.team.accounts().map_err(|_| Problem::unwell())?;
        }
        Ok(Json(json!({ "status": "ok" })))
    })
    .await
}
