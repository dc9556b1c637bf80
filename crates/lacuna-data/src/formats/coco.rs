//! COCO instance JSON: polygons and run-length masks of categories; boxes and crowds where the user says
//! what they mean.
//!
//! COCO has neither unknown nor negative pixels. An export writes negatives as categories of their own
//! (`not_CLASS`) and regions and provenance beside each image, in keys that other programs pass over; a
//! file with these keys comes back exactly.

mod export;
mod file;
mod import;
mod rle;

pub use export::CocoExport;
pub use import::{CocoImport, Crowd, Polygons};

use super::{Format, OptionInfo, UnpaintedRule};

/// What is read.
pub static IMPORT: Format = Format {
    name: "coco",
    about: "COCO instance JSON: polygons, run-length masks, crowds, boxes",
    unpainted: Some(UnpaintedRule::Ask),
    options: &[
        OptionInfo {
            name: "crowd",
            values: "unknown, positive or skip",
            default: "unknown",
            about: "what the pixels of a crowd are for its category",
        },
        OptionInfo {
            name: "polygons",
            values: "union or even-odd",
            default: "union",
            about: "whether the polygons of one object add up, or one inside another is a hole",
        },
    ],
};

/// What is written.
pub static EXPORT: Format = Format {
    name: "coco",
    about: "COCO instance JSON with run-length masks, holes kept",
    unpainted: None,
    options: &[OptionInfo {
        name: "negatives",
        values: "yes or no",
        default: "yes",
        about: "write pixels known to be negative as categories `not_CLASS`",
    }],
};

#[cfg(test)]
mod tests;
