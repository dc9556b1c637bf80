//! The labelling interface of a project: which tools there are, and what their labels mean for a data set.

use std::path::Path;

use roxmltree::Node;

use super::annotators::Annotators;
use super::export::{REGION, Results};
use super::import::Painter;
use super::task::parse;
use super::{IMPORT, LabelStudioImport, Predictions};
use crate::annotation::{Annotation, BinaryMask, Role, Unpainted};
use crate::class::{Class, ClassSet, default_color};
use crate::formats::import::{Import, ImportRequest};
use crate::formats::labels::{Label, LabelMap, Labels, Meaning};
use crate::formats::painting::Painting;
use crate::formats::xml;
use crate::image::Size;

/// What begins the label of pixels that are not of a class.
const NOT: &str = "not_";

/// Tools whose shapes an annotation can be made of.
const TOOLS: [&str; 4] = ["BrushLabels", "PolygonLabels", "EllipseLabels", "RectangleLabels"];
/// Others with which pixels can be marked. Key points mark none.
const OTHER_TOOLS: [&str; 8] =
    ["BitmaskLabels", "VectorLabels", "Labels", "Brush", "Bitmask", "Polygon", "Ellipse", "Vector"];

/// An interface in which pictures are painted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Name of the tag of the picture.
    image: String,
    /// The field of a task's data with the address of the picture.
    image_key: String,
    /// Name of the tag of the brush.
    brush: String,
    brush_labels: Vec<InterfaceLabel>,
    /// Those of all tools.
    labels: Vec<InterfaceLabel>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct InterfaceLabel {
    /// As it stands in results.
    name: String,
    /// Names that a model has for it.
    predicted: Vec<String>,
    color: Option<[u8; 3]>,
}

/// An interface that cannot be worked with, or a task that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InterfaceError {
    /// No XML.
    #[error("the labelling interface cannot be read: {0}")]
    Syntax(String),
    /// No brush, or no picture for it.
    #[error("the labelling interface has no {0}")]
    Missing(&'static str),
    /// A label that means nothing here.
    #[error("the label `{label}` is no class of the data set ({known})")]
    UnknownLabel {
        /// The label.
        label: String,
        /// The classes there are.
        known: String,
    },
    /// A class that no brush paints.
    #[error("no label of the brush stands for the class `{0}`")]
    NoLabel(String),
    /// A label of several classes: what is painted with it could be any of them.
    #[error("the label `{label}` stands for `{class}` and for another class")]
    Ambiguous {
        /// The label.
        label: String,
        /// One of its classes.
        class: String,
    },
    /// A tool whose shapes are not read: unpainted pixels might be painted with it.
    #[error("the labelling interface has `{0}`, which is not supported")]
    Unsupported(String),
    /// A task that cannot be read.
    #[error("{0}")]
    Task(String),
}

impl InterfaceError {
    /// What a person can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Missing(_) => Some(
                "it needs an `<Image name=\"image\" value=\"$image\"/>` and `<BrushLabels toName=\"image\">` with a label for each class",
            ),
            Self::Ambiguous { .. } => Some("give each class a label of its own"),
            Self::Unsupported(_) => Some(
                "paint with `BrushLabels`, `PolygonLabels` or `EllipseLabels`, and draw regions with `RectangleLabels`",
            ),
            Self::UnknownLabel { .. } | Self::NoLabel(_) => Some(
                "give the label the name of the class, or the class in `predicted_values`: `<Label value=\"Gum\" predicted_values=\"gum\"/>`",
            ),
            _ => None,
        }
    }
}

/// How annotations are understood.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// What pixels are that nobody painted.
    pub unpainted: Unpainted,
    /// As whose regions count.
    pub role: Role,
}

impl Interface {
    /// Reads a project's labelling configuration. The brush is the first `BrushLabels`.
    ///
    /// # Errors
    /// If it is no XML, or has no brush with labels for a picture.
    pub fn parse(config: &str) -> Result<Self, InterfaceError> {
        let document = xml::parse(config, Path::new("label_config.xml"));
        let document = document.map_err(|e| InterfaceError::Syntax(e.message))?;
        let tags = || document.descendants().filter(Node::is_element);
        let named = |tag: &'static str| tags().filter(move |node| node.has_tag_name(tag));
        let brush = named("BrushLabels").next().ok_or(InterfaceError::Missing("BrushLabels"))?;
        let target = attribute(brush, "toName");
        let image = named("Image").find(|image| attribute(*image, "name") == target);
        let image = image.ok_or(InterfaceError::Missing("Image for its brush"))?;
        let image_key = attribute(image, "value").strip_prefix('$').unwrap_or_default();
        if image_key.is_empty() {
            return Err(InterfaceError::Missing("Image with a field of the task as its value"));
        }
        let of_image = |node: &Node<'_, '_>| attribute(*node, "toName") == target;
        let is_tool = |node: &Node<'_, '_>| TOOLS.iter().any(|tool| node.has_tag_name(*tool));
        let is_other = |node: &Node<'_, '_>| OTHER_TOOLS.iter().any(|t| node.has_tag_name(*t));
        if let Some(other) = tags().filter(of_image).find(is_other) {
            return Err(InterfaceError::Unsupported(other.tag_name().name().to_owned()));
        }
        let mut labels: Vec<InterfaceLabel> = Vec::new();
        for label in tags().filter(is_tool).filter(of_image).flat_map(labels_of) {
            if !labels.iter().any(|known| known.name == label.name) {
                labels.push(label);
            }
        }
        let brush_labels = labels_of(brush);
        if brush_labels.is_empty() {
            return Err(InterfaceError::Missing("Label in its BrushLabels"));
        }
        Ok(Self {
            image: target.to_owned(),
            image_key: image_key.to_owned(),
            brush: attribute(brush, "name").to_owned(),
            brush_labels,
            labels,
        })
    }

    /// The field of a task's data with the address of the picture.
    pub fn image_key(&self) -> &str {
        &self.image_key
    }

    /// The classes that the brush paints, for a new data set.
    pub fn classes(&self) -> Vec<Class> {
        let is_class =
            |label: &&InterfaceLabel| !label.name.starts_with(NOT) && label.name != REGION;
        let class = |(index, label): (usize, &InterfaceLabel)| Class {
            name: label.predicted.first().unwrap_or(&label.name).clone(),
            color: label.color.unwrap_or_else(|| default_color(index)),
        };
        self.brush_labels.iter().filter(is_class).enumerate().map(class).collect()
    }

    /// Whether every label means something for a data set of these classes, and the brush has one for each of them.
    ///
    /// # Errors
    /// The first label or class of which this is not so.
    pub fn check(&self, classes: &ClassSet) -> Result<(), InterfaceError> {
        self.check_labels(classes)?;
        let labels = self.meanings(classes)?;
        for (index, class) in classes.names().into_iter().enumerate() {
            let label = self.label_of(&class)?;
            if labels.meaning(label) != Some(Meaning::Class(index)) {
                return Err(InterfaceError::Ambiguous { label: label.to_owned(), class });
            }
        }
        Ok(())
    }

    /// Whether every label means something for a data set of these classes. It may have others, about which the interface
    /// says nothing.
    ///
    /// # Errors
    /// The first label of which this is not so.
    pub fn check_labels(&self, classes: &ClassSet) -> Result<(), InterfaceError> {
        let labels = self.meanings(classes)?;
        let strange = self.labels.iter().find(|label| labels.meaning(&label.name).is_none());
        strange.map_or(Ok(()), |label| {
            let (label, known) = (label.name.clone(), classes.names().join(", "));
            Err(InterfaceError::UnknownLabel { label, known })
        })
    }

    /// What all annotations of a task together say: a pixel on which two of them contradict each other is unknown, and so
    /// is everything in a picture that nobody has annotated. Predictions say nothing.
    ///
    /// `task` is the task as JSON, `size` that of its picture, upright.
    ///
    /// # Errors
    /// If it is no task, or a shape does not fit the picture.
    pub fn read(
        &self,
        task: &str,
        size: Size,
        classes: &ClassSet,
        reading: Reading,
    ) -> Result<Annotation, InterfaceError> {
        let mut request = ImportRequest::new("Label Studio");
        request.unpainted = Some(reading.unpainted);
        request.box_role = reading.role;
        let of = LabelStudioImport {
            request,
            annotators: Annotators::Unanimous,
            predictions: Predictions::Skip,
            alpha: 1,
            soft_is_unknown: false,
            image_key: Some(self.image_key.clone()),
        };
        let tasks = parse(task, &of.request.path, of.image_key.as_deref())
            .map_err(|problems| InterfaceError::Task(problems[0].message.clone()))?;
        let [task] = tasks.as_slice() else {
            return Err(InterfaceError::Task(format!("{} tasks instead of one", tasks.len())));
        };
        let labels = self.meanings(classes)?;
        let spoken = labels.classes_of(self.brush_labels.iter().map(|label| &label.name));
        let unpainted = reading.unpainted;
        let import =
            Import { format: &IMPORT, request: &of.request, unpainted, spoken, is_exact: false };
        let mut painting = Painting::new(size, classes.len());
        painting.spoken.clone_from(&import.spoken);
        let painter = Painter { of: &of, labels: &labels, import: &import, classes };
        painter.task(task, &mut painting).map_err(InterfaceError::Task)?;
        Ok(painting.finish(&import.finish(classes)))
    }

    /// Masks by class as the brush would have painted them: the `result` of a prediction. A class without a pixel is not
    /// in it.
    ///
    /// # Errors
    /// If the brush has no label for a class.
    pub fn painted<'a>(
        &self,
        masks: impl IntoIterator<Item = (&'a str, &'a BinaryMask)>,
        size: Size,
    ) -> Result<serde_json::Value, InterfaceError> {
        let mut results = Results::of_tool(size, &self.brush, &self.image);
        for (class, mask) in masks {
            results.brush(mask, self.label_of(class)?);
        }
        serde_json::to_value(results.into_items()).map_err(|e| InterfaceError::Task(e.to_string()))
    }

    /// The class that a label of the interface stands for, if it stands for one.
    pub fn class_of(&self, label: &str, classes: &ClassSet) -> Option<String> {
        let names = classes.names();
        names.into_iter().find(|class| self.label_of(class).is_ok_and(|own| own == label))
    }

    /// The label of the brush for a class: the one of its name, or that says it stands for it.
    fn label_of(&self, class: &str) -> Result<&str, InterfaceError> {
        let is_its = |label: &&InterfaceLabel| {
            label.name == class || label.predicted.iter().any(|name| name == class)
        };
        let label = self.brush_labels.iter().find(is_its);
        label.map(|l| l.name.as_str()).ok_or_else(|| InterfaceError::NoLabel(class.to_owned()))
    }

    fn meanings(&self, classes: &ClassSet) -> Result<Labels, InterfaceError> {
        let known = classes.names();
        let mut map = LabelMap::default();
        for label in &self.labels {
            if let Some(class) = label.predicted.iter().find(|name| known.contains(name)) {
                map.labels.insert(label.name.clone(), Label::Class(class.clone()));
            }
        }
        let mut labels = map.resolve(classes).map_err(|e| InterfaceError::Task(e.to_string()))?;
        labels.default(REGION, Meaning::Region);
        Ok(labels)
    }
}

fn attribute<'a>(node: Node<'a, '_>, name: &str) -> &'a str {
    node.attribute(name).unwrap_or_default()
}

fn labels_of(tool: Node<'_, '_>) -> Vec<InterfaceLabel> {
    let labels = tool.children().filter(|node| node.has_tag_name("Label"));
    let label = |label| {
        let names = attribute(label, "predicted_values").split(',').map(str::trim);
        let name = label.attribute("alias").unwrap_or_else(|| attribute(label, "value"));
        InterfaceLabel {
            name: name.to_owned(),
            predicted: names.filter(|name| !name.is_empty()).map(str::to_owned).collect(),
            color: color_of(attribute(label, "background")),
        }
    };
    labels.map(label).collect()
}

/// `#rrggbb`; names of colours are none of ours.
fn color_of(text: &str) -> Option<[u8; 3]> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
    let [_, r, g, b] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
    Some([r, g, b])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Ternary;

    const SIZE: Size = Size::new(2, 2);

    fn config(labels: &str) -> String {
        format!(
            "<View><Image name='photo' value='$picture'/><BrushLabels name='b' toName='photo'>{labels}</BrushLabels>\
             <RectangleLabels name='r' toName='photo'><Label value='region'/></RectangleLabels></View>"
        )
    }

    fn classes() -> ClassSet {
        let class = |name: &str| Class { name: name.to_owned(), color: [1, 2, 3] };
        ClassSet::new(vec![class("gum"), class("tooth")], &[], &[]).unwrap()
    }

    fn interface() -> Interface {
        let labels = "<Label value='gum' background='#0a0B0c'/><Label value='Zahn' predicted_values='molar, tooth'/>\
                      <Label value='not_gum'/>";
        Interface::parse(&config(labels)).unwrap()
    }

    #[test]
    fn tools_labels_and_classes_are_found() {
        let interface = interface();
        assert_eq!((interface.image_key(), interface.check(&classes())), ("picture", Ok(())));
        let made: Vec<_> = interface.classes().into_iter().map(|c| (c.name, c.color)).collect();
        assert_eq!(made[0], ("gum".to_owned(), [10, 11, 12]));
        assert_eq!(made[1], ("molar".to_owned(), default_color(1)));
        let mask = BinaryMask::new(SIZE, vec![true, false, false, true]).unwrap();
        let result = interface.painted([("tooth", &mask)], SIZE).unwrap();
        assert_eq!(
            (&result[0]["from_name"], &result[0]["to_name"], &result[0]["value"]["brushlabels"][0]),
            (&"b".into(), &"photo".into(), &"Zahn".into())
        );
        assert_eq!(interface.class_of("Zahn", &classes()).as_deref(), Some("tooth"));
        assert_eq!(interface.class_of("region", &classes()), None);
    }

    #[test]
    fn what_is_painted_there_is_read_here() {
        let (interface, classes) = (interface(), classes());
        let mask = |values: [bool; 4]| BinaryMask::new(SIZE, values.to_vec()).unwrap();
        let of_one = interface.painted([("gum", &mask([true, true, false, false]))], SIZE).unwrap();
        let mut of_other =
            interface.painted([("gum", &mask([true, false, false, false]))], SIZE).unwrap();
        of_other[0]["value"]["brushlabels"] = serde_json::json!(["not_gum"]);
        let task = |said: &[&serde_json::Value]| {
            let said: Vec<_> =
                said.iter().map(|result| serde_json::json!({ "result": result })).collect();
            serde_json::json!({ "id": 1, "data": { "picture": "/a.png" }, "annotations": said })
                .to_string()
        };
        let read = |said: &[&serde_json::Value], unpainted| {
            let reading = Reading { unpainted, role: Role::Expert };
            let said = interface.read(&task(said), SIZE, &classes, reading).unwrap();
            said.masks.iter().map(|mask| mask.values().to_vec()).collect::<Vec<_>>()
        };
        let (p, n, u) = (Ternary::Positive, Ternary::Negative, Ternary::Unknown);
        assert_eq!(read(&[&of_one], Unpainted::Unknown), [[p, p, u, u], [u; 4]]);
        assert_eq!(read(&[&of_one], Unpainted::Background), [[p, p, n, n], [n; 4]]);
        assert_eq!(read(&[&of_one, &of_other], Unpainted::Unknown), [[u, p, u, u], [u; 4]]);
        // nobody has looked at it
        assert_eq!(read(&[], Unpainted::Background), [[u; 4], [u; 4]]);
        let reading = Reading { unpainted: Unpainted::Unknown, role: Role::Expert };
        let wrong = interface.read(&task(&[&of_one]), Size::new(3, 3), &classes, reading);
        assert!(wrong.unwrap_err().to_string().contains("drawn on 2×2 pixels"));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let table = [
            ("<View", "cannot be read"),
            ("<View/>", "has no BrushLabels"),
            ("<View><BrushLabels toName='x'><Label value='a'/></BrushLabels></View>", "no Image"),
            (&config(""), "no Label"),
            (&config("<Label value='gum'/>"), "no label of the brush stands for the class `tooth`"),
            (&config("<Label value='gum'/><Label value='tooth'/><Label value='lip'/>"), "`lip`"),
            (&config("<Label value='mouth' predicted_values='gum,tooth'/>"), "another class"),
            (&config("<Label value='gum' predicted_values='tooth'/>"), "another class"),
            (
                &config("<Label value='gum'/>").replace("Rectangle", "Bitmask"),
                "`BitmaskLabels`, which is not supported",
            ),
        ];
        for (text, expected) in table {
            let result = Interface::parse(text).and_then(|interface| interface.check(&classes()));
            let error = result.unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}
