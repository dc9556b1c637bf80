//! The exact Euclidean distance transform of Felzenszwalb and Huttenlocher (*Distance Transforms of
//! Sampled Functions*, Theory of Computing 8, 2012), in linear time and for pixels that need not be
//! square.

use crate::error::MetricError;
use crate::grid::Grid;

/// The squared distance in mm² from every pixel of `grid` to the nearest site, in row-major order;
/// infinite everywhere if there is no site.
pub fn squared_distances(sites: &[bool], grid: &Grid) -> Result<Vec<f64>, MetricError> {
    grid.check("the mask of sites", sites.len())?;
    let [row_step, column_step] = grid.spacing();
    let mut squared = along_columns(sites, grid.width(), row_step);
    let mut envelope = Envelope::with_capacity(grid.width());
    for row in squared.chunks_mut(grid.width().max(1)) {
        envelope.lower(row, column_step);
    }
    Ok(squared)
}

/// The squared distance to the nearest site in the same column. Sites are 0 and all else is infinite,
/// so a sweep down and one up replace the general transform.
fn along_columns(sites: &[bool], width: usize, step: f64) -> Vec<f64> {
    let mut rows: Vec<f64> =
        sites.iter().map(|site| if *site { 0.0 } else { f64::INFINITY }).collect();
    for index in width..rows.len() {
        rows[index] = rows[index].min(rows[index - width] + 1.0);
    }
    for index in (width..rows.len()).rev() {
        rows[index - width] = rows[index - width].min(rows[index] + 1.0);
    }
    for rows_away in &mut rows {
        *rows_away = (*rows_away * step).powi(2);
    }
    rows
}

/// The lower envelope of the parabolas `height + (step · (x − centre))²`, with its buffers kept from
/// row to row.
struct Envelope {
    /// Column and height of each parabola on the envelope, from left to right.
    parabolas: Vec<(usize, f64)>,
    /// Where each parabola takes over from the one before, in columns.
    starts: Vec<f64>,
}

impl Envelope {
    fn with_capacity(width: usize) -> Self {
        Self { parabolas: Vec::with_capacity(width), starts: Vec::with_capacity(width) }
    }

    /// Replaces every height of `row` by the envelope's value there.
    fn lower(&mut self, row: &mut [f64], step: f64) {
        self.parabolas.clear();
        self.starts.clear();
        for (column, &height) in row.iter().enumerate() {
            if height.is_finite() {
                self.push(column, height, step);
            }
        }
        let mut current = 0;
        for (column, value) in row.iter_mut().enumerate() {
            while current + 1 < self.starts.len() && self.starts[current + 1] < column as f64 {
                current += 1;
            }
            if let Some(&(centre, height)) = self.parabolas.get(current) {
                *value = height + (step * column.abs_diff(centre) as f64).powi(2);
            }
        }
    }

    /// Adds a parabola to the right of all others and drops those it hides.
    fn push(&mut self, column: usize, height: f64, step: f64) {
        let mut start = f64::NEG_INFINITY;
        while let (Some(&last), Some(&last_start)) = (self.parabolas.last(), self.starts.last()) {
            start = crossing(last, (column, height), step);
            if start > last_start {
                break;
            }
            self.parabolas.pop();
            self.starts.pop();
            start = f64::NEG_INFINITY;
        }
        self.parabolas.push((column, height));
        self.starts.push(start);
    }
}

/// The column at which the right parabola falls below the left one.
fn crossing(left: (usize, f64), right: (usize, f64), step: f64) -> f64 {
    let (a, b) = (left.0 as f64, right.0 as f64);
    f64::midpoint(a, b) + (right.1 - left.1) / (2.0 * step * step * (b - a))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn no_site_is_infinitely_far() {
        let grid = Grid::in_pixels(3, 2).unwrap();
        let squared = squared_distances(&[false; 6], &grid).unwrap();
        assert!(squared.iter().all(|d| *d == f64::INFINITY));
        let empty = Grid::in_pixels(0, 0).unwrap();
        assert_eq!(squared_distances(&[], &empty), Ok(vec![]));
    }

    fn nearest(sites: &[bool], grid: &Grid, index: usize) -> f64 {
        let [row_step, column_step] = grid.spacing();
        let width = grid.width();
        let squared = |site: usize| {
            let rows = (site / width).abs_diff(index / width) as f64 * row_step;
            let columns = (site % width).abs_diff(index % width) as f64 * column_step;
            rows * rows + columns * columns
        };
        let distances = (0..sites.len()).filter(|site| sites[*site]).map(squared);
        distances.fold(f64::INFINITY, f64::min)
    }

    proptest! {
        #[test]
        fn every_pixel_finds_its_nearest_site(
            (width, height, chosen) in (1_usize..14, 1_usize..12, prop::collection::vec(0_u8..8, 14 * 12)),
            row_step in 0.1_f64..3.0,
            column_step in 0.1_f64..3.0,
        ) {
            let grid = Grid::new(width, height, [row_step, column_step]).unwrap();
            let sites: Vec<bool> = chosen[..width * height].iter().map(|c| *c == 0).collect();
            let squared = squared_distances(&sites, &grid).unwrap();
            for (index, got) in squared.iter().enumerate() {
                let expected = nearest(&sites, &grid, index);
                prop_assert!(got.is_infinite() && expected.is_infinite() || (got - expected).abs() <= 1e-12 * expected);
            }
        }
    }
}
