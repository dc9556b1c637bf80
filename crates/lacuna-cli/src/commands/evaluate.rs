//! `lacuna evaluate`: scores a trained network and draws its worst and best cases.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use lacuna_data::Dataset;
use lacuna_data::atomic_file::write_atomic_bytes;
use lacuna_data::dataset::split::{Fold, Split};
use lacuna_train::agreement::Ceiling;
use lacuna_train::cases::Cases;
use lacuna_train::config::Preset;
use lacuna_train::evaluate::{
    EvaluateOptions, Evaluation, Predictions, ScoredAt, ThresholdRule, ThresholdSet,
    choose_thresholds, evaluate,
};
use lacuna_train::predict::{PredictOptions, Predictor, TestTimeAugmentation};
use lacuna_train::{Interrupt, RunDir, TrainConfig};

use crate::cli::EvaluateArgs;
use crate::error_report::UsageError;
use crate::exit_status::ExitStatus;
use crate::interrupt;
use crate::printer::Printer;
use crate::score_report::{self, Page};

/// Scores, writes tables and pictures, prints the table.
pub(crate) fn run(arguments: &EvaluateArgs, printer: &Printer) -> Result<ExitStatus> {
    match (&arguments.predictions, &arguments.run) {
        (Some(masks), _) => foreign(arguments, masks, printer),
        (None, Some(run)) => network(arguments, run, printer),
        (None, None) => Err(UsageError::new("there is nothing to score")
            .with_hint("name a run with `--run`, or masks with `--predictions`")
            .into()),
    }
}

/// Scores masks of another program, in the same way.
fn foreign(arguments: &EvaluateArgs, masks: &Path, printer: &Printer) -> Result<ExitStatus> {
    let interrupt = interrupt::listen(printer)?;
    let predicted = Dataset::open(masks)?;
    let data = arguments.data.as_deref().context("the data set is not named")?;
    let dataset = Arc::new(Dataset::open(data)?);
    let fold = Split::load(&dataset, &arguments.split)?.fold(arguments.fold)?.clone();
    let options = options(arguments, ScoredAt::Native, Vec::new());
    let mut evaluation =
        score_cases(&predicted, arguments, &options, &dataset, &fold, printer, &interrupt)?;
    // 0 and 1 are no probabilities
    evaluation.ranking.clear();
    let folder = arguments.output_dir.clone().context("no folder to write to is named")?;
    let page = Page {
        title: format!("Scores of {}", predicted.name()),
        predictions: (&predicted).into(),
        dataset: &dataset,
        run: None,
        pictures: arguments.pictures,
    };
    conclude(evaluation, &page, arguments, &folder, printer)
}

fn network(arguments: &EvaluateArgs, run: &Path, printer: &Printer) -> Result<ExitStatus> {
    let interrupt = interrupt::listen(printer)?;
    let run = RunDir::open(run)?;
    let config = run.load_config()?;
    let dataset = Arc::new(Dataset::open(&data(arguments, &config)?)?);
    let fold = Split::load(&dataset, &config.split)?.fold(config.fold)?.clone();
    let predictor = Predictor::open(&run, &arguments.device, predict_options(arguments))?;
    score_report::check_classes(&predictor, &dataset)?;
    let at = scored_at(arguments, &config);
    let mut evaluation = score(arguments, &predictor, &dataset, &fold, at, printer, &interrupt)?;
    evaluation.notes.extend(trained_on(&predictor, &arguments.part, part(&fold, &arguments.part)?));
    let chosen = evaluation.results.iter().any(|result| result.rule.looks_at_validation());
    if chosen && arguments.part != "validation" {
        evaluation.notes.extend(trained_on(&predictor, "validation", &fold.validation));
    }
    let folder = arguments
        .output_dir
        .clone()
        .unwrap_or_else(|| run.path().join("evaluation").join(&arguments.part));
    let page = Page {
        title: format!("Scores of {}", run.name()),
        predictions: (&predictor).into(),
        dataset: &dataset,
        run: Some(&run),
        pictures: arguments.pictures,
    };
    conclude(evaluation, &page, arguments, &folder, printer)
}

/// Writes tables and pictures, prints the table.
fn conclude(
    mut evaluation: Evaluation,
    page: &Page,
    arguments: &EvaluateArgs,
    folder: &Path,
    printer: &Printer,
) -> Result<ExitStatus> {
    if let Some(path) = &arguments.ceiling {
        evaluation.notes.push(Ceiling::load(path)?.sentence(&evaluation.classes));
    }
    fs_err::create_dir_all(folder)?;
    evaluation.save(&folder.join("summary.json"))?;
    evaluation.save_per_case(&folder.join("per_case.csv"))?;
    let html = page.to_html(&evaluation)?;
    let report = folder.join("report.html");
    write_atomic_bytes(&report, html.as_bytes())
        .with_context(|| format!("cannot write `{}`", report.display()))?;
    printer.result(&evaluation, || {
        let tables = score_report::tables(&evaluation);
        let text: String = tables.iter().map(|table| table.to_text() + "\n").collect();
        format!("{text}report: {}\n", report.display())
    })?;
    for note in &evaluation.notes {
        printer.message(&format!("note: {note}"));
    }
    Ok(ExitStatus::Done)
}

fn data(arguments: &EvaluateArgs, config: &TrainConfig) -> Result<PathBuf> {
    let known = arguments.data.clone().or_else(|| config.data.clone());
    Ok(known.ok_or_else(|| {
        UsageError::new("the run does not say which data set it was trained on")
            .with_hint("name one with `--data DS`")
    })?)
}

/// Says so if cases were trained on: what is scored or chosen on them is too good.
pub(super) fn trained_on(predictor: &Predictor, what: &str, ids: &[String]) -> Option<String> {
    let trained: BTreeSet<&String> = predictor.info().training_cases.iter().collect();
    let seen = ids.iter().filter(|id| trained.contains(id)).count();
    (seen > 0).then(|| {
        format!(
            "the network was trained on {seen} of the {} {what} cases: what is scored or chosen on them is too good",
            ids.len()
        )
    })
}

/// At which resolution: the paper's recipe is scored as the paper did, all others at the pictures' own.
fn scored_at(arguments: &EvaluateArgs, config: &TrainConfig) -> ScoredAt {
    let paper = config.preset == Preset::Paper && !arguments.at_native_size;
    if arguments.at_training_size || paper { ScoredAt::Frame } else { ScoredAt::Native }
}

fn predict_options(arguments: &EvaluateArgs) -> PredictOptions {
    PredictOptions { tta: tta(arguments.tta.as_deref()), ..PredictOptions::default() }
}

/// `--tta`; the parser lets through nothing but `flips`.
pub(super) fn tta(name: Option<&str>) -> TestTimeAugmentation {
    name.map_or(TestTimeAugmentation::None, |_| TestTimeAugmentation::Flips)
}

fn score(
    arguments: &EvaluateArgs,
    predictor: &Predictor,
    dataset: &Arc<Dataset>,
    fold: &Fold,
    scored_at: ScoredAt,
    printer: &Printer,
    interrupt: &Interrupt,
) -> Result<Evaluation> {
    let rules = arguments
        .threshold
        .iter()
        .map(|text| text.parse::<ThresholdRule>())
        .collect::<Result<Vec<_>, _>>()?;
    let validation = Cases::new(dataset, &fold.validation)?;
    let progress = printer.progress("choosing thresholds", validation.as_slice().len());
    let mut step = |done, total| progress.set(done, total);
    let thresholds =
        choose_thresholds(predictor, &validation, &rules, scored_at, &mut step, interrupt)?;
    let options = options(arguments, scored_at, thresholds);
    score_cases(predictor, arguments, &options, dataset, fold, printer, interrupt)
}

fn options(
    arguments: &EvaluateArgs,
    scored_at: ScoredAt,
    thresholds: Vec<ThresholdSet>,
) -> EvaluateOptions {
    EvaluateOptions {
        part: arguments.part.clone(),
        scored_at,
        thresholds,
        surfaces: !arguments.no_surfaces,
        nsd_tolerance: arguments.nsd_tolerance,
        ..EvaluateOptions::default()
    }
}

fn score_cases<'a>(
    predictions: impl Into<Predictions<'a>>,
    arguments: &EvaluateArgs,
    options: &EvaluateOptions,
    dataset: &Arc<Dataset>,
    fold: &Fold,
    printer: &Printer,
    interrupt: &Interrupt,
) -> Result<Evaluation> {
    let cases = Cases::new(dataset, part(fold, &arguments.part)?)?;
    let progress = printer.progress("scoring pictures", cases.as_slice().len());
    let mut step = |done, total| progress.set(done, total);
    Ok(evaluate(predictions, &cases, options, &mut step, interrupt)?)
}

/// The ids of the part of that name, of which there must be some.
pub(super) fn part<'a>(fold: &'a Fold, name: &str) -> Result<&'a [String]> {
    let part = fold.parts().into_iter().find(|(part, _)| *part == name).map(|(_, ids)| ids);
    let part = part.ok_or_else(|| {
        UsageError::new(format!("`{name}` is no part of a split"))
            .with_hint("the parts are train, validation and test")
    })?;
    if part.is_empty() {
        return Err(UsageError::new(format!("the {name} part of the split is empty"))
            .with_hint("draw a split with cases in it: `lacuna split --help`")
            .into());
    }
    Ok(part)
}
