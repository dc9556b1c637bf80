//! The requests of the app: one file a noun. Types are in the answers' own modules.

mod annotation;
mod cases;
mod changes;
mod description;
mod events;
mod guard;
mod label_studio;
mod login;
pub(crate) mod monitoring;
mod page;
mod people;
mod project;
mod proposal;
mod queue;
mod reading;
mod refusals;
mod training;
mod verification;
mod watch;
mod wire;

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::header;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use utoipa::openapi::{Info, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::problem::Problem;

/// Largest request but for pictures: an edit of a large picture has some 100 000 runs.
const LARGEST_REQUEST: usize = 32 << 20;

/// Up to this size a request is read to its end before it is answered.
const SMALL_REQUEST: usize = 64 << 10;

/// The answer to a request, or why there is none.
type Answer<T> = Result<Json<T>, Problem>;

/// Pages and API.
pub(crate) fn router(app: Arc<App>) -> Router {
    let (api, _) = described().split_for_parts();
    Router::new()
        .nest("/api", api)
        .nest("/label-studio/{secret}", label_studio::router(&app))
        .route(monitoring::HEALTH, get(monitoring::health))
        .fallback(page::serve)
        .layer(DefaultBodyLimit::max(LARGEST_REQUEST))
        .layer(middleware::from_fn(refusals::explain))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), guard::stand))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), watch::watch))
        .layer(middleware::from_fn(read_to_the_end))
        .with_state(app)
}

/// The description of the API from which the app's types are made.
pub fn openapi() -> OpenApi {
    let (_, mut api) = described().split_for_parts();
    api.info = Info::new("Lacuna", env!("CARGO_PKG_VERSION"));
    description::complete(&mut api);
    api
}

fn described() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(project::get))
        .routes(routes!(project::add_class))
        .routes(routes!(project::set_color))
        .routes(routes!(project::set_exclusive))
        .merge(
            OpenApiRouter::new()
                .routes(routes!(cases::list, cases::add))
                .layer(cases::picture_limit()),
        )
        .routes(routes!(cases::image))
        .routes(routes!(cases::thumbnail))
        .routes(routes!(annotation::get))
        .routes(routes!(annotation::edit))
        .routes(routes!(annotation::leave))
        .routes(routes!(annotation::evidence))
        .routes(routes!(annotation::prediction))
        .routes(routes!(annotation::decide))
        .routes(routes!(proposal::propose))
        .routes(routes!(reading::list, reading::give))
        .routes(routes!(reading::difference, reading::finish))
        .routes(routes!(reading::decide))
        .routes(routes!(reading::agreement))
        .routes(routes!(queue::get))
        .routes(routes!(training::get, training::start))
        .routes(routes!(training::log))
        .routes(routes!(training::stop))
        .routes(routes!(training::resume))
        .routes(routes!(training::set_auto))
        .routes(routes!(training::models))
        .routes(routes!(training::set_current))
        .routes(routes!(verification::list, verification::begin))
        .routes(routes!(verification::get))
        .routes(routes!(verification::gain))
        .routes(routes!(verification::answered, verification::answer))
        .routes(routes!(events::listen))
        .routes(routes!(login::log_in))
        .routes(routes!(login::log_out))
        .routes(routes!(login::change_password))
        .routes(routes!(people::list, people::add))
        .routes(routes!(people::remove))
        .routes(routes!(people::set_role))
        .routes(routes!(people::reset_password))
        .routes(routes!(people::end_logins))
        .routes(routes!(people::assign))
        .routes(routes!(changes::list))
        .routes(routes!(changes::csv))
        .routes(routes!(changes::jsonl))
}

/// Reads a small request whole. A connection with an unread rest is closed when the answer is out, and the answer to
/// a request that was refused unread, or the next request on that connection, could be lost.
async fn read_to_the_end(request: Request, next: Next) -> Response {
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if length.is_none_or(|length| length > SMALL_REQUEST) {
        return next.run(request).await;
    }
    let (head, body) = request.into_parts();
    match to_bytes(body, SMALL_REQUEST).await {
        Ok(bytes) => next.run(Request::from_parts(head, Body::from(bytes))).await,
        Err(_) => Problem::invalid("the request broke off").into_response(),
    }
}

/// Does work that reads files or computes on a thread that may block.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(Problem::failed(&error)))
}

/// The same, answered as JSON.
async fn answer<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Answer<T> {
    blocking(work).await.map(Json)
}
