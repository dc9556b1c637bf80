//! `lacuna verify`: how good a model is on all pixels, from points that a person answers.

mod ask;
mod crop;
mod gain;
mod simulation;
mod table;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use lacuna_data::Dataset;
use lacuna_data::dataset::split::Split;
use lacuna_metrics::BootstrapSettings;
use lacuna_metrics::verification::{Answer, ClassEstimate};
use lacuna_train::predict::{PredictOptions, Predictor};
use lacuna_train::verification::{DrawOptions, Verification, VerificationError, draw};
use lacuna_train::{Interrupt, RunDir};
use serde::{Deserialize, Serialize};

use crate::cli::VerifyArgs;
use crate::error_report::{InputError, UsageError};
use crate::exit_status::ExitStatus;
use crate::interrupt;
use crate::printer::Printer;

/// Folder of a verification in its run.
const FOLDER: &str = "verification";

/// What came out.
#[derive(Serialize)]
struct Outcome<'a> {
    folder: &'a Path,
    model: &'a str,
    points: usize,
    answered: usize,
    cases: usize,
    estimates: Vec<ClassOutcome>,
}

#[derive(Serialize)]
struct ClassOutcome {
    class: String,
    #[serde(flatten)]
    estimate: ClassEstimate,
}

/// A line of the table of answers.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerRow {
    index: usize,
    answer: Answer,
}

/// Draws or goes on, asks, and prints the estimate.
pub(crate) fn run(arguments: &VerifyArgs, printer: &Printer) -> Result<ExitStatus> {
    let interrupt = interrupt::listen(printer)?;
    if let Some(draws) = arguments.simulate {
        let model = Model::open(arguments)?;
        return simulation::run(&model, arguments, draws, &interrupt, printer);
    }
    let folder = folder(arguments)?;
    if let Some(later) = &arguments.gain_to {
        let verification = Verification::open(&folder)?;
        return gain::run(&verification, arguments, later, &interrupt, printer);
    }
    let mut verification = if folder.join("sample.json").exists() {
        Verification::open(&folder)?
    } else {
        begin(arguments, &folder, &interrupt, printer)?
    };
    if let Some(path) = &arguments.answers {
        take_answers(&mut verification, path)?;
    } else if std::io::stdin().is_terminal() && verification.next().is_some() {
        let data = data(arguments)?;
        ask::all(&mut verification, &data, &folder, &interrupt, printer)?;
    }
    conclude(&verification, &folder, printer)
}

/// A model and the pictures held back from it.
struct Model {
    predictor: Predictor,
    dataset: Arc<Dataset>,
    name: String,
    held_back: Vec<String>,
}

impl Model {
    fn open(arguments: &VerifyArgs) -> Result<Self> {
        let run = RunDir::open(run_folder(arguments)?)?;
        let config = run.load_config()?;
        let dataset = Arc::new(data(arguments)?);
        let split = Split::load(&dataset, &config.split)?;
        let held_back = split.fold(config.fold)?.test.clone();
        let predictor = Predictor::open(&run, &config.device, PredictOptions::default())?;
        Ok(Self { predictor, dataset, name: run.name(), held_back })
    }
}

fn run_folder(arguments: &VerifyArgs) -> Result<&Path> {
    arguments.run.as_deref().ok_or_else(|| {
        UsageError::new("no model is named").with_hint("name its run with `--run RUN`").into()
    })
}

fn folder(arguments: &VerifyArgs) -> Result<PathBuf> {
    match &arguments.output_dir {
        Some(folder) => Ok(folder.clone()),
        None => Ok(run_folder(arguments)?.join(FOLDER)),
    }
}

/// The data set named, or the one the run was trained on.
fn data(arguments: &VerifyArgs) -> Result<Dataset> {
    if let Some(data) = &arguments.data {
        return Ok(Dataset::open(data)?);
    }
    let config = RunDir::open(run_folder(arguments)?)?.load_config()?;
    let data = config.data.ok_or_else(|| {
        UsageError::new("the run names no data set").with_hint("name it with `--data DS`")
    })?;
    Ok(Dataset::open(&data)?)
}

fn begin(
    arguments: &VerifyArgs,
    folder: &Path,
    interrupt: &Interrupt,
    printer: &Printer,
) -> Result<Verification> {
    if arguments.answers.is_some() {
        return Err(VerificationError::Missing { dir: folder.to_owned() }.into());
    }
    if arguments.points == 0 {
        return Err(UsageError::new("no points are asked for")
            .with_hint("300 take 15 minutes")
            .into());
    }
    let model = Model::open(arguments)?;
    let options = DrawOptions {
        points: arguments.points,
        seed: arguments.seed,
        ..DrawOptions::new(model.name.clone())
    };
    let progress = printer.progress("drawing points", 2 * model.held_back.len());
    let told = |done, all| progress.set(done, all);
    let sample =
        draw(&model.predictor, &model.dataset, &model.held_back, &options, interrupt, told)?;
    Ok(Verification::create(folder, sample)?)
}

fn take_answers(verification: &mut Verification, path: &Path) -> Result<()> {
    let mut reader = csv::Reader::from_path(path)
        .with_context(|| format!("could not read `{}`", path.display()))?;
    for (row, line) in reader.deserialize::<AnswerRow>().zip(2..) {
        let row = row.map_err(|error| {
            InputError::new(format!("`{}`, line {line}: {error}", path.display()))
                .with_hint("the columns are index and answer; answers are yes, no and unsure")
        })?;
        verification.answer(row.index, row.answer)?;
    }
    Ok(())
}

fn conclude(verification: &Verification, folder: &Path, printer: &Printer) -> Result<ExitStatus> {
    let sample = verification.sample();
    let estimates = verification.estimate(&BootstrapSettings::default())?;
    let estimates =
        estimates.into_iter().map(|(class, estimate)| ClassOutcome { class, estimate }).collect();
    let outcome = Outcome {
        folder,
        model: &sample.model,
        points: sample.points.len(),
        answered: verification.answered(),
        cases: sample.cases.len(),
        estimates,
    };
    printer.result(&outcome, || table::words(&outcome))?;
    if verification.next().is_some() {
        printer.hint("go on with the same command in a terminal, or give a table with `--answers`");
    }
    Ok(ExitStatus::Done)
}
