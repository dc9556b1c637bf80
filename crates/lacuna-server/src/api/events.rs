//! What happens, as server-sent events.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::Stream;

use crate::app::App;

/// `edit`, `training`, `log`, `model`, `cases`, `project` and `reset` events; a page that was away gets what it missed.
#[utoipa::path(get, path = "/events",
    responses((status = 200, content_type = "text/event-stream", body = String)))]
pub(super) async fn listen(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Event, Infallible>> + use<>> {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    Sse::new(app.events.listen(last)).keep_alive(KeepAlive::default())
}
