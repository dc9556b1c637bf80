//! The gradient of the weights by minimal filtering: dU = Σ over tiles of (Bᵀ d B) ⊗ (A dy Aᵀ), dw = Gᵀ dU G.
//!
//! Items are chunks of input and of output channels and parts of the tiles, as in the direct gradient, and the sums of
//! products are its tiles too.

#![expect(unsafe_code, reason = "pointers into transformed values and shared sums")]
#![expect(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use std::ops::Range;

use rayon::prelude::*;

use super::chunk::{Fields, Planes};
use super::transform::{self, Planes36, Sink, Source};
use super::{FIELD, PLACES, TILE, Tiles};
use crate::aligned::Shared;
use crate::conv2d::outer::{Outer, Plane};
use crate::conv2d::pass::Pass;
use crate::isa::Isa;
use crate::pool::BufferPool;
use crate::scratch;
use crate::simd::{Kernel, Simd};

/// Input and output channels of an item.
const CHANNELS: usize = 64;
/// Tiles transformed at a time.
const TILES: usize = 48;
/// With fewer items than this, tiles are split into parts.
const FEWEST_ITEMS: usize = 8;
/// Values that the inner loops may read past the end.
const SLACK: usize = 128;

struct Item<'a> {
    pass: &'a Pass,
    tiles: &'a Tiles,
    isa: Isa,
    x: &'a [f32],
    dy: &'a [f32],
    inputs: Range<usize>,
    outputs: Range<usize>,
    part: Range<usize>,
}

/// Where the sums of an input and an output chunk lie: `[panel][36][in][width]`, by the whole tensor's channels.
#[derive(Debug, Clone, Copy)]
struct Layout {
    in_channels: usize,
    width: usize,
    len: usize,
}

impl Layout {
    fn index(&self, panel: usize, place: usize, input: usize) -> usize {
        ((panel * PLACES + place) * self.in_channels + input) * self.width
    }
}

/// `pass` is that of the forward convolution.
pub(in crate::conv2d) fn run(pass: &Pass, isa: Isa, x: &[f32], dy: &[f32], dw: &mut [f32]) {
    let tiles = Tiles::new(pass);
    let width = 2 * isa.lanes();
    let panels = pass.out_channels.div_ceil(width);
    let len = panels * width * PLACES * pass.in_channels;
    let layout = Layout { in_channels: pass.in_channels, width, len };
    let chunks = [pass.in_channels.div_ceil(CHANNELS), pass.out_channels.div_ceil(CHANNELS)];
    let blocks = tiles.count.div_ceil(TILES);
    let parts = FEWEST_ITEMS.div_ceil(chunks[0] * chunks[1]).min(blocks);
    let mut sums = BufferPool::global().take(parts * len);
    let shared = Shared::new(&mut sums);
    (0..parts * chunks[0] * chunks[1]).into_par_iter().with_max_len(1).for_each(|item| {
        let (part, chunk) = (item / (chunks[0] * chunks[1]), item % (chunks[0] * chunks[1]));
        let range =
            |index: usize, channels: usize| index * CHANNELS..channels.min((index + 1) * CHANNELS);
        let item = Item {
            pass,
            tiles: &tiles,
            isa,
            x,
            dy,
            inputs: range(chunk / chunks[1], pass.in_channels),
            outputs: range(chunk % chunks[1], pass.out_channels),
            part: part * tiles.count / parts..(part + 1) * tiles.count / parts,
        };
        // SAFETY: the sums of this item's channels in its part, which no other item touches.
        unsafe { item.run(&layout, &shared, part * len) }
    });
    dw.par_chunks_mut(width * pass.in_channels * 9).enumerate().for_each(|(panel, dw)| {
        isa.run(Back { layout, parts, sums: &sums, panel, dw });
    });
}

impl Item<'_> {
    /// # Safety
    /// No one else may access the sums of the item's channels in the part that begins at `start`.
    unsafe fn run(&self, layout: &Layout, sums: &Shared, start: usize) {
        let (inputs, outputs) = (self.inputs.len(), self.outputs.len());
        for (index, first) in self.part.clone().step_by(TILES).enumerate() {
            let count = TILES.min(self.part.end - first);
            let (v, m) = (Planes::new(count, inputs), Planes::new(count, outputs));
            scratch::with(v.len() + SLACK, |x| {
                let fields = Fields { pass: self.pass, tiles: self.tiles, x: self.x, first, count };
                fields.transform(self.isa, self.inputs.clone(), v, x);
                scratch::with(m.len() + SLACK, |dy| {
                    self.isa.run(Gradients { item: self, first, count, planes: m, to: dy });
                    let block = Block { layout, add: index > 0, count, x, v, dy, m };
                    // SAFETY: the caller's promise.
                    unsafe { self.multiply(&block, sums, start) }
                });
            });
        }
    }

    /// # Safety
    /// As for `run`.
    unsafe fn multiply(&self, block: &Block, sums: &Shared, start: usize) {
        let &Block { layout, add, count, x, v, dy, m } = block;
        let plane = Plane { starts: vec![0], columns: count, tap_row: 0, pixel: v.row };
        let (width, inputs) = (layout.width, self.inputs.len());
        for place in 0..PLACES {
            for first in self.outputs.clone().step_by(width) {
                let at = layout.index(first / width, place, self.inputs.start);
                // SAFETY: the caller's promise.
                let sums = unsafe { sums.slice(start + at, inputs * width) };
                let outer = Outer {
                    x: &x[place * v.plane..],
                    dy: &dy[place * m.plane + first - self.outputs.start..],
                    plane: &plane,
                    down: 0,
                    run: inputs,
                    width,
                    gradient: m.row,
                    add,
                };
                outer.add_to(self.isa, false, width.min(self.outputs.end - first), sums);
            }
        }
    }
}

/// Transformed tiles of an item.
struct Block<'a> {
    layout: &'a Layout,
    add: bool,
    count: usize,
    x: &'a [f32],
    v: Planes,
    dy: &'a [f32],
    m: Planes,
}

/// A dy Aᵀ of some tiles and channels.
struct Gradients<'a> {
    item: &'a Item<'a>,
    first: usize,
    count: usize,
    planes: Planes,
    to: &'a mut [f32],
}

impl Kernel for Gradients<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Item { pass, tiles, dy, ref outputs, .. } = *self.item;
        let to = self.to.as_mut_ptr();
        for tile in 0..self.count {
            let [image, first_row, first_column] = tiles.place(self.first + tile);
            let mut from = Pixels {
                dy: &dy[outputs.start..],
                size: [pass.rows.count, pass.columns.count],
                channels: pass.out_channels,
                place: [image, first_row, first_column],
                at: 0,
                left: 0,
            };
            for at in (0..outputs.len()).step_by(S::LANES) {
                (from.at, from.left) = (at, outputs.len() - at);
                let start = to.wrapping_add(tile * self.planes.row + at);
                let mut to = Planes36 { start, plane: self.planes.plane };
                // SAFETY: 36 planes with rows of whole vectors.
                unsafe {
                    transform::square::<S, transform::Gradient, TILE, FIELD>(s, &from, &mut to);
                }
            }
        }
    }
}

/// The outputs of a tile, 0 past the border, of which the channels from `at` on are meant, `left` of them.
struct Pixels<'a> {
    dy: &'a [f32],
    size: [usize; 2],
    channels: usize,
    /// Image, and first row and column.
    place: [usize; 3],
    at: usize,
    left: usize,
}

impl Source for Pixels<'_> {
    #[inline(always)]
    unsafe fn get<S: Simd>(&self, s: S, row: usize, column: usize) -> S::V {
        let [image, first_row, first_column] = self.place;
        let (row, column) = (first_row + row, first_column + column);
        if row >= self.size[0] || column >= self.size[1] {
            return s.zero();
        }
        let pixel = (image * self.size[0] + row) * self.size[1] + column;
        let from = self.dy[pixel * self.channels + self.at..].as_ptr();
        // SAFETY: `left` channels of the pixel are left.
        unsafe { s.load_up_to(from, self.left) }
    }
}

/// The gradient in PyTorch's order of the outputs of a panel.
struct Back<'a> {
    layout: Layout,
    parts: usize,
    sums: &'a [f32],
    panel: usize,
    dw: &'a mut [f32],
}

impl Kernel for Back<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { layout, parts, sums, panel, dw } = self;
        let outputs = dw.len() / (layout.in_channels * 9);
        assert!(sums.len() >= parts * layout.len);
        for input in 0..layout.in_channels {
            for first in (0..outputs).step_by(S::LANES) {
                let from = Parts {
                    sums: &sums[layout.index(panel, 0, input) + first..],
                    plane: layout.in_channels * layout.width,
                    count: parts,
                    part: layout.len,
                };
                let mut taps = Taps([[0.0; 16]; 9]);
                // SAFETY: a vector of the panel's outputs in each of 36 places of each part.
                unsafe {
                    transform::square::<S, transform::WeightGradient, FIELD, 3>(
                        s, &from, &mut taps,
                    );
                }
                let rows = dw.chunks_exact_mut(layout.in_channels * 9).skip(first);
                for (lane, row) in rows.take(S::LANES).enumerate() {
                    for (dw, taps) in row[input * 9..][..9].iter_mut().zip(&taps.0) {
                        *dw = taps[lane];
                    }
                }
            }
        }
    }
}

/// The places of one vector of sums, all parts added.
struct Parts<'a> {
    sums: &'a [f32],
    plane: usize,
    count: usize,
    /// Distance of two parts.
    part: usize,
}

impl Source for Parts<'_> {
    #[inline(always)]
    unsafe fn get<S: Simd>(&self, s: S, row: usize, column: usize) -> S::V {
        let place = self.sums.as_ptr().wrapping_add((row * FIELD + column) * self.plane);
        // SAFETY: the caller's promise.
        let mut sum = unsafe { s.load(place) };
        for part in 1..self.count {
            // SAFETY: the caller's promise.
            sum = s.add(sum, unsafe { s.load(place.add(part * self.part)) });
        }
        sum
    }
}

/// The 3×3 weights of a vector of outputs.
struct Taps([[f32; 16]; 9]);

impl<S: Simd> Sink<S> for Taps {
    #[inline(always)]
    unsafe fn put(&mut self, s: S, row: usize, column: usize, value: S::V) {
        // SAFETY: room for the widest vector.
        unsafe { s.store(self.0[row * 3 + column].as_mut_ptr(), value) }
    }
}
