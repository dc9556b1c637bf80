//! What the framework refuses before a handler sees it, told as every other problem is.

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::{PROBLEM_JSON, Problem};

/// Where programs ask, which read problems; the rest are files of the pages.
const PROGRAMS: [&str; 2] = ["/api", "/label-studio"];
/// Longest text of a refusal.
const LONGEST: usize = 16 << 10;

/// Makes problems of refusals: a body or a query that does not fit, too large, of another kind, or no such request.
pub(super) async fn explain(request: Request, next: Next) -> Response {
    let is_of_pages = !PROGRAMS.iter().any(|part| request.uri().path().starts_with(part));
    let response = next.run(request).await;
    let status = response.status();
    if is_of_pages || !status.is_client_error() || is_problem(&response) {
        return response;
    }
    let text = to_bytes(response.into_body(), LONGEST).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    let detail = match status {
        StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_FOUND if text.is_empty() => {
            "there is no such request".to_owned()
        }
        _ if text.is_empty() => status.to_string(),
        _ => text,
    };
    Problem::refused(status, detail).into_response()
}

fn is_problem(response: &Response) -> bool {
    response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == PROBLEM_JSON)
}
