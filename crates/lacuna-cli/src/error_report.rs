//! What an error means to the person at the terminal: words, exit status and hint.

mod detection;
mod experiments;

use std::error::Error;
use std::io;

use lacuna_data::DataError;
use lacuna_data::annotation::mask_file::MaskFileError;
use lacuna_data::class::ClassError;
use lacuna_data::dataset::split::SplitError;
use lacuna_data::formats::{ExportError, ImportError, OptionError};
use lacuna_data::image::ImageError;
use lacuna_data::json_file::JsonFileError;
use lacuna_data::simulate::SimulateError;
use lacuna_server::ServeError;
use lacuna_server::team::TeamError;
use lacuna_train::active::simulation::LoopError;
use lacuna_train::agreement::AgreementError;
use lacuna_train::bench::BenchError;
use lacuna_train::checkpoint::CheckpointError;
use lacuna_train::encoder_weights::EncoderError;
use lacuna_train::evaluate::{EvaluateError, UnknownRule};
use lacuna_train::predict::PredictError;
use lacuna_train::predict::completion::CompletionError;
use lacuna_train::predict::writer::WriterError;
use lacuna_train::trainer::{SetupError, TrainError};
use lacuna_train::training::TrainingError;
use lacuna_train::verification::VerificationError;
use lacuna_train::{ConfigError, RunDirError};

use crate::commands::Unreachable;
use crate::exit_status::ExitStatus;

/// Something wrong with what was asked for.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct UsageError {
    message: String,
    hint: Option<String>,
}

impl UsageError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Something wrong with a file that was given, found by a command itself.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct InputError {
    message: String,
    hint: Option<String>,
}

impl InputError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// An error as it is printed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ErrorReport {
    /// How the program ends.
    pub(crate) status: ExitStatus,
    /// What went wrong.
    pub(crate) message: String,
    /// What caused it, nearest first.
    pub(crate) causes: Vec<String>,
    /// What to do about it.
    pub(crate) hint: Option<String>,
}

impl ErrorReport {
    /// Goes through the chain: the first error of a known kind gives the status, the first hint counts.
    pub(crate) fn of(error: &anyhow::Error) -> Self {
        let verdicts: Vec<Verdict> = error.chain().filter_map(verdict).collect();
        Self {
            status: verdicts.first().map_or(ExitStatus::Failed, |verdict| verdict.status),
            hint: verdicts.into_iter().find_map(|verdict| verdict.hint),
            message: error.to_string(),
            causes: causes(error),
        }
    }

    /// Message and causes in one line.
    pub(crate) fn sentence(&self) -> String {
        let mut sentence = self.message.clone();
        for cause in &self.causes {
            sentence.push_str(": ");
            sentence.push_str(cause);
        }
        sentence
    }
}

/// The messages below the first. Many libraries repeat the message of the cause in their own.
fn causes(error: &anyhow::Error) -> Vec<String> {
    let mut told = error.to_string();
    let mut causes = Vec::new();
    for cause in error.chain().skip(1) {
        let text = cause.to_string();
        if !told.contains(&text) {
            causes.push(text.clone());
            told = text;
        }
    }
    causes
}

/// What one error of a chain says about status and hint.
struct Verdict {
    status: ExitStatus,
    hint: Option<String>,
}

/// Errors that pass others on hide them from the chain, so a training's are told apart here.
fn training(cause: &(dyn Error + 'static)) -> Option<Verdict> {
    let error = cause.downcast_ref::<TrainingError>()?;
    let status = match error {
        TrainingError::Split(error) if is_usage_of_split(error) => ExitStatus::Usage,
        TrainingError::Data(_)
        | TrainingError::Split(_)
        | TrainingError::Changed { .. }
        | TrainingError::SplitChanged { .. }
        | TrainingError::Train(TrainError::Data(_))
        | TrainingError::Setup(
            SetupError::Data(_)
            | SetupError::NothingToTrain
            | SetupError::Checkpoint(_)
            | SetupError::Unreadable(_),
        ) => ExitStatus::Data,
        TrainingError::RunDir(RunDirError::Io { .. }) => ExitStatus::Failed,
        TrainingError::NoData
        | TrainingError::Config(_)
        | TrainingError::RunDir(_)
        | TrainingError::Setup(
            SetupError::Config(_) | SetupError::Device(_) | SetupError::Pretrained { .. },
        ) => ExitStatus::Usage,
        _ => ExitStatus::Failed,
    };
    let hint = error.hint().or_else(|| {
        let causes = std::iter::successors(error.source(), |cause| Error::source(*cause));
        let mut files = causes.filter_map(|cause| cause.downcast_ref::<io::Error>());
        files.find_map(|file| disk_hint(file.kind()))
    });
    Some(Verdict { status, hint })
}

/// Errors of the app, of verifications and of the loop.
fn correction(cause: &(dyn Error + 'static)) -> Option<Verdict> {
    if let Some(error) = cause.downcast_ref::<VerificationError>() {
        let status = match error {
            VerificationError::Data(_)
            | VerificationError::NoCases
            | VerificationError::Changed { .. }
            | VerificationError::Misfit { .. }
            | VerificationError::BadAnswer { .. }
            | VerificationError::NoTruth { .. } => ExitStatus::Data,
            VerificationError::Classes { .. }
            | VerificationError::NoSuchPoint { .. }
            | VerificationError::Missing { .. } => ExitStatus::Usage,
            VerificationError::Interrupted => ExitStatus::Interrupted,
            _ => ExitStatus::Failed,
        };
        return Some(Verdict { status, hint: error.hint() });
    }
    if let Some(error) = cause.downcast_ref::<LoopError>() {
        let status = match error {
            LoopError::Data(_) | LoopError::Split(_) | LoopError::NoTruth { .. } => {
                ExitStatus::Data
            }
            LoopError::Config(_) => ExitStatus::Usage,
            LoopError::Interrupted => ExitStatus::Interrupted,
            _ => ExitStatus::Failed,
        };
        return Some(Verdict { status, hint: error.hint() });
    }
    if let Some(error) = cause.downcast_ref::<ServeError>() {
        let status = match error {
            ServeError::Folder { .. } => ExitStatus::Data,
            ServeError::Port { .. } | ServeError::Nameless { .. } => ExitStatus::Usage,
            ServeError::Team(error) => team(error),
            _ => ExitStatus::Failed,
        };
        return Some(Verdict { status, hint: error.hint() });
    }
    if let Some(error) = cause.downcast_ref::<TeamError>() {
        return Some(Verdict { status: team(error), hint: error.hint() });
    }
    None
}

fn team(error: &TeamError) -> ExitStatus {
    match error {
        TeamError::Unknown { .. }
        | TeamError::Taken { .. }
        | TeamError::BadName { .. }
        | TeamError::BadPassword { .. }
        | TeamError::LastOwner { .. }
        | TeamError::BackupExists { .. } => ExitStatus::Usage,
        TeamError::NoTeam { .. }
        | TeamError::Database { .. }
        | TeamError::Version { .. }
        | TeamError::LogDamaged { .. }
        | TeamError::Damaged { .. } => ExitStatus::Data,
        _ => ExitStatus::Failed,
    }
}

/// Errors of a trained network's use, and of comparisons.
fn prediction(cause: &(dyn Error + 'static)) -> Option<Verdict> {
    if let Some(error) = cause.downcast_ref::<AgreementError>() {
        let status = match error {
            AgreementError::Data(_)
            | AgreementError::Classes { .. }
            | AgreementError::NoCases { .. }
            | AgreementError::NoReadings { .. }
            | AgreementError::Read(_)
            | AgreementError::Malformed { .. }
            | AgreementError::Sizes { .. } => ExitStatus::Data,
            AgreementError::Metric { .. } | AgreementError::Mean(_) => ExitStatus::Usage,
            AgreementError::Interrupted => ExitStatus::Interrupted,
            _ => ExitStatus::Failed,
        };
        return Some(Verdict { status, hint: error.hint() });
    }
    if let Some(error) = cause.downcast_ref::<EvaluateError>() {
        let status = match error {
            EvaluateError::Data(_) | EvaluateError::NoCases { .. } => ExitStatus::Data,
            EvaluateError::Classes { .. } => ExitStatus::Usage,
            EvaluateError::Interrupted => ExitStatus::Interrupted,
            _ => ExitStatus::Failed,
        };
        return Some(Verdict { status, hint: error.hint() });
    }
    if let Some(error) = cause.downcast_ref::<PredictError>() {
        let status = match error {
            PredictError::Overlap(_) | PredictError::Device(_) | PredictError::NoModel { .. } => {
                ExitStatus::Usage
            }
            PredictError::Checkpoint(_) | PredictError::Misfit { .. } => ExitStatus::Data,
            _ => ExitStatus::Failed,
        };
        return Some(Verdict { status, hint: error.hint().map(str::to_owned) });
    }
    if let Some(error) = cause.downcast_ref::<BenchError>() {
        let status = match error {
            BenchError::Interrupted => ExitStatus::Interrupted,
            BenchError::Loss(_) | BenchError::Optimizer(_) | BenchError::Failed { .. } => {
                ExitStatus::Failed
            }
            _ => ExitStatus::Usage,
        };
        return Some(Verdict { status, hint: None });
    }
    let usage = |hint: Option<&str>| {
        Some(Verdict { status: ExitStatus::Usage, hint: hint.map(str::to_owned) })
    };
    if let Some(error) = cause.downcast_ref::<WriterError>() {
        // Only what a hint is given for is the caller's choice of names.
        return error.hint().and_then(|hint| usage(Some(hint)));
    }
    if let Some(error) = cause.downcast_ref::<CompletionError>() {
        return match error {
            CompletionError::Overlaps { .. } | CompletionError::NotEmpty { .. } => {
                usage(error.hint())
            }
            _ => {
                Some(Verdict { status: ExitStatus::Failed, hint: error.hint().map(str::to_owned) })
            }
        };
    }
    if cause.is::<CheckpointError>() {
        return Some(Verdict { status: ExitStatus::Data, hint: None });
    }
    cause.is::<UnknownRule>().then_some(Verdict { status: ExitStatus::Usage, hint: None })
}

fn verdict(cause: &(dyn Error + 'static)) -> Option<Verdict> {
    training(cause)
        .or_else(|| prediction(cause))
        .or_else(|| correction(cause))
        .or_else(|| detection::verdict(cause))
        .or_else(|| experiments::verdict(cause))
        .or_else(|| usage(cause))
        .or_else(|| data(cause))
        .or_else(|| work(cause))
}

fn usage(cause: &(dyn Error + 'static)) -> Option<Verdict> {
    let verdict = |hint| Verdict { status: ExitStatus::Usage, hint };
    if let Some(error) = cause.downcast_ref::<UsageError>() {
        return Some(verdict(error.hint.clone()));
    }
    if let Some(error) = cause.downcast_ref::<ConfigError>() {
        return Some(verdict(error.hint()));
    }
    if cause.is::<ClassError>() {
        return Some(verdict(None));
    }
    if let Some(error) = cause.downcast_ref::<SplitError>() {
        return is_usage_of_split(error).then(|| verdict(error.hint().map(str::to_owned)));
    }
    match cause.downcast_ref::<SimulateError>()? {
        SimulateError::MaskCount { .. } | SimulateError::MaskSize { .. } => None,
        _ => Some(verdict(None)),
    }
}

/// Whether the fault is in what was asked for, not in the data set.
fn is_usage_of_split(error: &SplitError) -> bool {
    matches!(
        error,
        SplitError::TooManyFolds { .. }
            | SplitError::TooFewFolds { .. }
            | SplitError::BadShare { .. }
            | SplitError::NoSuchFold { .. }
            | SplitError::BadName { .. }
    )
}

fn data(cause: &(dyn Error + 'static)) -> Option<Verdict> {
    let verdict =
        |hint: Option<&str>| Verdict { status: ExitStatus::Data, hint: hint.map(str::to_owned) };
    if let Some(error) = cause.downcast_ref::<ImportError>() {
        let status = match error {
            ImportError::Class(_)
            | ImportError::Option(_)
            | ImportError::UnpaintedUnsaid { .. } => ExitStatus::Usage,
            _ => ExitStatus::Data,
        };
        return Some(Verdict { status, ..verdict(error.hint()) });
    }
    if let Some(error) = cause.downcast_ref::<ExportError>() {
        let status = match error {
            ExportError::Exists { .. } | ExportError::DoesNotFit { .. } => ExitStatus::Usage,
            ExportError::Io { .. } => ExitStatus::Failed,
            _ => ExitStatus::Data,
        };
        return Some(Verdict { status, ..verdict(error.hint()) });
    }
    if cause.is::<OptionError>() {
        let hint = Some("see the options of the formats: `--list`".to_owned());
        return Some(Verdict { status: ExitStatus::Usage, hint });
    }
    if let Some(error) = cause.downcast_ref::<InputError>() {
        return Some(verdict(error.hint.as_deref()));
    }
    if let Some(error) = cause.downcast_ref::<DataError>() {
        return Some(verdict(error.hint()));
    }
    if let Some(error) = cause.downcast_ref::<SplitError>() {
        return Some(verdict(error.hint()));
    }
    if let Some(error) = cause.downcast_ref::<ImageError>() {
        return Some(verdict(error.hint()));
    }
    if let Some(error) = cause.downcast_ref::<MaskFileError>() {
        return Some(verdict(error.hint()));
    }
    let known = cause.is::<JsonFileError>() || cause.is::<SimulateError>();
    known.then(|| verdict(None))
}

fn work(cause: &(dyn Error + 'static)) -> Option<Verdict> {
    let verdict = |hint| Verdict { status: ExitStatus::Failed, hint };
    if let Some(error) = cause.downcast_ref::<RunDirError>() {
        let status = match error {
            RunDirError::Io { .. } => ExitStatus::Failed,
            _ => ExitStatus::Usage,
        };
        return Some(Verdict { status, hint: error.hint().map(str::to_owned) });
    }
    if let Some(error) = cause.downcast_ref::<EncoderError>() {
        return Some(verdict(error.hint()));
    }
    if let Some(error) = cause.downcast_ref::<Unreachable>() {
        return Some(verdict(Some(error.hint().to_owned())));
    }
    cause.downcast_ref::<io::Error>().map(|error| verdict(disk_hint(error.kind())))
}

fn disk_hint(kind: io::ErrorKind) -> Option<String> {
    let hint = match kind {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "the disk is full: free some space, or write to another folder"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "you may not write there: choose another folder, or ask for the permission"
        }
        _ => return None,
    };
    Some(hint.to_owned())
}
