//! Arguments of `lacuna bench`.

use clap::{Args, ValueEnum};
use lacuna_data::Size;

use super::audit::frame;

/// Measure how fast this machine trains and predicts
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lacuna bench
  lacuna bench --work train --image-size 256 --image-size 512 --batch-size 2 --threads 1
  lacuna bench --work infer --batch-size 1 --json

Whole steps on made-up pictures: forward, loss, backward and update for training, the forward pass for prediction. \
The share of the processor's peak counts the operations of the convolutions as they are defined; algorithms that need \
fewer multiplications can exceed 100 %.")]
pub(crate) struct BenchArgs {
    /// What is measured
    #[arg(long, value_enum, value_name = "WORK", default_value = "both")]
    pub(crate) work: WorkArg,
    /// unet-resnet18 or unet-resnet18-paper
    #[arg(long, value_name = "NAME", default_value = "unet-resnet18")]
    pub(crate) architecture: String,
    /// Stages of the encoder, 3 to 5
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) encoder_depth: usize,
    /// Side of the network's input in pixels, or HEIGHTxWIDTH; repeat for more
    #[arg(long, value_name = "SIZE", default_value = "256", value_parser = frame)]
    pub(crate) image_size: Vec<Size>,
    /// Pictures a step
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub(crate) batch_size: usize,
    /// Steps that are measured, after one that is not
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) steps: usize,
    /// cpu, or a GPU this program was built for, such as cuda:0
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    pub(crate) device: String,
    /// f32, or bf16 on the CPU, which is emulated and slow where the processor has no AVX512_BF16
    #[arg(long, value_name = "FORMAT", default_value = "f32")]
    pub(crate) precision: String,
    /// Instruction set of the processor to use instead of the best: portable, avx2, avx512, avx512-bf16 or amx
    #[arg(long, value_name = "NAME")]
    pub(crate) isa: Option<String>,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WorkArg {
    /// Training steps
    Train,
    /// Prediction
    Infer,
    /// One after the other
    Both,
}
