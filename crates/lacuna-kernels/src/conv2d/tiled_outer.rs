//! The gradient of the weights in bf16 with AMX: sums over pixels in tiles of 16 input channels times 16 outputs.
//!
//! The sum runs over pixels, so a row of inputs holds the pixels of one channel: packed rows are transposed. With a stride,
//! every second pixel comes first, then the others, so that those of a tap follow each other. Of a 3×3 kernel, three tiles of sums for the taps of a kernel row times two vectors of outputs are kept at a time; neighbouring taps
//! read the same rows, a pixel further.

#![expect(unsafe_code, reason = "pointers into packed rows")]

use super::tiled::step;
use crate::amx::{COLUMNS, ROWS, Tiles};

/// Taps of a kernel row whose sums fit the tiles.
pub(super) const MOST_TAPS: usize = 3;

/// Pixels of a step along rows of so many output pixels; `None` where vectors do better.
pub(super) fn pixels_of_step(columns: usize) -> Option<usize> {
    step(columns)
}

/// One kernel row of one group of 16 input channels and one panel of 32 output channels.
#[derive(Debug)]
pub(super) struct TiledOuter<'a> {
    /// Packed inputs, `[rows, stride, 16, columns]`.
    pub(super) x: &'a [f32],
    /// Packed gradients, `[pixels, 32]`.
    pub(super) dy: &'a [f32],
    /// The first packed value for each output row.
    pub(super) starts: &'a [usize],
    /// Output pixels of a row.
    pub(super) columns: usize,
    /// Values of a packed row.
    pub(super) row: usize,
    /// Packed pixels between outputs.
    pub(super) stride: usize,
    /// Of which kernel row, and its taps.
    pub(super) down: usize,
    pub(super) taps: usize,
    /// Pixels of a step.
    pub(super) step: usize,
    /// Whether the sums are added to, or overwritten.
    pub(super) add: bool,
}

impl TiledOuter<'_> {
    /// `sums` are `[taps, 16, 32]`.
    pub(super) fn add_to(&self, sums: &mut [f32]) {
        let last = self.starts.iter().max().map_or(0, |start| start + (self.down + 1) * self.row);
        assert!(last <= self.x.len() && self.row == self.stride * ROWS * self.channel());
        assert!(self.columns + (self.taps - 1) / self.stride <= self.channel());
        assert!(self.starts.len() * self.columns * 2 * COLUMNS <= self.dy.len());
        assert!(self.columns.is_multiple_of(self.step));
        assert!(sums.len() == self.taps * ROWS * 2 * COLUMNS);
        // SAFETY: checked.
        unsafe {
            match self.taps {
                1 => self.run::<1>(sums),
                2 => self.run::<2>(sums),
                3 => self.run::<MOST_TAPS>(sums),
                taps => unreachable!("{taps} taps do not fit the tiles"),
            }
        }
    }

    /// Values of a channel and phase in a packed row.
    fn channel(&self) -> usize {
        self.row / (self.stride * ROWS)
    }

    /// Where the first pixel of a tap lies.
    #[expect(clippy::inline_always, reason = "in the innermost loop")]
    #[inline(always)]
    fn tap(&self, x: *const f32, tap: usize) -> *const f32 {
        x.wrapping_add(tap % self.stride * ROWS * self.channel() + tap / self.stride)
    }

    /// # Safety
    /// The slices must be checked, and the processor have tiles.
    unsafe fn run<const T: usize>(&self, sums: &mut [f32]) {
        let (square, inputs, outputs) = ([ROWS, COLUMNS], [ROWS, self.step], [self.step, COLUMNS]);
        // SAFETY: the caller's promise; these tiles are the only ones.
        let tiles = unsafe {
            Tiles::new([square, square, square, square, square, square, inputs, outputs])
        };
        // SAFETY: the caller's promise.
        unsafe {
            self.begin::<T>(&tiles, sums.as_ptr());
            let mut dy = self.dy.as_ptr();
            for start in self.starts {
                let row = start + self.down * self.row;
                for column in (0..self.columns).step_by(self.step) {
                    let x = self.x.as_ptr().wrapping_add(row + column);
                    self.multiply::<T>(&tiles, x, dy);
                    dy = dy.wrapping_add(self.step * 2 * COLUMNS);
                }
            }
            end::<T>(&tiles, sums.as_mut_ptr());
        }
    }

    unsafe fn begin<const T: usize>(&self, tiles: &Tiles, sums: *const f32) {
        if self.add {
            // SAFETY: `sums` are `[T, 16, 32]`.
            unsafe {
                tiles.load::<0>(place(sums, 0, 0), 2 * COLUMNS);
                tiles.load::<3>(place(sums, 0, 1), 2 * COLUMNS);
                if T > 1 {
                    tiles.load::<1>(place(sums, 1, 0), 2 * COLUMNS);
                    tiles.load::<4>(place(sums, 1, 1), 2 * COLUMNS);
                }
                if T > 2 {
                    tiles.load::<2>(place(sums, 2, 0), 2 * COLUMNS);
                    tiles.load::<5>(place(sums, 2, 1), 2 * COLUMNS);
                }
            }
        } else {
            tiles.clear::<0>();
            tiles.clear::<1>();
            tiles.clear::<2>();
            tiles.clear::<3>();
            tiles.clear::<4>();
            tiles.clear::<5>();
        }
    }

    #[expect(clippy::inline_always, reason = "the innermost loop")]
    #[inline(always)]
    unsafe fn multiply<const T: usize>(&self, tiles: &Tiles, x: *const f32, dy: *const f32) {
        let channel = self.channel();
        // SAFETY: the caller's promise: a step of pixels, and as many of each channel from each tap on.
        unsafe {
            tiles.load::<7>(dy, 2 * COLUMNS);
            if T > 2 {
                tiles.load::<6>(self.tap(x, 2), channel);
                tiles.multiply::<2, 6, 7>();
            }
            if T > 1 {
                tiles.load::<6>(self.tap(x, 1), channel);
                tiles.multiply::<1, 6, 7>();
            }
            tiles.load::<6>(x, channel);
            tiles.multiply::<0, 6, 7>();
            tiles.load::<7>(dy.wrapping_add(COLUMNS), 2 * COLUMNS);
            tiles.multiply::<3, 6, 7>();
            if T > 1 {
                tiles.load::<6>(self.tap(x, 1), channel);
                tiles.multiply::<4, 6, 7>();
            }
            if T > 2 {
                tiles.load::<6>(self.tap(x, 2), channel);
                tiles.multiply::<5, 6, 7>();
            }
        }
    }
}

/// Where the sums of a tap and a vector of outputs begin.
fn place(sums: *const f32, tap: usize, vector: usize) -> *const f32 {
    sums.wrapping_add(tap * ROWS * 2 * COLUMNS + vector * COLUMNS)
}

unsafe fn end<const T: usize>(tiles: &Tiles, sums: *mut f32) {
    let place = |tap, vector| place(sums, tap, vector).cast_mut();
    // SAFETY: the caller's promise: `sums` are `[T, 16, 32]`.
    unsafe {
        tiles.store::<0>(place(0, 0), 2 * COLUMNS);
        tiles.store::<3>(place(0, 1), 2 * COLUMNS);
        if T > 1 {
            tiles.store::<1>(place(1, 0), 2 * COLUMNS);
            tiles.store::<4>(place(1, 1), 2 * COLUMNS);
        }
        if T > 2 {
            tiles.store::<2>(place(2, 0), 2 * COLUMNS);
            tiles.store::<5>(place(2, 1), 2 * COLUMNS);
        }
    }
}
