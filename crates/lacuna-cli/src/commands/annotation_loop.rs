//! `lacuna loop simulate`: Dice against the cost of painting.

use std::path::Path;

use anyhow::Result;
use fs_err as fs;
use lacuna_data::Dataset;
use lacuna_data::atomic_file::write_atomic_bytes;
use lacuna_data::dataset::split::Split;
use lacuna_report::{Axis, LinePlot, Series};
use lacuna_report::{Cell, Column, Table};
use lacuna_train::active::Strategy;
use lacuna_train::active::simulation::{LoopError, LoopOptions, RoundScore, simulate};
use serde::Serialize;

use crate::cli::{LoopAction, LoopArgs, LoopSimulateArgs, StrategyArg};
use crate::error_report::UsageError;
use crate::exit_status::ExitStatus;
use crate::interrupt;
use crate::printer::Printer;

/// What came out.
#[derive(Serialize)]
struct Outcome {
    rounds: Vec<RoundScore>,
}

/// Runs what is asked for.
pub(crate) fn run(arguments: &LoopArgs, printer: &Printer) -> Result<ExitStatus> {
    let LoopAction::Simulate(arguments) = &arguments.action;
    check(arguments)?;
    let interrupt = interrupt::listen(printer)?;
    let dataset = Dataset::open(&arguments.data)?;
    let fold = Split::load(&dataset, &arguments.split)?.fold(0)?.clone();
    fs::create_dir_all(&arguments.output_dir)?;
    let mut outcome = Outcome { rounds: Vec::new() };
    for seed in 0..arguments.seeds {
        for strategy in strategies(arguments) {
            let dir = arguments.output_dir.join(format!("{}-{seed}", strategy.name()));
            let told = |score: &RoundScore| printer.message(&line(score));
            let options = options(arguments, strategy, seed);
            match simulate(&dataset, &fold, &dir, options, &interrupt, told) {
                Err(LoopError::Interrupted) => return Ok(ExitStatus::Interrupted),
                other => outcome.rounds.extend(other?),
            }
            save(&outcome, &arguments.output_dir)?;
        }
    }
    printer.result(&outcome, || table(&outcome).to_text())?;
    Ok(ExitStatus::Done)
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

fn strategies(arguments: &LoopSimulateArgs) -> Vec<Strategy> {
    if arguments.strategy.is_empty() {
        return Strategy::ALL.to_vec();
    }
    let named = |strategy: &StrategyArg| match strategy {
        StrategyArg::Foreground => Strategy::Foreground,
        StrategyArg::Random => Strategy::Random,
        StrategyArg::Entropy => Strategy::Entropy,
    };
    arguments.strategy.iter().map(named).collect()
}

fn options(arguments: &LoopSimulateArgs, strategy: Strategy, seed: u64) -> LoopOptions {
    LoopOptions {
        strategy,
        seed,
        rounds: arguments.rounds,
        windows: arguments.windows,
        window_side: arguments.window_side,
        image_size: arguments.size,
    }
}

fn line(score: &RoundScore) -> String {
    let dice = score.mean.map_or_else(|| "–".to_owned(), |mean| format!("{mean:.3}"));
    format!(
        "{} seed {} round {}: {} windows, {:.1} % painted, mean Dice {dice}",
        score.strategy.name(),
        score.seed,
        score.round,
        score.windows,
        100.0 * score.painted,
    )
}

/// The scores as a table for programs and a plot for people, after every loop.
fn save(outcome: &Outcome, dir: &Path) -> Result<()> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["strategy", "seed", "round", "windows", "painted", "class", "dice"])?;
    for score in &outcome.rounds {
        let mean = ("mean".to_owned(), score.mean);
        for (class, dice) in score.dice.clone().into_iter().chain([mean]) {
            writer.write_record([
                score.strategy.name().to_owned(),
                score.seed.to_string(),
                score.round.to_string(),
                score.windows.to_string(),
                format!("{:.6}", score.painted),
                class,
                dice.map_or_else(String::new, |dice| format!("{dice:.6}")),
            ])?;
        }
    }
    write_atomic_bytes(&dir.join("loop.csv"), &writer.into_inner()?)?;
    Ok(write_atomic_bytes(&dir.join("loop.svg"), plot(outcome).draw().to_file().as_bytes())?)
}

/// The mean over seeds with the range of them.
fn plot(outcome: &Outcome) -> LinePlot {
    let y = Axis::linear("mean Dice on all pixels").including(0.0, 1.0);
    let mut plot =
        LinePlot::new("Dice against painted windows", Axis::linear("windows painted"), y);
    for strategy in Strategy::ALL {
        let rounds = by_round(outcome, strategy);
        if !rounds.is_empty() {
            let points = rounds.iter().map(|(x, values)| (*x, Some(mean(values)))).collect();
            let band = rounds.iter().map(|(x, values)| {
                let low = values.iter().copied().fold(f64::INFINITY, f64::min);
                [*x, low, values.iter().copied().fold(f64::NEG_INFINITY, f64::max)]
            });
            plot.series(Series::line(strategy.name(), points).with_band(band.collect()));
        }
    }
    plot
}

/// Windows and mean Dice of every seed, by round; a Dice that does not exist counts as 0.
fn by_round(outcome: &Outcome, strategy: Strategy) -> Vec<(f64, Vec<f64>)> {
    let mut rounds: Vec<(f64, Vec<f64>)> = Vec::new();
    for score in outcome.rounds.iter().filter(|score| score.strategy == strategy) {
        let place = score.round - 1;
        rounds.resize_with(rounds.len().max(place + 1), || (0.0, Vec::new()));
        rounds[place].0 = score.windows as f64;
        rounds[place].1.push(score.mean.unwrap_or_default());
    }
    rounds
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

fn table(outcome: &Outcome) -> Table {
    let columns = vec![
        Column::text("strategy"),
        Column::number("windows"),
        Column::number("mean Dice"),
        Column::number("lowest"),
        Column::number("highest"),
        Column::number("loops"),
    ];
    let mut table = Table::new("Mean Dice on all pixels of the test cases", columns);
    for strategy in Strategy::ALL {
        for (windows, values) in by_round(outcome, strategy) {
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let number = |value: f64| Cell::text(format!("{value:.3}"));
            table.row(vec![
                Cell::text(strategy.name()),
                Cell::text(format!("{windows:.0}")),
                number(mean(&values)),
                number(low),
                number(high),
                Cell::text(values.len().to_string()),
            ]);
        }
    }
    table
}
