//! A chunk of tiles: transform, multiply, transform back.

#![expect(unsafe_code, reason = "pointers into transformed values and the output")]
#![expect(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use std::ops::Range;

use super::transform::{self, Places, Planes36, Sink};
use super::weights::Transformed;
use super::{FIELD, PLACES, TILE, Tiles};
use crate::aligned::Shared;
use crate::conv2d::pass::Pass;
use crate::conv2d::products::Numbers;
use crate::conv2d::source::{Part, Source};
use crate::conv2d::tile::{Finish, multiply};
use crate::isa::Isa;
use crate::scratch;
use crate::simd::{Kernel, Simd};

/// Rows of transformed tiles are whole vectors of every instruction set.
const ROW: usize = 16;

/// `[36][tiles][channels]`, rows rounded up to whole vectors.
#[derive(Debug, Clone, Copy)]
pub(super) struct Planes {
    pub(super) row: usize,
    pub(super) plane: usize,
}

impl Planes {
    pub(super) fn new(tiles: usize, channels: usize) -> Self {
        let row = channels.next_multiple_of(ROW);
        Self { row, plane: tiles * row + ROW }
    }

    pub(super) fn len(&self) -> usize {
        PLACES * self.plane
    }

    fn holds(&self, tiles: usize, channels: usize) -> bool {
        channels.next_multiple_of(ROW) <= self.row && tiles * self.row <= self.plane
    }
}

/// Tiles and output channels of an item.
pub(super) struct Chunk<'a> {
    pub(super) pass: &'a Pass,
    pub(super) tiles: &'a Tiles,
    pub(super) finish: &'a Finish<'a>,
    /// Tiles.
    pub(super) first: usize,
    pub(super) count: usize,
    /// Output channels, from the border of a panel on.
    pub(super) channels: Range<usize>,
    /// Their weights.
    pub(super) weights: Transformed<'a>,
}

impl Chunk<'_> {
    /// From the transformed inputs `v` of the chunk's tiles.
    ///
    /// # Safety
    /// No one else may access these channels of the pixels of these tiles in the target, nor of `sums`, which is null
    /// or has room for `[2, out_channels]`.
    pub(super) unsafe fn run(
        &self,
        isa: Isa,
        v: &[f32],
        inputs: Planes,
        target: &Shared,
        sums: *mut f32,
    ) {
        let outputs = Planes::new(self.count, self.channels.len());
        let target = target.at(0);
        scratch::with(outputs.len(), |m| {
            isa.run(Products { chunk: self, inputs, outputs, v, m: &mut *m });
            isa.run(Outputs { chunk: self, planes: outputs, m, target, sums });
        });
    }
}

/// The 6×6 fields of inputs of a chunk.
pub(super) struct Fields<'a> {
    pub(super) pass: &'a Pass,
    pub(super) tiles: &'a Tiles,
    pub(super) x: &'a Source<'a>,
    pub(super) first: usize,
    pub(super) count: usize,
}

impl Fields<'_> {
    /// Transforms some channels of all fields.
    pub(super) fn transform(
        &self,
        isa: Isa,
        channels: Range<usize>,
        planes: Planes,
        to: &mut [f32],
    ) {
        assert!(to.len() >= planes.len() && planes.holds(self.count, channels.len()));
        // SAFETY: rows of the tiles lie in the planes, which are borrowed.
        unsafe { self.transform_to(isa, channels, planes, to.as_mut_ptr()) }
    }

    /// As [`transform`](Self::transform), from the row of the first tile on.
    ///
    /// # Safety
    /// `to` must be valid for writes of the rows of these tiles in planes that far apart, and no one else may access
    /// them.
    pub(super) unsafe fn transform_to(
        &self,
        isa: Isa,
        channels: Range<usize>,
        planes: Planes,
        to: *mut f32,
    ) {
        for part in self.x.parts() {
            let first = channels.start.max(part.first);
            let end = channels.end.min(part.first + part.channels);
            if first < end {
                scratch::with(end - first, |zeros| {
                    zeros.fill(0.0);
                    let to = to.wrapping_add(first - channels.start);
                    let first = first - part.first;
                    isa.run(Inputs { fields: self, part: &part, first, planes, zeros, to });
                });
            }
        }
    }

    /// Where each pixel of a field lies, channel `first` of a part of it; padding lies in `zeros`.
    fn pixels(
        &self,
        part: &Part,
        tile: usize,
        first: usize,
        zeros: &[f32],
    ) -> [*const f32; PLACES] {
        let [image, row, column] = self.tiles.place(tile);
        let (down, across) = (&self.pass.rows, &self.pass.columns);
        let mut pixels = [zeros.as_ptr(); PLACES];
        for (index, pixel) in pixels.iter_mut().enumerate() {
            let at = down.source_of(row + index / FIELD);
            if let (Some(y), Some(x)) = (at, across.source_of(column + index % FIELD)) {
                *pixel = part.pixel([image, y, x], first, zeros.len()).as_ptr();
            }
        }
        pixels
    }
}

struct Inputs<'a> {
    fields: &'a Fields<'a>,
    part: &'a Part<'a>,
    /// The first of the part's channels; there are as many as zeros.
    first: usize,
    planes: Planes,
    zeros: &'a [f32],
    to: *mut f32,
}

impl Kernel for Inputs<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { fields, part, first, planes, zeros, to } = self;
        let len = zeros.len();
        for tile in 0..fields.count {
            let pixels = fields.pixels(part, fields.first + tile, first, zeros);
            for at in (0..len).step_by(S::LANES) {
                let from = Field { pixels: &pixels, at, left: len - at };
                let start = to.wrapping_add(tile * planes.row + at);
                let mut to = Planes36 { start, plane: planes.plane, count: len - at };
                // SAFETY: each pixel has `len` channels; 36 planes with rows of all channels.
                unsafe {
                    transform::square::<S, transform::Input, FIELD, FIELD>(s, &from, &mut to);
                }
            }
        }
    }
}

/// The pixels of a field, of which the channels from `at` on are meant, `left` of them.
struct Field<'a> {
    pixels: &'a [*const f32; PLACES],
    at: usize,
    left: usize,
}

impl Places for Field<'_> {
    #[inline(always)]
    unsafe fn get<S: Simd>(&self, s: S, row: usize, column: usize) -> S::V {
        // SAFETY: the caller's promise.
        unsafe { s.load_up_to(self.pixels[row * FIELD + column].add(self.at), self.left) }
    }
}

/// M = V · U for all places.
struct Products<'a> {
    chunk: &'a Chunk<'a>,
    inputs: Planes,
    outputs: Planes,
    v: &'a [f32],
    m: &'a mut [f32],
}

impl Kernel for Products<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let channels = self.chunk.channels.len();
        assert!(self.m.len() >= self.outputs.len());
        let to = self.m.as_mut_ptr();
        for place in 0..PLACES {
            for first in (0..channels).step_by(2 * S::LANES) {
                let to = to.wrapping_add(place * self.outputs.plane + first);
                // SAFETY: rows of `m` are whole vectors, enough for a panel.
                unsafe {
                    if channels - first <= S::LANES {
                        self.panel::<S, 12, 1>(s, place, first, to);
                    } else if S::LANES == 16 {
                        self.panel::<S, 8, 2>(s, place, first, to);
                    } else {
                        self.panel::<S, 6, 2>(s, place, first, to);
                    }
                }
            }
        }
    }
}

impl Products<'_> {
    /// # Safety
    /// `to` must be valid for writes of `NV` vectors in each tile's row.
    #[inline(always)]
    unsafe fn panel<S: Simd, const MR: usize, const NV: usize>(
        &self,
        s: S,
        place: usize,
        first: usize,
        to: *mut f32,
    ) {
        let weights = self.chunk.weights.place(first, NV * S::LANES, place).as_ptr();
        let v = &self.v[place * self.inputs.plane..];
        let run = self.chunk.pass.in_channels;
        let count = self.chunk.count;
        for tile in (0..count).step_by(MR) {
            let mut from = [v.as_ptr(); MR];
            for (index, from) in from.iter_mut().enumerate() {
                *from = v[(tile + index).min(count - 1) * self.inputs.row..][..run].as_ptr();
            }
            let mut sums = [[s.zero(); NV]; MR];
            // SAFETY: `run` values of each tile and as many rows of a panel; the caller's promise.
            unsafe {
                multiply::<Numbers, S, MR, NV>(s, &from, [1, run, 0], weights, &mut sums);
                for (index, sums) in sums.iter().enumerate() {
                    if tile + index < count {
                        let to = to.add((tile + index) * self.outputs.row);
                        for (vector, sum) in sums.iter().enumerate() {
                            s.store(to.add(vector * S::LANES), *sum);
                        }
                    }
                }
            }
        }
    }
}

/// Y = Aᵀ M A, finished and written.
struct Outputs<'a> {
    chunk: &'a Chunk<'a>,
    planes: Planes,
    m: &'a [f32],
    target: *mut f32,
    sums: *mut f32,
}

impl Kernel for Outputs<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Chunk { pass, tiles, finish, first, count, ref channels, .. } = *self.chunk;
        let m = self.m.as_ptr().cast_mut();
        let summed = !self.sums.is_null();
        // Channels within tiles: what is read and written of a pixel then lies together.
        for index in 0..count {
            let place = tiles.place(first + index);
            for at in channels.clone().step_by(S::LANES) {
                let left = channels.end - at;
                let bias = self.bias(s, at, left);
                let sums = self.sums_so_far(s, index, at, left);
                let mut tile =
                    Tile { pass, finish, target: self.target, summed, place, at, left, bias, sums };
                let start = m.wrapping_add(index * self.planes.row + (at - channels.start));
                let from = Planes36 { start, plane: self.planes.plane, count: S::LANES };
                // SAFETY: 36 planes with rows of whole vectors; pixels of this chunk.
                unsafe {
                    transform::square::<S, transform::Output, FIELD, TILE>(s, &from, &mut tile);
                }
                self.keep_sums(s, at, left, tile.sums);
            }
        }
    }
}

impl Outputs<'_> {
    #[inline(always)]
    fn bias<S: Simd>(&self, s: S, at: usize, left: usize) -> S::V {
        match self.chunk.finish.bias {
            // SAFETY: the bias has a value for each channel.
            Some(values) => unsafe { s.load_up_to(values[at..].as_ptr(), left) },
            None => s.zero(),
        }
    }

    /// The sums of the channels from `at` on over the tiles before this one.
    #[inline(always)]
    fn sums_so_far<S: Simd>(&self, s: S, tile: usize, at: usize, left: usize) -> [S::V; 2] {
        let mut sums = [s.zero(); 2];
        if tile > 0 && !self.sums.is_null() {
            for (index, sum) in sums.iter_mut().enumerate() {
                let from = self.sums.wrapping_add(index * self.chunk.pass.out_channels + at);
                // SAFETY: the tile before this one wrote them.
                *sum = unsafe { s.load_up_to(from, left) };
            }
        }
        sums
    }

    #[inline(always)]
    fn keep_sums<S: Simd>(&self, s: S, at: usize, left: usize, sums: [S::V; 2]) {
        if self.sums.is_null() {
            return;
        }
        for (index, sum) in sums.into_iter().enumerate() {
            let to = self.sums.wrapping_add(index * self.chunk.pass.out_channels + at);
            // SAFETY: room for two rows of channels.
            unsafe { s.store_up_to(to, left, sum) }
        }
    }
}

/// The outputs of a tile in the target, of which the channels from `at` on are meant, `left` of them.
struct Tile<'a, V> {
    pass: &'a Pass,
    finish: &'a Finish<'a>,
    target: *mut f32,
    summed: bool,
    /// Image, and first row and column.
    place: [usize; 3],
    at: usize,
    left: usize,
    bias: V,
    sums: [V; 2],
}

impl<S: Simd> Sink<S> for Tile<'_, S::V> {
    #[inline(always)]
    unsafe fn put(&mut self, s: S, row: usize, column: usize, value: S::V) {
        let (down, across) = (&self.pass.rows, &self.pass.columns);
        let [image, first_row, first_column] = self.place;
        let (row, column) = (first_row + row, first_column + column);
        if row >= down.count || column >= across.count {
            return;
        }
        let pixel = (image * down.target + row) * across.target + column;
        let to = pixel * self.pass.out_channels + self.at;
        let mut value = s.add(value, self.bias);
        if let Some(shortcut) = self.finish.shortcut {
            // SAFETY: the shortcut is laid out as the target.
            value = s.add(value, unsafe { s.load_up_to(shortcut[to..].as_ptr(), self.left) });
        }
        if self.finish.relu {
            value = s.rectify(value);
        }
        if self.summed {
            self.sums[0] = s.add(self.sums[0], value);
            self.sums[1] = s.mul_add(value, value, self.sums[1]);
        }
        // SAFETY: the caller's promise.
        unsafe { s.store_up_to(self.target.add(to), self.left, value) }
    }
}
