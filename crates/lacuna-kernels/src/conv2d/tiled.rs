//! The direct convolution in bf16 with AMX: 32 pixels times 32 output channels in four tiles of sums.
//!
//! A tile of inputs is up to 16 pixels of one output row times up to 16 pairs of a run; of weights, as many pairs of a panel
//! times 16 output channels. Each step loads two tiles of either for four products, so that the multiplier waits for no load
//! from the first-level cache. The last pixels of a row whose length is no multiple of the tile's are computed with some
//! before them once more. Runs are cut into equal steps; one that has no step of at least 8 is left to the vectors.

#![expect(unsafe_code, reason = "pointers into packed rows, panels and the output")]
#![expect(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use super::tile::{Band, Block};
use crate::amx::{COLUMNS, ROWS, Tiles};
use crate::simd::Simd;

/// Shorter steps leave too much of a tile empty.
const SHORTEST_STEP: usize = 8;
/// Fewer pixels in a row too.
const FEWEST_PIXELS: usize = 8;

/// The shape of a band in tiles.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tiling {
    /// Pixels of a tile.
    pixels: usize,
    /// Values of a run in a step.
    step: usize,
}

impl Tiling {
    /// For rows of `columns` pixels and runs of `run` values; `None` where vectors do better.
    pub(super) fn of(columns: usize, run: usize) -> Option<Self> {
        let step = step(run)?;
        fits_tiles(columns).then(|| Self { pixels: columns.min(ROWS), step })
    }
}

/// Whether rows of so many output pixels fill enough of a tile.
pub(super) const fn fits_tiles(columns: usize) -> bool {
    columns >= FEWEST_PIXELS
}

/// The longest step that divides `length` and fits a tile.
pub(super) fn step(length: usize) -> Option<usize> {
    (SHORTEST_STEP..=COLUMNS).rev().find(|step| length > 0 && length.is_multiple_of(*step))
}

/// Up to 16 pixels of an output row.
#[derive(Clone, Copy)]
struct Strip {
    from: *const f32,
    /// Offset of the first pixel in the target.
    to: usize,
    /// Pixels at its beginning that another strip has written.
    done: usize,
}

/// Sums of two strips for two vectors of output channels.
type Sums = [[[f32; COLUMNS]; ROWS]; 4];

/// All strips of a block of one or two vectors of output channels.
///
/// # Safety
/// As for the block's own loops; the processor must have tiles, and the band be packed as pairs.
#[inline(always)]
pub(super) unsafe fn run<S: Simd, const NV: usize>(s: S, block: &Block, tiling: Tiling) {
    const { assert!(NV == 1 || NV == 2) }
    let Tiling { pixels, step } = tiling;
    let (sums, inputs, weights) = ([pixels, COLUMNS], [pixels, step], [step, COLUMNS]);
    // SAFETY: the caller's promise; these tiles are the only ones, and given back below.
    let tiles = unsafe { Tiles::new([sums, sums, sums, sums, inputs, inputs, weights, weights]) };
    let mut found: Sums = [[[0.0; COLUMNS]; ROWS]; 4];
    let bias = block.load_bias::<S, NV>(s);
    let mut totals = [[s.zero(); NV]; 2];
    let mut strips = strips(block.band, block.first, pixels);
    while let Some(first) = strips.next() {
        let second = strips.next();
        // SAFETY: the strips lie in the checked band.
        unsafe {
            multiply::<NV>(&tiles, block, step, [first.from, second.unwrap_or(first).from]);
            store::<NV>(&tiles, &mut found);
            for (index, strip) in std::iter::once(first).chain(second).enumerate() {
                write(s, block, &found[2 * index..], strip, pixels, bias, &mut totals);
            }
        }
    }
    block.add_totals(s, &totals);
}

/// The strips of a band, row by row.
fn strips(band: &Band, first: usize, pixels: usize) -> impl Iterator<Item = Strip> {
    (0..band.rows).flat_map(move |row| {
        (0..band.columns).step_by(pixels).map(move |column| {
            let start = column.min(band.columns - pixels);
            Strip {
                from: band.packed.as_ptr().wrapping_add(row * band.row + start * band.pixel),
                to: row * band.target_row + start * band.target_pixel + first,
                done: column - start,
            }
        })
    })
}

/// The sums of two strips, in tiles 0 to 3.
#[inline(always)]
unsafe fn multiply<const NV: usize>(
    tiles: &Tiles,
    block: &Block,
    step: usize,
    from: [*const f32; 2],
) {
    let band = block.band;
    let width = NV * COLUMNS;
    tiles.clear::<0>();
    tiles.clear::<1>();
    tiles.clear::<2>();
    tiles.clear::<3>();
    let mut panel = block.panel;
    for tap in 0..band.taps {
        for at in (0..band.run).step_by(step) {
            let skipped = tap * band.tap_row + at;
            // SAFETY: the caller's promise.
            unsafe {
                tiles.load::<4>(from[0].wrapping_add(skipped), band.pixel);
                tiles.load::<6>(panel, width);
                tiles.multiply::<0, 4, 6>();
                tiles.load::<5>(from[1].wrapping_add(skipped), band.pixel);
                tiles.multiply::<2, 5, 6>();
                if NV == 2 {
                    tiles.load::<7>(panel.wrapping_add(COLUMNS), width);
                    tiles.multiply::<1, 4, 7>();
                    tiles.multiply::<3, 5, 7>();
                }
            }
            panel = panel.wrapping_add(step * width);
        }
    }
}

#[inline(always)]
unsafe fn store<const NV: usize>(tiles: &Tiles, sums: &mut Sums) {
    // SAFETY: each has room for a whole tile.
    unsafe {
        tiles.store::<0>(sums[0].as_mut_ptr().cast(), COLUMNS);
        tiles.store::<2>(sums[2].as_mut_ptr().cast(), COLUMNS);
        if NV == 2 {
            tiles.store::<1>(sums[1].as_mut_ptr().cast(), COLUMNS);
            tiles.store::<3>(sums[3].as_mut_ptr().cast(), COLUMNS);
        }
    }
}

/// Bias, shortcut, ReLU and totals of a strip, and the pixels to the target.
#[inline(always)]
unsafe fn write<S: Simd, const NV: usize>(
    s: S,
    block: &Block,
    sums: &[[[f32; COLUMNS]; ROWS]],
    strip: Strip,
    pixels: usize,
    bias: [S::V; NV],
    totals: &mut [[S::V; NV]; 2],
) {
    for pixel in strip.done..pixels {
        let mut values = bias;
        for (value, sums) in values.iter_mut().zip(sums) {
            // SAFETY: a row of a tile is a vector of this instruction set.
            *value = s.add(*value, unsafe { s.load(sums[pixel].as_ptr()) });
        }
        let to = strip.to + pixel * block.band.target_pixel;
        // SAFETY: a pixel of the band.
        unsafe { block.write_pixel(s, values, to, totals) }
    }
}
