//! Pictures as a browser shows them.

use std::io::Cursor;
use std::path::Path;

use fs_err as fs;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder, RgbImage};
use lacuna_data::image::decode_geometry;
use lacuna_data::{Case, Dataset, Image, Size};

use crate::problem::Problem;

/// Longest side of a thumbnail.
const THUMBNAIL: u32 = 256;
const THUMBNAIL_QUALITY: u8 = 80;
/// Formats that every browser shows as they are.
const SHOWN: [(&str, &str); 4] =
    [("jpg", "image/jpeg"), ("jpeg", "image/jpeg"), ("png", "image/png"), ("webp", "image/webp")];

/// A picture file in memory.
pub(crate) struct PictureFile {
    pub(crate) kind: &'static str,
    pub(crate) bytes: Vec<u8>,
}

/// The case's picture, upright and of the size that annotations have: the file itself where a browser shows it so, else
/// a PNG of what training sees.
pub(crate) fn display(dataset: &Dataset, case: &Case) -> Result<PictureFile, Problem> {
    let path = dataset.image_path(case);
    if let Some(kind) = shown_as(&path) {
        let bytes = fs::read(&path).map_err(|e| Problem::failed(&e))?;
        return Ok(PictureFile { kind, bytes });
    }
    let image = dataset.load_image(case)?;
    let mut bytes = Vec::new();
    let encoder =
        PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Adaptive);
    encode(encoder, &image)?;
    Ok(PictureFile { kind: "image/png", bytes })
}

/// A small JPEG of the case's picture.
pub(crate) fn thumbnail(dataset: &Dataset, case: &Case) -> Result<PictureFile, Problem> {
    let image = dataset.load_image(case)?;
    let Size { width, height } = image.size();
    let rgb = RgbImage::from_raw(width as u32, height as u32, image.rgb().to_vec());
    let rgb = rgb.ok_or_else(|| Problem::invalid("the picture is empty"))?;
    let longest = (width.max(height) as u32).max(1);
    let scale = f64::from(THUMBNAIL.min(longest)) / f64::from(longest);
    let side = |length: usize| ((length as f64 * scale).round() as u32).max(1);
    let small = image::imageops::thumbnail(&rgb, side(width), side(height));
    let mut bytes = Cursor::new(Vec::new());
    JpegEncoder::new_with_quality(&mut bytes, THUMBNAIL_QUALITY)
        .encode_image(&small)
        .map_err(|e| Problem::failed(&e))?;
    Ok(PictureFile { kind: "image/jpeg", bytes: bytes.into_inner() })
}

/// A picture's identity for a browser's cache: it changes when the file does.
pub(crate) fn tag(dataset: &Dataset, case: &Case) -> Option<String> {
    let file = fs::metadata(dataset.image_path(case)).ok()?;
    let time = file.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(format!("\"{:x}-{:x}\"", time.as_nanos(), file.len()))
}

/// 8-bit values `[height, width]` as a grey PNG.
pub(crate) fn grey_png(size: Size, values: &[u8]) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Adaptive)
        .write_image(values, size.width as u32, size.height as u32, ExtendedColorType::L8)
        .map_err(|e| Problem::failed(&e))?;
    Ok(bytes)
}

fn encode(encoder: impl ImageEncoder, image: &Image) -> Result<(), Problem> {
    let Size { width, height } = image.size();
    encoder
        .write_image(image.rgb(), width as u32, height as u32, ExtendedColorType::Rgb8)
        .map_err(|e| Problem::failed(&e))
}

/// The kind of a file that a browser shows as annotations see it: not turned by its own metadata.
fn shown_as(path: &Path) -> Option<&'static str> {
    let extension = path.extension()?.to_string_lossy().to_lowercase();
    let (_, kind) = SHOWN.iter().find(|(known, _)| *known == extension)?;
    let geometry = decode_geometry(path).ok()?;
    (geometry.orientation == 1).then_some(kind)
}
