//! The command line as clap parses it: types and help texts only, no behaviour.

mod annotation_loop;
mod audit;
mod bench;
mod compare;
mod demo;
mod doctor;
mod evaluate;
mod explain;
mod export;
mod import;
mod init;
mod predict;
mod reproduce;
mod serve;
mod simulate;
mod split;
mod train;
mod verify;
mod weights;

use std::num::NonZeroUsize;

use clap::{Args, Parser, Subcommand};

pub(crate) use annotation_loop::{LoopAction, LoopArgs, LoopSimulateArgs, StrategyArg};
pub(crate) use audit::AuditArgs;
pub(crate) use bench::{BenchArgs, WorkArg};
pub(crate) use compare::CompareArgs;
pub(crate) use demo::DemoArgs;
pub(crate) use doctor::DoctorArgs;
pub(crate) use evaluate::EvaluateArgs;
pub(crate) use explain::ExplainArgs;
pub(crate) use export::ExportArgs;
pub(crate) use import::{ImagesArgs, ImportArgs, ImportFormat, PngMasksArgs, TargetArgs, ToolArgs};
pub(crate) use init::InitArgs;
pub(crate) use predict::{OutputArgs, PredictArgs, ProbabilitiesArg};
pub(crate) use reproduce::{ConditionArg, KeepArg, ReproduceArgs};
pub(crate) use serve::{RoleArg, ServeArgs};
pub(crate) use simulate::SimulateArgs;
pub(crate) use split::SplitArgs;
pub(crate) use train::TrainArgs;
pub(crate) use verify::VerifyArgs;
pub(crate) use weights::{ConvertArgs, FetchArgs, PublishedArg, WeightsAction, WeightsArgs};

/// Trains segmentation models from images in which only a part was annotated, and never mistakes
/// "nobody said" for "no".
#[derive(Debug, Parser)]
#[command(
    name = "lacuna",
    version,
    disable_help_subcommand = true,
    max_term_width = 100,
    after_help = AFTER_HELP
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const AFTER_HELP: &str = "\
Exit status: 0 done, 1 the work failed, 2 wrong usage or configuration, 3 wrong data, 130 interrupted.
Results go to standard output, everything else to standard error. NO_COLOR is honoured.
`lacuna COMMAND --help` explains a command, with examples.";

/// Flags that every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Common options")]
pub(crate) struct CommonArgs {
    /// Say nothing but results, warnings and errors
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Print the result as one JSON document on standard output
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Threads to work with [default: one for each core]
    #[arg(long, global = true, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(DemoArgs),
    Init(InitArgs),
    Import(Box<ImportArgs>),
    Export(ExportArgs),
    Simulate(Box<SimulateArgs>),
    Audit(AuditArgs),
    Split(SplitArgs),
    Train(Box<TrainArgs>),
    Evaluate(EvaluateArgs),
    Compare(CompareArgs),
    Predict(Box<PredictArgs>),
    Explain(ExplainArgs),
    Reproduce(Box<ReproduceArgs>),
    Serve(ServeArgs),
    Verify(VerifyArgs),
    Loop(LoopArgs),
    Bench(BenchArgs),
    Weights(WeightsArgs),
    Doctor(DoctorArgs),
}
