//! Who may ask for what: the one table, which the guard of the API looks into before every request.
//!
//! A request that stands in no row is refused. Tests hold the table to the routes that there are, and the server to
//! the table, for every role.

use axum::http::Method;

use crate::team::TeamRole;

/// What a role may do with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leave {
    /// Nothing.
    Refused,
    /// Only as far as regions are concerned: no pixel is painted, and no region of another person changed.
    RegionsOnly,
    /// All of it.
    Granted,
}

use Leave::{Granted as YES, Refused as NO, RegionsOnly as REGIONS};

/// A request and who may send it.
#[derive(Debug)]
pub(crate) struct Rule {
    method: &'static str,
    /// As the router knows it, without `/api`.
    path: &'static str,
    who: Who,
    /// What it is called in the log; nothing for what changes nothing.
    pub(crate) deed: Option<&'static str>,
}

#[derive(Debug)]
enum Who {
    /// Also those who are not logged in.
    Everybody,
    /// Owner, expert, non-expert, reader.
    Roles([Leave; 4]),
}

/// All may look.
const LOOK: [Leave; 4] = [YES, YES, YES, YES];
/// People of the field.
const EXPERTS: [Leave; 4] = [YES, YES, NO, NO];
/// Who looks after the data set and the accounts.
const OWNERS: [Leave; 4] = [YES, NO, NO, NO];

#[rustfmt::skip]
const TABLE: &[Rule] = &[
    // the data set
    row("GET",    "/project",                        LOOK,    ""),
    row("POST",   "/classes",                        OWNERS,  "class-added"),
    row("PUT",    "/classes/{name}",                 OWNERS,  "class-coloured"),
    row("PUT",    "/exclusive",                      OWNERS,  "classes-excluded"),
    row("GET",    "/cases",                          LOOK,    ""),
    row("POST",   "/cases",                          OWNERS,  "picture-added"),
    row("GET",    "/cases/{id}/image",               LOOK,    ""),
    row("GET",    "/cases/{id}/thumbnail",           LOOK,    ""),
    // what is said about a picture
    row("GET",    "/cases/{id}/annotation",          LOOK,    ""),
    row("POST",   "/cases/{id}/edits",               [YES, YES, REGIONS, NO], "edit"),
    row("POST",   "/cases/{id}/leave",               [YES, YES, YES, NO],     ""),
    row("GET",    "/cases/{id}/evidence",            LOOK,    ""),
    row("GET",    "/cases/{id}/prediction/{class}",  LOOK,    ""),
    row("POST",   "/cases/{id}/suggestions",         EXPERTS, "suggestion"),
    row("POST",   "/cases/{id}/proposals",           EXPERTS, ""),
    // what two people say who read pictures separately
    row("GET",    "/readings",                       LOOK,    ""),
    row("PUT",    "/readings",                       OWNERS,  "readings-given"),
    row("GET",    "/cases/{id}/reading",             LOOK,    ""),
    row("PUT",    "/cases/{id}/reading",             [YES, YES, YES, NO],     "reading-done"),
    row("POST",   "/cases/{id}/reading/decision",    OWNERS,  "reading-decided"),
    row("GET",    "/agreement",                      LOOK,    ""),
    row("GET",    "/queue",                          LOOK,    ""),
    // models
    row("GET",    "/training",                       LOOK,    ""),
    row("POST",   "/training",                       EXPERTS, "training-started"),
    row("GET",    "/training/log",                   LOOK,    ""),
    row("POST",   "/training/stop",                  EXPERTS, "training-stopped"),
    row("POST",   "/training/resume",                EXPERTS, "training-resumed"),
    row("PUT",    "/training/auto",                  EXPERTS, "training-by-itself"),
    row("GET",    "/models",                         LOOK,    ""),
    row("PUT",    "/models/current",                 EXPERTS, "model-chosen"),
    // verifications
    row("GET",    "/verifications",                  LOOK,    ""),
    row("POST",   "/verifications",                  EXPERTS, "verification-begun"),
    row("GET",    "/verifications/{id}",             LOOK,    ""),
    row("GET",    "/verifications/{id}/gain",        LOOK,    ""),
    row("GET",    "/verifications/{id}/answers",     LOOK,    ""),
    row("POST",   "/verifications/{id}/answers",     EXPERTS, "point-answered"),
    row("GET",    "/events",                         LOOK,    ""),
    // people; what these change is written into the log with the change itself
    everybody("POST", "/login"),
    row("POST",   "/logout",                         LOOK,    "logout"),
    row("PUT",    "/password",                       LOOK,    ""),
    row("GET",    "/people",                         OWNERS,  ""),
    row("POST",   "/people",                         OWNERS,  ""),
    row("DELETE", "/people/{name}",                  OWNERS,  ""),
    row("PUT",    "/people/{name}/role",             OWNERS,  ""),
    row("POST",   "/people/{name}/password",         OWNERS,  ""),
    row("DELETE", "/people/{name}/logins",           OWNERS,  ""),
    row("PUT",    "/assignments",                    OWNERS,  ""),
    row("GET",    "/changes",                        OWNERS,  ""),
    row("GET",    "/changes.csv",                    OWNERS,  "log-exported"),
    row("GET",    "/changes.jsonl",                  OWNERS,  "log-exported"),
];

const fn row(
    method: &'static str,
    path: &'static str,
    leaves: [Leave; 4],
    deed: &'static str,
) -> Rule {
    let deed = if deed.is_empty() { None } else { Some(deed) };
    Rule { method, path, who: Who::Roles(leaves), deed }
}

const fn everybody(method: &'static str, path: &'static str) -> Rule {
    Rule { method, path, who: Who::Everybody, deed: None }
}

/// The row of a request; `path` as the router knows it.
pub(crate) fn rule(method: &Method, path: &str) -> Option<&'static Rule> {
    let path = path.strip_prefix("/api")?;
    // the router answers HEAD like GET, without the body
    let method = if *method == Method::HEAD { &Method::GET } else { method };
    TABLE.iter().find(|rule| method == rule.method && path == rule.path)
}

impl Rule {
    /// Whether it is for those, too, who are not logged in.
    pub(crate) fn is_for_everybody(&self) -> bool {
        matches!(self.who, Who::Everybody)
    }

    /// What somebody of that role may do.
    pub(crate) fn leave(&self, role: TeamRole) -> Leave {
        match &self.who {
            Who::Everybody => YES,
            Who::Roles([owner, expert, non_expert, reader]) => match role {
                TeamRole::Owner => *owner,
                TeamRole::Expert => *expert,
                TeamRole::NonExpert => *non_expert,
                TeamRole::Reader => *reader,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_route_has_a_row_and_every_row_a_route() {
        let api = serde_json::to_value(crate::openapi()).unwrap();
        let paths = api["paths"].as_object().unwrap();
        let routes: BTreeSet<_> = paths
            .iter()
            .flat_map(|(path, methods)| {
                let methods = methods.as_object().unwrap().keys();
                methods.map(move |method| (method.to_uppercase(), path.clone()))
            })
            .collect();
        let rows: Vec<_> =
            TABLE.iter().map(|rule| (rule.method.to_owned(), rule.path.to_owned())).collect();
        let known: BTreeSet<_> = rows.iter().cloned().collect();
        assert_eq!(known.len(), rows.len(), "a request has one row");
        let missing: Vec<_> = routes.symmetric_difference(&known).collect();
        assert!(missing.is_empty(), "in the table or in the router only: {missing:?}");
    }

    #[test]
    fn a_role_may_do_what_the_next_lower_may() {
        for rule in TABLE {
            let leaves = TeamRole::ALL.map(|role| rule.leave(role));
            for pair in leaves.windows(2) {
                let rank = |leave| [NO, REGIONS, YES].iter().position(|each| *each == leave);
                assert!(rank(pair[0]) >= rank(pair[1]), "{rule:?}");
            }
        }
    }

    #[test]
    fn what_is_in_no_row_has_none() {
        assert!(rule(&Method::HEAD, "/api/project").is_some());
        for (method, path) in [
            (Method::DELETE, "/api/project"),
            (Method::GET, "/project"),
            (Method::GET, "/api/project/"),
            (Method::GET, "/api/cases/m0/image"),
        ] {
            assert!(rule(&method, path).is_none(), "{method} {path}");
        }
    }
}
