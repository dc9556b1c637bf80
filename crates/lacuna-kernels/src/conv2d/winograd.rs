//! Minimal filtering of 3×3 kernels, stride 1: F(4×4, 3×3) of Winograd, as Lavin and Gray 2015 apply it.
//!
//! A 4×4 tile of outputs takes 36 products a channel pair instead of 144. Inputs (6×6 with overlap) and weights are
//! transformed, multiplied place by place (36 matrix products over channels, with the tiles of the direct
//! convolution), and transformed back. The transforms multiply rounding errors: with inputs and weights around 1 the
//! outputs are off by up to about 4e-6 · √(9 · channels), where the direct sums are off by about 1e-7 of that; the
//! tests hold the bound.
//!
//! An item of work is a chunk of tiles. Its transformed inputs `[36][tile][in]` and products `[36][tile][out]` go
//! through the second- and third-level caches, the transformed weights are read once for each chunk: a chunk is as
//! large as its own values stay within a megabyte or half of the weights. Planes are 16 values more than a power of
//! two apart, or the 36 places would compete for the same cache lines.

#![expect(unsafe_code, reason = "pointers into transformed values and the output")]

mod chunk;
mod gradient;
mod transform;
mod weights;

use rayon::prelude::*;

pub(super) use gradient::run as backward_weight;
pub(super) use weights::Transformed;

use super::pass::Pass;
use super::tile::Finish;
use crate::aligned::Shared;
use crate::isa::Isa;
use chunk::Chunk;

/// Places of a transformed tile.
const PLACES: usize = 36;
/// Outputs of a tile along an axis.
const TILE: usize = 4;
/// Inputs of a tile along an axis.
const FIELD: usize = 6;
/// Values of a chunk that are worth keeping close together.
const CHUNK_VALUES: usize = 1 << 18;
/// Chunks there should be, for balance.
const FEWEST_CHUNKS: usize = 4;
/// More tiles in a chunk than this bring nothing.
const MOST_TILES: usize = 96;

/// The tiles of a pass.
#[derive(Debug, Clone, Copy)]
struct Tiles {
    /// Tiles down and across an image.
    grid: [usize; 2],
    count: usize,
}

impl Tiles {
    fn new(pass: &Pass) -> Self {
        let grid = [pass.rows.count.div_ceil(TILE), pass.columns.count.div_ceil(TILE)];
        Self { grid, count: pass.batch * grid[0] * grid[1] }
    }

    /// Image, and first output row and column.
    fn place(&self, tile: usize) -> [usize; 3] {
        let per_image = self.grid[0] * self.grid[1];
        let within = tile % per_image;
        [tile / per_image, within / self.grid[1] * TILE, within % self.grid[1] * TILE]
    }

    /// Tiles of a chunk.
    fn per_chunk(&self, pass: &Pass) -> usize {
        let per_tile = PLACES * (pass.in_channels + pass.out_channels);
        let weights = PLACES * pass.in_channels * pass.out_channels;
        let cached = CHUNK_VALUES.max(weights / 2) / per_tile;
        let most = cached.min(self.count.div_ceil(FEWEST_CHUNKS)).clamp(1, MOST_TILES);
        self.count.div_ceil(self.count.div_ceil(most))
    }

    fn chunks(&self, pass: &Pass) -> usize {
        self.count.div_ceil(self.per_chunk(pass))
    }
}

/// Chunks of [`run`], each of which has its own sums.
pub(super) fn chunk_count(pass: &Pass) -> usize {
    Tiles::new(pass).chunks(pass)
}

/// Runs a pass of three taps and stride 1 along both axes.
pub(super) fn run(
    pass: &Pass,
    isa: Isa,
    x: &[f32],
    weights: &Transformed,
    finish: &Finish,
    target: &Shared,
) {
    let tiles = Tiles::new(pass);
    let per_chunk = tiles.per_chunk(pass);
    (0..tiles.chunks(pass)).into_par_iter().with_max_len(1).for_each(|index| {
        let first = index * per_chunk;
        let count = per_chunk.min(tiles.count - first);
        let chunk = Chunk { pass, tiles: &tiles, x, weights, finish, first, count };
        // SAFETY: chunks cover disjoint pixels of the target, and have their own sums.
        unsafe { chunk.run(isa, target, finish.sums_of(index)) }
    });
}
