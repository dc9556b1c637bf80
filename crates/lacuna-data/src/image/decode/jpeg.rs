//! What the general decoder does not tell about a JPEG file: whether it is complete, and its inks.

use std::io::Cursor;

use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::raster::{Channels, Raster, Samples};
use crate::image::Size;

const MISFIT: &str = "its pixels do not fill its size";

/// What the markers of a JPEG file say.
pub(super) struct Structure {
    pub(super) size: Size,
    pub(super) components: u8,
    /// Whether the end-of-image marker was found.
    pub(super) is_complete: bool,
}

/// Walks the markers: header segments by their length, coded data up to the next marker.
///
/// The decoder fills what is missing of a cut-off file with grey, so completeness is checked here.
/// A thumbnail inside a segment has its own end marker, so searching for the bytes would not do.
pub(super) fn scan(bytes: &[u8]) -> Result<Structure, &'static str> {
    let mut structure = Structure { size: Size::new(0, 0), components: 0, is_complete: false };
    let mut position = 2;
    while let Some(marker) = next_marker(bytes, &mut position) {
        match marker {
            0xd9 => {
                structure.is_complete = true;
                break;
            }
            // markers without a length
            0x01 | 0xd0..=0xd8 => {}
            _ => {
                let Some(segment) = take_segment(bytes, &mut position) else { break };
                // start of frame: C4, C8 and CC in the range are something else
                if matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc) {
                    read_frame(segment, &mut structure)?;
                }
            }
        }
    }
    if structure.components == 0 {
        return Err("it has no picture header");
    }
    Ok(structure)
}

/// Moves behind the next marker and returns its code. Stuffed zeros (`FF 00`) belong to coded data.
fn next_marker(bytes: &[u8], position: &mut usize) -> Option<u8> {
    loop {
        let offset = bytes.get(*position..)?.iter().position(|b| *b == 0xff)?;
        *position += offset + 1;
        while *bytes.get(*position)? == 0xff {
            *position += 1;
        }
        let code = bytes[*position];
        *position += 1;
        if code != 0 {
            return Some(code);
        }
    }
}

fn take_segment<'a>(bytes: &'a [u8], position: &mut usize) -> Option<&'a [u8]> {
    let length = bytes.get(*position..*position + 2)?;
    let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
    let segment = bytes.get(*position + 2..*position + length)?;
    *position += length;
    Some(segment)
}

fn read_frame(segment: &[u8], structure: &mut Structure) -> Result<(), &'static str> {
    let &[_, h1, h0, w1, w0, components, ..] = segment else {
        return Err("its picture header is cut off");
    };
    let number = |high, low| usize::from(u16::from_be_bytes([high, low]));
    structure.size = Size::new(number(w1, w0), number(h1, h0));
    structure.components = components;
    Ok(())
}

/// Reads a four-component file as ink amounts.
///
/// Programs that write CMYK JPEG follow Adobe and store the inverse (255 is no ink), with or
/// without the Adobe marker; readers such as Pillow assume so, and so does this.
pub(super) fn read_cmyk(bytes: &[u8]) -> Result<Raster, String> {
    let (size, space, mut values) = read_components(bytes)?;
    if values.len() != size.area() * 4 {
        return Err(MISFIT.to_owned());
    }
    for pixel in values.chunks_exact_mut(4) {
        if space == ColorSpace::YCCK {
            let rgb = ycc_to_rgb([pixel[0], pixel[1], pixel[2]]);
            pixel[..3].copy_from_slice(&[255 - rgb[0], 255 - rgb[1], 255 - rgb[2]]);
        }
        for ink in pixel {
            *ink = 255 - *ink;
        }
    }
    Ok(Raster { size, channels: Channels::Cmyk, samples: Samples::U8(values) })
}

/// The four components as stored, and which they are.
fn read_components(bytes: &[u8]) -> Result<(Size, ColorSpace, Vec<u8>), String> {
    let mut decoder = Components::open(bytes)?;
    let space = decoder.space;
    if !matches!(space, ColorSpace::CMYK | ColorSpace::YCCK) {
        return Err(format!("four components in colour space {space:?}"));
    }
    Ok((decoder.size, space, decoder.read(space)?))
}

/// A file of one or three components as grey or RGB. With `is_rgb`, something outside the file says that
/// they are RGB: they are taken as they are, unless the file itself says otherwise.
pub(super) fn read_plain(bytes: &[u8], is_rgb: bool) -> Result<Raster, String> {
    let mut decoder = Components::open(bytes)?;
    let (channels, space) = match decoder.space {
        ColorSpace::Luma => (Channels::Gray, ColorSpace::Luma),
        ColorSpace::YCbCr if is_rgb && !names_colors(bytes) => (Channels::Rgb, ColorSpace::YCbCr),
        ColorSpace::YCbCr | ColorSpace::RGB => (Channels::Rgb, ColorSpace::RGB),
        other => return Err(format!("components in colour space {other:?}")),
    };
    let values = decoder.read(space)?;
    if values.len() != decoder.size.area() * channels.count() {
        return Err(MISFIT.to_owned());
    }
    Ok(Raster { size: decoder.size, channels, samples: Samples::U8(values) })
}

/// Whether a file has one of the segments that say what its components are.
fn names_colors(bytes: &[u8]) -> bool {
    let mut position = 2;
    while let Some(marker @ 0xe0..=0xef) = next_marker(bytes, &mut position) {
        let Some(segment) = take_segment(bytes, &mut position) else { return false };
        let is_named = |name: &[u8]| segment.starts_with(name);
        if (marker == 0xe0 && is_named(b"JFIF")) || (marker == 0xee && is_named(b"Adobe")) {
            return true;
        }
    }
    false
}

/// A decoder that gives components as they are stored.
struct Components<'a> {
    decoder: JpegDecoder<Cursor<&'a [u8]>>,
    options: DecoderOptions,
    size: Size,
    space: ColorSpace,
}

impl<'a> Components<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, String> {
        let options = DecoderOptions::default()
            .set_strict_mode(false)
            .set_max_width(usize::MAX)
            .set_max_height(usize::MAX);
        let mut decoder = JpegDecoder::new_with_options(Cursor::new(bytes), options);
        decoder.decode_headers().map_err(|e| e.to_string())?;
        let space = decoder.input_colorspace().ok_or("it has no colour space")?;
        let (width, height) = decoder.dimensions().ok_or("it has no size")?;
        Ok(Self { decoder, options, size: Size::new(width, height), space })
    }

    fn read(&mut self, space: ColorSpace) -> Result<Vec<u8>, String> {
        self.decoder.set_options(self.options.jpeg_set_out_colorspace(space));
        self.decoder.decode().map_err(|e| e.to_string())
    }
}

/// JFIF (ITU-R BT.601, full range).
pub(super) fn ycc_to_rgb([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    let (y, cb, cr) = (f32::from(y), f32::from(cb) - 128.0, f32::from(cr) - 128.0);
    let byte = |v: f32| v.round().clamp(0.0, 255.0) as u8;
    [byte(y + 1.402 * cr), byte(y - 0.344_136 * cb - 0.714_136 * cr), byte(y + 1.772 * cb)]
}
