//! One training of the grid.

use std::path::{Path, PathBuf};

use lacuna_data::json_file::{read_json, write_json};
use serde::{Deserialize, Serialize};

use super::ProtocolError;
use super::approach::{Approach, Condition};
use super::config::ProtocolConfig;
use super::derived::DerivedData;
use crate::config::TrainConfig;
use crate::evaluate::Evaluation;
use crate::run_dir::RunDir;

const VERSION: u32 = 1;

/// One training of the grid: an approach, on what is left of the annotation, in one repetition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Cell {
    /// The repetition, from 0: seed, split and erased areas.
    pub repetition: usize,
    /// How much of the annotation is there.
    pub condition: Condition,
    /// How it is learnt from.
    pub approach: Approach,
}

/// What a finished cell says beside its scores.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellRecord {
    /// Format version.
    pub version: u32,
    /// Which cell.
    #[serde(flatten)]
    pub cell: Cell,
    /// Seconds from its start to its scores, over all attempts since the last interruption.
    pub seconds: f64,
}

impl CellRecord {
    pub(super) fn new(cell: Cell, seconds: f64) -> Self {
        Self { version: VERSION, cell, seconds }
    }
}

impl std::fmt::Display for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "r{}/{}-{}", self.repetition, self.approach, self.condition)
    }
}

impl Cell {
    /// The grid's cells, repetition by repetition: a grid that is stopped early has complete repetitions.
    ///
    /// Complete masks have no masked condition.
    pub fn grid(
        approaches: &[Approach],
        conditions: &[Condition],
        repetitions: usize,
    ) -> Vec<Self> {
        let mut cells = Vec::new();
        for repetition in 0..repetitions {
            for condition in Condition::ALL.into_iter().filter(|c| conditions.contains(c)) {
                for approach in Approach::ALL.into_iter().filter(|a| approaches.contains(a)) {
                    if approach != Approach::Full || condition == Condition::Original {
                        cells.push(Self { repetition, condition, approach });
                    }
                }
            }
        }
        cells
    }

    /// The cells that were begun in `folder`, finished or not, in the order of the grid.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn begun(folder: &Path) -> Result<Vec<Self>, ProtocolError> {
        let cells = folder.join("cells");
        if !cells.is_dir() {
            return Ok(Vec::new());
        }
        let io = |source| ProtocolError::io(&cells, source);
        let mut repetitions = Vec::new();
        for entry in std::fs::read_dir(&cells).map_err(io)? {
            let name = entry.map_err(io)?.file_name();
            let number: Option<usize> =
                name.to_str().and_then(|name| name.strip_prefix('r')?.parse().ok());
            repetitions.extend(number);
        }
        repetitions.sort_unstable();
        let of = |repetition: usize| {
            let cells = Self::grid(&Approach::ALL, &Condition::ALL, 1).into_iter();
            cells.map(move |cell| Self { repetition, ..cell })
        };
        let all = repetitions.into_iter().flat_map(of);
        Ok(all.filter(|cell| cell.run_folder(folder).is_dir()).collect())
    }

    /// The folder of its run.
    pub fn run_folder(&self, folder: &Path) -> PathBuf {
        folder.join("cells").join(self.to_string())
    }

    /// Which annotations it learns from.
    pub(super) fn data(&self) -> DerivedData {
        let masked = (self.condition == Condition::Masked).then_some(self.repetition);
        DerivedData { source: self.approach.source(), masked }
    }

    /// The data set it learns from.
    pub fn data_folder(&self, folder: &Path) -> PathBuf {
        self.data().folder(folder)
    }

    /// Name of its split.
    pub(super) fn split(&self) -> String {
        format!("repetition-{}", self.repetition)
    }

    /// How it is trained.
    pub(super) fn train_config(
        &self,
        protocol: &ProtocolConfig,
        data: &Path,
    ) -> Result<TrainConfig, ProtocolError> {
        let mut raw = protocol.recipe.clone();
        raw.data = Some(data.to_owned());
        raw.split = Some(self.split());
        raw.policy = Some(self.approach.policy().to_string());
        let seed = protocol.seed + self.repetition as u64;
        raw.seed = Some(i64::try_from(seed).unwrap_or(i64::MAX));
        if self.approach.starts_from_scratch() {
            raw.encoder_weights = Some("none".into());
            raw.pretrained_weights = None;
        }
        Ok(raw.check()?)
    }

    /// Where its scores lie.
    pub(super) fn evaluation_folder(&self, folder: &Path) -> PathBuf {
        self.run_folder(folder).join("evaluation").join("test")
    }

    fn record_file(&self, folder: &Path) -> PathBuf {
        self.evaluation_folder(folder).join("cell.json")
    }

    /// Says that the cell is finished; written when all its scores are.
    pub(super) fn save_record(&self, folder: &Path, seconds: f64) -> Result<(), ProtocolError> {
        Ok(write_json(&self.record_file(folder), &CellRecord::new(*self, seconds))?)
    }

    /// What the cell says of itself; `None` while it is not finished.
    pub fn record(&self, folder: &Path) -> Result<Option<CellRecord>, ProtocolError> {
        Ok(read_json(&self.record_file(folder), VERSION)?)
    }

    /// The scores of a finished cell.
    pub fn evaluation(&self, folder: &Path) -> Result<Evaluation, ProtocolError> {
        Ok(Evaluation::load(&self.evaluation_folder(folder).join("summary.json"))?)
    }

    /// The run folder of a cell that was begun.
    pub fn run(&self, folder: &Path) -> Result<RunDir, ProtocolError> {
        Ok(RunDir::open(&self.run_folder(folder))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_goes_through_a_repetition_before_the_next() {
        let approaches = [Approach::FusionBox, Approach::Full];
        let cells = Cell::grid(&approaches, &Condition::ALL, 2);
        let names: Vec<_> = cells.iter().map(ToString::to_string).collect();
        let repetition = ["full-original", "fusion+box-original", "fusion+box-masked"];
        let expected: Vec<_> =
            (0..2).flat_map(|r| repetition.map(|name| format!("r{r}/{name}"))).collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn cells_are_found_where_they_were_begun() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Cell::begun(folder.path()).unwrap(), []);
        for name in
            ["r10/fusion-original", "r2/standard-masked", "r2/full-original", "r2/unknown", "x"]
        {
            std::fs::create_dir_all(folder.path().join("cells").join(name)).unwrap();
        }
        let found = Cell::begun(folder.path()).unwrap();
        let names: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert_eq!(names, ["r2/full-original", "r2/standard-masked", "r10/fusion-original"]);
    }
}
