//! RootPainter's annotations: RGBA PNG files of their picture's size, red is foreground, green is background,
//! everything else is unknown. One project is about one class; with several classes each has a folder.

mod export;
mod import;
mod rgba;

pub use export::RootPainterExport;
pub use import::RootPainterImport;

use super::{Format, OptionInfo, UnpaintedRule};

/// What is read.
pub static IMPORT: Format = Format {
    name: "root-painter",
    about: "RootPainter annotations: RGBA PNG, red foreground, green background",
    unpainted: Some(UnpaintedRule::Unknown),
    options: &[OptionInfo {
        name: "class",
        values: "the name of a class",
        default: "",
        about: "class of the annotations, where no folder has its name",
    }],
};

/// What is written.
pub static EXPORT: Format = Format {
    name: "root-painter",
    about: "RootPainter annotations, a folder a class",
    unpainted: None,
    options: &[],
};

const FOREGROUND: [u8; 4] = [255, 0, 0, 255];
const BACKGROUND: [u8; 4] = [0, 255, 0, 255];
const UNPAINTED: [u8; 4] = [0; 4];

#[cfg(test)]
mod tests;
