//! Transformed weights, in panels as those of the direct convolution: `[36][in][outputs of the panel]`.

#![expect(unsafe_code, reason = "vectors at places of checked slices")]
#![expect(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use std::ops::Range;

use super::transform::{self, Places, Planes36};
use super::{FIELD, PLACES};
use crate::conv2d::panels::{Weights, pack_panel};
use crate::isa::Isa;
use crate::scratch;
use crate::simd::{Kernel, Simd};

/// Transformed weights of some output channels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Transformed<'a> {
    values: &'a [f32],
    inputs: usize,
}

impl<'a> Transformed<'a> {
    pub(super) const fn new(values: &'a [f32], inputs: usize) -> Self {
        Self { values, inputs }
    }

    /// The weights of one place from the panel of the output channel `first` of these on, which has `width` outputs.
    pub(super) fn place(&self, first: usize, width: usize, place: usize) -> &[f32] {
        let start = first * self.inputs * PLACES + place * self.inputs * width;
        &self.values[start..start + self.inputs * width]
    }
}

/// Transforms the weights of `outputs` into a panel of `to.len() / (36 · inputs)` output channels.
pub(super) fn transform_panel(isa: Isa, weights: &Weights, outputs: Range<usize>, to: &mut [f32]) {
    let inputs = weights.sizes.inputs;
    let width = to.len() / (inputs * PLACES);
    scratch::with(9 * inputs * width, |from| {
        pack_panel(weights, outputs, width, from);
        isa.run(PanelKernel { from, width, inputs, to });
    });
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
            let mut to = Planes36 { start: to.wrapping_add(at), plane, count: S::LANES };
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

impl Places for Taps {
    #[inline(always)]
    unsafe fn get<S: Simd>(&self, s: S, row: usize, column: usize) -> S::V {
        // SAFETY: the caller's promise.
        unsafe { s.load(self.start.add((row * 3 + column) * self.plane)) }
    }
}
