//! What stands before every request: whose it is, whether they may, and a line in the log.

use std::sync::Arc;

use axum::RequestExt;
use axum::extract::{MatchedPath, RawPathParams, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::monitoring::HEALTH;
use crate::access::{self, Leave, Rule};
use crate::app::App;
use crate::person::{Person, Speaker};
use crate::problem::Problem;
use crate::team::{Deed, Team};

/// What a page may load: nothing but what this server sends.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; \
    connect-src 'self'; font-src 'self'; worker-src 'self' blob:; manifest-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// In whose name a page believes to speak.
const PERSON: &str = "lacuna-person";

/// Turns strangers away before anything else happens, and says how browsers are to treat what they get.
pub(super) async fn stand(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let mut response = match admit(&app, request) {
        Ok((request, permit)) => {
            let (request, picture) = picture_of(request, permit.as_ref()).await;
            let mut response = next.run(request).await;
            if let Some(permit) = &permit {
                response.extensions_mut().insert(Speaker(permit.person.name.clone()));
            }
            if let Some(permit) = permit.filter(|_| response.status().is_success()) {
                write_down(&app, permit, picture).await;
            }
            response
        }
        Err(problem) => problem.into_response(),
    };
    harden(response.headers_mut());
    response
}

/// That somebody may send a request.
struct Permit {
    rule: &'static Rule,
    person: Person,
}

/// The page itself is no secret, and can tell a person what to do without being let in.
fn admit(app: &App, mut request: Request) -> Result<(Request, Option<Permit>), Problem> {
    let entrance = &app.entrance;
    if request.uri().path() == HEALTH {
        return Ok((request, None));
    }
    entrance.names.check(request.headers(), request.method()).map_err(|_| Problem::foreign())?;
    if !request.uri().path().starts_with("/api") {
        return Ok((request, None));
    }
    let route = request.extensions().get::<MatchedPath>();
    let rule = route.map(|route| access::rule(request.method(), route.as_str()));
    if rule.flatten().is_some_and(Rule::is_for_everybody) {
        return Ok((request, None));
    }
    let person = entrance.person(request.headers())?.ok_or_else(|| entrance.closed())?;
    let meant = request.headers().get(PERSON).map(HeaderValue::as_bytes);
    let is_another = meant.is_some_and(|meant| meant != person.id().as_bytes());
    // whoever has the link is the only one, also if `--author` was another before
    if is_another && person.is_in_a_team() {
        return Err(Problem::another_person(&person.name));
    }
    // a path without a route goes on to be answered as missing
    let Some(rule) = rule else { return Ok((request, None)) };
    let leave = rule.map_or(Leave::Refused, |rule| rule.leave(person.role));
    let Some(rule) = rule.filter(|_| leave != Leave::Refused) else {
        return Err(Problem::forbidden(format!("the role {} may not do this", person.role)));
    };
    request.extensions_mut().insert(leave);
    request.extensions_mut().insert(person.clone());
    Ok((request, Some(Permit { rule, person })))
}

/// The picture that a request is about, where the log wants to know.
async fn picture_of(mut request: Request, permit: Option<&Permit>) -> (Request, Option<String>) {
    if permit.is_none_or(|permit| permit.rule.deed.is_none()) {
        return (request, None);
    }
    let is_of_picture = request
        .extensions()
        .get::<MatchedPath>()
        .is_some_and(|path| path.as_str().contains("/cases/{id}"));
    let parts = request.extract_parts::<RawPathParams>().await.ok();
    let id = parts.as_ref().and_then(|parts| parts.iter().find(|(name, _)| *name == "id"));
    let picture = id.filter(|_| is_of_picture).map(|(_, id)| id.to_owned());
    (request, picture)
}

/// Adds what was done to the log of the team. That it was done is true even if this fails, so the person is not told
/// otherwise; those who look after the server are.
async fn write_down(app: &App, permit: Permit, picture: Option<String>) {
    let Permit { rule, person } = permit;
    let Some((what, gate)) = rule.deed.zip(app.entrance.gate()) else { return };
    let team: Arc<Team> = Arc::clone(&gate.team);
    let written = tokio::task::spawn_blocking(move || {
        let (detail, what) = (person.noted(), person.deed().unwrap_or(what));
        team.note(&Deed { who: &person.name, what, picture: picture.as_deref(), detail: &detail })
    });
    match written.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => app.log.say(format!("the log of changes lacks an entry: {error}")),
        Err(error) => app.log.say(format!("the log of changes lacks an entry: {error}")),
    }
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
