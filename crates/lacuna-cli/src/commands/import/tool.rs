//! Files of other annotation tools.

use anyhow::Result;
use lacuna_data::Dataset;
use lacuna_data::annotation::Unpainted;
use lacuna_data::formats::{ImportError, ImportFormat, ImportReport, ImportRequest, LabelMap};

use super::{report, unpainted};
use crate::cli::ToolArgs;
use crate::commands::format_list;
use crate::error_report::UsageError;
use crate::printer::Printer;
use crate::wording::some_of;

/// Imports files of the format called `name`.
pub(super) fn run(name: &str, arguments: &ToolArgs, printer: &Printer) -> Result<()> {
    let mut dataset = Dataset::open(&arguments.target.data)?;
    let mut unpainted = arguments.unpainted.map(Unpainted::from);
    let report = loop {
        match import(name, arguments, unpainted, &mut dataset, printer) {
            Err(error) if is_unsaid(&error) => unpainted = Some(unpainted::ask(printer)?),
            other => break other?,
        }
    };
    printer.result(&report, || summary(&report, arguments))?;
    warn(&report, printer);
    let data = arguments.target.data.display();
    printer.hint(&format!("see what it can teach: `lacuna audit --data {data}`"));
    Ok(())
}

fn import(
    name: &str,
    arguments: &ToolArgs,
    unpainted: Option<Unpainted>,
    dataset: &mut Dataset,
    printer: &Printer,
) -> Result<ImportReport> {
    let format = ImportFormat::named(name)
        .ok_or_else(|| UsageError::new(format!("there is no format `{name}`")))?;
    let options = format_list::options(&arguments.option)?;
    let importer = format.importer(request(arguments, unpainted), options)?;
    let progress = printer.progress("reading pictures", 0);
    Ok(importer.import(dataset, &|done, total| progress.set(done, total))?)
}

fn request(arguments: &ToolArgs, unpainted: Option<Unpainted>) -> ImportRequest {
    let mut request = ImportRequest::new(&arguments.path);
    request.images.clone_from(&arguments.images);
    request.unpainted = unpainted;
    request.labels = LabelMap {
        labels: arguments.label.iter().cloned().collect(),
        skip_others: arguments.skip_other_labels,
    };
    request.boxes = arguments.boxes.into();
    request.group_from.clone_from(&arguments.target.group_from);
    request.reading = arguments.target.reading();
    request.author.clone_from(&arguments.author);
    request
}

/// The format does not say what unpainted pixels mean, and neither did the user.
fn is_unsaid(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(ImportError::UnpaintedUnsaid { .. }))
}

fn summary(report: &ImportReport, arguments: &ToolArgs) -> String {
    let mut text = report::summary(report, &arguments.target.data);
    for (what, count) in report.skipped() {
        text.push_str(&format!("left out: {count} {what}\n"));
    }
    text
}

fn warn(report: &ImportReport, printer: &Printer) {
    let bare = report.without_masks();
    if !bare.is_empty() {
        let names = some_of(&bare);
        printer.warning(
            &format!("nothing is said about {names}: everything in them is unknown"),
            None,
        );
    }
    if report.skipped().contains_key("boxes") {
        printer.warning(
            "boxes with the label of a class were left out",
            Some(
                "if together they enclose everything of interest, import with `--boxes regions`; \
                 `--label LABEL=:region` for a box around everything",
            ),
        );
    }
    for class in report::never_painted(report) {
        printer.warning(&format!("class {class} is painted in none of these pictures"), None);
    }
    if report.cases.iter().all(|case| case.group.is_none()) {
        printer.warning(
            "the patients are not known: pictures of one mouth may end up on both sides of a split",
            Some("take them from the file names with `--group-from`, or fill the column `group` of cases.csv"),
        );
    }
}
