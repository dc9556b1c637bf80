//! Transformed weights, in panels as those of the direct convolution: `[36][in][outputs of the panel]`.
//!
//! Places are [`GAP`] values more than a power of two apart, and inputs are packed block by block: 36 lines at the same
//! place of their pages would push each other out of the caches.

#![expect(unsafe_code, reason = "vectors at places of checked slices")]
#![expect(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use std::ops::Range;

use super::transform::{self, Places, Planes36};
use super::{FIELD, PLACES};
use crate::conv2d::panels::{Weights, pack_panel};
use crate::isa::Isa;
use crate::scratch;
use crate::simd::{Kernel, Simd};

/// Values between the places of a panel.
const GAP: usize = 16;
/// Inputs packed at a time.
const BLOCK: usize = 16;

/// How panels lie in memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct PanelLayout {
    inputs: usize,
    /// Outputs of all panels but the last, which may have half as many.
    width: usize,
}

impl PanelLayout {
    pub(super) const fn new(isa: Isa, inputs: usize) -> Self {
        Self { inputs, width: 2 * isa.lanes() }
    }

    /// Distance of the places of a panel of so many outputs.
    const fn plane(&self, width: usize) -> usize {
        self.inputs * width + GAP
    }

    /// Values of a panel; the last may have fewer.
    pub(super) const fn panel(&self) -> usize {
        PLACES * self.plane(self.width)
    }

    /// Values of all panels of so many outputs, a multiple of a vector.
    pub(super) const fn len(&self, outputs: usize) -> usize {
        PLACES * (self.inputs * outputs + outputs.div_ceil(self.width) * GAP)
    }

    /// Outputs of a panel of so many values.
    const fn width_of(&self, panel: usize) -> usize {
        (panel / PLACES - GAP) / self.inputs
    }
}

/// Transformed weights of some output channels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Transformed<'a> {
    values: &'a [f32],
    layout: PanelLayout,
}

impl<'a> Transformed<'a> {
    pub(super) const fn new(values: &'a [f32], layout: PanelLayout) -> Self {
        Self { values, layout }
    }

    /// The weights of one place from the panel of the output channel `first` of these on, which has `width` outputs.
    pub(super) fn place(&self, first: usize, width: usize, place: usize) -> &[f32] {
        let layout = &self.layout;
        let panel = first / layout.width * layout.panel();
        let start = panel + place * layout.plane(width);
        &self.values[start..start + layout.inputs * width]
    }
}

/// Transforms the weights of `outputs` into a panel.
pub(super) fn transform_panel(
    isa: Isa,
    weights: &Weights,
    layout: &PanelLayout,
    outputs: &Range<usize>,
    to: &mut [f32],
) {
    let width = layout.width_of(to.len());
    for first in (0..layout.inputs).step_by(BLOCK) {
        let inputs = BLOCK.min(layout.inputs - first);
        let block = weights.of_inputs(first..first + inputs);
        scratch::with(9 * inputs * width, |from| {
            pack_panel(&block, outputs.clone(), width, from);
            let to = &mut to[first * width..];
            isa.run(PanelKernel { from, len: inputs * width, plane: layout.plane(width), to });
        });
    }
}

struct PanelKernel<'a> {
    /// `[3, 3, inputs, width]`
    from: &'a [f32],
    /// Values of a place of `from`, whole vectors.
    len: usize,
    /// As many values of each of 36 places, so far apart.
    to: &'a mut [f32],
    plane: usize,
}

impl Kernel for PanelKernel<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { from, len, to, plane } = self;
        assert!(from.len() >= 9 * len && to.len() >= (PLACES - 1) * plane + len);
        assert!(len.is_multiple_of(S::LANES));
        let (from, to) = (from.as_ptr(), to.as_mut_ptr());
        for at in (0..len).step_by(S::LANES) {
            let from = Taps { start: from.wrapping_add(at), plane: len };
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
