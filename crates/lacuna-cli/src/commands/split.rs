//! `lacuna split`: which cases train, validate and test.

mod near_copies;

use anyhow::Result;
use lacuna_data::Dataset;
use lacuna_data::dataset::split::{Split, SplitConfig, TestPart, Unit};
use lacuna_report::{Cell, Column, Table};
use serde::Serialize;

use self::near_copies::NearCopies;
use crate::cli::SplitArgs;
use crate::error_report::{InputError, UsageError};
use crate::exit_status::ExitStatus;
use crate::interrupt;
use crate::printer::Printer;

/// How many pairs of near copies are named.
const NAMED: usize = 5;

/// The split with what should be known about it.
#[derive(Serialize)]
struct Report<'a> {
    name: &'a str,
    split: &'a Split,
    near_copies: &'a NearCopies,
}

/// Draws the split, and warns about pictures that look the same on both sides of it.
pub(crate) fn run(arguments: &SplitArgs, printer: &Printer) -> Result<ExitStatus> {
    let dataset = Dataset::open(&arguments.data)?;
    refuse_replacing(arguments, &dataset)?;
    if dataset.cases().is_empty() {
        let message = format!("data set `{}` has no cases", arguments.data.display());
        return Err(InputError::new(message)
            .with_hint("import pictures first: `lacuna import --list`")
            .into());
    }
    let split = Split::draw(dataset.cases(), &config(arguments))?;
    let interrupt = interrupt::listen(printer)?;
    let Some(near_copies) = near_copies::find(&dataset, &split, printer, &interrupt)? else {
        return Ok(ExitStatus::Interrupted);
    };
    split.save(&dataset, &arguments.name)?;
    let report = Report { name: &arguments.name, split: &split, near_copies: &near_copies };
    printer.result(&report, || table(&arguments.name, &split).to_text())?;
    warn(&split, &near_copies, printer);
    Ok(ExitStatus::Done)
}

fn config(arguments: &SplitArgs) -> SplitConfig {
    SplitConfig {
        seed: arguments.seed,
        by: if arguments.by_image { Unit::Image } else { Unit::Group },
        test: arguments.folds.map_or(TestPart::Share(arguments.test), TestPart::Folds),
        validation: arguments.validation,
    }
}

/// Results of different splits cannot be compared: the old one is not lost by accident.
fn refuse_replacing(arguments: &SplitArgs, dataset: &Dataset) -> Result<()> {
    let path = Split::path(dataset.dir(), &arguments.name);
    if arguments.force || !path.exists() {
        return Ok(());
    }
    let message = format!("`{}` is there already", path.display());
    Err(UsageError::new(message)
        .with_hint("give the new split a `--name`, or replace the old one with `--force`")
        .into())
}

fn table(name: &str, split: &Split) -> Table {
    let columns = ["fold", "train", "validation", "test"].map(Column::number).into_iter().collect();
    let mut table = Table::new(format!("split `{name}`, seed {}: cases", split.seed), columns);
    for (index, fold) in split.folds.iter().enumerate() {
        let counts = [index, fold.train.len(), fold.validation.len(), fold.test.len()];
        table.row(counts.map(Cell::count).into_iter().collect());
    }
    table.note(match (split.by, split.grouped) {
        (Unit::Image, _) => "divided by image, groups ignored",
        (Unit::Group, true) => "all pictures of a group are in the same part",
        (Unit::Group, false) => {
            "not grouped by patient: some cases have no group and count as one each"
        }
    });
    table
}

fn warn(split: &Split, near_copies: &NearCopies, printer: &Printer) {
    match (split.by, split.grouped) {
        (Unit::Image, _) => printer.warning(
            "patients are ignored: pictures of one patient may train and test, and scores come out too good",
            None,
        ),
        (Unit::Group, false) => printer.warning(
            "not every case has a group: results will be called \"not grouped by patient\"",
            Some("fill the column `group` of cases.csv, or import with `--group-from`, and split again"),
        ),
        (Unit::Group, true) => {}
    }
    for pair in near_copies.pairs.iter().take(NAMED) {
        printer.warning(
            &format!(
                "`{}` ({}) and `{}` ({}) look the same, in fold {}",
                pair.first, pair.first_part, pair.second, pair.second_part, pair.fold
            ),
            None,
        );
    }
    if !near_copies.pairs.is_empty() {
        let more = near_copies.pairs.len().saturating_sub(NAMED);
        let and = if more > 0 { format!("{more} more pairs like these; ") } else { String::new() };
        printer.hint(&format!(
            "{and}give such pictures the same group in cases.csv, or remove one, and split again"
        ));
    }
}
