//! `lacuna train`: trains a network, or goes on training one.

use std::path::Path;

use anyhow::{Context, Result};
use lacuna_train::config::{EncoderWeights, RawConfig};
use lacuna_train::plan::Plan;
use lacuna_train::profile::{Breakdown, Profile};
use lacuna_train::trainer::Outcome;
use lacuna_train::training::{self, Changes, Finished};
use lacuna_train::{Interrupt, RunDir, Summary, TrainConfig};
use serde::Serialize;

use super::plan::{self, Planned};
use crate::cli::TrainArgs;
use crate::error_report::UsageError;
use crate::exit_status::ExitStatus;
use crate::interrupt;
use crate::printer::Printer;
use crate::profile_report;
use crate::threads;
use crate::training_display::TrainingDisplay;

/// Trains, and says where the result is.
pub(crate) fn run(arguments: &TrainArgs, printer: &Printer) -> Result<ExitStatus> {
    let interrupt = interrupt::listen(printer)?;
    let profile = arguments.profile.then(Profile::start).transpose()?;
    let display = TrainingDisplay::new(printer, None);
    let path = &arguments.output_dir;
    let finished = if arguments.resume {
        let epochs = resumed_epochs(arguments)?;
        threads::limit_by_configuration(RunDir::open(path)?.load_config()?.threads)?;
        let changes = Changes { epochs, ..Changes::default() };
        training::resume(path, &changes, display, &interrupt)?
    } else {
        let mut raw = raw_config(arguments)?;
        threads::limit_by_configuration(raw.clone().check()?.threads)?;
        let plan = planned(arguments, &raw, printer, &interrupt)?;
        if let Some(plan) = &plan {
            raw = raw.combine(plan.settings.clone());
        }
        let display = Planned::new(plan.as_ref(), path, display)?;
        training::start(checked(raw)?, path, arguments.force, display, &interrupt)?
    };
    let breakdown = profile.map(|p| record(&p, &finished.run, printer)).transpose()?;
    conclude(&finished, breakdown.as_ref(), path, printer)
}

/// Writes the trace into the run folder; where the time went.
fn record(profile: &Profile, run: &RunDir, printer: &Printer) -> Result<Breakdown> {
    let breakdown = profile.breakdown();
    profile.write_trace(&run.trace_file())?;
    if !breakdown.trace_is_complete {
        printer.message("the trace holds the first steps only; the table counts all of them");
    }
    Ok(breakdown)
}

/// What to set for a training in the time there is, if a time is given.
fn planned(
    arguments: &TrainArgs,
    raw: &RawConfig,
    printer: &Printer,
    interrupt: &Interrupt,
) -> Result<Option<Plan>> {
    let Some(budget) = arguments.budget else { return Ok(None) };
    let plan = plan::make(raw, budget, interrupt)?;
    printer.message(plan::table(&plan).to_text().trim_end());
    Ok(Some(plan))
}

/// What is set: flag, then environment, then file; plan, presets and defaults fill the rest.
fn raw_config(arguments: &TrainArgs) -> Result<RawConfig> {
    let mut pairs: Vec<(&str, &str)> = arguments.pairs();
    for text in &arguments.set {
        pairs.push(setting(text)?);
    }
    let flags = RawConfig::from_pairs(pairs)?;
    let environment = RawConfig::from_environment(std::env::vars())?;
    let file = match &arguments.config {
        Some(path) => RawConfig::read(path)?,
        None => RawConfig::default(),
    };
    let mut raw = flags.combine(environment).combine(file);
    if let Some(data) = &arguments.data {
        raw.data = Some(std::path::absolute(data).context("the working folder is gone")?);
    }
    Ok(raw)
}

/// The whole configuration, with paths that hold from everywhere.
fn checked(raw: RawConfig) -> Result<TrainConfig> {
    let mut config = raw.check()?;
    let encoder = match &mut config.encoder_weights {
        EncoderWeights::File(path) => Some(path),
        _ => None,
    };
    for path in encoder.into_iter().chain(&mut config.pretrained_weights) {
        *path = std::path::absolute(&*path).context("the working folder is gone")?;
    }
    Ok(config)
}

/// Key and value of a `--set`.
pub(super) fn setting(text: &str) -> Result<(&str, &str)> {
    Ok(text.split_once('=').ok_or_else(|| {
        UsageError::new(format!("`--set {text}` sets nothing"))
            .with_hint("write it as KEY=VALUE, such as `--set loss.dice=1`")
    })?)
}

fn resumed_epochs(arguments: &TrainArgs) -> Result<Option<usize>> {
    let pairs = arguments.pairs();
    if let Some((key, _)) = pairs.iter().find(|(key, _)| *key != "epochs") {
        let flag = key.replace('_', "-");
        return Err(UsageError::new(format!("--{flag} cannot be changed in a resumed run"))
            .with_hint("leave it out, or start a new run")
            .into());
    }
    let epochs = arguments.recipe.epochs.as_deref();
    epochs
        .map(|text| {
            text.parse()
                .map_err(|_| UsageError::new(format!("--epochs {text} is no number")).into())
        })
        .transpose()
}

/// What came out, as JSON.
#[derive(Serialize)]
struct Conclusion<'a> {
    #[serde(flatten)]
    summary: &'a Summary,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<&'a Breakdown>,
}

fn conclude(
    finished: &Finished,
    profile: Option<&Breakdown>,
    path: &Path,
    printer: &Printer,
) -> Result<ExitStatus> {
    let run = path.display();
    match &finished.outcome {
        Outcome::Interrupted(progress) => {
            printer.message(&format!(
                "stopped in epoch {} after {} steps; saved",
                progress.epochs + 1,
                progress.steps
            ));
            if let Some(breakdown) = profile {
                printer.message(&profile_report::table(breakdown).to_text());
            }
            printer.hint(&format!("go on with `lacuna train --resume --output-dir {run}`"));
            Ok(ExitStatus::Interrupted)
        }
        Outcome::Finished(_) => {
            let summary = Summary::load(&finished.run.summary_file())?;
            let conclusion = Conclusion { summary: &summary, profile };
            printer.result(&conclusion, || {
                let table = profile.map(|breakdown| profile_report::table(breakdown).to_text());
                table.unwrap_or_default() + &words(&summary, path)
            })?;
            printer.hint(&format!("score it with `lacuna evaluate --run {run}`"));
            Ok(ExitStatus::Done)
        }
    }
}

fn words(summary: &Summary, path: &Path) -> String {
    let training = &summary.training;
    let kept = match &training.best {
        Some(best) => format!(
            "best epoch {} with mean Dice {:.3} on known validation pixels",
            best.epoch, best.value
        ),
        None => "the last epoch's model is kept".to_owned(),
    };
    let early = if training.early_stopped { ", stopped early" } else { "" };
    format!("trained {} epochs{early}: {kept}\nrun folder: {}\n", training.epochs, path.display())
}
