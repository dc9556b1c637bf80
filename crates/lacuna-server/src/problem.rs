//! What an app is told when something does not work: problem details after RFC 9457.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use lacuna_data::DataError;
use lacuna_data::dataset::split::SplitError;
use serde::Serialize;
use utoipa::ToSchema;

use crate::team::TeamError;

/// The media type of problems.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// Why a request was not done.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// One word that programs can tell problems apart by.
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    /// The kind of problem in a few words.
    pub(crate) title: &'static str,
    /// The HTTP status.
    pub(crate) status: u16,
    /// What is the matter with this request.
    pub(crate) detail: String,
    /// What a person can do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
}

impl Problem {
    fn new(kind: &'static str, title: &'static str, status: StatusCode, detail: String) -> Self {
        Self { kind, title, status: status.as_u16(), detail, hint: None }
    }

    #[must_use]
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new("not-found", "Not found", StatusCode::NOT_FOUND, detail.into())
    }

    pub(crate) fn invalid(detail: impl Into<String>) -> Self {
        Self::new("invalid", "Not possible", StatusCode::UNPROCESSABLE_ENTITY, detail.into())
    }

    pub(crate) fn busy(detail: impl Into<String>) -> Self {
        Self::new("busy", "Busy", StatusCode::CONFLICT, detail.into())
    }

    pub(crate) fn conflict(detail: impl Into<String>) -> Self {
        Self::new("conflict", "Painted at the same time", StatusCode::CONFLICT, detail.into())
    }

    pub(crate) fn stale() -> Self {
        let detail = "the page knows a state of the picture that this server does not";
        Self::new("stale", "Out of date", StatusCode::CONFLICT, detail.to_owned())
            .with_hint("load the picture again")
    }

    pub(crate) fn nothing_to_train(detail: impl Into<String>) -> Self {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Self::new("nothing-to-train", "Nothing to learn from", status, detail.into())
    }

    pub(crate) fn no_classes() -> Self {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Self::new("no-classes", "No classes yet", status, "there are no classes yet".to_owned())
            .with_hint("name what you want to find first")
    }

    pub(crate) fn no_model() -> Self {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Self::new("no-model", "No model yet", status, "there is no model yet".to_owned())
            .with_hint("train one first")
    }

    pub(crate) fn unauthorized() -> Self {
        let status = StatusCode::UNAUTHORIZED;
        let detail = "this browser was not opened with the link of this start of the server";
        Self::new("unauthorized", "Not opened with the link", status, detail.to_owned())
            .with_hint("open the link that `lacuna serve` shows in the terminal")
    }

    pub(crate) fn logged_out() -> Self {
        let detail = "nobody is logged in in this browser, or the login has ended";
        Self::new("logged-out", "Not logged in", StatusCode::UNAUTHORIZED, detail.to_owned())
            .with_hint("log in with your name and password")
    }

    pub(crate) fn another_person(name: &str) -> Self {
        let detail = format!("{name} has logged in in this browser meanwhile");
        Self::new("another-person", "Somebody else", StatusCode::UNAUTHORIZED, detail)
            .with_hint("load the page again")
    }

    pub(crate) fn wrong_password() -> Self {
        let detail = "no account has this name and this password";
        Self::new("wrong-password", "Not let in", StatusCode::UNAUTHORIZED, detail.to_owned())
            .with_hint("an owner can give you a new password")
    }

    pub(crate) fn too_many_attempts(wait: Duration) -> Self {
        let minutes = wait.as_secs().div_ceil(60).max(1);
        let detail = format!("too many wrong passwords: try again in {minutes} min");
        Self::new("too-many-attempts", "Wait a while", StatusCode::TOO_MANY_REQUESTS, detail)
    }

    pub(crate) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new("forbidden", "Not for you", StatusCode::FORBIDDEN, detail.into())
    }

    pub(crate) fn foreign() -> Self {
        let detail = "the request names another host or comes from another site's page";
        Self::new("foreign", "Not from this app", StatusCode::FORBIDDEN, detail.to_owned())
    }

    /// The detail and the hint, for a log.
    pub(crate) fn in_words(&self) -> String {
        let hint = self.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
        format!("{}{hint}", self.detail)
    }

    /// That the server cannot do its work.
    pub(crate) fn unwell() -> Self {
        let detail = "the server cannot read what it needs: its log says more".to_owned();
        Self::new("unwell", "Not well", StatusCode::SERVICE_UNAVAILABLE, detail)
    }

    /// That a request is none that this server takes.
    pub(crate) fn refused(status: StatusCode, detail: impl Into<String>) -> Self {
        Self::new("refused", "Not understood", status, detail.into())
    }

    pub(crate) fn failed(error: &dyn std::error::Error) -> Self {
        let mut detail = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            detail = format!("{detail}: {cause}");
            source = cause.source();
        }
        Self::new("failed", "Did not work", StatusCode::INTERNAL_SERVER_ERROR, detail)
    }
}

/// The kind of a problem, beside the answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reason(pub(crate) &'static str);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let reason = Reason(self.kind);
        let mut response = problem_response(status, self);
        response.extensions_mut().insert(reason);
        response
    }
}

/// A body with the details of a problem.
pub(crate) fn problem_response(status: StatusCode, body: impl Serialize) -> Response {
    let mut response = (status, Json(body)).into_response();
    let kind = HeaderValue::from_static(PROBLEM_JSON);
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

impl From<DataError> for Problem {
    fn from(error: DataError) -> Self {
        let problem = match &error {
            DataError::UnknownCase { .. } => Self::not_found(error.to_string()),
            DataError::DuplicateCase { .. } | DataError::BadId { .. } => {
                Self::invalid(error.to_string())
            }
            DataError::Classes { source, .. } => Self::invalid(source.to_string()),
            _ => Self::failed(&error),
        };
        match error.hint() {
            Some(hint) => problem.with_hint(hint),
            None => problem,
        }
    }
}

impl From<SplitError> for Problem {
    fn from(error: SplitError) -> Self {
        let problem = Self::failed(&error);
        match error.hint() {
            Some(hint) => problem.with_hint(hint),
            None => problem,
        }
    }
}

impl From<lacuna_data::class::ClassError> for Problem {
    fn from(error: lacuna_data::class::ClassError) -> Self {
        Self::invalid(error.to_string())
    }
}

impl From<TeamError> for Problem {
    fn from(error: TeamError) -> Self {
        let problem = match &error {
            TeamError::Unknown { .. } => Self::not_found(error.to_string()),
            TeamError::Taken { .. }
            | TeamError::BadName { .. }
            | TeamError::BadPassword { .. }
            | TeamError::WrongPassword
            | TeamError::LastOwner { .. } => Self::invalid(error.to_string()),
            _ => Self::failed(&error),
        };
        match error.hint().filter(|_| !matches!(error, TeamError::Unknown { .. })) {
            Some(hint) => problem.with_hint(hint),
            None => problem,
        }
    }
}
