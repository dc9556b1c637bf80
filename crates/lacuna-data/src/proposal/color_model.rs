//! Which colours are the class's: two histograms, of the region and of the rest, whose ratio says how likely a colour is.

use rayon::prelude::*;

use super::cells::{Cells, Color};
use crate::annotation::{BinaryMask, Ternary};

/// Bins an axis.
const BINS: usize = 16;
/// Width of the Gaussian that the histograms are smoothed with, in bins: a handful of pixels shows a range of colours.
const SIGMA: f32 = 1.0;
/// Of the values of an axis, the share at each end that is left out of its range.
const TAIL: f64 = 0.01;
/// Smallest range of an axis in 8-bit levels: noise on a flat axis tells nothing.
const LEAST_RANGE: f32 = 16.0;
/// Weight of all positive marks together, as a share of the region's pixels; and of all negative ones, of the rest's.
const POSITIVE_EMPHASIS: f32 = 0.9;
const NEGATIVE_EMPHASIS: f32 = 0.3;
/// Share of pixels of a colour that nobody has seen.
const UNSEEN: f32 = 1e-6;
/// A prior is never nearer to 0 or 1: a colour alone decides nothing.
const DOUBT: f32 = 0.02;

/// Log-odds of the class by colour.
pub(super) struct ColorModel {
    scale: Scale,
    /// `[BINS, BINS, BINS]`.
    log_odds: Vec<f32>,
}

impl ColorModel {
    /// Learns from the marks and from what was taken for the region until now.
    pub(super) fn learn(cells: &Cells, region: &BinaryMask) -> Self {
        let scale = Scale::of(&cells.colors);
        let area = region.count() as f32;
        let rest = cells.colors.len() as f32 - area;
        let emphasis = |sign: Ternary, total: f32| {
            let count = cells.marks.iter().filter(|mark| **mark == sign).count();
            1.0 + total / count.max(1) as f32
        };
        let positive = emphasis(Ternary::Positive, POSITIVE_EMPHASIS * area);
        let negative = emphasis(Ternary::Negative, NEGATIVE_EMPHASIS * rest);
        let of_class = scale.histogram(cells, |cell| match cells.marks[cell] {
            Ternary::Positive => positive,
            Ternary::Negative => 0.0,
            Ternary::Unknown => f32::from(region.values()[cell]),
        });
        let of_rest = scale.histogram(cells, |cell| match cells.marks[cell] {
            Ternary::Positive => 0.0,
            Ternary::Negative => negative,
            Ternary::Unknown => f32::from(!region.values()[cell]),
        });
        let ratio = |(a, b): (&f32, &f32)| ((a + UNSEEN) / (b + UNSEEN)).ln();
        Self { scale, log_odds: of_class.iter().zip(&of_rest).map(ratio).collect() }
    }

    /// How likely each cell is of the class by its colour, and by the network's opinion if there is one.
    pub(super) fn prior(&self, cells: &Cells) -> Vec<f32> {
        let prior = |(cell, color): (usize, &Color)| {
            let by_color = self.scale.interpolated(&self.log_odds, *color);
            let by_network = cells.opinion.as_ref().map_or(0.0, |opinion| opinion[cell]);
            let odds = (by_color + by_network).exp();
            (odds / (1.0 + odds)).clamp(DOUBT, 1.0 - DOUBT)
        };
        cells.colors.par_iter().enumerate().with_min_len(4096).map(prior).collect()
    }
}

/// Where colours lie in the histograms: the range of the picture's own colours fills them.
struct Scale {
    low: Color,
    bins_per_level: Color,
}

/// The eight bins around a colour, and the shares that it has in them.
struct Corners([(usize, f32); 8]);

impl Scale {
    fn of(colors: &[Color]) -> Self {
        let ranges: [(f32, f32); 3] = std::array::from_fn(|axis| range(colors, axis));
        Self {
            low: ranges.map(|(low, _)| low),
            bins_per_level: ranges.map(|(low, high)| (BINS - 1) as f32 / (high - low)),
        }
    }

    fn corners(&self, color: Color) -> Corners {
        let place: Color = std::array::from_fn(|axis| {
            let bin = (color[axis] - self.low[axis]) * self.bins_per_level[axis];
            bin.clamp(0.0, (BINS - 1) as f32)
        });
        Corners(std::array::from_fn(|corner| {
            (0..3).fold((0, 1.0), |(bin, share), axis| {
                let (whole, rest) = (place[axis] as usize, place[axis].fract());
                let up = corner >> axis & 1;
                let next = (whole + up).min(BINS - 1);
                (bin * BINS + next, share * if up == 1 { rest } else { 1.0 - rest })
            })
        }))
    }

    /// Smoothed shares of the colours, each cell counted with its weight.
    fn histogram(&self, cells: &Cells, weight: impl Fn(usize) -> f32) -> Vec<f32> {
        let mut bins = vec![0.0; BINS * BINS * BINS];
        let mut total = 0.0_f64;
        for (cell, color) in cells.colors.iter().enumerate() {
            let weight = weight(cell);
            if weight > 0.0 {
                total += f64::from(weight);
                for (bin, share) in self.corners(*color).0 {
                    bins[bin] += weight * share;
                }
            }
        }
        let bins = [BINS * BINS, BINS, 1].into_iter().fold(bins, |bins, step| blurred(&bins, step));
        let total = (total as f32).max(1.0);
        bins.into_iter().map(|bin| bin / total).collect()
    }

    fn interpolated(&self, table: &[f32], color: Color) -> f32 {
        self.corners(color).0.iter().map(|(bin, share)| table[*bin] * share).sum()
    }
}

/// The lowest and highest value of an axis but for its tails.
fn range(colors: &[Color], axis: usize) -> (f32, f32) {
    let mut values: Vec<f32> = colors.iter().map(|color| color[axis]).collect();
    let tail = (values.len() as f64 * TAIL) as usize;
    let last = values.len() - 1;
    let low = *values.select_nth_unstable_by(tail, f32::total_cmp).1;
    let high = *values.select_nth_unstable_by(last - tail, f32::total_cmp).1;
    (low, high.max(low + LEAST_RANGE))
}

/// Convolved with the Gaussian along the axis whose neighbours are `step` bins apart.
fn blurred(bins: &[f32], step: usize) -> Vec<f32> {
    let reach = (3.0 * SIGMA).ceil() as isize;
    let bell = |offset: isize| (-((offset * offset) as f32) / (2.0 * SIGMA * SIGMA)).exp();
    let whole: f32 = (-reach..=reach).map(bell).sum();
    let sum = |bin: usize| {
        let place = (bin / step % BINS) as isize;
        (-reach..=reach)
            .filter(|offset| (0..BINS as isize).contains(&(place + offset)))
            .map(|offset| bins[bin.wrapping_add_signed(offset * step as isize)] * bell(offset))
            .sum::<f32>()
    };
    (0..bins.len()).map(|bin| sum(bin) / whole).collect()
}
