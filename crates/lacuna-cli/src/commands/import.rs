//! `lacuna import`: other tools' files into a data set.

mod report;
mod unpainted;

use anyhow::Result;
use lacuna_data::Dataset;
use lacuna_data::formats::ImportReport;
use lacuna_data::formats::png_masks::{BoxAround, FolderImport, MaskFolder, import};
use serde::Serialize;

use crate::cli::{ImagesArgs, ImportArgs, ImportFormat, PngMasksArgs, TargetArgs};
use crate::error_report::UsageError;
use crate::exit_status::ExitStatus;
use crate::printer::Printer;
use crate::wording::some_of;

/// A format that can be imported.
#[derive(Serialize)]
struct Format {
    name: &'static str,
    reads: &'static str,
}

const FORMATS: [Format; 2] = [
    Format {
        name: "images",
        reads: "a folder of pictures about which nothing has been said yet (PNG, JPEG, TIFF, WebP, BMP)",
    },
    Format {
        name: "png-masks",
        reads: "a folder of pictures and a folder of PNG masks, indexed or one file a class",
    },
];

/// Imports, or lists what can be imported.
pub(crate) fn run(arguments: &ImportArgs, printer: &Printer) -> Result<ExitStatus> {
    match &arguments.format {
        Some(ImportFormat::PngMasks(arguments)) => png_masks(arguments, printer)?,
        Some(ImportFormat::Images(arguments)) => images(arguments, printer)?,
        None => printer.result(&FORMATS, list)?,
    }
    Ok(ExitStatus::Done)
}

fn list() -> String {
    let line = |format: &Format| format!("{:<12}{}\n", format.name, format.reads);
    FORMATS.iter().map(line).collect()
}

fn png_masks(arguments: &PngMasksArgs, printer: &Printer) -> Result<()> {
    let dataset = Dataset::open(&arguments.target.data)?;
    let unpainted = match arguments.unpainted {
        Some(meaning) => meaning.into(),
        None => unpainted::ask(printer)?,
    };
    let mut values = std::collections::BTreeMap::new();
    for (value, class) in &arguments.map {
        if values.insert(*value, class.clone()).is_some() {
            return Err(UsageError::new(format!("`--map` gives value {value} two classes")).into());
        }
    }
    let masks = MaskFolder {
        dir: arguments.masks.clone(),
        unpainted,
        values,
        ignore_value: arguments.ignore_value,
        neither_value: arguments.neither_value,
        box_around: (!arguments.box_around.is_empty()).then(|| BoxAround {
            classes: arguments.box_around.clone(),
            margin: arguments.box_margin,
        }),
    };
    let what = FolderImport {
        images: arguments.images.clone(),
        masks: Some(masks),
        group_from: arguments.target.group_from.clone(),
        author: arguments.author.clone(),
    };
    add(dataset, &what, &arguments.target, printer)
}

fn images(arguments: &ImagesArgs, printer: &Printer) -> Result<()> {
    let what = FolderImport {
        images: arguments.path.clone(),
        masks: None,
        group_from: arguments.target.group_from.clone(),
        author: None,
    };
    add(Dataset::open(&arguments.target.data)?, &what, &arguments.target, printer)
}

fn add(
    mut dataset: Dataset,
    what: &FolderImport,
    target: &TargetArgs,
    printer: &Printer,
) -> Result<()> {
    let report = {
        let progress = printer.progress("reading pictures", 0);
        import(&mut dataset, what, &|done, total| progress.set(done, total))?
    };
    printer.result(&report, || report::summary(&report, &target.data))?;
    warn(&report, what, target, printer);
    printer
        .hint(&format!("see what it can teach: `lacuna audit --data {}`", target.data.display()));
    Ok(())
}

fn warn(report: &ImportReport, what: &FolderImport, target: &TargetArgs, printer: &Printer) {
    let bare = report.without_masks();
    if what.masks.is_some() && !bare.is_empty() {
        printer.warning(
            &format!("no mask for {}: everything in them is unknown", some_of(&bare)),
            Some("masks are called like their picture: STEM.png, STEM_CLASS.png or CLASS/STEM.png"),
        );
    }
    for class in report::never_painted(report) {
        printer.warning(
            &format!("class {class} is painted in none of these pictures"),
            Some("is the right value mapped to it (`--map VALUE=CLASS`)?"),
        );
    }
    if target.group_from.is_none() {
        printer.warning(
            "the patients are not known: pictures of one mouth may end up on both sides of a split",
            Some("take them from the file names with `--group-from`, or fill the column `group` of cases.csv"),
        );
    }
}
