//! Connected components of a mask: how many pieces, and how large.

use std::ops::Range;

use crate::error::MetricError;
use crate::grid::Grid;
use serde::{Deserialize, Serialize};

/// Which pixels touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Connectivity {
    /// Pixels that share an edge.
    Four,
    /// Pixels that share an edge or a corner.
    Eight,
}

/// A horizontal stretch of mask pixels, columns `start..end` of a row, and its parent in the union-find forest.
struct Run {
    row: usize,
    start: usize,
    end: usize,
    parent: usize,
}

/// Areas in pixels of the connected components of `mask`, in the order of each component's first
/// pixel (row by row). Their number is the length; areas in mm² are these times
/// [`Grid::pixel_area`].
pub fn component_areas(
    mask: &[bool],
    grid: &Grid,
    connectivity: Connectivity,
) -> Result<Vec<u64>, MetricError> {
    let components = components(mask, grid, connectivity)?;
    let area = |runs: &Vec<Range<usize>>| runs.iter().map(|run| run.len() as u64).sum();
    Ok(components.iter().map(area).collect())
}

/// The connected components of `mask`, in the order of each one's first pixel: the indices of its pixels as ranges, none
/// of which goes over the end of a row.
pub fn components(
    mask: &[bool],
    grid: &Grid,
    connectivity: Connectivity,
) -> Result<Vec<Vec<Range<usize>>>, MetricError> {
    grid.check("the mask", mask.len())?;
    let runs = linked_runs(mask, grid.width(), connectivity);
    let mut component_of_root = vec![usize::MAX; runs.len()];
    let mut components = Vec::new();
    for (index, run) in runs.iter().enumerate() {
        let root = root_of(&runs, index);
        if component_of_root[root] == usize::MAX {
            component_of_root[root] = components.len();
            components.push(Vec::new());
        }
        let before = run.row * grid.width();
        components[component_of_root[root]].push(before + run.start..before + run.end);
    }
    Ok(components)
}

/// All runs of the mask, each united with the runs it touches in the row above.
fn linked_runs(mask: &[bool], width: usize, connectivity: Connectivity) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut above = 0..0;
    for (row, values) in mask.chunks(width.max(1)).enumerate() {
        let first = runs.len();
        push_runs(row, values, &mut runs);
        link_rows(&mut runs, above, first, connectivity);
        above = first..runs.len();
    }
    runs
}

fn push_runs(row: usize, values: &[bool], runs: &mut Vec<Run>) {
    let mut column = 0;
    while column < values.len() {
        if !values[column] {
            column += 1;
            continue;
        }
        let start = column;
        while column < values.len() && values[column] {
            column += 1;
        }
        runs.push(Run { row, start, end: column, parent: runs.len() });
    }
}

/// Unites the runs from `first` on with those of the row above that they touch. Both rows are sorted
/// by column, so one sweep over both suffices.
fn link_rows(runs: &mut [Run], above: Range<usize>, first: usize, connectivity: Connectivity) {
    let reach = usize::from(connectivity == Connectivity::Eight);
    let (mut upper, mut lower) = (above.start, first);
    while upper < above.end && lower < runs.len() {
        let (a, b) = (&runs[upper], &runs[lower]);
        let (a_end, b_end) = (a.end, b.end);
        if a.start < b_end + reach && b.start < a_end + reach {
            unite(runs, upper, lower);
        }
        if a_end <= b_end {
            upper += 1;
        } else {
            lower += 1;
        }
    }
}

fn root_of(runs: &[Run], mut index: usize) -> usize {
    while runs[index].parent != index {
        index = runs[index].parent;
    }
    index
}

/// Joins two trees under the earlier root, and shortens the paths that were walked.
fn unite(runs: &mut [Run], a: usize, b: usize) {
    let (root_a, root_b) = (root_of(runs, a), root_of(runs, b));
    let root = root_a.min(root_b);
    for start in [a, b] {
        let mut index = start;
        while runs[index].parent != index {
            index = std::mem::replace(&mut runs[index].parent, root);
        }
        runs[index].parent = root;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn areas(rows: &[&str], connectivity: Connectivity) -> Vec<u64> {
        let mask: Vec<bool> = rows.iter().flat_map(|r| r.bytes().map(|b| b == b'#')).collect();
        let grid = Grid::in_pixels(rows[0].len(), rows.len()).unwrap();
        component_areas(&mask, &grid, connectivity).unwrap()
    }

    #[test]
    fn corners_join_only_with_eight_neighbours() {
        // a diagonal
        assert_eq!(areas(&["#..", ".#.", "..#"], Connectivity::Four), [1, 1, 1]);
        assert_eq!(areas(&["#..", ".#.", "..#"], Connectivity::Eight), [3]);
        // two arms that meet below: one component although they start apart
        assert_eq!(areas(&["#.#", "#.#", "###"], Connectivity::Four), [7]);
        // anti-diagonal, the end of one run touches the start of the next
        assert_eq!(areas(&[".##", "#.."], Connectivity::Eight), [3]);
        assert_eq!(areas(&["...", "..."], Connectivity::Eight), [0_u64; 0]);
    }

    #[test]
    fn an_empty_grid_has_no_components() {
        let grid = Grid::in_pixels(0, 5).unwrap();
        assert_eq!(component_areas(&[], &grid, Connectivity::Four), Ok(vec![]));
        assert!(component_areas(&[true], &grid, Connectivity::Four).is_err());
    }

    /// Flood fill, the obvious way.
    fn flooded(mask: &[bool], width: usize, height: usize, diagonal: bool) -> Vec<u64> {
        let mut left = mask.to_vec();
        let mut areas = Vec::new();
        for seed in 0..left.len() {
            let mut stack = vec![seed];
            let mut area = 0;
            while let Some(index) = stack.pop() {
                if !std::mem::take(&mut left[index]) {
                    continue;
                }
                area += 1;
                let (x, y) = ((index % width) as isize, (index / width) as isize);
                for (dx, dy) in (-1..=1).flat_map(|dx| (-1..=1).map(move |dy| (dx, dy))) {
                    let inside = (0..width as isize).contains(&(x + dx))
                        && (0..height as isize).contains(&(y + dy));
                    if inside && (diagonal || dx == 0 || dy == 0) {
                        stack.push((y + dy) as usize * width + (x + dx) as usize);
                    }
                }
            }
            if area > 0 {
                areas.push(area);
            }
        }
        areas
    }

    proptest! {
        #[test]
        fn runs_agree_with_flood_fill(mask in prop::collection::vec(any::<bool>(), 12 * 9)) {
            let grid = Grid::in_pixels(12, 9).unwrap();
            for (connectivity, diagonal) in [(Connectivity::Four, false), (Connectivity::Eight, true)] {
                let areas = component_areas(&mask, &grid, connectivity).unwrap();
                prop_assert_eq!(areas, flooded(&mask, 12, 9, diagonal));
            }
        }
    }
}
