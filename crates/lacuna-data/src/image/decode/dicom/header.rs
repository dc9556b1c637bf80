//! What a DICOM file says about its picture. Of a person, nothing is kept.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Read;

use super::Fault;
use super::elements::{BIG_ENDIAN, EXPLICIT, Element, Elements, Encoding, IMPLICIT, PIXEL_DATA};

const TRANSFER_SYNTAX: u32 = 0x0002_0010;
/// Larger files are not written deflated.
const MAX_INFLATED: u64 = 256 << 20;

pub(super) const IMAGER_SPACING: u32 = 0x0018_1164;
pub(super) const SAMPLES: u32 = 0x0028_0002;
pub(super) const PHOTOMETRIC: u32 = 0x0028_0004;
pub(super) const PLANAR: u32 = 0x0028_0006;
pub(super) const FRAMES: u32 = 0x0028_0008;
pub(super) const ROWS: u32 = 0x0028_0010;
pub(super) const COLUMNS: u32 = 0x0028_0011;
pub(super) const SPACING: u32 = 0x0028_0030;
pub(super) const BITS_ALLOCATED: u32 = 0x0028_0100;
pub(super) const BITS_STORED: u32 = 0x0028_0101;
pub(super) const HIGH_BIT: u32 = 0x0028_0102;
pub(super) const IS_SIGNED: u32 = 0x0028_0103;
pub(super) const BURNT_IN: u32 = 0x0028_0301;
pub(super) const CENTRE: u32 = 0x0028_1050;
pub(super) const WIDTH: u32 = 0x0028_1051;
pub(super) const INTERCEPT: u32 = 0x0028_1052;
pub(super) const SLOPE: u32 = 0x0028_1053;
pub(super) const FUNCTION: u32 = 0x0028_1056;
/// Descriptors of the red, green and blue palette.
pub(super) const PALETTE_SHAPES: [u32; 3] = [0x0028_1101, 0x0028_1102, 0x0028_1103];
/// Values of the red, green and blue palette.
pub(super) const PALETTES: [u32; 3] = [0x0028_1201, 0x0028_1202, 0x0028_1203];
pub(super) const PROFILE: u32 = 0x0028_2000;
pub(super) const MODALITY_TABLE: u32 = 0x0028_3000;
pub(super) const DISPLAY_TABLE: u32 = 0x0028_3010;
pub(super) const PATIENT_ID: u32 = 0x0010_0020;
pub(super) const STUDY_UID: u32 = 0x0020_000d;

/// All of them; whatever else is in a file is passed over.
const READ: [u32; 30] = [
    PATIENT_ID,
    IMAGER_SPACING,
    STUDY_UID,
    SAMPLES,
    PHOTOMETRIC,
    PLANAR,
    FRAMES,
    ROWS,
    COLUMNS,
    SPACING,
    BITS_ALLOCATED,
    BITS_STORED,
    HIGH_BIT,
    IS_SIGNED,
    BURNT_IN,
    CENTRE,
    WIDTH,
    INTERCEPT,
    SLOPE,
    FUNCTION,
    PALETTE_SHAPES[0],
    PALETTE_SHAPES[1],
    PALETTE_SHAPES[2],
    PALETTES[0],
    PALETTES[1],
    PALETTES[2],
    PROFILE,
    MODALITY_TABLE,
    DISPLAY_TABLE,
    PIXEL_DATA,
];

/// How the pixels are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Storage {
    Native,
    Jpeg,
    RunLengths,
}

/// The part of a file that describes the picture, inflated if need be.
pub(super) struct Body<'a> {
    bytes: Cow<'a, [u8]>,
    encoding: Encoding,
    storage: Storage,
}

/// The elements that matter.
pub(super) struct Header<'a> {
    pub(super) encoding: Encoding,
    pub(super) storage: Storage,
    elements: BTreeMap<u32, Element<'a>>,
}

impl<'a> Body<'a> {
    /// Reads the preamble, which says how the rest is written.
    pub(super) fn open(file: &'a [u8]) -> Result<Self, Fault> {
        let mut elements = Elements::new(file.get(132..).ok_or(Fault::Truncated)?, EXPLICIT);
        let mut syntax = None;
        while elements.next_group() == Some(2) {
            let element = elements.next()?.filter(|element| element.tag == TRANSFER_SYNTAX);
            syntax = element.map(|element| text(element.value)).or(syntax);
        }
        let syntax = syntax
            .ok_or_else(|| Fault::Damaged("it does not name its transfer syntax".to_owned()))?;
        let (encoding, storage) = written(&syntax)?;
        let is_deflated = syntax == "1.2.840.10008.1.2.1.99";
        let rest = elements.rest();
        let bytes = if is_deflated { inflate(rest)?.into() } else { rest.into() };
        Ok(Self { bytes, encoding, storage })
    }

    /// Finds the elements up to the pixels.
    pub(super) fn header(&self) -> Result<Header<'_>, Fault> {
        let mut elements = BTreeMap::new();
        let mut walk = Elements::new(&self.bytes, self.encoding);
        while let Some(element) = walk.next()? {
            let tag = element.tag;
            if READ.contains(&tag) {
                elements.entry(tag).or_insert(element);
            }
            if tag == PIXEL_DATA {
                break;
            }
        }
        Ok(Header { encoding: self.encoding, storage: self.storage, elements })
    }
}

impl<'a> Header<'a> {
    pub(super) fn element(&self, tag: u32) -> Option<&Element<'a>> {
        self.elements.get(&tag)
    }

    pub(super) fn bytes(&self, tag: u32) -> Option<&'a [u8]> {
        self.element(tag).map(|element| element.value).filter(|value| !value.is_empty())
    }

    /// Whole numbers of 16 bits.
    pub(super) fn numbers(&self, tag: u32) -> Vec<u16> {
        let bytes = self.bytes(tag).unwrap_or_default();
        // never more than the three of a palette's descriptor
        bytes.chunks_exact(2).take(3).map(|pair| self.encoding.number(pair)).collect()
    }

    pub(super) fn number(&self, tag: u32) -> Option<u16> {
        self.numbers(tag).first().copied()
    }

    pub(super) fn text(&self, tag: u32) -> Option<String> {
        self.bytes(tag).map(text).filter(|text| !text.is_empty())
    }

    /// Numbers written as text. One that is none, or not finite, is missing.
    pub(super) fn decimals(&self, tag: u32) -> Vec<Option<f64>> {
        let text = self.text(tag).unwrap_or_default();
        let parts = text.split('\\').take(16);
        parts.map(|part| part.trim().parse().ok().filter(|value: &f64| value.is_finite())).collect()
    }

    pub(super) fn decimal(&self, tag: u32) -> Option<f64> {
        self.decimals(tag).first().copied().flatten()
    }
}

/// Text without what fills it up.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_matches(['\0', ' ']).to_owned()
}

/// How the file of a transfer syntax is written.
fn written(syntax: &str) -> Result<(Encoding, Storage), Fault> {
    let explicit = |storage| Ok((EXPLICIT, storage));
    match syntax.strip_prefix("1.2.840.10008.1.2") {
        Some("") => Ok((IMPLICIT, Storage::Native)),
        Some(".1" | ".1.99") => explicit(Storage::Native),
        Some(".2") => Ok((BIG_ENDIAN, Storage::Native)),
        Some(".4.50") => explicit(Storage::Jpeg),
        Some(".5") => explicit(Storage::RunLengths),
        other => {
            let name = other.map_or("unknown", name_of);
            let syntax: String = syntax.chars().filter(|c| !c.is_control()).take(64).collect();
            let what = format!("a DICOM file in transfer syntax {syntax} ({name})");
            Err(Fault::Unsupported(what))
        }
    }
}

/// Names of transfer syntaxes that are not read, by what follows DICOM's own root.
fn name_of(ending: &str) -> &'static str {
    match ending {
        ".4.51" => "JPEG Extended",
        ".4.57" | ".4.70" => "JPEG Lossless",
        ".4.80" | ".4.81" => "JPEG-LS",
        ".4.90" | ".4.91" | ".4.92" | ".4.93" => "JPEG 2000",
        ".4.110" | ".4.111" | ".4.112" => "JPEG XL",
        ".4.201" | ".4.202" | ".4.203" => "High-Throughput JPEG 2000",
        _ if ending.starts_with(".4.10") => "video",
        _ => "unknown",
    }
}

fn inflate(bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut inflated = Vec::new();
    // one more than may be, to tell
    let mut reader = flate2::read::DeflateDecoder::new(bytes).take(MAX_INFLATED + 1);
    reader.read_to_end(&mut inflated).map_err(|error| Fault::Damaged(error.to_string()))?;
    if inflated.len() as u64 > MAX_INFLATED {
        let what = format!("a DICOM file of more than {} MB when inflated", MAX_INFLATED >> 20);
        return Err(Fault::Unsupported(what));
    }
    Ok(inflated)
}
