//! Our own files, and pictures.

use lacuna_data::annotation::journal::Journal;
use lacuna_data::annotation::mask_file::{read_binary, read_ternary};
use lacuna_data::annotation::regions_file::{read_provenance, read_regions};
use lacuna_data::image::{DicomTag, ReadOptions, decode_size, dicom_group};
use lacuna_data::{Annotation, BinaryMask, Evidence, Image};

use super::scratch::{SIZE, Scratch};

/// Pictures of more pixels take too long for a fuzzer.
const MAX_AREA: usize = 1 << 20;

/// Masks, regions, provenance and journal; the bytes are tried as each.
pub(crate) fn files(scratch: &mut Scratch, bytes: &[u8]) {
    let path = scratch.write("file", bytes);
    let _ = read_binary(&path, Some(SIZE));
    if let Ok(mask) = read_ternary(&path, Some(SIZE)) {
        assert_eq!(mask.size(), SIZE);
    }
    if let Ok(entries) = read_provenance(&path) {
        assert!(entries.len() <= bytes.len());
    }
    let mut said = Annotation::unknown(SIZE, scratch.classes().len());
    if let Ok(regions) = read_regions(&path) {
        for region in &regions {
            region.shape.fill(&mut BinaryMask::empty(SIZE));
        }
        said.regions = regions;
    }
    if let Ok(journal) = Journal::read(&path, scratch.classes(), SIZE) {
        said.replay(journal.entries(), scratch.classes()).expect("edits that were checked");
    }
    Evidence::collect(&said, scratch.classes());
}

/// A picture of any kind.
pub(crate) fn picture(scratch: &mut Scratch, bytes: &[u8]) {
    let path = scratch.write("picture", bytes);
    let Ok(size) = decode_size(&path) else {
        assert!(Image::open(&path).is_err(), "a picture without a size");
        return;
    };
    if size.width.saturating_mul(size.height) > MAX_AREA {
        return;
    }
    if let Ok(decoded) = Image::open(&path) {
        assert_eq!(decoded.image.size(), size, "two sizes of one picture");
    }
}

/// A DICOM file, or a TIFF file of several channels, through chosen channels and a window.
pub(crate) fn scan(scratch: &mut Scratch, bytes: &[u8]) {
    let path = scratch.write("scan", bytes);
    let _ = dicom_group(&path, DicomTag::PatientId);
    let window = Some("-5,300".parse().expect("a window"));
    let choices = [
        ReadOptions::default(),
        ReadOptions { channels: Some("3,2,1".parse().expect("channels")), window },
    ];
    if !decode_size(&path).is_ok_and(|size| size.area() <= MAX_AREA) {
        return;
    }
    for options in choices {
        // a panic would be caught, as those of foreign decoders have to be
        if let Err(error) = Image::open_with(&path, &options) {
            let is_own = bytes.get(128..132) == Some(b"DICM");
            assert!(!is_own || !error.to_string().contains("gave up"), "{error}");
        }
    }
}
