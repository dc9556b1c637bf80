//! The accounts, for those who look after them.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Answer, answer, blocking};
use crate::app::App;
use crate::person::Person;
use crate::problem::Problem;
use crate::team::{self, Account, Team, TeamError, TeamRole};

/// Somebody who may log in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TeamMember {
    name: String,
    role: TeamRole,
    /// When the account was made, RFC 3339.
    created: String,
    /// Browsers that are logged in.
    logins: u32,
    /// When one of them last asked for something, to the minute.
    #[schema(required)]
    seen: Option<String>,
}

/// Somebody to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMember {
    name: String,
    role: TeamRole,
}

/// Another role for somebody.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRole {
    role: TeamRole,
}

/// A password that was made by chance. It is shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct FreshPassword {
    name: String,
    password: String,
    people: Vec<TeamMember>,
}

/// Who is to work on which pictures.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Assignment {
    cases: Vec<String>,
    /// Nobody, if it is empty.
    people: Vec<String>,
}

impl From<Account> for TeamMember {
    fn from(account: Account) -> Self {
        let Account { name, role, created, logins, seen } = account;
        Self { name, role, created, logins, seen }
    }
}

/// All accounts, by name.
#[utoipa::path(get, path = "/people", responses((status = 200, body = Vec<TeamMember>)))]
pub(super) async fn list(State(app): State<Arc<App>>) -> Answer<Vec<TeamMember>> {
    let team = app.entrance.team()?;
    answer(move || Ok(members(&team)?)).await
}

/// Adds an account; the answer has its first password.
#[utoipa::path(post, path = "/people", request_body = NewMember,
    responses((status = 200, body = FreshPassword), (status = 422, body = Problem)))]
pub(super) async fn add(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
    Json(NewMember { name, role }): Json<NewMember>,
) -> Answer<FreshPassword> {
    let team = app.entrance.team()?;
    answer(move || {
        let password = team::generate()?;
        team.add(&name, role, &password, &person.name)?;
        Ok(FreshPassword { name: name.trim().to_owned(), password, people: members(&team)? })
    })
    .await
}

/// Removes an account. Its name stays beside what it painted, and is not given to anybody else.
#[utoipa::path(delete, path = "/people/{name}", params(("name" = String, Path)),
    responses((status = 200, body = Vec<TeamMember>), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
    Path(name): Path<String>,
) -> Answer<Vec<TeamMember>> {
    change(app, move |team| team.remove(&name, &person.name)).await
}

/// Gives somebody another role, from their next request on.
#[utoipa::path(put, path = "/people/{name}/role", params(("name" = String, Path)), request_body = NewRole,
    responses((status = 200, body = Vec<TeamMember>), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn set_role(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
    Path(name): Path<String>,
    Json(NewRole { role }): Json<NewRole>,
) -> Answer<Vec<TeamMember>> {
    change(app, move |team| team.set_role(&name, role, &person.name)).await
}

/// Gives somebody another password, for those who forgot theirs, and ends their logins.
#[utoipa::path(post, path = "/people/{name}/password", params(("name" = String, Path)),
    responses((status = 200, body = FreshPassword), (status = 404, body = Problem)))]
pub(super) async fn reset_password(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
    Path(name): Path<String>,
) -> Answer<FreshPassword> {
    let team = app.entrance.team()?;
    answer(move || {
        let password = team::generate()?;
        team.reset_password(&name, &password, &person.name)?;
        Ok(FreshPassword { name, password, people: members(&team)? })
    })
    .await
}

/// Ends all logins of somebody.
#[utoipa::path(delete, path = "/people/{name}/logins", params(("name" = String, Path)),
    responses((status = 200, body = Vec<TeamMember>), (status = 404, body = Problem)))]
pub(super) async fn end_logins(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
    Path(name): Path<String>,
) -> Answer<Vec<TeamMember>> {
    change(app, move |team| team.end_logins(&name, &person.name)).await
}

/// Asks people to work on pictures, in place of whoever was asked before.
#[utoipa::path(put, path = "/assignments", request_body = Assignment,
    responses((status = 204), (status = 404, body = Problem)))]
pub(super) async fn assign(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
    Json(Assignment { cases, people }): Json<Assignment>,
) -> Result<StatusCode, Problem> {
    let team = app.entrance.team()?;
    blocking(move || {
        let dataset = app.project.dataset()?;
        for id in &cases {
            dataset.case(id)?;
        }
        team.assign(&cases, &people, &person.name)?;
        app.events.tell("cases", &serde_json::json!({}));
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

async fn change(
    app: Arc<App>,
    change: impl FnOnce(&Team) -> Result<(), TeamError> + Send + 'static,
) -> Answer<Vec<TeamMember>> {
    let team = app.entrance.team()?;
    answer(move || {
        change(&team)?;
        Ok(members(&team)?)
    })
    .await
}

fn members(team: &Team) -> Result<Vec<TeamMember>, TeamError> {
    Ok(team.accounts()?.into_iter().map(TeamMember::from).collect())
}
