//! Working through the cells: several at a time, resumable, one failure never takes the others along.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use lacuna_data::Dataset;
use lacuna_data::dataset::split::Fold;

use super::cell::Cell;
use super::config::ProtocolConfig;
use super::derived::{self, DerivedData};
use super::{ProtocolError, predicted};
use crate::cases::Cases;
use crate::config::Preset;
use crate::evaluate::{
    EvaluateError, EvaluateOptions, Evaluation, ScoredAt, ThresholdRule, choose_thresholds,
    evaluate,
};
use crate::event::TrainEvent;
use crate::interrupt::Interrupt;
use crate::predict::{PredictOptions, Predictor};
use crate::run_dir::{RunDir, RunDirError};
use crate::trainer::Outcome;
use crate::training::{self, Changes, Finished, TrainingError};

/// The thresholds at which every cell is scored.
pub const RULES: [ThresholdRule; 3] =
    [ThresholdRule::Fixed(0.5), ThresholdRule::ElkanNoto, ThresholdRule::Validation];

/// Which weights stay when a cell is finished.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// All checkpoints.
    All,
    /// The one that was scored.
    #[default]
    Best,
    /// None: the scores and pictures are all that is left.
    None,
}

/// What happens in a grid; told from several threads.
#[derive(Clone, Debug)]
pub enum GridEvent<'a> {
    /// A data set is being made.
    Making(&'a Path),
    /// A cell begins, or goes on from a checkpoint.
    Started(Cell),
    /// What its training tells.
    Training(Cell, &'a TrainEvent),
    /// A cell is finished.
    Finished(Cell, &'a Evaluation),
    /// A cell failed.
    Failed(Cell, &'a ProtocolError),
    /// Another program is at work on the cell.
    Elsewhere(Cell),
}

/// Who watches a grid.
pub type GridObserver = Arc<dyn Fn(&GridEvent<'_>) + Send + Sync>;

/// What came of the cells that were to be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GridOutcome {
    /// Finished now.
    pub finished: Vec<Cell>,
    /// Failed; they are tried again when the grid is.
    pub failed: BTreeMap<Cell, String>,
    /// Left to another program.
    pub elsewhere: Vec<Cell>,
    /// Whether it was stopped before all were done.
    pub interrupted: bool,
}

/// A protocol in its folder, ready to be worked through.
pub struct Grid {
    source: Dataset,
    protocol: ProtocolConfig,
    folder: PathBuf,
    keep: Keep,
    observer: GridObserver,
    interrupt: Interrupt,
}

impl Grid {
    /// A grid in `folder`, which must hold the same protocol or none.
    ///
    /// # Errors
    /// If it holds another one.
    pub fn new(
        source: Dataset,
        protocol: ProtocolConfig,
        folder: &Path,
        keep: Keep,
        observer: GridObserver,
        interrupt: &Interrupt,
    ) -> Result<Self, ProtocolError> {
        protocol.save(folder)?;
        let folder = std::path::absolute(folder).map_err(|e| ProtocolError::io(folder, e))?;
        let interrupt = interrupt.clone();
        Ok(Self { source, protocol, folder, keep, observer, interrupt })
    }

    /// Trains and scores the cells that are not finished, `jobs` at a time.
    ///
    /// # Errors
    /// If the data cannot be prepared. What fails in a cell is in the outcome.
    pub fn run(&self, cells: &[Cell], jobs: usize) -> Result<GridOutcome, ProtocolError> {
        let mut open = VecDeque::new();
        for cell in cells {
            if cell.record(&self.folder)?.is_none() {
                open.push_back(*cell);
            }
        }
        let data = self.data(&open)?;
        let queue = Mutex::new(open);
        let outcome = Mutex::new(GridOutcome::default());
        std::thread::scope(|scope| {
            for _ in 0..jobs.max(1) {
                scope.spawn(|| self.work(&queue, &data, &outcome));
            }
        });
        let mut outcome = outcome.into_inner().unwrap_or_else(PoisonError::into_inner);
        outcome.interrupted = self.interrupt.is_raised();
        outcome.finished.sort();
        Ok(outcome)
    }

    /// The data sets that the cells learn from, made where they are missing.
    fn data(
        &self,
        cells: &VecDeque<Cell>,
    ) -> Result<BTreeMap<DerivedData, Arc<Dataset>>, ProtocolError> {
        let keys: BTreeSet<_> =
            std::iter::once(DerivedData::PAINTED).chain(cells.iter().map(Cell::data)).collect();
        let mut data = BTreeMap::new();
        for key in keys {
            let path = key.folder(&self.folder);
            if !path.exists() {
                (self.observer)(&GridEvent::Making(&path));
            }
            let made =
                key.open_or_make(&self.source, &self.protocol, &self.folder, &self.interrupt)?;
            data.insert(key, Arc::new(made));
        }
        Ok(data)
    }

    fn work(
        &self,
        queue: &Mutex<VecDeque<Cell>>,
        data: &BTreeMap<DerivedData, Arc<Dataset>>,
        outcome: &Mutex<GridOutcome>,
    ) {
        loop {
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some(cell) = next.filter(|_| !self.interrupt.is_raised()) else { return };
            (self.observer)(&GridEvent::Started(cell));
            let done = CellWork { grid: self, cell, data }.run();
            let mut outcome = outcome.lock().unwrap_or_else(PoisonError::into_inner);
            match done {
                Ok(evaluation) => {
                    (self.observer)(&GridEvent::Finished(cell, &evaluation));
                    outcome.finished.push(cell);
                }
                Err(error) if error.is_interruption() => return,
                Err(error) if error.is_elsewhere() => {
                    (self.observer)(&GridEvent::Elsewhere(cell));
                    outcome.elsewhere.push(cell);
                }
                Err(error) => {
                    (self.observer)(&GridEvent::Failed(cell, &error));
                    outcome.failed.insert(cell, error.to_string());
                }
            }
        }
    }
}

/// One cell, from its data to its scores.
struct CellWork<'a> {
    grid: &'a Grid,
    cell: Cell,
    data: &'a BTreeMap<DerivedData, Arc<Dataset>>,
}

impl CellWork<'_> {
    fn run(&self) -> Result<Evaluation, ProtocolError> {
        let start = Instant::now();
        let dataset = self.dataset(self.cell.data())?;
        let Grid { source, protocol, folder, .. } = self.grid;
        let fold = protocol.fold(source, self.cell.repetition)?;
        derived::save_split(dataset, &self.cell.split(), protocol.seed, fold.clone())?;
        let finished = self.train(dataset)?;
        let evaluation = self.score(&finished.run, &fold.0)?;
        let scores = self.cell.evaluation_folder(folder);
        std::fs::create_dir_all(&scores).map_err(|e| ProtocolError::io(&scores, e))?;
        evaluation.save(&scores.join("summary.json"))?;
        evaluation.save_per_case(&scores.join("per_case.csv"))?;
        self.cell.save_record(folder, start.elapsed().as_secs_f64())?;
        // Last: killed in between, a cell without weights would have to be trained again.
        self.drop_weights(&finished.run)?;
        Ok(evaluation)
    }

    fn dataset(&self, key: DerivedData) -> Result<&Arc<Dataset>, ProtocolError> {
        let missing = || ProtocolError::Missing { path: key.folder(&self.grid.folder) };
        self.data.get(&key).ok_or_else(missing)
    }

    /// From the start, or from the last checkpoint.
    fn train(&self, dataset: &Dataset) -> Result<Finished, ProtocolError> {
        let path = self.cell.run_folder(&self.grid.folder);
        let (cell, observer) = (self.cell, Arc::clone(&self.grid.observer));
        let observer = move |event: &TrainEvent| {
            observer(&GridEvent::Training(cell, event));
            Ok(())
        };
        let begun = RunDir::open(&path).is_ok_and(|run| run.last_checkpoint().exists());
        let finished = if begun {
            // the folder of results may have been moved since
            let changes = Changes { data: Some(dataset.dir().to_owned()), ..Changes::default() };
            training::resume(&path, &changes, observer, &self.grid.interrupt)?
        } else {
            let config = self.cell.train_config(&self.grid.protocol, dataset.dir())?;
            training::start(config, &path, true, observer, &self.grid.interrupt)?
        };
        match finished.outcome {
            Outcome::Finished(_) => Ok(finished),
            Outcome::Interrupted(_) => Err(ProtocolError::Interrupted),
        }
    }

    /// Thresholds are chosen on what the cell may know; the test cases are the same for all cells, and whole.
    fn score(&self, run: &RunDir, fold: &Fold) -> Result<Evaluation, ProtocolError> {
        let config = run.load_config()?;
        let paper = config.preset == Preset::Paper;
        let scored_at = if paper { ScoredAt::Frame } else { ScoredAt::Native };
        let predictor = Predictor::open(run, &config.device, PredictOptions::default())?;
        let known = Cases::new(self.dataset(self.cell.data())?, &fold.validation)?;
        let interrupt = &self.grid.interrupt;
        let thresholds =
            choose_thresholds(&predictor, &known, &RULES, scored_at, &mut |_, _| (), interrupt)?;
        let options = EvaluateOptions {
            scored_at,
            thresholds,
            surfaces: false,
            ..EvaluateOptions::default()
        };
        let painted = self.dataset(DerivedData::PAINTED)?;
        if self.cell.repetition == 0 {
            predicted::save(self.cell, &self.grid.folder, &predictor, painted, &fold.test)?;
        }
        let cases = Cases::new(painted, &fold.test)?;
        Ok(evaluate(&predictor, &cases, &options, &mut |_, _| (), interrupt)?)
    }

    fn drop_weights(&self, run: &RunDir) -> Result<(), ProtocolError> {
        let (best, last) = (run.best_checkpoint(), run.last_checkpoint());
        let unwanted = match self.grid.keep {
            Keep::Best if best.exists() => vec![last],
            Keep::All | Keep::Best => Vec::new(),
            Keep::None => vec![best, last],
        };
        for path in unwanted.into_iter().filter(|path| path.exists()) {
            std::fs::remove_file(&path).map_err(|e| ProtocolError::io(&path, e))?;
        }
        Ok(())
    }
}

impl ProtocolError {
    fn is_interruption(&self) -> bool {
        matches!(self, Self::Interrupted | Self::Evaluate(EvaluateError::Interrupted))
    }

    fn is_elsewhere(&self) -> bool {
        matches!(self, Self::Training(TrainingError::RunDir(RunDirError::Locked { .. })))
    }
}
