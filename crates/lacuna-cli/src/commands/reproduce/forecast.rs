//! What a grid will take: cells, time and disk, before anything is trained.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Result;
use lacuna_data::Dataset;
use lacuna_report::{Cell as TableCell, Column, Table};
use lacuna_train::bench::{BenchConfig, Work, measure};
use lacuna_train::checkpoint::CheckpointBytes;
use lacuna_train::protocol::{Cell, ProtocolConfig};
use lacuna_train::{Interrupt, TrainConfig};
use serde::Serialize;

use crate::cli::{KeepArg, ReproduceArgs};
use crate::error_report::InputError;

/// Steps that are timed, after one that is not.
const STEPS: usize = 2;
/// Reading, scoring and saving on top of what the network takes.
const OVERHEAD: f64 = 1.25;

/// What a grid will take.
#[derive(Debug, Serialize)]
pub(super) struct Forecast {
    /// Cells that are finished.
    finished: Vec<String>,
    /// Cells that are to be done.
    open: Vec<String>,
    /// Seconds for those, about.
    seconds: f64,
    /// Where the seconds come from.
    seconds_from: &'static str,
    /// Bytes of disk at most, about.
    disk_bytes: u64,
    /// Bytes that are free there, where the system says so.
    free_bytes: Option<u64>,
}

impl Forecast {
    /// Looks at what is there, and times a few steps where nothing is.
    pub(super) fn new(
        arguments: &ReproduceArgs,
        dataset: &Dataset,
        protocol: &ProtocolConfig,
        cells: &[Cell],
        interrupt: &Interrupt,
    ) -> Result<Self> {
        let folder = &arguments.output_dir;
        let config = protocol.recipe.clone().check()?;
        let (mut finished, mut open, mut taken) = (Vec::new(), Vec::new(), Vec::new());
        for cell in cells {
            match cell.record(folder)? {
                Some(record) => {
                    finished.push(cell.to_string());
                    taken.push(record.seconds);
                }
                None => open.push(*cell),
            }
        }
        let (each, seconds_from) = match lacuna_metrics::mean(&taken) {
            _ if open.is_empty() => (0.0, "nothing to do"),
            Some(mean) => (mean, "the cells that are finished"),
            None => (calibrate(&config, dataset, protocol, interrupt)?, "a few steps just now"),
        };
        let disk_bytes =
            weights(arguments, &config, dataset, open.len())? + derived(dataset, folder, &open)?;
        Ok(Self {
            finished,
            seconds: each * open.len() as f64,
            seconds_from,
            disk_bytes,
            free_bytes: free_bytes(folder),
            open: open.iter().map(ToString::to_string).collect(),
        })
    }

    /// In one line.
    pub(super) fn sentence(&self) -> String {
        format!(
            "{} cells to do, {} finished; about {} (from {}) and {} of disk",
            self.open.len(),
            self.finished.len(),
            duration(self.seconds),
            self.seconds_from,
            bytes(self.disk_bytes),
        )
    }

    /// Cell by cell.
    pub(super) fn table(&self) -> Table {
        let mut table =
            Table::new(self.sentence(), vec![Column::text("cell"), Column::text("state")]);
        let rows = self.finished.iter().map(|cell| (cell, "finished"));
        for (cell, state) in rows.chain(self.open.iter().map(|cell| (cell, "to do"))) {
            table.row(vec![TableCell::text(cell), TableCell::text(state)]);
        }
        if let Some(free) = self.free_bytes {
            table.note(format!("{} of disk are free", bytes(free)));
        }
        table
    }

    /// Nothing is begun that the disk has no room for.
    pub(super) fn refuse_if_short(&self) -> Result<()> {
        let Some(free) = self.free_bytes.filter(|free| *free < self.disk_bytes) else {
            return Ok(());
        };
        let message = format!(
            "the grid needs about {} of disk, and {} are free",
            bytes(self.disk_bytes),
            bytes(free)
        );
        Err(InputError::new(message)
            .with_hint(
                "keep fewer weights with `--keep none`, or write elsewhere with `--output-dir`",
            )
            .into())
    }
}

/// Seconds of one cell, from a few steps of this recipe on this machine.
fn calibrate(
    config: &TrainConfig,
    dataset: &Dataset,
    protocol: &ProtocolConfig,
    interrupt: &Interrupt,
) -> Result<f64> {
    let (fold, _) = protocol.fold(dataset, 0)?;
    let network = config.unet_config(dataset.classes().len());
    let seconds = |work, batch_size| {
        let bench = BenchConfig {
            work,
            network,
            image_size: config.image_size,
            batch_size,
            steps: STEPS,
            device: config.device.clone(),
            precision: config.precision,
        };
        measure(&bench, &mut |_, _| (), interrupt).map(|measured| measured.median_seconds)
    };
    let images = config.batch_size * config.accumulate;
    let steps = config.steps_per_epoch.unwrap_or(fold.train.len().div_ceil(images));
    let training = seconds(Work::Train, config.batch_size)? * (steps * config.accumulate) as f64;
    let scoring = seconds(Work::Infer, 1)?;
    let epoch = training + scoring * fold.validation.len() as f64;
    let scored = (fold.validation.len() + fold.test.len()) as f64 * scoring;
    Ok(OVERHEAD * (epoch * config.epochs as f64 + scored))
}

/// Bytes of checkpoints: those that stay, and those of the cells at work.
fn weights(
    arguments: &ReproduceArgs,
    config: &TrainConfig,
    dataset: &Dataset,
    cells: usize,
) -> Result<u64> {
    let CheckpointBytes { best, last } = CheckpointBytes::of(config, dataset.classes().len())?;
    let kept = match arguments.keep {
        KeepArg::All => best + last,
        KeepArg::Best => best,
        KeepArg::None => 0,
    };
    let at_work = arguments.jobs.min(cells) as u64;
    Ok(kept * cells as u64 + (best + last) * at_work)
}

/// Bytes of the data sets that are still to be made.
fn derived(dataset: &Dataset, folder: &Path, open: &[Cell]) -> Result<u64> {
    let wanted: BTreeSet<_> = open.iter().map(|cell| cell.data_folder(folder)).collect();
    let missing = wanted.into_iter().filter(|path| !path.is_dir()).count() + 1;
    let (mut annotations, mut shared) = (0, 0);
    for case in dataset.cases() {
        annotations += size_of(&dataset.annotation_folder(case))?;
        shared += size_of(&dataset.truth_folder(case))? + size_of(&dataset.image_path(case))?;
    }
    let copied = if is_same_disk(dataset.dir(), folder) { 0 } else { shared };
    Ok(missing as u64 * (annotations + copied))
}

/// Bytes of a file, or of the files of a folder.
fn size_of(path: &Path) -> Result<u64> {
    if path.is_file() {
        return Ok(fs_err::metadata(path)?.len());
    }
    if !path.is_dir() {
        return Ok(0);
    }
    let mut bytes = 0;
    for entry in fs_err::read_dir(path)? {
        bytes += entry?.metadata()?.len();
    }
    Ok(bytes)
}

/// The folder, or the nearest above it that exists.
fn existing(folder: &Path) -> Option<PathBuf> {
    let absolute = std::path::absolute(folder).ok()?;
    absolute.ancestors().find(|path| path.exists()).map(Path::to_owned)
}

#[cfg(unix)]
fn free_bytes(folder: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(&existing(folder)?).ok()?;
    Some(found.f_bavail * found.f_frsize)
}

#[cfg(not(unix))]
fn free_bytes(_: &Path) -> Option<u64> {
    None
}

/// Whether files can be linked from one folder to the other.
#[cfg(unix)]
fn is_same_disk(a: &Path, b: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let disk = |path: &Path| Some(existing(path)?.metadata().ok()?.dev());
    disk(a).is_some() && disk(a) == disk(b)
}

#[cfg(not(unix))]
fn is_same_disk(_: &Path, _: &Path) -> bool {
    false
}

fn bytes(count: u64) -> String {
    let (value, unit) = if count >= 1_000_000_000 {
        (count as f64 / 1e9, "GB")
    } else {
        (count as f64 / 1e6, "MB")
    };
    format!("{value:.1} {unit}")
}

fn duration(seconds: f64) -> String {
    let minutes = (seconds / 60.0).round();
    if seconds < 90.0 {
        format!("{seconds:.0} s")
    } else if minutes < 90.0 {
        format!("{minutes:.0} min")
    } else {
        format!("{:.1} h", seconds / 3600.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_at_a_glance() {
        let table = [(42.4, "42 s"), (600.0, "10 min"), (8100.0, "2.2 h")];
        for (seconds, expected) in table {
            assert_eq!(duration(seconds), expected);
        }
        assert_eq!((bytes(2_500_000), bytes(3_000_000_000)), ("2.5 MB".into(), "3.0 GB".into()));
    }

    #[test]
    fn a_grid_without_room_is_refused() {
        let forecast = |free_bytes| Forecast {
            finished: Vec::new(),
            open: vec!["r0/standard-original".to_owned()],
            seconds: 10.0,
            seconds_from: "a few steps just now",
            disk_bytes: 1000,
            free_bytes,
        };
        assert!(forecast(Some(1000)).refuse_if_short().is_ok());
        assert!(forecast(None).refuse_if_short().is_ok());
        assert!(forecast(Some(999)).refuse_if_short().unwrap_err().to_string().contains("free"));
    }
}
