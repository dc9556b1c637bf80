//! What the finished cells say together: means over repetitions, and paired comparisons.

mod comparisons;
mod rows;
mod table;

use std::path::Path;

use lacuna_data::Dataset;
use lacuna_data::json_file::write_json;
use lacuna_metrics::{BootstrapSettings, MeanOver};
use serde::Serialize;

use super::ProtocolError;
use super::approach::{Approach, Condition};
use super::cell::Cell;
use super::config::ProtocolConfig;
use super::derived::Erasure;
use crate::agreement::Ceiling;
use crate::evaluate::{Definition, Evaluation};

pub use comparisons::{Against, Comparison};
pub use rows::{Over, Row};

const VERSION: u32 = 1;

/// Everything a grid has found so far.
#[derive(Clone, Debug, Serialize)]
pub struct Results {
    /// Format version.
    pub version: u32,
    /// Version of the program.
    pub lacuna_version: String,
    /// Name of the data set.
    pub dataset: String,
    /// What all cells share.
    pub protocol: ProtocolConfig,
    /// Whether all cases were kept together by group; if not, results are not grouped by patient.
    pub grouped: bool,
    /// Names of the classes, in order.
    pub classes: Vec<String>,
    /// The most telling definition there is, which the tables lead with.
    pub definition: Definition,
    /// The cells that are finished.
    pub cells: Vec<CellScores>,
    /// Those that are not.
    pub missing: Vec<Cell>,
    /// Means over repetitions.
    pub rows: Vec<Row>,
    /// Paired comparisons.
    pub comparisons: Vec<Comparison>,
    /// How well two people agree, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ceiling: Option<Ceiling>,
    /// What share of each class's paint was erased in the masked condition.
    pub erased: Vec<ErasedShare>,
}

/// A finished cell.
#[derive(Clone, Debug, Serialize)]
pub struct CellScores {
    /// Which.
    #[serde(flatten)]
    pub cell: Cell,
    /// Its run folder, relative to the results.
    pub run: String,
    /// Epochs until the checkpoint that was scored.
    pub epochs: usize,
    /// Test cases.
    pub cases: usize,
    /// Seconds from its last start to its scores.
    pub seconds: f64,
    #[serde(skip)]
    pub(super) evaluation: Evaluation,
}

impl CellScores {
    /// Its scores.
    pub fn evaluation(&self) -> &Evaluation {
        &self.evaluation
    }
}

/// The share of a class's paint that was erased, over all training pictures and repetitions that have any.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ErasedShare {
    /// The class.
    pub class: String,
    /// Mean over pictures.
    pub share: MeanOver,
    /// The smallest share of a picture.
    pub min: f64,
    /// The largest.
    pub max: f64,
}

impl Results {
    /// Collects what is finished of `cells`.
    ///
    /// # Errors
    /// If a finished cell cannot be read.
    pub fn collect(
        dataset: &Dataset,
        protocol: &ProtocolConfig,
        folder: &Path,
        cells: &[Cell],
        bootstrap: &BootstrapSettings,
    ) -> Result<Self, ProtocolError> {
        let (mut finished, mut missing) = (Vec::new(), Vec::new());
        for cell in cells {
            match cell.record(folder)? {
                None => missing.push(*cell),
                Some(record) => finished.push(scores(folder, *cell, record.seconds)?),
            }
        }
        let classes = dataset.classes().names();
        let definition =
            finished.first().map_or(Definition::KnownPixels, |cell| cell.evaluation.definition());
        Ok(Self {
            version: VERSION,
            lacuna_version: env!("CARGO_PKG_VERSION").to_owned(),
            dataset: dataset.name().to_owned(),
            protocol: protocol.clone(),
            grouped: protocol.fold(dataset, 0)?.1,
            rows: rows::rows(&finished, &classes),
            comparisons: comparisons::comparisons(&finished, &classes, bootstrap)?,
            erased: erased(folder, &finished, &classes)?,
            classes,
            ceiling: None,
            definition,
            cells: finished,
            missing,
        })
    }

    /// Writes `results.json`, `results.csv` and `comparisons.csv`.
    pub fn save(&self, folder: &Path) -> Result<(), ProtocolError> {
        write_json(&folder.join("results.json"), self)?;
        table::save_rows(&self.rows, &folder.join("results.csv"))?;
        table::save_comparisons(&self.comparisons, &folder.join("comparisons.csv"))
    }

    /// The row for these; `None` if no cell of it is finished.
    pub fn row(
        &self,
        approach: Approach,
        condition: Condition,
        rule: crate::evaluate::ThresholdRule,
        definition: Definition,
        class: &Over,
    ) -> Option<&Row> {
        self.rows.iter().find(|row| {
            (row.approach, row.condition, row.definition) == (approach, condition, definition)
                && row.rule == rule
                && row.class == *class
        })
    }
}

fn scores(folder: &Path, cell: Cell, seconds: f64) -> Result<CellScores, ProtocolError> {
    let evaluation = cell.evaluation(folder)?;
    let (epochs, cases) = (evaluation.epochs, evaluation.cases);
    Ok(CellScores { cell, run: format!("cells/{cell}"), epochs, cases, seconds, evaluation })
}

/// Over the repetitions with a masked cell.
fn erased(
    folder: &Path,
    cells: &[CellScores],
    classes: &[String],
) -> Result<Vec<ErasedShare>, ProtocolError> {
    let mut erasures: Vec<Erasure> = Vec::new();
    let mut repetitions: Vec<usize> = Vec::new();
    for CellScores { cell, .. } in cells {
        if cell.condition == Condition::Masked && !repetitions.contains(&cell.repetition) {
            repetitions.push(cell.repetition);
            erasures.extend(cell.data().erasure(folder)?);
        }
    }
    let share = |(index, class): (usize, &String)| {
        let pictures = erasures.iter().flat_map(|erasure| erasure.cases.values());
        let shares: Vec<_> =
            pictures.map(|erased| erased.shares.get(index).copied().flatten()).collect();
        let defined = || shares.iter().copied().flatten();
        (defined().count() > 0).then(|| ErasedShare {
            class: class.clone(),
            share: MeanOver::of(&shares, lacuna_metrics::EmptyRule::LeaveOut),
            min: defined().fold(f64::INFINITY, f64::min),
            max: defined().fold(f64::NEG_INFINITY, f64::max),
        })
    };
    Ok(classes.iter().enumerate().filter_map(share).collect())
}
