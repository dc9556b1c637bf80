//! A pass over the output of a convolution: bands of rows, each from packed input rows.
//!
//! The forward pass and each of the interleaved parts of the gradient of the input are the same thing: an output,
//! whose pixels may lie apart, that is a convolution of a source with padding. The padding can be negative, which
//! crops. An item of work is a band of output rows of one image, sometimes for a part of the output channels.
//! It first copies the input rows it needs, with their zeros, so that the inner loops know no borders.

#![expect(unsafe_code, reason = "items write disjoint parts of one output")]

use rayon::prelude::*;

use super::method::Precision;
use super::pairs::{self, Runs};
use super::panels::Panels;
use super::source::Source;
use super::tile::{Band, Finish};
use crate::aligned::Shared;
use crate::isa::Isa;
use crate::scratch;

/// Values of a packed band: it shares the second-level cache with a panel of weights.
const BAND_VALUES: usize = 40 * 1024;
/// With fewer bands than this, output channels are split as well.
const FEWEST_ITEMS: usize = 8;
/// More bands than this are not needed for balance.
const ENOUGH_BANDS: usize = 32;
/// Vectors of output channels worth packing a band again for.
const FEWEST_VECTORS: usize = 4;

/// One axis of a pass.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    /// Size of the source.
    pub(super) source: usize,
    pub(super) taps: usize,
    /// Source pixels between outputs.
    pub(super) stride: usize,
    /// Where in the source the first tap of the first output lies.
    pub(super) origin: isize,
    /// Number of outputs.
    pub(super) count: usize,
    /// Size of the tensor the outputs lie in.
    pub(super) target: usize,
    /// Where in it the first output lies.
    pub(super) first: usize,
    /// Its pixels between outputs.
    pub(super) step: usize,
}

impl Axis {
    /// Packed pixels between outputs: what a single tap skips is not packed.
    pub(super) fn packed_stride(&self) -> usize {
        if self.taps == 1 { 1 } else { self.stride }
    }

    /// Packed pixels for some consecutive outputs.
    pub(super) fn packed_len(&self, outputs: usize) -> usize {
        (outputs - 1) * self.packed_stride() + self.taps
    }

    /// Source pixels between packed ones.
    pub(super) fn skip(&self) -> usize {
        if self.taps == 1 { self.stride } else { 1 }
    }

    /// The source pixel of a packed pixel, if it is not padding.
    pub(super) fn source_of(&self, packed: usize) -> Option<usize> {
        let at = self.origin + (packed * self.skip()) as isize;
        usize::try_from(at).ok().filter(|at| *at < self.source)
    }

    /// Whether no source pixel between two packed ones is skipped.
    pub(super) fn is_dense(&self) -> bool {
        self.skip() == 1
    }

    /// Zeros the padding of packed pixels of `width` values. The others, if any, and the source pixel of the first.
    pub(super) fn without_padding<'t>(
        &self,
        width: usize,
        to: &'t mut [f32],
    ) -> Option<(usize, &'t mut [f32])> {
        let pixels = to.len() / width;
        // How many packed pixels lie before a source pixel.
        let before = |at: usize| {
            let distance = at as isize - self.origin;
            (distance.max(0) as usize).div_ceil(self.skip()).min(pixels)
        };
        let (left, right) = (before(0), before(self.source));
        to[..left * width].fill(0.0);
        to[right * width..].fill(0.0);
        let first = self.source_of(left).filter(|_| left < right)?;
        Some((first, &mut to[left * width..right * width]))
    }

    /// Whether the packed pixels are those of the source.
    fn is_plain(&self) -> bool {
        self.origin == 0 && self.is_dense() && self.packed_len(self.count) <= self.source
    }
}

/// A convolution from a channels-last source to (some pixels of) a channels-last target.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pass {
    pub(super) batch: usize,
    pub(super) in_channels: usize,
    pub(super) out_channels: usize,
    pub(super) rows: Axis,
    pub(super) columns: Axis,
    /// Of the packed values.
    pub(super) precision: Precision,
}

/// A band of output rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows {
    pub(super) image: usize,
    pub(super) first: usize,
    pub(super) count: usize,
}

impl Pass {
    /// Packed values of a pixel.
    pub(super) fn packed_channels(&self) -> usize {
        self.precision.packed(self.in_channels)
    }

    /// Values of a packed row.
    pub(super) fn packed_row(&self) -> usize {
        self.columns.packed_len(self.columns.count) * self.packed_channels()
    }

    fn band_is_source(&self) -> bool {
        self.precision == Precision::F32
            && self.rows.is_plain()
            && self.columns.is_plain()
            && self.columns.packed_len(self.columns.count) == self.columns.source
    }

    /// The bands, by shape alone.
    pub(super) fn bands(&self) -> Vec<Rows> {
        let per_row = self.packed_row() * self.rows.packed_stride();
        let halo = self.packed_row() * self.rows.taps;
        let cached = BAND_VALUES.saturating_sub(halo) / per_row.max(1);
        let balanced = (self.batch * self.rows.count).div_ceil(ENOUGH_BANDS);
        // Bands lower than the kernel would mostly pack what their neighbours pack too.
        let least = (2 * self.rows.taps).div_ceil(self.rows.packed_stride());
        let most = cached.min(balanced.max(least)).max(1);
        let bands = self.rows.count.div_ceil(most);
        let height = self.rows.count.div_ceil(bands);
        let band = |image: usize, first: usize| {
            let count = height.min(self.rows.count - first);
            Rows { image, first, count }
        };
        (0..self.batch)
            .flat_map(|image| {
                (0..self.rows.count).step_by(height).map(move |first| band(image, first))
            })
            .collect()
    }

    /// Calls `work` with the source rows of a band and the distance of two rows.
    pub(super) fn with_packed<R>(
        &self,
        isa: Isa,
        x: &Source,
        rows: &Rows,
        work: impl FnOnce(&[f32], usize) -> R,
    ) -> R {
        if self.rows.taps * self.columns.taps == 0 {
            return work(&[], 0);
        }
        let source_row = self.columns.source * self.in_channels;
        if let Some(x) = x.as_slice().filter(|_| self.band_is_source()) {
            let first = rows.image * self.rows.source + rows.first * self.rows.stride;
            return work(&x[first * source_row..], source_row);
        }
        let row = self.packed_row();
        let height = self.rows.packed_len(rows.count);
        scratch::with(row * height, |packed| {
            let skipped = rows.first * self.rows.packed_stride();
            for (index, to) in packed.chunks_exact_mut(row).enumerate() {
                match self.rows.source_of(skipped + index) {
                    Some(at) => x.with_row(rows.image, at, |from| self.pack_row(isa, from, to)),
                    None => to.fill(0.0),
                }
            }
            work(packed, row)
        })
    }

    /// The packed row of a source row.
    pub(super) fn pack_row(&self, isa: Isa, from: &[f32], to: &mut [f32]) {
        let channels = self.in_channels;
        let Some((first, to)) = self.columns.without_padding(self.packed_channels(), to) else {
            return;
        };
        let from = &from[first * channels..];
        let distance = self.columns.skip() * channels;
        match self.precision {
            Precision::Bf16 => {
                pairs::neighbours(isa, Runs { from, distance, values: channels }, to);
            }
            Precision::F32 if distance == channels => to.copy_from_slice(&from[..to.len()]),
            Precision::F32 => {
                for (to, from) in to.chunks_exact_mut(channels).zip(from.chunks(distance)) {
                    to.copy_from_slice(&from[..channels]);
                }
            }
        }
    }

    /// Runs the pass. `finish` is what happens to the sums before they are written to `target`.
    pub(super) fn run(
        &self,
        isa: Isa,
        x: &Source,
        panels: &Panels,
        finish: &Finish,
        target: &Shared,
    ) {
        let bands = self.bands();
        let vectors = self.out_channels.div_ceil(isa.lanes());
        let parts = FEWEST_ITEMS.div_ceil(bands.len()).clamp(1, (vectors / FEWEST_VECTORS).max(1));
        let blocks = self.out_channels.div_ceil(panels.width());
        let parts = parts.min(blocks);
        (0..bands.len() * parts).into_par_iter().with_max_len(1).for_each(|item| {
            let (index, part) = (item / parts, item % parts);
            let rows = &bands[index];
            let channels = part * blocks / parts * panels.width()
                ..((part + 1) * blocks / parts * panels.width()).min(self.out_channels);
            self.with_packed(isa, x, rows, |packed, packed_row| {
                let band =
                    Band::new(self, rows, packed, packed_row, panels, channels, finish, target);
                // SAFETY: items cover disjoint pixels and channels of the target, and the packed rows, panels and
                // `finish` belong to this pass.
                unsafe { band.run(isa, finish.sums_of(index)) }
            });
        });
    }

    /// Bands of [`run`](Self::run), each of which has its own sums.
    pub(super) fn band_count(&self) -> usize {
        self.bands().len()
    }
}
