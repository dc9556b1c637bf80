//! All numbers as comma-separated values: a row an approach, grid, condition, threshold and class.

use std::path::Path;

use lacuna_data::atomic_file::write_atomic_bytes;
use lacuna_metrics::Interval;

use super::{PatternRow, Patterns, PatternsError, RuleChoice};

const HEAD: [&str; 21] = [
    "grid",
    "pattern",
    "share",
    "condition",
    "approach",
    "threshold",
    "class",
    "dice",
    "dice_lower",
    "dice_upper",
    "groups",
    "repetitions",
    "ratio_to_full",
    "ratio_lower",
    "ratio_upper",
    "ratio_repetitions",
    "reaches_aim",
    "standing_half",
    "standing_best_rule",
    "cells",
    "full_cells",
];

/// Writes `patterns.csv`.
pub(super) fn save(patterns: &Patterns, path: &Path) -> Result<(), PatternsError> {
    let io = |source: std::io::Error| PatternsError::write(path, source);
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(HEAD).map_err(|e| io(e.into()))?;
    for row in &patterns.rows {
        writer.write_record(fields(patterns, row)).map_err(|e| io(e.into()))?;
    }
    let bytes = writer.into_inner().map_err(|e| io(e.into_error()))?;
    write_atomic_bytes(path, &bytes).map_err(io)
}

fn fields(patterns: &Patterns, row: &PatternRow) -> [String; 21] {
    let full = row.against_full.as_ref();
    let ratio = full.map(|full| full.difference.ratio);
    let [lower, upper] = ends(row.dice.interval);
    let [ratio_lower, ratio_upper] = ends(ratio.and_then(|ratio| ratio.interval));
    [
        row.grid.clone(),
        row.pattern.clone(),
        row.share.to_string(),
        row.condition.to_string(),
        row.approach.to_string(),
        row.rule.to_string(),
        row.class.as_str().to_owned(),
        row.dice.mean.to_string(),
        lower,
        upper,
        row.dice.n_groups.to_string(),
        row.dice.n_repetitions.to_string(),
        ratio.and_then(|ratio| ratio.value).map_or_else(String::new, |value| value.to_string()),
        ratio_lower,
        ratio_upper,
        full.map_or_else(String::new, |full| full.difference.n_repetitions.to_string()),
        full.map_or_else(String::new, |full| full.reaches_aim.to_string()),
        standing(patterns, row, RuleChoice::Half),
        standing(patterns, row, RuleChoice::Best),
        row.cells.join(" "),
        full.map_or_else(String::new, |full| full.full_cells.join(" ")),
    ]
}

fn ends(interval: Option<Interval>) -> [String; 2] {
    interval.map_or_else(Default::default, |ends| [ends.lo.to_string(), ends.hi.to_string()])
}

/// Empty at thresholds that the approach did not compete with.
fn standing(patterns: &Patterns, row: &PatternRow, at: RuleChoice) -> String {
    let is_it = |w: &&super::Winners| {
        w.at == at && w.grid == row.grid && w.condition == row.condition && w.class == row.class
    };
    let entries = patterns.winners.iter().find(is_it).map(|winners| &winners.entries[..]);
    let mut entries = entries.unwrap_or_default().iter();
    let entry = entries.find(|entry| entry.approach == row.approach && entry.rule == row.rule);
    entry.map_or_else(String::new, |entry| entry.standing.as_str().to_owned())
}
