//! nnU-Net version 2: its raw data set with an `ignore` label, and its label maps and predictions back.
//!
//! A label map holds one number a pixel: a class, background (of no class), or `ignore`. "Not gum, teeth
//! unknown" has no number; it becomes `ignore` and is counted.

mod export;
mod import;

pub use export::NnunetExport;
pub use import::NnunetImport;

use super::{Format, OptionInfo, UnpaintedRule};

/// What is read.
pub static IMPORT: Format = Format {
    name: "nnunet",
    about: "nnU-Net v2 label maps (labelsTr) or predictions, with their dataset.json",
    unpainted: Some(UnpaintedRule::Background),
    options: &[OptionInfo {
        name: "as",
        values: "painted or suggested",
        default: "painted",
        about: "whether the label maps are a person's or a model's",
    }],
};

/// What is written.
pub static EXPORT: Format = Format {
    name: "nnunet",
    about: "nnU-Net v2 raw data set with `ignore` label and grouped splits_final.json",
    unpainted: None,
    options: &[
        OptionInfo {
            name: "policy",
            values: "a supervision policy",
            default: "fusion+box",
            about: "what counts as known, as in training",
        },
        OptionInfo {
            name: "split",
            values: "the name of a split",
            default: "",
            about: "split to write; without one, five folds by group are drawn",
        },
    ],
};

/// Names that nnU-Net gives a meaning.
const BACKGROUND: &str = "background";
const IGNORE: &str = "ignore";

#[cfg(test)]
mod tests;
