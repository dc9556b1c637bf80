//! `lacuna patterns`: grids of the same pictures painted differently, side by side.

mod command;
mod figures;
mod report;
mod tables;

use std::path::Path;

use anyhow::{Context, Result};
use fs_err as fs;
use lacuna_data::atomic_file::write_atomic_bytes;
use lacuna_metrics::BootstrapSettings;
use lacuna_train::evaluate::ThresholdRule;
use lacuna_train::protocol::patterns::{Patterns, RuleChoice};
use lacuna_train::protocol::{Approach, Condition, Over};

use crate::cli::PatternsArgs;
use crate::exit_status::ExitStatus;
use crate::printer::Printer;
use crate::wording::count;

/// Reads the grids, writes report, tables and figures.
pub(crate) fn run(arguments: &PatternsArgs, printer: &Printer) -> Result<ExitStatus> {
    printer.message(&format!("reading {}", count(arguments.grids.len(), "grid")));
    let patterns = Patterns::collect(&arguments.grids, &BootstrapSettings::default())?;
    for note in &patterns.notes {
        printer.warning(note, None);
    }
    let folder = &arguments.output_dir;
    fs::create_dir_all(folder.join(figures::FOLDER))?;
    patterns.save(folder)?;
    let figures = figures::Figures::new(&patterns);
    for figure in figures.all() {
        write(&folder.join(figure.file()), &figure.drawing.to_file())?;
    }
    let document = report::write(&patterns, &figures)?;
    write(&folder.join("patterns.html"), &document.to_html())?;
    write(&folder.join("patterns.md"), document.to_markdown())?;
    printer.result(&patterns, || text(&patterns))?;
    printer.message(&format!("report: {}", folder.join("patterns.html").display()));
    Ok(ExitStatus::Done)
}

fn write(path: &Path, text: &str) -> Result<()> {
    write_atomic_bytes(path, text.as_bytes())
        .with_context(|| format!("cannot write `{}`", path.display()))
}

/// Which approach wins, and how near each is to full supervision, for the mean over classes.
fn text(patterns: &Patterns) -> String {
    let map = tables::map(patterns, RuleChoice::Half, &Over::Mean);
    format!("{}\n{}", map.to_text(), tables::reached(patterns).to_text())
}

/// A few letters for a threshold rule.
fn rule_sign(rule: ThresholdRule) -> String {
    match rule {
        ThresholdRule::Fixed(0.5) => "½".to_owned(),
        ThresholdRule::Fixed(threshold) => threshold.to_string(),
        ThresholdRule::ElkanNoto => "ĉ/2".to_owned(),
        ThresholdRule::Validation => "val.".to_owned(),
    }
}

/// Letter and word.
fn condition_name(condition: Condition) -> &'static str {
    match condition {
        Condition::Original => "(a) original masks",
        Condition::Masked => "(b) a quarter of every training picture erased",
    }
}

/// The conditions that any grid has an approach under.
fn conditions(patterns: &Patterns) -> Vec<Condition> {
    let has = |condition: &Condition| {
        let rows = patterns.rows.iter().filter(|row| row.condition == *condition);
        rows.clone().any(|row| row.approach != Approach::Full)
    };
    Condition::ALL.into_iter().filter(has).collect()
}

/// The approaches that any grid has, but full supervision.
fn approaches(patterns: &Patterns) -> Vec<Approach> {
    let has = |approach: &Approach| {
        *approach != Approach::Full && patterns.rows.iter().any(|row| row.approach == *approach)
    };
    Approach::ALL.into_iter().filter(has).collect()
}

/// The mean, then every class.
fn classes(patterns: &Patterns) -> Vec<Over> {
    std::iter::once(Over::Mean).chain(patterns.classes.iter().cloned().map(Over::Class)).collect()
}

/// `mean over classes`, or the class.
fn class_name(class: &Over) -> String {
    match class {
        Over::Mean => "mean over classes".to_owned(),
        Over::Class(name) => name.clone(),
    }
}
