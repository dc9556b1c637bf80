//! CVAT XML "for images": boxes, polygons, ellipses and masks in CVAT's own run-length encoding (row after
//! row within a box, starting with background).

mod export;
mod import;
mod runs;

pub use export::CvatExport;
pub use import::CvatImport;

use super::{Format, OptionInfo, UnpaintedRule};

/// What is read.
pub static IMPORT: Format = Format {
    name: "cvat",
    about: "CVAT XML for images: masks, polygons, ellipses, boxes",
    unpainted: Some(UnpaintedRule::Ask),
    options: &[OptionInfo {
        name: "auto",
        values: "suggested or painted",
        default: "suggested",
        about: "what masks and polygons are that CVAT's automatic annotation made",
    }],
};

/// What is written.
pub static EXPORT: Format = Format {
    name: "cvat",
    about: "CVAT XML for images with masks",
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

#[cfg(test)]
mod tests;
