//! From cells to pixels along the edges of the picture: joint bilateral upsampling (Kopf, Cohen, Lischinski, Uyttendaele,
//! SIGGRAPH 2007). A pixel follows those of the cells around it that look like it.

use rayon::prelude::*;

use super::HALF;
use super::cells::{Cells, Color, opponent};
use super::random_walker::squared_distance;
use crate::annotation::BinaryMask;
use crate::image::{Image, Size};

/// Squared difference of colours, in 8-bit levels, at which a cell counts e times less.
const ALIKE: f32 = 200.0;
/// What a cell counts at least, so that there is always an answer.
const LEAST: f32 = 1e-6;

/// Pixels in which at least half of the walkers say yes.
pub(super) fn to_pixels(image: &Image, cells: &Cells, share: &[f32]) -> BinaryMask {
    let Size { width, height } = image.size();
    if cells.factor == 1 {
        return BinaryMask::of(image.size(), |pixel| share[pixel] >= HALF);
    }
    let mut region = BinaryMask::empty(image.size());
    let rows = region.values_mut().par_chunks_mut(width.max(1)).enumerate();
    rows.for_each(|(y, row)| {
        let down = Between::new(y, cells.factor, cells.size().height);
        for (x, inside) in row.iter_mut().enumerate() {
            let across = Between::new(x, cells.factor, cells.size().width);
            let corners = corners(&across, &down, cells.size().width);
            *inside = is_inside(corners, cells, share, || color_at(image, x, y));
        }
    });
    debug_assert_eq!(region.values().len(), width * height);
    region
}

/// Two neighbouring cells and how near a pixel between their centres is to the second, 0–1.
struct Between {
    first: usize,
    second: usize,
    share: f32,
}

impl Between {
    fn new(pixel: usize, factor: usize, cells: usize) -> Self {
        let place = ((pixel as f32 + 0.5) / factor as f32 - 0.5).max(0.0);
        let first = (place as usize).min(cells - 1);
        Self { first, second: (first + 1).min(cells - 1), share: place - first as f32 }
    }
}

/// The four cells around a pixel with their bilinear weights.
fn corners(across: &Between, down: &Between, columns: usize) -> [(usize, f32); 4] {
    let (u, v) = (across.share, down.share);
    [
        (down.first * columns + across.first, (1.0 - u) * (1.0 - v)),
        (down.first * columns + across.second, u * (1.0 - v)),
        (down.second * columns + across.first, (1.0 - u) * v),
        (down.second * columns + across.second, u * v),
    ]
}

/// Where all four agree there is nothing to compare.
fn is_inside(
    corners: [(usize, f32); 4],
    cells: &Cells,
    share: &[f32],
    color: impl Fn() -> Color,
) -> bool {
    let says = corners.map(|(cell, _)| share[cell] >= HALF);
    if says.iter().all(|yes| *yes == says[0]) {
        return says[0];
    }
    let color = color();
    let balance: f32 = corners
        .iter()
        .map(|(cell, near)| {
            let alike = (-squared_distance(color, cells.colors[*cell]) / ALIKE).exp();
            near * (alike + LEAST) * (share[*cell] - HALF)
        })
        .sum();
    balance >= 0.0
}

fn color_at(image: &Image, x: usize, y: usize) -> Color {
    opponent(image.pixel(x, y).map(f32::from))
}
