//! The pictures.

use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use lacuna_data::{Case, Dataset};
use serde::Deserialize;

use super::{Answer, answer, blocking};
use crate::app::App;
use crate::catalogue::CaseSummary;
use crate::person::Person;
use crate::pictures::{self, PictureFile};
use crate::problem::Problem;
use crate::project::fold_of;

/// What to call a new picture.
#[derive(Debug, Deserialize)]
pub(crate) struct FileName {
    name: String,
}

/// All pictures, sorted by id. Of those that one reads separately it is said what one has painted oneself.
#[utoipa::path(get, path = "/cases", responses((status = 200, body = Vec<CaseSummary>)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
) -> Answer<Vec<CaseSummary>> {
    answer(move || app.catalogue.list(&app, &person)).await
}

/// Adds a picture.
#[utoipa::path(post, path = "/cases", params(("name" = String, Query, description = "Name of its file")),
    request_body(content = String, content_type = "application/octet-stream", description = "The picture's bytes"),
    responses((status = 200, body = CaseSummary), (status = 422, body = Problem)))]
pub(super) async fn add(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
    Query(FileName { name }): Query<FileName>,
    bytes: Bytes,
) -> Answer<CaseSummary> {
    answer(move || {
        let case = app.project.add_picture(&name, &bytes)?;
        let dataset = app.project.dataset()?;
        let fold = fold_of(&dataset)?;
        let summary = app.catalogue.summary(&app, &dataset, &case, &fold);
        person.note(&case.id);
        app.events.tell("cases", &serde_json::json!({}));
        Ok(summary)
    })
    .await
}

/// The picture as a browser shows it, upright.
#[utoipa::path(get, path = "/cases/{id}/image", params(("id" = String, Path)),
    responses((status = 200, content_type = "image/png", body = Vec<u8>), (status = 404, body = Problem)))]
pub(super) async fn image(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    picture(app, id, headers, pictures::display).await
}

/// A small version of the picture.
#[utoipa::path(get, path = "/cases/{id}/thumbnail", params(("id" = String, Path)),
    responses((status = 200, content_type = "image/jpeg", body = Vec<u8>), (status = 404, body = Problem)))]
pub(super) async fn thumbnail(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    picture(app, id, headers, pictures::thumbnail).await
}

async fn picture(
    app: Arc<App>,
    id: String,
    headers: HeaderMap,
    make: fn(&Dataset, &Case) -> Result<PictureFile, Problem>,
) -> Result<Response, Problem> {
    blocking(move || {
        let (dataset, case) = app.project.case(&id)?;
        let tag = pictures::tag(&dataset, &case).and_then(|tag| HeaderValue::from_str(&tag).ok());
        if tag.is_some() && headers.get(header::IF_NONE_MATCH) == tag.as_ref() {
            return Ok(StatusCode::NOT_MODIFIED.into_response());
        }
        let PictureFile { kind, bytes } = make(&dataset, &case)?;
        Ok(file(kind, bytes, tag))
    })
    .await
}

/// A file that the browser keeps, and asks about before it uses it again.
pub(super) fn file(kind: &'static str, bytes: Vec<u8>, tag: Option<HeaderValue>) -> Response {
    let mut response = Body::from(bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    if let Some(tag) = tag {
        headers.insert(header::ETAG, tag);
    }
    response
}

/// Largest picture file that is taken.
pub(super) fn picture_limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(200 << 20)
}
