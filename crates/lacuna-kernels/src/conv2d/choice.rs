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

/// Where minimal filtering is the faster one: from so many channels on each side and on both together, and so many
/// 4×4 tiles. With few channels the transforms of inputs and outputs cost what is saved, with few tiles those of the
/// weights do. Measured with AVX2 (Zen 3) at the layers of `unet-resnet18`: forward with 16 to 16 channels both reach
/// 85 GFLOP/s, with 32 to 16 it is 98 against 78; 256 channels with 16 tiles give 69 against 74, with 32 tiles 114
/// against 77. The gradient of the weights gains sooner: 110 against 80 at 16 channels, 87 against 57 at 16 tiles.
const fn least(direction: Direction) -> [usize; 3] {
    match direction {
        Direction::Forward | Direction::Input => [16, 48, 24],
        Direction::Weight => [16, 32, 16],
    }
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
    let [least_each, least_both, least_tiles] = least(direction);
    let (inputs, outputs) = (shape.in_channels, shape.out_channels);
    let tiles = shape.batch * out[0].div_ceil(4) * out[1].div_ceil(4);
    // Tiles that stick out past the border compute what no one needs.
    let mostly_needed = shape.batch * out[0] * out[1] * 2 >= tiles * 16;
    let enough_channels = inputs.min(outputs) >= least_each && inputs + outputs >= least_both;
    enough_channels && tiles >= least_tiles && mostly_needed
}
