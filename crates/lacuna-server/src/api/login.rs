//! Coming in with name and password, going out, and another password.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::ToSchema;

use super::blocking;
use crate::app::App;
use crate::entrance::Gate;
use crate::person::Person;
use crate::problem::Problem;
use crate::team::{Deed, Team};

/// Longest name that is looked at, in bytes: no account has a longer one.
const LONGEST_NAME: usize = 256;
/// Who is written in the log when a name is no account's: what was typed may be a password.
const STRANGER: &str = "(unknown)";

/// A name and its password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    name: String,
    password: String,
}

/// A new password, and the present one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPassword {
    present: String,
    new: String,
}

/// Lets a browser in.
#[utoipa::path(post, path = "/login", request_body = Credentials,
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem), (status = 429, body = Problem)))]
pub(super) async fn log_in(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Json(credentials): Json<Credentials>,
) -> Result<Response, Problem> {
    let team = app.entrance.team()?;
    let gate = app.entrance.gate().ok_or_else(Problem::logged_out)?;
    let address = gate.address(peer.ip(), &headers);
    let Credentials { name, password } = credentials;
    let key = name.trim().to_lowercase();
    if key.len() > LONGEST_NAME {
        return Err(Problem::wrong_password());
    }
    // those beyond the limit are not written down: nobody shall fill the disk from outside
    gate.attempts.begin(&key, address, Instant::now()).map_err(Problem::too_many_attempts)?;
    let shown = address.to_string();
    let cookie = recognise(gate, &team, name, password, shown).await?;
    let Some(cookie) = cookie else {
        refused(&team, &key, format!("from {address}")).await?;
        return Err(Problem::wrong_password());
    };
    gate.attempts.succeeded(&key, address);
    let cookie = app.entrance.give(&cookie);
    Ok(with_cookie(cookie))
}

/// The cookie of somebody who knows the password; only a few are looked at together.
async fn recognise(
    gate: &Gate,
    team: &Arc<Team>,
    name: String,
    password: String,
    address: String,
) -> Result<Option<String>, Problem> {
    let _turn = gate.hashing.acquire().await.map_err(|error| Problem::failed(&error))?;
    let team = Arc::clone(team);
    let found = blocking(move || Ok(team.log_in(&name, &password, &address)?)).await?;
    Ok(found.map(|(cookie, _)| cookie))
}

async fn refused(team: &Arc<Team>, key: &str, detail: String) -> Result<(), Problem> {
    let (team, key) = (Arc::clone(team), key.to_owned());
    blocking(move || {
        let known = team.accounts()?.into_iter().find(|account| account.name.to_lowercase() == key);
        let who = known.map_or_else(|| STRANGER.to_owned(), |account| account.name);
        let deed = Deed { who: &who, what: "login-refused", picture: None, detail: &detail };
        Ok(team.note(&deed)?)
    })
    .await
}

/// Ends this browser's login.
#[utoipa::path(post, path = "/logout", responses((status = 204), (status = 404, body = Problem)))]
pub(super) async fn log_out(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
) -> Result<Response, Problem> {
    let team = app.entrance.team()?;
    let token = person.login.unwrap_or_default();
    blocking(move || Ok(team.log_out(&token)?)).await?;
    Ok(with_cookie(app.entrance.take_back()))
}

/// Changes one's own password. Other browsers that are logged in under it have to log in again.
#[utoipa::path(put, path = "/password", request_body = NewPassword,
    responses((status = 204), (status = 404, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
pub(super) async fn change_password(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Json(NewPassword { present, new }): Json<NewPassword>,
) -> Result<StatusCode, Problem> {
    let team = app.entrance.team()?;
    let gate = app.entrance.gate().ok_or_else(Problem::logged_out)?;
    let (address, key) = (gate.address(peer.ip(), &headers), person.name.to_lowercase());
    // whoever finds an open browser must not find out the password with it
    gate.attempts.begin(&key, address, Instant::now()).map_err(Problem::too_many_attempts)?;
    let _turn = gate.hashing.acquire().await.map_err(|error| Problem::failed(&error))?;
    let token = person.login.unwrap_or_default();
    blocking(move || Ok(team.change_password(&person.name, &present, &new, &token)?)).await?;
    gate.attempts.succeeded(&key, address);
    Ok(StatusCode::NO_CONTENT)
}

fn with_cookie(cookie: Option<HeaderValue>) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Some(cookie) = cookie {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}
