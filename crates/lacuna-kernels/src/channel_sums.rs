//! Sums over the pixels of each channel of channels-last tensors, in a fixed order.
//!
//! A chunk of a tensor is summed in single precision, in as many places as a table of the channels has; places and
//! then chunks are added in double precision.

#![expect(unsafe_code, reason = "vectors at places of slices of one length")]
#![expect(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use rayon::prelude::*;

use crate::isa::Isa;
use crate::periodic::Period;
use crate::scratch;
use crate::simd::{Kernel, Simd};

/// Adds `parts` `[count, sums.len()]` in their order. Overwrites `sums`.
pub(crate) fn add_parts(parts: &[f32], sums: &mut [f64]) {
    sums.fill(0.0);
    for part in parts.chunks_exact(sums.len()) {
        for (sum, value) in sums.iter_mut().zip(part) {
            *sum += f64::from(*value);
        }
    }
}

/// What is summed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Terms<'a> {
    /// v − origin and (v − origin)², with a table of origins.
    Squares { origin: &'a [f32] },
    /// v and v · (x − origin).
    Products { x: &'a [f32], origin: &'a [f32] },
    /// As `Products`, of the v where `y` is above 0.
    Masked { x: &'a [f32], origin: &'a [f32], y: &'a [f32] },
    /// As `Products`, of the v where x · scale + shift is above 0, with tables of both.
    Remasked { x: &'a [f32], origin: &'a [f32], scale: &'a [f32], shift: &'a [f32] },
}

/// Both sums of each channel of `values`, `[2, channels]`.
pub(crate) fn sums(isa: Isa, period: Period, values: &[f32], terms: Terms) -> Vec<f64> {
    let chunk = period.chunk();
    let chunks: Vec<Vec<f64>> = values
        .par_chunks(chunk)
        .enumerate()
        .with_max_len(1)
        .map(|(index, values)| {
            let terms = terms.part(index * chunk, values.len());
            scratch::with(2 * period.len, |places| {
                places.fill(0.0);
                isa.run(SumKernel { period, values, terms, places });
                fold(period, places)
            })
        })
        .collect();
    let mut total = vec![0.0; 2 * period.channels];
    for chunk in &chunks {
        total.iter_mut().zip(chunk).for_each(|(total, value)| *total += value);
    }
    total
}

fn fold(period: Period, places: &[f32]) -> Vec<f64> {
    let mut sums = vec![0.0; 2 * period.channels];
    for (sums, places) in
        sums.chunks_exact_mut(period.channels).zip(places.chunks_exact(period.len))
    {
        for repeat in places.chunks_exact(period.channels) {
            sums.iter_mut().zip(repeat).for_each(|(sum, value)| *sum += f64::from(*value));
        }
    }
    sums
}

impl<'a> Terms<'a> {
    /// The terms of the `len` values from `start` on; tables stay.
    fn part(self, start: usize, len: usize) -> Self {
        let part = |values: &'a [f32]| &values[start..start + len];
        match self {
            Self::Squares { origin } => Self::Squares { origin },
            Self::Products { x, origin } => Self::Products { x: part(x), origin },
            Self::Masked { x, origin, y } => Self::Masked { x: part(x), origin, y: part(y) },
            Self::Remasked { x, origin, scale, shift } => {
                Self::Remasked { x: part(x), origin, scale, shift }
            }
        }
    }
}

struct SumKernel<'a> {
    period: Period,
    values: &'a [f32],
    terms: Terms<'a>,
    places: &'a mut [f32],
}

impl Kernel for SumKernel<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { period, values, terms, places } = self;
        let (first, second) = places.split_at_mut(period.len);
        // SAFETY: tables and places have the length of a period; the slices of `terms` that of `values`.
        let mut add = |at: usize, count: usize, a: S::V, b: S::V| unsafe {
            // Lanes past the end of the tensor are not counted: they may be anything but 0.
            let (a_to, b_to) = (first.as_mut_ptr().add(at), second.as_mut_ptr().add(at));
            s.store_up_to(a_to, count, s.add(s.load(a_to), a));
            s.store_up_to(b_to, count, s.add(s.load(b_to), b));
        };
        // SAFETY: as above; `walk` stays inside.
        let load = |from: &[f32], at: usize, count: usize| unsafe {
            s.load_up_to(from.as_ptr().add(at), count)
        };
        match terms {
            Terms::Squares { origin } => period.walk::<S>(values.len(), |at, index, count| {
                let value = s.sub(load(values, at, count), load(origin, index, S::LANES));
                add(index, count, value, s.mul(value, value));
            }),
            Terms::Products { x, origin } => period.walk::<S>(values.len(), |at, index, count| {
                let value = load(values, at, count);
                let x = s.sub(load(x, at, count), load(origin, index, S::LANES));
                add(index, count, value, s.mul(value, x));
            }),
            Terms::Masked { x, origin, y } => period.walk::<S>(values.len(), |at, index, count| {
                let value = s.where_positive(load(y, at, count), load(values, at, count));
                let x = s.sub(load(x, at, count), load(origin, index, S::LANES));
                add(index, count, value, s.mul(value, x));
            }),
            Terms::Remasked { x, origin, scale, shift } => {
                period.walk::<S>(values.len(), |at, index, count| {
                    let x = load(x, at, count);
                    let (scale, shift) =
                        (load(scale, index, S::LANES), load(shift, index, S::LANES));
                    let y = s.mul_add(x, scale, shift);
                    let value = s.where_positive(y, load(values, at, count));
                    let x = s.sub(x, load(origin, index, S::LANES));
                    add(index, count, value, s.mul(value, x));
                });
            }
        }
    }
}
