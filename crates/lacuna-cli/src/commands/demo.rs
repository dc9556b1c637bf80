//! `lacuna demo`: the whole way from partially painted pictures to an honest table, on drawn mouths.

pub(super) mod mouths;
mod page;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use fs_err as fs;
use lacuna_data::Dataset;
use lacuna_data::Evidence;
use lacuna_data::atomic_file::write_atomic_bytes;
use lacuna_data::augment::{Resize, Sampling};
use lacuna_data::dataset::split::Split;
use lacuna_data::supervision::audit::Audit;
use lacuna_data::supervision::policy::PolicyName;
use lacuna_report::{Cell, Column, Table};
use lacuna_train::cases::Cases;
use lacuna_train::config::RawConfig;
use lacuna_train::evaluate::{
    Definition, EvaluateOptions, Evaluation, ThresholdRule, choose_thresholds, evaluate,
};
use lacuna_train::predict::{PredictOptions, Predictor};
use lacuna_train::trainer::Outcome;
use lacuna_train::{Interrupt, RunDir, TrainConfig, training};
use serde::Serialize;

use crate::cli::DemoArgs;
use crate::error_report::UsageError;
use crate::exit_status::ExitStatus;
use crate::interrupt;
use crate::printer::Printer;
use crate::training_display::TrainingDisplay;

/// What is compared: the baseline and the method.
const POLICIES: [PolicyName; 2] = [PolicyName::Standard, PolicyName::FusionBox];

/// The file with its result.
const SUMMARY: &str = "summary.json";

/// Says that a folder is the demo's, which may replace what it wrote there.
const MARKER: &str = "written-by-lacuna-demo.txt";

/// The demo's result.
#[derive(Serialize)]
struct Summary {
    version: u32,
    seed: u64,
    rows: Vec<Row>,
}

/// One row of the table.
#[derive(Serialize)]
struct Row {
    policy: PolicyName,
    threshold: ThresholdRule,
    /// Dice on all pixels against the truth.
    all_pixels: Scores,
    /// Dice on known pixels only.
    known_pixels: Scores,
}

/// Mean Dice over pictures, and over classes.
#[derive(Serialize)]
struct Scores {
    gum: Option<f64>,
    teeth: Option<f64>,
    mean: Option<f64>,
}

/// Runs the demo.
pub(crate) fn run(arguments: &DemoArgs, printer: &Printer) -> Result<ExitStatus> {
    let interrupt = interrupt::listen(printer)?;
    let folder = &arguments.output_dir;
    clear(folder)?;
    let data = folder.join("dataset");
    printer.message("drawing mouths and painting parts of them");
    mouths::draw(&data, arguments.seed, printer)?;
    let dataset = Arc::new(Dataset::open(&data)?);
    let audit = audit(&dataset)?;
    for warning in &audit.warnings {
        printer.warning(&warning.message, Some(&warning.hint));
    }
    let mut evaluations = Vec::new();
    for policy in POLICIES {
        let Some(run) = train(policy, folder, arguments.seed, printer, &interrupt)? else {
            return Ok(ExitStatus::Interrupted);
        };
        let evaluation = score(&run, &dataset, printer, &interrupt)?;
        evaluations.push((policy, run, evaluation));
    }
    conclude(arguments, &dataset, &audit, &evaluations, printer)
}

/// Makes the folder, or empties it of an earlier demo; anything else in it is left alone.
fn clear(folder: &Path) -> Result<()> {
    let occupied = folder.exists() && fs::read_dir(folder)?.next().is_some();
    let ours = folder.join(MARKER).exists();
    if occupied && !ours {
        return Err(UsageError::new(format!(
            "`{}` is not empty and holds no demo",
            folder.display()
        ))
        .with_hint("choose another folder with `--output-dir`")
        .into());
    }
    for part in ["dataset", "runs"] {
        let path = folder.join(part);
        if path.exists() {
            fs::remove_dir_all(&path)?;
        }
    }
    fs::create_dir_all(folder)?;
    let text =
        "Written by `lacuna demo`, which replaces what it wrote here when it is run again.\n";
    Ok(write_atomic_bytes(&folder.join(MARKER), text.as_bytes())?)
}

fn audit(dataset: &Dataset) -> Result<Audit> {
    let mut audit = Audit::new(dataset.classes(), mouths::FRAME);
    for case in dataset.cases() {
        let annotation = dataset.load_annotation(case)?;
        let evidence = Evidence::collect(&annotation, dataset.classes());
        audit.add(&evidence, Sampling::Resize(Resize::Pad));
    }
    Ok(audit.finish(PolicyName::FusionBox))
}

/// The recipe: short, from scratch, the same for both policies.
fn config(policy: PolicyName, data: &Path, seed: u64) -> Result<TrainConfig> {
    let seed = seed.to_string();
    let size = mouths::FRAME.width.to_string();
    let pairs = [
        ("preset", "quick"),
        ("policy", policy.as_str()),
        ("encoder_depth", "5"),
        ("image_size", &size),
        ("encoder_weights", "none"),
        ("epochs", mouths::EPOCHS),
        ("batch_size", "8"),
        ("optimizer", mouths::OPTIMIZER),
        ("lr", mouths::LR),
        ("lr_schedule", "poly"),
        ("seed", &seed),
    ];
    let mut raw = RawConfig::from_pairs(pairs)?;
    raw.data = Some(std::path::absolute(data).context("the working folder is gone")?);
    Ok(raw.check()?)
}

fn train(
    policy: PolicyName,
    folder: &Path,
    seed: u64,
    printer: &Printer,
    interrupt: &Interrupt,
) -> Result<Option<RunDir>> {
    let path = run_path(folder, policy);
    let display = TrainingDisplay::new(printer, Some(policy.as_str()));
    let config = config(policy, &folder.join("dataset"), seed)?;
    let finished = training::start(config, &path, true, display, interrupt)?;
    Ok(matches!(finished.outcome, Outcome::Finished(_)).then_some(finished.run))
}

fn run_path(folder: &Path, policy: PolicyName) -> PathBuf {
    folder.join("runs").join(policy.as_str())
}

fn score(
    run: &RunDir,
    dataset: &Arc<Dataset>,
    printer: &Printer,
    interrupt: &Interrupt,
) -> Result<Evaluation> {
    let split = Split::load(dataset, "default")?;
    let fold = split.fold(0)?;
    let predictor =
        Predictor::from_checkpoint(&run.last_checkpoint(), "cpu", PredictOptions::default())?;
    let rules = [ThresholdRule::Fixed(0.5), ThresholdRule::ElkanNoto];
    let mut options = EvaluateOptions { surfaces: false, ..EvaluateOptions::default() };
    let validation = Cases::new(dataset, &fold.validation)?;
    let at = options.scored_at;
    options.thresholds =
        choose_thresholds(&predictor, &validation, &rules, at, &mut |_, _| {}, interrupt)?;
    let cases = Cases::new(dataset, &fold.test)?;
    let progress = printer.progress("scoring pictures", cases.as_slice().len());
    let mut step = |done, total| progress.set(done, total);
    Ok(evaluate(&predictor, &cases, &options, &mut step, interrupt)?)
}

fn rows(policy: PolicyName, evaluation: &Evaluation) -> Vec<Row> {
    let scores = |rule: ThresholdRule, definition: Definition| {
        let result = evaluation.result(rule);
        let dice = |class: &str| result.and_then(|result| result.dice(definition, class));
        Scores {
            gum: dice("gum"),
            teeth: dice("teeth"),
            mean: result.and_then(|result| result.mean_dice(definition)),
        }
    };
    evaluation
        .results
        .iter()
        .map(|result| Row {
            policy,
            threshold: result.rule,
            all_pixels: scores(result.rule, Definition::AllPixels),
            known_pixels: scores(result.rule, Definition::KnownPixels),
        })
        .collect()
}

fn table(summary: &Summary) -> Table {
    let numbers =
        ["all: gum", "all: teeth", "all: mean", "known: gum", "known: teeth", "known: mean"];
    let text = [Column::text("policy"), Column::text("threshold")];
    let numbers = numbers.map(|head| Column::number(head).highest_is_best());
    let mut table = Table::new("Dice on test pictures", text.into_iter().chain(numbers).collect());
    for row in &summary.rows {
        let mut cells =
            vec![Cell::text(row.policy.as_str()), Cell::text(row.threshold.to_string())];
        for scores in [&row.all_pixels, &row.known_pixels] {
            cells.extend([scores.gum, scores.teeth, scores.mean].map(|dice| Cell::maybe(dice, 3)));
        }
        table.row(cells);
    }
    table.note("all: every pixel, against the complete truth of the drawn mouths.");
    table
        .note("known: painted regions only, a selected sample: it hides what the painter skipped.");
    table.note(
        "elkan-noto: half the mean probability on painted validation pixels; it repairs the \
         baseline's threshold as far as paint was placed independently of appearance. Here some \
         painters skipped back teeth, some borders, some drew strokes.",
    );
    table
}

fn conclude(
    arguments: &DemoArgs,
    dataset: &Dataset,
    audit: &Audit,
    evaluations: &[(PolicyName, RunDir, Evaluation)],
    printer: &Printer,
) -> Result<ExitStatus> {
    let rows = evaluations.iter().flat_map(|(policy, _, evaluation)| rows(*policy, evaluation));
    let summary = Summary { version: 1, seed: arguments.seed, rows: rows.collect() };
    let table = table(&summary);
    let folder = &arguments.output_dir;
    let overlays = page::write_overlays(folder, dataset, evaluations)?;
    let html = page::draw(&table, dataset, audit, evaluations)?;
    write_atomic_bytes(&folder.join("report.html"), html.as_bytes())?;
    let mut text = serde_json::to_string_pretty(&summary)?;
    text.push('\n');
    write_atomic_bytes(&folder.join(SUMMARY), text.as_bytes())?;
    let where_ = folder.display();
    printer.result(&summary, || {
        format!(
            "{}\npictures: {where_}/pictures.png, and {overlays} files in {where_}/overlays\n\
             report: {where_}/report.html\n",
            table.to_text()
        )
    })?;
    Ok(ExitStatus::Done)
}
