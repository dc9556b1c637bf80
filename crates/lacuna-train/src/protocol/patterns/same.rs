//! Whether grids differ in nothing but their painting.

use std::collections::BTreeMap;

use super::painted::PaintedGrid;
use super::{PatternsError, painting};
use crate::evaluate::{Definition, Evaluation};
use crate::protocol::approach::Approach;
use crate::protocol::cell::Cell;

/// Refuses grids that cannot be compared; what is only worth knowing is returned.
///
/// # Errors
/// If seed, split, recipe, classes, pictures or the test cases of a repetition differ, or two grids are painted the same.
pub(super) fn check(grids: &[PaintedGrid]) -> Result<Vec<String>, PatternsError> {
    let Some((first, others)) = grids.split_first() else { return Ok(Vec::new()) };
    for (index, grid) in grids.iter().enumerate() {
        refuse_twice(&grids[..index], grid)?;
    }
    for grid in others {
        let what = differences(first, grid);
        if !what.is_empty() {
            let (first, other) = (first.folder.clone(), grid.folder.clone());
            return Err(PatternsError::Differ { first, other, what: what.join(", ") });
        }
    }
    refuse_other_tests(grids)?;
    Ok(other_settings(first, others).into_iter().chain(other_full(grids)).collect())
}

fn refuse_twice(before: &[PaintedGrid], grid: &PaintedGrid) -> Result<(), PatternsError> {
    let key =
        |grid: &PaintedGrid| (grid.painting.name.clone(), (1000.0 * grid.painting.share) as u64);
    match before.iter().find(|other| key(other) == key(grid)) {
        None => Ok(()),
        Some(other) => Err(PatternsError::PaintedTheSame {
            first: other.folder.clone(),
            other: grid.folder.clone(),
            painting: grid.painting.label(),
        }),
    }
}

fn differences(a: &PaintedGrid, b: &PaintedGrid) -> Vec<String> {
    let (ours, theirs) = (&a.protocol, &b.protocol);
    let split = (ours.design, ours.validation) == (theirs.design, theirs.validation);
    let same = [
        ("classes", class_names(a) == class_names(b)),
        ("pictures or complete masks", pictures(a) == pictures(b)),
        ("seed", ours.seed == theirs.seed),
        ("split", split),
    ];
    let mut found: Vec<String> =
        same.into_iter().filter(|(_, same)| !same).map(|(what, _)| what.to_owned()).collect();
    if ours.recipe != theirs.recipe {
        found.push(format!("recipe ({})", recipe_keys(a, b).join(", ")));
    }
    found
}

fn class_names(grid: &PaintedGrid) -> Vec<&str> {
    grid.record.classes.iter().map(|class| class.class.as_str()).collect()
}

/// Ids and the size of every class in the complete masks.
fn pictures(grid: &PaintedGrid) -> BTreeMap<&str, Vec<usize>> {
    let cases = grid.record.cases.iter();
    let sizes = |case: &lacuna_data::simulate::CaseRecord| {
        case.classes.iter().map(|class| class.truth).collect()
    };
    cases.map(|case| (case.id.as_str(), sizes(case))).collect()
}

/// The settings that differ.
fn recipe_keys(a: &PaintedGrid, b: &PaintedGrid) -> Vec<String> {
    let table =
        |grid: &PaintedGrid| toml::Table::try_from(&grid.protocol.recipe).unwrap_or_default();
    let (ours, theirs) = (table(a), table(b));
    let mut keys: Vec<_> = ours.keys().chain(theirs.keys()).cloned().collect();
    keys.sort();
    keys.dedup();
    keys.retain(|key| ours.get(key) != theirs.get(key));
    keys
}

/// Case and group of everything that was tested, sorted.
type Tested<'a> = Vec<(&'a str, Option<&'a str>)>;

/// A repetition has the same test cases in every cell of every grid.
fn refuse_other_tests(grids: &[PaintedGrid]) -> Result<(), PatternsError> {
    let mut tested: BTreeMap<usize, (&PaintedGrid, Tested<'_>)> = BTreeMap::new();
    for grid in grids {
        for (cell, evaluation) in &grid.finished {
            let cases = cases(evaluation);
            let (first, expected) =
                tested.entry(cell.repetition).or_insert_with(|| (grid, cases.clone()));
            if *expected != cases {
                let (first, other) = (first.folder.clone(), grid.folder.clone());
                let what = format!("test cases in `{cell}`");
                return Err(PatternsError::Differ { first, other, what });
            }
        }
    }
    Ok(())
}

fn cases(evaluation: &Evaluation) -> Tested<'_> {
    let tested = evaluation.results.first().map(|result| &result.metric_per_case[..]);
    let tested = tested.unwrap_or_default().iter();
    let mut cases: Vec<_> =
        tested.map(|case| (case.case.as_str(), case.group.as_deref())).collect();
    cases.sort_unstable();
    cases
}

/// Settings of the simulations that no figure names and that differ.
fn other_settings(first: &PaintedGrid, others: &[PaintedGrid]) -> Option<String> {
    let settings = |grid: &PaintedGrid| {
        toml::Table::try_from(painting::unnamed(&grid.record.config)).unwrap_or_default()
    };
    let ours = settings(first);
    let mut keys: Vec<String> = Vec::new();
    for theirs in others.iter().map(settings) {
        keys.extend(ours.keys().filter(|key| ours.get(*key) != theirs.get(*key)).cloned());
    }
    keys.sort();
    keys.dedup();
    (!keys.is_empty()).then(|| {
        format!(
            "The simulations differ in more than pattern and share: {}. Differences between grids may come from that.",
            keys.join(", ")
        )
    })
}

/// Full supervision learns from the same masks in every grid; other numbers mean another machine or program.
fn other_full(grids: &[PaintedGrid]) -> Option<String> {
    let mut seen: BTreeMap<Cell, f64> = BTreeMap::new();
    let mut apart = 0.0_f64;
    for (cell, evaluation) in grids.iter().flat_map(|grid| &grid.finished) {
        let half = evaluation.result(super::HALF);
        let dice = half.and_then(|result| result.mean_dice(Definition::AllPixels));
        if let (Approach::Full, Some(dice)) = (cell.approach, dice) {
            apart = apart.max((*seen.entry(*cell).or_insert(dice) - dice).abs());
        }
    }
    (apart > 0.0).then(|| {
        format!("`full` came out differently in different grids, by up to {apart:.3} in mean Dice: they were trained on other machines, numbers of threads or versions.")
    })
}
