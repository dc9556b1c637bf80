//! Where a simulated person clicks next.

use lacuna_data::{BinaryMask, Size};
use lacuna_metrics::{Connectivity, Grid, MetricError, components, squared_distances};

/// The middle of the largest wrong piece.
pub(crate) struct Click {
    /// Index of the pixel.
    pub(crate) pixel: usize,
    /// Whether the piece is missing; else it is too much.
    pub(crate) is_missing: bool,
    /// Distance from the middle to the border of the piece, in pixels.
    pub(crate) room: f64,
}

/// `None` if nothing is wrong. Of equally large pieces the missing one comes first.
pub(crate) fn next(truth: &BinaryMask, region: &BinaryMask) -> Result<Option<Click>, MetricError> {
    let differs = |is_missing: bool| {
        let pairs = truth.values().iter().zip(region.values());
        pairs.map(|(t, r)| *t == is_missing && *r != is_missing).collect::<Vec<bool>>()
    };
    let missing = largest(&differs(true), truth.size())?;
    let extra = largest(&differs(false), truth.size())?;
    let is_missing = count(&missing) >= count(&extra);
    let piece = if is_missing { missing } else { extra };
    if count(&piece) == 0 {
        return Ok(None);
    }
    let depth = depth(&piece, truth.size())?;
    let pixel = (0..depth.len()).fold(0, |best, i| if depth[i] > depth[best] { i } else { best });
    Ok(Some(Click { pixel, is_missing, room: depth[pixel] }))
}

fn count(mask: &[bool]) -> usize {
    mask.iter().filter(|set| **set).count()
}

fn largest(mask: &[bool], size: Size) -> Result<Vec<bool>, MetricError> {
    let grid = Grid::in_pixels(size.width, size.height)?;
    let mut piece = vec![false; mask.len()];
    let mut most = 0;
    let mut runs = Vec::new();
    for component in components(mask, &grid, Connectivity::Four)? {
        let area: usize = component.iter().map(ExactSizeIterator::len).sum();
        if area > most {
            (most, runs) = (area, component);
        }
    }
    for run in runs {
        piece[run].fill(true);
    }
    Ok(piece)
}

/// Distance to the nearest pixel outside; outside the picture is outside, too.
pub(crate) fn depth(mask: &[bool], size: Size) -> Result<Vec<f64>, MetricError> {
    let padded = Size::new(size.width + 2, size.height + 2);
    let grid = Grid::in_pixels(padded.width, padded.height)?;
    let mut outside = vec![true; padded.area()];
    for (y, row) in mask.chunks(size.width).enumerate() {
        let start = (y + 1) * padded.width + 1;
        let inside = outside[start..start + size.width].iter_mut();
        inside.zip(row).for_each(|(outside, inside)| *outside = !inside);
    }
    let squared = squared_distances(&outside, &grid)?;
    let rows = (1..=size.height).map(|y| y * padded.width + 1);
    Ok(rows.flat_map(|at| squared[at..at + size.width].iter().map(|d| d.sqrt())).collect())
}
