//! What boxes are worth, as tables.

use lacuna_report::{Cell, Column, Table};
use lacuna_train::detection::evaluation::EvaluatedBoxes;
use lacuna_train::detection::{Judgement, MarginPoint};

use crate::wording::count;

/// What one detector's boxes teach at each margin.
pub(super) fn curve(judgement: &Judgement) -> Table {
    let heads = ["missed", "gained"].map(Column::number);
    let columns = std::iter::once(Column::number("margin")).chain(heads).collect();
    let mut table = Table::new("Boxes of the validation cases, by margin", columns);
    for point in &judgement.curve {
        table.row(vec![
            Cell::text(point.margin.to_string()),
            share(point.missed),
            share(point.gained),
        ]);
    }
    table.note(format!(
        "{}, {} with a box; AP50 {}, AP {}",
        count(judgement.pictures, "picture"),
        judgement.with_box,
        number(judgement.ap50),
        number(judgement.ap)
    ));
    table.note("missed: of the classes' pixels, outside the boxes; gained: of the true outside, outside the boxes");
    table
}

/// One row a way to get boxes.
pub(super) fn comparison(rows: &[EvaluatedBoxes]) -> Table {
    let heads =
        ["with a box", "AP50", "AP", "missed", "gained", "margin", "missed there", "gained there"];
    let columns = std::iter::once(Column::text("boxes")).chain(heads.map(Column::number)).collect();
    let mut table = Table::new("Ways to get boxes", columns);
    for row in rows {
        let judgement = &row.judgement;
        let (bare, widened) = (judgement.at(0.0), judgement.at(row.margin));
        let missed = |point: Option<&MarginPoint>| share(point.and_then(|point| point.missed));
        let gained = |point: Option<&MarginPoint>| share(point.and_then(|point| point.gained));
        table.row(vec![
            Cell::text(&row.boxes),
            Cell::text(format!("{}/{}", judgement.with_box, judgement.pictures)),
            Cell::text(number(judgement.ap50)),
            Cell::text(number(judgement.ap)),
            missed(bare),
            gained(bare),
            Cell::text(row.margin.to_string()),
            missed(widened),
            gained(widened),
        ]);
    }
    table.note(
        "missed: of the classes' pixels, outside the boxes: they would be taught as negatives",
    );
    table.note("gained: of the true outside, outside the boxes: right negatives");
    table.note("margin: chosen on the run's validation cases; of boxes that are there, 0");
    table
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"))
}

fn share(value: Option<f64>) -> Cell {
    value.map_or(Cell::Missing, |share| Cell::text(percent(share)))
}

/// With two digits after the point: what is missed is small.
pub(super) fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}
