//! What to paint next.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Query, State};
use lacuna_train::active::Strategy;
use serde::Deserialize;

use super::{Answer, answer};
use crate::app::App;
use crate::person::Person;
use crate::queue::{Queue, QueueStrategy};

/// How pictures are to be chosen.
#[derive(Debug, Deserialize)]
pub(crate) struct StrategyQuery {
    strategy: Option<QueueStrategy>,
}

/// Pictures in the order in which painting them promises most.
#[utoipa::path(get, path = "/queue", params(("strategy" = Option<QueueStrategy>, Query)),
    responses((status = 200, body = Queue)))]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Extension(person): Extension<Person>,
    Query(StrategyQuery { strategy }): Query<StrategyQuery>,
) -> Answer<Queue> {
    answer(move || {
        let strategy = strategy.unwrap_or_else(|| Strategy::default().into());
        app.acquisitions.queue(&app, &person, strategy)
    })
    .await
}
