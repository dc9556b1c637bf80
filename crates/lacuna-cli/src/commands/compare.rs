//! `lacuna compare`: how well two annotations agree.

use anyhow::Result;
use fs_err as fs;
use lacuna_data::Dataset;
use lacuna_report::{Cell, Column, Table};
use lacuna_train::agreement::{
    Agreement, AgreementOptions, MeanAgreement, compare, compare_readings,
};

use crate::cli::CompareArgs;
use crate::exit_status::ExitStatus;
use crate::interrupt;
use crate::printer::Printer;

/// Compares, writes the files that are wanted, prints the table.
pub(crate) fn run(arguments: &CompareArgs, printer: &Printer) -> Result<ExitStatus> {
    let interrupt = interrupt::listen(printer)?;
    let first = Dataset::open(&arguments.first)?;
    let options = AgreementOptions {
        surfaces: !arguments.no_surfaces,
        nsd_tolerance: arguments.nsd_tolerance,
        ..AgreementOptions::default()
    };
    let progress = printer.progress("comparing", first.cases().len());
    let mut step = |done, total| progress.set(done, total);
    let agreement = match &arguments.second {
        Some(second) => compare(&first, &Dataset::open(second)?, &options, &mut step, &interrupt)?,
        None => compare_readings(&first, &options, &mut step, &interrupt)?,
    };
    if let Some(folder) = &arguments.output_dir {
        fs::create_dir_all(folder)?;
        agreement.save(&folder.join("agreement.json"))?;
        agreement.save_per_case(&folder.join("per_case.csv"))?;
    }
    printer.result(&agreement, || table(&agreement).to_text())?;
    for note in &agreement.notes {
        printer.message(&format!("note: {note}"));
    }
    Ok(ExitStatus::Done)
}

fn table(agreement: &Agreement) -> Table {
    let heads = ["Dice", "pooled Dice", "κ", "pooled κ", "NSD", "both know"];
    let columns = std::iter::once(Column::text("class")).chain(heads.map(Column::number));
    let [first, second] = &agreement.datasets;
    let title = format!("{first} and {second} on the {} cases of both", agreement.cases);
    let mut table = Table::new(title, columns.collect());
    for class in &agreement.classes {
        table.row(vec![
            Cell::text(&class.class),
            mean(&class.dice),
            Cell::maybe(class.pooled_dice, 3),
            mean(&class.kappa),
            Cell::maybe(class.pooled_kappa, 3),
            mean(&class.nsd),
            Cell::text(class.coverage.map_or("–".to_owned(), |c| format!("{:.1} %", 100.0 * c))),
        ]);
    }
    table
}

fn mean(agreement: &MeanAgreement) -> Cell {
    agreement.interval.as_ref().map_or_else(
        || Cell::maybe(agreement.mean.mean, 3),
        |interval| Cell::bootstrap(interval, 3),
    )
}
