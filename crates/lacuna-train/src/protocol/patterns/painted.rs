//! A grid and how its pictures were painted.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use lacuna_data::Dataset;
use lacuna_data::simulate::SimulationRecord;

use super::{GridSummary, Painting, PatternsError};
use crate::evaluate::{Definition, Evaluation};
use crate::protocol::cell::Cell;
use crate::protocol::config::ProtocolConfig;
use crate::protocol::derived::DerivedData;

/// A grid with its finished cells.
pub(super) struct PaintedGrid {
    pub(super) name: String,
    pub(super) folder: PathBuf,
    pub(super) protocol: ProtocolConfig,
    pub(super) record: SimulationRecord,
    pub(super) painting: Painting,
    pub(super) finished: BTreeMap<Cell, Evaluation>,
    unfinished: Vec<Cell>,
}

/// All grids with a finished cell, by pattern and share, and a note of each without.
pub(super) fn open_all(
    folders: &[PathBuf],
) -> Result<(Vec<PaintedGrid>, Vec<String>), PatternsError> {
    let mut grids = Vec::new();
    for (folder, name) in folders.iter().zip(names(folders)) {
        grids.push(PaintedGrid::open(folder, name)?);
    }
    let (mut grids, empty): (Vec<_>, Vec<_>) =
        grids.into_iter().partition(|grid| !grid.finished.is_empty());
    grids.sort_by(|a, b| {
        let key = |grid: &PaintedGrid| (grid.painting.pattern, grid.painting.name.clone());
        key(a).cmp(&key(b)).then(a.painting.share.total_cmp(&b.painting.share))
    });
    let note = |grid: &PaintedGrid| {
        format!(
            "Grid `{}` ({}) has no finished cell and is left out.",
            grid.name,
            grid.painting.label()
        )
    };
    let notes = empty.iter().map(note).collect();
    Ok((grids, notes))
}

/// The last part of each path, or all of it where two end the same.
fn names(folders: &[PathBuf]) -> Vec<String> {
    let last = |folder: &Path| folder.file_name().map(|name| name.to_string_lossy().into_owned());
    let short: Vec<_> = folders.iter().map(|folder| last(folder)).collect();
    let is_unique =
        |name: &Option<String>| short.iter().filter(|other| *other == name).count() == 1;
    let name = |(folder, short): (&PathBuf, &Option<String>)| match short {
        Some(name) if is_unique(&Some(name.clone())) => name.clone(),
        _ => folder.display().to_string(),
    };
    folders.iter().zip(&short).map(name).collect()
}

impl PaintedGrid {
    fn open(folder: &Path, name: String) -> Result<Self, PatternsError> {
        let protocol = ProtocolConfig::read(folder)?
            .ok_or_else(|| PatternsError::NoGrid { folder: folder.to_owned() })?;
        let record = record(folder, &protocol)?;
        let (mut finished, mut unfinished) = (BTreeMap::new(), Vec::new());
        for cell in Cell::begun(folder)? {
            if cell.record(folder)?.is_none() {
                unfinished.push(cell);
                continue;
            }
            let evaluation = cell.evaluation(folder)?;
            if evaluation.definition() != Definition::AllPixels {
                return Err(PatternsError::NotAllPixels { cell: cell.run_folder(folder) });
            }
            finished.insert(cell, evaluation);
        }
        let (folder, painting) = (folder.to_owned(), Painting::new(&record));
        Ok(Self { name, folder, protocol, record, painting, finished, unfinished })
    }

    /// Its cells, finished or not.
    pub(super) fn begun(&self) -> impl Iterator<Item = &Cell> {
        self.finished.keys().chain(&self.unfinished)
    }

    /// Repetitions with a finished cell.
    pub(super) fn repetitions(&self) -> BTreeSet<usize> {
        self.finished.keys().map(|cell| cell.repetition).collect()
    }

    /// Where a cell of it lies, as reports name it.
    pub(super) fn path(&self, cell: Cell) -> String {
        format!("{}/cells/{cell}", self.name)
    }

    /// Whether all test pictures have a group.
    pub(super) fn is_grouped(&self) -> bool {
        let cases = self.finished.values().filter_map(|e| e.results.first());
        cases.flat_map(|result| &result.metric_per_case).all(|case| case.group.is_some())
    }

    pub(super) fn summary(&self) -> GridSummary {
        GridSummary {
            name: self.name.clone(),
            folder: self.folder.clone(),
            data: self.protocol.data.clone(),
            fingerprint: self.protocol.fingerprint.clone(),
            painting: self.painting.clone(),
            simulation: self.record.config.clone(),
            finished: self.finished.len(),
            unfinished: self.unfinished.iter().map(|cell| self.path(*cell)).collect(),
            repetitions: self.repetitions().into_iter().collect(),
        }
    }
}

/// The record of the painting: the grid's own copy, else that of the data set where the grid found it.
fn record(folder: &Path, protocol: &ProtocolConfig) -> Result<SimulationRecord, PatternsError> {
    if let Some(copy) = SimulationRecord::load(&DerivedData::PAINTED.folder(folder))? {
        return Ok(copy);
    }
    let (folder, data) = (folder.to_owned(), protocol.data.clone());
    if !data.is_dir() {
        return Err(PatternsError::Moved { folder, data });
    }
    let Some(record) = SimulationRecord::load(&data)? else {
        return Err(PatternsError::NotSimulated { folder, data });
    };
    if Dataset::open(&data)?.fingerprint()? != protocol.fingerprint {
        return Err(PatternsError::Changed { folder, data });
    }
    Ok(record)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_where_they_can_be() {
        let folders = ["g/core", "g/nearest", "old/core"].map(PathBuf::from);
        assert_eq!(names(&folders), ["g/core", "nearest", "old/core"]);
    }
}
