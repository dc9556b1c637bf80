//! Pictures that look the same on two sides of a split. Each picture is read once, however many folds.

use anyhow::Result;
use lacuna_data::dataset::near_duplicate::{DEFAULT_DISTANCE, difference_hash};
use lacuna_data::dataset::split::{Fold, Split};
use lacuna_data::{DataError, Dataset};
use lacuna_train::Interrupt;
use rayon::prelude::*;
use serde::Serialize;

use crate::printer::Printer;

/// Pairs that look the same, nearest first.
#[derive(Serialize)]
pub(super) struct NearCopies {
    /// Bits of 64 in which two hashes may differ.
    distance: u32,
    pub(super) pairs: Vec<Pair>,
}

/// Two cases in different parts, in the first fold where they are.
#[derive(Serialize)]
pub(super) struct Pair {
    pub(super) fold: usize,
    pub(super) first: String,
    pub(super) first_part: &'static str,
    pub(super) second: String,
    pub(super) second_part: &'static str,
    distance: u32,
}

/// Compares all pictures; `None` if interrupted.
pub(super) fn find(
    dataset: &Dataset,
    split: &Split,
    printer: &Printer,
    interrupt: &Interrupt,
) -> Result<Option<NearCopies>> {
    let Some(hashes) = hashes(dataset, printer, interrupt)? else { return Ok(None) };
    let cases = dataset.cases();
    let mut pairs = Vec::new();
    for i in 0..cases.len() {
        for j in i + 1..cases.len() {
            let distance = (hashes[i] ^ hashes[j]).count_ones();
            if distance <= DEFAULT_DISTANCE {
                pairs.extend(apart(split, &cases[i].id, &cases[j].id, distance));
            }
        }
    }
    pairs.sort_by(|a: &Pair, b| {
        (a.distance, &a.first, &a.second).cmp(&(b.distance, &b.first, &b.second))
    });
    Ok(Some(NearCopies { distance: DEFAULT_DISTANCE, pairs }))
}

fn hashes(
    dataset: &Dataset,
    printer: &Printer,
    interrupt: &Interrupt,
) -> Result<Option<Vec<u64>>, DataError> {
    let cases = dataset.cases();
    let progress = printer.progress("comparing pictures", cases.len());
    let mut hashes = Vec::with_capacity(cases.len());
    // a few at a time: memory stays bounded, and Ctrl-C is heard
    for chunk in cases.chunks(2 * rayon::current_num_threads()) {
        if interrupt.is_raised() {
            return Ok(None);
        }
        let hash = |case| Ok(difference_hash(&dataset.load_image(case)?));
        let hashed: Vec<Result<u64, DataError>> = chunk.par_iter().map(hash).collect();
        // in order, so that of several broken pictures always the same one is named
        for hash in hashed {
            hashes.push(hash?);
        }
        progress.set(hashes.len(), cases.len());
    }
    Ok(Some(hashes))
}

/// The first fold in which two cases lie in different parts.
fn apart(split: &Split, first: &str, second: &str, distance: u32) -> Option<Pair> {
    split.folds.iter().enumerate().find_map(|(fold, parts)| {
        let (first_part, second_part) = (part_of(parts, first)?, part_of(parts, second)?);
        (first_part != second_part).then(|| Pair {
            fold,
            first: first.to_owned(),
            first_part,
            second: second.to_owned(),
            second_part,
            distance,
        })
    })
}

fn part_of(fold: &Fold, id: &str) -> Option<&'static str> {
    let holds = |ids: &[String]| ids.iter().any(|other| other == id);
    fold.parts().into_iter().find(|(_, ids)| holds(ids)).map(|(part, _)| part)
}
