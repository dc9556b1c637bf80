//! A complete yes/no mask: the truth of a class, or a set of pixels.

use crate::image::{Size, SizeMismatch};

/// A two-state mask, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BinaryMask {
    size: Size,
    values: Vec<bool>,
}

impl BinaryMask {
    /// Wraps `width · height` values.
    pub fn new(size: Size, values: Vec<bool>) -> Result<Self, SizeMismatch> {
        if values.len() != size.area() {
            return Err(SizeMismatch { size, expected: size.area(), found: values.len() });
        }
        Ok(Self { size, values })
    }

    /// A mask without any pixel set.
    pub fn empty(size: Size) -> Self {
        Self { size, values: vec![false; size.area()] }
    }

    /// The mask in which the pixels are set of whose index `is_set` says so.
    pub fn of(size: Size, is_set: impl Fn(usize) -> bool) -> Self {
        Self { size, values: (0..size.area()).map(is_set).collect() }
    }

    /// Width and height.
    pub fn size(&self) -> Size {
        self.size
    }

    /// The values, row by row.
    pub fn values(&self) -> &[bool] {
        &self.values
    }

    /// The values, for painting.
    pub fn values_mut(&mut self) -> &mut [bool] {
        &mut self.values
    }

    /// Whether the pixel at column `x`, row `y` is set.
    pub fn get(&self, x: usize, y: usize) -> bool {
        self.values[y * self.size.width + x]
    }

    /// Number of pixels set.
    pub fn count(&self) -> usize {
        self.values.iter().filter(|value| **value).count()
    }
}
