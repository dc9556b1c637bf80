//! An RGB picture in memory: 8-bit sRGB, upright, row by row.

mod decode;
mod encode;
mod error;
mod format;
mod read_options;

pub use decode::{
    DecodeNote, Decoded, DicomTag, Geometry, MAX_PIXELS, WindowSource, decode_geometry,
    decode_size, dicom_group, refuse_dicom,
};
pub use encode::save_gray16_png;
pub use error::ImageError;
pub(crate) use format::is_import_name;
pub use format::is_picture_name;
pub use read_options::{ChannelMap, ReadOptionError, ReadOptions, Window};

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Size {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl Size {
    /// A size of `width` columns and `height` rows.
    pub const fn new(width: usize, height: usize) -> Self {
        Self { width, height }
    }

    /// Number of pixels.
    pub const fn area(self) -> usize {
        self.width * self.height
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}×{}", self.width, self.height)
    }
}

/// An upright sRGB picture, 8 bits a channel, interleaved `[height, width, 3]`, x right, y down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    size: Size,
    rgb: Vec<u8>,
}

/// A buffer whose length does not fit its size.
#[derive(Debug, thiserror::Error)]
#[error("a buffer of {found} values does not fill {size} ({expected} expected)")]
pub struct SizeMismatch {
    /// The size claimed.
    pub size: Size,
    /// Values such a size needs.
    pub expected: usize,
    /// Values given.
    pub found: usize,
}

impl Image {
    /// Wraps interleaved RGB bytes, `3 · width · height` of them.
    pub fn new(size: Size, rgb: Vec<u8>) -> Result<Self, SizeMismatch> {
        let expected = size.area() * 3;
        if rgb.len() != expected {
            return Err(SizeMismatch { size, expected, found: rgb.len() });
        }
        Ok(Self { size, rgb })
    }

    /// A picture of one colour.
    pub fn filled(size: Size, color: [u8; 3]) -> Self {
        Self { size, rgb: color.repeat(size.area()) }
    }

    /// Width and height.
    pub fn size(&self) -> Size {
        self.size
    }

    /// The interleaved bytes, `[height, width, 3]`.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// The interleaved bytes, for painting on.
    pub fn rgb_mut(&mut self) -> &mut [u8] {
        &mut self.rgb
    }

    /// The colour at column `x`, row `y`.
    pub fn pixel(&self, x: usize, y: usize) -> [u8; 3] {
        let i = (y * self.size.width + x) * 3;
        [self.rgb[i], self.rgb[i + 1], self.rgb[i + 2]]
    }

    /// Sets the colour at column `x`, row `y`.
    pub fn set_pixel(&mut self, x: usize, y: usize, color: [u8; 3]) {
        let i = (y * self.size.width + x) * 3;
        self.rgb[i..i + 3].copy_from_slice(&color);
    }
}
