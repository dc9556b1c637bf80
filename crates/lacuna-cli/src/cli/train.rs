//! Arguments of `lacuna train`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

const EXAMPLES: &str = "\
Examples:
  lacuna train --data DS --output-dir runs/a --policy fusion+box
  lacuna train --data DS --output-dir runs/paper --preset paper --policy standard
  lacuna train --data DS --output-dir runs/b --set loss.dice=1 --set augmentation.rotation=15
  lacuna train --data DS --output-dir runs/c --budget 20min
  lacuna train --resume --output-dir runs/a

Precedence: flag, then environment (LACUNA_LR, LACUNA_LOSS_DICE, …), then --config, then --preset.
Ctrl-C finishes the step, saves and exits with 130; --resume goes on as if it had never stopped.";

/// Train a network on the annotated pixels of a data set
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct TrainArgs {
    /// Data set folder
    #[arg(long, value_name = "DS")]
    pub(crate) data: Option<PathBuf>,
    /// Run folder to write
    #[arg(long, value_name = "RUN")]
    pub(crate) output_dir: PathBuf,
    /// Go on with the run in --output-dir (only --epochs may differ)
    #[arg(long, conflicts_with_all = ["data", "config", "preset", "policy", "force", "set", "budget"])]
    pub(crate) resume: bool,
    /// Replace an earlier run in --output-dir
    #[arg(long)]
    pub(crate) force: bool,
    /// Configuration file (TOML); a run's own config.toml reproduces the run
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Values for what is not set: default, paper (the publication's recipe) or quick
    #[arg(long, value_name = "NAME")]
    pub(crate) preset: Option<String>,
    /// Which evidence counts: standard, positive-only, fusion, box, positive+box or fusion+box
    #[arg(long, value_name = "NAME")]
    pub(crate) policy: Option<String>,
    /// Regions that a detector drew with a lower score give no negatives [default: 0]
    #[arg(long, value_name = "SCORE")]
    pub(crate) box_trust: Option<String>,
    /// Plan picture size, sampling, batch and epochs for this time, such as 20min; RUN/plan.toml says why
    #[arg(long, value_name = "TIME", value_parser = super::duration)]
    pub(crate) budget: Option<Duration>,
    /// Print where the time went, and write RUN/trace.json, which <https://ui.perfetto.dev> shows
    #[arg(long)]
    pub(crate) profile: bool,
    /// Any other setting by its name in the configuration file, such as loss.dice=1
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
    #[command(flatten)]
    pub(crate) recipe: RecipeArgs,
}

/// What is trained.
#[derive(Debug, Args)]
#[command(next_help_heading = "Network")]
pub(crate) struct NetworkArgs {
    /// unet-resnet18 or unet-resnet18-paper
    #[arg(long, value_name = "NAME")]
    pub(crate) architecture: Option<String>,
    /// Stages of the encoder, 3 to 5
    #[arg(long, value_name = "N")]
    pub(crate) encoder_depth: Option<String>,
    /// imagenet, none, or a .pth or .safetensors file
    #[arg(long, value_name = "WEIGHTS")]
    pub(crate) encoder_weights: Option<String>,
    /// A checkpoint that the whole network starts from
    #[arg(long, value_name = "CHECKPOINT")]
    pub(crate) pretrained_weights: Option<String>,
    /// Side of the network's input in pixels, or HEIGHTxWIDTH
    #[arg(long, value_name = "SIZE")]
    pub(crate) image_size: Option<String>,
    /// How pictures are fitted into it: pad, stretch or crop
    #[arg(long, value_name = "MODE")]
    pub(crate) resize: Option<String>,
    /// How samples are taken: resize (whole pictures) or patch
    #[arg(long, value_name = "MODE")]
    pub(crate) sampling: Option<String>,
    /// Pixels of a patch per pixel of the picture
    #[arg(long, value_name = "X")]
    pub(crate) patch_scale: Option<String>,
    /// cpu, or a GPU this program was built for, such as cuda:0
    #[arg(long, value_name = "DEVICE")]
    pub(crate) device: Option<String>,
}

/// How it is trained.
#[derive(Debug, Args)]
#[command(next_help_heading = "Recipe")]
pub(crate) struct RecipeArgs {
    /// Epochs
    #[arg(long, value_name = "N")]
    pub(crate) epochs: Option<String>,
    /// Steps an epoch; without it, every training case once
    #[arg(long, value_name = "N")]
    pub(crate) steps_per_epoch: Option<String>,
    /// Pictures a step
    #[arg(long, value_name = "N")]
    pub(crate) batch_size: Option<String>,
    /// Batches whose gradients are added up before a step
    #[arg(long, value_name = "N")]
    pub(crate) accumulate: Option<String>,
    /// sgd or adamw
    #[arg(long, value_name = "NAME")]
    pub(crate) optimizer: Option<String>,
    /// Learning rate
    #[arg(long, value_name = "X")]
    pub(crate) lr: Option<String>,
    /// constant, poly or cosine
    #[arg(long, value_name = "NAME")]
    pub(crate) lr_schedule: Option<String>,
    /// Epochs over which the learning rate rises from 0
    #[arg(long, value_name = "N")]
    pub(crate) warmup_epochs: Option<String>,
    /// Momentum of SGD
    #[arg(long, value_name = "X")]
    pub(crate) momentum: Option<String>,
    /// Weight decay
    #[arg(long, value_name = "X")]
    pub(crate) weight_decay: Option<String>,
    /// Largest norm of the gradient
    #[arg(long, value_name = "X")]
    pub(crate) clip_grad_norm: Option<String>,
    /// What the loss is averaged over: known, known-per-class or all pixels
    #[arg(long, value_name = "NAME")]
    pub(crate) reduction: Option<String>,
    /// End when validation has not improved for so many epochs
    #[arg(long, value_name = "N")]
    pub(crate) early_stopping_patience: Option<String>,
    /// Split of the data set
    #[arg(long, value_name = "NAME")]
    pub(crate) split: Option<String>,
    /// Fold of the split
    #[arg(long, value_name = "K")]
    pub(crate) fold: Option<String>,
    /// Seed of every random choice
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<String>,
    /// f32, or bf16 on the CPU, which pays where the processor has AVX512_BF16
    #[arg(long, value_name = "FORMAT")]
    pub(crate) precision: Option<String>,
    /// Threads that prepare pictures
    #[arg(long, value_name = "N")]
    pub(crate) num_workers: Option<String>,
}

impl TrainArgs {
    /// The flags given, as pairs of setting and value.
    pub(crate) fn pairs(&self) -> Vec<(&'static str, &str)> {
        let (n, r) = (&self.network, &self.recipe);
        let flags = [
            ("preset", &self.preset),
            ("policy", &self.policy),
            ("architecture", &n.architecture),
            ("encoder_depth", &n.encoder_depth),
            ("encoder_weights", &n.encoder_weights),
            ("pretrained_weights", &n.pretrained_weights),
            ("box_trust", &self.box_trust),
            ("image_size", &n.image_size),
            ("resize", &n.resize),
            ("sampling", &n.sampling),
            ("patch_scale", &n.patch_scale),
            ("device", &n.device),
            ("epochs", &r.epochs),
            ("steps_per_epoch", &r.steps_per_epoch),
            ("batch_size", &r.batch_size),
            ("accumulate", &r.accumulate),
            ("optimizer", &r.optimizer),
            ("lr", &r.lr),
            ("lr_schedule", &r.lr_schedule),
            ("warmup_epochs", &r.warmup_epochs),
            ("momentum", &r.momentum),
            ("weight_decay", &r.weight_decay),
            ("clip_grad_norm", &r.clip_grad_norm),
            ("reduction", &r.reduction),
            ("early_stopping_patience", &r.early_stopping_patience),
            ("split", &r.split),
            ("fold", &r.fold),
            ("seed", &r.seed),
            ("num_workers", &r.num_workers),
            ("precision", &r.precision),
        ];
        flags.into_iter().filter_map(|(key, value)| Some((key, value.as_deref()?))).collect()
    }
}
