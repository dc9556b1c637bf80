//! Arguments of `lacuna predict`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

const EXAMPLES: &str = "\
Examples:
  lacuna predict --run runs/a -i photos -o masks --overlays --measure
  lacuna predict --run runs/a -i photo.jpg -o masks --tta flips --probabilities png16
  lacuna predict --run runs/a --data DS --part test -o masks --threshold validation
  lacuna predict --run runs/a --data DS -o masks --complete DS-completed

For every picture a palette PNG is written: 0 for no class, then the classes in their order. A pixel that \
several classes claim goes to the one furthest above its threshold; --per-class keeps them apart. A picture that \
cannot be read is named, all others are done, and the exit status is 3.";

/// Predict masks for pictures, at their own resolution
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PredictArgs {
    /// Run folder
    #[arg(long, value_name = "RUN", value_hint = ValueHint::DirPath)]
    pub(crate) run: PathBuf,
    /// Pictures, or folders of pictures
    #[arg(short, long, value_name = "PATH", num_args = 1.., required_unless_present = "data", conflicts_with = "data")]
    pub(crate) input: Vec<PathBuf>,
    /// Data set whose pictures are predicted
    #[arg(long, value_name = "DS", value_hint = ValueHint::DirPath)]
    pub(crate) data: Option<PathBuf>,
    /// Only this part of the run's split: train, validation or test
    #[arg(long, value_name = "PART", requires = "data")]
    pub(crate) part: Option<String>,
    /// Only this case; repeat for more
    #[arg(long, value_name = "ID", requires = "data", conflicts_with = "part")]
    pub(crate) case: Vec<String>,
    /// Folder to write the masks to
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) output_dir: PathBuf,
    /// Device
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    pub(crate) device: String,
    #[command(flatten)]
    pub(crate) inference: InferenceArgs,
    #[command(flatten)]
    pub(crate) outputs: OutputArgs,
}

/// How pictures are predicted.
#[derive(Debug, Args)]
#[command(next_help_heading = "Inference")]
pub(crate) struct InferenceArgs {
    /// From which probability on a pixel is of a class: 0 to 1, or chosen on the run's validation cases by
    /// elkan-noto or validation
    #[arg(long, value_name = "RULE", default_value = "0.5")]
    pub(crate) threshold: String,
    /// Predict in tiles of the network's input size instead of resizing the whole picture
    #[arg(long)]
    pub(crate) tile: bool,
    /// Share of a tile that overlaps its neighbour, 0 to .9; tiles are blended with a Gaussian
    #[arg(long, value_name = "SHARE", default_value_t = 0.5, requires = "tile")]
    pub(crate) overlap: f64,
    /// Average over mirrored copies
    #[arg(long, value_name = "NAME", value_parser = ["flips"])]
    pub(crate) tta: Option<String>,
}

/// What is written.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// Also write one mask a class, STEM.CLASS.png
    #[arg(long)]
    pub(crate) per_class: bool,
    /// Also write probabilities
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) probabilities: Option<ProbabilitiesArg>,
    /// Also draw the prediction over each picture, in DIR/overlays
    #[arg(long)]
    pub(crate) overlays: bool,
    /// Also write measures.csv: area, share of the picture and pieces of every class, a row a picture
    #[arg(long)]
    pub(crate) measure: bool,
    /// Millimetres between rows and columns, for areas in mm² [default: the spacing in the data set]
    #[arg(long, value_name = "ROW,COLUMN", value_parser = spacing)]
    pub(crate) spacing: Option<[f64; 2]>,
    /// Also write a copy of the data set in which what a person painted is kept and the rest is filled in
    #[arg(long, value_name = "DS2", requires = "data", value_hint = ValueHint::DirPath)]
    pub(crate) complete: Option<PathBuf>,
}

/// File formats of probabilities.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ProbabilitiesArg {
    /// A 16-bit grey PNG a class, 65535 = 1
    Png16,
    /// A NumPy file of all classes, float32 [classes, height, width]
    Npy,
}

fn spacing(text: &str) -> Result<[f64; 2], String> {
    let parts: Vec<f64> = text
        .split(',')
        .map(|part| part.trim().parse().map_err(|_| format!("`{part}` is no number")))
        .collect::<Result<_, _>>()?;
    let both = match parts[..] {
        [one] => [one, one],
        [row, column] => [row, column],
        _ => return Err("write it as ROW,COLUMN, such as 0.1,0.1".to_owned()),
    };
    if both.iter().all(|mm| mm.is_finite() && *mm > 0.0) {
        Ok(both)
    } else {
        Err("a spacing is greater than 0".to_owned())
    }
}
