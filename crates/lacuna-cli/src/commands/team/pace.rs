//! `lacuna team pace`: how long painting takes, from the log.

use std::collections::BTreeMap;

use anyhow::Result;
use lacuna_report::{Cell, Column, Table};
use lacuna_server::team::{Change, IDLE, Pace, Team, Veil, paces};
use lacuna_train::active::cost::PaintingCost;
use serde::Serialize;

use crate::cli::TeamDataArgs;
use crate::exit_status::ExitStatus;
use crate::printer::Printer;

/// Whose strokes together are in the last row.
const ALL: &str = "all";

/// How long painting takes somebody.
#[derive(Serialize)]
struct Row {
    who: String,
    strokes: usize,
    seconds: f64,
    /// Not there if the strokes are too few or too much alike.
    cost: Option<PaintingCost>,
    /// Root of the mean squared difference to the times, in seconds.
    error: Option<f64>,
}

/// Prints the pace of everybody and of all together.
pub(super) fn run(arguments: &TeamDataArgs, printer: &Printer) -> Result<ExitStatus> {
    let team = Team::open_present(&arguments.data)?;
    let mut changes: Vec<Change> = Vec::new();
    loop {
        let page =
            team.changes_after(changes.last().map_or(0, |change| change.number), &Veil::default())?;
        if page.is_empty() {
            break;
        }
        changes.extend(page);
    }
    let rows = rows(paces(&changes));
    printer.result(&rows, || words(&rows))?;
    Ok(ExitStatus::Done)
}

fn rows(paces: BTreeMap<String, Pace>) -> Vec<Row> {
    let everybody =
        Pace { observed: paces.values().flat_map(|pace| pace.observed.clone()).collect() };
    let all = (!paces.is_empty()).then(|| (ALL.to_owned(), everybody));
    let row = |(who, pace): (String, Pace)| {
        let cost = pace.cost();
        let error = cost.as_ref().map(|cost| pace.error(cost));
        Row { who, strokes: pace.observed.len(), seconds: pace.seconds(), cost, error }
    };
    paces.into_iter().chain(all).map(row).collect()
}

fn words(rows: &[Row]) -> String {
    let Some(all) = rows.last() else {
        return "Nobody painted two strokes in a row since the log tells how long an outline is."
            .to_owned();
    };
    let columns = vec![
        Column::text("who"),
        Column::number("strokes"),
        Column::number("minutes"),
        Column::number("s a picture"),
        Column::number("s a stroke"),
        Column::number("s for 100 px"),
        Column::number("error, s"),
    ];
    let mut table = Table::new("How long painting takes", columns);
    for row in rows {
        let of_cost = |part: fn(&PaintingCost) -> f64| Cell::maybe(row.cost.as_ref().map(part), 2);
        table.row(vec![
            Cell::text(&row.who),
            Cell::count(row.strokes),
            Cell::number(row.seconds / 60.0, 1),
            of_cost(|cost| cost.picture),
            of_cost(|cost| cost.stroke),
            of_cost(|cost| cost.outline),
            Cell::maybe(row.error, 2),
        ]);
    }
    table.note(format!(
        "least squares over the time since the stroke before, if that was at most {IDLE:.0} s ago; \
         what is painted is measured as if outlined",
    ));
    let text = table.to_text();
    let Some(PaintingCost { picture, stroke, outline }) = all.cost else { return text };
    format!("{text}\nFor `lacuna loop simulate`: --cost {picture:.2},{stroke:.2},{outline:.2}\n")
}
