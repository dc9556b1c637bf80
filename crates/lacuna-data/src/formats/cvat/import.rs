//! CVAT's XML into a data set.

use std::collections::BTreeSet;

use roxmltree::Node;

use super::IMPORT;
use super::runs::BoxRuns;
use crate::annotation::Shape;
use crate::dataset::Dataset;
use crate::formats::import::{Draft, Import, Origin, Picture, labels_of};
use crate::formats::labels::{Labels, Meaning};
use crate::formats::painting::Painting;
use crate::formats::picture_folder::{Found, PictureFolder};
use crate::formats::text_file::{read_text, wrong};
use crate::formats::xml::{number, number_or, parse};
use crate::formats::{
    Format, ImportError, ImportReport, ImportRequest, Importer, OptionError, OptionValues, Problem,
    Progress, rings,
};
use crate::image::Size;

/// Reads CVAT XML for images; the path is the XML file.
#[derive(Clone, Debug)]
pub struct CvatImport {
    /// What to import.
    pub request: ImportRequest,
    /// Whether what automatic annotation made is suggested by a model.
    pub auto_is_suggested: bool,
}

/// A shape with its label.
struct Labelled {
    label: String,
    is_auto: bool,
    shape: Result<Drawn, String>,
}

enum Drawn {
    Box(Shape),
    Outline(Vec<[f64; 2]>),
    Mask(BoxRuns),
    /// Counted by its name.
    Other(String),
}

impl CvatImport {
    /// From what is asked of any format.
    ///
    /// # Errors
    /// If an option has a value that it does not take.
    pub fn from_request(
        request: ImportRequest,
        options: &OptionValues,
    ) -> Result<Self, OptionError> {
        let auto_is_suggested =
            options.one_of("auto", &[("suggested", true), ("painted", false)])?;
        Ok(Self { request, auto_is_suggested })
    }
}

impl Importer for CvatImport {
    fn format(&self) -> &'static Format {
        &IMPORT
    }

    fn import(
        &self,
        dataset: &mut Dataset,
        progress: Progress<'_>,
    ) -> Result<ImportReport, ImportError> {
        let path = &self.request.path;
        let unpainted = self.request.stated_unpainted(&IMPORT)?;
        let text = read_text(path)?;
        let document = parse(&text, path)?;
        let root = document.root_element();
        if root.children().any(|node| node.has_tag_name("track")) {
            let reason = "it holds tracks of a video; export the task as `CVAT for images`";
            return Err(wrong(path, reason).into());
        }
        let pictures = PictureFolder::open(&self.request.picture_root())?;
        let (mut drafts, mut problems) = (Vec::new(), Vec::new());
        for node in root.children().filter(|node| node.has_tag_name("image")) {
            match self.draft(node, &pictures) {
                Ok(draft) => drafts.push(draft),
                Err(problem) => problems.push(problem),
            }
        }
        let shapes = drafts.iter().flat_map(|draft| &draft.said);
        let used: BTreeSet<String> =
            shapes.map(|shape| shape.label.clone()).filter(|label| !label.is_empty()).collect();
        let (labels, more) = labels_of(&self.request, dataset, &used, &[])?;
        problems.extend(more);
        let listed: BTreeSet<String> = listed_labels(root).union(&used).cloned().collect();
        let spoken = labels.classes_of(&listed);
        let import =
            Import { format: &IMPORT, request: &self.request, unpainted, spoken, is_exact: false };
        let paint = |draft: &Draft<Vec<Labelled>>, painting: &mut Painting| {
            // a person's word first: a model suggests only where nobody has painted
            let (auto, manual): (Vec<_>, Vec<_>) =
                draft.said.iter().partition(|shape| shape.is_auto);
            for shape in manual.into_iter().chain(auto) {
                self.take(shape, &labels, painting).map_err(|reason| {
                    wrong(path, format!("image `{}`: {reason}", draft.name.display()))
                })?;
            }
            Ok(Origin::default())
        };
        import.run(dataset, drafts, problems, &paint, progress)
    }
}

impl CvatImport {
    fn draft(
        &self,
        node: Node<'_, '_>,
        pictures: &PictureFolder,
    ) -> Result<Draft<Vec<Labelled>>, Problem> {
        let path = &self.request.path;
        let in_file = |reason: String| wrong(path, reason);
        let name =
            node.attribute("name").ok_or_else(|| in_file("an image without a name".into()))?;
        let size = Size::new(
            number(node, "width").map_err(in_file)?,
            number(node, "height").map_err(in_file)?,
        );
        let Found { name, path: picture } = match node.attribute("subset") {
            Some(subset) if !name.contains(['/', '\\']) && !subset.is_empty() => {
                pictures.find(path, &format!("{subset}/{name}"))?
            }
            _ => pictures.find(path, name)?,
        };
        Ok(Draft {
            name,
            picture: Picture::File(picture),
            files: vec![path.clone()],
            stated: Some(size),
            said: node.children().filter(Node::is_element).map(labelled).collect(),
        })
    }

    fn take(
        &self,
        labelled: &Labelled,
        labels: &Labels,
        painting: &mut Painting,
    ) -> Result<(), String> {
        let meaning = labels.checked(&labelled.label);
        let drawn = labelled.shape.as_ref().map_err(Clone::clone)?;
        let by = (None, &IMPORT);
        let is_suggested = labelled.is_auto && self.auto_is_suggested;
        let (mask, meaning) = match (drawn, meaning) {
            (Drawn::Other(kind), _) => {
                painting.skip(kind);
                return Ok(());
            }
            _ if labelled.label.is_empty() => {
                painting.skip("shapes without a label");
                return Ok(());
            }
            (_, Meaning::Skip) => {
                painting.skip("shapes of skipped labels");
                return Ok(());
            }
            (Drawn::Box(shape), _) => return self.request.take_box(painting, meaning, shape, by),
            (Drawn::Outline(ring), Meaning::Class(_) | Meaning::Not(_)) if is_suggested => {
                let rings = [ring.clone()];
                rings::check(&rings)?;
                (rings::fill(&rings, painting.size()), meaning)
            }
            (Drawn::Outline(ring), _) => {
                return self.request.take_outline(painting, meaning, ring, by);
            }
            (Drawn::Mask(runs), _) => (runs.mask(painting.size())?, meaning),
        };
        match meaning {
            Meaning::Class(_) | Meaning::Not(_) if is_suggested => painting.suggest(meaning, &mask),
            Meaning::Region => painting.skip("masks of regions"),
            _ => painting.label(meaning, &mask),
        }
        Ok(())
    }
}

/// The labels that annotators could choose from.
fn listed_labels(root: Node<'_, '_>) -> BTreeSet<String> {
    let labels = root.descendants().filter(|node| node.has_tag_name("label"));
    let names = labels.filter_map(|label| label.children().find(|c| c.has_tag_name("name")));
    names.filter_map(|name| name.text()).map(str::to_owned).collect()
}

fn labelled(node: Node<'_, '_>) -> Labelled {
    let drawn = match node.tag_name().name() {
        "box" => rectangle(node).map(Drawn::Box),
        "polygon" => points(node).map(Drawn::Outline),
        "ellipse" => ellipse(node).map(Drawn::Outline),
        "mask" => runs(node).map(Drawn::Mask),
        other => Ok(Drawn::Other(format!("shapes of type {other}"))),
    };
    let is_shape = !matches!(drawn, Ok(Drawn::Other(_)));
    Labelled {
        // what is not taken needs no meaning
        label: node.attribute("label").filter(|_| is_shape).unwrap_or_default().to_owned(),
        is_auto: node.attribute("source").is_some_and(|source| source == "auto"),
        shape: drawn,
    }
}

/// CVAT turns boxes about their middle.
fn rectangle(node: Node<'_, '_>) -> Result<Shape, String> {
    let edge = |name: &str| number::<f64>(node, name);
    let (left, top) = (edge("xtl")?, edge("ytl")?);
    let (width, height) = (edge("xbr")? - left, edge("ybr")? - top);
    let rotation = number_or(node, "rotation", 0.0)?;
    let (sin, cos) = rotation.to_radians().sin_cos();
    let (half_width, half_height) = (width / 2.0, height / 2.0);
    Ok(Shape::Box {
        x: left + half_width - half_width * cos + half_height * sin,
        y: top + half_height - half_width * sin - half_height * cos,
        width,
        height,
        rotation,
    })
}

fn points(node: Node<'_, '_>) -> Result<Vec<[f64; 2]>, String> {
    let text = node.attribute("points").unwrap_or_default();
    let point = |pair: &str| {
        let (x, y) = pair.split_once(',')?;
        Some([x.trim().parse().ok()?, y.trim().parse().ok()?])
    };
    let points: Option<Vec<_>> = text.split(';').map(point).collect();
    points.ok_or_else(|| "a polygon whose points are no pairs of numbers".to_owned())
}

fn ellipse(node: Node<'_, '_>) -> Result<Vec<[f64; 2]>, String> {
    let value = |name: &str| number::<f64>(node, name);
    let (centre, radii) = ([value("cx")?, value("cy")?], [value("rx")?, value("ry")?]);
    Ok(rings::ellipse(centre, radii, number_or(node, "rotation", 0.0)?))
}

fn runs(node: Node<'_, '_>) -> Result<BoxRuns, String> {
    let text = node.attribute("rle").unwrap_or_default();
    let counts: Result<Vec<usize>, _> = text.split(',').map(|count| count.trim().parse()).collect();
    Ok(BoxRuns {
        left: number(node, "left")?,
        top: number(node, "top")?,
        width: number(node, "width")?,
        height: number(node, "height")?,
        counts: counts.map_err(|_| "a mask whose runs are no numbers".to_owned())?,
    })
}
