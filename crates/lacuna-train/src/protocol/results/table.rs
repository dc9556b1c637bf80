//! The same as comma-separated values, one number a row, for other programs.

use std::path::Path;

use lacuna_data::atomic_file::write_atomic_bytes;

use super::{Comparison, Row};
use crate::protocol::ProtocolError;

pub(super) fn save_rows(rows: &[Row], path: &Path) -> Result<(), ProtocolError> {
    let head = [
        "approach",
        "condition",
        "threshold",
        "definition",
        "class",
        "repetitions",
        "dice",
        "dice_sd",
        "pooled_dice",
        "pooled_dice_sd",
        "average_precision",
        "average_precision_sd",
        "coverage",
        "lower_bound",
        "upper_bound",
        "fallbacks",
    ];
    let values = rows.iter().map(|row| {
        let [low, high] = row.bounds.map_or([None; 2], |bounds| bounds.map(Some));
        let numbers = [
            row.dice.mean,
            row.dice.sd,
            row.pooled_dice.mean,
            row.pooled_dice.sd,
            row.average_precision.mean,
            row.average_precision.sd,
            row.coverage,
            low,
            high,
        ];
        let names = [
            row.approach.to_string(),
            row.condition.to_string(),
            row.rule.to_string(),
            row.definition.to_string(),
            row.class.as_str().to_owned(),
            row.dice.n.to_string(),
        ];
        let numbers = numbers.into_iter().map(number);
        names.into_iter().chain(numbers).chain([row.fallbacks.to_string()]).collect()
    });
    save(&head, values, path)
}

pub(super) fn save_comparisons(
    comparisons: &[Comparison],
    path: &Path,
) -> Result<(), ProtocolError> {
    let head = [
        "approach",
        "condition",
        "threshold",
        "against",
        "definition",
        "class",
        "groups",
        "repetitions",
        "difference",
        "lower",
        "upper",
        "ratio",
        "ratio_lower",
        "ratio_upper",
        "p_value",
        "adjusted_p_value",
    ];
    let values = comparisons.iter().map(|c| {
        let difference = &c.difference;
        let ends = |interval: Option<lacuna_metrics::Interval>| {
            interval.map_or([None; 2], |i| [Some(i.lo), Some(i.hi)])
        };
        let [lower, upper] = ends(difference.interval);
        let [ratio_lower, ratio_upper] = ends(difference.ratio.interval);
        let numbers = [
            Some(difference.mean),
            lower,
            upper,
            difference.ratio.value,
            ratio_lower,
            ratio_upper,
            difference.p_value,
            c.adjusted_p_value,
        ];
        let names = [
            c.approach.to_string(),
            c.condition.to_string(),
            c.rule.to_string(),
            c.against.label().to_owned(),
            c.definition.to_string(),
            c.class.as_str().to_owned(),
            difference.n_groups.to_string(),
            difference.n_repetitions.to_string(),
        ];
        names.into_iter().chain(numbers.into_iter().map(number)).collect()
    });
    save(&head, values, path)
}

fn number(value: Option<f64>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn save(
    head: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
    path: &Path,
) -> Result<(), ProtocolError> {
    let io = |source: std::io::Error| ProtocolError::io(path, source);
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(head).map_err(|e| io(e.into()))?;
    for row in rows {
        writer.write_record(&row).map_err(|e| io(e.into()))?;
    }
    let bytes = writer.into_inner().map_err(|e| io(e.into_error()))?;
    write_atomic_bytes(path, &bytes).map_err(io)
}
