//! DICOM pictures of one frame: grey, palette, RGB and YBR; stored plainly, in run lengths or as baseline
//! JPEG.
//!
//! Files come from anywhere, so they are read here and not by a library: the one there is takes memory for
//! whatever length is announced and descends into sequences until the stack is full.

mod color;
mod elements;
mod frame;
mod grey;
mod header;
mod rle;

use std::path::Path;

use image_codecs::metadata::Orientation;

use self::frame::{Cells, Frame, Photometric};
use self::header::{
    BURNT_IN, Body, DISPLAY_TABLE, Header, IMAGER_SPACING, MODALITY_TABLE, PATIENT_ID, PROFILE,
    SPACING, STUDY_UID, Storage,
};
use super::raster::{Channels, Raster, Samples};
use super::{CUT_OFF, DecodeNote, Opened, check_plausible, check_size, jpeg, spacing};
use crate::image::{ImageError, ReadOptions, Size};

const EXPORT: &str = "convert it to one uncompressed frame (`dcmdjpeg`, `gdcmconv --raw`) or export the \
                      picture as PNG";

/// What of a DICOM file pictures are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DicomTag {
    /// The patient.
    PatientId,
    /// The examination.
    StudyInstanceUid,
}

/// Why a file cannot be read, before its name is known.
#[derive(Debug)]
enum Fault {
    Truncated,
    Damaged(String),
    Unsupported(String),
}

impl Fault {
    fn of(self, path: &Path) -> ImageError {
        match self {
            Self::Truncated => ImageError::truncated(path, CUT_OFF),
            Self::Damaged(reason) => ImageError::damaged(path, reason),
            Self::Unsupported(what) => ImageError::unsupported(path, what, EXPORT),
        }
    }
}

/// Reads the picture.
pub(super) fn open(bytes: &[u8], path: &Path, options: &ReadOptions) -> Result<Opened, ImageError> {
    let fault = |fault: Fault| fault.of(path);
    let body = Body::open(bytes).map_err(fault)?;
    let header = body.header().map_err(fault)?;
    let frame = Frame::of(&header).map_err(fault)?;
    check_size(frame.size, path)?;
    let mut notes = vec![DecodeNote::WithoutDicomHeader];
    notes.extend(warnings(&header));
    let raster = raster(&header, &frame, path, options, &mut notes)?;
    let profile = header.bytes(PROFILE).filter(|_| raster.channels == Channels::Rgb);
    Ok(Opened {
        raster,
        profile: profile.map(<[u8]>::to_vec),
        orientation: Orientation::NoTransforms,
        spacing: spacing_of(&header),
        is_made: true,
        notes,
    })
}

/// The size of the picture.
pub(super) fn geometry(bytes: &[u8], path: &Path) -> Result<(Size, Orientation), ImageError> {
    let size = || Ok(Frame::of(&Body::open(bytes)?.header()?)?.size);
    size().map(|size| (size, Orientation::NoTransforms)).map_err(|fault: Fault| fault.of(path))
}

/// A name for the patient or the examination from which neither can be read: a hash of the identifier.
pub(super) fn group(bytes: &[u8], path: &Path, tag: DicomTag) -> Result<String, ImageError> {
    let identifier = || {
        let body = Body::open(bytes)?;
        let header = body.header()?;
        let found = header.text(tag.number());
        found.ok_or_else(|| Fault::Damaged(format!("it has no {tag}")))
    };
    let identifier = identifier().map_err(|fault| fault.of(path))?;
    let hash = blake3::derive_key(tag.context(), identifier.as_bytes());
    let digits: String = hash[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(digits)
}

impl DicomTag {
    fn number(self) -> u32 {
        match self {
            Self::PatientId => PATIENT_ID,
            Self::StudyInstanceUid => STUDY_UID,
        }
    }

    /// Keeps the hashes apart from any that other programs make of the same identifiers.
    fn context(self) -> &'static str {
        match self {
            Self::PatientId => "lacuna 2026-11 group by DICOM PatientID",
            Self::StudyInstanceUid => "lacuna 2026-11 group by DICOM StudyInstanceUID",
        }
    }
}

impl std::fmt::Display for DicomTag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::PatientId => "PatientID",
            Self::StudyInstanceUid => "StudyInstanceUID",
        })
    }
}

/// What a person should know about the pixels.
fn warnings(header: &Header<'_>) -> Vec<DecodeNote> {
    let mut notes = Vec::new();
    if header.text(BURNT_IN).is_some_and(|text| text == "YES") {
        notes.push(DecodeNote::BurntIn);
    }
    if [MODALITY_TABLE, DISPLAY_TABLE].iter().any(|tag| header.element(*tag).is_some()) {
        notes.push(DecodeNote::TableIgnored);
    }
    notes
}

fn raster(
    header: &Header<'_>,
    frame: &Frame,
    path: &Path,
    options: &ReadOptions,
    notes: &mut Vec<DecodeNote>,
) -> Result<Raster, ImageError> {
    let fault = |fault: Fault| fault.of(path);
    let is_jpeg = header.storage == Storage::Jpeg;
    let unpacked = is_jpeg.then(|| from_jpeg(header, frame, path)).transpose()?;
    let cells = match unpacked {
        Some(raster) if raster.channels == Channels::Rgb => return Ok(raster),
        Some(Raster { samples: Samples::U8(bytes), .. }) => Cells::of_bytes(bytes),
        _ => frame.cells(header).map_err(fault)?,
    };
    let (channels, bytes) = match frame.photometric {
        Photometric::Monochrome1 | Photometric::Monochrome2 => {
            let (shades, source) =
                grey::shades(frame, header, &cells, options.window).map_err(fault)?;
            notes.push(DecodeNote::Windowed(source));
            (Channels::Gray, shades)
        }
        _ => (Channels::Rgb, color::rgb(frame, header, &cells).map_err(fault)?),
    };
    if frame.bits.stored > 8 && channels == Channels::Rgb {
        notes.push(DecodeNote::SixteenBit);
    }
    Ok(Raster { size: frame.size, channels, samples: Samples::U8(bytes) })
}

/// The JPEG picture inside, which must be what the elements around it say.
fn from_jpeg(header: &Header<'_>, frame: &Frame, path: &Path) -> Result<Raster, ImageError> {
    let damaged = |reason: &str| ImageError::damaged(path, reason);
    let bytes = frame.jpeg(header).map_err(|fault| fault.of(path))?;
    let structure = jpeg::scan(&bytes).map_err(damaged)?;
    check_plausible(structure.size, &bytes, path)?;
    if !structure.is_complete {
        return Err(ImageError::truncated(path, CUT_OFF));
    }
    if structure.size != frame.size || usize::from(structure.components) != frame.samples {
        return Err(damaged("the JPEG in it has another size or other samples"));
    }
    let is_rgb = frame.photometric == Photometric::Rgb;
    jpeg::read_plain(&bytes, is_rgb).map_err(|reason| damaged(&reason))
}

/// Millimetres between rows and between columns: in the body if that is known, else on the detector.
fn spacing_of(header: &Header<'_>) -> Option<[f64; 2]> {
    [SPACING, IMAGER_SPACING].into_iter().find_map(|tag| match header.decimals(tag)[..] {
        [Some(rows), Some(columns)] => spacing::checked([rows, columns]),
        _ => None,
    })
}

#[cfg(test)]
mod tests;
