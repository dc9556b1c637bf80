//! A data set as YOLO's label files.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::EXPORT;
use crate::annotation::{Annotation, Ternary};
use crate::class::ClassSet;
use crate::dataset::{Case, Dataset, Split};
use crate::formats::export::{CaseLosses, OutputFolder, pixels_in};
use crate::formats::outline::closed_lines;
use crate::formats::{
    Export, ExportError, ExportReport, Exporter, Format, LossKind, OptionError, OptionValues,
};
use crate::image::Size;

/// Writes `images`, `labels` with a polygon a line, and `data.yaml`.
#[derive(Clone, Debug)]
pub struct YoloExport {
    /// The split whose first fold is written; without one, all pictures are for training and validation.
    pub split: Option<String>,
}

impl YoloExport {
    /// From options by name.
    ///
    /// # Errors
    /// None so far.
    pub fn from_options(options: &OptionValues) -> Result<Self, OptionError> {
        Ok(Self { split: options.optional("split").map(str::to_owned) })
    }
}

impl Exporter for YoloExport {
    fn format(&self) -> &'static Format {
        &EXPORT
    }

    fn write(&self, export: &Export<'_>) -> Result<ExportReport, ExportError> {
        let (dataset, folder) = export.parts();
        let split = self.split.as_ref().map(|name| Split::load(dataset, name)).transpose()?;
        let (pictures, mut report) =
            export.each_case(|_, case, said| write_case(dataset, folder, case, &said))?;
        let pictures = pictures.into_iter().collect();
        let parts = if let Some(split) = &split {
            lists(split, &pictures, folder)?
        } else {
            let note = "also for validation: no split was named (`--option split=NAME`)";
            report.notes.push((note.to_owned(), report.cases));
            "train: images\nval: images\n".to_owned()
        };
        let text = format!("{parts}{}", names(dataset.classes()));
        folder.write("data.yaml", text.as_bytes())?;
        Ok(report)
    }
}

/// A case's id, and its picture in the folder.
type Written = (String, String);

fn write_case(
    dataset: &Dataset,
    folder: &OutputFolder,
    case: &Case,
    said: &Annotation,
) -> Result<(Written, CaseLosses), ExportError> {
    let mut losses = CaseLosses::default();
    let (picture, note) = folder.picture(dataset, case, &format!("images/{}", case.id))?;
    losses.note = note;
    losses.add_state(LossKind::Unknown, said, Ternary::Unknown);
    losses.add_suggested(said);
    losses.add(LossKind::Regions, None, said.regions.len());
    let lines = polygons(said, dataset.image_size(case)?);
    folder.write(format!("labels/{}.txt", case.id), lines.as_bytes())?;
    Ok(((case.id.clone(), picture), losses))
}

/// A line a polygon: the number of its class, and its points in shares of width and height.
fn polygons(said: &Annotation, size: Size) -> String {
    let mut text = String::new();
    for (class, mask) in said.masks.iter().enumerate() {
        for line in closed_lines(&pixels_in(mask, Ternary::Positive)) {
            let _ = write!(text, "{class}");
            for [x, y] in line {
                let (x, y) = (x / size.width as f64, y / size.height as f64);
                let _ = write!(text, " {x:.7} {y:.7}");
            }
            text.push('\n');
        }
    }
    text
}

/// Writes the lists of the first fold's pictures and returns the lines that name them.
fn lists(
    split: &Split,
    pictures: &BTreeMap<String, String>,
    folder: &OutputFolder,
) -> Result<String, ExportError> {
    let mut text = String::new();
    let fold = split.fold(0)?;
    let parts = [("train", &fold.train), ("val", &fold.validation), ("test", &fold.test)];
    for (part, ids) in parts {
        let paths = ids.iter().filter_map(|id| pictures.get(id));
        let list: String = paths.map(|path| format!("./{path}\n")).collect();
        if !list.is_empty() {
            folder.write(format!("{part}.txt"), list.as_bytes())?;
            let _ = writeln!(text, "{part}: {part}.txt");
        }
    }
    Ok(text)
}

fn names(classes: &ClassSet) -> String {
    let mut text = "names:\n".to_owned();
    for (number, name) in classes.names().iter().enumerate() {
        // a JSON string is one of YAML
        let _ = writeln!(text, "  {number}: {}", serde_json::Value::from(name.as_str()));
    }
    text
}
