//! `lacuna reproduce`: the paper's experiments on a data set.

mod display;
mod figures;
mod forecast;
mod report;
mod tables;

use std::path::Path;

use anyhow::{Context, Result};
use lacuna_data::Dataset;
use lacuna_data::atomic_file::write_atomic_bytes;
use lacuna_metrics::BootstrapSettings;
use lacuna_train::agreement::Ceiling;
use lacuna_train::config::RawConfig;
use lacuna_train::protocol::{
    Approach, Cell, Condition, Design, Grid, GridOutcome, Keep, ProtocolChoices, ProtocolConfig,
    ProtocolError, Results,
};
use lacuna_train::{Interrupt, RunDir};

use self::display::GridDisplay;
use self::forecast::Forecast;
use super::train::setting;
use crate::cli::{ConditionArg, KeepArg, ReproduceArgs};
use crate::error_report::UsageError;
use crate::exit_status::ExitStatus;
use crate::interrupt;
use crate::printer::Printer;
use crate::threads;
use crate::wording::count;

/// The recipe where none is named: the paper's takes days on a CPU.
const PRESET: &str = "quick";

/// Trains what is missing, writes tables and report.
pub(crate) fn run(arguments: &ReproduceArgs, printer: &Printer) -> Result<ExitStatus> {
    let interrupt = interrupt::listen(printer)?;
    let dataset = Dataset::open(&arguments.data)?;
    let protocol = protocol(arguments, &dataset)?;
    protocol.check_folder(&arguments.output_dir)?;
    let wanted = cells(arguments, &dataset, &protocol)?;
    let cells: Vec<_> =
        wanted.iter().copied().filter(|cell| is_selected(arguments, *cell)).collect();
    if cells.is_empty() {
        return Err(UsageError::new("no cell of the grid is called like that")
            .with_hint("`--dry-run` without `--only` lists their names")
            .into());
    }
    if arguments.report_only {
        return conclude(arguments, &dataset, &protocol, &wanted, None, printer);
    }
    threads::limit_by_configuration(protocol.recipe.clone().check()?.threads)?;
    let forecast = Forecast::new(arguments, &dataset, &protocol, &cells, &interrupt)?;
    if arguments.dry_run {
        printer.result(&forecast, || forecast.table().to_text())?;
        forecast.refuse_if_short()?;
        return Ok(ExitStatus::Done);
    }
    printer.message(&forecast.sentence());
    forecast.refuse_if_short()?;
    let outcome = train(arguments, &dataset, &protocol, &cells, printer, &interrupt)?;
    conclude(arguments, &dataset, &protocol, &wanted, Some(&outcome), printer)
}

fn protocol(arguments: &ReproduceArgs, dataset: &Dataset) -> Result<ProtocolConfig> {
    let design = arguments.folds.map(Design::Folds).or(arguments.test_share.map(Design::Share));
    let (seed, validation) = (arguments.seed, arguments.validation);
    let choices = ProtocolChoices { seed, design, validation, recipe: recipe(arguments)? };
    Ok(ProtocolConfig::new(dataset, choices)?)
}

/// Flags, then the environment, then the file; the preset fills the rest.
fn recipe(arguments: &ReproduceArgs) -> Result<RawConfig> {
    let pairs = arguments.set.iter().map(|text| setting(text)).collect::<Result<Vec<_>>>()?;
    let mut flags = RawConfig::from_pairs(pairs)?;
    flags.preset = arguments.preset.clone().or(flags.preset);
    flags.encoder_weights = arguments.encoder_weights.clone().or(flags.encoder_weights);
    let environment = RawConfig::from_environment(std::env::vars())?;
    let file = match &arguments.config {
        Some(path) => RawConfig::read(path)?,
        None => RawConfig::default(),
    };
    let mut recipe = flags.combine(environment).combine(file);
    recipe.preset.get_or_insert_with(|| PRESET.to_owned());
    for path in recipe.encoder_weights.iter_mut().chain(&mut recipe.pretrained_weights) {
        if path.is_file() {
            *path = std::path::absolute(&*path).context("the working folder is gone")?;
        }
    }
    Ok(recipe)
}

/// The grid: what was asked for, or all that the data and the recipe allow.
fn cells(
    arguments: &ReproduceArgs,
    dataset: &Dataset,
    protocol: &ProtocolConfig,
) -> Result<Vec<Cell>> {
    let approaches = if arguments.approaches.is_empty() {
        possible(dataset, protocol)?
    } else {
        arguments.approaches.clone()
    };
    let conditions: Vec<_> = arguments
        .conditions
        .iter()
        .map(|condition| match condition {
            ConditionArg::Original => Condition::Original,
            ConditionArg::Masked => Condition::Masked,
        })
        .collect();
    Ok(Cell::grid(&approaches, &conditions, arguments.repetitions))
}

/// The paper's rows. Without complete masks there is no row 0; without pretrained weights row 6 would be row 5 once more.
fn possible(dataset: &Dataset, protocol: &ProtocolConfig) -> Result<Vec<Approach>> {
    let has_truth = dataset.cases().iter().all(|case| dataset.truth_folder(case).is_dir());
    let config = protocol.recipe.clone().check()?;
    let pretrained = config.encoder_weights != lacuna_train::config::EncoderWeights::None
        || config.pretrained_weights.is_some();
    let is_possible = |approach: &Approach| match approach {
        Approach::Full => has_truth,
        Approach::FusionBoxScratch => pretrained,
        Approach::FusionPolygon | Approach::FusionBoxNeither => false,
        _ => true,
    };
    Ok(Approach::ALL.into_iter().filter(is_possible).collect())
}

fn is_selected(arguments: &ReproduceArgs, cell: Cell) -> bool {
    let name = cell.to_string();
    arguments.only.is_empty() || arguments.only.iter().any(|text| name.contains(text.as_str()))
}

fn train(
    arguments: &ReproduceArgs,
    dataset: &Dataset,
    protocol: &ProtocolConfig,
    cells: &[Cell],
    printer: &Printer,
    interrupt: &Interrupt,
) -> Result<GridOutcome> {
    let keep = match arguments.keep {
        KeepArg::All => Keep::All,
        KeepArg::Best => Keep::Best,
        KeepArg::None => Keep::None,
    };
    let observer = GridDisplay::observer(printer, cells.len());
    let folder = &arguments.output_dir;
    let source = Dataset::open(dataset.dir())?;
    let grid = Grid::new(source, protocol.clone(), folder, keep, observer, interrupt)?;
    match grid.run(cells, arguments.jobs) {
        Err(ProtocolError::Interrupted) => {
            Ok(GridOutcome { interrupted: true, ..GridOutcome::default() })
        }
        other => Ok(other?),
    }
}

/// Tables and report of all that is finished.
fn conclude(
    arguments: &ReproduceArgs,
    dataset: &Dataset,
    protocol: &ProtocolConfig,
    cells: &[Cell],
    outcome: Option<&GridOutcome>,
    printer: &Printer,
) -> Result<ExitStatus> {
    let folder = &arguments.output_dir;
    let mut results =
        Results::collect(dataset, protocol, folder, cells, &BootstrapSettings::default())?;
    results.ceiling = arguments.ceiling.as_deref().map(Ceiling::load).transpose()?;
    if results.cells.is_empty() {
        printer.message("no cell is finished yet");
    } else {
        results.save(folder)?;
        write_report(&results, dataset, folder, printer)?;
        printer.result(&results, || tables::main(&results).to_text())?;
    }
    let Some(outcome) = outcome else { return Ok(ExitStatus::Done) };
    if outcome.interrupted {
        let open = count(results.missing.len(), "cell");
        printer.message(&format!("stopped; {open} not finished. The same command goes on"));
        return Ok(ExitStatus::Interrupted);
    }
    if outcome.failed.is_empty() {
        return Ok(ExitStatus::Done);
    }
    printer.message(&format!(
        "{} failed; the same command tries again",
        count(outcome.failed.len(), "cell")
    ));
    Ok(ExitStatus::Failed)
}

fn write_report(
    results: &Results,
    dataset: &Dataset,
    folder: &Path,
    printer: &Printer,
) -> Result<()> {
    let report = report::Report::new(results, dataset, folder)?;
    for (name, text) in
        [("report.html", report.to_html()), ("report.md", report.to_markdown().to_owned())]
    {
        let path = folder.join(name);
        write_atomic_bytes(&path, text.as_bytes())
            .with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    printer.message(&format!("report: {}", folder.join("report.html").display()));
    Ok(())
}

/// The run folder of a cell, if it still has weights.
fn run_with_weights(folder: &Path, cell: Cell) -> Option<RunDir> {
    let run = cell.run(folder).ok()?;
    (run.best_checkpoint().exists() || run.last_checkpoint().exists()).then_some(run)
}
