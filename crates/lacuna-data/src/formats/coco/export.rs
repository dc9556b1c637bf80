//! A data set as COCO JSON.

use super::EXPORT;
use super::file::{
    CategoryExtra, CocoAnnotation, CocoCategory, CocoFile, CocoImage, Id, ImageExtra, Marker,
    Segmentation, State,
};
use super::rle::Rle;
use crate::annotation::region::bounds;
use crate::annotation::{Annotation, BinaryMask, Ternary};
use crate::dataset::{Case, Dataset};
use crate::formats::export::{CaseLosses, OutputFolder, pixels_in, split_suggested};
use crate::formats::{
    Export, ExportError, ExportReport, Exporter, Format, LossKind, OptionError, OptionValues,
};

/// Writes `annotations.json` and `images/`.
#[derive(Clone, Debug)]
pub struct CocoExport {
    /// Write pixels known to be negative as categories of their own.
    pub negatives: bool,
}

impl CocoExport {
    /// From options by name.
    ///
    /// # Errors
    /// If an option has a value that it does not take.
    pub fn from_options(options: &OptionValues) -> Result<Self, OptionError> {
        Ok(Self { negatives: options.flag("negatives")? })
    }
}

impl Exporter for CocoExport {
    fn format(&self) -> &'static Format {
        &EXPORT
    }

    fn write(&self, export: &Export<'_>) -> Result<ExportReport, ExportError> {
        let (dataset, folder) = export.parts();
        let (cases, report) = export
            .each_case(|i, case, said| self.case(dataset, folder, i as i64 + 1, (case, said)))?;
        let (images, annotations): (Vec<_>, Vec<_>) = cases.into_iter().unzip();
        let mut file = CocoFile {
            images,
            categories: self.categories(dataset),
            annotations: annotations.into_iter().flatten().collect(),
            lacuna: self.negatives.then_some(Marker { version: 1 }),
        };
        for (i, annotation) in file.annotations.iter_mut().enumerate() {
            annotation.id = Some(Id::Number(i as i64 + 1));
        }
        folder.write_json("annotations.json", &file)?;
        Ok(report)
    }
}

impl CocoExport {
    fn case(
        &self,
        dataset: &Dataset,
        folder: &OutputFolder,
        id: i64,
        (case, said): (&Case, Annotation),
    ) -> Result<((CocoImage, Vec<CocoAnnotation>), CaseLosses), ExportError> {
        let mut losses = CaseLosses::default();
        let (name, note) = folder.picture(dataset, case, &format!("images/{}", case.id))?;
        losses.note = note;
        let mut annotations = Vec::new();
        for class in 0..said.masks.len() {
            annotations.extend(annotation(&said, class, Ternary::Positive, id, dataset));
            if self.negatives {
                annotations.extend(annotation(&said, class, Ternary::Negative, id, dataset));
            }
        }
        if !self.negatives {
            losses.add_state(LossKind::Negative, &said, Ternary::Negative);
            losses.add_suggested(&said);
            losses.add(LossKind::Regions, None, said.regions.len());
        }
        let size = dataset.image_size(case)?;
        let image = CocoImage {
            id: Id::Number(id),
            file_name: name.trim_start_matches("images/").to_owned(),
            width: Some(size.width),
            height: Some(size.height),
            lacuna: self.negatives.then(|| ImageExtra {
                group: case.group.clone(),
                regions: said.regions,
                provenance: said.provenance,
            }),
        };
        Ok(((image, annotations), losses))
    }

    fn categories(&self, dataset: &Dataset) -> Vec<CocoCategory> {
        let states: &[(State, &str)] = if self.negatives {
            &[(State::Positive, ""), (State::Negative, "not_")]
        } else {
            &[(State::Positive, "")]
        };
        let mut categories = Vec::new();
        for (state, prefix) in states {
            for class in dataset.classes().classes() {
                categories.push(CocoCategory {
                    id: Id::Number(categories.len() as i64 + 1),
                    name: format!("{prefix}{}", class.name),
                    lacuna: self
                        .negatives
                        .then(|| CategoryExtra { class: class.name.clone(), state: *state }),
                });
            }
        }
        categories
    }
}

/// The pixels of a class in a state, painted and suggested apart.
fn annotation(
    said: &Annotation,
    class: usize,
    state: Ternary,
    image: i64,
    dataset: &Dataset,
) -> Vec<CocoAnnotation> {
    let offset = if state == Ternary::Negative { dataset.classes().len() } else { 0 };
    let category = Id::Number((offset + class) as i64 + 1);
    let pixels = pixels_in(&said.masks[class], state);
    let (painted, suggested) = split_suggested(&pixels, said.suggested[class].as_ref());
    let parts = [(painted, false), (suggested, true)].into_iter();
    parts
        .filter_map(|(pixels, suggested)| {
            let [left, top, right, bottom] = box_around(&pixels)?;
            Some(CocoAnnotation {
                id: None,
                image_id: Id::Number(image),
                category_id: category.clone(),
                segmentation: Some(Segmentation::of(&Rle::of(&pixels))),
                bbox: Some(vec![left, top, right - left, bottom - top]),
                area: Some(pixels.count() as f64),
                iscrowd: 0,
                suggested,
            })
        })
        .collect()
}

fn box_around(pixels: &BinaryMask) -> Option<[f64; 4]> {
    let set = pixels.values().iter().enumerate().filter(|(_, set)| **set).map(|(i, _)| i);
    bounds(pixels.size().width, set)
}
