//! A data set as Label Studio tasks.

use serde::Serialize;

use super::task::{Item, Value};
use super::{EXPORT, brush_rle};
use crate::annotation::{Annotation, BinaryMask, Region, Shape, Ternary};
use crate::class::ClassSet;
use crate::dataset::Case;
use crate::formats::export::{CaseLosses, pixels_in, split_suggested};
use crate::formats::{
    Export, ExportError, ExportReport, Exporter, Format, LossKind, OptionError, OptionValues,
};
use crate::image::Size;

/// Label of regions.
pub(super) const REGION: &str = "region";

/// Writes `tasks.json`, `label_config.xml` and `images/`.
#[derive(Clone, Debug)]
pub struct LabelStudioExport {
    /// Whether painted pixels are predictions too, and not annotations.
    pub as_predictions: bool,
    /// Write pixels known to be negative with labels of their own.
    pub negatives: bool,
    /// What comes before a picture's file name in its task.
    pub image_prefix: String,
}

impl LabelStudioExport {
    /// From options by name.
    ///
    /// # Errors
    /// If an option has a value that it does not take.
    pub fn from_options(options: &OptionValues) -> Result<Self, OptionError> {
        Ok(Self {
            as_predictions: options
                .one_of("as", &[("annotations", false), ("predictions", true)])?,
            negatives: options.flag("negatives")?,
            image_prefix: options.text("image-prefix").to_owned(),
        })
    }
}

#[derive(Serialize)]
struct TaskOut {
    data: Data,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    annotations: Vec<Said>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    predictions: Vec<Said>,
}

#[derive(Serialize)]
struct Data {
    image: String,
    case: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
}

#[derive(Serialize)]
struct Said {
    result: Vec<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model_version: Option<&'static str>,
}

impl Exporter for LabelStudioExport {
    fn format(&self) -> &'static Format {
        &EXPORT
    }

    fn write(&self, export: &Export<'_>) -> Result<ExportReport, ExportError> {
        let (dataset, folder) = export.parts();
        if let Some(class) = dataset.classes().classes().iter().find(|c| c.name == REGION) {
            let reason = format!("class `{}` is called like the label of regions", class.name);
            return Err(ExportError::DoesNotFit { format: EXPORT.name, reason });
        }
        let (tasks, report) = export.each_case(|_, case, said| {
            let (name, note) = folder.picture(dataset, case, &format!("images/{}", case.id))?;
            let mut losses = self.losses(&said);
            losses.note = note;
            let name = name.trim_start_matches("images/");
            Ok((self.task(case, &said, name, dataset.classes()), losses))
        })?;
        folder.write_json("tasks.json", &tasks)?;
        folder.write("label_config.xml", self.config(dataset.classes()).as_bytes())?;
        Ok(report)
    }
}

impl LabelStudioExport {
    fn losses(&self, said: &Annotation) -> CaseLosses {
        let mut losses = CaseLosses::default();
        if !self.negatives {
            losses.add_state(LossKind::Negative, said, Ternary::Negative);
        }
        if self.as_predictions {
            losses.add_suggested(said);
        }
        losses
    }

    fn task(&self, case: &Case, said: &Annotation, name: &str, classes: &ClassSet) -> TaskOut {
        let size = said.masks.first().map_or(Size::new(0, 0), crate::TernaryMask::size);
        let mut painted = Results::new(size);
        let mut suggested = Results::new(size);
        for (class, mask) in said.masks.iter().enumerate() {
            let name = &classes.classes()[class].name;
            let of_model = said.suggested[class].as_ref();
            let mut states = vec![(Ternary::Positive, name.clone())];
            if self.negatives {
                states.push((Ternary::Negative, format!("not_{name}")));
            }
            for (state, label) in states {
                let (ours, theirs) = split_suggested(&pixels_in(mask, state), of_model);
                painted.brush(&ours, &label);
                if self.as_predictions { &mut painted } else { &mut suggested }
                    .brush(&theirs, &label);
            }
        }
        said.regions.iter().for_each(|region| painted.region(region));
        let is_said = *said != Annotation::unknown(size, classes.len());
        let (annotations, predictions) = if self.as_predictions {
            (Vec::new(), painted.said(is_said, Some("lacuna")))
        } else {
            (painted.said(is_said, None), suggested.said(false, Some("lacuna")))
        };
        let image = format!("{}{name}", self.image_prefix);
        let data = Data { image, case: case.id.clone(), group: case.group.clone() };
        TaskOut { data, annotations, predictions }
    }

    /// The labelling interface in which these tasks can be opened.
    fn config(&self, classes: &ClassSet) -> String {
        let mut labels = String::new();
        for class in classes.classes() {
            let [r, g, b] = class.color;
            let name = &class.name;
            labels.push_str(&format!(
                "    <Label value=\"{name}\" background=\"#{r:02x}{g:02x}{b:02x}\"/>\n"
            ));
            if self.negatives {
                labels.push_str(&format!(
                    "    <Label value=\"not_{name}\" background=\"#707070\"/>\n"
                ));
            }
        }
        let region = format!("    <Label value=\"{REGION}\" background=\"#2060c0\"/>\n");
        format!(
            "<View>\n  <Image name=\"image\" value=\"$image\" zoom=\"true\"/>\n\
             \x20 <BrushLabels name=\"brush\" toName=\"image\">\n{labels}  </BrushLabels>\n\
             \x20 <RectangleLabels name=\"box\" toName=\"image\">\n{region}  </RectangleLabels>\n\
             \x20 <PolygonLabels name=\"polygon\" toName=\"image\">\n{region}  </PolygonLabels>\n</View>\n"
        )
    }
}

/// The results of one annotation.
pub(super) struct Results {
    size: Size,
    /// Names of the tags of the brush and of the picture.
    brush: String,
    image: String,
    items: Vec<Item>,
}

impl Results {
    /// None yet, in the interface that is exported.
    fn new(size: Size) -> Self {
        Self::of_tool(size, "brush", "image")
    }

    /// None yet, in an interface whose brush and picture have these names.
    pub(super) fn of_tool(size: Size, brush: &str, image: &str) -> Self {
        let (brush, image) = (brush.to_owned(), image.to_owned());
        Self { size, brush, image, items: Vec::new() }
    }

    pub(super) fn into_items(self) -> Vec<Item> {
        self.items
    }

    fn said(self, even_if_empty: bool, model_version: Option<&'static str>) -> Vec<Said> {
        if self.items.is_empty() && !even_if_empty {
            return Vec::new();
        }
        vec![Said { result: self.items, model_version }]
    }

    fn push(&mut self, kind: &str, from_name: &str, value: Value) {
        self.items.push(Item {
            id: Some(format!("lacuna{}", self.items.len())),
            kind: kind.to_owned(),
            from_name: from_name.to_owned(),
            to_name: self.image.clone(),
            original_width: Some(self.size.width),
            original_height: Some(self.size.height),
            image_rotation: 0.0,
            value,
        });
    }

    pub(super) fn brush(&mut self, pixels: &BinaryMask, label: &str) {
        if !pixels.values().contains(&true) {
            return;
        }
        let value = Value {
            format: Some("rle".to_owned()),
            rle: Some(brush_rle::encode(pixels)),
            brushlabels: vec![label.to_owned()],
            ..Value::default()
        };
        self.push("brushlabels", &self.brush.clone(), value);
    }

    fn region(&mut self, region: &Region) {
        let per_cent = |value: f64, length: usize| value * 100.0 / length as f64;
        let Size { width: columns, height: rows } = self.size;
        match &region.shape {
            &Shape::Box { x, y, width, height, rotation } => {
                let value = Value {
                    x: Some(per_cent(x, columns)),
                    y: Some(per_cent(y, rows)),
                    width: Some(per_cent(width, columns)),
                    height: Some(per_cent(height, rows)),
                    rotation: Some(rotation.rem_euclid(360.0)),
                    rectanglelabels: vec![REGION.to_owned()],
                    ..Value::default()
                };
                self.push("rectanglelabels", "box", value);
            }
            Shape::Polygon(points) => {
                let point = |p: &[f64; 2]| [per_cent(p[0], columns), per_cent(p[1], rows)];
                let value = Value {
                    points: Some(points.iter().map(point).collect()),
                    closed: Some(true),
                    polygonlabels: vec![REGION.to_owned()],
                    ..Value::default()
                };
                self.push("polygonlabels", "polygon", value);
            }
        }
    }
}
