//! The number format of a network's convolutions on the CPU, as PyTorch's `autocast` sets it.

use std::cell::Cell;

use lacuna_kernels::conv2d;
use serde::{Deserialize, Serialize};

thread_local! {
    static CURRENT: Cell<Precision> = const { Cell::new(Precision::F32) };
}

/// The number format of the factors in convolutions. Weights, activations in memory, batch normalisation, loss, sums
/// and optimizer are 32-bit floats in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 32-bit floats.
    #[default]
    F32,
    /// Rounded to bfloat16, 8 significant bits. Twice the arithmetic on processors with AVX512_BF16; elsewhere the
    /// same results to the rounding of sums, but slower than [`Precision::F32`].
    Bf16,
}

impl Precision {
    /// Calls `work`; the convolutions it starts on this thread use this precision, and so will their gradients.
    pub fn autocast<R>(self, work: impl FnOnce() -> R) -> R {
        struct Restore(Precision);
        impl Drop for Restore {
            fn drop(&mut self) {
                CURRENT.set(self.0);
            }
        }
        let _restore = Restore(CURRENT.replace(self));
        work()
    }

    /// The precision of convolutions that this thread starts now.
    pub(crate) fn current() -> Self {
        CURRENT.get()
    }

    /// Its name in settings: `f32` or `bf16`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
        }
    }

    /// Whether the device of that name computes in it: bf16 is only for the CPU, other devices have f32.
    pub fn is_available_on(self, device: &str) -> bool {
        self == Self::F32 || device == "cpu"
    }

    /// Whether the CPU has instructions for it.
    pub fn is_native(self) -> bool {
        self == Self::F32 || lacuna_kernels::Isa::current() >= lacuna_kernels::Isa::Avx512Bf16
    }
}

impl From<Precision> for conv2d::Method {
    fn from(precision: Precision) -> Self {
        let precision = match precision {
            Precision::F32 => conv2d::Precision::F32,
            Precision::Bf16 => conv2d::Precision::Bf16,
        };
        Self { algorithm: conv2d::Algorithm::Auto, precision }
    }
}
