//! Label Studio: its JSON with annotations and predictions, its flat JSON_MIN, and tasks for it.
//!
//! An unpainted pixel means nothing in Label Studio; only the user can know it. What the interface writes
//! twice (a shape for the tool, the same with labels) is one shape here. Cancelled annotations do not count.

mod address;
mod annotators;
mod brush_rle;
mod export;
mod import;
mod interface;
mod shapes;
mod task;

pub use address::picture_name;
pub use annotators::Annotators;
pub use export::LabelStudioExport;
pub use import::{LabelStudioImport, Predictions};
pub use interface::{Interface, InterfaceError, Reading};

use super::{Format, OptionInfo, UnpaintedRule};

/// What is read.
pub static IMPORT: Format = Format {
    name: "label-studio",
    about: "Label Studio JSON and JSON_MIN: brush strokes, polygons, ellipses, rectangles",
    unpainted: Some(UnpaintedRule::Ask),
    options: &[
        OptionInfo {
            name: "annotators",
            values: "refuse, latest, majority or unanimous",
            default: "refuse",
            about: "what to do with several annotations of a task; where `unanimous` ones differ is unknown",
        },
        OptionInfo {
            name: "annotator",
            values: "a user's id or e-mail",
            default: "",
            about: "take only this user's annotations",
        },
        OptionInfo {
            name: "predictions",
            values: "skip or suggest",
            default: "skip",
            about: "whether predictions come in as suggested by a model",
        },
        OptionInfo {
            name: "model-version",
            values: "a version",
            default: "",
            about: "take only this model's predictions",
        },
        OptionInfo {
            name: "alpha",
            values: "1 to 255",
            default: "1",
            about: "least opacity of a brush stroke that counts as painted",
        },
        OptionInfo {
            name: "soft-edges",
            values: "positive or unknown",
            default: "positive",
            about: "what painted pixels are that are not fully opaque",
        },
        OptionInfo {
            name: "image-key",
            values: "a name",
            default: "",
            about: "field of a task's data with the picture, if it is not `image`",
        },
    ],
};

/// What is written.
pub static EXPORT: Format = Format {
    name: "label-studio",
    about: "Label Studio tasks with brush strokes, and the labelling configuration",
    unpainted: None,
    options: &[
        OptionInfo {
            name: "as",
            values: "annotations or predictions",
            default: "annotations",
            about: "what painted pixels are in Label Studio; suggested ones are predictions in any case",
        },
        OptionInfo {
            name: "negatives",
            values: "yes or no",
            default: "yes",
            about: "write pixels known to be negative with labels `not_CLASS`",
        },
        OptionInfo {
            name: "image-prefix",
            values: "the beginning of an address",
            default: "/data/local-files/?d=images/",
            about: "what comes before the picture's file name in a task",
        },
    ],
};

#[cfg(test)]
mod tests;
