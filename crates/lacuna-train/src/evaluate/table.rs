//! `per_case.csv`: one row for every case, class, threshold rule and definition.

use std::io;
use std::path::Path;

use lacuna_data::atomic_file::write_atomic_bytes;

use super::result::{CaseMetrics, ClassMetrics, Evaluation, ThresholdResult, Unit};
use super::{ClassThreshold, EvaluateError};

const COLUMNS: [&str; 23] = [
    "case",
    "group",
    "class",
    "rule",
    "threshold",
    "definition",
    "dice",
    "iou",
    "precision",
    "recall",
    "hd95",
    "nsd",
    "unit",
    "coverage",
    "dice_lower",
    "dice_upper",
    "tp",
    "fp",
    "fn",
    "tn",
    "unknown_positive",
    "unknown_negative",
    "pixels",
];

impl Evaluation {
    /// Writes the table of cases. Undefined values are empty.
    pub fn save_per_case(&self, path: &Path) -> Result<(), EvaluateError> {
        let write = |source| EvaluateError::Write { path: path.to_owned(), source };
        let table = self.per_case_csv().map_err(write)?;
        write_atomic_bytes(path, &table).map_err(write)
    }

    fn per_case_csv(&self) -> io::Result<Vec<u8>> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(COLUMNS)?;
        let unit = self.distances.map_or("", |distances| Unit::as_str(distances.unit));
        for result in &self.results {
            for case in &result.metric_per_case {
                for row in &case.metrics {
                    writer.write_record(record(case, row, threshold(result, row), unit))?;
                }
            }
        }
        writer.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}

fn threshold<'a>(result: &'a ThresholdResult, row: &ClassMetrics) -> Option<&'a ClassThreshold> {
    result.thresholds.iter().find(|threshold| threshold.class == row.class)
}

fn record(
    case: &CaseMetrics,
    row: &ClassMetrics,
    threshold: Option<&ClassThreshold>,
    unit: &str,
) -> [String; COLUMNS.len()] {
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let (counts, bounds) = (row.counts, row.dice_bounds);
    [
        case.case.clone(),
        case.group.clone().unwrap_or_default(),
        row.class.clone(),
        threshold.map_or_else(String::new, |t| t.rule.to_string()),
        number(threshold.map(|t| t.threshold)),
        row.definition.to_string(),
        number(row.dice),
        number(row.iou),
        number(row.precision),
        number(row.recall),
        number(row.hd95),
        number(row.nsd),
        unit.to_owned(),
        number(row.coverage),
        number(bounds.map(|bounds| bounds.lower)),
        number(bounds.map(|bounds| bounds.upper)),
        counts.known.tp.to_string(),
        counts.known.fp.to_string(),
        counts.known.fn_.to_string(),
        counts.known.tn.to_string(),
        counts.unknown_positive.to_string(),
        counts.unknown_negative.to_string(),
        counts.coverage().total.to_string(),
    ]
}
