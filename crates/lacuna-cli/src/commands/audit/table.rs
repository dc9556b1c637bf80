//! The audit as tables.

use lacuna_data::annotation::Role;
use lacuna_data::supervision::audit::{ClassAudit, Counts};
use lacuna_data::supervision::{Audit, PolicyName};
use lacuna_report::{Cell, Column, Table};

use crate::wording::count;

/// Summary, counts by policy, and where the evidence comes from.
pub(super) fn text(audit: &Audit, name: &str, policy: PolicyName) -> String {
    let mut text = format!(
        "data set `{name}`: {}, {} with a region, {:.1} million pixels\n",
        count(audit.cases as usize, "case"),
        audit.cases_with_region,
        audit.pixels as f64 / 1e6
    );
    if audit.cases == 0 {
        return text;
    }
    text.push_str(&format!(
        "known to be of no class inside the regions (neither strokes, declared background): {}\n",
        percent(audit.neither_share)
    ));
    text.push_str(&format!("\n{}", policies(audit, policy).to_text()));
    text.push_str(&format!("\n{}", sources(audit).to_text()));
    let regions = regions(audit);
    if !regions.is_empty() {
        text.push_str(&format!("\n{}", regions.to_text()));
    }
    text
}

/// What each policy knows, class by class.
pub(super) fn policies(audit: &Audit, policy: PolicyName) -> Table {
    let heads = ["positive", "negative", "unknown", "known"].map(Column::number);
    let columns =
        [Column::text("class"), Column::text("policy")].into_iter().chain(heads).collect();
    let mut table = Table::new("What each policy knows: share of all pixels", columns);
    for class in &audit.classes {
        for entry in &class.policies {
            let counts = entry.counts;
            let chosen = if entry.policy == policy { " <" } else { "" };
            table.row(vec![
                Cell::text(&class.class),
                Cell::text(format!("{}{chosen}", entry.policy)),
                share(counts.positive, counts),
                share(counts.negative, counts),
                share(counts.unknown, counts),
                Cell::text(percent(counts.coverage())),
            ]);
        }
    }
    table
        .note(format!("< the policy that the warnings are about ({policy}; choose with --policy)"));
    table
}

/// What a row of the second table shows of a class.
type Row = (&'static str, fn(&ClassAudit) -> Cell);

/// One column a class: there are few classes and many sources.
pub(super) fn sources(audit: &Audit) -> Table {
    const ROWS: [Row; 12] = [
        ("cases painted", |class| number(class.painted_cases)),
        ("painted as the class", |class| number(class.sources.painted_positive)),
        ("painted as not the class", |class| number(class.sources.painted_negative)),
        ("declared background", |class| number(class.sources.background)),
        ("an exclusive class is painted", |class| number(class.sources.exclusion)),
        ("by part-of", |class| number(class.sources.part_of)),
        ("outside a person's region", |class| number(class.sources.outside_region)),
        ("outside a model's region", |class| number(class.sources.outside_model_region)),
        ("suggested and accepted", |class| number(class.sources.accepted)),
        ("conflicts", |class| number(class.conflicts)),
        ("painted outside the region", |class| number(class.painted_outside_region)),
        ("paint left at training size", |class| {
            class.surviving_paint.map_or(Cell::Missing, |share| Cell::text(percent(share)))
        }),
    ];
    let heads = audit.classes.iter().map(|class| Column::number(&class.class));
    let columns = std::iter::once(Column::text("pixels")).chain(heads).collect();
    let mut table = Table::new("Where the evidence comes from", columns);
    for (head, cell) in ROWS {
        let cells = audit.classes.iter().map(cell);
        table.row(std::iter::once(Cell::text(head)).chain(cells).collect());
    }
    let frame = audit.frame;
    table.note(format!(
        "training size: height {}, width {} (--image-size)",
        frame.height, frame.width
    ));
    table
}

/// The regions by who drew them; empty if there are none.
pub(super) fn regions(audit: &Audit) -> Table {
    let heads = ["cases", "regions", "cases they count in"].map(Column::number);
    let painted =
        audit.classes.iter().map(|class| Column::number(format!("{} outside", class.class)));
    let columns = std::iter::once(Column::text("drawn by")).chain(heads).chain(painted).collect();
    let mut table = Table::new("Regions, and pixels painted outside them", columns);
    for drawn in audit.regions.iter().filter(|drawn| drawn.regions > 0) {
        let counts = [drawn.cases, drawn.regions, drawn.cases_used].map(number);
        let painted = drawn.painted_outside.iter().copied().map(number);
        table.row(
            std::iter::once(Cell::text(role(drawn.role))).chain(counts).chain(painted).collect(),
        );
    }
    table
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Expert => "experts",
        Role::NonExpert => "non-experts",
        Role::Model => "a model",
    }
}

fn number(count: u64) -> Cell {
    Cell::count(count as usize)
}

fn share(part: u64, counts: Counts) -> Cell {
    let all = counts.positive + counts.negative + counts.unknown;
    if all == 0 { Cell::Missing } else { Cell::text(percent(part as f64 / all as f64)) }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}
