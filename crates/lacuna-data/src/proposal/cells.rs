//! The picture in cells of a few pixels, so few that a region is found while somebody waits.

use rayon::prelude::*;

use super::seeds::{self, Seeds};
use crate::annotation::{BinaryMask, Ternary};
use crate::image::{Image, Size};

/// Most cells: a picture of 1024² has a third as many a side.
const MOST_CELLS: usize = 1 << 17;
/// A network is never quite certain.
const SURE: f32 = 0.99;

/// Lightness, red against green, yellow against blue, each in 8-bit levels.
pub(super) type Color = [f32; 3];

/// The picture, the marks and a network's opinion in square cells of `factor` pixels a side; those at the right and
/// the bottom may be narrower.
pub(super) struct Cells {
    pub(super) factor: usize,
    /// `[rows, columns]`.
    pub(super) colors: Vec<Color>,
    pub(super) marks: Vec<Ternary>,
    /// Log-odds of the class by the network.
    pub(super) opinion: Option<Vec<f32>>,
    size: Size,
    /// Where everything begins: positive marks or, without any, the box.
    guess: BinaryMask,
    has_positive: bool,
}

impl Cells {
    pub(super) fn new(image: &Image, seeds: &Seeds, probability: Option<&[f32]>) -> Self {
        let picture = image.size();
        let factor = factor(picture);
        let side = |length: usize| length.div_ceil(factor);
        let size = Size::new(side(picture.width), side(picture.height));
        let grid = Grid { picture, factor, size };
        let mut colors = grid.map(|pixels| mean_color(image, pixels));
        if factor == 1 {
            colors = smoothed(&colors, size);
        }
        let marks: Vec<Ternary> = grid.map(|pixels| majority(seeds, pixels));
        let has_positive = seeds.has_positive();
        let guess = match seeds.bounds() {
            Some(_) if !has_positive => {
                BinaryMask::of(size, |cell| marks[cell] != Ternary::Negative)
            }
            _ => BinaryMask::of(size, |cell| marks[cell] == Ternary::Positive),
        };
        let opinion = probability.map(|values| grid.map(|pixels| log_odds(values, pixels)));
        Self { factor, colors, marks, opinion, size, guess, has_positive }
    }

    /// Columns and rows.
    pub(super) fn size(&self) -> Size {
        self.size
    }

    pub(super) fn first_guess(&self) -> BinaryMask {
        self.guess.clone()
    }

    /// Of a region of cells, what agrees with the marks and hangs together with them.
    pub(super) fn kept(&self, region: BinaryMask) -> BinaryMask {
        seeds::kept(region, &self.marks, self.has_positive)
    }
}

/// Pixels a side of a cell.
fn factor(picture: Size) -> usize {
    let shrink = (picture.area() as f64 / MOST_CELLS as f64).sqrt().ceil();
    (shrink as usize).max(1)
}

/// Where the cells lie in the picture.
struct Grid {
    picture: Size,
    factor: usize,
    size: Size,
}

impl Grid {
    /// A value a cell, of the indices of its pixels.
    fn map<T: Send>(&self, value: impl Fn(&mut dyn Iterator<Item = usize>) -> T + Sync) -> Vec<T> {
        let Size { width, height } = self.picture;
        let cell = |index: usize| {
            let (column, row) = (index % self.size.width, index / self.size.width);
            let columns = column * self.factor..((column + 1) * self.factor).min(width);
            let rows = row * self.factor..((row + 1) * self.factor).min(height);
            let mut pixels = rows.flat_map(|y| columns.clone().map(move |x| y * width + x));
            value(&mut pixels)
        };
        (0..self.size.area()).into_par_iter().with_min_len(4096).map(cell).collect()
    }
}

fn mean_color(image: &Image, pixels: &mut dyn Iterator<Item = usize>) -> Color {
    let (mut sum, mut count) = ([0_u32; 3], 0_u32);
    for pixel in pixels {
        let rgb = &image.rgb()[pixel * 3..pixel * 3 + 3];
        sum.iter_mut().zip(rgb).for_each(|(sum, value)| *sum += u32::from(*value));
        count += 1;
    }
    opponent(sum.map(|sum| sum as f32 / count.max(1) as f32))
}

/// Lightness and the two opponent axes of an RGB colour.
pub(super) fn opponent([red, green, blue]: [f32; 3]) -> Color {
    [(red + green + blue) / 3.0, red - green, f32::midpoint(red, green) - blue]
}

/// What most of the marked pixels say.
fn majority(seeds: &Seeds, pixels: &mut dyn Iterator<Item = usize>) -> Ternary {
    let marks = seeds.marks().values();
    let balance: Option<i64> = pixels.fold(None, |balance, pixel| match marks[pixel] {
        Ternary::Unknown => balance,
        Ternary::Positive => Some(balance.unwrap_or(0) + 1),
        Ternary::Negative => Some(balance.unwrap_or(0) - 1),
    });
    match balance {
        None => Ternary::Unknown,
        Some(balance) if balance < 0 => Ternary::Negative,
        Some(_) => Ternary::Positive,
    }
}

/// Mean probability as log-odds; what is no number says nothing.
fn log_odds(values: &[f32], pixels: &mut dyn Iterator<Item = usize>) -> f32 {
    let (sum, count) = pixels.fold((0.0, 0.0), |(sum, n), pixel| (sum + values[pixel], n + 1.0));
    let mean: f32 = sum / count;
    if !mean.is_finite() {
        return 0.0;
    }
    let mean = mean.clamp(1.0 - SURE, SURE);
    (mean / (1.0 - mean)).ln()
}

/// Binomial weights 1, 2, 1 along both axes: the noise of single pixels is no edge.
fn smoothed(colors: &[Color], size: Size) -> Vec<Color> {
    let across = mixed(colors, size, |x, y| {
        let row = y * size.width;
        [row + x.saturating_sub(1), row + (x + 1).min(size.width - 1)]
    });
    mixed(&across, size, |x, y| {
        [y.saturating_sub(1), (y + 1).min(size.height - 1)].map(|y| y * size.width + x)
    })
}

fn mixed(
    colors: &[Color],
    size: Size,
    neighbours: impl Fn(usize, usize) -> [usize; 2] + Sync,
) -> Vec<Color> {
    let mix = |index: usize| {
        let [before, after] = neighbours(index % size.width, index / size.width);
        let (a, b, c) = (colors[before], colors[index], colors[after]);
        std::array::from_fn(|channel| (a[channel] + 2.0 * b[channel] + c[channel]) / 4.0)
    };
    (0..colors.len()).into_par_iter().with_min_len(4096).map(mix).collect()
}
