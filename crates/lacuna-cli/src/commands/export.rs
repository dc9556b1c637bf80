//! `lacuna export`: a data set as another tool's files.

use std::path::Path;

use anyhow::Result;
use lacuna_data::Dataset;
use lacuna_data::formats::{ExportFormat, ExportReport, Loss, exporters};

use super::format_list;
use crate::cli::ExportArgs;
use crate::error_report::UsageError;
use crate::exit_status::ExitStatus;
use crate::printer::Printer;
use crate::wording::count;

/// Exports, or lists what can be exported.
pub(crate) fn run(arguments: &ExportArgs, printer: &Printer) -> Result<ExitStatus> {
    let (Some(name), Some(data), Some(output)) =
        (&arguments.format, &arguments.data, &arguments.output_dir)
    else {
        let formats: Vec<_> = exporters().into_iter().map(|entry| entry.format).collect();
        printer.result(&formats, || format_list::text(&formats))?;
        return Ok(ExitStatus::Done);
    };
    let format = ExportFormat::named(name)
        .ok_or_else(|| UsageError::new(format!("there is no format `{name}`")))?;
    let exporter = format.exporter(format_list::options(&arguments.option)?)?;
    let dataset = Dataset::open(data)?;
    let report = {
        let progress = printer.progress("writing pictures", 0);
        exporter.export(&dataset, output, &|done, total| progress.set(done, total))?
    };
    printer.result(&report, || summary(&report, output))?;
    for loss in &report.losses {
        printer.warning(&words(loss, name), None);
    }
    Ok(ExitStatus::Done)
}

fn summary(report: &ExportReport, output: &Path) -> String {
    let mut text = format!("wrote {} to {}\n", count(report.cases, "picture"), output.display());
    for (note, cases) in &report.notes {
        text.push_str(&format!("{}: {note}\n", count(*cases, "picture")));
    }
    text
}

/// What is lost, of what, and where.
fn words(loss: &Loss, format: &str) -> String {
    let class = loss.class.as_ref().map_or(String::new(), |class| format!("class {class}, "));
    let cases = count(loss.cases, "picture");
    format!("{format} cannot hold {} {} ({class}{cases})", loss.count, loss.kind)
}
