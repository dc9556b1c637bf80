//! The gradient of the weights by minimal filtering: dU = Σ over tiles of (Bᵀ d B) ⊗ (A dy Aᵀ), dw = Gᵀ dU G.
//!
//! Items are chunks of input and of output channels and parts of the tiles, as in the direct gradient, and the sums of
//! products are its tiles too.

#![expect(unsafe_code, reason = "pointers into transformed values and shared sums")]
#![expect(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use std::ops::Range;

use rayon::prelude::*;

use super::chunk::{Fields, Planes};
use super::transform::{self, Places, Planes36, Sink};
use super::{FIELD, PLACES, TILE, Tiles};
use crate::aligned::Shared;
use crate::conv2d::method::Precision;
use crate::conv2d::outer::{Outer, Plane};
use crate::conv2d::pass::Pass;
use crate::conv2d::source::Source;
use crate::isa::Isa;
use crate::pool::BufferPool;
use crate::scratch;
use crate::simd::{Kernel, Simd};

/// Input and output channels of an item.
const CHANNELS: usize = 128;
/// Tiles transformed at a time.
const TILES: usize = 48;
/// With fewer items than this, tiles are split into parts.
const FEWEST_ITEMS: usize = 8;
/// Input channels whose gradients are transformed back at a time, when several parts are added.
const INPUTS_OF_ITEM: usize = 8;
/// Values that the inner loops may read past the end.
const SLACK: usize = 128;

/// A chunk of input and of output channels, with a part of the tiles.
struct Item<'a> {
    pass: &'a Pass,
    tiles: &'a Tiles,
    isa: Isa,
    x: &'a Source<'a>,
    dy: &'a [f32],
    inputs: Range<usize>,
    outputs: Range<usize>,
    part: Range<usize>,
}

/// Values between the places of sums: powers of two apart, 36 of them would compete for the same cache lines.
const GAP: usize = 16;

/// The sums of an item: `[panel][36][in][width]`.
#[derive(Debug, Clone, Copy)]
struct Layout {
    inputs: usize,
    width: usize,
}

impl Layout {
    fn index(&self, panel: usize, place: usize, input: usize) -> usize {
        (panel * PLACES + place) * self.plane() + input * self.width
    }

    /// Distance of two places.
    fn plane(&self) -> usize {
        self.inputs * self.width + GAP
    }
}

/// `pass` is that of the forward convolution.
pub(in crate::conv2d) fn run(pass: &Pass, isa: Isa, x: &Source, dy: &[f32], dw: &mut [f32]) {
    let tiles = &Tiles::new(pass);
    let chunks = [pass.in_channels.div_ceil(CHANNELS), pass.out_channels.div_ceil(CHANNELS)];
    let blocks = tiles.count.div_ceil(TILES);
    let parts = FEWEST_ITEMS.div_ceil(chunks[0] * chunks[1]).min(blocks);
    let range =
        |index: usize, channels: usize| index * CHANNELS..channels.min((index + 1) * CHANNELS);
    let item = |chunk: usize, part: usize| {
        let inputs = range(chunk / chunks[1], pass.in_channels);
        let outputs = range(chunk % chunks[1], pass.out_channels);
        let part = part * tiles.count / parts..(part + 1) * tiles.count / parts;
        Item { pass, tiles, isa, x, dy, inputs, outputs, part }
    };
    let dw = Shared::new(dw);
    // Sums of one part are used where they were made; several are kept until all are there.
    if parts == 1 {
        (0..chunks[0] * chunks[1]).into_par_iter().with_max_len(1).for_each(|chunk| {
            let item = item(chunk, 0);
            scratch::with(item.sum_len(), |sums| {
                item.run(sums);
                item.transform_back(sums, 1, 0..item.inputs.len(), &dw);
            });
        });
        return;
    }
    let len = item(0, 0).sum_len();
    let mut sums = BufferPool::global().take(chunks[0] * chunks[1] * parts * len);
    sums.par_chunks_exact_mut(len).enumerate().with_max_len(1).for_each(|(index, sums)| {
        item(index / parts, index % parts).run(sums);
    });
    sums.par_chunks_exact(parts * len).enumerate().for_each(|(chunk, sums)| {
        let item = item(chunk, 0);
        let groups = item.inputs.len().div_ceil(INPUTS_OF_ITEM);
        (0..groups).into_par_iter().for_each(|group| {
            let first = group * INPUTS_OF_ITEM;
            let inputs = first..item.inputs.len().min(first + INPUTS_OF_ITEM);
            item.transform_back(sums, parts, inputs, &dw);
        });
    });
}

impl Item<'_> {
    fn layout(&self) -> Layout {
        Layout { inputs: self.inputs.len(), width: 2 * self.isa.lanes() }
    }

    /// Values of the sums of the largest item, which the first is.
    fn sum_len(&self) -> usize {
        let layout = Layout { inputs: self.pass.in_channels.min(CHANNELS), ..self.layout() };
        layout.index(self.pass.out_channels.min(CHANNELS).div_ceil(layout.width), 0, 0)
    }

    fn run(&self, sums: &mut [f32]) {
        let (inputs, outputs) = (self.inputs.len(), self.outputs.len());
        for (index, first) in self.part.clone().step_by(TILES).enumerate() {
            let count = TILES.min(self.part.end - first);
            let (v, m) = (Planes::new(count, inputs), Planes::new(count, outputs));
            scratch::with(v.len() + SLACK, |x| {
                let fields = Fields { pass: self.pass, tiles: self.tiles, x: self.x, first, count };
                fields.transform(self.isa, self.inputs.clone(), v, x);
                scratch::with(m.len() + SLACK, |dy| {
                    self.isa.run(Gradients { item: self, first, count, planes: m, to: &mut *dy });
                    self.multiply(&Block { add: index > 0, count, x, v, dy, m }, sums);
                });
            });
        }
    }

    fn multiply(&self, block: &Block, sums: &mut [f32]) {
        let &Block { add, count, x, v, dy, m } = block;
        let plane = Plane { starts: vec![0], columns: count, tap_row: 0, pixel: v.row };
        let layout = self.layout();
        let (width, inputs) = (layout.width, layout.inputs);
        for place in 0..PLACES {
            for first in (0..self.outputs.len()).step_by(width) {
                let at = layout.index(first / width, place, 0);
                let outer = Outer {
                    precision: Precision::F32,
                    x: &x[place * v.plane..],
                    dy: &dy[place * m.plane + first..],
                    plane: &plane,
                    down: 0,
                    run: inputs,
                    width,
                    gradient: m.row,
                    add,
                };
                let outputs = width.min(self.outputs.len() - first);
                outer.add_to(self.isa, false, outputs, &mut sums[at..at + inputs * width]);
            }
        }
    }

    /// The gradients of some of the item's inputs from the sums of `parts` items, which follow each other.
    fn transform_back(&self, sums: &[f32], parts: usize, inputs: Range<usize>, dw: &Shared) {
        let (layout, part) = (self.layout(), self.sum_len());
        for first in (0..self.outputs.len()).step_by(layout.width) {
            let count = layout.width.min(self.outputs.len() - first);
            let panel = first / layout.width;
            let inputs = inputs.clone();
            let first =
                ((self.outputs.start + first) * self.pass.in_channels + self.inputs.start) * 9;
            let row = self.pass.in_channels * 9;
            let back = Back { layout, parts, part, sums, panel, inputs, count, first, row, dw };
            self.isa.run(back);
        }
    }
}

/// Transformed tiles of an item.
struct Block<'a> {
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
                let mut to = Planes36 { start, plane: self.planes.plane, count: S::LANES };
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

impl Places for Pixels<'_> {
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
    /// Distance of two parts.
    part: usize,
    sums: &'a [f32],
    panel: usize,
    /// Inputs of the item.
    inputs: Range<usize>,
    /// Outputs of the panel.
    count: usize,
    /// Where the first output's gradients of the item's first input begin, and the distance of two outputs.
    first: usize,
    row: usize,
    dw: &'a Shared<'a>,
}

impl Kernel for Back<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { layout, parts, part, sums, panel, count, .. } = self;
        let last = layout.index(panel, PLACES, 0) + (parts - 1) * part;
        assert!(last <= sums.len());
        for input in self.inputs {
            for first in (0..count).step_by(S::LANES) {
                let from = Parts {
                    sums: &sums[layout.index(panel, 0, input) + first..],
                    plane: layout.plane(),
                    count: parts,
                    part,
                };
                let mut taps = Taps([[0.0; 16]; 9]);
                // SAFETY: a vector of the panel's outputs in each of 36 places of each part.
                unsafe {
                    transform::square::<S, transform::WeightGradient, FIELD, 3>(
                        s, &from, &mut taps,
                    );
                }
                for lane in 0..S::LANES.min(count - first) {
                    let start = self.first + (first + lane) * self.row + input * 9;
                    // SAFETY: the gradients of one output and input, which no other task has.
                    let dw = unsafe { self.dw.slice(start, 9) };
                    dw.iter_mut().zip(&taps.0).for_each(|(dw, taps)| *dw = taps[lane]);
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

impl Places for Parts<'_> {
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
