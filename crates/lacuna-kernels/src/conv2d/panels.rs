//! Weights in the order in which the inner loops read them.
//!
//! A panel holds the weights of two vectors of output channels (or of one, where no more are left): for each tap and
//! input channel (or pair of them, in bf16), those of all its output channels side by side, missing ones being 0.

#![expect(
    unsafe_code,
    reason = "weights that are gathered element by element without a check each"
)]

use std::ops::Range;

use rayon::prelude::*;

use super::method::Precision;
use super::narrow;
use super::pairs::{self, Runs};
use crate::isa::Isa;
use crate::pool::{Buffer, BufferPool};
use crate::scratch;
use crate::simd::pair_bits;

/// How weights `[out, in, taps, taps]` lie in a slice; distances may be negative, for flipped kernels.
#[derive(Debug, Clone, Copy)]
pub(super) struct WeightView {
    pub(super) start: isize,
    pub(super) output: isize,
    pub(super) input: isize,
    pub(super) taps: [isize; 2],
}

/// Sizes of a panel set: outputs, inputs, taps.
#[derive(Debug, Clone, Copy)]
pub(super) struct PanelSizes {
    pub(super) outputs: usize,
    pub(super) inputs: usize,
    pub(super) taps: [usize; 2],
}

impl PanelSizes {
    /// Packed weights of an output channel.
    pub(super) fn depth(&self, precision: Precision) -> usize {
        precision.packed(self.inputs) * self.taps[0] * self.taps[1]
    }
}

/// Weights of a pass before they are packed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weights<'a> {
    pub(super) values: &'a [f32],
    pub(super) view: WeightView,
    pub(super) sizes: PanelSizes,
}

impl Weights<'_> {
    /// Those of some inputs.
    pub(super) fn of_inputs(&self, inputs: Range<usize>) -> Self {
        let (mut view, mut sizes) = (self.view, self.sizes);
        view.start += view.input * inputs.start as isize;
        sizes.inputs = inputs.len();
        Self { values: self.values, view, sizes }
    }

    /// One weight.
    pub(super) fn get(&self, output: usize, input: usize, tap: [usize; 2]) -> f32 {
        let view = &self.view;
        let taps = view.taps[0] * tap[0] as isize + view.taps[1] * tap[1] as isize;
        let at = view.start + view.output * output as isize + view.input * input as isize + taps;
        self.values[at as usize]
    }

    /// One packed weight.
    pub(super) fn packed(
        &self,
        precision: Precision,
        output: usize,
        input: usize,
        tap: [usize; 2],
    ) -> f32 {
        let get = |input: usize| {
            if input < self.sizes.inputs { self.get(output, input, tap) } else { 0.0 }
        };
        match precision {
            Precision::F32 => get(input),
            Precision::Bf16 => pair_bits(get(2 * input), get(2 * input + 1)),
        }
    }
}

/// Packed weights.
#[derive(Debug)]
pub(super) struct Panels {
    values: Buffer,
    lanes: usize,
    depth: usize,
    /// Whether they are packed for few outputs.
    narrow: bool,
}

impl Panels {
    pub(super) fn pack(isa: Isa, weights: &Weights, precision: Precision) -> Self {
        let sizes = &weights.sizes;
        let (lanes, depth) = (isa.lanes(), sizes.depth(precision));
        if narrow::applies(isa, sizes.outputs, sizes.taps[1] * precision.packed(sizes.inputs)) {
            let mut values = BufferPool::global().take(narrow::packed_len(isa, weights, precision));
            narrow::pack(isa, weights, precision, &mut values);
            return Self { values, lanes, depth, narrow: true };
        }
        let padded = sizes.outputs.next_multiple_of(lanes);
        let mut values = BufferPool::global().take(padded * depth);
        if depth > 0 {
            let width = 2 * lanes;
            values.par_chunks_mut(width * depth).enumerate().for_each(|(panel, to)| {
                let first = panel * width;
                let columns = to.len() / depth;
                let outputs = first..sizes.outputs.min(first + columns);
                match precision {
                    Precision::F32 => pack_panel(weights, outputs, columns, to),
                    Precision::Bf16 => pack_pairs(isa, weights, outputs, columns, to),
                }
            });
        }
        Self { values, lanes, depth, narrow: false }
    }

    pub(super) const fn is_narrow(&self) -> bool {
        self.narrow
    }

    /// Output channels of all panels but the last.
    pub(super) const fn width(&self) -> usize {
        2 * self.lanes
    }

    /// The weights from the panel of output channel `first` on, a multiple of the width.
    pub(super) fn starting_at(&self, first: usize) -> &[f32] {
        &self.values[first * self.depth..]
    }
}

/// Packs the weights of `outputs` into a panel of `columns` output channels, `[taps, inputs, columns]`.
pub(super) fn pack_panel(weights: &Weights, outputs: Range<usize>, columns: usize, to: &mut [f32]) {
    let &Weights { values: w, view, sizes } = weights;
    let count = outputs.len();
    for input in 0..sizes.inputs {
        for down in 0..sizes.taps[0] {
            for across in 0..sizes.taps[1] {
                let row = (down * sizes.taps[1] + across) * sizes.inputs + input;
                let from = view.start
                    + view.input * input as isize
                    + view.taps[0] * down as isize
                    + view.taps[1] * across as isize
                    + view.output * outputs.start as isize;
                let last = from + view.output * (count as isize - 1);
                assert!(from.min(last) >= 0 && (from.max(last) as usize) < w.len());
                let to = &mut to[row * columns..][..columns];
                for (output, to) in to[..count].iter_mut().enumerate() {
                    // SAFETY: between the first and the last, which were checked.
                    *to = unsafe { *w.as_ptr().offset(from + view.output * output as isize) };
                }
                to[count..].fill(0.0);
            }
        }
    }
}

/// Packs as [`pack_panel`] does, in pairs of input channels, `[taps, ⌈inputs / 2⌉, columns]`.
fn pack_pairs(isa: Isa, weights: &Weights, outputs: Range<usize>, columns: usize, to: &mut [f32]) {
    let inputs = weights.sizes.inputs;
    scratch::with(weights.sizes.depth(Precision::F32) * columns, |panel| {
        pack_panel(weights, outputs, columns, panel);
        let of_tap = inputs.div_ceil(2) * columns;
        for (from, to) in panel.chunks_exact(inputs * columns).zip(to.chunks_exact_mut(of_tap)) {
            let (to, last) = to.split_at_mut(inputs / 2 * columns);
            let runs = |from| Runs { from, distance: 2 * columns, values: columns };
            pairs::twins(isa, runs(from), Some(&from[columns.min(from.len())..]), columns, to);
            pairs::twins(isa, runs(&from[inputs / 2 * 2 * columns..]), None, columns, last);
        }
    });
}
