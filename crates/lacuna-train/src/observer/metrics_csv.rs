//! `metrics.csv`: one row an epoch, without times, so that a resumed run leaves the same bytes.
//!
//! The file is small and rewritten whole, in one step, after every epoch; a crash leaves the rows
//! before. Rows come from the checkpoint on a resume: those of epochs that are done again are dropped.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lacuna_data::atomic_file::write_atomic_bytes;

use super::{Observer, ObserverError};
use crate::event::{EpochFinished, TrainEvent};

const FIXED: [&str; 4] = ["epoch", "train_loss", "lr", "skipped_batches"];

/// Writes a row an epoch.
#[derive(Debug)]
pub struct MetricsCsv {
    path: PathBuf,
    /// Per epoch the fixed cells, and the others by column.
    rows: BTreeMap<usize, Row>,
}

#[derive(Debug, Default)]
struct Row {
    fixed: Vec<String>,
    metrics: BTreeMap<String, String>,
}

impl MetricsCsv {
    /// A table without rows; an old file of that name is lost with the first row.
    pub fn create(path: &Path) -> Self {
        Self { path: path.to_owned(), rows: BTreeMap::new() }
    }

    /// Goes on with a table after that many complete epochs.
    pub fn resume(path: &Path, completed_epochs: usize) -> Result<Self, ObserverError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(ObserverError::read(path)(error)),
        };
        let mut rows = parse(path, &text)?;
        rows.retain(|epoch, _| *epoch <= completed_epochs);
        Ok(Self { path: path.to_owned(), rows })
    }

    fn columns(&self) -> Vec<&str> {
        let mut columns: Vec<_> =
            self.rows.values().flat_map(|row| row.metrics.keys()).map(String::as_str).collect();
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    fn text(&self) -> String {
        let columns = self.columns();
        let header = FIXED.iter().chain(&columns).map(|name| quoted(name));
        let mut text = header.collect::<Vec<_>>().join(",") + "\n";
        for row in self.rows.values() {
            let cell = |name: &&str| row.metrics.get(*name).cloned().unwrap_or_default();
            let cells = row.fixed.iter().cloned().chain(columns.iter().map(cell));
            text.push_str(&cells.collect::<Vec<_>>().join(","));
            text.push('\n');
        }
        text
    }
}

impl Row {
    fn of(epoch: &EpochFinished) -> Self {
        let fixed = vec![
            epoch.epoch.to_string(),
            number(epoch.train_loss),
            number(Some(epoch.lr)),
            epoch.skipped_batches.to_string(),
        ];
        let metrics = epoch.metrics.iter().map(|(name, value)| (name.clone(), number(*value)));
        Self { fixed, metrics: metrics.collect() }
    }
}

impl Observer for MetricsCsv {
    fn on(&mut self, event: &TrainEvent) -> Result<(), ObserverError> {
        let TrainEvent::EpochFinished(epoch) = event else { return Ok(()) };
        self.rows.insert(epoch.epoch, Row::of(epoch));
        write_atomic_bytes(&self.path, self.text().as_bytes())
            .map_err(ObserverError::write(&self.path))
    }
}

/// The shortest text that reads back as the same number; nothing for no number.
fn number(value: Option<f64>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// RFC 4180: quotes around a cell with a comma, quote or line break; class names may have them.
fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

fn parse(path: &Path, text: &str) -> Result<BTreeMap<usize, Row>, ObserverError> {
    let malformed = |line: usize, reason: &str| ObserverError::Malformed {
        path: path.to_owned(),
        line,
        reason: reason.to_owned(),
    };
    let mut records = records(text).into_iter().enumerate();
    let Some((_, header)) = records.next() else { return Ok(BTreeMap::new()) };
    if header.len() < FIXED.len() || header.iter().zip(FIXED).any(|(found, name)| found != name) {
        return Err(malformed(1, "this is no table of metrics"));
    }
    let mut rows = BTreeMap::new();
    for (index, cells) in records {
        if cells.len() != header.len() {
            let reason = format!("{} cells instead of {}", cells.len(), header.len());
            return Err(malformed(index + 1, &reason));
        }
        let epoch =
            cells[0].parse().map_err(|_| malformed(index + 1, "the epoch is no whole number"))?;
        let metrics = header.iter().cloned().zip(cells.iter().cloned()).skip(FIXED.len());
        let row = Row { fixed: cells[..FIXED.len()].to_vec(), metrics: metrics.collect() };
        rows.insert(epoch, row);
    }
    Ok(rows)
}

/// The records of an RFC 4180 text.
fn records(text: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut inside_quotes = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if inside_quotes && characters.peek() == Some(&'"') => {
                characters.next();
                cell.push('"');
            }
            '"' => inside_quotes = !inside_quotes,
            ',' if !inside_quotes => record.push(std::mem::take(&mut cell)),
            '\r' if !inside_quotes => {}
            '\n' if !inside_quotes => {
                record.push(std::mem::take(&mut cell));
                records.push(std::mem::take(&mut record));
            }
            _ => cell.push(character),
        }
    }
    if !cell.is_empty() || !record.is_empty() {
        record.push(cell);
        records.push(record);
    }
    records
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Metrics;
    use crate::event::tests::epoch_finished;

    fn run(csv: &mut MetricsCsv, epochs: std::ops::RangeInclusive<usize>) {
        epochs.for_each(|epoch| csv.on(&epoch_finished(epoch)).unwrap());
    }

    #[test]
    fn a_resumed_run_leaves_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.csv");
        run(&mut MetricsCsv::create(&path), 1..=5);
        let whole = std::fs::read_to_string(&path).unwrap();
        assert_eq!(
            whole.lines().take(3).collect::<Vec<_>>(),
            [
                "epoch,train_loss,lr,skipped_batches,val/coverage,val/dice/gum,val/dice/mean,val/dice/teeth",
                "1,0.75,0.01,1,0.375,0.625,0.625,",
                "2,0.375,0.01,1,0.375,0.625,0.625,",
            ]
        );
        // Whatever was written after the checkpoint is written again.
        for (killed_after, checkpoint) in [(5, 0), (4, 2), (3, 3), (2, 1)] {
            std::fs::remove_file(&path).unwrap();
            run(&mut MetricsCsv::create(&path), 1..=killed_after);
            run(&mut MetricsCsv::resume(&path, checkpoint).unwrap(), checkpoint + 1..=5);
            assert_eq!(std::fs::read_to_string(&path).unwrap(), whole);
        }
        std::fs::remove_file(&path).unwrap();
        run(&mut MetricsCsv::resume(&path, 0).unwrap(), 1..=5);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), whole, "a missing file is made");
    }

    #[test]
    fn class_names_with_commas_and_quotes_survive() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.csv");
        let TrainEvent::EpochFinished(mut epoch) = epoch_finished(1) else { unreachable!() };
        let name = "val/dice/gum, \"attached\"\nor free";
        epoch.metrics = Metrics::from([(name.to_owned(), Some(0.1))]);
        MetricsCsv::create(&path).on(&TrainEvent::EpochFinished(epoch)).unwrap();
        let resumed = MetricsCsv::resume(&path, 1).unwrap();
        assert_eq!(resumed.columns(), [name]);
        assert_eq!(resumed.text(), std::fs::read_to_string(&path).unwrap());
    }

    #[test]
    fn a_table_changed_by_hand_is_an_error_that_names_the_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.csv");
        let header = "epoch,train_loss,lr,skipped_batches";
        let table = [
            ("a,b\n1,2\n".to_owned(), "line 1"),
            (format!("{header}\n1,0.5,0.1\n"), "line 2: 3 cells instead of 4"),
            (format!("{header}\n1,0.5,0.1,0\nx,0.5,0.1,0\n"), "line 3"),
        ];
        for (text, expected) in table {
            std::fs::write(&path, text).unwrap();
            let error = MetricsCsv::resume(&path, 9).unwrap_err().to_string();
            assert!(error.contains(expected) && error.contains("metrics.csv"), "{error}");
        }
    }
}
