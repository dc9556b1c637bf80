//! The same by geodesic distance, to compare: a cell is of the region if its way to a positive mark is shorter than that
//! to a negative one, where a step costs what prior and colour change (Bai, Sapiro, ICCV 2007; Criminisi, Sharp, Blake,
//! ECCV 2008), by as much as outweighs its own prior.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::cells::Cells;
use super::random_walker::squared_distance;
use crate::annotation::Ternary;

/// Cost of a step of one cell where nothing changes.
const STEP: f32 = 0.02;
/// Cost of a change of colour over the whole range.
const COLOR: f32 = 1.0;
/// Log-odds by which a way must be shorter for its length.
const DISTANCE: f32 = 2.0;

/// From 0.5 on, a cell is of the region.
pub(super) fn share(cells: &Cells, prior: &[f32]) -> Vec<f32> {
    let to_positive = distances(cells, prior, Ternary::Positive);
    let to_negative = distances(cells, prior, Ternary::Negative);
    let share = |cell: usize| match cells.marks[cell] {
        Ternary::Positive => 1.0,
        Ternary::Negative => 0.0,
        Ternary::Unknown => {
            let shorter = to_negative[cell] - to_positive[cell];
            let by_way = if shorter.is_finite() { DISTANCE * shorter } else { 0.0 };
            let odds = prior[cell] / (1.0 - prior[cell]) * by_way.exp();
            odds / (1.0 + odds)
        }
    };
    (0..prior.len()).map(share).collect()
}

/// Dijkstra's algorithm over eight neighbours; infinite without a mark.
fn distances(cells: &Cells, prior: &[f32], from: Ternary) -> Vec<f32> {
    let (width, height) = (cells.size().width as isize, cells.size().height as isize);
    let mut distance = vec![f32::INFINITY; prior.len()];
    let mut open = BinaryHeap::new();
    for (cell, _) in cells.marks.iter().enumerate().filter(|(_, mark)| **mark == from) {
        distance[cell] = 0.0;
        open.push(Reverse((0_u32, cell)));
    }
    while let Some(Reverse((bits, cell))) = open.pop() {
        let here = f32::from_bits(bits);
        if here > distance[cell] {
            continue;
        }
        let (x, y) = (cell as isize % width, cell as isize / width);
        for (dx, dy) in (-1..=1).flat_map(|dy| (-1..=1).map(move |dx| (dx, dy))) {
            if !(0..width).contains(&(x + dx)) || !(0..height).contains(&(y + dy)) {
                continue;
            }
            let next = ((y + dy) * width + x + dx) as usize;
            let length = ((dx * dx + dy * dy) as f32).sqrt();
            let color = squared_distance(cells.colors[cell], cells.colors[next]).sqrt() / 255.0;
            let cost = STEP * length + (prior[cell] - prior[next]).abs() + COLOR * color;
            if here + cost < distance[next] {
                distance[next] = here + cost;
                open.push(Reverse(((here + cost).to_bits(), next)));
            }
        }
    }
    distance
}
