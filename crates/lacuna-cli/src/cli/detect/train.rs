//! Arguments of `lacuna detect train`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::{BoxRoleArg, share};

const EXAMPLES: &str = "\
Examples:
  lacuna detect train --data DS --output-dir runs/boxes
  lacuna detect train --data DS --output-dir runs/boxes --short-side 256 --epochs 40 --seed 1
  lacuna detect train --data DS --output-dir runs/boxes --role expert
  lacuna detect train --resume --output-dir runs/boxes

Learns from the cases of the split's training part that have a box; of polygons and turned boxes, the upright box \
around. Those of the validation part choose the checkpoint and the margin to widen boxes by. RUN/summary.json says \
how good the boxes are, RUN/config.toml reproduces the run with --config.
Ctrl-C finishes the step, saves and exits with 130; --resume goes on as if it had never stopped.";

/// Train a detector on the boxes that people drew
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DetectTrainArgs {
    /// Data set folder
    #[arg(long, value_name = "DS", value_hint = ValueHint::DirPath, required_unless_present_any = ["resume", "config"])]
    pub(crate) data: Option<PathBuf>,
    /// Run folder to write
    #[arg(long, value_name = "RUN", value_hint = ValueHint::DirPath)]
    pub(crate) output_dir: PathBuf,
    /// Go on with the run in --output-dir (only --epochs may differ)
    #[arg(long, conflicts_with_all = ["data", "config", "force", "split", "fold", "role", "seed", "lr", "batch_size", "short_side", "encoder_weights", "encoder_depth", "device"])]
    pub(crate) resume: bool,
    /// Replace an earlier run in --output-dir
    #[arg(long)]
    pub(crate) force: bool,
    /// Configuration of another detector's run (TOML); flags count more
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) config: Option<PathBuf>,
    /// Whose boxes are learned [default: everybody's]; repeat for more
    #[arg(long, value_enum, value_name = "ROLE")]
    pub(crate) role: Vec<BoxRoleArg>,
    /// Split of the data set [default: default]
    #[arg(long, value_name = "NAME")]
    pub(crate) split: Option<String>,
    /// Fold of the split [default: 0]
    #[arg(long, value_name = "K")]
    pub(crate) fold: Option<usize>,
    /// The recommended margin leaves at most this share of the classes outside, on validation cases [default: .005]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub(crate) most_missed: Option<f64>,
    #[command(flatten)]
    pub(crate) network: DetectorArgs,
    #[command(flatten)]
    pub(crate) recipe: DetectorRecipeArgs,
}

/// What is trained.
#[derive(Debug, Args)]
#[command(next_help_heading = "Detector")]
pub(crate) struct DetectorArgs {
    /// Length of a picture's shorter side in pixels [default: 320]
    #[arg(long, value_name = "PIXELS")]
    pub(crate) short_side: Option<usize>,
    /// Stages of the ResNet18 under the pyramid, 4 or 5 [default: 4]
    #[arg(long, value_name = "N")]
    pub(crate) encoder_depth: Option<usize>,
    /// imagenet, none, or a .pth or .safetensors file [default: imagenet]
    #[arg(long, value_name = "WEIGHTS")]
    pub(crate) encoder_weights: Option<PathBuf>,
    /// Stages that are trained, 0 to 5 from the deepest; the others stay as they are [default: 3]
    #[arg(long, value_name = "N")]
    pub(crate) trainable_layers: Option<usize>,
    /// Regions of a picture that train the box head; fewer are faster where pictures are small [default: 512]
    #[arg(long, value_name = "N")]
    pub(crate) box_batch_size_per_image: Option<usize>,
    /// cpu, or a GPU this program was built for, such as cuda:0 [default: cpu]
    #[arg(long, value_name = "DEVICE")]
    pub(crate) device: Option<String>,
}

/// How it is trained.
#[derive(Debug, Args)]
#[command(next_help_heading = "Recipe")]
pub(crate) struct DetectorRecipeArgs {
    /// Epochs [default: 20]
    #[arg(long, value_name = "N")]
    pub(crate) epochs: Option<usize>,
    /// Pictures a step [default: 2]
    #[arg(long, value_name = "N")]
    pub(crate) batch_size: Option<usize>,
    /// Learning rate of SGD after the warm-up; it falls to 0 as a cosine [default: .005]
    #[arg(long, value_name = "X")]
    pub(crate) lr: Option<f64>,
    /// Epochs over which the learning rate rises [default: 1]
    #[arg(long, value_name = "N")]
    pub(crate) warmup_epochs: Option<usize>,
    /// Momentum [default: .9]
    #[arg(long, value_name = "X")]
    pub(crate) momentum: Option<f64>,
    /// Weight decay [default: .0001]
    #[arg(long, value_name = "X")]
    pub(crate) weight_decay: Option<f64>,
    /// Largest norm of the gradient; 0 = any [default: 10]
    #[arg(long, value_name = "X")]
    pub(crate) clip_grad_norm: Option<f64>,
    /// Probability of a left-right flip [default: .5]
    #[arg(long, value_name = "P", value_parser = share)]
    pub(crate) horizontal_flip: Option<f64>,
    /// Brightness, contrast and saturation vary by ± this [default: .2]
    #[arg(long, value_name = "X", value_parser = share)]
    pub(crate) color_jitter: Option<f64>,
    /// Seed of every random choice [default: 0]
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
}
