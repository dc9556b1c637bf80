//! A region that may be what a person means by a few scribbles or a box.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::{Extension, Json};
use lacuna_data::annotation::Runs;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Answer, answer, wire};
use crate::app::App;
use crate::person::Person;
use crate::problem::Problem;
use crate::proposals::{PixelBox, Shown};

/// What a person showed of a class.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    class: String,
    /// What of the picture is looked at: nothing is proposed outside.
    window: PixelBox,
    /// Scribbled as of the class.
    #[schema(value_type = wire::Runs)]
    positive: Runs,
    /// Scribbled as not of the class.
    #[schema(value_type = wire::Runs)]
    negative: Runs,
    /// Drawn around everything that is meant; a part of the window.
    #[serde(rename = "box", default)]
    #[schema(nullable = false, required = false)]
    around: Option<PixelBox>,
}

/// What is proposed. It is nowhere but in this answer: whoever accepts it sends it as an edit of origin "accepted".
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Proposed {
    #[schema(value_type = wire::Runs)]
    suggested: Runs,
    /// The model whose probabilities were looked at; none if there is none, or it does not know the class.
    version: Option<u32>,
}

/// Proposes a region. Changes nothing.
#[utoipa::path(post, path = "/cases/{id}/proposals", params(("id" = String, Path)), request_body = Question,
    responses((status = 200, body = Proposed), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn propose(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
    Path(id): Path<String>,
    Json(question): Json<Question>,
) -> Answer<Proposed> {
    answer(move || {
        let (dataset, case) = app.project.case(&id)?;
        dataset.classes().index(&question.class)?;
        let image = app.proposals.picture(&dataset, &case)?;
        let shown = Shown {
            class: &question.class,
            window: question.window,
            positive: &question.positive,
            negative: &question.negative,
            around: question.around,
        };
        let sheet = app.readings.sheet(&person, &id);
        let (suggested, version) = app.propose(&dataset, &sheet, &image, &shown)?;
        Ok(Proposed { suggested, version })
    })
    .await
}
