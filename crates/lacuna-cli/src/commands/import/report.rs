//! What an import did, in words.

use std::path::Path;

use lacuna_data::annotation::Unpainted;
use lacuna_data::formats::{ClassCount, ImportReport};
use lacuna_report::{Cell, Column, Table};

use crate::wording::count;

/// What was imported, what unpainted pixels were taken to mean, and what was done to the pictures.
pub(super) fn summary(report: &ImportReport, data: &Path) -> String {
    let cases = count(report.cases.len(), "picture");
    let mut text = format!("imported {cases} into {}\n", data.display());
    let with_masks = report.cases.len() - report.without_masks().len();
    if with_masks > 0 {
        text.push_str(&format!("\n{}", table(report).to_text()));
    }
    for meaning in [Unpainted::Unknown, Unpainted::Background] {
        let taken = report.cases.iter().filter(|case| case.unpainted == Some(meaning)).count();
        if taken > 0 {
            let words = words(meaning);
            text.push_str(&format!(
                "unpainted pixels of {} taken as {words}\n",
                count(taken, "picture")
            ));
        }
    }
    for (note, cases) in report.notes() {
        text.push_str(&format!("{}: {note}\n", count(cases, "picture")));
    }
    text
}

fn words(meaning: Unpainted) -> &'static str {
    match meaning {
        Unpainted::Unknown => "unknown: nobody said",
        Unpainted::Background => "background: certainly none of the classes",
    }
}

/// One row a class.
fn table(report: &ImportReport) -> Table {
    let columns =
        ["pictures with it", "painted pixels", "negative", "unknown", "pictures without a file"];
    let mut all = vec![Column::text("class")];
    all.extend(columns.map(Column::number));
    let mut table = Table::new("", all);
    let classes = report.cases.first().map_or(0, |case| case.classes.len());
    for index in 0..classes {
        let counts: Vec<&ClassCount> =
            report.cases.iter().filter_map(|case| case.classes.get(index)).collect();
        let number = |of: fn(&ClassCount) -> usize| Cell::count(counts.iter().map(|c| of(c)).sum());
        table.row(vec![
            Cell::text(counts.first().map_or("", |count| count.class.as_str())),
            Cell::count(counts.iter().filter(|count| count.positive > 0).count()),
            number(|count| count.positive),
            number(|count| count.negative),
            number(|count| count.unknown),
            Cell::count(counts.iter().filter(|count| count.is_missing).count()),
        ]);
    }
    table
}

/// Classes of which no pixel was painted although there were masks.
pub(super) fn never_painted(report: &ImportReport) -> Vec<&str> {
    let Some(first) = report.cases.first() else { return Vec::new() };
    if report.without_masks().len() == report.cases.len() {
        return Vec::new();
    }
    let painted = |index: usize| report.cases.iter().any(|case| case.classes[index].positive > 0);
    let classes = first.classes.iter().enumerate();
    classes.filter(|(index, _)| !painted(*index)).map(|(_, count)| count.class.as_str()).collect()
}
