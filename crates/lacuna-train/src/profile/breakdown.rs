//! Sums of time by place.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::time::Duration;

use serde::Serialize;

/// The span of an optimizer step.
const STEP: &str = "step";

/// What is added up for one place.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Total {
    calls: u64,
    time: Duration,
    operations: u64,
}

impl Total {
    pub(super) fn add(&mut self, time: Duration, operations: u64) {
        self.calls += 1;
        self.time += time;
        self.operations += operations;
    }
}

/// Where the time of a process went.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Breakdown {
    /// Wall time since the recording began.
    pub seconds: f64,
    /// Places, each after the one that contains it, the costlier before the cheaper; what other threads did comes
    /// last.
    pub rows: Vec<Row>,
    /// Whether every span is in the trace, or only the first ones.
    pub trace_is_complete: bool,
}

/// One place.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Its name after those of all that contain it, such as `step`, `forward`, `conv2d.forward`.
    pub path: Vec<&'static str>,
    /// Whether it ran on other threads, beside the training.
    pub beside: bool,
    /// How often it was entered.
    pub calls: u64,
    /// Time inside.
    pub seconds: f64,
    /// Time inside, but in none of the places it contains.
    pub own_seconds: f64,
    /// Arithmetic operations of the convolutions inside, as they are defined.
    pub operations: u64,
}

impl Breakdown {
    pub(super) fn new(
        wall: Duration,
        totals: &HashMap<(bool, Vec<&'static str>), Total>,
        trace_is_complete: bool,
    ) -> Self {
        let mut rows = Vec::with_capacity(totals.len());
        for beside in [false, true] {
            let places: HashMap<&[&str], Total> = totals
                .iter()
                .filter(|((other, _), _)| *other == beside)
                .map(|((_, path), total)| (path.as_slice(), *total))
                .collect();
            descend(&places, &[], beside, &mut rows);
        }
        Self { seconds: wall.as_secs_f64(), rows, trace_is_complete }
    }

    /// Optimizer steps.
    pub fn steps(&self) -> u64 {
        self.rows.iter().find(|row| row.path == [STEP]).map_or(0, |row| row.calls)
    }
}

/// Adds the places directly under `path` to `rows`, each with all it contains; their time and operations.
fn descend(
    places: &HashMap<&[&'static str], Total>,
    path: &[&'static str],
    beside: bool,
    rows: &mut Vec<Row>,
) -> (Duration, u64) {
    let is_child = |other: &[&str]| other.len() == path.len() + 1 && other.starts_with(path);
    let mut children: Vec<_> = places.iter().filter(|(other, _)| is_child(other)).collect();
    children.sort_by_key(|(path, total)| (Reverse(total.time), path.to_vec()));
    let mut sum = (Duration::ZERO, 0);
    for (path, total) in children {
        let at = rows.len();
        rows.push(Row {
            path: path.to_vec(),
            beside,
            calls: total.calls,
            seconds: total.time.as_secs_f64(),
            own_seconds: 0.0,
            operations: 0,
        });
        let (inside, operations) = descend(places, path, beside, rows);
        rows[at].own_seconds = total.time.saturating_sub(inside).as_secs_f64();
        rows[at].operations = total.operations + operations;
        sum = (sum.0 + total.time, sum.1 + rows[at].operations);
    }
    sum
}
