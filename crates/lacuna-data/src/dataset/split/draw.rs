//! Drawing: groups are shuffled and dealt out whole.

use std::collections::BTreeMap;

use rand::seq::SliceRandom;

use super::{Fold, SplitConfig, SplitError, TestPart, Unit};
use crate::dataset::Case;
use crate::random;

/// The ids of cases that stay together, sorted.
type Group = Vec<String>;
/// The groups of one part of a fold, and those of the others.
type PartAndRest = (Vec<Group>, Vec<Group>);

pub(super) fn folds(cases: &[Case], config: &SplitConfig) -> Result<Vec<Fold>, SplitError> {
    check_share("validation", config.validation)?;
    let mut groups = groups(cases, config.by);
    groups.shuffle(&mut random::stream(config.seed, "split", &[]));
    let count = groups.len();
    let parts = match config.test {
        TestPart::Folds(folds) => deal(&groups, folds)?,
        TestPart::Share(share) => {
            check_share("test", share)?;
            vec![take_share(groups, share)]
        }
    };
    let fold = |(i, (test, mut rest)): (usize, PartAndRest)| {
        rest.shuffle(&mut random::stream(config.seed, "split-validation", &[i as u64]));
        let (validation, train) = take_share(rest, config.validation);
        if train.is_empty() || (config.validation > 0.0 && validation.is_empty()) {
            return Err(SplitError::TooFewGroups { groups: count });
        }
        Ok(Fold { train: flat(train), validation: flat(validation), test: flat(test) })
    };
    parts.into_iter().enumerate().map(fold).collect()
}

fn check_share(part: &'static str, share: f64) -> Result<(), SplitError> {
    if (0.0..1.0).contains(&share) { Ok(()) } else { Err(SplitError::BadShare { part, share }) }
}

/// The groups in an order that does not depend on the order of the cases.
fn groups(cases: &[Case], by: Unit) -> Vec<Group> {
    let mut members: BTreeMap<(Option<&str>, Option<&str>), Group> = BTreeMap::new();
    for case in cases {
        let group = case.group.as_deref().filter(|_| by == Unit::Group);
        let own = if group.is_none() { Some(case.id.as_str()) } else { None };
        members.entry((group, own)).or_default().push(case.id.clone());
    }
    members.into_values().collect()
}

/// Deals the groups into `folds` of nearly equal numbers of cases, the largest first; returns test
/// and rest of each fold.
fn deal(groups: &[Group], folds: usize) -> Result<Vec<PartAndRest>, SplitError> {
    if folds < 2 {
        return Err(SplitError::TooFewFolds { folds });
    }
    if folds > groups.len() {
        return Err(SplitError::TooManyFolds { folds, groups: groups.len() });
    }
    let mut order: Vec<usize> = (0..groups.len()).collect();
    // stable: groups of one size stay in their drawn order
    order.sort_by_key(|i| std::cmp::Reverse(groups[*i].len()));
    let mut fold_of = vec![0; groups.len()];
    let mut load = vec![0; folds];
    for i in order {
        let lightest = (0..folds).min_by_key(|fold| load[*fold]).unwrap_or(0);
        fold_of[i] = lightest;
        load[lightest] += groups[i].len();
    }
    let fold = |fold: usize| {
        let places = groups.iter().cloned().zip(&fold_of);
        let (test, rest): (Vec<_>, Vec<_>) = places.partition(|(_, of)| **of == fold);
        let without = |pairs: Vec<(Group, &usize)>| pairs.into_iter().map(|(g, _)| g).collect();
        (without(test), without(rest))
    };
    Ok((0..folds).map(fold).collect())
}

/// Takes groups, in order, as long as each brings the number of cases nearer to the share; for a
/// share above 0 at least one, and never all. Returns what was taken and the rest.
fn take_share(groups: Vec<Group>, share: f64) -> PartAndRest {
    let total: usize = groups.iter().map(Vec::len).sum();
    let target = share * total as f64;
    let (mut taken, mut rest, mut count) = (Vec::new(), Vec::new(), 0);
    let all = groups.len();
    for group in groups {
        let with = (count + group.len()) as f64;
        let nearer = (with - target).abs() < (target - count as f64).abs();
        if nearer && taken.len() + 1 < all {
            count += group.len();
            taken.push(group);
        } else {
            rest.push(group);
        }
    }
    if share > 0.0 && taken.is_empty() && rest.len() > 1 {
        let smallest = (0..rest.len()).min_by_key(|i| rest[*i].len()).unwrap_or(0);
        taken.push(rest.remove(smallest));
    }
    (taken, rest)
}

fn flat(groups: Vec<Group>) -> Vec<String> {
    let mut ids: Vec<String> = groups.into_iter().flatten().collect();
    ids.sort();
    ids
}
