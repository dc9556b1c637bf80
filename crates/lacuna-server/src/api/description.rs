//! The description of the API, as OpenAPI: what the handlers say of themselves, and what is true of all of them.

use utoipa::openapi::path::Operation;
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Response, ResponseBuilder};

use crate::problem::PROBLEM_JSON;

const JSON: &str = "application/json";

/// Every request can be refused with a problem, whatever its own answers are; a problem has a media type of its own.
pub(super) fn complete(api: &mut OpenApi) {
    for item in api.paths.paths.values_mut() {
        let operations =
            [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch];
        operations.into_iter().flatten().for_each(describe_problems);
    }
}

fn describe_problems(operation: &mut Operation) {
    let responses = &mut operation.responses.responses;
    for (status, response) in responses.iter_mut() {
        let is_problem = status.starts_with('4') || status.starts_with('5');
        if let (true, RefOr::T(response)) = (is_problem, response) {
            rename_content(response);
        }
    }
    responses.insert("default".to_owned(), RefOr::T(refusal()));
}

fn rename_content(response: &mut Response) {
    if let Some(content) = response.content.shift_remove(JSON) {
        response.content.insert(PROBLEM_JSON.to_owned(), content);
    }
}

fn refusal() -> Response {
    let problem = Content::new(Some(Ref::from_schema_name("Problem")));
    ResponseBuilder::new()
        .description(
            "Not done: not logged in, not allowed, not understood, or something went wrong",
        )
        .content(PROBLEM_JSON, problem)
        .build()
}
