//! YOLO label files, one a picture: polygons and boxes in shares of the picture's width and height.
//!
//! A polygon a line has no place for holes, which are cuts in it, nor for unknown pixels.

mod export;
mod import;
mod names;

pub use export::YoloExport;
pub use import::YoloImport;

use super::{Format, OptionInfo, UnpaintedRule};

/// What is read.
pub static IMPORT: Format = Format {
    name: "yolo",
    about: "YOLO label files: polygons and boxes, with the names of data.yaml or classes.txt",
    unpainted: Some(UnpaintedRule::Ask),
    options: &[],
};

/// What is written.
pub static EXPORT: Format = Format {
    name: "yolo",
    about: "YOLO label files of polygons, one a connected part, with data.yaml",
    unpainted: None,
    options: &[OptionInfo {
        name: "split",
        values: "name of a split",
        default: "",
        about: "pictures for training, validation and test; without, all are for training and validation",
    }],
};

#[cfg(test)]
mod tests;
