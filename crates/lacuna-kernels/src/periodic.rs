//! Elementwise passes over channels-last tensors as flat slices whose per-channel factors repeat.
//!
//! A table repeats the factors of the channels until it fills whole vectors, so that there are no tails but at the end
//! of the tensor, whatever the number of channels. Tables of few channels are repeated further: short inner loops cost
//! more than their work, and sums into the same place would wait for each other.

#![expect(unsafe_code, reason = "vectors at places of tensors")]
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

    /// Visits each vector of `len` values.
    ///
    /// # Safety
    /// What `visitor` does at places of `len` values, and of a table, must be sound.
    #[inline(always)]
    pub(crate) unsafe fn walk<S: Simd>(self, s: S, len: usize, visitor: &mut impl Visitor<S>) {
        let mut at = 0;
        while at < len {
            let end = len.min(at + self.len);
            let mut index = 0;
            while at < end {
                // SAFETY: the caller's promise.
                unsafe { visitor.visit(s, Place { at, index, count: end - at }) }
                at += S::LANES;
                index += S::LANES;
            }
        }
    }
}

/// A vector of a tensor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// Where it lies in the tensor, and in a table.
    pub(crate) at: usize,
    pub(crate) index: usize,
    /// How many values are left in the tensor: more or less than a vector.
    pub(crate) count: usize,
}

impl Place {
    /// The vector of a tensor.
    ///
    /// # Safety
    /// The tensor must have the place.
    #[inline(always)]
    pub(crate) unsafe fn of<S: Simd>(self, s: S, tensor: &[f32]) -> S::V {
        // SAFETY: the caller's promise.
        unsafe { s.load_up_to(tensor.as_ptr().add(self.at), self.count) }
    }

    /// The vector of a table.
    ///
    /// # Safety
    /// The table must have the place.
    #[inline(always)]
    pub(crate) unsafe fn of_table<S: Simd>(self, s: S, table: &[f32]) -> S::V {
        // SAFETY: the caller's promise; tables are whole vectors.
        unsafe { s.load(table.as_ptr().add(self.index)) }
    }
}

/// What is done with each vector. Closures would not always be inlined, and be compiled for the baseline.
pub(crate) trait Visitor<S: Simd> {
    /// # Safety
    /// The tensors and tables must have the place.
    unsafe fn visit(&mut self, s: S, place: Place);
}
