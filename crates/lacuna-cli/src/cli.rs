//! The command line as clap parses it: types and help texts only, no behaviour.

mod annotation_loop;
mod audit;
mod bench;
mod compare;
mod demo;
mod detect;
mod doctor;
mod evaluate;
mod explain;
mod export;
mod import;
mod init;
mod patterns;
mod plan;
mod predict;
mod reproduce;
mod serve;
mod simulate;
mod split;
mod team;
mod train;
mod verify;
mod weights;

use std::num::NonZeroUsize;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

pub(crate) use annotation_loop::{
    LoopAction, LoopArgs, LoopSimulateArgs, ReplayArg, StartArg, StrategyArg,
};
pub(crate) use audit::AuditArgs;
pub(crate) use bench::{BenchArgs, WorkArg};
pub(crate) use compare::CompareArgs;
pub(crate) use demo::DemoArgs;
pub(crate) use detect::{
    DetectAction, DetectArgs, DetectEvaluateArgs, DetectPredictArgs, DetectTrainArgs,
};
pub(crate) use doctor::DoctorArgs;
pub(crate) use evaluate::EvaluateArgs;
pub(crate) use explain::ExplainArgs;
pub(crate) use export::ExportArgs;
pub(crate) use import::{ImagesArgs, ImportArgs, ImportFormat, PngMasksArgs, TargetArgs, ToolArgs};
pub(crate) use init::InitArgs;
pub(crate) use patterns::PatternsArgs;
pub(crate) use plan::PlanArgs;
pub(crate) use predict::{OutputArgs, PredictArgs, ProbabilitiesArg};
pub(crate) use reproduce::{ConditionArg, KeepArg, ReproduceArgs};
pub(crate) use serve::{LabelStudioArgs, LogArg, RoleArg, ServeArgs, ServeTeamArgs};
pub(crate) use simulate::SimulateArgs;
pub(crate) use split::SplitArgs;
pub(crate) use team::{
    TeamAction, TeamAddArgs, TeamArgs, TeamBackupArgs, TeamDataArgs, TeamLogArgs, TeamMemberArgs,
    TeamPasswordArgs, TeamRoleArgs,
};
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
    Plan(PlanArgs),
    Train(Box<TrainArgs>),
    Evaluate(EvaluateArgs),
    Compare(CompareArgs),
    Predict(Box<PredictArgs>),
    Explain(ExplainArgs),
    Detect(DetectArgs),
    Reproduce(Box<ReproduceArgs>),
    Patterns(PatternsArgs),
    Serve(Box<ServeArgs>),
    Team(TeamArgs),
    Verify(VerifyArgs),
    Loop(LoopArgs),
    Bench(BenchArgs),
    Weights(WeightsArgs),
    Doctor(DoctorArgs),
}

/// A time such as `90s`, `20min` or `1.5h`.
fn duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let split = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let unit = match unit {
        "s" => 1.0,
        "min" => 60.0,
        "h" => 3600.0,
        _ => return Err("write it with its unit: 90s, 20min or 2h".to_owned()),
    };
    let number: f64 = number.trim().parse().map_err(|_| format!("`{number}` is no number"))?;
    let seconds = number * unit;
    let is_sensible = (1.0..=31_536_000.0).contains(&seconds);
    if is_sensible {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err("from a second to a year".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        for (text, seconds) in [("90s", 90.0), ("20min", 1200.0), (" 1.5h ", 5400.0)] {
            assert_eq!(duration(text).unwrap().as_secs_f64(), seconds, "{text}");
        }
        for text in ["20", "min", "-1h", "NaNs", "0s", "1d", "1e9h"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
