//! The models of a data set: `models/NNNN`, a run folder for each version, and `models/current.json`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use fs_err as fs;
use lacuna_data::class::ClassSet;
use lacuna_data::json_file::{read_json, write_json};
use lacuna_train::checkpoint::Checkpoint;
use lacuna_train::observer::rfc3339;
use lacuna_train::{RunDir, Summary};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::Problem;

const VERSION: u32 = 1;

/// A trained model, as the app lists it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Model {
    pub(crate) version: u32,
    pub(crate) time: String,
    /// Pictures trained on.
    pub(crate) cases: usize,
    pub(crate) epochs: usize,
    /// On known validation pixels, per class; null where it does not exist.
    pub(crate) dice: BTreeMap<String, Option<f64>>,
    #[schema(required)]
    pub(crate) mean_dice: Option<f64>,
    pub(crate) current: bool,
}

/// Which model is shown and goes on learning.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Current {
    version: u32,
    /// Version of the model.
    current: u32,
}

/// The version that an event or an answer is about.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct ModelVersion {
    pub(crate) version: u32,
}

/// The same as a value.
pub(crate) const fn version_of(version: u32) -> ModelVersion {
    ModelVersion { version }
}

/// Whether a training can start from a checkpoint: it knows the same classes and pictures of the same size.
pub(crate) fn fits(checkpoint: &Path, classes: &ClassSet, image_size: usize) -> bool {
    let Ok(Checkpoint { info, .. }) = Checkpoint::load(checkpoint) else { return false };
    let names = info.classes.iter().map(|class| &class.name);
    names.eq(&classes.names()) && info.image_size.width == image_size
}

/// A training that was stopped before its end.
pub(crate) struct Stopped {
    pub(crate) version: u32,
    pub(crate) cases: usize,
    pub(crate) epochs: usize,
    pub(crate) steps_per_epoch: usize,
    /// Steps done.
    pub(crate) steps: u64,
}

/// The folder of models. Clones share it.
#[derive(Clone)]
pub(crate) struct Models(Arc<PathBuf>);

impl Models {
    /// The models of the data set in `folder`.
    pub(crate) fn new(folder: &Path) -> Self {
        Self(Arc::new(folder.join("models")))
    }

    /// The run folder of a version.
    pub(crate) fn run(&self, version: u32) -> PathBuf {
        self.0.join(format!("{version:04}"))
    }

    /// The version after all that were ever begun.
    pub(crate) fn next_version(&self) -> u32 {
        self.begun().last().map_or(1, |last| last + 1)
    }

    /// Where a training of that version stood when it was last saved.
    pub(crate) fn last_checkpoint(&self, version: u32) -> Option<PathBuf> {
        Some(RunDir::open(&self.run(version)).ok()?.last_checkpoint())
    }

    /// Complete models, newest first.
    pub(crate) fn list(&self) -> Vec<Model> {
        let current = self.current();
        let mut versions = self.begun();
        versions.reverse();
        versions.into_iter().filter_map(|version| self.model(version, current)).collect()
    }

    /// The version that is shown.
    pub(crate) fn current(&self) -> Option<u32> {
        let stored = read_json::<Current>(&self.current_file(), VERSION).ok().flatten();
        stored.map(|stored| stored.current).filter(|version| self.is_complete(*version))
    }

    /// Shows another version, and lets the next training start from it.
    pub(crate) fn set_current(&self, version: u32) -> Result<(), Problem> {
        if !self.is_complete(version) {
            return Err(Problem::not_found(format!("there is no model {version}")));
        }
        let current = Current { version: VERSION, current: version };
        write_json(&self.current_file(), &current).map_err(|e| Problem::failed(&e))
    }

    /// The best checkpoint of the current model.
    pub(crate) fn current_checkpoint(&self) -> Option<PathBuf> {
        let run = RunDir::open(&self.run(self.current()?)).ok()?;
        [run.best_checkpoint(), run.last_checkpoint()].into_iter().find(|path| path.exists())
    }

    /// The newest training if it was stopped before its end and left a checkpoint to go on from.
    pub(crate) fn stopped(&self) -> Option<Stopped> {
        let version = *self.begun().last()?;
        let run = RunDir::open(&self.run(version)).ok()?;
        if self.is_complete(version) || !run.last_checkpoint().exists() {
            return None;
        }
        let config = run.load_config().ok()?;
        let info = Checkpoint::load(&run.last_checkpoint()).ok()?.info;
        Some(Stopped {
            version,
            cases: info.training_cases.len(),
            epochs: config.epochs,
            steps_per_epoch: config.steps_per_epoch.unwrap_or(1),
            steps: info.progress.total_steps,
        })
    }

    /// Where the worker keeps what it counts.
    pub(crate) fn worker_file(&self) -> PathBuf {
        self.0.join("worker.json")
    }

    fn current_file(&self) -> PathBuf {
        self.0.join("current.json")
    }

    fn is_complete(&self, version: u32) -> bool {
        self.run(version).join("summary.json").exists()
    }

    /// Versions whose folder is there, ascending.
    fn begun(&self) -> Vec<u32> {
        let Ok(entries) = fs::read_dir(&*self.0) else { return Vec::new() };
        let names = entries.flatten().map(|entry| entry.file_name());
        let mut versions: Vec<u32> = names.filter_map(|name| name.to_str()?.parse().ok()).collect();
        versions.sort_unstable();
        versions
    }

    fn model(&self, version: u32, current: Option<u32>) -> Option<Model> {
        let run = RunDir::open(&self.run(version)).ok()?;
        let summary = Summary::load(&run.summary_file()).ok()?;
        let modified = fs::metadata(run.summary_file()).and_then(|file| file.modified());
        let score =
            |name: &str| summary.training.last.get(&format!("val/dice/{name}")).copied().flatten();
        let best = summary.training.best.as_ref().map(|best| best.value);
        Some(Model {
            version,
            time: rfc3339(modified.unwrap_or(SystemTime::UNIX_EPOCH)),
            cases: summary.cases.train,
            epochs: summary.training.epochs,
            dice: summary.classes.iter().map(|class| (class.clone(), score(class))).collect(),
            mean_dice: best.or_else(|| score("mean")),
            current: current == Some(version),
        })
    }
}
