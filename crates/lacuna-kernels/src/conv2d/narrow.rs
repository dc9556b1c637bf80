//! The inner loops for up to four output channels, as a segmentation head has: vectors along the run.
//!
//! Output channels would fill a vector only in part, so here the lanes are values of a run (taps of a kernel row with
//! their channels), and each output is the sum of the lanes of one vector at the end. A tile is `MR` pixels by `OC`
//! outputs: up to 12 sums, so that a load of weights or of inputs serves several multiply-adds.

#![expect(unsafe_code, reason = "pointers into packed rows, weights and the output")]
#![expect(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use std::marker::PhantomData;

use super::method::Precision;
use super::panels::Weights;
use super::products::Products;
use super::tile::Band;
use crate::isa::Isa;
use crate::simd::{Kernel, Simd};

/// Up to so many output channels.
const MOST_OUTPUTS: usize = 4;

/// Whether a pass is for this kernel: runs must fill a vector.
pub(super) fn applies(isa: Isa, outputs: usize, run: usize) -> bool {
    outputs <= MOST_OUTPUTS && run >= isa.lanes()
}

/// Values of the packed weights.
pub(super) fn packed_len(isa: Isa, weights: &Weights, precision: Precision) -> usize {
    let sizes = &weights.sizes;
    let run = (sizes.taps[1] * precision.packed(sizes.inputs)).next_multiple_of(isa.lanes());
    sizes.taps[0] * run * sizes.outputs
}

/// `[kernel rows][vectors of the run][outputs][lanes]`; what lies past a run is 0.
pub(super) fn pack(isa: Isa, weights: &Weights, precision: Precision, to: &mut [f32]) {
    let (sizes, lanes) = (&weights.sizes, isa.lanes());
    let inputs = precision.packed(sizes.inputs);
    let run = sizes.taps[1] * inputs;
    let vectors = run.div_ceil(lanes);
    for (index, to) in to.iter_mut().enumerate() {
        let (vector, lane) = (index / (sizes.outputs * lanes), index % lanes);
        let output = index / lanes % sizes.outputs;
        let (down, at) = (vector / vectors, vector % vectors * lanes + lane);
        let tap = [down, at / inputs];
        *to = if at < run { weights.packed(precision, output, at % inputs, tap) } else { 0.0 };
    }
}

pub(super) struct NarrowKernel<'a, P> {
    pub(super) band: &'a Band<'a>,
    pub(super) sums: *mut f32,
    pub(super) products: PhantomData<P>,
}

impl<P: Products> Kernel for NarrowKernel<'_, P> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        // SAFETY: the band is checked.
        unsafe {
            match self.band.out_channels {
                1 => self.tiles::<S, 8, 1>(s),
                2 => self.tiles::<S, 4, 2>(s),
                3 => self.tiles::<S, 4, 3>(s),
                _ => self.tiles::<S, 3, 4>(s),
            }
        }
    }
}

impl<P: Products> NarrowKernel<'_, P> {
    /// # Safety
    /// The band must be checked and have `OC` output channels.
    #[inline(always)]
    unsafe fn tiles<S: Simd, const MR: usize, const OC: usize>(&self, s: S) {
        let band = self.band;
        let mut sums = [[0.0; OC]; 2];
        for row in 0..band.rows {
            for first in (0..band.columns).step_by(MR) {
                let mut from = [band.packed.as_ptr(); MR];
                for (index, from) in from.iter_mut().enumerate() {
                    let column = (first + index).min(band.columns - 1);
                    *from = from.wrapping_add(row * band.row + column * band.pixel);
                }
                // SAFETY: pixels of the band.
                unsafe {
                    let tile: [[S::V; OC]; MR] = self.multiply(s, &from);
                    for (index, values) in tile.iter().enumerate() {
                        if first + index < band.columns {
                            let to = row * band.target_row + (first + index) * band.target_pixel;
                            self.write(s, values, to, &mut sums);
                        }
                    }
                }
            }
        }
        if !self.sums.is_null() {
            for (index, sum) in sums.as_flattened().iter().enumerate() {
                // SAFETY: room for `[2, OC]`.
                unsafe { self.sums.add(index).write(*sum) }
            }
        }
    }

    /// # Safety
    /// The pixels must lie in the band.
    #[inline(always)]
    unsafe fn multiply<S: Simd, const MR: usize, const OC: usize>(
        &self,
        s: S,
        from: &[*const f32; MR],
    ) -> [[S::V; OC]; MR] {
        let band = self.band;
        let mut sums = [[s.zero(); OC]; MR];
        let mut weights = band.panels.as_ptr();
        for row in 0..band.taps {
            for at in (0..band.run).step_by(S::LANES) {
                let mut factors = [s.zero(); OC];
                for (output, factor) in factors.iter_mut().enumerate() {
                    // SAFETY: the weights of this vector of the run.
                    *factor = unsafe { s.load(weights.add(output * S::LANES)) };
                }
                for (sums, from) in sums.iter_mut().zip(from) {
                    let from = from.wrapping_add(row * band.tap_row + at);
                    // SAFETY: what is left of a run of the band. Nothing past it is read, which may be NaN.
                    let value = unsafe { s.load_up_to(from, band.run - at) };
                    for (sum, factor) in sums.iter_mut().zip(factors) {
                        *sum = P::add(s, value, factor, *sum);
                    }
                }
                weights = weights.wrapping_add(OC * S::LANES);
            }
        }
        sums
    }

    /// # Safety
    /// `to` is the offset of a pixel of the target.
    #[inline(always)]
    unsafe fn write<S: Simd, const OC: usize>(
        &self,
        s: S,
        values: &[S::V; OC],
        to: usize,
        sums: &mut [[f32; OC]; 2],
    ) {
        for (output, value) in values.iter().enumerate() {
            let mut value = s.sum(*value);
            if let Some(bias) = self.band.bias {
                value += bias[output];
            }
            if let Some(shortcut) = self.band.shortcut {
                // SAFETY: laid out as the target.
                value += unsafe { shortcut.add(to + output).read() };
            }
            if self.band.relu && value < 0.0 {
                value = 0.0;
            }
            sums[0][output] += value;
            sums[1][output] += value * value;
            // SAFETY: the caller's promise.
            unsafe { self.band.target.add(to + output).write(value) }
        }
    }
}
