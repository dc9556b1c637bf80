//! Channels of a TIFF file that the user has chosen: samples of its pixels, or pages of one sample each.

use std::borrow::Cow;
use std::path::Path;

use tiff::decoder::DecodingResult;
use tiff::tags::Tag;

use super::{
    EXPORT, Reader, SAY_WINDOW, count_pages, limits, orientation_of, reader, refuse_preview,
    resolution, samples_of, size_of, tiff_error,
};
use crate::image::decode::raster::{Channels, Raster, Samples};
use crate::image::decode::{
    DecodeNote, MAX_ALLOCATION, MAX_PIXELS_PER_BYTE, Opened, WindowSource, check_plausible,
};
use crate::image::{ChannelMap, ImageError, Size, Window};

const PHOTOMETRIC: u64 = 262;
const SAMPLES_PER_PIXEL: u64 = 277;

/// Reads three channels as red, green and blue.
pub(super) fn open(
    bytes: &[u8],
    path: &Path,
    map: ChannelMap,
    window: Option<Window>,
) -> Result<Opened, ImageError> {
    let bytes = &*as_bands(bytes);
    let mut first = reader(bytes, path)?;
    let size = size_of(&mut first, path)?;
    check_plausible(size, bytes, path)?;
    refuse_preview(&mut first, path)?;
    let (samples, orientation) = (samples_of(&mut first), orientation_of(&mut first));
    let mut notes = Vec::new();
    let spacing = resolution::spacing(&mut first, &mut notes);
    let pages = count_pages(&mut first);
    let of = if samples > 1 { samples } else { pages };
    if let Some(missing) = map.indices().iter().find(|index| **index >= of) {
        let what = format!("a TIFF file of {of} channels, without channel {}", missing + 1);
        return Err(ImageError::unsupported(path, what, "choose among the channels there are"));
    }
    if of > 1 {
        notes.push(DecodeNote::ChannelsOf { chosen: map.to_string(), of });
    }
    let source = Source { bytes, path, size, samples, window };
    let planes = if samples > 1 { source.of_samples(map)? } else { source.of_pages(map)? };
    let (samples, is_windowed) = interleave(planes)
        .ok_or_else(|| ImageError::damaged(path, "its pages are not of one kind"))?;
    if is_windowed {
        notes.push(DecodeNote::Windowed(WindowSource::Stated));
    }
    let raster = Raster { size, channels: Channels::Rgb, samples };
    Ok(Opened { spacing, is_made: true, notes, ..Opened::plain(raster, None, orientation) })
}

/// One channel, and whether it went through the window.
struct Plane {
    samples: Samples,
    is_windowed: bool,
}

struct Source<'a> {
    bytes: &'a [u8],
    path: &'a Path,
    size: Size,
    samples: usize,
    window: Option<Window>,
}

impl Source<'_> {
    fn of_samples(&self, map: ChannelMap) -> Result<[Plane; 3], ImageError> {
        let count = self.size.area().saturating_mul(self.samples);
        if count / MAX_PIXELS_PER_BYTE > self.bytes.len() {
            return Err(ImageError::truncated(self.path, "its channels cannot be in it"));
        }
        if count as u64 > MAX_ALLOCATION / 8 {
            let what = format!("a TIFF file of {} channels and {} pixels", self.samples, self.size);
            return Err(ImageError::unsupported(self.path, what, EXPORT));
        }
        let (values, planes) = self.read(reader(self.bytes, self.path)?, self.samples)?;
        let (step, stride) = if planes > 1 { (1, self.size.area()) } else { (self.samples, 1) };
        let [r, g, b] = map.indices().map(|index| self.plane(&values, index * stride, step));
        Ok([r?, g?, b?])
    }

    fn of_pages(&self, map: ChannelMap) -> Result<[Plane; 3], ImageError> {
        let [r, g, b] = map.indices().map(|index| {
            let mut reader = reader(self.bytes, self.path)?;
            reader.seek_to_image(index).map_err(|e| tiff_error(self.path, e))?;
            let (size, samples) = (size_of(&mut reader, self.path)?, samples_of(&mut reader));
            if size != self.size || samples != 1 {
                let reason = format!("page {} is not like the first", index + 1);
                return Err(ImageError::damaged(self.path, reason));
            }
            let (values, _) = self.read(reader, 1)?;
            self.plane(&values, 0, 1)
        });
        Ok([r?, g?, b?])
    }

    /// All samples of a page, and in how many planes they lie.
    fn read(
        &self,
        reader: Reader<'_>,
        samples: usize,
    ) -> Result<(DecodingResult, usize), ImageError> {
        let mut reader = reader.with_limits(limits(self.size, samples.max(4), self.bytes));
        let mut values = DecodingResult::U8(Vec::new());
        let layout = reader.read_image_to_buffer(&mut values);
        let layout = layout.map_err(|e| tiff_error(self.path, e))?;
        Ok((values, layout.planes))
    }

    fn plane(
        &self,
        values: &DecodingResult,
        start: usize,
        step: usize,
    ) -> Result<Plane, ImageError> {
        let place = Place { start, step, count: self.size.area() };
        let samples = match (values, self.window) {
            (DecodingResult::U8(values), _) => place.pick(values, |v| v).map(Samples::U8),
            (DecodingResult::U16(values), None) => place.pick(values, |v| v).map(Samples::U16),
            (values, Some(window)) => place.shades(values, window).map(Samples::U8),
            _ => {
                let what = "a TIFF file of numbers that are not 8 or 16 unsigned bits";
                return Err(ImageError::unsupported(self.path, what, SAY_WINDOW));
            }
        };
        let samples = samples
            .ok_or_else(|| ImageError::damaged(self.path, "its pixels do not fill its size"))?;
        let is_windowed = self.window.is_some() && !matches!(values, DecodingResult::U8(_));
        Ok(Plane { samples, is_windowed })
    }
}

/// Where the values of a channel lie among all.
#[derive(Clone, Copy)]
struct Place {
    start: usize,
    step: usize,
    count: usize,
}

impl Place {
    /// The channel; `None` if it does not lie within.
    fn pick<T: Copy, U>(self, values: &[T], to: impl Fn(T) -> U) -> Option<Vec<U>> {
        let picked = values.get(self.start..)?.iter().step_by(self.step).take(self.count);
        let picked: Vec<U> = picked.map(|value| to(*value)).collect();
        (picked.len() == self.count).then_some(picked)
    }

    /// The same through a window, whatever the numbers are.
    fn shades(self, values: &DecodingResult, window: Window) -> Option<Vec<u8>> {
        match values {
            DecodingResult::U8(v) => self.pick(v, |v| window.shade(f64::from(v))),
            DecodingResult::U16(v) => self.pick(v, |v| window.shade(f64::from(v))),
            DecodingResult::U32(v) => self.pick(v, |v| window.shade(f64::from(v))),
            DecodingResult::U64(v) => self.pick(v, |v| window.shade(v as f64)),
            DecodingResult::I8(v) => self.pick(v, |v| window.shade(f64::from(v))),
            DecodingResult::I16(v) => self.pick(v, |v| window.shade(f64::from(v))),
            DecodingResult::I32(v) => self.pick(v, |v| window.shade(f64::from(v))),
            DecodingResult::I64(v) => self.pick(v, |v| window.shade(v as f64)),
            DecodingResult::F16(v) => self.pick(v, |v| window.shade(f64::from(v))),
            DecodingResult::F32(v) => self.pick(v, |v| window.shade(f64::from(v))),
            DecodingResult::F64(v) => self.pick(v, |v| window.shade(v)),
        }
    }
}

/// Three channels as pixels; `None` if they are of different kinds.
fn interleave([r, g, b]: [Plane; 3]) -> Option<(Samples, bool)> {
    let is_windowed = r.is_windowed;
    let samples = match (r.samples, g.samples, b.samples) {
        (Samples::U8(r), Samples::U8(g), Samples::U8(b)) => Samples::U8(pixels(&r, &g, &b)),
        (Samples::U16(r), Samples::U16(g), Samples::U16(b)) => Samples::U16(pixels(&r, &g, &b)),
        _ => return None,
    };
    Some((samples, is_windowed))
}

fn pixels<T: Copy>(r: &[T], g: &[T], b: &[T]) -> Vec<T> {
    r.iter().zip(g).zip(b).flat_map(|((r, g), b)| [*r, *g, *b]).collect()
}

/// The file with its first page called grey if it is called RGB and has more than three samples: the
/// library gives all samples of grey pixels, but drops those beyond the colours of others.
fn as_bands(bytes: &[u8]) -> Cow<'_, [u8]> {
    let page = FirstPage::of(bytes);
    let entry = |tag| page.as_ref().and_then(|page| page.short(tag));
    match (entry(PHOTOMETRIC), entry(SAMPLES_PER_PIXEL)) {
        (Some((place, 2)), Some((_, samples))) if samples > 3 => {
            let mut bytes = bytes.to_vec();
            let low = if bytes.starts_with(b"MM") { place + 1 } else { place };
            bytes[low] = 1;
            bytes.into()
        }
        _ => bytes.into(),
    }
}

/// The table of entries of a file's first page.
struct FirstPage<'a> {
    bytes: &'a [u8],
    is_big_endian: bool,
    /// Whether offsets have 64 bits.
    is_long: bool,
    entries: usize,
    start: usize,
}

impl<'a> FirstPage<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let is_big_endian = bytes.starts_with(b"MM");
        let number = |at, length| number(bytes, at, length, is_big_endian);
        let is_long = number(2, 2)? == 43;
        let at = usize::try_from(if is_long { number(8, 8)? } else { number(4, 4)? }).ok()?;
        let width = if is_long { 8 } else { 2 };
        let entries = usize::try_from(number(at, width)?).ok()?;
        Some(Self { bytes, is_big_endian, is_long, entries, start: at.checked_add(width)? })
    }

    /// Place and value of an entry that holds one 16-bit number.
    fn short(&self, tag: u64) -> Option<(usize, u64)> {
        let (length, value) = if self.is_long { (20, 12) } else { (12, 8) };
        let number = |at, length| number(self.bytes, at, length, self.is_big_endian);
        // a file cannot have more entries than bytes
        let places = (0..self.entries.min(self.bytes.len())).map(|i| self.start + i * length);
        let place = places
            .take_while(|at| at + length <= self.bytes.len())
            .find(|at| number(*at, 2) == Some(tag) && number(at + 2, 2) == Some(3))?;
        Some((place + value, number(place + value, 2)?))
    }
}

fn number(bytes: &[u8], at: usize, length: usize, is_big_endian: bool) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(length)?)?;
    let add = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
    Some(if is_big_endian { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) })
}

/// Whether a page has numbers that only a window makes into shades.
pub(super) fn needs_window(reader: &mut Reader<'_>) -> bool {
    let mut numbers =
        |tag| reader.find_tag_unsigned_vec::<u16>(tag).ok().flatten().unwrap_or_default();
    let bits = numbers(Tag::BitsPerSample);
    let formats = numbers(Tag::SampleFormat);
    bits.iter().any(|bits| *bits > 8) || formats.iter().any(|format| *format != 1)
}
