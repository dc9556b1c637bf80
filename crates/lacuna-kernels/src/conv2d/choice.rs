//! Which algorithm is the faster one, by measurements.

use super::{Algorithm, ConvShape};
use crate::ShapeError;

/// What is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Forward,
    Input,
    Weight,
}

/// Whether to filter minimally.
pub(super) fn is_winograd(
    algorithm: Algorithm,
    shape: &ConvShape,
    out: [usize; 2],
    direction: Direction,
) -> Result<bool, ShapeError> {
    let applies = shape.kernel == [3, 3] && shape.stride == [1, 1];
    match algorithm {
        Algorithm::Direct => Ok(false),
        Algorithm::Winograd if !applies => Err(ShapeError::Unsupported {
            what: "minimal filtering is for 3x3 kernels of stride 1",
        }),
        Algorithm::Winograd => Ok(true),
        Algorithm::Auto => Ok(applies && pays(shape, out, direction)),
    }
}

fn pays(shape: &ConvShape, out: [usize; 2], direction: Direction) -> bool {
    let _ = (out, direction);
    shape.in_channels.min(shape.out_channels) >= 16
}
