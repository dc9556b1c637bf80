//! What is said about a picture, what training believes of it, and what the model suggests.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use lacuna_data::Region;
use lacuna_data::annotation::MaskRuns;
use lacuna_data::annotation::journal::{Edit, Entry};
use lacuna_data::supervision::Layers;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cases::file;
use super::{Answer, answer, blocking, wire};
use crate::access::Leave;
use crate::annotations::{Said, Saved};
use crate::app::App;
use crate::authorship::{Hand, in_words, stroke_in_words};
use crate::person::Person;
use crate::pictures;
use crate::problem::{Problem, problem_response};
use crate::sheet::Sheet;
use crate::suggestion::{self, Verdict};

/// Everything said about a picture.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Annotation {
    /// Number of the last edit in it; the `base` of the next.
    seq: u64,
    width: usize,
    height: usize,
    #[schema(value_type = BTreeMap<String, wire::Mask>)]
    masks: BTreeMap<String, MaskRuns>,
    #[schema(value_type = Vec<wire::Region>)]
    regions: Vec<Region>,
}

/// What training will believe of each pixel, and why.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Evidence {
    seq: u64,
    width: usize,
    height: usize,
    /// Layers may overlap. What is in no layer is unknown.
    #[schema(value_type = BTreeMap<String, wire::Layers>)]
    classes: BTreeMap<String, Layers>,
}

/// An edit that is on the disk.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SavedEdit {
    seq: u64,
    /// What other clients did since `base`: to be applied, in order, below one's own.
    #[schema(value_type = Vec<wire::Entry>)]
    missed: Vec<Entry>,
}

/// Others set some of the same pixels to another value since `base`. Nothing was written.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Conflict {
    #[serde(flatten)]
    problem: Problem,
    #[schema(value_type = Vec<wire::Entry>)]
    entries: Vec<Entry>,
}

/// Why an edit of a page that is behind was not made: the page can bring together what others did, or must load anew.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes answers")]
enum Behind {
    Conflict(Conflict),
    Stale(Problem),
}

/// What a person thinks of the connected predicted area around a point.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Decision {
    id: String,
    client: String,
    base: u64,
    /// The model's version whose prediction is on the screen.
    version: u32,
    class: String,
    x: usize,
    y: usize,
    #[serde(rename = "decision")]
    verdict: Verdict,
}

/// A decision that is on the disk.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Decided {
    #[serde(flatten)]
    saved: SavedEdit,
    /// The edit that was made of it; none if the same decision was sent before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = wire::Entry, nullable = false, required = false)]
    entry: Option<Entry>,
}

/// Which model.
#[derive(Debug, Deserialize)]
pub(crate) struct VersionQuery {
    version: u32,
}

impl Evidence {
    fn of(said: &Said<'_>) -> Self {
        let evidence = said.evidence();
        let names = said.dataset.classes().names().into_iter().enumerate();
        let classes =
            names.map(|(class, name)| (name, Layers::of(evidence.plane(class)))).collect();
        let size = evidence.size();
        Self { seq: said.seq, width: size.width, height: size.height, classes }
    }
}

/// What is said about a picture; to whoever reads it separately, what they said themselves.
#[utoipa::path(get, path = "/cases/{id}/annotation", params(("id" = String, Path)),
    responses((status = 200, body = Annotation), (status = 404, body = Problem)))]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
    Path(id): Path<String>,
) -> Answer<Annotation> {
    answer(move || {
        let (dataset, case) = app.project.case(&id)?;
        let size = dataset.image_size(&case)?;
        let sheet = app.readings.sheet(&person, &id);
        app.annotations.read(&app.project, &sheet, |said| Annotation {
            seq: said.seq,
            width: size.width,
            height: size.height,
            masks: said.masks(),
            regions: said.annotation.regions.clone(),
        })
    })
    .await
}

/// Changes it. Answered when the edit is safely on the disk.
#[utoipa::path(post, path = "/cases/{id}/edits", params(("id" = String, Path)), request_body = wire::Edit,
    responses((status = 200, body = SavedEdit), (status = 409, body = Behind), (status = 422, body = Problem)))]
pub(super) async fn edit(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
    Extension(leave): Extension<Leave>,
    Path(id): Path<String>,
    Json(edit): Json<Edit>,
) -> Result<Response, Problem> {
    blocking(move || {
        let hand = Hand { person, leave };
        let (sheet, saved) = app.edit(&id, edit, hand.clone())?;
        Ok(match tell(&app, &sheet, saved, &hand.person) {
            Ok((saved, _)) => Json(saved).into_response(),
            Err(conflict) => conflict.into_response(),
        })
    })
    .await
}

/// What was painted, in words for the log. Where there is none, nobody measures outlines.
fn painted(app: &App, sheet: &Sheet, entry: &Entry) -> String {
    if app.entrance.team().is_err() {
        return in_words(entry);
    }
    let case = app.project.case(&sheet.case);
    let size = case.and_then(|(dataset, case)| Ok(dataset.image_size(&case)?));
    size.map_or_else(|_| in_words(entry), |size| stroke_in_words(entry, size))
}

/// Tells other pages about an edit that was saved.
fn tell(
    app: &Arc<App>,
    sheet: &Sheet,
    saved: Saved,
    person: &Person,
) -> Result<(SavedEdit, Option<Entry>), Conflict> {
    match saved {
        Saved::Done { seq, entry, missed } => {
            let again = || format!("edit {seq}, sent again");
            person.note(entry.as_ref().map_or_else(again, |entry| painted(app, sheet, entry)));
            if sheet.reader.is_some() {
                // lists that say who painted are made from the others
                person.did("reading-edit");
            }
            if let Some(entry) = &entry {
                app.announce(sheet, entry);
                app.announce_begun(sheet, entry);
                // what nobody else sees trains nothing yet
                if sheet.reader.is_none() {
                    app.count_edit(&sheet.case);
                }
            }
            Ok((SavedEdit { seq, missed }, entry))
        }
        Saved::Conflict { entries } => {
            let problem = Problem::conflict("others painted the same pixels otherwise meanwhile");
            Err(Conflict { problem, entries })
        }
    }
}

impl IntoResponse for Conflict {
    fn into_response(self) -> Response {
        problem_response(StatusCode::CONFLICT, self)
    }
}

/// Says that nobody paints here any more: the edits go into the mask files.
#[utoipa::path(post, path = "/cases/{id}/leave", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
pub(super) async fn leave(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    blocking(move || {
        app.project.case(&id)?;
        app.annotations.leave(&app.readings.sheet(&person, &id))?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// What training will believe, and why.
#[utoipa::path(get, path = "/cases/{id}/evidence", params(("id" = String, Path)),
    responses((status = 200, body = Evidence), (status = 404, body = Problem)))]
pub(super) async fn evidence(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
    Path(id): Path<String>,
) -> Answer<Evidence> {
    answer(move || {
        let sheet = app.readings.sheet(&person, &id);
        app.annotations.read(&app.project, &sheet, |said| Evidence::of(&said))
    })
    .await
}

/// What a model says: a grey PNG, 0–255 for a probability of 0–1, the picture scaled so that no side is over 1024.
#[utoipa::path(get, path = "/cases/{id}/prediction/{class}",
    params(("id" = String, Path), ("class" = String, Path, description = "Class name and .png"), ("version" = u32, Query)),
    responses((status = 200, content_type = "image/png", body = Vec<u8>), (status = 404, body = Problem)))]
pub(super) async fn prediction(
    State(app): State<Arc<App>>,
    Path((id, class)): Path<(String, String)>,
    Query(VersionQuery { version }): Query<VersionQuery>,
) -> Result<Response, Problem> {
    blocking(move || {
        let (dataset, case) = app.project.case(&id)?;
        let class = class.strip_suffix(".png").unwrap_or(&class);
        let prediction = app.predictions.of(&dataset, &case, version)?;
        let unknown = || Problem::not_found(format!("model {version} does not know `{class}`"));
        let (size, values) = prediction.grey(class).ok_or_else(unknown)?;
        Ok(file("image/png", pictures::grey_png(size, &values)?, None))
    })
    .await
}

/// Accepts or rejects the connected predicted area around a point.
#[utoipa::path(post, path = "/cases/{id}/suggestions", params(("id" = String, Path)), request_body = Decision,
    responses((status = 200, body = Decided), (status = 404, body = Problem), (status = 409, body = Behind)))]
pub(super) async fn decide(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
    Extension(leave): Extension<Leave>,
    Path(id): Path<String>,
    Json(decision): Json<Decision>,
) -> Result<Response, Problem> {
    blocking(move || {
        let (dataset, case) = app.project.case(&id)?;
        dataset.classes().index(&decision.class)?;
        let prediction = app.predictions.of(&dataset, &case, decision.version)?;
        let nothing =
            || Problem::not_found(format!("nothing is predicted as `{}` there", decision.class));
        let predicted = prediction.mask(&decision.class).ok_or_else(nothing)?;
        let area = suggestion::area(&predicted, decision.x, decision.y).ok_or_else(nothing)?;
        let sheet = app.readings.sheet(&person, &id);
        let ops = app.annotations.read(&app.project, &sheet, |said| {
            suggestion::ops(&area, decision.verdict, &decision.class, said)
        })?;
        if ops.is_empty() {
            return Err(Problem::invalid("everything there is painted already"));
        }
        let Decision { id: edit, client, base, .. } = decision;
        let edit = Edit { id: edit, client, base, ops, force: false };
        let hand = Hand { person, leave };
        let (sheet, saved) = app.edit(&id, edit, hand.clone())?;
        Ok(match tell(&app, &sheet, saved, &hand.person) {
            Ok((saved, entry)) => Json(Decided { saved, entry }).into_response(),
            Err(conflict) => conflict.into_response(),
        })
    })
    .await
}
