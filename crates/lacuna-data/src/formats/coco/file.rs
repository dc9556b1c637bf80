//! The JSON of COCO as far as it is used, with what this program adds to say what COCO cannot.

use serde::{Deserialize, Serialize};

use super::rle::Rle;
use crate::annotation::{Provenance, Region};
use crate::image::Size;

/// A whole file.
#[derive(Serialize, Deserialize)]
pub(super) struct CocoFile {
    pub(super) images: Vec<CocoImage>,
    pub(super) categories: Vec<CocoCategory>,
    #[serde(default)]
    pub(super) annotations: Vec<CocoAnnotation>,
    /// There if this program wrote the file: everything is said then, and nothing needs to be concluded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) lacuna: Option<Marker>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Marker {
    pub(super) version: u32,
}

/// Ids are numbers by the book and texts in some files.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Id {
    Number(i64),
    Text(String),
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct CocoImage {
    pub(super) id: Id,
    pub(super) file_name: String,
    #[serde(default)]
    pub(super) width: Option<usize>,
    #[serde(default)]
    pub(super) height: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) lacuna: Option<ImageExtra>,
}

impl CocoImage {
    pub(super) fn size(&self) -> Option<Size> {
        Some(Size::new(self.width?, self.height?))
    }
}

/// What COCO has no place for.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct ImageExtra {
    pub(super) group: Option<String>,
    pub(super) regions: Vec<Region>,
    pub(super) provenance: Vec<Provenance>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct CocoCategory {
    pub(super) id: Id,
    pub(super) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) lacuna: Option<CategoryExtra>,
}

/// Of which class a category is, and what it says about its pixels.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct CategoryExtra {
    pub(super) class: String,
    pub(super) state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Positive,
    Negative,
}

#[derive(Serialize, Deserialize)]
pub(super) struct CocoAnnotation {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<Id>,
    pub(super) image_id: Id,
    pub(super) category_id: Id,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) segmentation: Option<Segmentation>,
    #[serde(default)]
    pub(super) bbox: Option<Vec<f64>>,
    #[serde(default)]
    pub(super) area: Option<f64>,
    #[serde(default)]
    pub(super) iscrowd: u8,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) suggested: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Segmentation {
    Polygons(Vec<Vec<f64>>),
    Runs { size: [usize; 2], counts: Counts },
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Counts {
    Text(String),
    Numbers(Vec<u32>),
}

impl Segmentation {
    pub(super) fn of(rle: &Rle) -> Self {
        let size = [rle.size.height, rle.size.width];
        Self::Runs { size, counts: Counts::Text(rle.text()) }
    }

    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Polygons(rings) if rings.iter().all(Vec::is_empty))
    }
}

impl Counts {
    pub(super) fn rle(&self, size: Size) -> Result<Rle, String> {
        match self {
            Self::Text(text) => Rle::parse(size, text),
            Self::Numbers(numbers) => Rle::new(size, numbers.clone()),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !value
}
