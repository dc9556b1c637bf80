//! The pages, and the one-time link that lets a browser in.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::assets;
use crate::problem::Problem;

/// A file of the app; with a token the cookie, and the same page again without the token in its address.
pub(super) async fn serve(State(app): State<Arc<App>>, method: Method, uri: Uri) -> Response {
    if uri.path().starts_with("/api") {
        return Problem::not_found(format!("there is nothing at `{}`", uri.path())).into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    match token(&uri).map(|token| app.entrance.redeem(token)) {
        None => assets::respond(uri.path()),
        Some(cookie) => enter(cookie),
    }
}

/// A token that was used before leads to the page as well, which says so if the browser has no session.
fn enter(cookie: Option<HeaderValue>) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(header::LOCATION, HeaderValue::from_static("/"));
    if let Some(cookie) = cookie {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

fn token(uri: &Uri) -> Option<&str> {
    let pairs = uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
    pairs.into_iter().find(|(name, _)| *name == "token").map(|(_, value)| value)
}
