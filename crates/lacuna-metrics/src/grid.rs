//! The geometry of a mask: its size in pixels and the size of a pixel.

use crate::error::{MetricError, check_length};

/// Width and height of a row-major mask, and the distance between its pixel centres.
///
/// Pixel (row y, column x) is entry `y * width + x` of the mask.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    width: usize,
    height: usize,
    spacing: [f64; 2],
}

impl Grid {
    /// A grid of `width` columns and `height` rows with `spacing` = `[row, column]` in millimetres:
    /// the distance between neighbouring rows, then between neighbouring columns.
    pub fn new(width: usize, height: usize, spacing: [f64; 2]) -> Result<Self, MetricError> {
        let [row, column] = spacing;
        if !spacing.iter().all(|step| step.is_finite() && *step > 0.0) {
            return Err(MetricError::Spacing { row, column });
        }
        if width.checked_mul(height).is_none() {
            return Err(MetricError::GridTooLarge { width, height });
        }
        Ok(Self { width, height, spacing })
    }

    /// A grid whose distances are counted in pixels (spacing 1 × 1).
    pub fn in_pixels(width: usize, height: usize) -> Result<Self, MetricError> {
        Self::new(width, height, [1.0, 1.0])
    }

    /// Number of columns.
    pub const fn width(&self) -> usize {
        self.width
    }

    /// Number of rows.
    pub const fn height(&self) -> usize {
        self.height
    }

    /// Distance between rows and between columns, in millimetres.
    pub const fn spacing(&self) -> [f64; 2] {
        self.spacing
    }

    /// Number of pixels.
    pub const fn pixels(&self) -> usize {
        self.width * self.height
    }

    /// Area of one pixel in mm².
    pub const fn pixel_area(&self) -> f64 {
        self.spacing[0] * self.spacing[1]
    }

    /// Checks that `what` covers exactly this grid.
    pub(crate) fn check(&self, what: &'static str, length: usize) -> Result<(), MetricError> {
        check_length(what, length, self.pixels())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spacing_that_measures_nothing_is_refused() {
        for spacing in [[0.0, 1.0], [1.0, -1.0], [f64::NAN, 1.0], [1.0, f64::INFINITY]] {
            assert!(matches!(Grid::new(2, 2, spacing), Err(MetricError::Spacing { .. })));
        }
        assert!(Grid::in_pixels(usize::MAX, 2).is_err());
        assert!((Grid::new(2, 2, [0.5, 0.25]).unwrap().pixel_area() - 0.125).abs() < 1e-15);
    }
}
