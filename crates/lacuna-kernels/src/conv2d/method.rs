//! How a convolution is computed.

/// The arithmetic of a convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Algorithm {
    /// The faster one, by a table of measurements.
    #[default]
    Auto,
    /// Products of packed rows and weights.
    Direct,
    /// F(4×4, 3×3): 3×3 kernels of stride 1 only. A quarter of the multiplications, and errors
    /// four to six times as large (1.1e-6 of the outputs with 16 channels, 3.3e-6 with 256).
    Winograd,
}

/// The number format of the factors of a direct convolution. What lies in memory, sums and epilogues are `f32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// As in memory.
    #[default]
    F32,
    /// Rounded to 8 significant bits, ties to even. Of random numbers, the root mean square of the errors is 2.1e-3 of
    /// that of the results in all three passes of a 3×3 kernel, with 16, 64 and 256 channels alike; in `f32` it is
    /// 2.0e-7, 4.1e-7 and 8.3e-7. Without [`Avx512Bf16`](crate::Isa::Avx512Bf16) it is emulated, which is slow.
    Bf16,
}

impl Precision {
    /// Packed values of a pixel of so many channels: numbers, or pairs of them.
    pub(super) const fn packed(self, channels: usize) -> usize {
        match self {
            Self::F32 => channels,
            Self::Bf16 => channels.div_ceil(2),
        }
    }
}

/// How a convolution is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Method {
    /// The arithmetic.
    pub algorithm: Algorithm,
    /// The number format of direct products; [`Algorithm::Winograd`] computes in `f32` whatever it is, because its
    /// transforms multiply rounding errors (3e-2 of the outputs in bf16). With [`Algorithm::Auto`] it is what is
    /// allowed: the choice may still fall on minimal filtering.
    pub precision: Precision,
}

impl From<Algorithm> for Method {
    fn from(algorithm: Algorithm) -> Self {
        Self { algorithm, precision: Precision::F32 }
    }
}
