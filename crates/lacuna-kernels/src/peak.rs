//! The most that the processor's multipliers can do, against which kernels are judged.

#![expect(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use std::hint::black_box;
use std::time::Instant;

use rayon::prelude::*;

use crate::isa::Isa;
use crate::simd::{Kernel, Simd};

/// Independent sums: enough to hide the latency of two multipliers.
const SUMS: usize = 12;
/// Multiply-adds to each sum in a measurement, well under a millisecond.
const STEPS: usize = 100_000;

/// Floating-point operations a second of all threads of the current rayon pool together, in single precision and
/// with the current instruction set: the best of `rounds` measurements.
pub fn operations_per_second(rounds: usize) -> f64 {
    let isa = Isa::current();
    let threads = rayon::current_num_threads();
    let once = || {
        let tasks = (0..threads).into_par_iter().with_max_len(1);
        let seconds = tasks.map(|_| {
            let start = Instant::now();
            black_box(isa.run(Chains { factor: black_box(0.5) }));
            start.elapsed().as_secs_f64()
        });
        let slowest = seconds.reduce(|| 0.0, f64::max);
        (2 * SUMS * STEPS * isa.lanes() * threads) as f64 / slowest
    };
    (0..rounds).map(|_| once()).fold(0.0, f64::max)
}

struct Chains {
    factor: f32,
}

impl Kernel for Chains {
    type Output = f32;

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> f32 {
        let factor = s.splat(self.factor);
        let mut sums = [s.splat(1.0); SUMS];
        for _ in 0..STEPS {
            for sum in &mut sums {
                *sum = s.mul_add(*sum, factor, factor);
            }
        }
        sums.into_iter().map(|sum| s.sum(sum)).sum()
    }
}
