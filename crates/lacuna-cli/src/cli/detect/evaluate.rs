//! Arguments of `lacuna detect evaluate`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::{BaselineArg, share};

const EXAMPLES: &str = "\
Examples:
  lacuna detect evaluate --run runs/boxes --data DS
  lacuna detect evaluate --run runs/boxes --data DS --output-dir boxes
  lacuna detect evaluate --run runs/boxes --data DS --baseline mean-box --baseline largest-component
  lacuna detect evaluate --run runs/boxes --data DS --json > boxes.json

AP is COCO's, over the pictures in which a person drew a box. `missed` is the share of the classes' pixels outside \
the boxes, which would be taught as negatives; `gained` the share of the true outside that the boxes give. Held to \
complete masks where the data set has them, else to painted pixels and people's boxes.
Pictures that the detector was trained on, others of their group, and its validation cases are left out.";

/// Hold a detector and simpler ways to the same table
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DetectEvaluateArgs {
    /// Run folder of a detector
    #[arg(long, value_name = "RUN", value_hint = ValueHint::DirPath)]
    pub(crate) run: PathBuf,
    /// Data set with masks, paint or boxes to hold them to
    #[arg(long, value_name = "DS", value_hint = ValueHint::DirPath)]
    pub(crate) data: PathBuf,
    /// Only this case; repeat for more
    #[arg(long, value_name = "ID")]
    pub(crate) case: Vec<String>,
    /// Simpler way to hold it to; repeat for more [default: whole-image and mean-box]
    #[arg(long, value_enum, value_name = "NAME")]
    pub(crate) baseline: Vec<BaselineArg>,
    /// Boxes with a lower score do not count as written
    #[arg(long, value_name = "SCORE", default_value_t = 0.5, value_parser = share)]
    pub(crate) score_threshold: f64,
    /// Where to write report.html, boxes.csv, pictures.csv and curve.svg [default: nowhere]
    #[arg(long, short = 'o', value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) output_dir: Option<PathBuf>,
    /// Device [default: that of the training]
    #[arg(long, value_name = "DEVICE")]
    pub(crate) device: Option<String>,
}
