//! A data set in the layout of VOC.

use super::colors::color;
use super::{BACKGROUND, EXPORT, REGION, VOID};
use crate::annotation::mask_file::write_values;
use crate::annotation::{Annotation, Shape};
use crate::class::ClassSet;
use crate::dataset::{Case, Dataset};
use crate::formats::export::{CaseLosses, OutputFolder};
use crate::formats::xml::escaped;
use crate::formats::{
    Export, ExportError, ExportReport, Exporter, Format, LossKind, OptionError, OptionValues,
    label_map,
};
use crate::image::Size;
use crate::supervision::PolicyName;

/// Writes `JPEGImages`, `SegmentationClass`, `Annotations` and `labelmap.txt`.
#[derive(Clone, Debug)]
pub struct VocExport {
    /// What counts as known.
    pub policy: PolicyName,
}

impl VocExport {
    /// From options by name.
    ///
    /// # Errors
    /// If an option has a value that it does not take.
    pub fn from_options(options: &OptionValues) -> Result<Self, OptionError> {
        let policy = options.text("policy").parse().map_err(|_| options.bad("policy"))?;
        Ok(Self { policy })
    }
}

impl Exporter for VocExport {
    fn format(&self) -> &'static Format {
        &EXPORT
    }

    fn write(&self, export: &Export<'_>) -> Result<ExportReport, ExportError> {
        let (dataset, folder) = export.parts();
        let (_, report) =
            export.each_case(|_, case, said| Ok(((), self.case(dataset, folder, case, &said)?)))?;
        folder.write("labelmap.txt", label_map_file(dataset.classes()).as_bytes())?;
        Ok(report)
    }
}

impl VocExport {
    fn case(
        &self,
        dataset: &Dataset,
        folder: &OutputFolder,
        case: &Case,
        said: &Annotation,
    ) -> Result<CaseLosses, ExportError> {
        let mut losses = CaseLosses::default();
        let (name, note) = folder.picture(dataset, case, &format!("JPEGImages/{}", case.id))?;
        losses.note = note;
        let size = dataset.image_size(case)?;
        let ignore = label_map::ignore_value(dataset.classes());
        let mut values = label_map::of(said, dataset.classes(), self.policy, &mut losses);
        values.iter_mut().filter(|value| **value == ignore).for_each(|value| *value = VOID as u8);
        losses.add_suggested(said);
        let palette: Vec<_> = (0..=255).map(color).collect();
        let path = folder.path(format!("SegmentationClass/{}.png", case.id))?;
        write_values(&path, size, &values, Some(&palette))?;
        let outlines = said.regions.iter().filter(|region| !is_upright(&region.shape)).count();
        losses.add(LossKind::Outlines, None, outlines);
        let xml = annotation(name.trim_start_matches("JPEGImages/"), size, said);
        folder.write(format!("Annotations/{}.xml", case.id), xml.as_bytes())?;
        Ok(losses)
    }
}

fn is_upright(shape: &Shape) -> bool {
    matches!(shape, Shape::Box { rotation, .. } if *rotation == 0.0)
}

fn label_map_file(classes: &ClassSet) -> String {
    let mut text = "# label:color_rgb:parts:actions\n".to_owned();
    let names = std::iter::once(BACKGROUND.to_owned()).chain(classes.names());
    for (value, name) in names.enumerate() {
        let [r, g, b] = color(value as u8);
        text.push_str(&format!("{name}:{r},{g},{b}::\n"));
    }
    text
}

fn annotation(name: &str, size: Size, said: &Annotation) -> String {
    let objects: String = said.regions.iter().map(|region| object(&region.shape)).collect();
    format!(
        "<annotation>\n  <filename>{}</filename>\n  <size><width>{}</width><height>{}</height><depth>3</depth></size>\n  <segmented>1</segmented>\n{objects}</annotation>\n",
        escaped(name),
        size.width,
        size.height
    )
}

/// The box around a shape; VOC counts pixels from 1.
fn object(shape: &Shape) -> String {
    let corners = shape.corners();
    let least = |axis: usize| corners.iter().map(|c| c[axis]).fold(f64::INFINITY, f64::min) + 1.0;
    let most = |axis: usize| corners.iter().map(|c| c[axis]).fold(f64::NEG_INFINITY, f64::max);
    format!(
        "  <object><name>{REGION}</name><bndbox><xmin>{}</xmin><ymin>{}</ymin><xmax>{}</xmax><ymax>{}</ymax></bndbox></object>\n",
        least(0),
        least(1),
        most(0),
        most(1)
    )
}
