//! Sums over the pixels of each channel of channels-last tensors, in a fixed order.
//!
//! A chunk of a tensor is summed in single precision, in as many places as a table of the channels has; places and
//! then chunks are added in double precision.

#![expect(unsafe_code, reason = "vectors at places of slices of one length")]
#![expect(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use rayon::prelude::*;

use crate::isa::Isa;
use crate::periodic::{Period, Place, Visitor};
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
    fn run<S: Simd>(mut self, s: S) {
        assert!(self.places.len() == 2 * self.period.len);
        // SAFETY: tables have the length of a period, places twice that, the slices of `terms` that of `values`.
        unsafe { self.period.walk(s, self.values.len(), &mut self) }
    }
}

impl<S: Simd> Visitor<S> for SumKernel<'_> {
    #[inline(always)]
    unsafe fn visit(&mut self, s: S, place: Place) {
        // SAFETY: the caller's promise.
        unsafe {
            let value = place.of(s, self.values);
            let (value, factor) = match self.terms {
                Terms::Squares { origin } => {
                    let value = s.sub(value, place.of_table(s, origin));
                    (value, value)
                }
                Terms::Products { x, origin } => {
                    (value, s.sub(place.of(s, x), place.of_table(s, origin)))
                }
                Terms::Masked { x, origin, y } => {
                    let value = s.where_positive(place.of(s, y), value);
                    (value, s.sub(place.of(s, x), place.of_table(s, origin)))
                }
                Terms::Remasked { x, origin, scale, shift } => {
                    let x = place.of(s, x);
                    let (scale, shift) = (place.of_table(s, scale), place.of_table(s, shift));
                    let value = s.where_positive(s.mul_add(x, scale, shift), value);
                    (value, s.sub(x, place.of_table(s, origin)))
                }
            };
            // Lanes past the end of the tensor are not counted: they may be anything but 0.
            let first = self.places.as_mut_ptr().add(place.index);
            let second = first.add(self.period.len);
            s.store_up_to(first, place.count, s.add(s.load(first), value));
            s.store_up_to(second, place.count, s.mul_add(value, factor, s.load(second)));
        }
    }
}
