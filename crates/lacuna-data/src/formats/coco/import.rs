//! COCO JSON into a data set.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::IMPORT;
use super::file::{
    CocoAnnotation, CocoCategory, CocoFile, CocoImage, ImageExtra, Segmentation, State,
};
use super::rle::Rle;
use crate::annotation::{BinaryMask, Shape, Unpainted};
use crate::dataset::Dataset;
use crate::formats::import::{Draft, Import, Origin, Picture, labels_of};
use crate::formats::labels::{Labels, Meaning};
use crate::formats::painting::Painting;
use crate::formats::picture_folder::PictureFolder;
use crate::formats::text_file::{read_json, wrong};
use crate::formats::{
    BoxUse, Format, ImportError, ImportReport, ImportRequest, Importer, OptionError, OptionValues,
    Problem, Progress, rings,
};
use crate::image::Size;

/// Reads a COCO file.
#[derive(Clone, Debug)]
pub struct CocoImport {
    /// What to import; the path is the JSON file.
    pub request: ImportRequest,
    /// What a crowd is.
    pub crowd: Crowd,
    /// How the polygons of one object belong together.
    pub polygons: Polygons,
}

/// What the pixels of an annotation with `iscrowd` are for its category.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crowd {
    /// Unknown: a crowd's outline also holds what lies between its members.
    Unknown,
    /// Positive.
    Positive,
    /// Left out, and counted.
    Skip,
}

/// How the polygons of one annotation belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polygons {
    /// Each is a piece of the object, as `pycocotools` reads them.
    Union,
    /// A polygon inside another is a hole.
    EvenOdd,
}

impl CocoImport {
    /// From what is asked of any format.
    ///
    /// # Errors
    /// If an option has a value that it does not take.
    pub fn from_request(
        request: ImportRequest,
        options: &OptionValues,
    ) -> Result<Self, OptionError> {
        let crowds =
            [("unknown", Crowd::Unknown), ("positive", Crowd::Positive), ("skip", Crowd::Skip)];
        let polygons = [("union", Polygons::Union), ("even-odd", Polygons::EvenOdd)];
        Ok(Self {
            request,
            crowd: options.one_of("crowd", &crowds)?,
            polygons: options.one_of("polygons", &polygons)?,
        })
    }
}

/// What the file says about one image.
#[derive(Default)]
struct Said {
    annotations: Vec<CocoAnnotation>,
    extra: ImageExtra,
}

/// A category with its class or other meaning.
#[derive(Clone, Copy)]
struct Category {
    meaning: Meaning,
    state: State,
}

impl Importer for CocoImport {
    fn format(&self) -> &'static Format {
        &IMPORT
    }

    fn import(
        &self,
        dataset: &mut Dataset,
        progress: Progress<'_>,
    ) -> Result<ImportReport, ImportError> {
        let path = &self.request.path;
        let file: CocoFile = read_json(path)?;
        let is_exact = file.lacuna.is_some();
        let unpainted = match self.request.unpainted {
            None if is_exact => Unpainted::Unknown,
            _ => self.request.stated_unpainted(&IMPORT)?,
        };
        let (labels, mut problems) = labels_of(&self.request, dataset, &used_labels(&file), &[])?;
        problems.extend(check_ids(path, &file));
        let spoken = labels.classes_of(&all_labels(&file));
        let categories = categories(&file.categories, &labels);
        let pictures = PictureFolder::open(&self.request.picture_root())?;
        let drafts = self.drafts(file, &pictures, &mut problems);
        let import =
            Import { format: &IMPORT, request: &self.request, unpainted, spoken, is_exact };
        let paint = |draft: &Draft<Said>, painting: &mut Painting| {
            let problem =
                |reason: String| wrong(path, format!("image `{}`: {reason}", draft.name.display()));
            for annotation in &draft.said.annotations {
                self.paint(annotation, &categories, painting).map_err(problem)?;
            }
            painting.regions.extend(draft.said.extra.regions.iter().cloned());
            let provenance = draft.said.extra.provenance.clone();
            Ok(Origin {
                provenance: is_exact.then_some(provenance),
                group: draft.said.extra.group.clone(),
                author: None,
            })
        };
        import.run(dataset, drafts, problems, &paint, progress)
    }
}

impl CocoImport {
    /// One draft an image, in the file's order.
    fn drafts(
        &self,
        file: CocoFile,
        pictures: &PictureFolder,
        problems: &mut Vec<Problem>,
    ) -> Vec<Draft<Said>> {
        let path = &self.request.path;
        let mut of_image: BTreeMap<_, Vec<CocoAnnotation>> = BTreeMap::new();
        for annotation in file.annotations {
            of_image.entry(annotation.image_id.clone()).or_default().push(annotation);
        }
        let mut drafts = Vec::new();
        for image in file.images {
            let stated = image.size();
            let annotations = of_image.remove(&image.id).unwrap_or_default();
            match pictures.find(path, &image.file_name) {
                Ok(found) => drafts.push(Draft {
                    name: found.name,
                    picture: Picture::File(found.path),
                    files: vec![path.clone()],
                    stated,
                    said: Said { annotations, extra: extra(image) },
                }),
                Err(problem) => problems.push(problem),
            }
        }
        drafts
    }

    fn paint(
        &self,
        annotation: &CocoAnnotation,
        categories: &BTreeMap<super::file::Id, Category>,
        painting: &mut Painting,
    ) -> Result<(), String> {
        let Some(category) = categories.get(&annotation.category_id) else { return Ok(()) };
        if category.meaning == Meaning::Skip {
            painting.skip("annotations of skipped labels");
            return Ok(());
        }
        let segmentation = annotation.segmentation.as_ref().filter(|s| !s.is_empty());
        let is_region = category.meaning == Meaning::Region
            || (self.request.boxes == BoxUse::Regions
                && matches!(category.meaning, Meaning::Class(_)));
        match box_of(annotation)? {
            Some(shape) if segmentation.is_none() || is_region => {
                self.request.take_box(painting, category.meaning, &shape, (None, &IMPORT))?;
            }
            None if category.meaning == Meaning::Region => painting.skip("regions without a box"),
            _ => {}
        }
        let Some(segmentation) = segmentation else { return Ok(()) };
        let pixels = self.pixels(segmentation, painting.size())?;
        self.say(*category, annotation, &pixels, painting);
        Ok(())
    }

    fn say(
        &self,
        category: Category,
        annotation: &CocoAnnotation,
        pixels: &BinaryMask,
        painting: &mut Painting,
    ) {
        let crowd = (annotation.iscrowd != 0).then_some(self.crowd);
        match (category.meaning, category.state, crowd) {
            (Meaning::Class(class), State::Negative, _) => painting.negative(class, pixels),
            (_, _, Some(Crowd::Skip)) => return painting.skip("crowds"),
            (Meaning::Class(class), _, Some(Crowd::Unknown)) => painting.unknown(class, pixels),
            (meaning, _, _) => painting.label(meaning, pixels),
        }
        if let (Meaning::Class(class), true) = (category.meaning, annotation.suggested) {
            painting.mark_suggested(class, pixels);
        }
    }

    fn pixels(&self, segmentation: &Segmentation, size: Size) -> Result<BinaryMask, String> {
        match segmentation {
            Segmentation::Runs { size: [height, width], counts } => {
                let stated = Size::new(*width, *height);
                if stated != size {
                    return Err(format!("a run-length mask of {stated} pixels, not {size}"));
                }
                Ok(counts.rle(size)?.mask())
            }
            Segmentation::Polygons(polygons) => {
                let rings = polygons.iter().map(|p| points(p)).collect::<Result<Vec<_>, _>>()?;
                rings::check(&rings)?;
                let mut mask = BinaryMask::empty(size);
                for ring in &rings {
                    let drawn = Rle::of_polygon(ring, size)?.mask();
                    for (value, set) in mask.values_mut().iter_mut().zip(drawn.values()) {
                        *value = match self.polygons {
                            Polygons::Union => *value | set,
                            Polygons::EvenOdd => *value ^ set,
                        };
                    }
                }
                Ok(mask)
            }
        }
    }
}

fn extra(image: CocoImage) -> ImageExtra {
    image.lacuna.unwrap_or_default()
}

fn points(numbers: &[f64]) -> Result<Vec<[f64; 2]>, String> {
    if !numbers.len().is_multiple_of(2) {
        return Err(format!("a polygon of {} numbers, which are no pairs", numbers.len()));
    }
    Ok(numbers.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect())
}

/// The box of an annotation; none if it is empty.
fn box_of(annotation: &CocoAnnotation) -> Result<Option<Shape>, String> {
    match annotation.bbox.as_deref().unwrap_or_default() {
        [] => Ok(None),
        &[_, _, width, height] if width <= 0.0 || height <= 0.0 => Ok(None),
        &[x, y, width, height] => Ok(Some(Shape::Box { x, y, width, height, rotation: 0.0 })),
        other => Err(format!("a box of {} numbers", other.len())),
    }
}

/// The name of the class that a category is about, or its own.
fn label_of(category: &CocoCategory) -> &str {
    category.lacuna.as_ref().map_or(&category.name, |extra| &extra.class)
}

fn all_labels(file: &CocoFile) -> BTreeSet<String> {
    file.categories.iter().map(|category| label_of(category).to_owned()).collect()
}

/// Files often list categories that they have nothing of.
fn used_labels(file: &CocoFile) -> BTreeSet<String> {
    let used: BTreeSet<_> = file.annotations.iter().map(|a| &a.category_id).collect();
    let categories = file.categories.iter().filter(|category| used.contains(&category.id));
    categories.map(|category| label_of(category).to_owned()).collect()
}

fn categories(listed: &[CocoCategory], labels: &Labels) -> BTreeMap<super::file::Id, Category> {
    let entry = |category: &CocoCategory| {
        let meaning = labels.checked(label_of(category));
        let state = category.lacuna.as_ref().map_or(State::Positive, |extra| extra.state);
        (category.id.clone(), Category { meaning, state })
    };
    listed.iter().map(entry).collect()
}

/// Ids that are there twice, or that nothing has.
fn check_ids(path: &Path, file: &CocoFile) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut unique = |what: &str, ids: &mut dyn Iterator<Item = &super::file::Id>| {
        let mut seen = BTreeSet::new();
        for id in ids {
            if !seen.insert(id.clone()) {
                problems.push(wrong(path, format!("there are two {what} with id {id}")));
            }
        }
        seen
    };
    let images = unique("images", &mut file.images.iter().map(|image| &image.id));
    let categories = unique("categories", &mut file.categories.iter().map(|c| &c.id));
    unique("annotations", &mut file.annotations.iter().filter_map(|a| a.id.as_ref()));
    for (i, annotation) in file.annotations.iter().enumerate() {
        for (what, id, known) in [
            ("image", &annotation.image_id, &images),
            ("category", &annotation.category_id, &categories),
        ] {
            if !known.contains(id) {
                let number = i + 1;
                let reason = format!("annotation {number} is of {what} {id}, which is not there");
                problems.push(wrong(path, reason));
            }
        }
    }
    problems
}
