//! The folder of a run, and who may write to it.
//!
//! ```text
//! RUN/
//! ├── run.lock              says that this is a run; locked while it is written to
//! ├── config.toml           the resolved configuration; reproduces the run
//! ├── events.jsonl          every event, with times
//! ├── metrics.csv           one row an epoch, without times
//! ├── events.out.tfevents.* for TensorBoard
//! ├── checkpoints/{best,last}.safetensors
//! ├── predictions/
//! ├── summary.json
//! ├── report.html
//! └── trace.json            where the time went, if it was asked for
//! ```

use std::fs::{File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use lacuna_data::atomic_file::write_atomic_bytes;

use crate::config::{ConfigError, RawConfig, TrainConfig};
use crate::observer::{EventLog, MetricsCsv, ObserverError, Observers, TensorBoard};

const LOCK: &str = "run.lock";
/// What the lock file holds: the version of the folder's layout.
const LAYOUT: &str = "lacuna run 1\n";
const TFEVENTS: &str = "events.out.tfevents.";
const FILES: [&str; 7] = [
    "config.toml",
    "detector.json",
    "events.jsonl",
    "metrics.csv",
    "summary.json",
    "report.html",
    "trace.json",
];
const FOLDERS: [&str; 5] =
    ["checkpoints", "evaluation", "folds", "largest-component", "predictions"];

/// A run's folder. Made by [`RunDir::create`] or [`RunDir::resume`] it is locked against other
/// trainings until it is dropped.
#[derive(Debug)]
pub struct RunDir {
    path: PathBuf,
    lock: Option<File>,
}

/// Where a resumed run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResumePoint {
    /// Complete epochs in the checkpoint.
    pub epochs: usize,
    /// Optimiser steps in the checkpoint, over the whole run.
    pub steps: u64,
}

/// Why a run's folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunDirError {
    /// The folder holds something else.
    #[error("`{}` is not empty and not the folder of a run", path.display())]
    NotARun {
        /// The folder.
        path: PathBuf,
    },
    /// The folder holds a run already.
    #[error("`{}` already holds a run", path.display())]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// There is no run to open.
    #[error("there is no run in `{}`", path.display())]
    Missing {
        /// The folder.
        path: PathBuf,
    },
    /// The run is one of a detector.
    #[error("`{}` is the run of a detector: it draws boxes, not masks", path.display())]
    OfDetector {
        /// The folder.
        path: PathBuf,
    },
    /// The run is not one of a detector.
    #[error("`{}` is not the run of a detector", path.display())]
    NoDetector {
        /// The folder.
        path: PathBuf,
    },
    /// Another program trains in this folder.
    #[error("another training is writing to `{}`", path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
    },
    /// The folder was made by a newer version.
    #[error("`{}` has a layout this version does not know: `{found}`", path.display())]
    Layout {
        /// The folder.
        path: PathBuf,
        /// What its lock file says.
        found: String,
    },
    /// A file or folder cannot be read or written.
    #[error("could not use `{}`", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl RunDirError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotARun { .. } => Some("choose a new or empty folder with `--output-dir`"),
            Self::Exists { .. } => Some(
                "go on with `--resume`, start over with `--force`, or choose another `--output-dir`",
            ),
            Self::Missing { .. } => {
                Some("a run is the folder given to `lacuna train --output-dir`")
            }
            Self::OfDetector { .. } => {
                Some("`lacuna detect train | evaluate | predict` work with it")
            }
            Self::NoDetector { .. } => {
                Some("such a run is the folder given to `lacuna detect train --output-dir`")
            }
            Self::Locked { .. } => Some("wait until it is done, or stop it first"),
            Self::Layout { .. } => Some("use the version of lacuna that made it, or a newer one"),
            Self::Io { source, .. } => match source.kind() {
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    Some("choose a folder you may write to with `--output-dir`")
                }
                io::ErrorKind::StorageFull => Some("free some space on the disk"),
                _ => None,
            },
        }
    }

    fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}

impl RunDir {
    /// A new run in a new or empty folder. With `force`, a run that is already there is removed first:
    /// only the files a run is made of, nothing else.
    pub fn create(path: &Path, force: bool) -> Result<Self, RunDirError> {
        std::fs::create_dir_all(path).map_err(RunDirError::io(path))?;
        let is_run = is_run(path);
        if !is_run && !is_empty(path)? {
            return Err(RunDirError::NotARun { path: path.to_owned() });
        }
        if is_run && !force {
            return Err(RunDirError::Exists { path: path.to_owned() });
        }
        let run = Self::locked(path)?;
        run.clear()?;
        run.make_folders()?;
        Ok(run)
    }

    /// An existing run of a network, to go on with.
    pub fn resume(path: &Path) -> Result<Self, RunDirError> {
        Self::open(path)?;
        Self::resume_any(path)
    }

    /// An existing run of a detector, to go on with.
    pub fn resume_detector(path: &Path) -> Result<Self, RunDirError> {
        Self::open_detector(path)?;
        Self::resume_any(path)
    }

    fn resume_any(path: &Path) -> Result<Self, RunDirError> {
        let run = Self::locked(path)?;
        run.remove_matching(is_temporary)?;
        run.make_folders()?;
        Ok(run)
    }

    /// An existing run of a network, to read from.
    pub fn open(path: &Path) -> Result<Self, RunDirError> {
        let run = Self::open_any(path)?;
        if run.detector_file().is_file() {
            return Err(RunDirError::OfDetector { path: path.to_owned() });
        }
        Ok(run)
    }

    /// An existing run of a detector, to read from.
    pub fn open_detector(path: &Path) -> Result<Self, RunDirError> {
        let run = Self::open_any(path)?;
        if !run.detector_file().is_file() {
            return Err(RunDirError::NoDetector { path: path.to_owned() });
        }
        Ok(run)
    }

    fn open_any(path: &Path) -> Result<Self, RunDirError> {
        if !is_run(path) {
            return Err(RunDirError::Missing { path: path.to_owned() });
        }
        Ok(Self { path: path.to_owned(), lock: None })
    }

    fn locked(path: &Path) -> Result<Self, RunDirError> {
        let file = path.join(LOCK);
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        let mut lock = options.open(&file).map_err(RunDirError::io(&file))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(RunDirError::Locked { path: path.to_owned() });
            }
            // Some network file systems have no locks; a run there is not protected.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => return Err(RunDirError::io(&file)(error)),
        }
        check_layout(&mut lock, path)?;
        Ok(Self { path: path.to_owned(), lock: Some(lock) })
    }

    /// Removes what an earlier run left.
    fn clear(&self) -> Result<(), RunDirError> {
        for name in FOLDERS {
            let path = self.path.join(name);
            if path.is_dir() {
                std::fs::remove_dir_all(&path).map_err(RunDirError::io(&path))?;
            }
        }
        self.remove_matching(|name| {
            FILES.contains(&name) || name.starts_with(TFEVENTS) || is_temporary(name)
        })
    }

    /// Removes the files of the folder, and the temporary ones of its checkpoints, whose name matches.
    fn remove_matching(&self, matches: impl Fn(&str) -> bool) -> Result<(), RunDirError> {
        for folder in [self.path.clone(), self.checkpoints_dir()] {
            if !folder.is_dir() {
                continue;
            }
            for entry in std::fs::read_dir(&folder).map_err(RunDirError::io(&folder))? {
                let path = entry.map_err(RunDirError::io(&folder))?.path();
                let name = path.file_name().and_then(|name| name.to_str());
                if path.is_file() && name.is_some_and(&matches) {
                    std::fs::remove_file(&path).map_err(RunDirError::io(&path))?;
                }
            }
        }
        Ok(())
    }

    fn make_folders(&self) -> Result<(), RunDirError> {
        let path = self.checkpoints_dir();
        std::fs::create_dir_all(&path).map_err(RunDirError::io(&path))
    }

    /// The observers that write the files of this folder: event log, metrics and TensorBoard.
    pub fn observers(&self, resume: Option<ResumePoint>) -> Result<Observers, ObserverError> {
        let (events, metrics) = (self.events_file(), self.metrics_file());
        let observers = Observers::new();
        Ok(match resume {
            None => observers
                .with(EventLog::create(&events)?)
                .with(MetricsCsv::create(&metrics))
                .with(TensorBoard::create(&self.path)?),
            Some(point) => observers
                .with(EventLog::resume(&events)?)
                .with(MetricsCsv::resume(&metrics, point.epochs)?)
                .with(TensorBoard::resume(&self.path, point.steps + 1)?),
        })
    }

    /// Writes the resolved configuration.
    pub fn save_config(&self, config: &TrainConfig) -> Result<(), RunConfigError> {
        let path = self.config_file();
        let text = config.to_toml()?;
        Ok(write_atomic_bytes(&path, text.as_bytes()).map_err(RunDirError::io(&path))?)
    }

    /// Reads the configuration the run was started with.
    pub fn load_config(&self) -> Result<TrainConfig, ConfigError> {
        RawConfig::read(&self.config_file())?.check()
    }

    /// Whether this process may write here.
    pub fn is_locked(&self) -> bool {
        self.lock.is_some()
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder's own name.
    pub fn name(&self) -> String {
        let absolute = std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone());
        absolute.file_name().map_or("run".into(), |name| name.to_string_lossy().into_owned())
    }

    /// `config.toml`
    pub fn config_file(&self) -> PathBuf {
        self.path.join("config.toml")
    }

    /// `detector.json`: only runs of detectors have it.
    pub fn detector_file(&self) -> PathBuf {
        self.path.join("detector.json")
    }

    /// `events.jsonl`
    pub fn events_file(&self) -> PathBuf {
        self.path.join("events.jsonl")
    }

    /// `metrics.csv`
    pub fn metrics_file(&self) -> PathBuf {
        self.path.join("metrics.csv")
    }

    /// `checkpoints/`
    pub fn checkpoints_dir(&self) -> PathBuf {
        self.path.join("checkpoints")
    }

    /// `checkpoints/best.safetensors`
    pub fn best_checkpoint(&self) -> PathBuf {
        self.checkpoints_dir().join("best.safetensors")
    }

    /// `checkpoints/last.safetensors`
    pub fn last_checkpoint(&self) -> PathBuf {
        self.checkpoints_dir().join("last.safetensors")
    }

    /// `predictions/`; made by who writes there first.
    pub fn predictions_dir(&self) -> PathBuf {
        self.path.join("predictions")
    }

    /// `summary.json`
    pub fn summary_file(&self) -> PathBuf {
        self.path.join("summary.json")
    }

    /// `report.html`
    pub fn report_file(&self) -> PathBuf {
        self.path.join("report.html")
    }

    /// `trace.json`: where the time of the last profiled training went.
    pub fn trace_file(&self) -> PathBuf {
        self.path.join("trace.json")
    }
}

/// Why the configuration of a run could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunConfigError {
    /// It cannot be written as TOML.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The file cannot be written.
    #[error(transparent)]
    Folder(#[from] RunDirError),
}

/// The lock file of a new run is empty; that of an old one says how its folder is laid out.
fn check_layout(lock: &mut File, folder: &Path) -> Result<(), RunDirError> {
    let path = folder.join(LOCK);
    let mut found = String::new();
    // A layout is a short line; anything longer is none.
    let read = lock.take(64).read_to_string(&mut found);
    match read {
        Ok(0) => lock.write_all(LAYOUT.as_bytes()).map_err(RunDirError::io(&path)),
        Ok(_) if found == LAYOUT => Ok(()),
        Ok(_) => {
            Err(RunDirError::Layout { path: folder.to_owned(), found: found.trim_end().to_owned() })
        }
        Err(error) => Err(RunDirError::io(&path)(error)),
    }
}

fn is_run(path: &Path) -> bool {
    path.join(LOCK).is_file()
        || path.join("config.toml").is_file() && path.join("checkpoints").is_dir()
}

fn is_empty(path: &Path) -> Result<bool, RunDirError> {
    let mut entries = std::fs::read_dir(path).map_err(RunDirError::io(path))?;
    Ok(entries.next().is_none())
}

/// Whether it is a temporary file of an atomic write that was killed.
fn is_temporary(name: &str) -> bool {
    name.starts_with(".lacuna-") && Path::new(name).extension().is_some_and(|e| e == "tmp")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::tests::examples;
    use crate::observer::{Observer, read_events};

    fn kind(result: &Result<RunDir, RunDirError>) -> &'static str {
        match result {
            Ok(_) => "ok",
            Err(RunDirError::NotARun { .. }) => "not a run",
            Err(RunDirError::Exists { .. }) => "exists",
            Err(RunDirError::Missing { .. }) => "missing",
            Err(RunDirError::Locked { .. }) => "locked",
            Err(RunDirError::OfDetector { .. }) => "of a detector",
            Err(RunDirError::NoDetector { .. }) => "no detector",
            Err(RunDirError::Layout { .. }) => "layout",
            Err(RunDirError::Io { .. }) => "io",
        }
    }

    #[test]
    fn a_folder_is_never_overwritten_unasked() {
        let folder = tempfile::tempdir().unwrap();
        let path = &folder.path().join("new/run");
        assert_eq!(kind(&RunDir::open(path)), "missing");
        assert_eq!(kind(&RunDir::resume(path)), "missing");
        let run = RunDir::create(path, false).unwrap();
        assert_eq!(run.name(), "run");
        // Two trainings never share a folder; readers do not mind.
        assert_eq!(kind(&RunDir::resume(path)), "locked");
        assert_eq!(kind(&RunDir::create(path, true)), "locked");
        assert_eq!(kind(&RunDir::open(path)), "ok");
        drop(run);
        assert_eq!(kind(&RunDir::create(path, false)), "exists");
        assert_eq!(kind(&RunDir::resume(path)), "ok");
        assert_eq!(kind(&RunDir::create(path, true)), "ok");
        std::fs::write(path.join(LOCK), "lacuna run 2\n").unwrap();
        assert_eq!(kind(&RunDir::resume(path)), "layout");
        let photos = &folder.path().join("photos");
        std::fs::create_dir(photos).unwrap();
        std::fs::write(photos.join("a.jpg"), "x").unwrap();
        assert_eq!(kind(&RunDir::create(photos, false)), "not a run");
        assert_eq!(kind(&RunDir::create(photos, true)), "not a run");
        assert_eq!(kind(&RunDir::create(&photos.join("a.jpg"), false)), "io");
    }

    #[test]
    fn runs_of_networks_and_detectors_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let detector_file = RunDir::create(path, false).unwrap().detector_file();
        assert_eq!(kind(&RunDir::open_detector(path)), "no detector");
        assert_eq!(kind(&RunDir::resume_detector(path)), "no detector");
        std::fs::write(detector_file, "{}").unwrap();
        assert_eq!(kind(&RunDir::open(path)), "of a detector");
        assert_eq!(kind(&RunDir::resume(path)), "of a detector");
        assert_eq!(kind(&RunDir::open_detector(path)), "ok");
        assert_eq!(kind(&RunDir::resume_detector(path)), "ok");
    }

    #[test]
    fn force_removes_the_run_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunDir::create(folder.path(), false).unwrap();
        run.observers(None).unwrap();
        std::fs::write(run.last_checkpoint(), "x").unwrap();
        std::fs::write(run.path().join("notes.txt"), "mine").unwrap();
        drop(run);
        RunDir::create(folder.path(), true).unwrap();
        let mut names: Vec<_> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["checkpoints", "notes.txt", "run.lock"]);
        assert_eq!(std::fs::read_dir(folder.path().join("checkpoints")).unwrap().count(), 0);
    }

    #[test]
    fn a_killed_write_leaves_no_trace_after_a_resume() {
        let folder = tempfile::tempdir().unwrap();
        drop(RunDir::create(folder.path(), false).unwrap());
        let left = folder.path().join("checkpoints/.lacuna-1-2-3.tmp");
        std::fs::write(&left, "half").unwrap();
        RunDir::resume(folder.path()).unwrap();
        assert!(!left.exists());
    }

    #[test]
    fn a_resumed_run_goes_on_with_its_files() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunDir::create(folder.path(), false).unwrap();
        let config = RawConfig::parse("preset = \"quick\"").unwrap().check().unwrap();
        run.save_config(&config).unwrap();
        assert_eq!(run.load_config().unwrap(), config);
        let watch = |resume| {
            let mut observers = run.observers(resume).unwrap();
            for event in examples() {
                observers.on(&event).unwrap();
            }
            std::fs::read(run.metrics_file()).unwrap()
        };
        let metrics = watch(None);
        assert_eq!(watch(Some(ResumePoint { epochs: 0, steps: 0 })), metrics);
        assert_eq!(read_events(&run.events_file()).unwrap().len(), 2 * examples().len());
        let boards = std::fs::read_dir(folder.path()).unwrap().filter(|entry| {
            entry.as_ref().unwrap().file_name().to_string_lossy().starts_with(TFEVENTS)
        });
        assert_eq!(boards.count(), 2);
    }

    #[test]
    fn every_error_a_user_can_cause_has_a_hint() {
        let path = PathBuf::from("run");
        let errors = [
            RunDirError::NotARun { path: path.clone() },
            RunDirError::Exists { path: path.clone() },
            RunDirError::Missing { path: path.clone() },
            RunDirError::Locked { path: path.clone() },
            RunDirError::Io { path, source: io::ErrorKind::PermissionDenied.into() },
        ];
        for error in errors {
            assert!(error.hint().is_some() && error.to_string().contains("`run`"), "{error}");
        }
    }
}
