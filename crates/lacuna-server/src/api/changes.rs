//! The log of what was changed, for those who look after the team.

use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, stream};
use serde::Deserialize;

use super::{Answer, answer, blocking};
use crate::app::App;
use crate::person::Person;
use crate::problem::Problem;
use crate::team::{Change, ChangeQuery, Team, Veil};

/// Which part of the log.
#[derive(Debug, Deserialize)]
pub(crate) struct LogQuery {
    before: Option<i64>,
    who: Option<String>,
    picture: Option<String>,
    limit: Option<u32>,
}

/// Entries, newest first, at most a thousand at once. Whoever reads a picture separately does not get what others did there.
#[utoipa::path(get, path = "/changes",
    params(("before" = Option<i64>, Query, description = "Only those with a smaller number"),
        ("who" = Option<String>, Query), ("picture" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, body = Vec<Change>)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
    Query(LogQuery { before, who, picture, limit }): Query<LogQuery>,
) -> Answer<Vec<Change>> {
    let team = app.entrance.team()?;
    let veil = app.readings.veil(&person);
    answer(move || Ok(team.changes(&ChangeQuery { before, who, picture, limit, veil })?)).await
}

/// The whole log as a table, oldest first.
#[utoipa::path(get, path = "/changes.csv", responses((status = 200, content_type = "text/csv", body = String)))]
pub(super) async fn csv(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
) -> Result<Response, Problem> {
    let veil = app.readings.veil(&person);
    Ok(export(app.entrance.team()?, veil, "text/csv; charset=utf-8", "changes.csv", table))
}

/// The whole log, an object a line, oldest first.
#[utoipa::path(get, path = "/changes.jsonl",
    responses((status = 200, content_type = "application/jsonl", body = String)))]
pub(super) async fn jsonl(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
) -> Result<Response, Problem> {
    let veil = app.readings.veil(&person);
    Ok(export(app.entrance.team()?, veil, "application/jsonl", "changes.jsonl", lines))
}

/// Writes a page of entries; the number is that of the entry before them.
type Writer = fn(i64, &[Change]) -> std::io::Result<Vec<u8>>;

fn export(team: Arc<Team>, veil: Veil, kind: &'static str, name: &str, writer: Writer) -> Response {
    let mut response = Body::from_stream(pages(team, veil, writer)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

/// A log of years does not fit in one answer's memory.
fn pages(
    team: Arc<Team>,
    veil: Veil,
    writer: Writer,
) -> impl Stream<Item = std::io::Result<Bytes>> {
    stream::try_unfold(Some(0), move |after| {
        let (team, veil) = (Arc::clone(&team), veil.clone());
        async move {
            let Some(after) = after else { return Ok(None) };
            let page = blocking(move || {
                let entries = team.changes_after(after, &veil)?;
                let text = writer(after, &entries).map_err(|error| Problem::failed(&error))?;
                Ok((text, entries.last().map(|entry| entry.number)))
            });
            let (text, last) = page.await.map_err(|p| std::io::Error::other(p.detail))?;
            Ok((!text.is_empty()).then(|| (Bytes::from(text), last)))
        }
    })
}

fn table(after: i64, entries: &[Change]) -> std::io::Result<Vec<u8>> {
    let mut table = csv::WriterBuilder::new().has_headers(after == 0).from_writer(Vec::new());
    for entry in entries {
        table.serialize(entry)?;
    }
    table.into_inner().map_err(csv::IntoInnerError::into_error)
}

fn lines(_after: i64, entries: &[Change]) -> std::io::Result<Vec<u8>> {
    let mut lines = Vec::new();
    for entry in entries {
        serde_json::to_writer(&mut lines, entry)?;
        lines.push(b'\n');
    }
    Ok(lines)
}
