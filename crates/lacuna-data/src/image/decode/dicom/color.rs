//! Colours: palettes, RGB and luminance with two differences.

use super::Fault;
use super::frame::{Cells, Frame, Photometric};
use super::header::{Header, PALETTE_SHAPES, PALETTES};
use crate::image::decode::jpeg::ycc_to_rgb;

/// Interleaved RGB bytes.
pub(super) fn rgb(frame: &Frame, header: &Header<'_>, cells: &Cells<'_>) -> Result<Vec<u8>, Fault> {
    let pixels = 0..frame.size.area();
    let samples = |i: usize| [0, 1, 2].map(|sample| cells.get(i, sample));
    if matches!(frame.photometric, Photometric::Ybr | Photometric::Ybr422) && frame.bits.stored != 8
    {
        let what = format!("a DICOM file in YBR_FULL of {} bits", frame.bits.stored);
        return Err(Fault::Unsupported(what));
    }
    Ok(match frame.photometric {
        Photometric::Palette => {
            let palette = Palette::of(header)?;
            pixels.flat_map(|i| palette.color(frame.bits.value(cells.get(i, 0)))).collect()
        }
        Photometric::Ybr => pixels.flat_map(|i| ycc_to_rgb(samples(i).map(|v| v as u8))).collect(),
        Photometric::Ybr422 => pixels.flat_map(|i| ycc_to_rgb(halved(cells, i))).collect(),
        _ => {
            let largest = frame.bits.largest();
            let byte = |cell| scaled(frame.bits.value(cell).max(0) as u32, largest);
            pixels.flat_map(|i| samples(i).map(byte)).collect()
        }
    })
}

/// Of two pixels there are both luminances, then the two differences that they share.
fn halved(cells: &Cells<'_>, pixel: usize) -> [u8; 3] {
    let pair = pixel / 2 * 4;
    [pair + pixel % 2, pair + 2, pair + 3].map(|index| cells.at(index) as u8)
}

fn scaled(value: u32, largest: u32) -> u8 {
    ((value * 255 + largest / 2) / largest) as u8
}

/// Three tables of shades.
struct Palette {
    /// The value that has the first entry.
    first: i32,
    shades: [Vec<u8>; 3],
}

impl Palette {
    fn of(header: &Header<'_>) -> Result<Self, Fault> {
        let shape = header.numbers(PALETTE_SHAPES[0]);
        let &[entries, first, bits] = shape.as_slice() else {
            return Err(Fault::Damaged("it has no palette".to_owned()));
        };
        if PALETTE_SHAPES.iter().any(|tag| header.numbers(*tag) != shape) {
            return Err(Fault::Damaged("its three palettes do not fit each other".to_owned()));
        }
        // 16 bits cannot hold 65536
        let entries = if entries == 0 { 1 << 16 } else { usize::from(entries) };
        let is_signed = header.number(super::header::IS_SIGNED) == Some(1);
        let first = if is_signed { i32::from(first.cast_signed()) } else { i32::from(first) };
        let table = |tag| shades(header, tag, entries, bits);
        let shades = [table(PALETTES[0])?, table(PALETTES[1])?, table(PALETTES[2])?];
        Ok(Self { first, shades })
    }

    /// Values outside have the nearest entry.
    fn color(&self, value: i32) -> [u8; 3] {
        let index = (value - self.first).max(0) as usize;
        let shade = |i: usize| self.shades[i].get(index).or(self.shades[i].last());
        [0, 1, 2].map(|i| shade(i).copied().unwrap_or(0))
    }
}

/// One table, as bytes or as words of 8 or 16 bits.
fn shades(header: &Header<'_>, tag: u32, entries: usize, bits: u16) -> Result<Vec<u8>, Fault> {
    let Some(bytes) = header.bytes(tag) else {
        // palettes in segments are under other tags
        return Err(Fault::Unsupported("a DICOM file with a palette in segments".to_owned()));
    };
    let words = || bytes.chunks_exact(2).map(|pair| header.encoding.number(pair)).take(entries);
    let shades: Vec<u8> = match bits {
        8 if bytes.len() < entries * 2 => bytes.iter().take(entries).copied().collect(),
        8 => words().map(|word| word as u8).collect(),
        16 => words().map(|word| scaled(u32::from(word), 65_535)).collect(),
        _ => return Err(Fault::Unsupported(format!("a DICOM file with a palette of {bits} bits"))),
    };
    if shades.len() < entries { Err(Fault::Truncated) } else { Ok(shades) }
}
