//! Pictures that two people read separately.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::{Answer, answer, blocking};
use crate::app::App;
use crate::authorship::in_words;
use crate::person::Person;
use crate::problem::Problem;
use crate::readings::{AgreementTable, PictureDifference, ReadingSummary, TakenWord};
use crate::team::{Account, TeamRole};

/// Who is to read which pictures.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadingsWanted {
    cases: Vec<String>,
    /// Two; or nobody, which takes back pictures with which not both are done.
    people: Vec<String>,
}

/// Whether one is done with a picture.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Finished {
    done: bool,
}

/// Whose word is taken.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WordWanted {
    take: TakenWord,
}

/// The pictures that are or were read separately, by id. Whoever reads one learns only of themselves until both are done.
#[utoipa::path(get, path = "/readings", responses((status = 200, body = Vec<ReadingSummary>)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
) -> Answer<Vec<ReadingSummary>> {
    answer(move || app.readings.list(&app, &person)).await
}

/// Gives pictures to two people, neither of whom sees what the other says until both are done; or takes them back.
#[utoipa::path(put, path = "/readings", request_body = ReadingsWanted,
    responses((status = 204), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn give(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
    Json(ReadingsWanted { cases, people }): Json<ReadingsWanted>,
) -> Result<StatusCode, Problem> {
    let team = app.entrance.team()?;
    blocking(move || {
        let by = &person.name;
        let (changed, what) = if people.is_empty() {
            person.did("readings-withdrawn");
            (app.readings.withdraw(&app, &cases, by)?, "nobody".to_owned())
        } else {
            let [first, second] = two(&people, &team.accounts()?)?;
            let given = app.readings.give(&app, &cases, [&first, &second], by)?;
            (given, format!("{first} and {second}"))
        };
        let pictures =
            if changed.is_empty() { "no picture".to_owned() } else { changed.join(", ") };
        person.note(format!("{pictures}: {what}"));
        app.events.tell("readings", &json!({ "cases": changed }));
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// Says that one is done with a picture, or goes on with it. Once both are, what they say comes together.
#[utoipa::path(put, path = "/cases/{id}/reading", params(("id" = String, Path)), request_body = Finished,
    responses((status = 204), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn finish(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
    Path(id): Path<String>,
    Json(Finished { done }): Json<Finished>,
) -> Result<StatusCode, Problem> {
    blocking(move || {
        app.project.case(&id)?;
        if !done {
            person.did("reading-resumed");
        }
        if app.finish_reading(&person, &id, done)? {
            person.note("both are done");
        }
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// Where the two who read a picture differ. Missing until both are done.
#[utoipa::path(get, path = "/cases/{id}/reading", params(("id" = String, Path)),
    responses((status = 200, body = PictureDifference), (status = 404, body = Problem)))]
pub(super) async fn difference(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
    Path(id): Path<String>,
) -> Answer<PictureDifference> {
    answer(move || app.readings.difference(&app, &person, &id)).await
}

/// Takes the word of one reader, or what both say, into the annotation that everybody shares: an edit like any other.
#[utoipa::path(post, path = "/cases/{id}/reading/decision", params(("id" = String, Path)), request_body = WordWanted,
    responses((status = 204), (status = 404, body = Problem)))]
pub(super) async fn decide(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
    Path(id): Path<String>,
    Json(WordWanted { take }): Json<WordWanted>,
) -> Result<StatusCode, Problem> {
    blocking(move || {
        app.project.case(&id)?;
        let entry = app.readings.decide(&app, &person, &id, take.into())?;
        let did = entry.as_ref().map_or_else(|| "nothing changed".to_owned(), in_words);
        person.note(format!("{}: {did}", take.in_words()));
        if let Some(entry) = &entry {
            app.announce_shared(&id, entry);
            app.count_edit(&id);
        }
        app.events.tell("readings", &json!({ "cases": [id] }));
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// How well people agree, over all pictures that two have read to the end.
#[utoipa::path(get, path = "/agreement", responses((status = 200, body = AgreementTable)))]
pub(super) async fn agreement(State(app): State<Arc<App>>) -> Answer<AgreementTable> {
    answer(move || app.readings.agreement(&app)).await
}

/// The accounts of two people who can say something about a picture.
fn two(people: &[String], accounts: &[Account]) -> Result<[String; 2], Problem> {
    let find = |name: &String| {
        let is_it = |account: &&Account| account.name.to_lowercase() == name.to_lowercase();
        let missing = || Problem::not_found(format!("there is no account called `{name}`"));
        let account = accounts.iter().find(is_it).ok_or_else(missing)?;
        match account.role {
            TeamRole::Reader => Err(Problem::invalid(format!("{name} may only look"))
                .with_hint("give them another role first")),
            _ => Ok(account.name.clone()),
        }
    };
    let mut names: Vec<String> = people.iter().map(find).collect::<Result<_, _>>()?;
    names.sort();
    names.dedup();
    <[String; 2]>::try_from(names).map_err(|_| {
        Problem::invalid("a picture is read separately by two people").with_hint("name two")
    })
}
