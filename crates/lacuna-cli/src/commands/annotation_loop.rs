//! `lacuna loop simulate`: Dice against the cost of painting.

mod outcome;

use std::path::{Path, PathBuf};

use anyhow::Result;
use fs_err as fs;
use lacuna_data::Dataset;
use lacuna_data::dataset::split::{Fold, Split};
use lacuna_data::json_file::{read_json, write_json};
use lacuna_train::Interrupt;
use lacuna_train::active::cost::PaintingCost;
use lacuna_train::active::simulation::{LoopError, LoopOptions, RoundScore, simulate};
use lacuna_train::active::{Arm, Query, Start};
use serde::{Deserialize, Serialize};

use self::outcome::Outcome;
use crate::cli::{LoopAction, LoopArgs, LoopSimulateArgs, ReplayArg, StartArg, StrategyArg};
use crate::error_report::UsageError;
use crate::exit_status::ExitStatus;
use crate::interrupt;
use crate::printer::Printer;

/// What a loop leaves behind when it is finished.
const FINISHED: &str = "loop.json";
/// Version of that file.
const VERSION: u32 = 1;

/// A finished loop.
#[derive(Serialize, Deserialize)]
struct Finished {
    version: u32,
    /// Hash of what it was about: pictures and complete masks.
    truth: String,
    fold: Fold,
    options: LoopOptions,
    rounds: Vec<RoundScore>,
}

/// Where loops start from, and what is said about them.
struct Loops<'a> {
    arguments: &'a LoopSimulateArgs,
    dataset: Dataset,
    truth: String,
    fold: Fold,
    printer: &'a Printer,
    interrupt: Interrupt,
}

/// Runs what is asked for.
pub(crate) fn run(arguments: &LoopArgs, printer: &Printer) -> Result<ExitStatus> {
    let LoopAction::Simulate(arguments) = &arguments.action;
    check(arguments)?;
    let interrupt = interrupt::listen(printer)?;
    let dataset = Dataset::open(&arguments.data)?;
    let fold = Split::load(&dataset, &arguments.split)?.fold(0)?.clone();
    fs::create_dir_all(&arguments.output_dir)?;
    let used = [&fold.train, &fold.validation, &fold.test].into_iter().flatten();
    let truth = dataset.truth_fingerprint(&used.map(String::as_str).collect::<Vec<_>>())?;
    let loops = Loops { arguments, dataset, truth, fold, printer, interrupt };
    loops.go()
}

impl Loops<'_> {
    fn go(&self) -> Result<ExitStatus> {
        let mut outcome = Outcome::default();
        for options in options(self.arguments)? {
            match self.go_round(options) {
                Ok(rounds) => outcome.rounds.extend(rounds),
                Err(error) if is_interruption(&error) => return Ok(ExitStatus::Interrupted),
                Err(error) => return Err(error),
            }
            outcome.save(&self.arguments.output_dir)?;
        }
        self.printer.result(&outcome.judged(), || outcome.to_text())?;
        Ok(ExitStatus::Done)
    }

    /// One loop, or what it brought when it was finished earlier.
    fn go_round(&self, options: LoopOptions) -> Result<Vec<RoundScore>> {
        let dir = self.folder(&options);
        let file = dir.join(FINISHED);
        let earlier: Option<Finished> = read_json(&file, VERSION)?;
        if let Some(earlier) = earlier.filter(|earlier| self.is_same(earlier, &options)) {
            return Ok(at_cost(earlier.rounds, &options.cost));
        }
        start_anew(&dir, &file)?;
        let told = |score: &RoundScore| self.printer.message(&line(score));
        let rounds =
            simulate(&self.dataset, &self.fold, &dir, options.clone(), &self.interrupt, told)?;
        let (truth, fold) = (self.truth.clone(), self.fold.clone());
        let finished = Finished { version: VERSION, truth, fold, options, rounds };
        write_json(&file, &finished)?;
        Ok(finished.rounds)
    }

    fn folder(&self, options: &LoopOptions) -> PathBuf {
        self.arguments.output_dir.join(format!("{}-{}", options.arm.name(), options.seed))
    }

    /// Whether an earlier loop did what this one would. Painting may have another price by now.
    fn is_same(&self, earlier: &Finished, options: &LoopOptions) -> bool {
        let Finished { truth, fold, options: then, .. } = earlier;
        let options =
            LoopOptions { cost: then.cost, keep_models: then.keep_models, ..options.clone() };
        *then == options && *truth == self.truth && *fold == self.fold
    }
}

/// The same rounds with what they cost by another table.
fn at_cost(mut rounds: Vec<RoundScore>, cost: &PaintingCost) -> Vec<RoundScore> {
    for round in &mut rounds {
        round.seconds = cost.seconds(&round.work);
    }
    rounds
}

/// Removes what an unfinished loop, or one with other settings, left in its folder.
fn start_anew(dir: &Path, finished: &Path) -> Result<()> {
    if finished.exists() {
        fs::remove_file(finished)?;
    }
    for part in ["dataset", "models"].map(|part| dir.join(part)) {
        if part.exists() {
            fs::remove_dir_all(part)?;
        }
    }
    Ok(())
}

fn is_interruption(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(LoopError::Interrupted))
}

fn check(arguments: &LoopSimulateArgs) -> Result<()> {
    let side = arguments.window_side;
    let wrong = if !(side > 0.0 && side <= 1.0) {
        "--window-side is a share above 0 and at most 1"
    } else if [arguments.rounds, arguments.windows].contains(&0) || arguments.seeds == 0 {
        "--rounds, --windows and --seeds are at least 1"
    } else {
        return Ok(());
    };
    Err(UsageError::new(wrong).into())
}

/// Every loop: for each seed all arms, so that an interrupted study is as paired as possible.
fn options(arguments: &LoopSimulateArgs) -> Result<Vec<LoopOptions>> {
    let (arms, cost) = (arms(arguments), cost(&arguments.cost)?);
    let of = |seed: u64, arm: Arm| LoopOptions {
        arm,
        seed,
        rounds: arguments.rounds,
        windows: arguments.windows,
        window_side: arguments.window_side,
        image_size: arguments.size,
        cost,
        keep_models: arguments.keep_models,
    };
    let of = &of;
    Ok((0..arguments.seeds).flat_map(|seed| arms.iter().map(move |arm| of(seed, *arm))).collect())
}

fn arms(arguments: &LoopSimulateArgs) -> Vec<Arm> {
    let queries = queries(arguments);
    let starts = arguments.start.iter().map(|start| match start {
        StartArg::Warm => Start::Warm,
        StartArg::Scratch => Start::Scratch,
    });
    let arms = starts.flat_map(|start| {
        let replays = arguments.replay.iter().map(|replay| *replay == ReplayArg::Yes);
        let queries = &queries;
        replays
            .flat_map(move |replay| queries.iter().map(move |&query| Arm { query, start, replay }))
    });
    arms.collect()
}

fn queries(arguments: &LoopSimulateArgs) -> Vec<Query> {
    if arguments.strategy.is_empty() {
        return Query::ALL.to_vec();
    }
    let named = |strategy: &StrategyArg| match strategy {
        StrategyArg::Random => Query::Random,
        StrategyArg::Foreground => Query::Foreground,
        StrategyArg::Entropy => Query::Entropy,
        StrategyArg::Ensemble => Query::Ensemble,
        StrategyArg::Diversity => Query::Diversity,
    };
    arguments.strategy.iter().map(named).collect()
}

fn cost(given: &[f64]) -> Result<PaintingCost> {
    match given {
        &[picture, stroke, outline] if given.iter().all(|n| n.is_finite() && *n >= 0.0) => {
            Ok(PaintingCost { picture, stroke, outline })
        }
        _ => Err(UsageError::new("--cost is three numbers of seconds, none below 0: A,B,C").into()),
    }
}

fn line(score: &RoundScore) -> String {
    let dice = score.mean.map_or_else(|| "–".to_owned(), |mean| format!("{mean:.3}"));
    format!(
        "{} seed {} round {}: {} windows, {:.0} s of painting, {:.1} % painted, mean Dice {dice}",
        score.arm.name(),
        score.seed,
        score.round,
        score.windows,
        score.seconds,
        100.0 * score.painted,
    )
}
