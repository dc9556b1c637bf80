//! The pages of a spectral TIFF file, one a band.

use std::io::Cursor;
use std::panic::AssertUnwindSafe;
use std::path::Path;

use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::Tag;

use super::observer;
use crate::formats::Problem;
use crate::formats::text_file::{read_bytes, wrong};
use crate::image::{DecodeNote, Image, MAX_PIXELS, Size};

const WAVELENGTHS: Tag = Tag::Unknown(65_000);
/// More pages than any camera has bands.
const MAX_PAGES: usize = 4096;
/// No compression makes more pixels of a byte.
const MAX_PIXELS_PER_BYTE: usize = 10_000;

pub(super) type Reader<'a> = Decoder<Cursor<&'a [u8]>>;

/// The picture of a spectral file: its RGB page, else rendered from its bands; with notes on how.
pub(super) fn picture(path: &Path) -> Result<(Image, Vec<String>), Problem> {
    let bytes = read_bytes(path)?;
    guarded(path, || {
        let (size, wavelengths, has_rgb) = survey(&bytes, path)?;
        if has_rgb {
            let decoded = Image::open(path)?;
            let others = |note: &&DecodeNote| !matches!(note, DecodeNote::FirstPageOf(_));
            let mut notes = vec!["the RGB page of a spectral file".to_owned()];
            notes.extend(decoded.notes.iter().filter(others).map(ToString::to_string));
            return Ok((decoded.image, notes));
        }
        let note = "rendered from spectral bands (CIE 1931 2° observer, D65)".to_owned();
        Ok((render(&bytes, path, size, &wavelengths)?, vec![note]))
    })
}

/// Opens a file in memory with limits that fit its first page.
pub(super) fn open<'a>(bytes: &'a [u8], path: &Path) -> Result<(Reader<'a>, Size), Problem> {
    let error = |e: tiff::TiffError| wrong(path, e);
    let mut reader = Decoder::new(Cursor::new(bytes)).map_err(error)?;
    let (width, height) = reader.dimensions().map_err(error)?;
    let size = Size::new(width as usize, height as usize);
    let area = size.width.checked_mul(size.height).filter(|area| *area <= MAX_PIXELS);
    match area {
        Some(area) if area / MAX_PIXELS_PER_BYTE <= bytes.len() => {
            let mut limits = Limits::default();
            limits.decoding_buffer_size = (area * 4).max(1 << 20);
            limits.intermediate_buffer_size = area * 4 + (64 << 20);
            Ok((reader.with_limits(limits), size))
        }
        _ => Err(wrong(path, format!("{} bytes cannot hold {size} pixels", bytes.len()))),
    }
}

/// Goes to the next page, which must be of the same size; false after the last. Pages that share their bytes
/// could be more pixels than anybody waits for.
pub(super) fn next(
    reader: &mut Reader<'_>,
    size: Size,
    page: usize,
    path: &Path,
) -> Result<bool, Problem> {
    if !reader.more_images() {
        return Ok(false);
    }
    if page >= MAX_PAGES {
        return Err(wrong(path, format!("more than {MAX_PAGES} pages")));
    }
    let bytes = reader.inner().get_ref().len();
    if size.area().saturating_mul(page + 1) / MAX_PIXELS_PER_BYTE > bytes {
        let reason = format!("{bytes} bytes cannot hold {} pages of {size} pixels", page + 1);
        return Err(wrong(path, reason));
    }
    reader.next_image().map_err(|e| wrong(path, e))?;
    let (width, height) = reader.dimensions().map_err(|e| wrong(path, e))?;
    let found = Size::new(width as usize, height as usize);
    if found != size {
        return Err(wrong(path, format!("page {} is {found} pixels, the first {size}", page + 1)));
    }
    Ok(true)
}

/// Runs a decoder so that a bug in it costs this one file, not the whole import.
pub(super) fn guarded<T>(
    path: &Path,
    work: impl FnOnce() -> Result<T, Problem>,
) -> Result<T, Problem> {
    std::panic::catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(wrong(path, "the decoder gave up on it")))
}

/// Size, wavelengths in the order of the pages, and whether the first page is an RGB picture.
fn survey(bytes: &[u8], path: &Path) -> Result<(Size, Vec<f32>, bool), Problem> {
    let (mut reader, size) = open(bytes, path)?;
    let has_rgb = samples(&mut reader) == 3;
    let mut wavelengths: Option<Vec<f32>> = None;
    let (mut page, mut bands) = (0, 0);
    loop {
        if page > 0 || !has_rgb {
            bands += 1;
            let tag = reader.find_tag(WAVELENGTHS).map_err(|e| wrong(path, e))?;
            let list = tag.map(tiff::decoder::ifd::Value::into_f32_vec).transpose();
            match (&wavelengths, list.map_err(|e| wrong(path, e))?) {
                (Some(first), Some(list)) if *first != list => {
                    let reason = format!("page {} has other wavelengths than before", page + 1);
                    return Err(wrong(path, reason));
                }
                (None, Some(list)) => wavelengths = Some(list),
                (None, None) => return Err(wrong(path, "its first band has no wavelengths")),
                _ => {}
            }
        }
        page += 1;
        if !next(&mut reader, size, page, path)? {
            break;
        }
    }
    let wavelengths = wavelengths.unwrap_or_default();
    check(&wavelengths, bands, path)?;
    Ok((size, wavelengths, has_rgb))
}

fn samples(reader: &mut Reader<'_>) -> u16 {
    reader.find_tag_unsigned(Tag::SamplesPerPixel).ok().flatten().unwrap_or(1)
}

/// As many wavelengths as bands, rising or falling.
fn check(wavelengths: &[f32], bands: usize, path: &Path) -> Result<(), Problem> {
    if wavelengths.len() != bands {
        let reason = format!("{bands} bands, but {} wavelengths", wavelengths.len());
        return Err(wrong(path, reason));
    }
    let rises = |sign: f32| wavelengths.windows(2).all(|pair| (pair[1] - pair[0]) * sign > 0.0);
    let are_numbers = wavelengths.iter().all(|wavelength| wavelength.is_finite());
    if are_numbers && (rises(1.0) || rises(-1.0)) {
        return Ok(());
    }
    Err(wrong(path, "its wavelengths neither rise nor fall"))
}

fn render(bytes: &[u8], path: &Path, size: Size, wavelengths: &[f32]) -> Result<Image, Problem> {
    let (mut reader, _) = open(bytes, path)?;
    let mut xyz = vec![[0.0f64; 3]; size.area()];
    for (page, weight) in observer::weights(wavelengths).iter().enumerate() {
        if page > 0 {
            next(&mut reader, size, page, path)?;
        }
        // what nobody sees need not be decoded
        if weight.iter().all(|weight| *weight == 0.0) {
            continue;
        }
        add_band(&mut reader, path, weight, &mut xyz)?;
    }
    let rgb = xyz.into_iter().flat_map(observer::srgb).collect();
    Image::new(size, rgb).map_err(|e| wrong(path, e))
}

/// Adds a band of float32, or of uint16 as shares of 65535.
fn add_band(
    reader: &mut Reader<'_>,
    path: &Path,
    weight: &[f64; 3],
    xyz: &mut [[f64; 3]],
) -> Result<(), Problem> {
    if samples(reader) != 1 {
        return Err(wrong(path, "a page that is neither the picture nor one band"));
    }
    let pixels = xyz.len();
    let mut add = |values: &mut dyn Iterator<Item = f64>| {
        for (sum, value) in xyz.iter_mut().zip(values) {
            *sum = std::array::from_fn(|axis| sum[axis] + weight[axis] * value);
        }
    };
    let values = reader.read_image().map_err(|e| wrong(path, e))?;
    match values {
        DecodingResult::F32(values) if values.len() == pixels => {
            add(&mut values.iter().map(|value| f64::from(*value)));
        }
        DecodingResult::U16(values) if values.len() == pixels => {
            add(&mut values.iter().map(|value| f64::from(*value) / 65535.0));
        }
        _ => return Err(wrong(path, "a band that is neither float32 nor uint16")),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::formats::test_data::{real_data, reference};

    #[derive(Deserialize)]
    struct Reference {
        width: usize,
        height: usize,
        rgb: Vec<u8>,
    }

    #[test]
    fn the_picture_is_the_rgb_page_if_there_is_one() {
        let path = reference("odsi_db/nuance51_desc_uint16.tif");
        let (image, notes) = picture(&path).unwrap();
        assert_eq!(image, Image::open(&path).unwrap().image);
        assert_eq!(notes, ["the RGB page of a spectral file"]);
    }

    #[test]
    fn bands_are_rendered_as_colour_science_does() {
        let Some(data) = real_data("bands_are_rendered_as_colour_science_does") else { return };
        let text = fs_err::read_to_string(reference("cie1931.json")).unwrap();
        let expected: Reference = serde_json::from_str(&text).unwrap();
        let path = data.join("fixtures/odsi_db/specim204_norgb.tif");
        let (image, notes) = picture(&path).unwrap();
        assert_eq!(image.size(), Size::new(expected.width, expected.height));
        for (found, expected) in image.rgb().iter().zip(&expected.rgb) {
            assert!(found.abs_diff(*expected) <= 1, "{found} {expected}");
        }
        assert!(notes[0].contains("rendered"));
    }

    #[test]
    fn repeated_wavelengths_must_agree() {
        let Some(data) = real_data("repeated_wavelengths_must_agree") else { return };
        let path = data.join("fixtures/odsi_db/dup_tags.tif");
        picture(&path).unwrap();
        // the second copy of the list is found by its bytes and spoilt
        let mut bytes = fs_err::read(&path).unwrap();
        let list = [450.0f32, 460.0].map(f32::to_le_bytes).concat();
        let at: Vec<usize> = (0..bytes.len() - 8).filter(|i| bytes[*i..*i + 8] == list).collect();
        assert!(at.len() > 1);
        bytes[at[1]..at[1] + 4].copy_from_slice(&451.0f32.to_le_bytes());
        let folder = tempfile::tempdir().unwrap();
        let spoilt = folder.path().join("x.tif");
        fs_err::write(&spoilt, bytes).unwrap();
        let error = picture(&spoilt).unwrap_err().message;
        assert!(error.contains("x.tif`: page 3 has other wavelengths"), "{error}");
    }

    #[test]
    fn wavelengths_are_as_many_as_bands_and_sorted() {
        let table: [(&[f32], usize, bool); 6] = [
            (&[450.0, 460.0], 2, true),
            (&[460.0, 450.0], 2, true),
            (&[450.0, 460.0], 3, false),
            (&[450.0, 460.0, 455.0], 3, false),
            (&[450.0, 450.0], 2, false),
            (&[450.0, f32::NAN], 2, false),
        ];
        for (wavelengths, bands, is_good) in table {
            assert_eq!(check(wavelengths, bands, Path::new("f")).is_ok(), is_good);
        }
    }
}
