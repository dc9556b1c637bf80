//! The inner loops of the direct convolution: a tile of output pixels times output channels in registers.
//!
//! In packed rows the taps of a kernel row and their channels are one run of consecutive values, so an output pixel
//! is the sum over kernel rows of (run · weights of that kernel row). A tile is `MR` pixels by `NV` vectors of output
//! channels; the whole sum stays in registers and is written once. Each step costs `NV` loads of weights and `MR`
//! broadcasts for `MR · NV` multiply-adds, so 6×2 keeps both multipliers of a core with 16 registers busy (12 sums, 2
//! weights, 1 broadcast), and 8×2 those of one with 32. With one vector left, 12×1 hides the latency as well.
//! The pixels of a tile may be anywhere: each has its pointer, so tiles run on across the ends of rows.
//! A packed value is a number or a pair of bf16 numbers, of two channels; the loops are the same but for the product.

#![expect(unsafe_code, reason = "pointers into packed rows, panels and the output")]
#![expect(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use std::marker::PhantomData;
use std::ops::Range;

use super::method::Precision;
use super::narrow::NarrowKernel;
use super::panels::Panels;
use super::pass::{Pass, Rows};
use super::products::{Numbers, Pairs, Products};
use super::tiled::{self, Tiling};
use crate::aligned::Shared;
use crate::isa::Isa;
use crate::simd::{Kernel, Simd};

/// What happens to the sums of an output before they are written.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Finish<'a> {
    pub(super) bias: Option<&'a [f32]>,
    /// Added; laid out as the output.
    pub(super) shortcut: Option<&'a [f32]>,
    pub(super) relu: bool,
    /// For each band of the pass, the sum and the sum of squares of each channel, `[bands, 2, channels]`.
    pub(super) sums: Option<Shared<'a>>,
    pub(super) channels: usize,
}

impl Finish<'_> {
    /// Where the sums of a band go, or null.
    pub(super) fn sums_of(&self, band: usize) -> *mut f32 {
        self.sums.map_or(std::ptr::null_mut(), |sums| sums.at(band * 2 * self.channels))
    }
}

/// A band of output rows for a range of output channels.
#[derive(Debug)]
pub(super) struct Band<'a> {
    pub(super) precision: Precision,
    pub(super) packed: &'a [f32],
    /// Distances in `packed`: between output rows, output pixels, and kernel rows.
    pub(super) row: usize,
    pub(super) pixel: usize,
    pub(super) tap_row: usize,
    /// Kernel rows, and values of a run.
    pub(super) taps: usize,
    pub(super) run: usize,
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) panels: &'a [f32],
    /// Whether they are packed for few outputs.
    pub(super) narrow: bool,
    pub(super) channels: Range<usize>,
    pub(super) out_channels: usize,
    /// The first output pixel's first channel, and distances from it.
    pub(super) target: *mut f32,
    pub(super) target_row: usize,
    pub(super) target_pixel: usize,
    pub(super) bias: Option<&'a [f32]>,
    pub(super) shortcut: Option<*const f32>,
    pub(super) relu: bool,
}

impl<'a> Band<'a> {
    #[expect(clippy::too_many_arguments, reason = "the parts of one item of work")]
    pub(super) fn new(
        pass: &Pass,
        rows: &Rows,
        packed: &'a [f32],
        packed_row: usize,
        panels: &'a Panels,
        channels: Range<usize>,
        finish: &Finish<'a>,
        target: &Shared,
    ) -> Self {
        let (down, across) = (&pass.rows, &pass.columns);
        let pixel = across.step * pass.out_channels;
        let row = down.step * across.target * pass.out_channels;
        let first_row = rows.image * down.target + down.first + rows.first * down.step;
        let start = (first_row * across.target + across.first) * pass.out_channels;
        let last = start + (rows.count - 1) * row + (across.count - 1) * pixel;
        assert!(!target.at(last + pass.out_channels).is_null());
        let none = down.taps * across.taps == 0;
        let channels_packed = pass.packed_channels();
        Self {
            precision: pass.precision,
            packed,
            row: down.packed_stride() * packed_row,
            pixel: across.packed_stride() * channels_packed,
            tap_row: packed_row,
            taps: if none { 0 } else { down.taps },
            run: across.taps * channels_packed,
            rows: rows.count,
            columns: across.count,
            panels: panels.starting_at(channels.start),
            narrow: panels.is_narrow(),
            channels,
            out_channels: pass.out_channels,
            target: target.at(start),
            target_row: row,
            target_pixel: pixel,
            bias: finish.bias,
            shortcut: finish.shortcut.map(|shortcut| shortcut[start..].as_ptr()),
            relu: finish.relu,
        }
    }

    /// # Safety
    /// No one else may access this band's pixels and channels of the target, nor its channels of `sums`: null, or
    /// room for `[2, channels]`.
    pub(super) unsafe fn run(self, isa: Isa, sums: *mut f32) {
        self.check();
        match self.precision {
            Precision::F32 => self.run_products::<Numbers>(isa, sums),
            Precision::Bf16 => self.run_products::<Pairs>(isa, sums),
        }
    }

    fn run_products<P: Products>(&self, isa: Isa, sums: *mut f32) {
        let products = PhantomData::<P>;
        if self.narrow {
            isa.run(NarrowKernel { band: self, sums, products });
        } else {
            let tiling = self.tiling(isa);
            isa.run(BandKernel { band: self, sums, tiling, products });
        }
    }

    /// How matrix tiles cover the band, if there are any and it is worth it.
    fn tiling(&self, isa: Isa) -> Option<Tiling> {
        let has_tiles = isa == Isa::Amx && self.precision == Precision::Bf16;
        has_tiles.then(|| Tiling::of(self.columns, self.run)).flatten()
    }

    /// That everything the tiles read lies in the slices.
    fn check(&self) {
        let depth = self.taps * self.run;
        assert!(self.rows > 0 && self.columns > 0);
        assert!(self.panels.len() >= depth * self.channels.len());
        assert!(self.bias.is_none_or(|bias| bias.len() == self.out_channels));
        if depth > 0 {
            let last_pixel = (self.rows - 1) * self.row + (self.columns - 1) * self.pixel;
            assert!(last_pixel + (self.taps - 1) * self.tap_row + self.run <= self.packed.len());
        }
    }
}

struct BandKernel<'a, P> {
    band: &'a Band<'a>,
    sums: *mut f32,
    tiling: Option<Tiling>,
    products: PhantomData<P>,
}

impl<P: Products> Kernel for BandKernel<'_, P> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let band = self.band;
        let width = 2 * S::LANES;
        let mut panel = band.panels.as_ptr();
        let mut first = band.channels.start;
        while first < band.channels.end {
            let count = (band.channels.end - first).min(width);
            let block = Block { band, sums: self.sums, panel, first, count };
            // SAFETY: `Band::check`, and the promise made to `Band::run`.
            unsafe {
                if let Some(tiling) = self.tiling {
                    block.run_tiled(s, tiling);
                } else if count <= S::LANES {
                    block.run::<P, S, 12, 1>(s);
                } else if S::LANES == 16 {
                    block.run::<P, S, 8, 2>(s);
                } else {
                    block.run::<P, S, 6, 2>(s);
                }
            }
            panel = panel.wrapping_add(band.taps * band.run * width);
            first += count;
        }
    }
}

/// All pixels of a band for the output channels of one panel.
pub(super) struct Block<'a> {
    pub(super) band: &'a Band<'a>,
    sums: *mut f32,
    pub(super) panel: *const f32,
    pub(super) first: usize,
    count: usize,
}

impl Block<'_> {
    /// # Safety
    /// The block must be part of a checked band.
    #[inline(always)]
    unsafe fn run<P: Products, S: Simd, const MR: usize, const NV: usize>(&self, s: S) {
        let band = self.band;
        let bias = self.load_bias::<S, NV>(s);
        let mut sums = [[s.zero(); NV]; 2];
        let (mut row, mut column) = (0, 0);
        while row < band.rows {
            let mut from = [band.packed.as_ptr(); MR];
            let mut to = [0; MR];
            let mut pixels = 0;
            // A tile that is not full computes its last pixel several times.
            for index in 0..MR {
                if row < band.rows {
                    from[index] =
                        band.packed.as_ptr().wrapping_add(row * band.row + column * band.pixel);
                    to[index] = row * band.target_row + column * band.target_pixel + self.first;
                    pixels = index + 1;
                    column += 1;
                    if column == band.columns {
                        (row, column) = (row + 1, 0);
                    }
                } else {
                    from[index] = from[index - 1];
                }
            }
            // SAFETY: the pixels lie in the band.
            unsafe {
                let mut tile = [bias; MR];
                let runs = [band.taps, band.run, band.tap_row];
                multiply::<P, S, MR, NV>(s, &from, runs, self.panel, &mut tile);
                self.write(s, &tile, &to, pixels, &mut sums);
            }
        }
        self.add_totals(s, &sums);
    }

    /// The same with matrix tiles.
    ///
    /// # Safety
    /// The block must be part of a checked band of pairs, and the processor have tiles.
    #[inline(always)]
    unsafe fn run_tiled<S: Simd>(&self, s: S, tiling: Tiling) {
        // SAFETY: the caller's promise.
        unsafe {
            if self.count <= S::LANES {
                tiled::run::<S, 1>(s, self, tiling);
            } else {
                tiled::run::<S, 2>(s, self, tiling);
            }
        }
    }

    /// Writes the sums and the sums of squares over all pixels, if they are wanted.
    #[inline(always)]
    pub(super) fn add_totals<S: Simd, const NV: usize>(&self, s: S, sums: &[[S::V; NV]; 2]) {
        if self.sums.is_null() {
            return;
        }
        for (index, sums) in sums.iter().enumerate() {
            let to = self.sums.wrapping_add(index * self.band.out_channels + self.first);
            // SAFETY: room for two rows of channels.
            unsafe { self.store(s, to, sums) }
        }
    }

    #[inline(always)]
    pub(super) fn load_bias<S: Simd, const NV: usize>(&self, s: S) -> [S::V; NV] {
        let mut bias = [s.zero(); NV];
        if let Some(values) = self.band.bias {
            let values = &values[self.first..][..self.count];
            // SAFETY: `count` values.
            unsafe { self.load(s, values.as_ptr(), &mut bias) }
        }
        bias
    }

    /// # Safety
    /// `to` holds the target offsets of the first `pixels` pixels of the tile.
    #[inline(always)]
    unsafe fn write<S: Simd, const MR: usize, const NV: usize>(
        &self,
        s: S,
        tile: &[[S::V; NV]; MR],
        to: &[usize; MR],
        pixels: usize,
        sums: &mut [[S::V; NV]; 2],
    ) {
        for index in 0..MR {
            if index < pixels {
                // SAFETY: the caller's promise.
                unsafe { self.write_pixel(s, tile[index], to[index], sums) }
            }
        }
    }

    /// # Safety
    /// `to` is the offset of a pixel of the target.
    #[inline(always)]
    pub(super) unsafe fn write_pixel<S: Simd, const NV: usize>(
        &self,
        s: S,
        mut values: [S::V; NV],
        to: usize,
        sums: &mut [[S::V; NV]; 2],
    ) {
        let band = self.band;
        if band.shortcut.is_some() || band.relu || !self.sums.is_null() {
            // SAFETY: the shortcut is laid out as the target.
            unsafe { self.finish(s, to, &mut values, sums) }
        }
        // SAFETY: the caller's promise.
        unsafe { self.store(s, band.target.add(to), &values) }
    }

    /// # Safety
    /// `at` is the offset of a pixel of the target.
    #[inline(always)]
    unsafe fn finish<S: Simd, const NV: usize>(
        &self,
        s: S,
        at: usize,
        values: &mut [S::V; NV],
        sums: &mut [[S::V; NV]; 2],
    ) {
        if let Some(shortcut) = self.band.shortcut {
            let mut added = [s.zero(); NV];
            // SAFETY: the caller's promise.
            unsafe { self.load(s, shortcut.add(at), &mut added) }
            for (value, added) in values.iter_mut().zip(added) {
                *value = s.add(*value, added);
            }
        }
        for vector in 0..NV {
            if self.band.relu {
                values[vector] = s.rectify(values[vector]);
            }
            sums[0][vector] = s.add(sums[0][vector], values[vector]);
            sums[1][vector] = s.mul_add(values[vector], values[vector], sums[1][vector]);
        }
    }

    /// # Safety
    /// `from` must be valid for reads of `count` values.
    #[inline(always)]
    unsafe fn load<S: Simd, const NV: usize>(
        &self,
        s: S,
        from: *const f32,
        values: &mut [S::V; NV],
    ) {
        for (vector, value) in values.iter_mut().enumerate() {
            let skipped = vector * S::LANES;
            // SAFETY: the caller's promise; a block has no vector without a channel.
            *value = unsafe { s.load_up_to(from.add(skipped), self.count - skipped) };
        }
    }

    /// # Safety
    /// `to` must be valid for writes of `count` values.
    #[inline(always)]
    unsafe fn store<S: Simd, const NV: usize>(&self, s: S, to: *mut f32, values: &[S::V; NV]) {
        for (vector, value) in values.iter().enumerate() {
            let skipped = vector * S::LANES;
            // SAFETY: the caller's promise; a block has no vector without a channel.
            unsafe { s.store_up_to(to.add(skipped), self.count - skipped, *value) }
        }
    }
}

/// `tile += Σ over rows and run of from · panel`, with `[rows, run, distance of rows]`.
///
/// # Safety
/// Each of `from` must be valid for reads of `rows` runs that lie that distance apart, and `panel` for
/// `rows · run · NV` vectors.
#[inline(always)]
pub(super) unsafe fn multiply<P: Products, S: Simd, const MR: usize, const NV: usize>(
    s: S,
    from: &[*const f32; MR],
    [rows, run, distance]: [usize; 3],
    panel: *const f32,
    tile: &mut [[S::V; NV]; MR],
) {
    let mut sums = *tile;
    let mut panel = panel;
    for row in 0..rows {
        for index in row * distance..row * distance + run {
            let mut weights = [s.zero(); NV];
            for (vector, weight) in weights.iter_mut().enumerate() {
                // SAFETY: the caller's promise.
                *weight = unsafe { s.load(panel.add(vector * S::LANES)) };
            }
            for pixel in 0..MR {
                // SAFETY: the caller's promise.
                let value = s.splat(unsafe { *from[pixel].add(index) });
                for vector in 0..NV {
                    sums[pixel][vector] = P::add(s, value, weights[vector], sums[pixel][vector]);
                }
            }
            panel = panel.wrapping_add(NV * S::LANES);
        }
    }
    *tile = sums;
}
