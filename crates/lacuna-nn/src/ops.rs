//! Operators with CPU kernels of our own, as extensions of the engine. On every other device the engine's are used.

mod conv2d;
mod normalise;

pub(crate) use conv2d::conv2d;
pub(crate) use normalise::{Affine, Then, normalise_batch, normalise_fixed};

use lacuna_kernels::ShapeError;

/// The engine's operators cannot return errors: like its own, ours panic when a caller breaks their contract,
/// which the networks of this crate never do.
fn fitting<T>(result: Result<T, ShapeError>) -> T {
    result.unwrap_or_else(|error| panic!("{error}"))
}
