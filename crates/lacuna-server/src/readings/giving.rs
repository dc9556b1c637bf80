//! Giving pictures to two people, and taking them back.

use std::collections::BTreeSet;

use lacuna_data::dataset::reading::{Reading, Stage};
use serde_json::json;

use super::{Known, Readings, signature};
use crate::app::App;
use crate::lock;
use crate::problem::Problem;

/// How many pictures a refusal names.
const NAMED: usize = 10;

/// Why pictures are not given.
enum Refusal {
    /// Others read them now.
    Open,
    /// Two people have read them.
    Done,
    /// One of the two has seen what was said.
    Told,
}

impl Readings {
    /// Gives pictures to two people, each of whom reads them without seeing what the other says: all, or none if any is
    /// refused. What the same two read already stays as it is. Which ones were given.
    pub(crate) fn give(
        &self,
        app: &App,
        cases: &[String],
        pair: [&str; 2],
        by: &str,
    ) -> Result<Vec<String>, Problem> {
        let _alone = lock(&self.giving);
        for case in cases {
            app.project.case(case)?;
        }
        let due = due(&self.hold().0, cases, pair)?;
        for (done, case) in due.iter().enumerate() {
            if let Err(problem) = self.give_one(app, case, pair, by) {
                // they were given all the same
                app.events.tell("readings", &json!({ "cases": due[..done] }));
                return Err(problem);
            }
        }
        Ok(due)
    }

    /// Locked for one picture at a time, so that people paint on in the others.
    fn give_one(&self, app: &App, case: &str, pair: [&str; 2], by: &str) -> Result<(), Problem> {
        let mut known = self.changing();
        // somebody may have looked at it since
        if due(&known, &[case.to_owned()], pair)?.is_empty() {
            return Ok(());
        }
        let given = signature(by);
        let reading = match known.get(case).cloned() {
            Some(mut reading) => {
                reading.give(pair, given);
                reading
            }
            None => Reading::new(pair, given),
        };
        self.put(app, &mut known, case, reading)
    }

    /// Takes pictures back from those who read them and are not both done. What they said stays in its files. Which ones
    /// were taken back.
    pub(crate) fn withdraw(
        &self,
        app: &App,
        cases: &[String],
        by: &str,
    ) -> Result<Vec<String>, Problem> {
        let _alone = lock(&self.giving);
        let mut taken = Vec::new();
        for case in cases {
            let mut known = self.changing();
            let open = known.get(case).filter(|reading| reading.stage() == Stage::Open);
            let Some(mut reading) = open.cloned() else { continue };
            reading.withdrawn = Some(signature(by));
            self.put(app, &mut known, case, reading)?;
            taken.push(case.clone());
        }
        Ok(taken)
    }
}

/// The pictures that are to be given to two people: those that they do not have already.
fn due(known: &Known, cases: &[String], pair: [&str; 2]) -> Result<Vec<String>, Problem> {
    let cases: BTreeSet<&String> = cases.iter().collect();
    let refusal = |case: &String| known.get(case).and_then(|reading| refusal(reading, pair));
    for kind in [Refusal::Open, Refusal::Done, Refusal::Told] {
        let is_it = |case: &&&String| {
            refusal(case)
                .is_some_and(|one| std::mem::discriminant(&one) == std::mem::discriminant(&kind))
        };
        let refused: Vec<&str> = cases.iter().filter(is_it).map(|case| case.as_str()).collect();
        if !refused.is_empty() {
            return Err(kind.problem(&refused, pair));
        }
    }
    let is_due =
        |case: &&String| known.get(*case).is_none_or(|reading| reading.stage() == Stage::Withdrawn);
    Ok(cases.into_iter().filter(is_due).cloned().collect())
}

fn refusal(reading: &Reading, pair: [&str; 2]) -> Option<Refusal> {
    match reading.stage() {
        Stage::Open => (!reading.is_by(pair)).then_some(Refusal::Open),
        Stage::Done => (!reading.is_by(pair)).then_some(Refusal::Done),
        // whoever knows what others said about a picture does not read it independently any more
        Stage::Withdrawn => {
            pair.iter().any(|name| reading.told.contains(*name)).then_some(Refusal::Told)
        }
    }
}

impl Refusal {
    fn problem(&self, cases: &[&str], [first, second]: [&str; 2]) -> Problem {
        let cases = named(cases);
        match self {
            Self::Open => {
                Problem::invalid(format!("others read these pictures separately: {cases}"))
                    .with_hint("take them back first, or give only other pictures")
            }
            Self::Done => {
                Problem::invalid(format!("two people have read these pictures already: {cases}"))
                    .with_hint("give only other pictures; what these two said stays as it is")
            }
            Self::Told => Problem::invalid(format!(
                "{first} or {second} has seen what was said about these pictures: {cases}"
            ))
            .with_hint("give them to other people"),
        }
    }
}

fn named(cases: &[&str]) -> String {
    let shown = cases.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    match cases.len().checked_sub(NAMED) {
        None | Some(0) => shown,
        Some(more) => format!("{shown} and {more} more"),
    }
}
