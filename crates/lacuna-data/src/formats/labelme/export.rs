//! A data set as LabelMe's files.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{EXPORT, File, LabelledShape, REGION};
use crate::annotation::mask_file::binary_png;
use crate::annotation::region::bounds;
use crate::annotation::{Annotation, BinaryMask, Shape, Ternary};
use crate::class::ClassSet;
use crate::dataset::{Case, Dataset};
use crate::formats::export::{CaseLosses, OutputFolder, pixels_in};
use crate::formats::{
    Export, ExportError, ExportReport, Exporter, Format, LossKind, OptionError, OptionValues,
};
use crate::image::Size;

/// Writes `ID.json` beside each picture.
#[derive(Clone, Debug)]
pub struct LabelmeExport {
    /// Write pixels known to be negative with labels of their own.
    pub negatives: bool,
}

impl LabelmeExport {
    /// From options by name.
    ///
    /// # Errors
    /// If an option has a value that it does not take.
    pub fn from_options(options: &OptionValues) -> Result<Self, OptionError> {
        Ok(Self { negatives: options.flag("negatives")? })
    }
}

impl Exporter for LabelmeExport {
    fn format(&self) -> &'static Format {
        &EXPORT
    }

    fn write(&self, export: &Export<'_>) -> Result<ExportReport, ExportError> {
        let (dataset, folder) = export.parts();
        let (_, report) =
            export.each_case(|_, case, said| Ok(((), self.case(dataset, folder, case, &said)?)))?;
        Ok(report)
    }
}

impl LabelmeExport {
    fn case(
        &self,
        dataset: &Dataset,
        folder: &OutputFolder,
        case: &Case,
        said: &Annotation,
    ) -> Result<CaseLosses, ExportError> {
        let mut losses = CaseLosses::default();
        let (name, note) = folder.picture(dataset, case, &case.id)?;
        losses.note = note;
        losses.add_suggested(said);
        if !self.negatives {
            losses.add_state(LossKind::Negative, said, Ternary::Negative);
        }
        let size = dataset.image_size(case)?;
        let file = File {
            version: "5.5.0".to_owned(),
            flags: serde_json::Map::new(),
            shapes: self.shapes(said, dataset.classes(), size),
            image_path: name,
            image_data: None,
            height: Some(size.height),
            width: Some(size.width),
        };
        folder.write_json(format!("{}.json", case.id), &file)?;
        Ok(losses)
    }

    fn shapes(&self, said: &Annotation, classes: &ClassSet, size: Size) -> Vec<LabelledShape> {
        let mut shapes = Vec::new();
        for (class, mask) in said.masks.iter().enumerate() {
            let name = &classes.classes()[class].name;
            shapes.extend(mask_shape(&pixels_in(mask, Ternary::Positive), name, size));
            if self.negatives {
                let label = format!("not_{name}");
                shapes.extend(mask_shape(&pixels_in(mask, Ternary::Negative), &label, size));
            }
        }
        shapes.extend(said.regions.iter().map(|region| region_shape(&region.shape)));
        shapes
    }
}

fn shape(label: &str, kind: &str, points: Vec<[f64; 2]>) -> LabelledShape {
    LabelledShape {
        label: label.to_owned(),
        points,
        group_id: None,
        shape_type: Some(kind.to_owned()),
        flags: serde_json::Map::new(),
        mask: None,
    }
}

/// The bitmap of the box around the pixels set.
fn mask_shape(pixels: &BinaryMask, label: &str, size: Size) -> Option<LabelledShape> {
    let set = pixels.values().iter().enumerate().filter(|(_, set)| **set).map(|(i, _)| i);
    let [left, top, right, bottom] = bounds(size.width, set)?;
    let own = Size::new((right - left) as usize, (bottom - top) as usize);
    let mut part = BinaryMask::empty(own);
    for (i, value) in part.values_mut().iter_mut().enumerate() {
        *value = pixels.get(left as usize + i % own.width, top as usize + i / own.width);
    }
    let png = binary_png(&part).ok()?;
    let points = vec![[left, top], [right - 1.0, bottom - 1.0]];
    Some(LabelledShape { mask: Some(STANDARD.encode(png)), ..shape(label, "mask", points) })
}

/// LabelMe's rectangles are not turned; a turned one is a polygon.
fn region_shape(region: &Shape) -> LabelledShape {
    match region {
        &Shape::Box { x, y, width, height, rotation: 0.0 } => {
            shape(REGION, "rectangle", vec![[x, y], [x + width, y + height]])
        }
        other => shape(REGION, "polygon", other.corners()),
    }
}
