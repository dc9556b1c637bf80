//! A random walker over the cells: the share of walkers from a cell that come to a positive mark, or stop where the
//! prior says yes, before they come to a negative mark or stop where it says no.
//!
//! With the Laplacian L of the graph (edge weights exp(−β·d²/d̄²) of neighbouring colours at distance d, mean d̄²), the
//! share x solves (L + γ) x = γ p at cells without a mark, and is 1 or 0 at those with one (Grady, CVPR 2005, eq. 11, for
//! two labels whose priors p and 1 − p add up to one).

use rayon::prelude::*;

use super::cells::{Cells, Color};
use crate::annotation::Ternary;
use crate::image::Size;

/// β: how much less likely a step is over an edge.
const EDGE: f32 = 1.0;
/// Weight of the strongest edge: the graph must stay connected.
const LEAST_WEIGHT: f32 = 1e-4;
/// γ: how strongly the prior holds a cell, beside an edge's weight of 1.
const PRIOR: f32 = 0.02;
/// Conjugate gradients end at a residual (preconditioned, squared, a cell) below this, or after so many steps.
const TOLERANCE: f64 = 1e-8;
const MOST_STEPS: usize = 300;

/// The graph of the cells and the marks in it.
pub(super) struct RandomWalker {
    size: Size,
    /// Weight of the edge to the cell on the right, 0 in the last column.
    right: Vec<f32>,
    /// Weight of the edge to the cell below, 0 in the last row.
    down: Vec<f32>,
    marks: Vec<Ternary>,
    prior_weight: f32,
    diagonal: Vec<f32>,
}

impl RandomWalker {
    pub(super) fn new(cells: &Cells) -> Self {
        let size = cells.size();
        let (right, down) = weights(&cells.colors, size);
        Self::with_weights(size, [right, down], cells.marks.clone(), PRIOR)
    }

    fn with_weights(
        size: Size,
        [right, down]: [Vec<f32>; 2],
        marks: Vec<Ternary>,
        prior_weight: f32,
    ) -> Self {
        let mut diagonal = vec![prior_weight; size.area()];
        for cell in 0..size.area() {
            for (weight, other) in [(right[cell], cell + 1), (down[cell], cell + size.width)] {
                if weight > 0.0 {
                    diagonal[cell] += weight;
                    diagonal[other] += weight;
                }
            }
        }
        Self { size, right, down, marks, prior_weight, diagonal }
    }

    /// The share of walkers that say yes, cell by cell, near `start`.
    pub(super) fn walk(&self, prior: &[f32], start: Vec<f32>) -> Vec<f32> {
        let mut share = start;
        for (share, mark) in share.iter_mut().zip(&self.marks) {
            match mark {
                Ternary::Positive => *share = 1.0,
                Ternary::Negative => *share = 0.0,
                Ternary::Unknown => {}
            }
        }
        self.descend(prior, &mut share);
        share
    }

    /// Conjugate gradients with the diagonal as preconditioner. Marked cells have none, so that they stay as they are.
    fn descend(&self, prior: &[f32], share: &mut [f32]) {
        let width = self.size.width;
        let inverse: Vec<f32> = self
            .marks
            .iter()
            .zip(&self.diagonal)
            .map(|(mark, d)| if *mark == Ternary::Unknown && *d > 0.0 { 1.0 / d } else { 0.0 })
            .collect();
        let mut residual = vec![0.0; share.len()];
        self.multiply(share, &mut residual);
        let wanted = residual.iter_mut().zip(prior);
        wanted.for_each(|(r, prior)| *r = self.prior_weight * prior - *r);
        let mut direction: Vec<f32> = residual.iter().zip(&inverse).map(|(r, i)| r * i).collect();
        let mut product = vec![0.0; share.len()];
        let mut error =
            sum_of(residual.par_chunks(width).zip(inverse.par_chunks(width)).map(
                |(residual, inverse)| dot(residual.iter().zip(inverse).map(|(r, i)| r * r * i)),
            ));
        let good = TOLERANCE * share.len() as f64;
        for _ in 0..MOST_STEPS {
            if error <= good {
                break;
            }
            let slope = self.multiply(&direction, &mut product);
            let step = (error / slope) as f32;
            let rows = share
                .par_chunks_mut(width)
                .zip(residual.par_chunks_mut(width))
                .zip(direction.par_chunks(width).zip(product.par_chunks(width)))
                .zip(inverse.par_chunks(width));
            let next = sum_of(rows.map(|(((x, r), (d, p)), i)| advance(step, [d, p, i], x, r)));
            let turn = (next / error) as f32;
            error = next;
            direction
                .par_chunks_mut(width)
                .zip(residual.par_chunks(width).zip(inverse.par_chunks(width)))
                .for_each(|(d, (r, i))| {
                    d.iter_mut()
                        .zip(r.iter().zip(i))
                        .for_each(|(d, (r, i))| *d = r * i + turn * *d);
                });
        }
    }

    /// (L + γ) times `values`; answers its product with them.
    fn multiply(&self, values: &[f32], product: &mut [f32]) -> f64 {
        let width = self.size.width;
        let rows = product.par_chunks_mut(width).enumerate();
        sum_of(rows.map(|(row, product)| {
            let here = row * width..(row + 1) * width;
            let own = &values[here.clone()];
            let scaled = own.iter().zip(&self.diagonal[here.clone()]);
            product.iter_mut().zip(scaled).for_each(|(p, (v, d))| *p = v * d);
            if row > 0 {
                let above = here.start - width..here.start;
                subtract(product, &values[above.clone()], &self.down[above]);
            }
            if row + 1 < self.size.height {
                let below = here.end..here.end + width;
                subtract(product, &values[below], &self.down[here.clone()]);
            }
            let edges = &self.right[here.start..here.end - 1];
            subtract(&mut product[1..], &own[..width - 1], edges);
            subtract(&mut product[..width - 1], &own[1..], edges);
            dot(product.iter().zip(own).map(|(p, v)| p * v))
        }))
    }
}

/// One step along the direction of a row; answers the row's part of the new error.
fn advance(
    step: f32,
    [direction, product, inverse]: [&[f32]; 3],
    x: &mut [f32],
    r: &mut [f32],
) -> f64 {
    x.iter_mut().zip(direction).for_each(|(x, d)| *x += step * d);
    r.iter_mut().zip(product).for_each(|(r, p)| *r -= step * p);
    dot(r.iter().zip(inverse).map(|(r, i)| r * r * i))
}

fn subtract(product: &mut [f32], values: &[f32], weights: &[f32]) {
    product.iter_mut().zip(values.iter().zip(weights)).for_each(|(p, (v, w))| *p -= v * w);
}

/// A row's sum, in `f32` because a row is short.
fn dot(values: impl Iterator<Item = f32>) -> f64 {
    f64::from(values.sum::<f32>())
}

/// The sum over rows in the order of the rows, whoever computed them.
fn sum_of(rows: impl IndexedParallelIterator<Item = f64>) -> f64 {
    rows.collect::<Vec<f64>>().into_iter().sum()
}

/// Weights of the edges to the right and down.
fn weights(colors: &[Color], size: Size) -> (Vec<f32>, Vec<f32>) {
    let right = differences(colors, 1, |cell| cell % size.width + 1 < size.width);
    let down = differences(colors, size.width, |cell| cell + size.width < colors.len());
    let edges = right.iter().chain(&down).flatten();
    let (sum, count) = edges.fold((0.0, 0.0), |(sum, n), d| (sum + f64::from(*d), n + 1.0));
    // one level more, so that a flat picture has no edges
    let mean = (sum / f64::max(count, 1.0)) as f32 + 1.0;
    let weight = |difference: Option<f32>| {
        difference.map_or(0.0, |difference| (-EDGE * difference / mean).exp() + LEAST_WEIGHT)
    };
    let weights = |all: Vec<Option<f32>>| all.into_par_iter().map(weight).collect();
    (weights(right), weights(down))
}

/// Squared distances of colours between cells that are `step` apart, where there is such a neighbour.
fn differences(
    colors: &[Color],
    step: usize,
    has_neighbour: impl Fn(usize) -> bool + Sync,
) -> Vec<Option<f32>> {
    let difference = |cell: usize| {
        has_neighbour(cell).then(|| squared_distance(colors[cell], colors[cell + step]))
    };
    (0..colors.len()).into_par_iter().with_min_len(4096).map(difference).collect()
}

pub(super) fn squared_distance(a: Color, b: Color) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Reference {
        width: usize,
        height: usize,
        right: Vec<f32>,
        down: Vec<f32>,
        marks: Vec<u8>,
        prior: Vec<f32>,
        gamma: f32,
        plain: Vec<f32>,
        with_prior: Vec<f32>,
    }

    /// Values of scikit-image (without a prior) and of a direct solver, see `refs/proposal/make_random_walker.py`.
    #[test]
    fn walkers_go_where_those_of_scikit_image_go() {
        let text = include_str!("../../../../refs/proposal/random_walker.json");
        let known: Reference = serde_json::from_str(text).unwrap();
        let marks: Vec<Ternary> =
            known.marks.iter().map(|code| Ternary::from_code(*code).unwrap()).collect();
        let size = Size::new(known.width, known.height);
        for (gamma, expected) in [(0.0, &known.plain), (known.gamma, &known.with_prior)] {
            let weights = [known.right.clone(), known.down.clone()];
            let walker = RandomWalker::with_weights(size, weights, marks.clone(), gamma);
            let share = walker.walk(&known.prior, vec![0.5; size.area()]);
            for (cell, (share, expected)) in share.iter().zip(expected).enumerate() {
                assert!((share - expected).abs() < 5e-3, "{gamma}, {cell}: {share}, {expected}");
            }
        }
    }
}
