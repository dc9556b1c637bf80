//! Several grids on the same pictures, painted differently: which supervision needs which painting.
//!
//! Every grid is a folder of `lacuna reproduce` on a data set made by `lacuna simulate`. What the painting was comes from
//! that data set's `simulation.json`; everything else must be the same in all grids, so that numbers of different grids
//! are of the same test pictures in the same repetitions. Dice is on all pixels, against complete masks.

mod error;
mod painted;
mod painting;
mod same;
mod scores;
mod table;
#[cfg(test)]
mod tests;
mod winners;

use std::path::{Path, PathBuf};

use lacuna_data::json_file::write_json;
use lacuna_data::simulate::SimulateConfig;
use lacuna_metrics::BootstrapSettings;
use lacuna_metrics::comparison::{GroupedMean, PairedDifference};
use serde::Serialize;

use super::approach::{Approach, Condition};
use super::config::{Design, ProtocolConfig};
use super::results::Over;
use crate::config::RawConfig;
use crate::evaluate::ThresholdRule;

pub use error::PatternsError;
pub use painting::{ClassShare, Painting};
pub use winners::{Entry, RuleChoice, Standing, Winners};

use painted::PaintedGrid;

const VERSION: u32 = 1;
/// What the lower end of the ratio to full supervision should reach.
pub const AIM: f64 = 0.95;
/// The threshold of the ceiling, and of the main figures.
pub const HALF: ThresholdRule = ThresholdRule::Fixed(0.5);

/// What several grids say together.
#[derive(Clone, Debug, Serialize)]
pub struct Patterns {
    /// Format version.
    pub version: u32,
    /// Version of the program.
    pub lacuna_version: String,
    /// Names of the classes, in order.
    pub classes: Vec<String>,
    /// Whether all test pictures have a group; if not, results are not grouped by patient.
    pub grouped: bool,
    /// Seed of splits, erasures and trainings of all grids.
    pub seed: u64,
    /// How the test cases of a repetition are chosen.
    pub design: Design,
    /// Share of the other cases that validate.
    pub validation: f64,
    /// The settings of all trainings.
    pub recipe: RawConfig,
    /// How intervals are drawn.
    pub bootstrap: BootstrapSettings,
    /// The grids, by pattern, then by share.
    pub grids: Vec<GridSummary>,
    /// Full supervision, by class: the ceiling, over the repetitions that any grid has it in.
    pub full: Vec<Ceiling>,
    /// Every approach in every grid.
    pub rows: Vec<PatternRow>,
    /// Which supervision wins.
    pub winners: Vec<Winners>,
    /// What a reader has to know before quoting a number.
    pub notes: Vec<String>,
}

/// One of the grids.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GridSummary {
    /// What it is called in every number.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// Folder of the data set it was made from.
    pub data: PathBuf,
    /// Hash of that data set's annotations.
    pub fingerprint: String,
    /// How the pictures were painted.
    pub painting: Painting,
    /// All settings of that painting.
    pub simulation: SimulateConfig,
    /// Finished cells.
    pub finished: usize,
    /// Cells that were begun and are not finished.
    pub unfinished: Vec<String>,
    /// Repetitions with a finished cell.
    pub repetitions: Vec<usize>,
}

/// Full supervision, of one class.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ceiling {
    /// Of which class.
    pub class: Over,
    /// Dice at threshold ½, mean over groups.
    pub dice: GroupedMean,
    /// The cells it is from.
    pub cells: Vec<String>,
}

/// An approach in a grid.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PatternRow {
    /// The grid.
    pub grid: String,
    /// Name of the painting pattern.
    pub pattern: String,
    /// Share of the pixels of all classes that was painted, 0 to 1.
    pub share: f64,
    /// How it was learnt from the annotation.
    pub approach: Approach,
    /// How much of the annotation there was.
    pub condition: Condition,
    /// How thresholds were chosen.
    pub rule: ThresholdRule,
    /// Of which class.
    pub class: Over,
    /// Dice, mean over groups.
    pub dice: GroupedMean,
    /// The cells it is from.
    pub cells: Vec<String>,
    /// Beside full supervision, in the repetitions that have both; `None` for full supervision itself.
    pub against_full: Option<AgainstFull>,
}

/// An approach beside full supervision at threshold ½.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AgainstFull {
    /// The difference and the ratio, paired by picture and repetition.
    #[serde(flatten)]
    pub difference: PairedDifference,
    /// Whether the lower end of the ratio's interval is at least [`AIM`].
    pub reaches_aim: bool,
    /// The cells of full supervision: the grid's own, else another grid's of the same repetition.
    pub full_cells: Vec<String>,
}

impl Patterns {
    /// Reads the finished cells of several grids. A grid without any is left out and noted.
    ///
    /// # Errors
    /// If a folder holds no grid, its data were not simulated or cannot be found, or the grids differ in more than their
    /// painting; if no cell is finished, or one cannot be read.
    pub fn collect(
        folders: &[PathBuf],
        bootstrap: &BootstrapSettings,
    ) -> Result<Self, PatternsError> {
        let (grids, mut notes) = painted::open_all(folders)?;
        let first = grids.first().ok_or(PatternsError::NothingFinished)?;
        notes.extend(same::check(&grids)?);
        let classes = first.record.classes.iter().map(|class| class.class.clone()).collect();
        let ProtocolConfig { seed, design, validation, recipe, .. } = first.protocol.clone();
        let scores = scores::Scores { grids: &grids, classes: &classes, bootstrap };
        Ok(Self {
            version: VERSION,
            lacuna_version: env!("CARGO_PKG_VERSION").to_owned(),
            grouped: grids.iter().all(PaintedGrid::is_grouped),
            seed,
            design,
            validation,
            recipe,
            bootstrap: *bootstrap,
            full: scores.ceilings()?,
            rows: scores.rows()?,
            winners: winners::winners(&scores)?,
            grids: grids.iter().map(PaintedGrid::summary).collect(),
            notes,
            classes,
        })
    }

    /// Writes `patterns.json` and `patterns.csv`.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn save(&self, folder: &Path) -> Result<(), PatternsError> {
        write_json(&folder.join("patterns.json"), self)?;
        table::save(self, &folder.join("patterns.csv"))
    }

    /// The grid called `name`.
    pub fn grid(&self, name: &str) -> Option<&GridSummary> {
        self.grids.iter().find(|grid| grid.name == name)
    }

    /// The number of an approach in a grid; `None` if no cell of it is finished.
    pub fn row(
        &self,
        grid: &str,
        approach: Approach,
        condition: Condition,
        rule: ThresholdRule,
        class: &Over,
    ) -> Option<&PatternRow> {
        self.rows.iter().find(|row| {
            (row.approach, row.condition, row.grid.as_str()) == (approach, condition, grid)
                && row.rule == rule
                && row.class == *class
        })
    }
}
