//! Masks as PNG files: a three-state mask is a palette picture of the indices 0 unknown, 1 negative,
//! 2 positive, in colours that any viewer shows; a two-state mask is a 1-bit picture.

mod values;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

pub(crate) use values::values_of;
pub use values::{PixelValues, read_values};

use super::{BinaryMask, Ternary, TernaryMask};
use crate::atomic_file::write_atomic;
use crate::image::Size;

/// Display colour of unknown pixels.
const UNKNOWN_COLOR: [u8; 3] = [96, 96, 96];
/// Display colour of negative pixels.
const NEGATIVE_COLOR: [u8; 3] = [16, 16, 16];

/// A mask file that could not be read or written. Every message names the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MaskFileError {
    /// The file could not be opened, read or written.
    #[error("`{}`: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Not a PNG file, cut off, or contradicting itself.
    #[error("`{}` is not a readable PNG mask: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the decoder found.
        reason: String,
    },
    /// Colours instead of one number a pixel.
    #[error("`{}` is a {kind} picture; a mask has one number a pixel (palette or grey)", path.display())]
    NotIndexed {
        /// The file.
        path: PathBuf,
        /// The kind of picture.
        kind: &'static str,
    },
    /// A number that means nothing.
    #[error("`{}` has value {value} at column {x}, row {y}; {allowed}", path.display())]
    BadValue {
        /// The file.
        path: PathBuf,
        /// The value found.
        value: u16,
        /// Column of the first such pixel.
        x: usize,
        /// Row of the first such pixel.
        y: usize,
        /// What is allowed.
        allowed: &'static str,
    },
    /// Another size than expected.
    #[error("`{}` is {found} pixels, expected {expected}", path.display())]
    Size {
        /// The file.
        path: PathBuf,
        /// Its size.
        found: Size,
        /// The size it should have.
        expected: Size,
    },
}

impl MaskFileError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Damaged { .. } => Some("export the mask again as PNG"),
            Self::NotIndexed { .. } => {
                Some("export the mask as indexed (palette) or 8-bit grey PNG")
            }
            Self::BadValue { .. } => {
                Some("was the mask resized with smoothing or saved by another program?")
            }
            Self::Io { .. } | Self::Size { .. } => None,
        }
    }

    fn damaged(path: &Path, reason: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), reason: reason.into() }
    }
}

/// Reads a three-state mask. With `expected`, the size is checked before memory is taken.
pub fn read_ternary(path: &Path, expected: Option<Size>) -> Result<TernaryMask, MaskFileError> {
    let pixels = read_values(path, expected)?;
    let states = pixels
        .values
        .iter()
        .map(|value| u8::try_from(*value).ok().and_then(Ternary::from_code))
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| {
            pixels.bad_value(path, |v| v > 2, "allowed are 0 unknown, 1 negative, 2 positive")
        })?;
    TernaryMask::new(pixels.size, states).map_err(|e| MaskFileError::damaged(path, e.to_string()))
}

/// Writes a three-state mask; positive pixels show in `positive_color`.
pub fn write_ternary(
    path: &Path,
    mask: &TernaryMask,
    positive_color: [u8; 3],
) -> Result<(), MaskFileError> {
    let indices: Vec<u8> = mask.values().iter().map(|state| *state as u8).collect();
    let palette = [UNKNOWN_COLOR, NEGATIVE_COLOR, positive_color].concat();
    save(path, |writer| {
        let mut encoder = encoder(writer, mask.size());
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_palette(palette);
        write_pixels(encoder, &indices)
    })
}

/// Reads a two-state mask: 0 is no; yes is 1, or the brightest grey (255 in an 8-bit file).
pub fn read_binary(path: &Path, expected: Option<Size>) -> Result<BinaryMask, MaskFileError> {
    let pixels = read_values(path, expected)?;
    let brightest = if pixels.is_palette { 1 } else { pixels.largest_possible };
    let yes = if pixels.values.contains(&1) { 1 } else { brightest };
    if pixels.values.iter().any(|value| *value != 0 && *value != yes) {
        let allowed = "a complete mask holds 0 and one other value only (1 or 255)";
        return Err(pixels.bad_value(path, |v| v != 0 && v != yes, allowed));
    }
    let values = pixels.values.iter().map(|value| *value == yes).collect();
    BinaryMask::new(pixels.size, values).map_err(|e| MaskFileError::damaged(path, e.to_string()))
}

/// Writes a two-state mask as a 1-bit picture, white is yes.
pub fn write_binary(path: &Path, mask: &BinaryMask) -> Result<(), MaskFileError> {
    save(path, |writer| write_bits(writer, mask))
}

/// A two-state mask as the bytes of a 1-bit PNG file, white is yes.
pub(crate) fn binary_png(mask: &BinaryMask) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    write_bits(&mut bytes, mask)?;
    Ok(bytes)
}

fn write_bits(writer: &mut dyn Write, mask: &BinaryMask) -> Result<(), png::EncodingError> {
    let mut encoder = encoder(writer, mask.size());
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    write_pixels(encoder, &pack_bits(mask))
}

/// Writes one number a pixel: indices into `palette`, or grey values without one.
pub fn write_values(
    path: &Path,
    size: Size,
    values: &[u8],
    palette: Option<&[[u8; 3]]>,
) -> Result<(), MaskFileError> {
    save(path, |writer| {
        let mut encoder = encoder(writer, size);
        match palette {
            Some(colors) => {
                encoder.set_color(png::ColorType::Indexed);
                encoder.set_palette(colors.concat());
            }
            None => encoder.set_color(png::ColorType::Grayscale),
        }
        write_pixels(encoder, values)
    })
}

/// Eight pixels a byte, the first in the highest bit, each row starting on a new byte.
fn pack_bits(mask: &BinaryMask) -> Vec<u8> {
    let byte = |eight: &[bool]| {
        eight.iter().enumerate().fold(0u8, |byte, (i, bit)| byte | (u8::from(*bit) << (7 - i)))
    };
    mask.values().chunks(mask.size().width.max(1)).flat_map(|row| row.chunks(8).map(byte)).collect()
}

fn encoder(writer: &mut dyn Write, size: Size) -> png::Encoder<'static, &mut dyn Write> {
    png::Encoder::new(writer, size.width as u32, size.height as u32)
}

fn write_pixels(
    encoder: png::Encoder<'_, &mut dyn Write>,
    bytes: &[u8],
) -> Result<(), png::EncodingError> {
    let mut writer = encoder.write_header()?;
    writer.write_image_data(bytes)?;
    // dropping would write the end of the file too, but swallow its error
    writer.finish()
}

fn save(
    path: &Path,
    content: impl FnOnce(&mut dyn Write) -> Result<(), png::EncodingError>,
) -> Result<(), MaskFileError> {
    write_atomic(path, |writer| content(writer).map_err(io::Error::from))
        .map_err(|source| MaskFileError::Io { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ternary(width: usize, states: &[u8]) -> TernaryMask {
        let values = states.iter().map(|s| Ternary::from_code(*s).unwrap()).collect();
        TernaryMask::new(Size::new(width, states.len() / width), values).unwrap()
    }

    #[test]
    fn a_viewer_shows_the_class_colour() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gum.png");
        write_ternary(&path, &ternary(3, &[0, 1, 2]), [213, 94, 0]).unwrap();
        let shown = crate::Image::open(&path).unwrap().image;
        assert_eq!(shown.rgb(), [UNKNOWN_COLOR, NEGATIVE_COLOR, [213, 94, 0]].concat());
    }

    #[test]
    fn wrong_files_are_refused_with_a_reason() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mask.png");
        // a value that is no state, with its place
        write_gray(&path, 2, &[0, 1, 2, 7]);
        let error = read_ternary(&path, None).unwrap_err().to_string();
        assert!(error.contains("mask.png` has value 7 at column 1, row 1"), "{error}");
        // a colour picture
        crate::Image::filled(Size::new(2, 1), [1, 2, 3]).save_png(&path).unwrap();
        assert!(matches!(read_ternary(&path, None), Err(MaskFileError::NotIndexed { .. })));
        // another size than the picture's
        write_ternary(&path, &ternary(3, &[0, 1, 2]), [0; 3]).unwrap();
        let error = read_ternary(&path, Some(Size::new(3, 2))).unwrap_err();
        assert!(matches!(error, MaskFileError::Size { .. }), "{error}");
        // no PNG at all, nothing, not there
        for content in [&b"hello"[..], b""] {
            fs_err::write(&path, content).unwrap();
            assert!(read_ternary(&path, None).is_err());
        }
        assert!(matches!(
            read_binary(&folder.path().join("none.png"), None),
            Err(MaskFileError::Io { .. })
        ));
    }

    #[test]
    fn truth_is_read_in_the_usual_spellings() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("truth.png");
        let table: [(&[u8], Option<&[bool]>); 5] = [
            (&[0, 1, 1], Some(&[false, true, true])),
            (&[0, 255, 0], Some(&[false, true, false])),
            (&[0, 0, 0], Some(&[false, false, false])),
            // two kinds of yes
            (&[0, 1, 255], None),
            // an antialiased edge
            (&[0, 128, 255], None),
        ];
        for (values, expected) in table {
            write_gray(&path, 3, values);
            let found = read_binary(&path, None).ok().map(|mask| mask.values().to_vec());
            assert_eq!(found.as_deref(), expected, "{values:?}");
        }
    }

    fn write_gray(path: &Path, width: usize, values: &[u8]) {
        save(path, |writer| {
            let mut encoder = encoder(writer, Size::new(width, values.len() / width));
            encoder.set_color(png::ColorType::Grayscale);
            write_pixels(encoder, values)
        })
        .unwrap();
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn masks_come_back_as_written(width in 1usize..40, rows in 1usize..6, seed in any::<u64>()) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("m.png");
            let state = |i: usize| ((seed >> (i % 60)) as u8 ^ i as u8) % 3;
            let states: Vec<u8> = (0..width * rows).map(state).collect();
            let mask = ternary(width, &states);
            write_ternary(&path, &mask, [9; 3]).unwrap();
            prop_assert_eq!(&read_ternary(&path, Some(mask.size())).unwrap(), &mask);
            let bits = states.iter().map(|s| *s == 1).collect();
            let mask = BinaryMask::new(mask.size(), bits).unwrap();
            write_binary(&path, &mask).unwrap();
            prop_assert_eq!(&read_binary(&path, None).unwrap(), &mask);
        }

        #[test]
        fn damaged_files_never_panic(cut in 0usize..200, at in 0usize..200, flip in 1u8..) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("m.png");
            write_ternary(&path, &ternary(9, &[1; 90]), [9; 3]).unwrap();
            let mut bytes = fs_err::read(&path).unwrap();
            let length = bytes.len();
            bytes[at % length] ^= flip;
            bytes.truncate(length - cut % length);
            fs_err::write(&path, bytes).unwrap();
            let _ = read_ternary(&path, None);
            let _ = read_binary(&path, None);
        }
    }
}
