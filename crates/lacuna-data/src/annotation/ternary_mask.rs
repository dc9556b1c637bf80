//! A mask that can say yes, no, and nothing.

use serde::{Deserialize, Serialize};

use crate::image::{Size, SizeMismatch};

/// What was said about one pixel and one class. The numbers are those in the mask files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Ternary {
    /// Nothing was said.
    #[default]
    Unknown = 0,
    /// Not of the class.
    Negative = 1,
    /// Of the class.
    Positive = 2,
}

impl Ternary {
    /// The state stored as `code` in a mask file, if it is one.
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Unknown),
            1 => Some(Self::Negative),
            2 => Some(Self::Positive),
            _ => None,
        }
    }
}

/// One class's three-state mask, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TernaryMask {
    size: Size,
    values: Vec<Ternary>,
}

impl TernaryMask {
    /// Wraps `width · height` values.
    pub fn new(size: Size, values: Vec<Ternary>) -> Result<Self, SizeMismatch> {
        if values.len() != size.area() {
            return Err(SizeMismatch { size, expected: size.area(), found: values.len() });
        }
        Ok(Self { size, values })
    }

    /// A mask that says nothing.
    pub fn unknown(size: Size) -> Self {
        Self { size, values: vec![Ternary::Unknown; size.area()] }
    }

    /// Width and height.
    pub fn size(&self) -> Size {
        self.size
    }

    /// The values, row by row.
    pub fn values(&self) -> &[Ternary] {
        &self.values
    }

    /// The values, for painting.
    pub fn values_mut(&mut self) -> &mut [Ternary] {
        &mut self.values
    }

    /// Number of pixels in `state`.
    pub fn count(&self, state: Ternary) -> usize {
        self.values.iter().filter(|value| **value == state).count()
    }
}
