//! The inner loops of the gradient of the weights: sums of outer products over pixels, in registers.

#![expect(unsafe_code, reason = "pointers into packed rows")]
#![expect(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use std::marker::PhantomData;

use super::method::Precision;
use super::products::{Numbers, Pairs, Products};
use crate::isa::Isa;
use crate::simd::{Kernel, Simd};

/// How the output pixels of a block lie in packed inputs; in packed gradients they follow each other.
#[derive(Debug)]
pub(super) struct Plane {
    /// The first run of each output row.
    pub(super) starts: Vec<usize>,
    /// Output pixels of a row.
    pub(super) columns: usize,
    /// Distance of the runs of two kernel rows.
    pub(super) tap_row: usize,
    /// Distance of the runs of two output pixels.
    pub(super) pixel: usize,
}

/// One kernel row of one group of input channels and one panel of output channels.
#[derive(Debug)]
pub(super) struct Outer<'a> {
    pub(super) precision: Precision,
    /// Packed inputs.
    pub(super) x: &'a [f32],
    /// Packed gradients, `width` for each pixel, `gradient` apart.
    pub(super) dy: &'a [f32],
    pub(super) plane: &'a Plane,
    /// The kernel row.
    pub(super) down: usize,
    /// Values of a run.
    pub(super) run: usize,
    pub(super) width: usize,
    pub(super) gradient: usize,
    /// Whether the sums are added to, or overwritten.
    pub(super) add: bool,
}

impl Outer<'_> {
    /// `sums` are `[run, width]`, of which `outputs` are needed, or `[width, run]` for `few` outputs. The packed slices
    /// must go on for 128 values after the last run and gradient.
    pub(super) fn add_to(&self, isa: Isa, few: bool, outputs: usize, sums: &mut [f32]) {
        assert!(sums.len() == self.run * self.width);
        let last = self.plane.starts.iter().max().map_or(0, |start| {
            start + self.down * self.plane.tap_row + (self.plane.columns - 1) * self.plane.pixel
        });
        assert!(last + self.run + 128 <= self.x.len());
        let pixels = self.plane.starts.len() * self.plane.columns;
        assert!((pixels - 1) * self.gradient + outputs + 128 <= self.dy.len());
        match self.precision {
            Precision::F32 => self.run_products::<Numbers>(isa, few, outputs, sums),
            Precision::Bf16 => self.run_products::<Pairs>(isa, few, outputs, sums),
        }
    }

    fn run_products<P: Products>(&self, isa: Isa, few: bool, outputs: usize, sums: &mut [f32]) {
        let products = PhantomData::<P>;
        isa.run(OuterKernel { outer: self, few, outputs, sums, products });
    }
}

struct OuterKernel<'a, P> {
    outer: &'a Outer<'a>,
    few: bool,
    outputs: usize,
    sums: &'a mut [f32],
    products: PhantomData<P>,
}

impl<P: Products> Kernel for OuterKernel<'_, P> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { outer, few, outputs, sums, .. } = self;
        // SAFETY: `Outer::add_to` checked the slices; no tile reads more than 96 values past a run or a gradient.
        unsafe {
            if few && S::LANES == 16 {
                outer.few::<P, S, 4, 3>(s, sums);
            } else if few && outputs <= 2 {
                outer.few::<P, S, 2, 6>(s, sums);
            } else if few {
                outer.few::<P, S, 4, 3>(s, sums);
            } else if outputs <= S::LANES {
                outer.many::<P, S, 12, 1>(s, sums);
            } else if S::LANES == 16 {
                outer.many::<P, S, 8, 2>(s, sums);
            } else {
                outer.many::<P, S, 6, 2>(s, sums);
            }
        }
    }
}

impl Outer<'_> {
    /// Runs are broadcast, gradients are vectors.
    ///
    /// # Safety
    /// The slices must be checked.
    #[inline(always)]
    unsafe fn many<P: Products, S: Simd, const MR: usize, const NV: usize>(
        &self,
        s: S,
        sums: &mut [f32],
    ) {
        for first in (0..self.run).step_by(MR) {
            // SAFETY: `sums` are `[run, width]`, and `width` is at least `NV` vectors.
            unsafe {
                let tile = self.tile::<P, S, MR, NV>(s, true, first);
                for (index, row) in tile.iter().enumerate() {
                    if first + index < self.run {
                        let to = sums.as_mut_ptr().add((first + index) * self.width);
                        for (vector, value) in row.iter().enumerate() {
                            self.put(s, to.add(vector * S::LANES), S::LANES, *value);
                        }
                    }
                }
            }
        }
    }

    /// Gradients are broadcast, runs are vectors.
    ///
    /// # Safety
    /// The slices must be checked.
    #[inline(always)]
    unsafe fn few<P: Products, S: Simd, const MR: usize, const NV: usize>(
        &self,
        s: S,
        sums: &mut [f32],
    ) {
        for first in (0..self.run).step_by(NV * S::LANES) {
            // SAFETY: `sums` are `[width, run]`.
            unsafe {
                let tile = self.tile::<P, S, MR, NV>(s, false, first);
                for (output, row) in tile.iter().enumerate() {
                    for (vector, value) in row.iter().enumerate() {
                        let at = first + vector * S::LANES;
                        if output < self.width && at < self.run {
                            let to = sums.as_mut_ptr().add(output * self.run + at);
                            self.put(s, to, self.run - at, *value);
                        }
                    }
                }
            }
        }
    }

    /// # Safety
    /// `to` must be valid for reads and writes of the lesser of `count` values and a vector.
    #[inline(always)]
    unsafe fn put<S: Simd>(&self, s: S, to: *mut f32, count: usize, value: S::V) {
        // SAFETY: the caller's promise.
        unsafe {
            let value = if self.add { s.add(s.load_up_to(to, count), value) } else { value };
            s.store_up_to(to, count, value);
        }
    }

    /// The sums over all pixels of `MR` broadcast values times `NV` vectors; of the runs, those from `first` on.
    ///
    /// # Safety
    /// The slices must be checked; what lies past a run or a gradient only gets into sums that are not needed.
    #[inline(always)]
    unsafe fn tile<P: Products, S: Simd, const MR: usize, const NV: usize>(
        &self,
        s: S,
        runs_are_broadcast: bool,
        first: usize,
    ) -> [[S::V; NV]; MR] {
        let mut sums = [[s.zero(); NV]; MR];
        let mut dy = self.dy.as_ptr();
        for start in &self.plane.starts {
            let skipped = start + self.down * self.plane.tap_row + first;
            let mut x = self.x.as_ptr().wrapping_add(skipped);
            for _ in 0..self.plane.columns {
                let (scalars, vectors) = if runs_are_broadcast { (x, dy) } else { (dy, x) };
                let mut values = [s.zero(); NV];
                for (vector, value) in values.iter_mut().enumerate() {
                    // SAFETY: the caller's promise.
                    *value = unsafe { s.load(vectors.add(vector * S::LANES)) };
                }
                for (row, sums) in sums.iter_mut().enumerate() {
                    // SAFETY: the caller's promise.
                    let scalar = s.splat(unsafe { *scalars.add(row) });
                    for (sum, value) in sums.iter_mut().zip(values) {
                        *sum = P::add(s, scalar, value, *sum);
                    }
                }
                x = x.wrapping_add(self.plane.pixel);
                dy = dy.wrapping_add(self.gradient);
            }
        }
        sums
    }
}
