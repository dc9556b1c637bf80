//! Transformed weights, in panels as those of the direct convolution: `[36][in][outputs of the panel]`.

#![expect(unsafe_code, reason = "vectors at places of checked slices")]
#![expect(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use rayon::prelude::*;

use super::transform::{self, Planes36, Source};
use super::{FIELD, PLACES};
use crate::conv2d::panels::{PanelSizes, Panels, WeightView};
use crate::isa::Isa;
use crate::pool::{Buffer, BufferPool};
use crate::simd::{Kernel, Simd};

/// Weights after the transform.
#[derive(Debug)]
pub(in crate::conv2d) struct Transformed {
    values: Buffer,
    width: usize,
    inputs: usize,
}

impl Transformed {
    /// `sizes` must have 3×3 taps.
    pub(in crate::conv2d) fn new(
        isa: Isa,
        w: &[f32],
        view: &WeightView,
        sizes: &PanelSizes,
    ) -> Self {
        let panels = Panels::pack(isa, w, view, sizes);
        let (width, inputs) = (panels.width(), sizes.inputs);
        let padded = sizes.outputs.next_multiple_of(isa.lanes());
        let mut values = BufferPool::global().take(padded * inputs * PLACES);
        values.par_chunks_mut(width * inputs * PLACES).enumerate().for_each(|(index, to)| {
            let from = panels.starting_at(index * width);
            isa.run(PanelKernel { from, width: to.len() / (inputs * PLACES), inputs, to });
        });
        Self { values, width, inputs }
    }

    /// The weights of one place from the panel of output channel `first` on, whose panel has `width` outputs.
    pub(super) fn place(&self, first: usize, width: usize, place: usize) -> &[f32] {
        let start = first * self.inputs * PLACES + place * self.inputs * width;
        &self.values[start..start + self.inputs * width]
    }

    /// Output channels of all panels but the last.
    pub(super) const fn width(&self) -> usize {
        self.width
    }
}

struct PanelKernel<'a> {
    /// `[3, 3, inputs, width]`
    from: &'a [f32],
    width: usize,
    inputs: usize,
    /// `[6, 6, inputs, width]`
    to: &'a mut [f32],
}

impl Kernel for PanelKernel<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let plane = self.inputs * self.width;
        assert!(self.from.len() >= 9 * plane && self.to.len() == PLACES * plane);
        assert!(self.width.is_multiple_of(S::LANES));
        let to = self.to.as_mut_ptr();
        for at in (0..plane).step_by(S::LANES) {
            let from = Taps { start: self.from.as_ptr().wrapping_add(at), plane };
            let mut to = Planes36 { start: to.wrapping_add(at), plane };
            // SAFETY: 9 and 36 planes of whole vectors.
            unsafe { transform::square::<S, transform::Weight, 3, FIELD>(s, &from, &mut to) }
        }
    }
}

/// The 3×3 planes of weights, of which one vector each is meant.
struct Taps {
    start: *const f32,
    plane: usize,
}

impl Source for Taps {
    #[inline(always)]
    unsafe fn get<S: Simd>(&self, s: S, row: usize, column: usize) -> S::V {
        // SAFETY: the caller's promise.
        unsafe { s.load(self.start.add((row * 3 + column) * self.plane)) }
    }
}
