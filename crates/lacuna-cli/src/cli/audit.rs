//! Arguments of `lacuna audit`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};
use lacuna_data::Size;
use lacuna_data::augment::Resize;
use lacuna_data::supervision::PolicyName;

use super::detect::share;

/// Say what a data set can teach, before anything is trained on it
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lacuna audit --data mouths
  lacuna audit --data mouths --policy fusion --image-size 512 --pictures audit
  lacuna audit --data mouths --case P01_3 --pictures audit
  lacuna audit --data mouths --json > audit.json

For each class and policy: how many pixels are known to be of the class, known not to be, and unknown; where \
the evidence comes from; what contradicts itself; and how much of the paint is left at training size. \
Warnings say what will go wrong in training and what to do about it.")]
pub(crate) struct AuditArgs {
    /// Data set
    #[arg(long, value_name = "DS", value_hint = ValueHint::DirPath)]
    pub(crate) data: PathBuf,
    /// Policy that the warnings are about: standard, positive-only, fusion, box, positive+box or fusion+box
    #[arg(long, value_name = "NAME", default_value_t = PolicyName::FusionBox)]
    pub(crate) policy: PolicyName,
    /// Side of the network's input in pixels, or HEIGHTxWIDTH
    #[arg(long, value_name = "SIZE", default_value = "256", value_parser = frame)]
    pub(crate) image_size: Size,
    /// How pictures are fitted into it
    #[arg(long, value_enum, value_name = "MODE", default_value = "pad")]
    pub(crate) resize: ResizeArg,
    /// Regions that a detector drew with a lower score give no negatives
    #[arg(long, value_name = "SCORE", default_value_t = 0.0, value_parser = share)]
    pub(crate) box_trust: f64,
    /// Only this case; repeat for more
    #[arg(long, value_name = "ID")]
    pub(crate) case: Vec<String>,
    /// Draw a picture of each case that shows what is known about every pixel, and why
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) pictures: Option<PathBuf>,
}

/// How a picture is fitted into the network's input.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ResizeArg {
    /// Keep the shape, pad what is left over
    Pad,
    /// Fill the input, changing the shape
    Stretch,
    /// Keep the shape, cut off what does not fit
    Crop,
}

impl From<ResizeArg> for Resize {
    fn from(resize: ResizeArg) -> Self {
        match resize {
            ResizeArg::Pad => Self::Pad,
            ResizeArg::Stretch => Self::Stretch,
            ResizeArg::Crop => Self::Crop,
        }
    }
}

/// The largest side of a network's input; far more than any memory holds in training.
const MAX_SIDE: usize = 8192;

/// `256` or `HEIGHTxWIDTH`.
pub(super) fn frame(text: &str) -> Result<Size, String> {
    let (height, width) = text.split_once('x').unwrap_or((text, text));
    let side = |text: &str| text.trim().parse().ok().filter(|side| (1..=MAX_SIDE).contains(side));
    match (side(height), side(width)) {
        (Some(height), Some(width)) => Ok(Size::new(width, height)),
        _ => Err(format!("write a side or HEIGHTxWIDTH, each from 1 to {MAX_SIDE} pixels")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_a_side_or_height_and_width() {
        let table = [
            ("256", Some(Size::new(256, 256))),
            ("192x256", Some(Size::new(256, 192))), // height first
            ("0", None),
            ("256x", None),
            ("-1", None),
            ("99999999999999999999", None),
        ];
        for (text, expected) in table {
            assert_eq!(frame(text).ok(), expected, "{text}");
        }
    }
}
