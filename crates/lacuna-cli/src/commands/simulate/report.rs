//! What was painted, in words.

use std::path::Path;

use lacuna_data::simulate::SimulationRecord;
use lacuna_report::{Cell, Column, Table};

use crate::printer::Printer;
use crate::wording::count;

/// One row a class.
pub(super) fn text(record: &SimulationRecord, target: &Path) -> String {
    let heads = ["pixels", "painted", "share", "least", "most", "stray"].map(Column::number);
    let columns = std::iter::once(Column::text("class")).chain(heads).collect();
    let mut table = Table::new("", columns);
    for class in &record.classes {
        table.row(vec![
            Cell::text(&class.class),
            Cell::count(class.truth),
            Cell::count(class.painted),
            Cell::maybe(class.share(), 3),
            Cell::maybe(class.share_range.map(|range| range[0]), 3),
            Cell::maybe(class.share_range.map(|range| range[1]), 3),
            Cell::count(class.stray),
        ]);
    }
    table.note(
        "least, most: smallest and largest share of a picture; stray: painted beyond the class",
    );
    let regions = record.cases.iter().filter(|case| case.has_region).count();
    let neither: usize = record.cases.iter().map(|case| case.neither).sum();
    format!(
        "simulated {} into {} (seed {})\n\n{}regions: {regions}; pixels painted as neither: {neither}\n",
        count(record.cases.len(), "case"),
        target.display(),
        record.seed,
        table.to_text()
    )
}

/// Says what was not painted at all.
pub(super) fn warn(record: &SimulationRecord, printer: &Printer) {
    for class in record.classes.iter().filter(|class| class.truth == 0) {
        printer.warning(&format!("class {} is in no picture", class.class), None);
    }
    for class in record.classes.iter().filter(|class| class.truth > 0 && class.painted == 0) {
        printer.warning(
            &format!("nothing of class {} was painted", class.class),
            Some("use a larger `--fraction`, or a smaller `--margin-px`"),
        );
    }
}
