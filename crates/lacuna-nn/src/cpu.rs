//! The processor's instruction sets, as far as the CPU kernels know them.

pub use lacuna_kernels::{Isa, UnavailableIsa};

/// Single-precision operations a second of all threads together with the current instruction set, measured: the best
/// of `rounds`.
pub fn peak(rounds: usize) -> f64 {
    lacuna_kernels::peak::operations_per_second(rounds)
}
