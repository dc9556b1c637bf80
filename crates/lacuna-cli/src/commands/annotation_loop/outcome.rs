//! What came out of the loops: files, tables and plots.

use std::path::Path;

use anyhow::Result;
use lacuna_data::atomic_file::write_atomic_bytes;
use lacuna_metrics::{mean, mean_interval};
use lacuna_report::{Axis, Cell, Column, LinePlot, Series, Table};
use lacuna_train::active::Arm;
use lacuna_train::active::budget_curve::Advantage;
use lacuna_train::active::simulation::RoundScore;
use lacuna_train::active::study::{Comparison, Study};
use serde::Serialize;

/// Level of the intervals.
const LEVEL: f64 = 0.95;

/// What came out, of every loop.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) rounds: Vec<RoundScore>,
}

/// The same with what follows from it, for programs.
#[derive(Serialize)]
pub(super) struct Judged<'a> {
    rounds: &'a [RoundScore],
    /// Costs in seconds that all loops cover.
    range: Option<(f64, f64)>,
    comparisons: Vec<Comparison>,
}

/// What one round brought, over all seeds.
struct Level {
    /// Mean cost in seconds.
    seconds: f64,
    windows: usize,
    steps: usize,
    /// Mean Dice of every seed; one that does not exist counts as 0.
    dice: Vec<f64>,
}

impl Outcome {
    /// What is printed as JSON.
    pub(super) fn judged(&self) -> Judged<'_> {
        let study = Study::new(&self.rounds);
        let (range, comparisons) = (study.range(), study.comparisons());
        Judged { rounds: &self.rounds, range, comparisons }
    }

    /// The scores and comparisons as tables for programs, and a plot for people.
    pub(super) fn save(&self, dir: &Path) -> Result<()> {
        let study = Study::new(&self.rounds);
        write_atomic_bytes(&dir.join("loop.csv"), &self.to_csv()?)?;
        let comparisons = comparisons(&study).to_csv();
        write_atomic_bytes(&dir.join("comparisons.csv"), comparisons.as_bytes())?;
        let plot = self.plot(&study).draw().to_file();
        Ok(write_atomic_bytes(&dir.join("loop.svg"), plot.as_bytes())?)
    }

    /// What is printed for people.
    pub(super) fn to_text(&self) -> String {
        let study = Study::new(&self.rounds);
        let mut text = self.table(&study).to_text();
        let comparisons = comparisons(&study);
        if !comparisons.is_empty() {
            text.push('\n');
            text.push_str(&comparisons.to_text());
        }
        text
    }

    fn to_csv(&self) -> Result<Vec<u8>> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record([
            "arm", "seed", "round", "windows", "strokes", "outline", "seconds", "steps", "painted",
            "class", "dice",
        ])?;
        for score in &self.rounds {
            let mean = ("mean".to_owned(), score.mean);
            for (class, dice) in score.dice.clone().into_iter().chain([mean]) {
                writer.write_record([
                    score.arm.name(),
                    score.seed.to_string(),
                    score.round.to_string(),
                    score.windows.to_string(),
                    score.work.strokes.to_string(),
                    format!("{:.1}", score.work.outline),
                    format!("{:.1}", score.seconds),
                    score.steps.to_string(),
                    format!("{:.6}", score.painted),
                    class,
                    dice.map_or_else(String::new, |dice| format!("{dice:.6}")),
                ])?;
            }
        }
        Ok(writer.into_inner()?)
    }

    /// The mean over seeds with the range of them.
    fn plot(&self, study: &Study) -> LinePlot {
        let y = Axis::linear("mean Dice on all pixels").including(0.0, 1.0);
        let mut plot = LinePlot::new(
            "Dice against the cost of painting",
            Axis::linear("seconds of painting"),
            y,
        );
        for arm in study.arms() {
            let levels = self.levels(arm);
            let points = levels.iter().map(|level| (level.seconds, mean(&level.dice))).collect();
            let band = levels.iter().map(|level| {
                let (low, high) = ends(&level.dice);
                [level.seconds, low, high]
            });
            plot.series(Series::line(arm.name(), points).with_band(band.collect()));
        }
        plot
    }

    /// By round, from the first.
    fn levels(&self, arm: Arm) -> Vec<Level> {
        let of_arm: Vec<_> = self.rounds.iter().filter(|score| score.arm == arm).collect();
        let last = of_arm.iter().map(|score| score.round).max().unwrap_or_default();
        let level = |round| {
            let scores: Vec<_> = of_arm.iter().filter(|score| score.round == round).collect();
            let first = scores.first()?;
            let seconds: Vec<f64> = scores.iter().map(|score| score.seconds).collect();
            Some(Level {
                seconds: mean(&seconds)?,
                windows: first.windows,
                steps: first.steps,
                dice: scores.iter().map(|score| score.mean.unwrap_or_default()).collect(),
            })
        };
        (1..=last).filter_map(level).collect()
    }

    fn table(&self, study: &Study) -> Table {
        let columns = vec![
            Column::text("arm"),
            Column::number("windows"),
            Column::number("seconds"),
            Column::number("steps"),
            Column::number("mean Dice"),
            Column::number("lowest"),
            Column::number("highest"),
            Column::number("loops"),
        ];
        let mut table = Table::new("Mean Dice on all pixels of the test cases", columns);
        for arm in study.arms() {
            for level in self.levels(arm) {
                let (low, high) = ends(&level.dice);
                table.row(vec![
                    Cell::text(arm.name()),
                    Cell::count(level.windows),
                    Cell::number(level.seconds, 0),
                    Cell::count(level.steps),
                    Cell::maybe(mean(&level.dice), 3),
                    Cell::number(low, 3),
                    Cell::number(high, 3),
                    Cell::count(level.dice.len()),
                ]);
            }
        }
        table
    }
}

/// Every arm against those it is judged by.
fn comparisons(study: &Study) -> Table {
    let budgets = study.budgets();
    let mut columns = vec![
        Column::text("arm"),
        Column::text("against"),
        Column::number("pairs"),
        Column::number("area"),
        Column::text("won"),
    ];
    columns.extend(budgets.iter().map(|seconds| Column::number(format!("{seconds:.0} s"))));
    let title = study.range().map_or_else(String::new, |(from, to)| {
        format!("Differences of the mean Dice at the same cost, {from:.0} to {to:.0} s of painting")
    });
    let mut table = Table::new(title, columns);
    for Comparison { arm, against, area, budgets } in study.comparisons() {
        let mut row = vec![
            Cell::text(arm.name()),
            Cell::text(against.name()),
            Cell::count(area.pairs),
            difference(&area),
            Cell::text(if area.is_won() { "yes" } else { "no" }),
        ];
        row.extend(budgets.iter().map(|(_, advantage)| difference(advantage)));
        table.row(row);
    }
    table.note(
        "area: the difference averaged over all those costs; intervals: 95 %, Student's t over seeds; \
         won: the interval of the area is above 0, not corrected for the number of comparisons",
    );
    for arm in study.arms() {
        let areas = study.areas(arm);
        if let (Some(mean), Some(interval)) = (mean(&areas), mean_interval(&areas, LEVEL)) {
            let name = arm.name();
            table.note(format!(
                "{name}: mean Dice over those costs {mean:.3} [{:.3}, {:.3}]",
                interval.lo, interval.hi
            ));
        }
    }
    table
}

fn difference(advantage: &Advantage) -> Cell {
    match advantage.interval {
        Some(interval) => Cell::with_interval(advantage.mean, [interval.lo, interval.hi], 3),
        None => Cell::number(advantage.mean, 3),
    }
}

fn ends(values: &[f64]) -> (f64, f64) {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    (low, values.iter().copied().fold(f64::NEG_INFINITY, f64::max))
}
