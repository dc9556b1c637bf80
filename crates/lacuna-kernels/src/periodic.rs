//! Elementwise passes over channels-last tensors as flat slices whose per-channel factors repeat.
//!
//! A table repeats the factors of the channels until it fills whole vectors, so that there are no tails but at the end
//! of the tensor, whatever the number of channels. Tables of few channels are repeated further: short inner loops cost
//! more than their work, and sums into the same place would wait for each other.

#![expect(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use crate::simd::Simd;

/// Least values of a table.
const LEAST: usize = 128;
/// Values of a chunk, the unit of work of a thread, rounded to whole tables.
const CHUNK: usize = 1 << 16;

/// How per-channel factors repeat.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Period {
    pub(crate) channels: usize,
    /// Values of a table, a multiple of the channels and of every vector.
    pub(crate) len: usize,
}

impl Period {
    pub(crate) fn new(channels: usize) -> Self {
        // The widest vector has 16 values.
        let repeats = 16 >> channels.trailing_zeros().min(4);
        let len = channels * repeats;
        Self { channels, len: len * LEAST.div_ceil(len) }
    }

    /// The factors of the channels, repeated.
    pub(crate) fn table(self, factor: impl Fn(usize) -> f32) -> Vec<f32> {
        let mut table: Vec<f32> = (0..self.channels).map(factor).collect();
        for index in self.channels..self.len {
            table.push(table[index - self.channels]);
        }
        table
    }

    /// Values of a chunk.
    pub(crate) fn chunk(self) -> usize {
        CHUNK.next_multiple_of(self.len)
    }

    /// Calls `visit` for each vector of `len` values: its place, its place in the table, and how many values are left,
    /// which may be more or less than a vector.
    #[inline(always)]
    pub(crate) fn walk<S: Simd>(self, len: usize, mut visit: impl FnMut(usize, usize, usize)) {
        let mut at = 0;
        while at < len {
            let end = len.min(at + self.len);
            let mut index = 0;
            while at < end {
                visit(at, index, end - at);
                at += S::LANES;
                index += S::LANES;
            }
        }
    }
}
