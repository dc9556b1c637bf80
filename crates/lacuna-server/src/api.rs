//! The requests of the app: one file a noun. Types are in the answers' own modules.

mod annotation;
mod cases;
mod events;
mod page;
mod project;
mod proposal;
mod queue;
mod training;
mod verification;
mod wire;

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use utoipa::openapi::{Info, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::problem::Problem;
use crate::session::Refusal;

/// Largest request but for pictures: an edit of a large picture has some 100 000 runs.
const LARGEST_REQUEST: usize = 32 << 20;

/// Up to this size a request is read to its end before it is answered.
const SMALL_REQUEST: usize = 64 << 10;

/// What a page may load: nothing but what this server sends.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; \
    connect-src 'self'; font-src 'self'; worker-src 'self' blob:; manifest-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// The answer to a request, or why there is none.
type Answer<T> = Result<Json<T>, Problem>;

/// Pages and API.
pub(crate) fn router(app: Arc<App>) -> Router {
    let (api, _) = described().split_for_parts();
    Router::new()
        .nest("/api", api)
        .fallback(page::serve)
        .layer(DefaultBodyLimit::max(LARGEST_REQUEST))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), guard))
        .layer(middleware::from_fn(read_to_the_end))
        .with_state(app)
}

/// The description of the API from which the app's types are made.
pub fn openapi() -> OpenApi {
    let (_, mut api) = described().split_for_parts();
    api.info = Info::new("Lacuna", env!("CARGO_PKG_VERSION"));
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
        .routes(routes!(verification::answered, verification::answer))
        .routes(routes!(events::listen))
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

/// Turns strangers away before anything else happens, and says how browsers are to treat what they get.
async fn guard(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let mut response = match admit(&app, &request) {
        Ok(()) => next.run(request).await,
        Err(Refusal::Foreign) => Problem::foreign().into_response(),
        Err(Refusal::NoSession) => Problem::unauthorized().into_response(),
    };
    harden(response.headers_mut());
    response
}

/// The page itself is no secret, and can tell a person what to do without a session.
fn admit(app: &App, request: &Request) -> Result<(), Refusal> {
    app.session.check_names(request.headers(), request.method())?;
    if request.uri().path().starts_with("/api") {
        app.session.check_cookie(request.headers())?;
    }
    Ok(())
}

fn harden(headers: &mut HeaderMap) {
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let cache = HeaderValue::from_static("no-store");
    headers.entry(header::CACHE_CONTROL).or_insert(cache);
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
