//! What all tests of operators share: numbers, instruction sets, thread pools, comparisons.

use std::io::Write;

use lacuna_kernels::Isa;

use crate::guard::{Edge, Guarded};

/// Numbers in -1 ..= 1 without a pattern.
pub(crate) fn numbers(len: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x2545_F491_4F6C_DD1D;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u32 << 23) as f32 - 1.0
    };
    (0..len).map(|_| next()).collect()
}

/// Calls `work` with each instruction set of the processor and each guarded edge, on pools of one, two and three
/// threads, and returns the one result that all runs of a set gave.
pub(crate) fn on_every_path(
    test: &str,
    work: impl Fn(&Placement) -> Vec<f32> + Sync,
) -> Vec<(Isa, Vec<f32>)> {
    Isa::ALL.into_iter().filter_map(|isa| Some((isa, on_path(test, isa, &work)?))).collect()
}

fn on_path(
    test: &str,
    isa: Isa,
    work: &(impl Fn(&Placement) -> Vec<f32> + Sync),
) -> Option<Vec<f32>> {
    let mut result: Option<Vec<f32>> = None;
    for (threads, edge) in [(1, Edge::End), (2, Edge::Start), (3, Edge::End)] {
        let pool = pool(threads);
        let found = match pool.install(|| isa.with(|| work(&Placement(edge)))) {
            Ok(found) => found,
            Err(error) => {
                report_skipped(isa, &error.to_string());
                return None;
            }
        };
        let first = result.get_or_insert_with(|| found.clone());
        let same = first.iter().map(|v| v.to_bits()).eq(found.iter().map(|v| v.to_bits()));
        assert!(same, "{test} on {}: other bytes with {threads} threads", isa.name());
    }
    result
}

/// Names an instruction set that no test can run here, once; past the capture of what tests print, so that it is seen.
fn report_skipped(isa: Isa, reason: &str) {
    static REPORTED: std::sync::Mutex<std::collections::BTreeSet<Isa>> =
        std::sync::Mutex::new(std::collections::BTreeSet::new());
    if REPORTED.lock().unwrap().insert(isa) {
        let line = format!("skipped: all operators on {}: {reason}\n", isa.name());
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }
}

/// The pool of so many threads.
fn pool(threads: usize) -> &'static rayon::ThreadPool {
    static POOLS: [std::sync::OnceLock<rayon::ThreadPool>; 4] =
        [const { std::sync::OnceLock::new() }; 4];
    POOLS[threads]
        .get_or_init(|| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap())
}

/// Where a run puts its slices.
pub(crate) struct Placement(Edge);

impl Placement {
    pub(crate) fn put<T: Copy>(&self, values: &[T]) -> Guarded<T> {
        Guarded::new(values, self.0)
    }

    /// An output, full of values that must not survive.
    pub(crate) fn output(&self, len: usize) -> Guarded<f32> {
        self.put(&vec![f32::NAN; len])
    }
}

/// Fails unless all values are within `tolerance` of the expected ones, relative to `scale`.
pub(crate) fn assert_close(
    what: &str,
    found: &[f32],
    expected: &[f64],
    scale: f64,
    tolerance: f64,
) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        let error = (f64::from(*found) - expected).abs();
        assert!(
            error <= tolerance * scale.max(1.0),
            "{what}: value {index} is {found}, expected {expected}"
        );
    }
}
