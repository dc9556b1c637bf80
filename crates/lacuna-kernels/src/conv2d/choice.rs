//! Which algorithm is the faster one, by measurements.

use super::tiled::fits_tiles;
use super::{Algorithm, ConvShape, Method, Precision};
use crate::ShapeError;
use crate::isa::Isa;

/// What is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Forward,
    Input,
    Weight,
}

/// Where minimal filtering is the faster one: from so many channels on each side, and so many 4×4 tiles. With few
/// channels the transforms of inputs and outputs cost what is saved, with few tiles those of the weights do. Measured
/// with AVX2 (Zen 3, two threads) at the layers of `unet-resnet18`: forward with 16 to 16 channels it is 185 GFLOP/s
/// against 167, with 32 to 16 180 against 140; with one thread, 256 channels with 16 tiles give 69 against 74, with 32
/// tiles 114 against 77. The gradient of the weights gains sooner: 87 against 57 at 16 tiles.
const LEAST_CHANNELS: usize = 16;

const fn least_tiles(direction: Direction) -> usize {
    match direction {
        Direction::Forward | Direction::Input => 24,
        Direction::Weight => 16,
    }
}

/// Where direct products are of bf16 pairs, minimal filtering in `f32` must have as many channels on each side. Not
/// measured here: in a study of Zen 5, whose cores do 467 GFLOP/s of such products at most, it reached an effective 590
/// to 810 with 64 to 256 channels, 390 with 32, and 220 to 250 with 16. Beside matrix tiles it never pays.
const LEAST_BESIDE_BF16: usize = 64;

/// What computes a convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    Winograd,
    Direct(Precision),
}

impl Choice {
    pub(super) fn new(
        method: Method,
        shape: &ConvShape,
        out: [usize; 2],
        direction: Direction,
    ) -> Result<Self, ShapeError> {
        let applies = shape.kernel == [3, 3] && shape.stride == [1, 1];
        let Method { algorithm, precision } = method;
        match algorithm {
            Algorithm::Winograd if !applies => Err(ShapeError::Unsupported {
                what: "minimal filtering is for 3x3 kernels of stride 1",
            }),
            Algorithm::Winograd => Ok(Self::Winograd),
            Algorithm::Auto if applies && pays(precision, shape, out, direction) => {
                Ok(Self::Winograd)
            }
            Algorithm::Direct | Algorithm::Auto => Ok(Self::Direct(precision)),
        }
    }

    /// The format of packed values.
    pub(super) const fn precision(self) -> Precision {
        match self {
            Self::Winograd => Precision::F32,
            Self::Direct(precision) => precision,
        }
    }

    /// A word or two for who measures.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Winograd => "winograd",
            Self::Direct(Precision::F32) => "direct",
            Self::Direct(Precision::Bf16) => "direct bf16",
        }
    }
}

fn pays(precision: Precision, shape: &ConvShape, out: [usize; 2], direction: Direction) -> bool {
    if precision == Precision::Bf16 && Isa::current() == Isa::Amx && fits_tiles(out[1]) {
        return false;
    }
    let least_channels = match precision {
        Precision::F32 => LEAST_CHANNELS,
        Precision::Bf16 => LEAST_BESIDE_BF16,
    };
    let tiles = shape.batch * out[0].div_ceil(4) * out[1].div_ceil(4);
    // Tiles that stick out past the border compute what no one needs.
    let mostly_needed = shape.batch * out[0] * out[1] * 2 >= tiles * 16;
    let enough_channels = shape.in_channels.min(shape.out_channels) >= least_channels;
    enough_channels && tiles >= least_tiles(direction) && mostly_needed
}
