//! `lacuna plan`: how to train on a data set in a given time.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use lacuna_data::Dataset;
use lacuna_data::atomic_file::write_atomic_bytes;
use lacuna_data::dataset::split::Split;
use lacuna_report::{Cell, Column, Table};
use lacuna_train::config::RawConfig;
use lacuna_train::observer::{Observer, ObserverError};
use lacuna_train::plan::{Plan, minutes};
use lacuna_train::{Interrupt, TrainEvent};

use super::train::setting;
use crate::cli::PlanArgs;
use crate::exit_status::ExitStatus;
use crate::interrupt;
use crate::printer::Printer;

/// Its name in a run folder.
const FILE: &str = "plan.toml";

/// Decides, and says why.
pub(crate) fn run(arguments: &PlanArgs, printer: &Printer) -> Result<ExitStatus> {
    let interrupt = interrupt::listen(printer)?;
    let pairs = arguments.set.iter().map(|text| setting(text)).collect::<Result<Vec<_>>>()?;
    let mut given =
        RawConfig::from_pairs(pairs)?.combine(RawConfig::from_environment(std::env::vars())?);
    given.data = Some(arguments.data.clone());
    given.split = Some(arguments.split.clone());
    given.fold = Some(i64::try_from(arguments.fold).unwrap_or(i64::MAX));
    let plan = make(&given, arguments.budget, &interrupt)?;
    printer.result(&plan, || table(&plan).to_text())?;
    if let Some(path) = &arguments.output {
        write(&plan, path)?;
        printer.hint(&format!("train with `lacuna train --config {}`", path.display()));
    }
    Ok(ExitStatus::Done)
}

/// A plan for the data set that the settings name.
pub(super) fn make(given: &RawConfig, budget: Duration, interrupt: &Interrupt) -> Result<Plan> {
    let config = given.clone().check()?;
    let data = config.data.context("no data set is given: name it with `--data DS`")?;
    let dataset = Dataset::open(&data)?;
    let split = Split::load(&dataset, &config.split)?;
    Ok(Plan::make(given, &dataset, split.fold(config.fold)?, budget, interrupt)?)
}

/// What is set, and why.
pub(super) fn table(plan: &Plan) -> Table {
    let title = format!(
        "Plan for {}: about {} on this machine",
        minutes(plan.budget_seconds),
        minutes(plan.seconds)
    );
    let mut table = Table::new(title, ["setting", "value", "why"].map(Column::text).to_vec());
    for reason in &plan.reasons {
        table.row(vec![Cell::text(reason.key), Cell::text(&reason.value), Cell::text(&reason.why)]);
    }
    table
}

fn write(plan: &Plan, path: &Path) -> Result<()> {
    let text = plan.to_toml()?;
    write_atomic_bytes(path, text.as_bytes())
        .with_context(|| format!("cannot write `{}`", path.display()))
}

/// Leaves the plan in the run folder as soon as there is one.
pub(super) struct Planned<O> {
    plan: Option<String>,
    path: PathBuf,
    then: O,
}

impl<O> Planned<O> {
    /// A training by `plan`, if there is one, into `run`, watched by `then`.
    pub(super) fn new(plan: Option<&Plan>, run: &Path, then: O) -> Result<Self> {
        let plan = plan.map(Plan::to_toml).transpose()?;
        Ok(Self { plan, path: run.join(FILE), then })
    }
}

impl<O: Observer> Observer for Planned<O> {
    fn on(&mut self, event: &TrainEvent) -> Result<(), ObserverError> {
        if matches!(event, TrainEvent::RunStarted(_))
            && let Some(plan) = self.plan.take()
        {
            write_atomic_bytes(&self.path, plan.as_bytes())
                .map_err(|source| ObserverError::Write { path: self.path.clone(), source })?;
        }
        self.then.on(event)
    }
}
