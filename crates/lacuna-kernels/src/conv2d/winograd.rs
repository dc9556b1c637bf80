//! Minimal filtering of 3×3 kernels, stride 1: F(4×4, 3×3) of Winograd, as Lavin and Gray 2015 apply it.
//!
//! A 4×4 tile of outputs takes 36 products a channel pair instead of 144. Inputs (6×6 with overlap) and weights are
//! transformed, multiplied place by place (36 matrix products over channels, with the tiles of the direct
//! convolution), and transformed back. The transforms multiply rounding errors: of random numbers, the root mean square
//! error relative to that of the outputs is 1.1e-6 with 16 channels and 3.3e-6 with 256, where direct sums have 2.0e-7
//! and 8.3e-7, and no single error exceeds 2e-5 times the root of the number of products. The tests hold these bounds.
//!
//! Where there are many tiles, an item of work is a chunk of them. Its transformed inputs `[36][tile][in]` and products
//! `[36][tile][out]` go through the second- and third-level caches, the transformed weights are read once for each
//! chunk: a chunk is as large as its own values stay within a megabyte or half of the weights. Planes are 16 values
//! more than a power of two apart, or the 36 places would compete for the same cache lines.

#![expect(unsafe_code, reason = "pointers into transformed values and the output")]

mod chunk;
mod gradient;
mod transform;
mod weights;

use std::ops::Range;

use rayon::prelude::*;

pub(super) use gradient::run as backward_weight;

use super::panels::Weights;
use super::pass::Pass;
use super::source::Source;
use super::tile::Finish;
use crate::aligned::Shared;
use crate::isa::Isa;
use crate::pool::BufferPool;
use crate::scratch;
use chunk::{Chunk, Fields, Planes};
use weights::{PanelLayout, Transformed, transform_panel};

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
/// Up to so many tiles, reading the transformed weights costs more than reading the transformed inputs.
const FEW_TILES: usize = 256;
/// Few tiles: how many an item transforms.
const TILES_OF_ITEM: usize = 8;
/// Few tiles: output channels of an item.
const CHANNELS_OF_ITEM: usize = 32;

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

    fn are_few(&self) -> bool {
        self.count <= FEW_TILES
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

/// Parts of [`run`], each of which has its own sums.
pub(super) fn part_count(pass: &Pass) -> usize {
    let tiles = Tiles::new(pass);
    if tiles.are_few() { 1 } else { tiles.chunks(pass) }
}

/// Runs a pass of three taps and stride 1 along both axes.
pub(super) fn run(
    pass: &Pass,
    isa: Isa,
    x: &Source,
    weights: &Weights,
    finish: &Finish,
    target: &Shared,
) {
    let tiles = Tiles::new(pass);
    let call = Call { pass, tiles, isa, x, weights, finish, target };
    if tiles.are_few() { call.by_channels() } else { call.by_tiles() }
}

struct Call<'a> {
    pass: &'a Pass,
    tiles: Tiles,
    isa: Isa,
    x: &'a Source<'a>,
    weights: &'a Weights<'a>,
    finish: &'a Finish<'a>,
    target: &'a Shared<'a>,
}

impl Call<'_> {
    fn fields(&self, first: usize, count: usize) -> Fields<'_> {
        Fields { pass: self.pass, tiles: &self.tiles, x: self.x, first, count }
    }

    fn panels(&self) -> PanelLayout {
        PanelLayout::new(self.isa, self.pass.in_channels)
    }

    fn chunk<'b>(
        &'b self,
        [first, count]: [usize; 2],
        channels: Range<usize>,
        transformed: &'b [f32],
    ) -> Chunk<'b> {
        let weights = Transformed::new(transformed, self.panels());
        let (pass, tiles, finish) = (self.pass, &self.tiles, self.finish);
        Chunk { pass, tiles, finish, first, count, channels, weights }
    }

    /// Many tiles: all weights are transformed first, and each chunk of tiles is an item.
    fn by_tiles(&self) {
        let (isa, inputs) = (self.isa, self.pass.in_channels);
        let channels = self.pass.out_channels;
        let padded = channels.next_multiple_of(isa.lanes());
        let (width, layout) = (2 * isa.lanes(), self.panels());
        let mut transformed = BufferPool::global().take(layout.len(padded));
        let panels = transformed.par_chunks_mut(layout.panel()).enumerate();
        panels.for_each(|(index, to)| {
            let outputs = index * width..channels.min((index + 1) * width);
            transform_panel(isa, self.weights, &layout, &outputs, to);
        });
        let per_chunk = self.tiles.per_chunk(self.pass);
        (0..self.tiles.chunks(self.pass)).into_par_iter().with_max_len(1).for_each(|index| {
            let first = index * per_chunk;
            let count = per_chunk.min(self.tiles.count - first);
            let planes = Planes::new(count, inputs);
            scratch::with(planes.len(), |v| {
                self.fields(first, count).transform(isa, 0..inputs, planes, v);
                let chunk = self.chunk([first, count], 0..channels, &transformed);
                // SAFETY: chunks cover disjoint pixels of the target, and have their own sums.
                unsafe { chunk.run(isa, v, planes, self.target, self.finish.sums_of(index)) }
            });
        });
    }

    /// Few tiles: all inputs are transformed first, and the output channels of a few panels are an item, whose
    /// weights never leave the caches.
    fn by_channels(&self) {
        let (isa, inputs, tiles) = (self.isa, self.pass.in_channels, self.tiles.count);
        let channels = self.pass.out_channels;
        let planes = Planes::new(tiles, inputs);
        let mut v = BufferPool::global().take(planes.len());
        let shared = Shared::new(&mut v);
        (0..tiles.div_ceil(TILES_OF_ITEM)).into_par_iter().with_max_len(1).for_each(|item| {
            let first = item * TILES_OF_ITEM;
            let count = TILES_OF_ITEM.min(tiles - first);
            let to = shared.at(first * planes.row);
            // SAFETY: the rows of these tiles, which no other item has, in planes of all tiles.
            unsafe { self.fields(first, count).transform_to(isa, 0..inputs, planes, to) }
        });
        let (width, layout) = (2 * isa.lanes(), self.panels());
        let group = width * (CHANNELS_OF_ITEM / width).max(1);
        (0..channels.div_ceil(group)).into_par_iter().with_max_len(1).for_each(|item| {
            let of_item = item * group..channels.min((item + 1) * group);
            let padded = of_item.len().next_multiple_of(isa.lanes());
            scratch::with(layout.len(padded), |to| {
                let panels = to.chunks_mut(layout.panel());
                for (first, panel) in of_item.clone().step_by(width).zip(panels) {
                    let outputs = first..of_item.end.min(first + width);
                    transform_panel(isa, self.weights, &layout, &outputs, panel);
                }
                let chunk = self.chunk([0, tiles], of_item, to);
                // SAFETY: items cover disjoint channels of the target and of the one set of sums.
                unsafe { chunk.run(isa, &v, planes, self.target, self.finish.sums_of(0)) }
            });
        });
    }
}
