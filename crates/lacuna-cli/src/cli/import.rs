//! Arguments of `lacuna import`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum, ValueHint};
use lacuna_data::annotation::Unpainted;
use lacuna_data::formats::{BoxUse, GroupFrom, Label};
use lacuna_data::image::{ChannelMap, ReadOptions, Window};

/// Bring pictures and annotations of other tools into a data set
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    arg_required_else_help = true,
    subcommand_value_name = "FORMAT",
    subcommand_help_heading = "Formats",
    after_help = "\
Examples:
  lacuna import --list
  lacuna import png-masks --data mouths --images photos --masks masks --unpainted unknown
  lacuna import images photos --data mouths

An import is done completely or not at all: whatever is wrong with any file is said, all of it, and the \
data set stays as it was. `lacuna import FORMAT --help` explains a format."
)]
pub(crate) struct ImportArgs {
    /// List the formats
    #[arg(long)]
    pub(crate) list: bool,
    #[command(subcommand)]
    pub(crate) format: Option<ImportFormat>,
}

/// Formats that can be read.
#[derive(Debug, Subcommand)]
pub(crate) enum ImportFormat {
    PngMasks(PngMasksArgs),
    Images(ImagesArgs),
    /// COCO instance JSON: polygons, run-length masks, crowds, boxes
    Coco(ToolArgs),
    /// CVAT XML for images: masks, polygons, ellipses, boxes
    Cvat(ToolArgs),
    /// Label Studio JSON and JSON_MIN: brush strokes, polygons, ellipses, rectangles
    LabelStudio(ToolArgs),
    /// LabelMe JSON files beside their pictures: polygons, circles, masks, rectangles
    Labelme(ToolArgs),
    /// LTG-IDB: photos with label maps in `masks` or `proxy_masks`
    LtgIdb(ToolArgs),
    /// nnU-Net v2 label maps or predictions, with their dataset.json
    Nnunet(ToolArgs),
    /// ODSI-DB: spectral TIFF files with masks
    OdsiDb(ToolArgs),
    /// RootPainter annotations: RGBA PNG, red foreground, green background
    RootPainter(ToolArgs),
    /// Pascal VOC: label maps and boxes
    Voc(ToolArgs),
    /// YOLO label files: polygons and boxes
    Yolo(ToolArgs),
}

/// What is asked of the files of any annotation tool.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lacuna import coco labels.json --data mouths --images photos --unpainted unknown
  lacuna import label-studio export.json --data mouths --images photos --unpainted unknown \\
      --label tooth=teeth --label mouth=:region --option annotators=majority

A label is the class of its name, and not_CLASS is pixels that are certainly not of it. `--label` gives it another \
meaning: a class, not:CLASS, :neither, :unknown, :region or :skip. `lacuna import --list` shows each format's options.")]
pub(crate) struct ToolArgs {
    /// File or folder with the annotations
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(crate) path: PathBuf,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// Folder with the pictures, if they are not beside the annotations
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) images: Option<PathBuf>,
    /// What a pixel means that nobody painted; needed where the format does not say it
    #[arg(long, value_enum, value_name = "MEANING")]
    pub(crate) unpainted: Option<UnpaintedArg>,
    /// Meaning of a label; repeat for more [default: the class of its name]
    #[arg(long, value_name = "LABEL=MEANING", value_parser = label)]
    pub(crate) label: Vec<(String, Label)>,
    /// Leave out labels that are neither given with `--label` nor the name of a class
    #[arg(long)]
    pub(crate) skip_other_labels: bool,
    /// What boxes with the label of a class are
    #[arg(long, value_enum, value_name = "USE", default_value_t = BoxesArg::Skip)]
    pub(crate) boxes: BoxesArg,
    /// Who painted, where the file does not say
    #[arg(long, value_name = "NAME")]
    pub(crate) author: Option<String>,
    /// An option of the format; repeat for more
    #[arg(long, value_name = "NAME=VALUE", value_parser = option)]
    pub(crate) option: Vec<(String, String)>,
}

/// What a box with the label of a class is.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum BoxesArg {
    /// Nothing; it is counted
    Skip,
    /// Together the boxes of a picture enclose everything of interest
    Regions,
}

impl From<BoxesArg> for BoxUse {
    fn from(boxes: BoxesArg) -> Self {
        match boxes {
            BoxesArg::Skip => Self::Skip,
            BoxesArg::Regions => Self::Regions,
        }
    }
}

impl ImportFormat {
    /// The name and arguments of a tool's format; none for our own two.
    pub(crate) fn tool(&self) -> Option<(&'static str, &ToolArgs)> {
        match self {
            Self::PngMasks(_) | Self::Images(_) => None,
            Self::Coco(arguments) => Some(("coco", arguments)),
            Self::Cvat(arguments) => Some(("cvat", arguments)),
            Self::LabelStudio(arguments) => Some(("label-studio", arguments)),
            Self::Labelme(arguments) => Some(("labelme", arguments)),
            Self::LtgIdb(arguments) => Some(("ltg-idb", arguments)),
            Self::Nnunet(arguments) => Some(("nnunet", arguments)),
            Self::OdsiDb(arguments) => Some(("odsi-db", arguments)),
            Self::RootPainter(arguments) => Some(("root-painter", arguments)),
            Self::Voc(arguments) => Some(("voc", arguments)),
            Self::Yolo(arguments) => Some(("yolo", arguments)),
        }
    }
}

/// Pictures in one folder, PNG masks in another
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lacuna import png-masks --data mouths --images photos --masks masks --unpainted unknown
  lacuna import png-masks --data cells --images raw --masks labels --unpainted background \\
      --map 1=nucleus --map 2=cytoplasm --ignore-value 255 --group-from '^(P[0-9]+)_'

Masks are called like their picture: STEM.png holds the class of every pixel as a number (palette or grey), \
STEM_CLASS.png or CLASS/STEM.png holds one class (0 = not painted, 1 or the brightest value = painted). \
Pictures may be PNG, JPEG, TIFF, WebP, BMP or DICOM; they are turned upright as their EXIF orientation says.")]
pub(crate) struct PngMasksArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// Folder with the pictures
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) images: PathBuf,
    /// Folder with the masks
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) masks: PathBuf,
    /// What a pixel means that nobody painted; needed, because only the annotators know
    #[arg(long, value_enum, value_name = "MEANING")]
    pub(crate) unpainted: Option<UnpaintedArg>,
    /// Class of a mask value; repeat for more [default: value 1 is the first class, and so on]
    #[arg(long, value_name = "VALUE=CLASS", value_parser = mapping)]
    pub(crate) map: Vec<(u16, String)>,
    /// Mask value that says that nothing is known, often 255
    #[arg(long, value_name = "VALUE")]
    pub(crate) ignore_value: Option<u16>,
    /// Mask value painted on what is certainly none of the classes
    #[arg(long, value_name = "VALUE")]
    pub(crate) neither_value: Option<u16>,
    /// Draw a box around what is painted of this class, as a non-expert would have; repeat for more classes.
    /// Outside the box no class can be: only if every one that is visible is painted at its outer ends
    #[arg(long, value_name = "CLASS")]
    pub(crate) box_around: Vec<String>,
    /// Distance of that box from the outermost painted pixels, in pixels
    #[arg(long, value_name = "PX", default_value_t = 0.0, value_parser = margin, requires = "box_around")]
    pub(crate) box_margin: f64,
    /// Who painted the masks
    #[arg(long, value_name = "NAME")]
    pub(crate) author: Option<String>,
}

/// A folder of pictures about which nothing has been said yet
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  lacuna import images photos --data mouths --group-from '^(P[0-9]+)_'")]
pub(crate) struct ImagesArgs {
    /// Folder with the pictures
    #[arg(value_name = "PATH", value_hint = ValueHint::DirPath)]
    pub(crate) path: PathBuf,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
}

/// Where an import goes.
#[derive(Debug, Args)]
pub(crate) struct TargetArgs {
    /// Data set to add the pictures to
    #[arg(long, value_name = "DS", value_hint = ValueHint::DirPath)]
    pub(crate) data: PathBuf,
    /// Finds the patient in a picture's file name: the first group in parentheses, else the whole match; or
    /// dicom:PatientID or dicom:StudyInstanceUID, of which only a hash is kept
    #[arg(long, value_name = "REGEX")]
    pub(crate) group_from: Option<GroupFrom>,
    /// Channels shown as red, green and blue (or one as grey), counted from 1, of TIFF files that have more
    #[arg(long, value_name = "R,G,B")]
    pub(crate) channels: Option<ChannelMap>,
    /// Values shown as black and as white, where they have more than 8 bits [default: all that 16 bits can hold]
    #[arg(long, value_name = "LOW,HIGH", allow_hyphen_values = true)]
    pub(crate) window: Option<Window>,
}

impl TargetArgs {
    /// How pictures are read.
    pub(crate) fn reading(&self) -> ReadOptions {
        ReadOptions { channels: self.channels, window: self.window }
    }
}

/// What an unpainted pixel means.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum UnpaintedArg {
    /// Nobody said: only a part was painted, an unpainted pixel may be anything
    Unknown,
    /// The masks are complete: an unpainted pixel is certainly none of the classes
    Background,
}

impl From<UnpaintedArg> for Unpainted {
    fn from(meaning: UnpaintedArg) -> Self {
        match meaning {
            UnpaintedArg::Unknown => Self::Unknown,
            UnpaintedArg::Background => Self::Background,
        }
    }
}

fn margin(text: &str) -> Result<f64, String> {
    let margin = text.parse().ok().filter(|margin: &f64| margin.is_finite() && *margin >= 0.0);
    margin.ok_or_else(|| "a margin is a number of pixels, at least 0".to_owned())
}

fn mapping(text: &str) -> Result<(u16, String), String> {
    let (value, class) = text.split_once('=').ok_or("write it as VALUE=CLASS, such as 1=gum")?;
    let value =
        value.trim().parse().map_err(|_| format!("`{value}` is no mask value (0 to 65535)"))?;
    Ok((value, class.trim().to_owned()))
}

fn label(text: &str) -> Result<(String, Label), String> {
    let (name, meaning) =
        text.rsplit_once('=').ok_or("write it as LABEL=MEANING, such as tooth=teeth")?;
    let meaning = match meaning.trim() {
        ":neither" => Label::Neither,
        ":unknown" => Label::Unknown,
        ":region" => Label::Region,
        ":skip" => Label::Skip,
        other => match other.strip_prefix("not:") {
            Some(class) => Label::Not(class.to_owned()),
            None if other.contains(':') || other.is_empty() => {
                return Err(format!(
                    "`{other}` is no class, not:CLASS, :neither, :unknown, :region or :skip"
                ));
            }
            None => Label::Class(other.to_owned()),
        },
    };
    Ok((name.trim().to_owned(), meaning))
}

/// `NAME=VALUE` of a format's own option.
pub(super) fn option(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}
