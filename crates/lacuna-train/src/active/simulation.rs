//! The loop without a person: an oracle paints windows from complete masks, the same recipe trains, the same
//! strategies choose, and the model is scored on all pixels of the test cases after every round.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use fs_err as fs;
use lacuna_data::annotation::Runs;
use lacuna_data::annotation::journal::{Entry, Op, Origin, Paint};
use lacuna_data::dataset::DatasetLock;
use lacuna_data::dataset::split::{Fold, Split, SplitError, Unit};
use lacuna_data::supervision::PolicyName;
use lacuna_data::{
    BinaryMask, Case, DataError, Dataset, Evidence, Size, SupervisionPolicy, Ternary,
};
use lacuna_metrics::Confusion;
use rand::RngExt;
use serde::Serialize;

use super::{Candidate, Length, Recipe, Strategy, Turn, View, acquisition, annotated, in_order};
use crate::config::ConfigError;
use crate::event::TrainEvent;
use crate::interrupt::Interrupt;
use crate::observer::rfc3339;
use crate::predict::{PredictError, PredictOptions, Predictor};
use crate::run_dir::{RunDir, RunDirError};
use crate::trainer::Outcome;
use crate::training::{self, TrainingError};

/// Why a simulated loop cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoopError {
    /// The data set.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The split.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A training.
    #[error(transparent)]
    Training(#[from] TrainingError),
    /// A run folder.
    #[error(transparent)]
    RunDir(#[from] RunDirError),
    /// A prediction.
    #[error(transparent)]
    Predict(#[from] PredictError),
    /// A case whose truth is not known.
    #[error("case `{id}` has no complete masks to paint from")]
    NoTruth {
        /// The case.
        id: String,
    },
    /// A file.
    #[error("`{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Somebody asked to stop.
    #[error("interrupted")]
    Interrupted,
}

impl LoopError {
    /// What a user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Data(error) => error.hint().map(ToOwned::to_owned),
            Self::Split(error) => error.hint().map(ToOwned::to_owned),
            Self::Config(error) => error.hint(),
            Self::Training(error) => error.hint(),
            Self::NoTruth { .. } => {
                Some("the oracle needs `truth/ID/CLASS.png` of every case".to_owned())
            }
            _ => None,
        }
    }
}

/// What is simulated.
#[derive(Clone, Debug)]
pub struct LoopOptions {
    /// How pictures are chosen.
    pub strategy: Strategy,
    /// Seed of every random choice.
    pub seed: u64,
    /// Rounds of painting and training.
    pub rounds: usize,
    /// Windows painted a round, each in another picture.
    pub windows: usize,
    /// Side of a window, as a share of the picture's shorter side.
    pub window_side: f64,
    /// Side of the network's input.
    pub image_size: usize,
}

/// A round and what it brought.
#[derive(Clone, Debug, Serialize)]
pub struct RoundScore {
    /// How pictures were chosen.
    pub strategy: Strategy,
    /// The seed.
    pub seed: u64,
    /// From 1.
    pub round: usize,
    /// Windows painted until then: the cost.
    pub windows: usize,
    /// Share of the class-pixels of training and validation cases that are painted.
    pub painted: f64,
    /// Dice on all pixels of the test cases together, by class.
    pub dice: BTreeMap<String, Option<f64>>,
    /// Their mean; `None` if one does not exist.
    pub mean: Option<f64>,
}

/// A loop that goes on in a folder of its own.
struct Simulation<'a> {
    truth: &'a Dataset,
    dataset: Arc<Dataset>,
    lock: DatasetLock,
    fold: Fold,
    options: LoopOptions,
    /// The run folder of the last round.
    last: Option<RunDir>,
    windows: usize,
}

/// Goes round as often as asked, in a copy of the data set's pictures in `dir`; `on` is told every round's score.
pub fn simulate(
    truth: &Dataset,
    fold: &Fold,
    dir: &Path,
    options: LoopOptions,
    interrupt: &Interrupt,
    mut on: impl FnMut(&RoundScore),
) -> Result<Vec<RoundScore>, LoopError> {
    let mut simulation = Simulation::new(truth, fold, dir, options)?;
    let mut scores = Vec::new();
    for round in 1..=simulation.options.rounds {
        let turns = simulation.turns(round, interrupt)?;
        simulation.paint(round, &turns)?;
        simulation.train(round, dir, interrupt)?;
        let score = simulation.score(round)?;
        on(&score);
        scores.push(score);
    }
    Ok(scores)
}

impl<'a> Simulation<'a> {
    fn new(
        truth: &'a Dataset,
        fold: &Fold,
        dir: &Path,
        options: LoopOptions,
    ) -> Result<Self, LoopError> {
        let dataset = copy(truth, &dir.join("dataset"))?;
        let lock = dataset.lock()?;
        let (dataset, fold) = (Arc::new(dataset), fold.clone());
        Ok(Self { truth, dataset, lock, fold, options, last: None, windows: 0 })
    }

    /// The pictures to paint in, best first, at most one window each.
    fn turns(&self, round: usize, interrupt: &Interrupt) -> Result<Vec<Turn>, LoopError> {
        let predictor = self.predictor()?;
        let policy = SupervisionPolicy::named(PolicyName::FusionBox);
        let mut turns = Vec::new();
        for id in self.paintable() {
            if interrupt.is_raised() {
                return Err(LoopError::Interrupted);
            }
            let mut chance = acquisition::stream(self.options.seed, round as u64, id);
            let case = self.dataset.case(id)?;
            let candidate = match &predictor {
                None => Candidate::unseen(&mut chance),
                Some(predictor) => {
                    let annotation = self.dataset.load_annotation(case)?;
                    let evidence = Evidence::collect(&annotation, self.dataset.classes());
                    let image = self.dataset.load_image(case)?;
                    let view = View::new(predictor, &image, evidence, &policy)?;
                    Candidate::new(&view, self.options.strategy, &mut chance)
                }
            };
            turns.push(Turn { case: id.clone(), candidate, is_seen: predictor.is_some() });
        }
        let mut turns = in_order(turns);
        turns.retain(|turn| !turn.is_seen || turn.candidate.point.is_some());
        turns.truncate(self.options.windows);
        Ok(turns)
    }

    fn predictor(&self) -> Result<Option<Predictor>, LoopError> {
        let open = |run| Predictor::open(run, "cpu", PredictOptions::default());
        Ok(self.last.as_ref().map(open).transpose()?)
    }

    fn paintable(&self) -> impl Iterator<Item = &String> {
        self.fold.train.iter().chain(&self.fold.validation)
    }

    /// Paints a window in each picture, in the journal as the app does.
    fn paint(&mut self, round: usize, turns: &[Turn]) -> Result<(), LoopError> {
        for turn in turns {
            let case = self.dataset.case(&turn.case)?.clone();
            let size = self.dataset.image_size(&case)?;
            let centre = turn.candidate.point.unwrap_or_else(|| self.anywhere(round, &case, size));
            let window = Window::around(centre, self.options.window_side, size);
            let ops = self.oracle(&case, &window)?;
            let entry = Entry {
                seq: 0,
                id: format!("round-{round}"),
                client: "simulation".to_owned(),
                author: "oracle".to_owned(),
                time: rfc3339(SystemTime::now()),
                ops,
            };
            let mut journal = self.dataset.open_journal(&case, &self.lock)?;
            journal.append(self.dataset.classes(), vec![entry])?;
            self.dataset.fold_open(&case, &mut journal)?;
            self.windows += 1;
        }
        Ok(())
    }

    fn anywhere(&self, round: usize, case: &Case, size: Size) -> [f64; 2] {
        let index = [round as u64, lacuna_data::random::key_of(&case.id)];
        let mut chance = lacuna_data::random::stream(self.options.seed, "window", &index);
        [size.width, size.height].map(|side| chance.random::<f64>() * side as f64)
    }

    /// What the truth says about every class in the window.
    fn oracle(&self, case: &Case, window: &Window) -> Result<Vec<Op>, LoopError> {
        let truth = self.truth.load_truth(self.truth.case(&case.id)?)?;
        let truth = truth.ok_or_else(|| LoopError::NoTruth { id: case.id.clone() })?;
        let names = self.dataset.classes().names();
        let ops = names.into_iter().zip(&truth).flat_map(|(class, mask)| {
            let paint = |value, wanted| {
                let runs = window.runs(mask, wanted);
                Op::Paint(Paint { class: class.clone(), value, origin: Origin::Painted, runs })
            };
            [paint(Ternary::Positive, true), paint(Ternary::Negative, false)]
        });
        Ok(ops.collect())
    }

    fn train(&mut self, round: usize, dir: &Path, interrupt: &Interrupt) -> Result<(), LoopError> {
        let name = format!("round-{round:04}");
        let annotated = annotated(&self.dataset, &self.fold)?;
        Split::of_fold(0, Unit::Image, false, annotated).save(&self.dataset, &name)?;
        let start = self.last.as_ref().map(|run| {
            let best = run.best_checkpoint();
            if best.exists() { best } else { run.last_checkpoint() }
        });
        let recipe = Recipe {
            image_size: self.options.image_size,
            length: Length::Usual,
            start,
            seed: self.options.seed * 1_000 + round as u64,
        };
        let config = recipe.config(self.dataset.dir(), &name)?;
        let silent = |_: &TrainEvent| Ok(());
        let path = dir.join("models").join(format!("{round:04}"));
        let finished = training::start(config, &path, true, silent, interrupt)?;
        match finished.outcome {
            Outcome::Finished(_) => self.last = Some(finished.run),
            Outcome::Interrupted(_) => return Err(LoopError::Interrupted),
        }
        Ok(())
    }

    fn score(&self, round: usize) -> Result<RoundScore, LoopError> {
        let names = self.dataset.classes().names();
        let mut confusions = vec![Confusion::default(); names.len()];
        if let Some(predictor) = self.predictor()? {
            for id in &self.fold.test {
                let case = self.truth.case(id)?;
                let truth = self.truth.load_truth(case)?;
                let truth = truth.ok_or_else(|| LoopError::NoTruth { id: id.clone() })?;
                let prediction = predictor.predict(&self.truth.load_image(case)?)?;
                for (class, (confusion, mask)) in confusions.iter_mut().zip(&truth).enumerate() {
                    for (p, is_there) in prediction.plane(class).iter().zip(mask.values()) {
                        confusion.add_pixel(*p >= 0.5, *is_there);
                    }
                }
            }
        }
        let scores: Vec<_> = confusions.iter().map(Confusion::dice).collect();
        let total: Option<f64> = scores.iter().copied().sum();
        Ok(RoundScore {
            strategy: self.options.strategy,
            seed: self.options.seed,
            round,
            windows: self.windows,
            painted: self.painted()?,
            mean: total.map(|total| total / scores.len() as f64),
            dice: names.into_iter().zip(scores).collect(),
        })
    }

    fn painted(&self) -> Result<f64, LoopError> {
        let (mut known, mut all) = (0, 0);
        for id in self.paintable() {
            let annotation = self.dataset.load_annotation(self.dataset.case(id)?)?;
            for mask in &annotation.masks {
                all += mask.values().len();
                known += mask.values().len() - mask.count(Ternary::Unknown);
            }
        }
        Ok(known as f64 / f64::from(u32::try_from(all.max(1)).unwrap_or(u32::MAX)))
    }
}

/// The pictures and classes of a data set, without anything that was said about them.
fn copy(truth: &Dataset, dir: &Path) -> Result<Dataset, LoopError> {
    let mut dataset = Dataset::create(dir, truth.name(), truth.classes().clone())?;
    for case in truth.cases() {
        let (from, to) = (truth.image_path(case), dataset.image_path(case));
        let io = |source| LoopError::Io { path: to.clone(), source };
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder).map_err(io)?;
        }
        fs::copy(&from, &to).map_err(io)?;
    }
    dataset.add_cases(truth.cases().to_vec())?;
    Ok(dataset)
}

/// A square of a picture.
struct Window {
    size: Size,
    columns: std::ops::Range<usize>,
    rows: std::ops::Range<usize>,
}

impl Window {
    /// A window whose side is that share of the picture's shorter side, moved into the picture.
    fn around([x, y]: [f64; 2], side: f64, size: Size) -> Self {
        let side = ((size.width.min(size.height) as f64 * side).round() as usize).max(1);
        let range = |centre: f64, length: usize| {
            let last = length.saturating_sub(side);
            let first = ((centre - side as f64 / 2.0).max(0.0) as usize).min(last);
            first..(first + side).min(length)
        };
        Self { size, columns: range(x, size.width), rows: range(y, size.height) }
    }

    /// The pixels of the window at which the mask is `wanted`.
    fn runs(&self, mask: &BinaryMask, wanted: bool) -> Runs {
        let mut inside = BinaryMask::empty(self.size);
        for row in self.rows.clone() {
            for column in self.columns.clone() {
                let pixel = row * self.size.width + column;
                inside.values_mut()[pixel] = mask.values()[pixel] == wanted;
            }
        }
        Runs::from_mask(&inside)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_lie_in_the_picture() {
        let size = Size::new(20, 10);
        let table =
            [([10.0, 5.0], 8..12, 3..7), ([0.0, 0.0], 0..4, 0..4), ([20.0, 10.0], 16..20, 6..10)];
        for (centre, columns, rows) in table {
            let window = Window::around(centre, 0.4, size);
            assert_eq!((window.columns, window.rows), (columns, rows), "{centre:?}");
        }
        let mut mask = BinaryMask::empty(size);
        mask.values_mut()[3 * 20 + 9] = true;
        let window = Window::around([10.0, 5.0], 0.4, size);
        assert_eq!(window.runs(&mask, true).count(), 1);
        assert_eq!(window.runs(&mask, false).count(), 15);
    }
}
