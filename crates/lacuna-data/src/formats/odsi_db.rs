//! ODSI-DB, the oral and dental spectral image database: `X.tif` with one page a band, and `X_masks.tif` with
//! one 1-bit page a label.
//!
//! The first page may be an RGB picture; without it, one is rendered from the bands. What is in no mask was
//! not annotated. A label says yes, no or nothing about each class; see [`LabelTable`].

mod bands;
mod import;
mod label_table;
mod masks;
mod observer;

pub use import::{OdsiDbImport, Require};
pub use label_table::{LabelTable, LabelTableError, ODSI_LABELS};

use super::{Format, OptionInfo, UnpaintedRule};

/// What is read.
pub static IMPORT: Format = Format {
    name: "odsi-db",
    about: "ODSI-DB: spectral TIFF files with masks, rendered to RGB where they bring no picture",
    unpainted: Some(UnpaintedRule::Unknown),
    options: &[
        OptionInfo {
            name: "label-table",
            values: "a TOML file",
            default: "",
            about: "what each label says about each class, if not the default for teeth and gum",
        },
        OptionInfo {
            name: "list",
            values: "a text file",
            default: "",
            about: "file names of the images to take, one a line; without it, all",
        },
        OptionInfo {
            name: "require",
            values: "nothing or all-classes",
            default: "nothing",
            about: "take only images with a positive label of every class",
        },
    ],
};

#[cfg(test)]
mod tests;
