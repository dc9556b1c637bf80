//! Picture files to upright 8-bit sRGB.
//!
//! Everything that changes a value or the geometry is either an error or a [`DecodeNote`]: EXIF
//! orientation, 16 bits to 8, transparency, CMYK, and colour profiles. Sizes are checked before
//! memory is taken.

mod color;
mod container;
mod dicom;
mod jpeg;
mod note;
mod raster;
mod spacing;
mod tiff;

use std::io::{Cursor, Read};
use std::panic::AssertUnwindSafe;
use std::path::Path;

use fs_err as fs;
use image_codecs::codecs::{
    bmp::BmpDecoder, jpeg::JpegDecoder, png::PngDecoder, webp::WebPDecoder,
};
use image_codecs::metadata::Orientation;
use image_codecs::{DynamicImage, ImageDecoder, ImageError as CodecError, Limits};

pub use self::dicom::DicomTag;
pub use self::note::{DecodeNote, WindowSource};
use self::raster::{Channels, Raster, Samples};
use super::format::FileFormat;
use super::read_options::ReadOptions;
use super::{Image, ImageError, Size};

/// The most pixels a picture may have.
pub const MAX_PIXELS: usize = 400_000_000;
/// The most bytes a decoder may take for one picture.
const MAX_ALLOCATION: u64 = 4 << 30;
/// The largest file read into memory.
const MAX_FILE_BYTES: u64 = 4 << 30;
/// So many bytes tell the format.
const DETECTED_BYTES: u64 = 132;
const CUT_OFF: &str = "the end of the picture is missing";
/// Above so many pixels a byte no format but WebP can be: a made-up size in a small file.
const MAX_PIXELS_PER_BYTE: usize = 10_000;

/// A picture with what had to be done to read it.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// The upright sRGB picture.
    pub image: Image,
    /// Millimetres between rows and between columns of the upright picture, where the file says it.
    pub spacing: Option<[f64; 2]>,
    /// Whether a data set keeps these pixels in place of the file: they follow from a choice that is not in
    /// the file, or the file says more than a data set may.
    pub is_made: bool,
    /// Everything that changed values or geometry, in the order it happened.
    pub notes: Vec<DecodeNote>,
}

/// A picture's geometry, from its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Size as stored, before the EXIF orientation.
    pub stored: Size,
    /// Size upright, the one all annotations use.
    pub upright: Size,
    /// EXIF orientation, 1 to 8.
    pub orientation: u8,
}

/// Everything read from a file before colours are touched.
struct Opened {
    raster: Raster,
    profile: Option<Vec<u8>>,
    orientation: Orientation,
    /// As stored, before the EXIF orientation.
    spacing: Option<[f64; 2]>,
    is_made: bool,
    notes: Vec<DecodeNote>,
}

impl Opened {
    /// A picture of which the file says nothing but how it looks.
    fn plain(raster: Raster, profile: Option<Vec<u8>>, orientation: Orientation) -> Self {
        Self { raster, profile, orientation, spacing: None, is_made: false, notes: Vec::new() }
    }

    /// Shows values of more than 8 bits through a window.
    fn windowed(mut self, options: &ReadOptions) -> Self {
        if let (Samples::U16(values), Some(window)) = (&self.raster.samples, options.window) {
            let shades = values.iter().map(|value| window.shade(f64::from(*value))).collect();
            self.raster.samples = Samples::U8(shades);
            self.is_made = true;
            self.notes.push(DecodeNote::Windowed(WindowSource::Stated));
        }
        self
    }
}

impl Image {
    /// Reads a picture: PNG, JPEG, TIFF (grey, RGB, CMYK), WebP, BMP or DICOM, told by content; upright,
    /// in 8-bit sRGB.
    pub fn open(path: &Path) -> Result<Decoded, ImageError> {
        Self::open_with(path, &ReadOptions::default())
    }

    /// Reads a picture as the user wants to see its values.
    pub fn open_with(path: &Path, options: &ReadOptions) -> Result<Decoded, ImageError> {
        let bytes = read_file(path)?;
        guarded(path, || decode(&bytes, path, options))
    }
}

/// What pictures of the same patient or examination have in common: a hash of the identifier in a DICOM
/// file. Who knows the identifier can compute it; nobody can read the identifier from it.
pub fn dicom_group(path: &Path, tag: DicomTag) -> Result<String, ImageError> {
    let bytes = read_file(path)?;
    if FileFormat::detect(&bytes, path) != FileFormat::Dicom {
        let what = format!("a picture without {tag}, since it is no DICOM file");
        return Err(ImageError::unsupported(path, what, "group by file names, or import it apart"));
    }
    guarded(path, || dicom::group(&bytes, path, tag))
}

/// An error for a DICOM file, whatever its name: it may name a patient, so it is imported, and not used where it
/// lies.
pub fn refuse_dicom(path: &Path) -> Result<(), ImageError> {
    let mut start = Vec::new();
    let file = fs::File::open(path).map_err(|e| ImageError::io(path, unnamed(e)))?;
    file.take(DETECTED_BYTES).read_to_end(&mut start).map_err(|e| ImageError::io(path, e))?;
    match FileFormat::detect(&start, path) {
        FileFormat::Dicom => {
            let what = "a DICOM file in a data set (it may name a patient)";
            Err(ImageError::unsupported(path, what, "`lacuna import images` takes only its pixels"))
        }
        _ => Ok(()),
    }
}

/// The upright size of a picture, from its header.
pub fn decode_size(path: &Path) -> Result<Size, ImageError> {
    decode_geometry(path).map(|geometry| geometry.upright)
}

/// Size and orientation of a picture, from its header.
pub fn decode_geometry(path: &Path) -> Result<Geometry, ImageError> {
    let bytes = read_file(path)?;
    guarded(path, || geometry(&bytes, path))
}

fn read_file(path: &Path) -> Result<Vec<u8>, ImageError> {
    let length = fs::metadata(path).map_err(|e| ImageError::io(path, unnamed(e)))?.len();
    if length == 0 {
        return Err(ImageError::truncated(path, "the file is empty"));
    }
    if length > MAX_FILE_BYTES {
        let what = format!("a file of {} MB", length / 1_000_000);
        return Err(ImageError::unsupported(path, what, "export a smaller PNG or JPEG"));
    }
    fs::read(path).map_err(|e| ImageError::io(path, unnamed(e)))
}

/// The operating system's error without `fs_err`'s path, which [`ImageError`] already names.
fn unnamed(error: std::io::Error) -> std::io::Error {
    error.raw_os_error().map_or(error, std::io::Error::from_raw_os_error)
}

/// Runs a decoder so that a bug in it costs this one file, not the whole import.
fn guarded<T>(path: &Path, work: impl FnOnce() -> Result<T, ImageError>) -> Result<T, ImageError> {
    std::panic::catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(ImageError::damaged(path, "the decoder gave up on it")))
}

fn decode(bytes: &[u8], path: &Path, options: &ReadOptions) -> Result<Decoded, ImageError> {
    let opened = match readable_format(bytes, path)? {
        FileFormat::Tiff => tiff::open(bytes, path, options)?,
        FileFormat::Dicom => dicom::open(bytes, path, options)?,
        FileFormat::Jpeg => open_jpeg(bytes, path)?,
        FileFormat::Png => open_png(bytes, path)?,
        FileFormat::Bmp => open_with(bmp_decoder(bytes, path)?, bytes, path)?,
        _ => open_webp(bytes, path)?,
    };
    finish(opened.windowed(options), path)
}

fn geometry(bytes: &[u8], path: &Path) -> Result<Geometry, ImageError> {
    let (stored, orientation) = match readable_format(bytes, path)? {
        FileFormat::Tiff => tiff::geometry(bytes, path)?,
        FileFormat::Dicom => dicom::geometry(bytes, path)?,
        FileFormat::Jpeg => stored_geometry(jpeg_decoder(bytes, path)?),
        FileFormat::Png => png_geometry(bytes, path)?,
        FileFormat::Bmp => stored_geometry(bmp_decoder(bytes, path)?),
        _ => stored_geometry(webp_decoder(bytes, path)?),
    };
    check_size(stored, path)?;
    let code = orientation.to_exif();
    let upright = if code >= 5 { Size::new(stored.height, stored.width) } else { stored };
    Ok(Geometry { stored, upright, orientation: code })
}

fn readable_format(bytes: &[u8], path: &Path) -> Result<FileFormat, ImageError> {
    const EXPORT: &str = "export the picture as JPEG or PNG and use that file";
    match FileFormat::detect(bytes, path) {
        FileFormat::Refused(name) => {
            Err(ImageError::unsupported(path, format!("a {name} file"), EXPORT))
        }
        FileFormat::CameraRaw => {
            Err(ImageError::unsupported(path, "a camera raw file (RAW)", EXPORT))
        }
        FileFormat::Unknown => Err(ImageError::Unknown { path: path.to_owned() }),
        format => Ok(format),
    }
}

type Bytes<'a> = Cursor<&'a [u8]>;

fn png_decoder<'a>(bytes: &'a [u8], path: &Path) -> Result<PngDecoder<Bytes<'a>>, ImageError> {
    PngDecoder::with_limits(Cursor::new(bytes), limits()).map_err(|e| codec_error(path, e))
}

fn bmp_decoder<'a>(bytes: &'a [u8], path: &Path) -> Result<BmpDecoder<Bytes<'a>>, ImageError> {
    BmpDecoder::new(Cursor::new(bytes)).map_err(|e| codec_error(path, e))
}

fn webp_decoder<'a>(bytes: &'a [u8], path: &Path) -> Result<WebPDecoder<Bytes<'a>>, ImageError> {
    WebPDecoder::new(Cursor::new(bytes)).map_err(|e| codec_error(path, e))
}

fn jpeg_decoder<'a>(bytes: &'a [u8], path: &Path) -> Result<JpegDecoder<Bytes<'a>>, ImageError> {
    JpegDecoder::new(Cursor::new(bytes)).map_err(|e| codec_error(path, e))
}

fn limits() -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_ALLOCATION);
    limits
}

fn stored_geometry(mut decoder: impl ImageDecoder) -> (Size, Orientation) {
    let (width, height) = decoder.dimensions();
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    (Size::new(width as usize, height as usize), orientation)
}

fn check_size(size: Size, path: &Path) -> Result<(), ImageError> {
    if size.width == 0 || size.height == 0 {
        return Err(ImageError::damaged(path, format!("its size is {size}")));
    }
    match size.width.checked_mul(size.height) {
        Some(area) if area <= MAX_PIXELS => Ok(()),
        _ => Err(ImageError::TooLarge { path: path.to_owned(), size }),
    }
}

/// Refuses a declared size that the bytes of the file cannot fill, before memory is taken for it.
fn check_plausible(size: Size, bytes: &[u8], path: &Path) -> Result<(), ImageError> {
    check_size(size, path)?;
    if size.area() / MAX_PIXELS_PER_BYTE > bytes.len() {
        let reason = format!("{} bytes cannot hold {size} pixels", bytes.len());
        return Err(ImageError::truncated(path, reason));
    }
    Ok(())
}

fn open_png(bytes: &[u8], path: &Path) -> Result<Opened, ImageError> {
    let chunks = container::scan_png(bytes);
    if !chunks.is_complete {
        return Err(ImageError::truncated(path, CUT_OFF));
    }
    let opened = open_with(png_decoder(bytes, path)?, bytes, path)?;
    Ok(Opened { orientation: chunks.orientation, ..opened })
}

fn png_geometry(bytes: &[u8], path: &Path) -> Result<(Size, Orientation), ImageError> {
    let (size, _) = stored_geometry(png_decoder(bytes, path)?);
    Ok((size, container::scan_png(bytes).orientation))
}

fn open_webp(bytes: &[u8], path: &Path) -> Result<Opened, ImageError> {
    if !container::is_riff_complete(bytes) {
        return Err(ImageError::truncated(path, CUT_OFF));
    }
    open_with(webp_decoder(bytes, path)?, bytes, path)
}

fn open_jpeg(bytes: &[u8], path: &Path) -> Result<Opened, ImageError> {
    let structure = jpeg::scan(bytes).map_err(|reason| ImageError::damaged(path, reason))?;
    check_plausible(structure.size, bytes, path)?;
    if !structure.is_complete {
        return Err(ImageError::truncated(path, CUT_OFF));
    }
    let mut decoder = jpeg_decoder(bytes, path)?;
    if structure.components != 4 {
        return open_with(decoder, bytes, path);
    }
    let mut notes = Vec::new();
    let profile = profile_of(&mut decoder, &mut notes);
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let raster = jpeg::read_cmyk(bytes).map_err(|reason| ImageError::damaged(path, reason))?;
    Ok(Opened { notes, ..Opened::plain(raster, profile, orientation) })
}

fn open_with(
    mut decoder: impl ImageDecoder,
    bytes: &[u8],
    path: &Path,
) -> Result<Opened, ImageError> {
    let (width, height) = decoder.dimensions();
    let size = Size::new(width as usize, height as usize);
    if FileFormat::detect(bytes, path) == FileFormat::WebP {
        check_size(size, path)?;
    } else {
        check_plausible(size, bytes, path)?;
    }
    let mut notes = Vec::new();
    let profile = profile_of(&mut decoder, &mut notes);
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let picture = DynamicImage::from_decoder(decoder).map_err(|e| codec_error(path, e))?;
    let raster = into_raster(picture, size).ok_or_else(|| {
        ImageError::unsupported(path, "of an unusual pixel type", "export it as 8-bit PNG")
    })?;
    Ok(Opened { notes, ..Opened::plain(raster, profile, orientation) })
}

/// The embedded colour profile; one that cannot be read is noted.
fn profile_of(decoder: &mut impl ImageDecoder, notes: &mut Vec<DecodeNote>) -> Option<Vec<u8>> {
    decoder.icc_profile().unwrap_or_else(|error| {
        notes.push(DecodeNote::ProfileIgnored(error.to_string()));
        None
    })
}

fn into_raster(picture: DynamicImage, size: Size) -> Option<Raster> {
    let (channels, samples) = match picture {
        DynamicImage::ImageLuma8(p) => (Channels::Gray, Samples::U8(p.into_raw())),
        DynamicImage::ImageLumaA8(p) => (Channels::GrayAlpha, Samples::U8(p.into_raw())),
        DynamicImage::ImageRgb8(p) => (Channels::Rgb, Samples::U8(p.into_raw())),
        DynamicImage::ImageRgba8(p) => (Channels::Rgba, Samples::U8(p.into_raw())),
        DynamicImage::ImageLuma16(p) => (Channels::Gray, Samples::U16(p.into_raw())),
        DynamicImage::ImageLumaA16(p) => (Channels::GrayAlpha, Samples::U16(p.into_raw())),
        DynamicImage::ImageRgb16(p) => (Channels::Rgb, Samples::U16(p.into_raw())),
        DynamicImage::ImageRgba16(p) => (Channels::Rgba, Samples::U16(p.into_raw())),
        _ => return None,
    };
    Some(Raster { size, channels, samples })
}

/// From stored channels to the upright sRGB picture.
fn finish(opened: Opened, path: &Path) -> Result<Decoded, ImageError> {
    let Opened { raster, profile, orientation, spacing, is_made, mut notes } = opened;
    let size = raster.size;
    let raster = raster.without_alpha(&mut notes);
    let rgb = color::to_srgb(raster, profile.as_deref(), &mut notes);
    let (size, rgb) = upright(size, rgb, orientation, path)?;
    if orientation != Orientation::NoTransforms {
        notes.push(DecodeNote::Oriented(orientation.to_exif()));
    }
    let image = Image::new(size, rgb).map_err(|e| ImageError::damaged(path, e.to_string()))?;
    let is_turned = orientation.to_exif() >= 5;
    let spacing =
        spacing.map(|[rows, columns]| if is_turned { [columns, rows] } else { [rows, columns] });
    Ok(Decoded { image, spacing, is_made, notes })
}

fn upright(
    size: Size,
    rgb: Vec<u8>,
    orientation: Orientation,
    path: &Path,
) -> Result<(Size, Vec<u8>), ImageError> {
    if orientation == Orientation::NoTransforms {
        return Ok((size, rgb));
    }
    let buffer = image_codecs::RgbImage::from_raw(size.width as u32, size.height as u32, rgb)
        .ok_or_else(|| ImageError::damaged(path, "its pixels do not fill its size"))?;
    let mut picture = DynamicImage::ImageRgb8(buffer);
    picture.apply_orientation(orientation);
    let size = Size::new(picture.width() as usize, picture.height() as usize);
    Ok((size, picture.into_rgb8().into_raw()))
}

fn codec_error(path: &Path, error: CodecError) -> ImageError {
    const EXPORT: &str = "export the picture again as PNG or JPEG";
    match error {
        CodecError::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            ImageError::truncated(path, "it ends in the middle of its data")
        }
        CodecError::IoError(source) => ImageError::io(path, source),
        CodecError::Unsupported(e) => {
            ImageError::unsupported(path, format!("of a kind ({e})"), EXPORT)
        }
        CodecError::Limits(_) => {
            ImageError::unsupported(path, "a picture larger than 4 GB in memory", EXPORT)
        }
        other => ImageError::damaged(path, other.to_string()),
    }
}

#[cfg(test)]
mod tests;
