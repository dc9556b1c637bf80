//! A folder in the layout of VOC into a data set.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use roxmltree::Node;

use super::colors::{Entry, color, entries};
use super::{BACKGROUND, IMPORT, VOID};
use crate::annotation::mask_file::{MaskFileError, read_values};
use crate::annotation::{BinaryMask, Shape, Unpainted};
use crate::dataset::Dataset;
use crate::formats::import::{Draft, Import, Origin, Picture, labels_of};
use crate::formats::labels::{Labels, Meaning};
use crate::formats::painting::Painting;
use crate::formats::picture_folder::{PictureFolder, file_stem, files_with};
use crate::formats::text_file::{read_text, wrong};
use crate::formats::xml::{child_text, parse};
use crate::formats::{
    Format, ImportError, ImportReport, ImportRequest, Importer, OptionError, OptionValues, Problem,
    Progress,
};
use crate::image::{Image, Size};

/// Reads a folder with `Annotations`, `SegmentationClass` or both; pictures are in `JPEGImages`.
#[derive(Clone, Debug)]
pub struct VocImport {
    /// What to import.
    pub request: ImportRequest,
    /// Whether boxes are edges from 0, and not pixels from 1.
    pub edges: bool,
}

/// What the files say about one picture.
#[derive(Default)]
struct Said {
    boxes: Vec<(String, Result<Shape, String>)>,
    size: Option<Size>,
    xml: Option<PathBuf>,
    label_map: Option<PathBuf>,
}

impl VocImport {
    /// From what is asked of any format.
    ///
    /// # Errors
    /// If an option has a value that it does not take.
    pub fn from_request(
        request: ImportRequest,
        options: &OptionValues,
    ) -> Result<Self, OptionError> {
        let edges = options.one_of("coordinates", &[("pixels", false), ("edges", true)])?;
        Ok(Self { request, edges })
    }
}

impl Importer for VocImport {
    fn format(&self) -> &'static Format {
        &IMPORT
    }

    fn import(
        &self,
        dataset: &mut Dataset,
        progress: Progress<'_>,
    ) -> Result<ImportReport, ImportError> {
        let entries = entries(&self.request.path)?;
        let mut problems = Vec::new();
        let said = self.said(&mut problems)?;
        let boxed: BTreeSet<String> =
            said.values().flat_map(|said| &said.boxes).map(|(name, _)| name.clone()).collect();
        let names: BTreeSet<String> = entries.iter().map(|entry| entry.name.clone()).collect();
        let defaults = [(BACKGROUND, Meaning::Background)];
        let (labels, more) = labels_of(&self.request, dataset, &boxed, &defaults)?;
        problems.extend(more);
        let import = Import {
            format: &IMPORT,
            request: &self.request,
            unpainted: self.request.unpainted.unwrap_or(Unpainted::Background),
            spoken: labels.classes_of(names.union(&boxed)),
            is_exact: false,
        };
        let drafts = self.drafts(said, &mut problems)?;
        let paint = |draft: &Draft<Said>, painting: &mut Painting| {
            self.paint(&draft.said, &entries, &labels, painting)?;
            Ok(Origin::default())
        };
        import.run(dataset, drafts, problems, &paint, progress)
    }
}

impl VocImport {
    /// What the files say, by the stem they share with the picture.
    fn said(&self, problems: &mut Vec<Problem>) -> Result<BTreeMap<String, Said>, ImportError> {
        let root = &self.request.path;
        let folder = |name: &str| root.join(name);
        let mut said: BTreeMap<String, Said> = BTreeMap::new();
        let xml_folder = folder("Annotations");
        let xml_folder = if xml_folder.is_dir() { xml_folder } else { root.clone() };
        for path in files_with(&xml_folder, "xml")? {
            match self.read_boxes(&path) {
                Ok(read) => drop(said.insert(file_stem(&path), read)),
                Err(problem) => problems.push(problem),
            }
        }
        let maps = folder("SegmentationClass");
        if maps.is_dir() {
            for path in files_with(&maps, "png")? {
                let stem = file_stem(&path);
                said.entry(stem).or_default().label_map = Some(path);
            }
        }
        Ok(said)
    }

    fn drafts(
        &self,
        said: BTreeMap<String, Said>,
        problems: &mut Vec<Problem>,
    ) -> Result<Vec<Draft<Said>>, ImportError> {
        let own = self.request.path.join("JPEGImages");
        let own = if own.is_dir() { own } else { self.request.path.clone() };
        let pictures = PictureFolder::open(&self.request.images.clone().unwrap_or(own))?;
        let mut drafts = Vec::new();
        for (stem, said) in said {
            let files: Vec<PathBuf> = said.xml.iter().chain(&said.label_map).cloned().collect();
            let file = files.first().map_or(Path::new(&stem), PathBuf::as_path);
            match pictures.find_stem(file, &stem) {
                Ok(found) => drafts.push(Draft {
                    name: found.name,
                    picture: Picture::File(found.path),
                    files,
                    stated: said.size,
                    said,
                }),
                Err(problem) => problems.push(problem),
            }
        }
        Ok(drafts)
    }

    fn read_boxes(&self, path: &Path) -> Result<Said, Problem> {
        let text = read_text(path)?;
        let document = parse(&text, path)?;
        let root = document.root_element();
        if !root.has_tag_name("annotation") {
            return Err(wrong(path, "it is no VOC annotation"));
        }
        let objects = root.children().filter(|node| node.has_tag_name("object"));
        let boxes = objects.map(|object| {
            let name = child_text(object, "name").unwrap_or_default().to_owned();
            (name, self.box_of(object))
        });
        let size = root.children().find(|node| node.has_tag_name("size")).and_then(|size| {
            let length = |name: &str| {
                child_text(size, name)?.parse().ok().filter(|length: &usize| *length > 0)
            };
            Some(Size::new(length("width")?, length("height")?))
        });
        Ok(Said { boxes: boxes.collect(), size, xml: Some(path.to_owned()), label_map: None })
    }

    fn box_of(&self, object: Node<'_, '_>) -> Result<Shape, String> {
        let bounds = object.children().find(|node| node.has_tag_name("bndbox"));
        let edge = |name: &str| {
            let text = bounds.and_then(|bounds| child_text(bounds, name)).unwrap_or_default();
            text.parse::<f64>().map_err(|_| format!("a box whose `{name}` is `{text}`"))
        };
        let first = if self.edges { 0.0 } else { 1.0 };
        let (x, y) = (edge("xmin")? - first, edge("ymin")? - first);
        Ok(Shape::Box { x, y, width: edge("xmax")? - x, height: edge("ymax")? - y, rotation: 0.0 })
    }

    fn paint(
        &self,
        said: &Said,
        entries: &[Entry],
        labels: &Labels,
        painting: &mut Painting,
    ) -> Result<(), Problem> {
        for (name, shape) in &said.boxes {
            let path = said.xml.as_deref().unwrap_or(&self.request.path);
            let shape = shape.as_ref().map_err(|reason| wrong(path, reason))?;
            self.request
                .take_box(painting, labels.checked(name), shape, (None, &IMPORT))
                .map_err(|reason| wrong(path, reason))?;
        }
        if let Some(path) = &said.label_map {
            return paint_map(path, entries, labels, painting);
        }
        // boxes say nothing about single pixels
        painting.is_unseen = true;
        Ok(())
    }
}

fn paint_map(
    path: &Path,
    entries: &[Entry],
    labels: &Labels,
    painting: &mut Painting,
) -> Result<(), Problem> {
    let values = map_values(path, entries, painting.size())?;
    let present: BTreeSet<u16> = values.iter().copied().collect();
    for value in present {
        let is_value = values.iter().map(|found| *found == value).collect();
        let Ok(pixels) = BinaryMask::new(painting.size(), is_value) else { continue };
        if value == VOID {
            painting.label(Meaning::Unknown, &pixels);
            continue;
        }
        let entry = entries.get(usize::from(value));
        let meaning = entry.and_then(|entry| labels.meaning(&entry.name));
        match (meaning, entry) {
            (Some(meaning), _) => painting.label(meaning, &pixels),
            (None, Some(entry)) => {
                let reason = format!("value {value} is `{}`, which is no class", entry.name);
                let hint = "map the label to a class, or say that it is to be skipped";
                return Err(Problem { hint: Some(hint.to_owned()), ..wrong(path, reason) });
            }
            (None, None) => return Err(wrong(path, format!("value {value} has no name"))),
        }
    }
    Ok(())
}

/// The values of a label map: as stored, or by their colours.
fn map_values(path: &Path, entries: &[Entry], size: Size) -> Result<Vec<u16>, Problem> {
    match read_values(path, Some(size)) {
        Ok(pixels) => return Ok(pixels.values),
        Err(MaskFileError::NotIndexed { kind: "colour", .. }) => {}
        Err(error) => return Err(Problem::new(error.to_string(), error.hint())),
    }
    let image = Image::open(path)?.image;
    let mut values: BTreeMap<[u8; 3], u16> = BTreeMap::from([(color(255), VOID)]);
    for (value, entry) in entries.iter().enumerate() {
        values.insert(entry.color, value as u16);
    }
    let pixels = image.rgb().chunks_exact(3).enumerate();
    pixels
        .map(|(i, pixel)| {
            let pixel = [pixel[0], pixel[1], pixel[2]];
            values.get(&pixel).copied().ok_or_else(|| {
                let (x, y) = (i % size.width, i / size.width);
                wrong(path, format!("colour {pixel:?} at column {x}, row {y} is of no label"))
            })
        })
        .collect()
}
