//! `summary.json`: what came out of a run, without times, so that the same run gives the same bytes.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use lacuna_data::atomic_file::write_atomic_bytes;
use serde::{Deserialize, Serialize};

use crate::event::{CaseCounts, ConfigSummary, Metrics};

/// What came out of a run. Fields are written in this order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Version of this format; [`Summary::VERSION`].
    pub version: u32,
    /// Version of the program that wrote it.
    pub lacuna_version: String,
    /// The settings worth a glance.
    pub config: ConfigSummary,
    /// Fingerprint of the data set.
    pub dataset: String,
    /// Names of the classes, in order.
    pub classes: Vec<String>,
    /// How many cases each part of the split has.
    pub cases: CaseCounts,
    /// Trainable numbers in the model.
    pub parameters: usize,
    /// How the training ended.
    pub training: TrainingSummary,
    /// Results of `evaluate`, by what was evaluated, such as `test`; empty before.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub evaluations: BTreeMap<String, serde_json::Value>,
}

/// How a training ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrainingSummary {
    /// Complete epochs.
    pub epochs: usize,
    /// Optimiser steps done.
    pub steps: u64,
    /// Whether the validation metric ended it before the last epoch.
    pub early_stopped: bool,
    /// The best checkpoint, if validation could choose one.
    pub best: Option<BestEpoch>,
    /// Metrics of the last epoch, as in `metrics.csv`.
    pub last: Metrics,
    /// Mean training loss of the last epoch.
    pub train_loss: Option<f64>,
    /// Optimizer steps over the whole run that were left out because nothing was known.
    pub skipped_batches: usize,
    /// What was warned about.
    pub warnings: Vec<String>,
}

/// The epoch with the best validation metric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BestEpoch {
    /// Which epoch.
    pub epoch: usize,
    /// The metric, such as `dice`.
    pub metric: String,
    /// Its value.
    pub value: f64,
}

/// Why a summary cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SummaryError {
    /// The file cannot be read or written.
    #[error("could not use `{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file is no summary.
    #[error("`{}` is no summary of a run", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The file is of a newer version.
    #[error("`{}` has version {found}, this program reads up to {}", path.display(), Summary::VERSION)]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
}

/// What every version of the file has.
#[derive(Deserialize)]
struct VersionOnly {
    version: u32,
}

impl Summary {
    /// The version of the format that is written.
    pub const VERSION: u32 = 1;

    /// Writes the file, all of it or nothing.
    pub fn save(&self, path: &Path) -> Result<(), SummaryError> {
        let parse = |source| SummaryError::Parse { path: path.to_owned(), source };
        let mut text = serde_json::to_string_pretty(self).map_err(parse)?;
        text.push('\n');
        write_atomic_bytes(path, text.as_bytes()).map_err(io_error(path))
    }

    /// Reads the file.
    pub fn load(path: &Path) -> Result<Self, SummaryError> {
        let parse = |source| SummaryError::Parse { path: path.to_owned(), source };
        let text = std::fs::read_to_string(path).map_err(io_error(path))?;
        let VersionOnly { version } = serde_json::from_str(&text).map_err(parse)?;
        if version > Self::VERSION {
            return Err(SummaryError::Version { path: path.to_owned(), found: version });
        }
        serde_json::from_str(&text).map_err(parse)
    }
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> SummaryError {
    let path = path.to_owned();
    move |source| SummaryError::Io { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TrainEvent;
    use crate::event::tests::{examples, validation};

    fn summary() -> Summary {
        let TrainEvent::RunStarted(started) = examples().swap_remove(0) else { unreachable!() };
        let training = TrainingSummary {
            epochs: 2,
            steps: 4,
            early_stopped: false,
            best: Some(BestEpoch { epoch: 1, metric: "dice".into(), value: 0.625 }),
            last: validation(2).metrics(),
            train_loss: Some(0.375),
            skipped_batches: 2,
            warnings: vec![],
        };
        Summary {
            version: Summary::VERSION,
            lacuna_version: "0.1.0".into(),
            config: started.config,
            dataset: "abc".into(),
            classes: started.classes,
            cases: started.cases,
            parameters: started.parameters,
            training,
            evaluations: BTreeMap::new(),
        }
    }

    #[test]
    fn the_same_summary_has_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("summary.json");
        let mut summary = summary();
        summary.save(&path).unwrap();
        let first = std::fs::read(&path).unwrap();
        assert_eq!(Summary::load(&path).unwrap(), summary);
        Summary::load(&path).unwrap().save(&path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), first);
        summary.evaluations.insert("test".into(), serde_json::json!({"dice": 0.5}));
        summary.save(&path).unwrap();
        assert_eq!(Summary::load(&path).unwrap(), summary);
    }

    /// The oldest file this program must read.
    #[test]
    fn version_1_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("summary.json");
        std::fs::write(&path, include_str!("summary/version_1.json")).unwrap();
        assert_eq!(Summary::load(&path).unwrap(), summary());
    }

    #[test]
    fn files_that_are_no_summary_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("summary.json");
        let table =
            [("{}", "is no summary"), ("{\"version\": 9}", "has version 9"), ("", "is no summary")];
        for (text, expected) in table {
            std::fs::write(&path, text).unwrap();
            let error = Summary::load(&path).unwrap_err().to_string();
            assert!(error.contains("summary.json") && error.contains(expected), "{error}");
        }
    }
}
