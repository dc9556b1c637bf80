//! Distances between the surfaces of two masks: HD95 and normalised surface Dice.

pub(crate) mod distance_transform;

use crate::aggregate::percentile;
use crate::confusion::{check_masks, is_known};
use crate::error::MetricError;
use crate::grid::Grid;
use distance_transform::squared_distances;
use std::ops::Range;

/// The distance from every surface pixel of one mask to the nearest surface pixel of the other, both
/// ways, in millimetres.
///
/// # Complete truth
/// The definitions are MONAI's (`compute_hausdorff_distance`, `compute_surface_dice`, without
/// sub-voxels): a mask pixel is a surface pixel if one of its four neighbours is outside the mask or
/// outside the image (erosion with a cross, border value 0). Distances go from pixel centre to pixel
/// centre and are exact.
///
/// # Partial truth
/// With `known` both masks are first restricted to known pixels, and a mask pixel is a surface pixel
/// only if a *known* neighbour, or the outside of the image, lies outside the mask: where the mask
/// meets the unknown there is an artificial border, and that is no surface. Two limits follow. Where
/// the true surface runs through the unknown, the nearest *known* surface can be farther than the
/// true one. And a mask painted as strokes may have no known surface at all; the scores are then
/// undefined, not zero.
#[derive(Debug, Clone, PartialEq)]
pub struct SurfaceDistances {
    /// From the prediction's surface to the reference's, ascending; empty unless both surfaces exist.
    prediction_to_reference: Vec<f64>,
    /// From the reference's surface to the prediction's, ascending; empty unless both surfaces exist.
    reference_to_prediction: Vec<f64>,
    prediction: SurfaceState,
    reference: SurfaceState,
}

/// What a mask, restricted to known pixels, has of a surface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SurfaceState {
    EmptyMask,
    /// Pixels, but every border of them is to the unknown.
    NoKnownSurface,
    Surface,
}

impl SurfaceDistances {
    /// Measures `prediction` against `reference` on `grid`, where `known` (everywhere if `None`).
    pub fn measure(
        prediction: &[bool],
        reference: &[bool],
        known: Option<&[bool]>,
        grid: &Grid,
    ) -> Result<Self, MetricError> {
        grid.check("the prediction", prediction.len())?;
        check_masks(prediction, reference, known)?;
        let predicted = Surface::of(prediction, known, grid);
        let referred = Surface::of(reference, known, grid);
        let (forth, back) = match Window::around(&predicted, &referred) {
            Some(window) => (
                window.distances(&predicted, &referred, grid)?,
                window.distances(&referred, &predicted, grid)?,
            ),
            None => (Vec::new(), Vec::new()),
        };
        Ok(Self {
            prediction_to_reference: forth,
            reference_to_prediction: back,
            prediction: predicted.state,
            reference: referred.state,
        })
    }

    /// The 95th-percentile Hausdorff distance in millimetres: [`hausdorff`](Self::hausdorff) of 95.
    pub fn hd95(&self) -> Option<f64> {
        let there = percentile(&self.prediction_to_reference, 0.95)?;
        let back = percentile(&self.reference_to_prediction, 0.95)?;
        Some(there.max(back))
    }

    /// The Hausdorff distance in millimetres at percentile `percent` (0–100): the larger of the two
    /// directed percentiles, each interpolated linearly (`torch.quantile`).
    ///
    /// `None` if either mask is empty or has no known surface. (MONAI gives NaN if both are empty and
    /// infinity if one is; neither can enter a mean.)
    pub fn hausdorff(&self, percent: f64) -> Result<Option<f64>, MetricError> {
        if !(0.0..=100.0).contains(&percent) {
            return Err(MetricError::Parameter {
                what: "the percentile",
                expected: "between 0 and 100",
                got: percent,
            });
        }
        let there = percentile(&self.prediction_to_reference, percent / 100.0);
        let back = percentile(&self.reference_to_prediction, percent / 100.0);
        Ok(there.zip(back).map(|(a, b)| a.max(b)))
    }

    /// Normalised surface Dice (NSD): the share of surface pixels of both masks that lie within
    /// `tolerance` millimetres of the other's surface (Nikolov et al. 2018, arXiv 1809.04430; counted
    /// in pixels as MONAI does).
    ///
    /// As MONAI: `None` if both masks are empty, 0 if exactly one is. `None` also if a mask has pixels
    /// but no known surface. Distances are compared in single precision, as MONAI does: a distance
    /// that equals the tolerance counts as within it, whatever the rounding of the spacing.
    pub fn nsd(&self, tolerance: f64) -> Result<Option<f64>, MetricError> {
        if !(tolerance.is_finite() && tolerance >= 0.0) {
            return Err(MetricError::Parameter {
                what: "the tolerance",
                expected: "finite and not negative",
                got: tolerance,
            });
        }
        Ok(match (self.prediction, self.reference) {
            (SurfaceState::Surface, SurfaceState::Surface) => Some(self.share_within(tolerance)),
            (SurfaceState::Surface, SurfaceState::EmptyMask)
            | (SurfaceState::EmptyMask, SurfaceState::Surface) => Some(0.0),
            _ => None,
        })
    }

    fn share_within(&self, tolerance: f64) -> f64 {
        let within = |distances: &[f64]| {
            distances.partition_point(|distance| *distance as f32 <= tolerance as f32)
        };
        let correct = within(&self.prediction_to_reference) + within(&self.reference_to_prediction);
        let all = self.prediction_to_reference.len() + self.reference_to_prediction.len();
        correct as f64 / all as f64
    }

    /// Distances in millimetres from the prediction's surface pixels to the reference's surface,
    /// ascending; empty unless both surfaces exist.
    pub fn prediction_to_reference(&self) -> &[f64] {
        &self.prediction_to_reference
    }

    /// Distances in millimetres from the reference's surface pixels to the prediction's surface,
    /// ascending; empty unless both surfaces exist.
    pub fn reference_to_prediction(&self) -> &[f64] {
        &self.reference_to_prediction
    }
}

/// The surface pixels (column, row) of a mask, row by row.
struct Surface {
    pixels: Vec<(usize, usize)>,
    state: SurfaceState,
}

impl Surface {
    fn of(mask: &[bool], known: Option<&[bool]>, grid: &Grid) -> Self {
        let mut pixels = Vec::new();
        let mut state = SurfaceState::EmptyMask;
        for (index, _) in mask.iter().enumerate().filter(|(_, inside)| **inside) {
            if !is_known(known, index) {
                continue;
            }
            state = SurfaceState::NoKnownSurface;
            if borders_outside(mask, known, grid, index) {
                pixels.push((index % grid.width(), index / grid.width()));
            }
        }
        if !pixels.is_empty() {
            state = SurfaceState::Surface;
        }
        Self { pixels, state }
    }
}

/// Whether one of the four neighbours is outside the image, or known to be outside the mask.
fn borders_outside(mask: &[bool], known: Option<&[bool]>, grid: &Grid, index: usize) -> bool {
    let (width, height) = (grid.width(), grid.height());
    let (column, row) = (index % width, index / width);
    if column == 0 || row == 0 || column + 1 == width || row + 1 == height {
        return true;
    }
    [index - width, index - 1, index + 1, index + width]
        .iter()
        .any(|&neighbour| is_known(known, neighbour) && !mask[neighbour])
}

/// The bounding box of both surfaces: distances between them need no pixel outside it.
struct Window {
    columns: Range<usize>,
    rows: Range<usize>,
}

impl Window {
    /// `None` unless both surfaces have pixels.
    fn around(a: &Surface, b: &Surface) -> Option<Self> {
        if a.pixels.is_empty() || b.pixels.is_empty() {
            return None;
        }
        let all = || a.pixels.iter().chain(&b.pixels);
        Some(Self {
            columns: span(all().map(|pixel| pixel.0))?,
            rows: span(all().map(|pixel| pixel.1))?,
        })
    }

    fn index(&self, (column, row): (usize, usize)) -> usize {
        (row - self.rows.start) * self.columns.len() + (column - self.columns.start)
    }

    /// Sorted distances in millimetres from each pixel of `from` to the nearest of `to`.
    fn distances(
        &self,
        from: &Surface,
        to: &Surface,
        grid: &Grid,
    ) -> Result<Vec<f64>, MetricError> {
        let window = Grid::new(self.columns.len(), self.rows.len(), grid.spacing())?;
        let mut sites = vec![false; window.pixels()];
        for &pixel in &to.pixels {
            sites[self.index(pixel)] = true;
        }
        let squared = squared_distances(&sites, &window)?;
        let mut distances: Vec<f64> =
            from.pixels.iter().map(|&pixel| squared[self.index(pixel)].sqrt()).collect();
        distances.sort_by(f64::total_cmp);
        Ok(distances)
    }
}

/// The smallest range that holds all `values`; `None` over nothing.
fn span(values: impl Iterator<Item = usize>) -> Option<Range<usize>> {
    values.map(|value| value..value + 1).reduce(|a, b| a.start.min(b.start)..a.end.max(b.end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mask(rows: &[&str]) -> Vec<bool> {
        rows.iter().flat_map(|row| row.bytes().map(|byte| byte == b'#')).collect()
    }

    fn measured(a: &[&str], b: &[&str], known: Option<&[&str]>) -> SurfaceDistances {
        let grid = Grid::in_pixels(a[0].len(), a.len()).unwrap();
        let known = known.map(mask);
        SurfaceDistances::measure(&mask(a), &mask(b), known.as_deref(), &grid).unwrap()
    }

    #[test]
    fn empty_masks() {
        let (none, some) = (["...", "..."], ["#..", "..."]);
        // both empty: nothing to compare
        let both = measured(&none, &none, None);
        assert_eq!((both.hd95(), both.nsd(1.0).unwrap()), (None, None));
        // one empty: no distance, and no surface pixel is matched
        for (a, b) in [(&none, &some), (&some, &none)] {
            let one = measured(a, b, None);
            assert_eq!((one.hd95(), one.nsd(1.0).unwrap()), (None, Some(0.0)));
        }
    }

    #[test]
    fn the_border_to_the_unknown_is_no_surface() {
        let reference = [".....", ".###.", ".###.", ".###.", "....."];
        let prediction = [".....", "..##.", "..##.", "..##.", "....."];
        // without the column where they differ and the one beside it, nothing tells them apart …
        let known = ["..###", "..###", "..###", "..###", "..###"];
        let right = measured(&prediction, &reference, Some(&known));
        assert_eq!(right.hd95(), Some(0.0));
        // … and column 2 of the middle row, whose left neighbour is unknown, is no surface pixel
        assert_eq!(right.reference_to_prediction().len(), 5);
        // a patch with unknown pixels all around has no surface: undefined, not zero
        let island = [".....", ".....", "..#..", ".....", "....."];
        let patch = measured(&island, &prediction, Some(&island));
        assert_eq!((patch.hd95(), patch.nsd(1.0).unwrap()), (None, None));
    }

    #[test]
    fn a_distance_equal_to_the_tolerance_is_within_it() {
        let grid = Grid::new(4, 1, [1.0, 0.7 / 3.0]).unwrap();
        let (a, b) = (mask(&["#..."]), mask(&["...#"]));
        let distances = SurfaceDistances::measure(&a, &b, None, &grid).unwrap();
        assert_eq!(distances.nsd(0.7), Ok(Some(1.0)));
        assert_eq!(distances.nsd(0.69), Ok(Some(0.0)));
        assert!(distances.nsd(f64::NAN).is_err() && distances.nsd(-1.0).is_err());
        assert!(distances.hausdorff(101.0).is_err());
    }

    proptest! {
        #[test]
        fn distances_are_symmetric_and_zero_to_oneself(
            a in prop::collection::vec(any::<bool>(), 7 * 6),
            b in prop::collection::vec(any::<bool>(), 7 * 6),
            known in prop::collection::vec(any::<bool>(), 7 * 6),
        ) {
            let grid = Grid::new(7, 6, [0.8, 1.3]).unwrap();
            let measure = |a, b| SurfaceDistances::measure(a, b, Some(&known), &grid).unwrap();
            let (there, back, same) = (measure(&a, &b), measure(&b, &a), measure(&a, &a));
            prop_assert_eq!(there.hd95(), back.hd95());
            prop_assert_eq!(there.nsd(1.0), back.nsd(1.0));
            prop_assert_eq!(there.hd95(), there.hausdorff(95.0).unwrap());
            prop_assert!([None, Some(0.0)].contains(&same.hd95()));
            prop_assert!([None, Some(1.0)].contains(&same.nsd(0.0).unwrap()));
        }

        #[test]
        fn masks_at_unknown_pixels_are_never_read(
            a in prop::collection::vec(any::<bool>(), 7 * 6),
            b in prop::collection::vec(any::<bool>(), 7 * 6),
            known in prop::collection::vec(any::<bool>(), 7 * 6),
        ) {
            let grid = Grid::in_pixels(7, 6).unwrap();
            let flip = |m: &[bool]| m.iter().zip(&known).map(|(m, k)| m ^ !k).collect::<Vec<_>>();
            let one = SurfaceDistances::measure(&a, &b, Some(&known), &grid).unwrap();
            let two = SurfaceDistances::measure(&flip(&a), &flip(&b), Some(&known), &grid).unwrap();
            prop_assert_eq!(one, two);
        }
    }
}
