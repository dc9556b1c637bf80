//! What stands around every request: it is counted, timed, and written into the log of the program.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;

use crate::app::App;
use crate::metrics::RequestLabels;
use crate::person::Speaker;
use crate::problem::Reason;

/// How requests for files of the pages are called together.
const PAGES: &str = "(pages)";

/// Methods that are told apart. A stranger may invent others without end.
const METHODS: [Method; 7] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::OPTIONS,
];

/// Counts and logs a request when its answer begins. An address may hold a secret or the name of a picture: only the route
/// is told, and of what went wrong only the kind.
pub(super) async fn watch(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map_or(PAGES, MatchedPath::as_str);
    let labels = RequestLabels { method: method_of(&request), route: route.to_owned() };
    let response = next.run(request).await;
    let duration = begun.elapsed();
    let status = response.status().as_u16();
    let who = response.extensions().get::<Speaker>().map(|speaker| speaker.0.as_str());
    let reason = response.extensions().get::<Reason>().map(|reason| reason.0);
    tracing::info!(
        method = labels.method,
        route = labels.route,
        status,
        milliseconds = duration.as_secs_f64() * 1e3,
        who,
        reason,
        "request"
    );
    app.metrics.count(labels, status, duration);
    response
}

fn method_of(request: &Request) -> String {
    let known = METHODS.iter().find(|method| *method == request.method());
    known.map_or("(other)", Method::as_str).to_owned()
}
