//! Packing as pairs of bf16 numbers.

#![expect(unsafe_code, reason = "loads and stores take pointers")]
#![expect(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use crate::isa::Isa;
use crate::simd::{Kernel, Simd};

/// Runs of `values` consecutive values, `distance` apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Runs<'a> {
    pub(super) from: &'a [f32],
    pub(super) distance: usize,
    pub(super) values: usize,
}

/// Packs neighbours of each run as pairs, the last value of an odd number with 0. `to` is `[runs, ⌈values / 2⌉]`.
pub(super) fn neighbours(isa: Isa, runs: Runs, to: &mut [f32]) {
    let width = runs.values.div_ceil(2);
    if runs.distance == runs.values && runs.values.is_multiple_of(2) {
        let values = 2 * to.len();
        isa.run(Neighbours { runs: Runs { values, ..runs }, width: to.len().max(1), to });
    } else {
        isa.run(Neighbours { runs, width, to });
    }
}

/// Packs the values of each run as pairs with those at the same places of `second`, or with 0; then zeros up to
/// `width`. `to` is `[runs, width]`.
pub(super) fn twins(isa: Isa, runs: Runs, second: Option<&[f32]>, width: usize, to: &mut [f32]) {
    if runs.distance == runs.values && runs.values == width {
        let (values, width) = (to.len(), to.len().max(1));
        isa.run(Twins { runs: Runs { values, ..runs }, second, width, to });
    } else {
        isa.run(Twins { runs, second, width, to });
    }
}

/// From `[columns, phases, 16]`, rows of 16 `distance` apart, to `[phases, 16, columns]`.
pub(super) fn transpose(isa: Isa, from: &[f32], distance: usize, phases: usize, to: &mut [f32]) {
    assert!(to.len().is_multiple_of(phases * SQUARE));
    isa.run(Transpose { from, distance, phases, to });
}

/// Side of the squares that are transposed.
const SQUARE: usize = 16;

struct Transpose<'a> {
    from: &'a [f32],
    distance: usize,
    phases: usize,
    to: &'a mut [f32],
}

impl Kernel for Transpose<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { from, distance, phases, to } = self;
        let columns = to.len() / (phases * SQUARE);
        for (phase, to) in to.chunks_exact_mut((columns * SQUARE).max(1)).enumerate() {
            transpose_phase(s, &from[phase * distance..], phases * distance, columns, to);
        }
    }
}

/// From rows of 16 values, `distance` apart, to `[16, columns]`.
#[inline(always)]
fn transpose_phase<S: Simd>(s: S, from: &[f32], distance: usize, columns: usize, to: &mut [f32]) {
    let whole = if S::LANES == SQUARE { columns / SQUARE * SQUARE } else { 0 };
    assert!(from.len() >= (columns - 1) * distance + SQUARE && to.len() == columns * SQUARE);
    for column in (0..whole).step_by(SQUARE) {
        // SAFETY: sixteen rows of as many values on either side.
        unsafe {
            let from = from.as_ptr().add(column * distance);
            s.transpose(from, distance, to.as_mut_ptr().add(column), columns);
        }
    }
    if whole == columns {
        return;
    }
    for (channel, to) in to.chunks_exact_mut(columns).enumerate() {
        let rest = from[whole * distance..].chunks(distance);
        for (to, pixel) in to[whole..].iter_mut().zip(rest) {
            *to = pixel[channel];
        }
    }
}

struct Neighbours<'a> {
    runs: Runs<'a>,
    width: usize,
    to: &'a mut [f32],
}

impl Kernel for Neighbours<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Runs { from, distance, values } = self.runs;
        for (index, to) in self.to.chunks_exact_mut(self.width).enumerate() {
            pair_neighbours(s, &from[index * distance..][..values], to);
        }
    }
}

struct Twins<'a> {
    runs: Runs<'a>,
    second: Option<&'a [f32]>,
    width: usize,
    to: &'a mut [f32],
}

impl Kernel for Twins<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Runs { from, distance, values } = self.runs;
        for (index, to) in self.to.chunks_exact_mut(self.width).enumerate() {
            let run = index * distance..index * distance + values;
            let (to, rest) = to.split_at_mut(values);
            pair_twins(s, &from[run.clone()], self.second.map(|second| &second[run]), to);
            rest.fill(0.0);
        }
    }
}

#[inline(always)]
fn pair_neighbours<S: Simd>(s: S, from: &[f32], to: &mut [f32]) {
    assert!(to.len() == from.len().div_ceil(2));
    for (at, to_at) in (0..from.len()).step_by(2 * S::LANES).zip((0..).step_by(S::LANES)) {
        let (left, to_left) = (from.len() - at, to.len() - to_at);
        // SAFETY: what is left of either slice.
        unsafe {
            let from = from.as_ptr().add(at);
            let first = s.load_up_to(from, left);
            let second = match left.checked_sub(S::LANES) {
                Some(left) => s.load_up_to(from.add(S::LANES), left),
                None => s.zero(),
            };
            let pairs = s.pair_neighbours(first, second);
            s.store_up_to(to.as_mut_ptr().add(to_at), to_left, pairs);
        }
    }
}

#[inline(always)]
fn pair_twins<S: Simd>(s: S, first: &[f32], second: Option<&[f32]>, to: &mut [f32]) {
    assert!(to.len() == first.len() && second.is_none_or(|second| second.len() == to.len()));
    for at in (0..to.len()).step_by(S::LANES) {
        let left = to.len() - at;
        // SAFETY: what is left of slices of one length.
        unsafe {
            let first = s.load_up_to(first.as_ptr().add(at), left);
            let second = match second {
                Some(second) => s.load_up_to(second.as_ptr().add(at), left),
                None => s.zero(),
            };
            s.store_up_to(to.as_mut_ptr().add(at), left, s.pair(first, second));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::{pair_bits, to_bf16};

    /// Bits before and after rounding.
    const TABLE: [[u32; 2]; 20] = [
        // Exact, below, at and above the middle, at the middle the even one.
        [0x3F80_0000, 0x3F80],
        [0x3F80_7FFF, 0x3F80],
        [0x3F80_8000, 0x3F80],
        [0x3F80_8001, 0x3F81],
        [0x3F81_7FFF, 0x3F81],
        [0x3F81_8000, 0x3F82],
        [0xBF81_8000, 0xBF82],
        // Up to the next power of two, and to infinity.
        [0x3FFF_8000, 0x4000],
        [0x7F7F_7FFF, 0x7F7F],
        [0x7F7F_8000, 0x7F80],
        [0xFF7F_FFFF, 0xFF80],
        // Zeros, infinities.
        [0x0000_0000, 0x0000],
        [0x8000_0000, 0x8000],
        [0x7F80_0000, 0x7F80],
        [0xFF80_0000, 0xFF80],
        // NaN, quiet and signalling, with a payload that is cut off.
        [0x7FC0_0000, 0x7FC0],
        [0xFFA0_1234, 0xFFE0],
        [0x7F80_0001, 0x7FC0],
        // Subnormal numbers, the last of which becomes a normal one.
        [0x8000_8001, 0x8001],
        [0x007F_8000, 0x0080],
    ];

    #[test]
    fn rounding_is_to_the_nearest() {
        for [bits, expected] in TABLE {
            let found = u32::from(to_bf16(f32::from_bits(bits)));
            assert_eq!(found, expected, "{bits:08x}: {found:04x}");
        }
    }

    /// As the processor does it, if it has an instruction.
    fn pair_on(isa: Isa, values: [f32; 2]) -> u32 {
        let flushes = isa >= Isa::Avx512Bf16;
        let flush = |value: f32| {
            if flushes && value.is_subnormal() { 0.0_f32.copysign(value) } else { value }
        };
        pair_bits(flush(values[0]), flush(values[1])).to_bits()
    }

    /// The bits of so many values of the table, starting anywhere, and of what becomes of them.
    fn check(isa: Isa, count: usize) {
        let value = |index: usize| f32::from_bits(TABLE[index % TABLE.len()][0]);
        let first: Vec<f32> = (count..2 * count).map(value).collect();
        let second: Vec<f32> = (2 * count + 1..=3 * count).map(value).collect();
        let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        let runs = Runs { from: &first, distance: count, values: count };

        let mut found = vec![f32::NAN; count.div_ceil(2)];
        neighbours(isa, runs, &mut found);
        let pair = |pair: &[f32]| pair_on(isa, [pair[0], pair.get(1).copied().unwrap_or(0.0)]);
        let expected: Vec<u32> = first.chunks(2).map(pair).collect();
        assert_eq!(bits(&found), expected, "{count} neighbours, {}", isa.name());

        for second in [Some(&second), None] {
            let mut found = vec![f32::NAN; count + 3];
            twins(isa, runs, second.map(Vec::as_slice), count + 3, &mut found);
            let other = |index: usize| second.map_or(0.0, |second| second[index]);
            let twins =
                first.iter().enumerate().map(|(at, first)| pair_on(isa, [*first, other(at)]));
            let expected: Vec<u32> = twins.chain([0; 3]).collect();
            assert_eq!(bits(&found), expected, "{count} twins, {}", isa.name());
        }
    }

    #[test]
    fn every_instruction_set_rounds_alike() {
        for isa in Isa::ALL.into_iter().filter(|isa| isa.is_available()) {
            (1..100).for_each(|count| check(isa, count));
        }
    }

    #[test]
    fn rows_become_columns() {
        for isa in Isa::ALL.into_iter().filter(|isa| isa.is_available()) {
            for (columns, phases) in (1..70).flat_map(|columns| [(columns, 1), (columns, 2)]) {
                let from: Vec<f32> = (0..16 * columns * phases).map(|i| i as f32).collect();
                let mut to = vec![f32::NAN; from.len()];
                transpose(isa, &from, 16, phases, &mut to);
                let expected = |i: usize| {
                    let (phase, channel) = (i / columns / 16, i / columns % 16);
                    from[(i % columns * phases + phase) * 16 + channel]
                };
                let expected: Vec<f32> = (0..from.len()).map(expected).collect();
                assert_eq!(to, expected, "{columns} columns, {phases} phases, {}", isa.name());
            }
        }
    }

    struct Dot([f32; 2]);

    impl Kernel for Dot {
        type Output = f32;

        #[inline(always)]
        fn run<S: Simd>(self, s: S) -> f32 {
            let [a, b] = self.0.map(|pair| s.splat(pair));
            s.sum(s.dot_pairs(a, b, s.splat(0.5))) / S::LANES as f32
        }
    }

    #[test]
    fn both_products_of_pairs_are_added() {
        for isa in Isa::ALL.into_iter().filter(|isa| isa.is_available()) {
            // The second pair is NaN as a number.
            for (second, expected) in
                [([5.0, -7.0], 0.5 + 10.0 - 21.0), ([1.0, f32::INFINITY], f32::INFINITY)]
            {
                let pairs = [pair_bits(2.0, 3.0), pair_bits(second[0], second[1])];
                assert_eq!(isa.run(Dot(pairs)), expected, "{}", isa.name());
            }
        }
    }
}
