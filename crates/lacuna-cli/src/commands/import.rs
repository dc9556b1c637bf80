//! `lacuna import`: other tools' files into a data set.

mod report;
mod tool;
mod unpainted;

use anyhow::Result;
use lacuna_data::Dataset;
use lacuna_data::formats::png_masks::{BoxAround, FolderImport, MaskFolder, import};
use lacuna_data::formats::{Format, ImportReport, importers};

use super::format_list;
use crate::cli::{ImagesArgs, ImportArgs, ImportFormat, PngMasksArgs, TargetArgs};
use crate::error_report::UsageError;
use crate::exit_status::ExitStatus;
use crate::printer::Printer;
use crate::wording::some_of;

/// Pictures alone, which are no format of annotations.
static IMAGES: Format = Format {
    name: "images",
    about: "a folder of pictures about which nothing has been said yet (PNG, JPEG, TIFF, WebP, BMP, DICOM)",
    unpainted: None,
    options: &[],
};

/// Imports, or lists what can be imported.
pub(crate) fn run(arguments: &ImportArgs, printer: &Printer) -> Result<ExitStatus> {
    match &arguments.format {
        Some(ImportFormat::PngMasks(arguments)) => png_masks(arguments, printer)?,
        Some(ImportFormat::Images(arguments)) => images(arguments, printer)?,
        Some(format) => {
            if let Some((name, arguments)) = format.tool() {
                tool::run(name, arguments, printer)?;
            }
        }
        None => list(printer)?,
    }
    Ok(ExitStatus::Done)
}

fn list(printer: &Printer) -> Result<()> {
    let mut formats = vec![&IMAGES];
    formats.extend(importers().into_iter().map(|entry| entry.format));
    printer.result(&formats, || format_list::text(&formats))
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
        reading: arguments.target.reading(),
        author: arguments.author.clone(),
    };
    add(dataset, &what, &arguments.target, printer)
}

fn images(arguments: &ImagesArgs, printer: &Printer) -> Result<()> {
    let what = FolderImport {
        images: arguments.path.clone(),
        masks: None,
        group_from: arguments.target.group_from.clone(),
        reading: arguments.target.reading(),
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
