//! The pages of the app, built from `web/` and kept in the program.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

/// The built files, which are committed, so that building this program needs no Node.
#[derive(RustEmbed)]
#[folder = "../../web/dist"]
struct Dist;

/// The page.
const INDEX: &str = "index.html";
/// Files under this folder have a hash of their content in their names.
const HASHED: &str = "assets/";

/// The file of that path, and the page itself for everything that is none.
pub(crate) fn respond(path: &str) -> Response {
    let path = path.trim_start_matches('/');
    match Dist::get(path) {
        Some(file) if !path.is_empty() => response(path, file),
        _ if path.starts_with(HASHED) => StatusCode::NOT_FOUND.into_response(),
        _ => Dist::get(INDEX)
            .map_or_else(|| StatusCode::NOT_FOUND.into_response(), |file| response(INDEX, file)),
    }
}

fn response(path: &str, file: EmbeddedFile) -> Response {
    let kind = mime_guess::from_path(path).first_or_octet_stream();
    let cache =
        if path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut response = Body::from(file.data).into_response();
    let headers = response.headers_mut();
    if let Ok(kind) = HeaderValue::from_str(kind.as_ref()) {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    response
}
