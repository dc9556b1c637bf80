//! The numbers in a palette or grey PNG file, whatever its bit depth.

use std::io::{self, Cursor};
use std::path::Path;

use fs_err as fs;

use super::MaskFileError;
use crate::image::{MAX_PIXELS, Size};

/// The most pixels deflate can put into a byte of a 1-bit PNG file, with some slack.
const MAX_PIXELS_PER_BYTE: usize = 10_000;

/// One number a pixel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PixelValues {
    /// Width and height.
    pub size: Size,
    /// Palette indices or grey values, row by row.
    pub values: Vec<u16>,
    /// Whether the values are indices into a palette.
    pub is_palette: bool,
    /// The largest value the file's bit depth can hold.
    pub largest_possible: u16,
}

impl PixelValues {
    /// The error for the first pixel whose value `is_bad`.
    pub(super) fn bad_value(
        &self,
        path: &Path,
        is_bad: impl Fn(u16) -> bool,
        allowed: &'static str,
    ) -> MaskFileError {
        let index = self.values.iter().position(|value| is_bad(*value)).unwrap_or(0);
        let (x, y) = self.place(index);
        MaskFileError::BadValue { path: path.to_owned(), value: self.values[index], x, y, allowed }
    }

    /// Column and row of the pixel at `index`.
    pub fn place(&self, index: usize) -> (usize, usize) {
        (index % self.size.width, index / self.size.width)
    }
}

/// Reads a PNG file's numbers: palette indices or grey values of 1 to 16 bits. Colour pictures
/// whose channels are equal in every pixel, and opaque, count as grey. With `expected`, the size is
/// checked before memory is taken.
pub fn read_values(path: &Path, expected: Option<Size>) -> Result<PixelValues, MaskFileError> {
    let io_error = |error: io::Error| {
        let source = error.raw_os_error().map_or(error, io::Error::from_raw_os_error);
        MaskFileError::Io { path: path.to_owned(), source }
    };
    values_of(&fs::read(path).map_err(io_error)?, path, expected)
}

/// Reads the numbers of a PNG file's bytes; `path` names them in errors.
pub(crate) fn values_of(
    bytes: &[u8],
    path: &Path,
    expected: Option<Size>,
) -> Result<PixelValues, MaskFileError> {
    let decoder = png::Decoder::new(Cursor::new(bytes));
    let mut reader =
        decoder.read_info().map_err(|e| MaskFileError::damaged(path, e.to_string()))?;
    let info = reader.info();
    let size = Size::new(info.width as usize, info.height as usize);
    check_size(size, expected, bytes.len(), path)?;
    let (color, depth) = (info.color_type, info.bit_depth);
    let length = reader
        .output_buffer_size()
        .ok_or_else(|| MaskFileError::damaged(path, "its size overflows"))?;
    let mut buffer = vec![0; length];
    reader.next_frame(&mut buffer).map_err(|e| MaskFileError::damaged(path, e.to_string()))?;
    let samples = unpack(&buffer, size, color.samples(), depth);
    let largest_possible = ((1u32 << depth as u8) - 1) as u16;
    let values = one_a_pixel(samples, color, largest_possible, path)?;
    let is_palette = color == png::ColorType::Indexed;
    Ok(PixelValues { size, values, is_palette, largest_possible })
}

fn check_size(
    size: Size,
    expected: Option<Size>,
    bytes: usize,
    path: &Path,
) -> Result<(), MaskFileError> {
    if let Some(expected) = expected.filter(|expected| *expected != size) {
        return Err(MaskFileError::Size { path: path.to_owned(), found: size, expected });
    }
    let area = size.width.checked_mul(size.height).filter(|area| *area <= MAX_PIXELS);
    match area {
        None => Err(MaskFileError::damaged(path, format!("{size} pixels are too many"))),
        Some(area) if area / MAX_PIXELS_PER_BYTE > bytes => {
            Err(MaskFileError::damaged(path, format!("{bytes} bytes cannot hold {size} pixels")))
        }
        Some(_) => Ok(()),
    }
}

/// Samples of 1 to 16 bits, row by row; each row starts on a new byte.
fn unpack(buffer: &[u8], size: Size, samples: usize, depth: png::BitDepth) -> Vec<u16> {
    let per_row = size.width * samples;
    match depth {
        png::BitDepth::Eight => buffer.iter().map(|byte| u16::from(*byte)).collect(),
        png::BitDepth::Sixteen => {
            buffer.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect()
        }
        _ => {
            let bits = depth as usize;
            let mask = (1u8 << bits) - 1;
            let value = |row: &[u8], i: usize| {
                let shift = 8 - bits - (i * bits) % 8;
                u16::from((row[i * bits / 8] >> shift) & mask)
            };
            let row_bytes = (per_row * bits).div_ceil(8);
            buffer
                .chunks_exact(row_bytes)
                .flat_map(|row| (0..per_row).map(move |i| value(row, i)))
                .collect()
        }
    }
}

fn one_a_pixel(
    samples: Vec<u16>,
    color: png::ColorType,
    opaque: u16,
    path: &Path,
) -> Result<Vec<u16>, MaskFileError> {
    let (count, has_alpha) = match color {
        png::ColorType::Indexed | png::ColorType::Grayscale => return Ok(samples),
        png::ColorType::GrayscaleAlpha => (2, true),
        png::ColorType::Rgb => (3, false),
        png::ColorType::Rgba => (4, true),
    };
    let refuse = |kind| Err(MaskFileError::NotIndexed { path: path.to_owned(), kind });
    let pixels = || samples.chunks_exact(count);
    if has_alpha && pixels().any(|pixel| pixel[count - 1] != opaque) {
        return refuse("partly transparent");
    }
    if count >= 3 && pixels().any(|pixel| pixel[0] != pixel[1] || pixel[0] != pixel[2]) {
        return refuse("colour");
    }
    Ok(pixels().map(|pixel| pixel[0]).collect())
}
