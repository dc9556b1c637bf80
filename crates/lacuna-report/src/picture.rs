//! Pictures to bytes: scaling to a display width, PNG, JPEG and data URIs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::imageops::{self, FilterType as Resampling};
use image::{ExtendedColorType, ImageEncoder as _, ImageError, RgbImage};
use lacuna_data::{Image, Size};

use crate::error::ReportError;

/// JPEG quality of photographs in reports: high enough that mask borders stay clean.
const JPEG_QUALITY: u8 = 88;
/// A picture with at most this many colours is drawn, not photographed, and kept as PNG.
const FEW_COLORS: usize = 300;

/// The picture as PNG bytes.
pub fn encode_png(image: &Image) -> Result<Vec<u8>, ReportError> {
    let mut bytes = Vec::new();
    let encoder =
        PngEncoder::new_with_quality(&mut bytes, CompressionType::Default, FilterType::Adaptive);
    let Size { width, height } = image.size();
    encoder
        .write_image(image.rgb(), width as u32, height as u32, ExtendedColorType::Rgb8)
        .map_err(|source| encode_error(image, "PNG", source))?;
    Ok(bytes)
}

/// The picture as JPEG bytes of `quality` 1 to 100.
pub fn encode_jpeg(image: &Image, quality: u8) -> Result<Vec<u8>, ReportError> {
    let mut bytes = Vec::new();
    let Size { width, height } = image.size();
    JpegEncoder::new_with_quality(&mut bytes, quality.clamp(1, 100))
        .write_image(image.rgb(), width as u32, height as u32, ExtendedColorType::Rgb8)
        .map_err(|source| encode_error(image, "JPEG", source))?;
    Ok(bytes)
}

fn encode_error(image: &Image, format: &'static str, source: ImageError) -> ReportError {
    ReportError::Encode { size: image.size(), format, source }
}

/// A `data:` address that holds the picture: drawn pictures as PNG, photographs as JPEG.
pub(crate) fn data_uri(image: &Image) -> Result<String, ReportError> {
    let (kind, bytes) = if has_few_colors(image) {
        ("png", encode_png(image)?)
    } else {
        ("jpeg", encode_jpeg(image, JPEG_QUALITY)?)
    };
    Ok(format!("data:image/{kind};base64,{}", STANDARD.encode(bytes)))
}

fn has_few_colors(image: &Image) -> bool {
    let mut seen = std::collections::BTreeSet::new();
    image.rgb().chunks_exact(3).all(|color| {
        seen.insert([color[0], color[1], color[2]]);
        seen.len() <= FEW_COLORS
    })
}

/// Scales to `width` columns, keeping the aspect ratio.
pub(crate) fn resize_to_width(image: &Image, width: usize) -> Image {
    let from = image.size();
    let height = from.height as f64 * width as f64 / from.width.max(1) as f64;
    scale(image, Size::new(width, height.round().max(1.0) as usize))
}

fn scale(image: &Image, to: Size) -> Image {
    let from = image.size();
    if from.area() == 0 || to.area() == 0 || to == from {
        return image.clone();
    }
    let filter = if to.area() < from.area() { Resampling::Triangle } else { Resampling::Nearest };
    let buffer = RgbImage::from_raw(from.width as u32, from.height as u32, image.rgb().to_vec());
    // Image guarantees the length, so both conversions hold.
    let Some(buffer) = buffer else { return image.clone() };
    let resized = imageops::resize(&buffer, to.width as u32, to.height as u32, filter);
    Image::new(to, resized.into_raw()).unwrap_or_else(|_| image.clone())
}

/// Scales to `width` columns, or to `height` rows if it would be higher, keeping the aspect ratio.
///
/// Reduction averages over the footprint of each new pixel (triangle filter); enlargement repeats
/// pixels, so that a small map shows the pixels it has.
pub fn resize_to_fit(image: &Image, width: usize, height: usize) -> Image {
    let from = image.size();
    let would_be = from.height as f64 * width as f64 / from.width.max(1) as f64;
    if would_be <= height as f64 {
        return resize_to_width(image, width);
    }
    let narrow = from.width as f64 * height as f64 / from.height as f64;
    if narrow >= 1.0 {
        return resize_to_width(image, narrow as usize);
    }
    // Thinner than a pixel at this height: keep one column.
    scale(image, Size::new(1, height.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_keep_the_aspect_ratio() {
        let table = [
            ((8, 4), 4, (4, 2)),   // halved
            ((8, 4), 16, (16, 8)), // doubled
            ((8, 4), 8, (8, 4)),   // as it is
            ((900, 1), 9, (9, 1)), // never less than one row
            ((0, 0), 9, (0, 0)),   // nothing to scale
        ];
        for ((w, h), width, (w2, h2)) in table {
            let image = Image::filled(Size::new(w, h), [10, 20, 30]);
            let resized = resize_to_width(&image, width);
            assert_eq!(resized.size(), Size::new(w2, h2));
            assert!(resized.rgb().chunks_exact(3).all(|c| c == [10, 20, 30]));
        }
    }

    #[test]
    fn pictures_fit_their_box() {
        let table = [
            ((8, 4), (4, 9), (4, 2)),            // as wide as allowed
            ((4, 8), (4, 4), (2, 4)),            // as high as allowed
            ((1, 20_000), (100, 300), (1, 300)), // a column stays a column
            ((20_000, 1), (100, 300), (100, 1)),
            ((1, 1), (100, 300), (100, 100)),
        ];
        for ((w, h), (width, height), (w2, h2)) in table {
            let image = Image::filled(Size::new(w, h), [10, 20, 30]);
            assert_eq!(resize_to_fit(&image, width, height).size(), Size::new(w2, h2), "{w}×{h}");
        }
    }

    #[test]
    fn enlargement_repeats_and_reduction_averages() {
        let image = Image::new(Size::new(2, 1), vec![0, 0, 0, 200, 200, 200]).unwrap();
        assert_eq!(resize_to_width(&image, 4).pixel(1, 0), [0; 3]);
        assert_eq!(resize_to_width(&image, 4).pixel(2, 0), [200; 3]);
        assert_eq!(resize_to_width(&image, 1).pixel(0, 0), [100; 3]);
    }

    #[test]
    fn png_round_trips_and_is_stable() {
        let rgb: Vec<u8> = (0..5 * 7 * 3).map(|i| (i * 37 % 256) as u8).collect();
        let image = Image::new(Size::new(5, 7), rgb.clone()).unwrap();
        let bytes = encode_png(&image).unwrap();
        assert_eq!(bytes, encode_png(&image).unwrap());
        let decoded = image::load_from_memory(&bytes).unwrap().to_rgb8();
        assert_eq!((decoded.width(), decoded.height()), (5, 7));
        assert_eq!(decoded.into_raw(), rgb);
    }

    #[test]
    fn drawn_pictures_stay_png_and_photographs_become_jpeg() {
        let flat = Image::filled(Size::new(40, 40), [1, 2, 3]);
        assert!(data_uri(&flat).unwrap().starts_with("data:image/png;base64,"));
        let noise = (0..40 * 40 * 3).map(|i: u32| (i.wrapping_mul(2_654_435_761) >> 24) as u8);
        let photo = Image::new(Size::new(40, 40), noise.collect()).unwrap();
        assert!(data_uri(&photo).unwrap().starts_with("data:image/jpeg;base64,"));
    }

    #[test]
    fn an_empty_picture_is_an_error() {
        let empty = Image::filled(Size::new(0, 0), [0; 3]);
        assert!(encode_png(&empty).is_err());
    }
}
