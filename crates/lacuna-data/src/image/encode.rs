//! Pictures to PNG files.

use std::io::{self, Write};
use std::path::Path;

use super::{Image, ImageError, Size};
use crate::atomic_file::write_atomic;

impl Image {
    /// Writes an 8-bit RGB PNG file marked as sRGB.
    pub fn save_png(&self, path: &Path) -> Result<(), ImageError> {
        save(path, |writer| {
            let mut encoder = encoder(writer, self.size());
            encoder.set_color(png::ColorType::Rgb);
            encoder.set_source_srgb(png::SrgbRenderingIntent::Perceptual);
            write_pixels(encoder, self.rgb())
        })
    }
}

/// Writes `width · height` values, row by row, as a 16-bit grey PNG file.
pub fn save_gray16_png(path: &Path, size: Size, values: &[u16]) -> Result<(), ImageError> {
    if values.len() != size.area() {
        let reason = format!("{} values do not fill {size}", values.len());
        return Err(ImageError::io(path, io::Error::new(io::ErrorKind::InvalidInput, reason)));
    }
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_be_bytes()).collect();
    save(path, |writer| {
        let mut encoder = encoder(writer, size);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::Sixteen);
        write_pixels(encoder, &bytes)
    })
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
) -> Result<(), ImageError> {
    write_atomic(path, |writer| content(writer).map_err(io::Error::from))
        .map_err(|source| ImageError::io(path, source))
}
