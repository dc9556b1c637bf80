//! RGBA PNG files with their alpha, which pictures are read without.

use std::io::{self, Cursor};
use std::path::Path;

use crate::atomic_file::write_atomic;
use crate::formats::Problem;
use crate::formats::text_file::{read_bytes, wrong};
use crate::image::Size;

/// Reads a file of that size, checked before memory is taken.
pub(super) fn read(path: &Path, size: Size) -> Result<Vec<[u8; 4]>, Problem> {
    let bytes = read_bytes(path)?;
    let mut decoder = png::Decoder::new(Cursor::new(bytes.as_slice()));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let damaged = |error: png::DecodingError| wrong(path, format!("no readable PNG: {error}"));
    let mut reader = decoder.read_info().map_err(damaged)?;
    let found = Size::new(reader.info().width as usize, reader.info().height as usize);
    if found != size {
        return Err(wrong(path, format!("it is {found} pixels, but its picture is {size}")));
    }
    if reader.output_color_type() != (png::ColorType::Rgba, png::BitDepth::Eight) {
        return Err(wrong(path, "it is no RGBA picture"));
    }
    let mut buffer = vec![0; size.area() * 4];
    reader.next_frame(&mut buffer).map_err(damaged)?;
    Ok(buffer.chunks_exact(4).map(|p| [p[0], p[1], p[2], p[3]]).collect())
}

/// Writes a file.
pub(super) fn write(path: &Path, size: Size, pixels: &[[u8; 4]]) -> io::Result<()> {
    write_atomic(path, |writer| {
        let mut encoder = png::Encoder::new(writer, size.width as u32, size.height as u32);
        encoder.set_color(png::ColorType::Rgba);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&pixels.concat())?;
        writer.finish()?;
        Ok(())
    })
}
