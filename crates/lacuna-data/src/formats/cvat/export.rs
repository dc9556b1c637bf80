//! A data set as CVAT XML.

use super::runs::BoxRuns;
use super::{EXPORT, REGION};
use crate::annotation::{Annotation, BinaryMask, Shape, Ternary};
use crate::class::ClassSet;
use crate::formats::export::{CaseLosses, pixels_in, split_suggested};
use crate::formats::xml::escaped;
use crate::formats::{
    Export, ExportError, ExportReport, Exporter, Format, LossKind, OptionError, OptionValues,
};

/// Writes `annotations.xml` and `images/`.
#[derive(Clone, Debug)]
pub struct CvatExport {
    /// Write pixels known to be negative with labels of their own.
    pub negatives: bool,
}

impl CvatExport {
    /// From options by name.
    ///
    /// # Errors
    /// If an option has a value that it does not take.
    pub fn from_options(options: &OptionValues) -> Result<Self, OptionError> {
        Ok(Self { negatives: options.flag("negatives")? })
    }
}

impl Exporter for CvatExport {
    fn format(&self) -> &'static Format {
        &EXPORT
    }

    fn write(&self, export: &Export<'_>) -> Result<ExportReport, ExportError> {
        let (dataset, folder) = export.parts();
        let (images, report) = export.each_case(|i, case, said| {
            let mut losses = CaseLosses::default();
            let (name, note) = folder.picture(dataset, case, &format!("images/{}", case.id))?;
            losses.note = note;
            if !self.negatives {
                losses.add_state(LossKind::Negative, &said, Ternary::Negative);
            }
            let size = dataset.image_size(case)?;
            let head = format!(
                "  <image id=\"{i}\" name=\"{}\" width=\"{}\" height=\"{}\">\n",
                escaped(name.trim_start_matches("images/")),
                size.width,
                size.height
            );
            Ok((head + &self.shapes(&said, dataset.classes()) + "  </image>\n", losses))
        })?;
        let meta = self.meta(dataset.classes());
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<annotations>\n  <version>1.1</version>\n{meta}{}</annotations>\n",
            images.concat()
        );
        folder.write("annotations.xml", text.as_bytes())?;
        Ok(report)
    }
}

impl CvatExport {
    /// The labels, as CVAT lists them for a task.
    fn meta(&self, classes: &ClassSet) -> String {
        let mut labels = Vec::new();
        for class in classes.classes() {
            labels.push((class.name.clone(), class.color));
            if self.negatives {
                labels.push((format!("not_{}", class.name), [112; 3]));
            }
        }
        labels.push((REGION.to_owned(), [32, 96, 192]));
        let label = |(name, [r, g, b]): (String, [u8; 3])| {
            format!(
                "        <label><name>{name}</name><color>#{r:02x}{g:02x}{b:02x}</color><attributes></attributes></label>\n"
            )
        };
        let labels: String = labels.into_iter().map(label).collect();
        format!(
            "  <meta>\n    <task>\n      <labels>\n{labels}      </labels>\n    </task>\n  </meta>\n"
        )
    }

    fn shapes(&self, said: &Annotation, classes: &ClassSet) -> String {
        let mut text = String::new();
        for (class, mask) in said.masks.iter().enumerate() {
            let name = &classes.classes()[class].name;
            let mut states = vec![(Ternary::Positive, name.clone())];
            if self.negatives {
                states.push((Ternary::Negative, format!("not_{name}")));
            }
            for (state, label) in states {
                let pixels = pixels_in(mask, state);
                let (painted, suggested) = split_suggested(&pixels, said.suggested[class].as_ref());
                text.push_str(&mask_element(&painted, &label, "manual"));
                text.push_str(&mask_element(&suggested, &label, "auto"));
            }
        }
        said.regions.iter().for_each(|region| text.push_str(&region_element(&region.shape)));
        text
    }
}

fn mask_element(pixels: &BinaryMask, label: &str, source: &str) -> String {
    let Some(runs) = BoxRuns::of(pixels) else { return String::new() };
    let counts: Vec<_> = runs.counts.iter().map(ToString::to_string).collect();
    format!(
        "    <mask label=\"{label}\" source=\"{source}\" occluded=\"0\" rle=\"{}\" left=\"{}\" top=\"{}\" width=\"{}\" height=\"{}\" z_order=\"0\"/>\n",
        counts.join(", "),
        runs.left,
        runs.top,
        runs.width,
        runs.height
    )
}

/// CVAT turns boxes about their middle.
fn region_element(shape: &Shape) -> String {
    let attributes = format!("label=\"{REGION}\" source=\"manual\" occluded=\"0\" z_order=\"0\"");
    match shape {
        &Shape::Box { x, y, width, height, rotation } => {
            let (sin, cos) = rotation.to_radians().sin_cos();
            let left = x + width / 2.0 * cos - height / 2.0 * sin - width / 2.0;
            let top = y + width / 2.0 * sin + height / 2.0 * cos - height / 2.0;
            let rotation = rotation.rem_euclid(360.0);
            let (right, bottom) = (left + width, top + height);
            format!(
                "    <box {attributes} xtl=\"{left}\" ytl=\"{top}\" xbr=\"{right}\" ybr=\"{bottom}\" rotation=\"{rotation}\"/>\n"
            )
        }
        Shape::Polygon(points) => {
            let points: Vec<_> = points.iter().map(|[x, y]| format!("{x},{y}")).collect();
            format!("    <polygon {attributes} points=\"{}\"/>\n", points.join(";"))
        }
    }
}
