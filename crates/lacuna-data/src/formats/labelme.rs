//! LabelMe JSON, one file a picture: polygons, rectangles, circles and bitmap masks.

mod export;
mod import;

pub use export::LabelmeExport;
pub use import::LabelmeImport;

use serde::{Deserialize, Serialize};

use super::{Format, OptionInfo, UnpaintedRule};

/// What is read.
pub static IMPORT: Format = Format {
    name: "labelme",
    about: "LabelMe JSON files beside their pictures: polygons, circles, masks, rectangles",
    unpainted: Some(UnpaintedRule::Ask),
    options: &[],
};

/// What is written.
pub static EXPORT: Format = Format {
    name: "labelme",
    about: "LabelMe JSON files with bitmap masks (LabelMe 5.3 and later)",
    unpainted: None,
    options: &[OptionInfo {
        name: "negatives",
        values: "yes or no",
        default: "yes",
        about: "write pixels known to be negative with labels `not_CLASS`",
    }],
};

/// Label of regions in what is written.
const REGION: &str = "region";
/// The labels to which LabelMe's own scripts give a meaning.
const IGNORE: &str = "__ignore__";
const BACKGROUND: &str = "_background_";

/// A file as far as it is used.
#[derive(Debug, Serialize, Deserialize)]
struct File {
    #[serde(default)]
    version: String,
    #[serde(default)]
    flags: serde_json::Map<String, serde_json::Value>,
    shapes: Vec<LabelledShape>,
    #[serde(rename = "imagePath")]
    image_path: String,
    #[serde(rename = "imageData", default, skip_deserializing)]
    image_data: Option<String>,
    #[serde(rename = "imageHeight", default)]
    height: Option<usize>,
    #[serde(rename = "imageWidth", default)]
    width: Option<usize>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct LabelledShape {
    label: String,
    points: Vec<[f64; 2]>,
    #[serde(default)]
    group_id: Option<i64>,
    /// Old files have none: everything was a polygon.
    #[serde(default)]
    shape_type: Option<String>,
    #[serde(default)]
    flags: serde_json::Map<String, serde_json::Value>,
    /// A PNG file in Base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mask: Option<String>,
}

#[cfg(test)]
mod tests;
