//! The instruction sets the kernels are compiled for, and which of them a call uses.
//!
//! The choice is made once, from what the processor says it has. Tests and benchmarks force another one with
//! [`Isa::with`]; it holds for the operators that the calling thread starts, whatever threads they then use.

#![expect(unsafe_code, reason = "enters functions compiled for instructions found at run time")]

use std::cell::Cell;
use std::sync::OnceLock;

#[cfg(target_arch = "x86_64")]
use crate::amx;
use crate::simd::{Kernel, portable};
#[cfg(target_arch = "x86_64")]
use crate::simd::{avx2, avx512};

/// An instruction set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Isa {
    /// What every processor of the architecture has.
    Portable,
    /// AVX2 with FMA: vectors of 8.
    Avx2,
    /// AVX-512 (F, BW, DQ and VL): vectors of 16.
    Avx512,
    /// AVX-512 with its extension for products of bf16 pairs: vectors of 16.
    Avx512Bf16,
    /// The same with AMX: tiles of 16 × 16 sums for products of bf16 matrices.
    Amx,
}

/// An instruction set that this processor lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this processor has no {}", .0.name())]
pub struct UnavailableIsa(pub Isa);

thread_local! {
    static FORCED: Cell<Option<Isa>> = const { Cell::new(None) };
}

impl Isa {
    /// All instruction sets, from the least to the most able.
    pub const ALL: [Self; 5] =
        [Self::Portable, Self::Avx2, Self::Avx512, Self::Avx512Bf16, Self::Amx];

    /// Its usual name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "AVX2",
            Self::Avx512 => "AVX-512",
            Self::Avx512Bf16 => "AVX-512 with BF16",
            Self::Amx => "AVX-512 with AMX",
        }
    }

    /// Its name in settings, as in `--isa`.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
            Self::Avx512Bf16 => "avx512-bf16",
            Self::Amx => "amx",
        }
    }

    /// Whether this processor has it.
    pub fn is_available(self) -> bool {
        self <= Self::best()
    }

    /// The most able one of this processor.
    pub fn best() -> Self {
        static BEST: OnceLock<Isa> = OnceLock::new();
        *BEST.get_or_init(detect)
    }

    /// The one that operators started by this thread use.
    pub fn current() -> Self {
        FORCED.get().unwrap_or_else(Self::best)
    }

    /// Calls `work` with this instruction set in place of the best.
    ///
    /// # Errors
    /// When the processor lacks it.
    pub fn with<R>(self, work: impl FnOnce() -> R) -> Result<R, UnavailableIsa> {
        struct Restore(Option<Isa>);
        impl Drop for Restore {
            fn drop(&mut self) {
                FORCED.set(self.0);
            }
        }
        if !self.is_available() {
            return Err(UnavailableIsa(self));
        }
        let _restore = Restore(FORCED.replace(Some(self)));
        Ok(work())
    }

    /// Values of a vector.
    pub(crate) const fn lanes(self) -> usize {
        match self {
            Self::Portable => 4,
            Self::Avx2 => 8,
            Self::Avx512 | Self::Avx512Bf16 | Self::Amx => 16,
        }
    }

    /// Runs a kernel compiled for this instruction set.
    pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self {
            // SAFETY: `self` is the best of this processor or passed the check of `with`.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Bf16 | Self::Amx => unsafe { avx512::run_bf16(kernel) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => unsafe { avx512::run(kernel) },
            // SAFETY: as above; all processors with AVX-512 have AVX2 and FMA, and `detect` asks for them.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { avx2::run(kernel) },
            _ => portable::run(kernel),
        }
    }
}

fn detect() -> Isa {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        let avx512 = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl");
        return match avx512 {
            true if is_x86_feature_detected!("avx512bf16") => {
                if amx::is_available() {
                    Isa::Amx
                } else {
                    Isa::Avx512Bf16
                }
            }
            true => Isa::Avx512,
            false => Isa::Avx2,
        };
    }
    Isa::Portable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forced_set_holds_for_the_call() {
        let before = Isa::current();
        assert_eq!(Isa::Portable.with(Isa::current), Ok(Isa::Portable));
        assert_eq!(Isa::current(), before);
        for isa in Isa::ALL.into_iter().filter(|isa| !isa.is_available()) {
            let error = isa.with(|| ()).unwrap_err().to_string();
            assert!(error.contains(isa.name()), "{error}");
        }
    }
}
