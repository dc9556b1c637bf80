//! Pascal VOC: label maps in `SegmentationClass` (255 is unknown) and boxes in `Annotations`.

mod colors;
mod export;
mod import;

pub use export::VocExport;
pub use import::VocImport;

use super::{Format, OptionInfo, UnpaintedRule};

/// What is read.
pub static IMPORT: Format = Format {
    name: "voc",
    about: "Pascal VOC: label maps (indexed or in VOC's colours, 255 unknown) and boxes",
    unpainted: Some(UnpaintedRule::Background),
    options: &[OptionInfo {
        name: "coordinates",
        values: "pixels or edges",
        default: "pixels",
        about: "whether a box names its first and last pixel from 1, as VOC, or its edges from 0",
    }],
};

/// What is written.
pub static EXPORT: Format = Format {
    name: "voc",
    about: "Pascal VOC label maps with 255 for unknown pixels, boxes for regions",
    unpainted: None,
    options: &[OptionInfo {
        name: "policy",
        values: "a supervision policy",
        default: "fusion",
        about: "what counts as known, as in training",
    }],
};

/// The value of pixels about which nothing is known.
const VOID: u16 = 255;
/// Name of value 0.
const BACKGROUND: &str = "background";
/// Name of regions in what is written.
const REGION: &str = "region";

#[cfg(test)]
mod tests;
