//! What happens, as server-sent events.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::{Stream, StreamExt};

use crate::app::App;
use crate::person::Person;

/// How long somebody whose login was ended may go on listening.
const LISTEN_ON: Duration = Duration::from_secs(5);

/// `edit`, `training`, `log`, `model`, `cases`, `readings`, `project` and `reset` events; a page that was away gets what it
/// missed. Whoever reads a picture separately is told of nobody else's edits in it.
#[utoipa::path(get, path = "/events",
    responses((status = 200, content_type = "text/event-stream", body = String)))]
pub(super) async fn listen(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Event, Infallible>> + use<>> {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let events =
        app.events.listen(last, &person.name).take_until(shut_out(Arc::clone(&app), headers));
    Sse::new(events).keep_alive(KeepAlive::default())
}

/// Waits until the login ends, which for the one person of a server without accounts it never does.
async fn shut_out(app: Arc<App>, headers: HeaderMap) {
    while app.entrance.is_in(&headers) {
        tokio::time::sleep(LISTEN_ON).await;
    }
}
