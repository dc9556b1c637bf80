//! TIFF pictures: grey, RGB and CMYK, 8 and 16 bits, chunky or planar.
//!
//! The `tiff` crate drops bands beyond the fourth of an RGB file and, asked the plain way, all but
//! the first plane of a planar one, without a word; so the number of samples is checked first. Which of
//! more channels are shown is for the user to say ([`bands`]).

mod bands;
mod resolution;

use std::io::Cursor;
use std::path::Path;

use image_codecs::metadata::Orientation;
use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::Tag;
use tiff::{ColorType, TiffError};

use super::raster::{Channels, Raster, Samples};
use super::{DecodeNote, Opened, check_plausible};
use crate::image::{ChannelMap, ImageError, ReadOptions, Size};

const CHOOSE: &str =
    "say at the import which channels are red, green and blue: `--channels R,G,B`, or one for grey";
const SAY_WINDOW: &str = "say at the import which values are black and white: `--window LOW,HIGH`";
const EXPORT: &str = "export the picture as 8-bit RGB PNG or TIFF";
const DNG_VERSION: Tag = Tag::Unknown(50_706);

type Reader<'a> = Decoder<Cursor<&'a [u8]>>;

/// Reads the first page, or the channels that were chosen.
pub(super) fn open(bytes: &[u8], path: &Path, options: &ReadOptions) -> Result<Opened, ImageError> {
    let mut reader = reader(bytes, path)?;
    let size = size_of(&mut reader, path)?;
    check_plausible(size, bytes, path)?;
    let mut reader = reader.with_limits(limits(size, 4, bytes));
    if let Some(map) = options.channels {
        return bands::open(bytes, path, map, options.window);
    }
    refuse_preview(&mut reader, path)?;
    refuse_stack(bytes, size, path)?;
    if options.window.is_some() && bands::needs_window(&mut reader) {
        if samples_of(&mut reader) == 1 {
            return bands::open(bytes, path, ChannelMap::GREY, options.window);
        }
        if let Ok(ColorType::RGB(32 | 64)) = reader.colortype() {
            return bands::open(bytes, path, ChannelMap::RGB, options.window);
        }
    }
    let channels = channels_of(&mut reader, path)?;
    let orientation = orientation_of(&mut reader);
    let mut notes = Vec::new();
    let profile = match reader.find_tag(Tag::IccProfile) {
        Ok(tag) => tag.and_then(|value| value.into_u8_vec().ok()),
        Err(error) => {
            notes.push(DecodeNote::ProfileIgnored(error.to_string()));
            None
        }
    };
    let spacing = resolution::spacing(&mut reader, &mut notes);
    let samples = read_samples(&mut reader, size, channels, path)?;
    let raster = Raster { size, channels, samples };
    let pages = count_pages(&mut reader);
    if pages > 1 {
        notes.push(DecodeNote::FirstPageOf(pages));
    }
    Ok(Opened { spacing, notes, ..Opened::plain(raster, profile, orientation) })
}

/// Stored size and orientation of the first page.
pub(super) fn geometry(bytes: &[u8], path: &Path) -> Result<(Size, Orientation), ImageError> {
    let mut reader = reader(bytes, path)?;
    let size = size_of(&mut reader, path)?;
    refuse_preview(&mut reader, path)?;
    Ok((size, orientation_of(&mut reader)))
}

fn reader<'a>(bytes: &'a [u8], path: &Path) -> Result<Reader<'a>, ImageError> {
    Decoder::new(Cursor::new(bytes)).map_err(|e| tiff_error(path, e))
}

/// Room for `channels` of 16 bits, for tiles that stick out, and for tags as long as the file.
/// The library holds tag values, among them the colour profile, against the limit of the picture's
/// buffer, and takes some tens of bytes for each byte of them.
fn limits(size: Size, channels: usize, bytes: &[u8]) -> Limits {
    let picture = size.area() * channels * 2;
    let tags = bytes.len().saturating_mul(64).min(1 << 30);
    let mut limits = Limits::default();
    limits.decoding_buffer_size = picture.max(tags);
    limits.intermediate_buffer_size = picture + (64 << 20);
    limits
}

fn size_of(reader: &mut Reader<'_>, path: &Path) -> Result<Size, ImageError> {
    let (width, height) = reader.dimensions().map_err(|e| tiff_error(path, e))?;
    Ok(Size::new(width as usize, height as usize))
}

/// Camera raw files are TIFF files whose first page is a thumbnail.
fn refuse_preview(reader: &mut Reader<'_>, path: &Path) -> Result<(), ImageError> {
    let reduced = reader.find_tag_unsigned::<u32>(Tag::NewSubfileType).ok().flatten();
    let is_raw = reader.find_tag(DNG_VERSION).ok().flatten().is_some();
    if is_raw || reduced.is_some_and(|bits| bits & 1 == 1) {
        let what = "a TIFF file that starts with a preview (camera raw?)";
        return Err(ImageError::unsupported(path, what, EXPORT));
    }
    Ok(())
}

fn orientation_of(reader: &mut Reader<'_>) -> Orientation {
    let code = reader.find_tag_unsigned::<u16>(Tag::Orientation).ok().flatten();
    code.and_then(|code| Orientation::from_exif(u8::try_from(code).ok()?))
        .unwrap_or(Orientation::NoTransforms)
}

/// Pages of one sample and one size are channels, depths or times: none of them is the picture.
fn refuse_stack(bytes: &[u8], size: Size, path: &Path) -> Result<(), ImageError> {
    let mut pages = 1;
    let mut reader = reader(bytes, path)?;
    if samples_of(&mut reader) != 1 {
        return Ok(());
    }
    while reader.more_images() && reader.next_image().is_ok() {
        pages += 1;
        if samples_of(&mut reader) != 1 || size_of(&mut reader, path)? != size {
            return Ok(());
        }
    }
    if pages == 1 {
        return Ok(());
    }
    let what = format!("a TIFF file of {pages} channels, one a page");
    Err(ImageError::unsupported(path, what, CHOOSE))
}

fn samples_of(reader: &mut Reader<'_>) -> usize {
    let samples = reader.find_tag_unsigned::<u16>(Tag::SamplesPerPixel).ok().flatten();
    samples.map_or(1, usize::from)
}

fn channels_of(reader: &mut Reader<'_>, path: &Path) -> Result<Channels, ImageError> {
    let color = reader.colortype().map_err(|e| tiff_error(path, e))?;
    let samples = samples_of(reader);
    let refuse = |what: String, remedy| Err(ImageError::unsupported(path, what, remedy));
    let channels = match color {
        ColorType::Gray(8 | 16) => Channels::Gray,
        ColorType::GrayA(8 | 16) => Channels::GrayAlpha,
        ColorType::RGB(8 | 16) => Channels::Rgb,
        ColorType::RGBA(8 | 16) => Channels::Rgba,
        ColorType::CMYK(8 | 16) => Channels::Cmyk,
        ColorType::Multiband { num_samples, .. } => {
            return refuse(format!("a TIFF file of {num_samples} channels"), CHOOSE);
        }
        ColorType::Gray(bits @ (32 | 64)) | ColorType::RGB(bits @ (32 | 64)) => {
            return refuse(format!("a TIFF file of {bits}-bit numbers"), SAY_WINDOW);
        }
        other => return refuse(format!("a TIFF file of type {other:?}"), EXPORT),
    };
    if samples != channels.count() {
        return refuse(
            format!("a TIFF file of {samples} channels, not all of them colours"),
            CHOOSE,
        );
    }
    Ok(channels)
}

fn read_samples(
    reader: &mut Reader<'_>,
    size: Size,
    channels: Channels,
    path: &Path,
) -> Result<Samples, ImageError> {
    let mut result = DecodingResult::U8(Vec::new());
    let layout = reader.read_image_to_buffer(&mut result).map_err(|e| tiff_error(path, e))?;
    let planes = layout.planes;
    let expected = size.area() * channels.count();
    match result {
        DecodingResult::U8(values) if values.len() == expected => {
            Ok(Samples::U8(interleave(values, planes)))
        }
        DecodingResult::U16(values) if values.len() == expected => {
            Ok(Samples::U16(interleave(values, planes)))
        }
        DecodingResult::U8(_) | DecodingResult::U16(_) => {
            Err(ImageError::damaged(path, "its pixels do not fill its size"))
        }
        _ => Err(ImageError::unsupported(path, "a TIFF file of signed or real numbers", EXPORT)),
    }
}

/// `[planes, pixels]` to `[pixels, planes]`.
fn interleave<T: Copy>(values: Vec<T>, planes: usize) -> Vec<T> {
    if planes <= 1 {
        return values;
    }
    let pixels = values.len() / planes;
    let order = (0..pixels).flat_map(|i| (0..planes).map(move |p| p * pixels + i));
    order.map(|i| values[i]).collect()
}

fn count_pages(reader: &mut Reader<'_>) -> usize {
    let mut pages = 1;
    while reader.more_images() && reader.next_image().is_ok() {
        pages += 1;
    }
    pages
}

fn tiff_error(path: &Path, error: TiffError) -> ImageError {
    match error {
        TiffError::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            ImageError::truncated(path, "it ends in the middle of its data")
        }
        TiffError::IoError(source) => ImageError::io(path, source),
        TiffError::UnsupportedError(e) => {
            ImageError::unsupported(path, format!("a TIFF file of a kind ({e})"), EXPORT)
        }
        other => ImageError::damaged(path, other.to_string()),
    }
}

#[cfg(test)]
mod tests;
