//! Errors of the paper's experiments.

use std::error::Error;

use lacuna_train::protocol::ProtocolError;
use lacuna_train::protocol::patterns::PatternsError;

use super::{Verdict, is_usage_of_split};
use crate::exit_status::ExitStatus;

/// Errors of the paper's experiments, in one grid or several.
pub(super) fn verdict(cause: &(dyn Error + 'static)) -> Option<Verdict> {
    if let Some(error) = cause.downcast_ref::<PatternsError>() {
        return Some(patterns(error));
    }
    let error = cause.downcast_ref::<ProtocolError>()?;
    Some(Verdict { status: protocol_status(error), hint: error.hint() })
}

/// Errors of grids that are looked at together.
fn patterns(error: &PatternsError) -> Verdict {
    let status = match error {
        PatternsError::NoGrid { .. }
        | PatternsError::Differ { .. }
        | PatternsError::PaintedTheSame { .. }
        | PatternsError::NothingFinished => ExitStatus::Usage,
        PatternsError::NotSimulated { .. }
        | PatternsError::Moved { .. }
        | PatternsError::Changed { .. }
        | PatternsError::NotAllPixels { .. }
        | PatternsError::Data(_)
        | PatternsError::Json(_) => ExitStatus::Data,
        PatternsError::Protocol(error) => protocol_status(error),
        _ => ExitStatus::Failed,
    };
    Verdict { status, hint: error.hint() }
}

fn protocol_status(error: &ProtocolError) -> ExitStatus {
    match error {
        ProtocolError::Config(_)
        | ProtocolError::OwnSetting { .. }
        | ProtocolError::OtherProtocol { .. } => ExitStatus::Usage,
        ProtocolError::Split(error) if is_usage_of_split(error) => ExitStatus::Usage,
        ProtocolError::Data(_)
        | ProtocolError::Split(_)
        | ProtocolError::NoTruth { .. }
        | ProtocolError::Malformed { .. }
        | ProtocolError::Version { .. }
        | ProtocolError::Json(_) => ExitStatus::Data,
        ProtocolError::Interrupted => ExitStatus::Interrupted,
        _ => ExitStatus::Failed,
    }
}
