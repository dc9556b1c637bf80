//! Errors of detectors.

use std::error::Error;

use lacuna_train::RunDirError;
use lacuna_train::detection::DetectError;
use lacuna_train::predict::PredictError;
use lacuna_train::training::TrainingError;

use super::{Verdict, is_usage_of_split};
use crate::exit_status::ExitStatus;

/// Errors of a detector's training and use.
pub(super) fn verdict(cause: &(dyn Error + 'static)) -> Option<Verdict> {
    let error = cause.downcast_ref::<DetectError>()?;
    if let DetectError::Segmentation(inner) = error {
        let inner: &TrainingError = inner;
        return super::training(inner);
    }
    Some(Verdict { status: status(error), hint: error.hint() })
}

fn status(error: &DetectError) -> ExitStatus {
    match error {
        DetectError::Split(error) if is_usage_of_split(error) => ExitStatus::Usage,
        DetectError::RunDir(RunDirError::Io { .. }) => ExitStatus::Failed,
        DetectError::OutOfRange { .. }
        | DetectError::ConfigFile { .. }
        | DetectError::NoDetector { .. }
        | DetectError::TooFewGroups { .. }
        | DetectError::AllSeen { .. }
        | DetectError::Network(_)
        | DetectError::Prediction(PredictError::Device(_))
        | DetectError::RunDir(_) => ExitStatus::Usage,
        DetectError::Data(_)
        | DetectError::Split(_)
        | DetectError::Json(_)
        | DetectError::NoBoxes { .. }
        | DetectError::Degenerate { .. }
        | DetectError::OutOfPicture { .. }
        | DetectError::Classes { .. }
        | DetectError::Checkpoint(_)
        | DetectError::Misfit { .. }
        | DetectError::Changed { .. }
        | DetectError::NothingToJudge => ExitStatus::Data,
        DetectError::Interrupted => ExitStatus::Interrupted,
        _ => ExitStatus::Failed,
    }
}
