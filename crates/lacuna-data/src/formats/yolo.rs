//! YOLO label files, one a picture: polygons and boxes in shares of the picture's width and height.
//!
//! Reading only: a polygon a line has no place for holes, negatives and unknown pixels.

mod import;
mod names;

pub use import::YoloImport;

use super::{Format, UnpaintedRule};

/// What is read.
pub static IMPORT: Format = Format {
    name: "yolo",
    about: "YOLO label files: polygons and boxes, with the names of data.yaml or classes.txt",
    unpainted: Some(UnpaintedRule::Ask),
    options: &[],
};

#[cfg(test)]
mod tests;
