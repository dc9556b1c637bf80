//! The loop without a person: an oracle paints windows from complete masks, the same recipe trains, the query
//! strategies choose, and the model is scored on all pixels of the test cases after every round.

mod error;
mod oracle;
mod round;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use fs_err as fs;
use lacuna_data::annotation::journal::Entry;
use lacuna_data::dataset::DatasetLock;
use lacuna_data::dataset::split::{Fold, Split, Unit};
use lacuna_data::supervision::PolicyName;
use lacuna_data::{BinaryMask, Case, Dataset, Evidence, Image, Size, SupervisionPolicy};
use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::cost::{PaintingCost, Work};
use super::{
    Arm, Candidate, Length, Query, Recipe, Start, Turn, View, acquisition, annotated, diversity,
    in_order,
};
use crate::event::TrainEvent;
use crate::interrupt::Interrupt;
use crate::observer::rfc3339;
use crate::predict::{PredictOptions, Predictor};
use crate::run_dir::RunDir;
use crate::trainer::Outcome;
use crate::training;

pub use error::LoopError;
use oracle::Window;
pub use round::RoundScore;

/// The split of the first round, which later ones replay.
const FIRST_ROUND: &str = "round-0001";

/// What is simulated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoopOptions {
    /// How pictures are chosen, and how each training goes on.
    pub arm: Arm,
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
    /// What painting costs.
    pub cost: PaintingCost,
    /// Whether the weights of every round stay; they are large.
    pub keep_models: bool,
}

/// A loop that goes on in a folder of its own.
struct Simulation<'a> {
    truth: &'a Dataset,
    dataset: Arc<Dataset>,
    lock: DatasetLock,
    fold: Fold,
    options: LoopOptions,
    /// The run folders of the last round, one a member.
    last: Vec<RunDir>,
    windows: usize,
    work: Work,
    /// Steps of the optimizer until now, of one member.
    steps: usize,
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
    simulation.forget(&[])?;
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
        let (windows, work, steps) = (0, Work::default(), 0);
        Ok(Self { truth, dataset, lock, fold, options, last: Vec::new(), windows, work, steps })
    }

    /// The pictures to paint in, best first, at most one window each.
    fn turns(&self, round: usize, interrupt: &Interrupt) -> Result<Vec<Turn>, LoopError> {
        let models = self.models()?;
        let mut turns = Vec::new();
        for id in self.paintable() {
            interrupted(interrupt)?;
            let mut chance = acquisition::stream(self.options.seed, round as u64, id);
            let candidate = match models.split_first() {
                None => Candidate::unseen(&mut chance),
                Some((first, others)) => {
                    let (view, image) = self.view(first, id)?;
                    match self.options.arm.query.strategy() {
                        Some(strategy) => Candidate::new(&view, strategy, &mut chance),
                        None => Candidate::of_disagreement(&view.together_with(others, &image)?),
                    }
                }
            };
            turns.push(Turn { case: id.clone(), candidate, is_seen: !models.is_empty() });
        }
        if let (Query::Diversity, Some(model)) = (self.options.arm.query, models.first()) {
            self.diversify(model, &mut turns)?;
        }
        let mut turns = in_order(turns);
        turns.retain(|turn| !turn.is_seen || turn.candidate.point.is_some());
        turns.truncate(self.options.windows);
        Ok(turns)
    }

    /// What a model says of a picture, beside what was painted.
    fn view(&self, model: &Predictor, id: &str) -> Result<(View, Image), LoopError> {
        let case = self.dataset.case(id)?;
        let annotation = self.dataset.load_annotation(case)?;
        let evidence = Evidence::collect(&annotation, self.dataset.classes());
        let image = self.dataset.load_image(case)?;
        let policy = SupervisionPolicy::named(PolicyName::FusionBox);
        Ok((View::new(model, &image, evidence, &policy)?, image))
    }

    /// Gives each picture its place among those that are unlike each other: first those that are not painted, then the
    /// others.
    fn diversify(&self, model: &Predictor, turns: &mut [Turn]) -> Result<(), LoopError> {
        let painted = annotated(&self.dataset, &self.fold)?;
        let painted: Vec<_> = painted.train.iter().chain(&painted.validation).collect();
        let is_painted: Vec<bool> =
            turns.iter().map(|turn| painted.contains(&&turn.case)).collect();
        let mut embeddings = Vec::new();
        for turn in turns.iter() {
            let image = self.dataset.load_image(self.dataset.case(&turn.case)?)?;
            embeddings.push(model.embedding(&image)?);
        }
        let is_open: Vec<bool> = is_painted.iter().map(|painted| !painted).collect();
        let fresh = diversity::order(&embeddings, &is_painted);
        let again = diversity::order(&embeddings, &is_open);
        for (place, picture) in fresh.into_iter().chain(again).enumerate() {
            turns[picture].candidate.score = -(place as f64);
        }
        Ok(())
    }

    /// The models of the last round.
    fn models(&self) -> Result<Vec<Predictor>, LoopError> {
        let open = |run| Predictor::open(run, "cpu", PredictOptions::default());
        Ok(self.last.iter().map(open).collect::<Result<_, _>>()?)
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
            let truth = self.truth_of(&case.id)?;
            let entry = Entry {
                seq: 0,
                id: format!("round-{round}"),
                client: "simulation".to_owned(),
                author: "oracle".to_owned(),
                time: rfc3339(SystemTime::now()),
                ops: window.paint(&self.dataset.classes().names(), &truth),
            };
            let mut journal = self.dataset.open_journal(&case, &self.lock)?;
            journal.append(self.dataset.classes(), vec![entry])?;
            self.dataset.fold_open(&case, &mut journal)?;
            self.windows += 1;
            self.work += window.work(&truth)?;
        }
        Ok(())
    }

    fn anywhere(&self, round: usize, case: &Case, size: Size) -> [f64; 2] {
        let index = [round as u64, lacuna_data::random::key_of(&case.id)];
        let mut chance = lacuna_data::random::stream(self.options.seed, "window", &index);
        [size.width, size.height].map(|side| chance.random::<f64>() * side as f64)
    }

    fn truth_of(&self, id: &str) -> Result<Vec<BinaryMask>, LoopError> {
        let truth = self.truth.load_truth(self.truth.case(id)?)?;
        truth.ok_or_else(|| LoopError::NoTruth { id: id.to_owned() })
    }

    fn train(&mut self, round: usize, dir: &Path, interrupt: &Interrupt) -> Result<(), LoopError> {
        let split = format!("round-{round:04}");
        let annotated = annotated(&self.dataset, &self.fold)?;
        Split::of_fold(0, Unit::Image, false, annotated).save(&self.dataset, &split)?;
        let models = dir.join("models");
        let mut runs = Vec::new();
        for member in 0..self.options.arm.query.members() {
            let config = self.recipe(round, member).config(self.dataset.dir(), &split)?;
            if member == 0 {
                self.steps += config.epochs * config.steps_per_epoch.unwrap_or_default();
            }
            let name = if member == 0 { String::new() } else { format!("-{}", member + 1) };
            let path = models.join(format!("{round:04}{name}"));
            let silent = |_: &TrainEvent| Ok(());
            let finished = training::start(config, &path, true, silent, interrupt)?;
            match finished.outcome {
                Outcome::Finished(_) => runs.push(finished.run),
                Outcome::Interrupted(_) => return Err(LoopError::Interrupted),
            }
        }
        self.forget(&runs)?;
        self.last = runs;
        Ok(())
    }

    /// Removes the weights of the last round, for which there are those of `next` now.
    fn forget(&self, next: &[RunDir]) -> Result<(), LoopError> {
        let is_next = |run: &RunDir| next.iter().any(|next| next.path() == run.path());
        for run in self.last.iter().filter(|run| !self.options.keep_models && !is_next(run)) {
            for path in [run.best_checkpoint(), run.last_checkpoint()] {
                if path.exists() {
                    fs::remove_file(&path).map_err(|source| LoopError::Io { path, source })?;
                }
            }
        }
        Ok(())
    }

    fn recipe(&self, round: usize, member: usize) -> Recipe {
        let last = self.last.get(member).filter(|_| self.options.arm.start == Start::Warm);
        let replays = self.options.arm.replay && round > 1;
        Recipe {
            image_size: self.options.image_size,
            length: Length::Usual,
            start: last.map(checkpoint),
            replay: replays.then(|| FIRST_ROUND.to_owned()),
            // the first member is what a loop without others trains
            seed: (self.options.seed * 1_000 + round as u64) + 1_000_000_000 * member as u64,
        }
    }
}

fn interrupted(interrupt: &Interrupt) -> Result<(), LoopError> {
    if interrupt.is_raised() { Err(LoopError::Interrupted) } else { Ok(()) }
}

/// The best checkpoint of a run, or the last if validation chose none.
fn checkpoint(run: &RunDir) -> PathBuf {
    let best = run.best_checkpoint();
    if best.exists() { best } else { run.last_checkpoint() }
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
