//! Shape and meaning of the pixels of a DICOM file, and the pixels as they are stored.

use std::borrow::Cow;

use super::Fault;
use super::elements::{PIXEL_DATA, fragments};
use super::header::{
    BITS_ALLOCATED, BITS_STORED, COLUMNS, FRAMES, HIGH_BIT, Header, IS_SIGNED, PHOTOMETRIC, PLANAR,
    ROWS, SAMPLES, Storage,
};
use super::rle;
use crate::image::Size;

/// What the samples of a pixel are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Photometric {
    /// Grey, the smallest value is white.
    Monochrome1,
    Monochrome2,
    Palette,
    Rgb,
    Ybr,
    /// Two pixels side by side share their colour.
    Ybr422,
}

/// Which bits of a cell are its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bits {
    pub(super) allocated: u32,
    pub(super) stored: u32,
    shift: u32,
    pub(super) is_signed: bool,
}

/// The picture as it is described.
pub(super) struct Frame {
    pub(super) size: Size,
    pub(super) samples: usize,
    pub(super) photometric: Photometric,
    pub(super) bits: Bits,
    is_planar: bool,
}

/// Samples as they are stored.
pub(super) struct Cells<'a> {
    bytes: Cow<'a, [u8]>,
    is_wide: bool,
    is_big_endian: bool,
    /// Bytes that were stored as words of the other order.
    is_swapped: bool,
    /// Distance from a pixel to the next, and from a sample of it to the next.
    strides: [usize; 2],
}

impl Frame {
    pub(super) fn of(header: &Header<'_>) -> Result<Self, Fault> {
        let needed = |tag, name: &str| {
            header.number(tag).ok_or_else(|| Fault::Damaged(format!("it does not say {name}")))
        };
        if header.element(PIXEL_DATA).is_none() {
            return Err(Fault::Unsupported("a DICOM file without a picture".to_owned()));
        }
        one_frame(header)?;
        let (rows, columns) = (needed(ROWS, "Rows")?, needed(COLUMNS, "Columns")?);
        let photometric = photometric(header)?;
        let samples = header.number(SAMPLES).map_or(photometric.samples(), usize::from);
        if samples != photometric.samples() {
            return Err(Fault::Damaged(format!(
                "{samples} samples a pixel cannot be {photometric:?}"
            )));
        }
        Ok(Self {
            size: Size::new(usize::from(columns), usize::from(rows)),
            samples,
            photometric,
            bits: Bits::of(header, needed(BITS_ALLOCATED, "BitsAllocated")?)?,
            is_planar: header.number(PLANAR) == Some(1),
        })
    }

    /// The samples, checked to be all there, unless they are a JPEG picture.
    pub(super) fn cells<'a>(&self, header: &Header<'a>) -> Result<Cells<'a>, Fault> {
        let element = header.element(PIXEL_DATA).ok_or(Fault::Truncated)?;
        let is_packed = header.storage == Storage::RunLengths;
        if is_packed != element.is_open {
            return Err(Fault::Damaged(
                "its pixel data are not as its transfer syntax says".into(),
            ));
        }
        let is_big_endian = header.encoding.is_big_endian;
        let bytes: Cow<'_, [u8]> = if is_packed {
            let packed = fragments(element.value)?.concat();
            rle::unpack(&packed, self.samples, self.bits.bytes(), self.size.area())?.into()
        } else {
            element.value.into()
        };
        if bytes.len() < self.stored_bytes(is_packed)? {
            return Err(Fault::Truncated);
        }
        let is_wide = self.bits.allocated == 16;
        Ok(Cells {
            bytes,
            is_wide,
            is_big_endian,
            is_swapped: is_big_endian && !is_wide && element.kind == *b"OW",
            strides: self.strides(is_packed),
        })
    }

    /// The JPEG file inside.
    pub(super) fn jpeg(&self, header: &Header<'_>) -> Result<Vec<u8>, Fault> {
        if self.bits.allocated != 8 {
            let what = format!("a DICOM file with a JPEG of {} bits", self.bits.allocated);
            return Err(Fault::Unsupported(what));
        }
        let element = header.element(PIXEL_DATA).filter(|element| element.is_open);
        let element = element
            .ok_or_else(|| Fault::Damaged("its pixel data are no JPEG in pieces".to_owned()))?;
        Ok(fragments(element.value)?.concat())
    }

    fn strides(&self, is_packed: bool) -> [usize; 2] {
        if is_packed || self.is_planar { [1, self.size.area()] } else { [self.samples, 1] }
    }

    fn stored_bytes(&self, is_packed: bool) -> Result<usize, Fault> {
        let samples = match self.photometric {
            Photometric::Ybr422 if is_packed || !self.size.width.is_multiple_of(2) => {
                let what = "a DICOM file in YBR_FULL_422 with odd columns or run lengths";
                return Err(Fault::Unsupported(what.to_owned()));
            }
            Photometric::Ybr422 => 2,
            _ => self.samples,
        };
        Ok(self.size.area() * samples * self.bits.bytes())
    }
}

fn one_frame(header: &Header<'_>) -> Result<(), Fault> {
    match header.text(FRAMES).as_deref().map(str::parse::<u32>) {
        None | Some(Ok(0 | 1)) => Ok(()),
        Some(Ok(frames)) => Err(Fault::Unsupported(format!("a DICOM file of {frames} frames"))),
        Some(Err(_)) => Err(Fault::Damaged("its number of frames is no number".to_owned())),
    }
}

fn photometric(header: &Header<'_>) -> Result<Photometric, Fault> {
    let name = header.text(PHOTOMETRIC);
    Ok(match name.as_deref() {
        Some("MONOCHROME1") => Photometric::Monochrome1,
        Some("MONOCHROME2") => Photometric::Monochrome2,
        Some("PALETTE COLOR") => Photometric::Palette,
        Some("RGB") => Photometric::Rgb,
        Some("YBR_FULL") => Photometric::Ybr,
        Some("YBR_FULL_422") => Photometric::Ybr422,
        Some(other) => {
            let name: String = other.chars().filter(|c| !c.is_control()).take(16).collect();
            let what = format!("a DICOM file with colours in {name}");
            return Err(Fault::Unsupported(what));
        }
        None => return Err(Fault::Damaged("it does not say what its samples are".to_owned())),
    })
}

impl Photometric {
    fn samples(self) -> usize {
        match self {
            Self::Monochrome1 | Self::Monochrome2 | Self::Palette => 1,
            Self::Rgb | Self::Ybr | Self::Ybr422 => 3,
        }
    }
}

impl Bits {
    fn of(header: &Header<'_>, allocated: u16) -> Result<Self, Fault> {
        if !matches!(allocated, 8 | 16) {
            return Err(Fault::Unsupported(format!("a DICOM file of {allocated} bits a sample")));
        }
        let stored = header.number(BITS_STORED).unwrap_or(allocated);
        let high = header.number(HIGH_BIT).unwrap_or(stored.wrapping_sub(1));
        if stored == 0 || stored > high.saturating_add(1) || high >= allocated {
            let reason = format!("{stored} bits up to bit {high} do not fit {allocated}");
            return Err(Fault::Damaged(reason));
        }
        Ok(Self {
            allocated: u32::from(allocated),
            stored: u32::from(stored),
            shift: u32::from(high + 1 - stored),
            is_signed: header.number(IS_SIGNED) == Some(1),
        })
    }

    /// Bytes of a cell.
    fn bytes(self) -> usize {
        (self.allocated / 8) as usize
    }

    /// The largest value that fits.
    pub(super) fn largest(self) -> u32 {
        (1 << self.stored) - 1
    }

    /// The value of a cell.
    pub(super) fn value(self, cell: u16) -> i32 {
        let bits = u32::from(cell) >> self.shift & self.largest();
        let is_negative = self.is_signed && bits >> (self.stored - 1) == 1;
        if is_negative { bits as i32 - (1 << self.stored) } else { bits as i32 }
    }
}

impl Cells<'_> {
    /// Grey samples that were a JPEG picture.
    pub(super) fn of_bytes(bytes: Vec<u8>) -> Self {
        let bytes = Cow::Owned(bytes);
        Self { bytes, is_wide: false, is_big_endian: false, is_swapped: false, strides: [1, 1] }
    }

    /// The cell of a sample of a pixel.
    pub(super) fn get(&self, pixel: usize, sample: usize) -> u16 {
        self.at(pixel * self.strides[0] + sample * self.strides[1])
    }

    /// The cell at a place in the order of storage; 0 behind the end.
    pub(super) fn at(&self, index: usize) -> u16 {
        let byte = |i: usize| self.bytes.get(i).copied().unwrap_or(0);
        if !self.is_wide {
            return u16::from(byte(if self.is_swapped { index ^ 1 } else { index }));
        }
        let pair = [byte(index * 2), byte(index * 2 + 1)];
        if self.is_big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
    }
}
