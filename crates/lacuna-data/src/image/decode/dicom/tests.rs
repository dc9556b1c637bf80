use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use fs_err as fs;
use proptest::prelude::*;

use super::*;
use crate::image::decode::{decode, decode_size, dicom_group, geometry};
use crate::image::{Image, Window};

#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Expected {
    Refused {
        error: String,
    },
    Shown {
        size: [usize; 2],
        tolerance: u8,
        spacing: Option<[f64; 2]>,
        window: Option<String>,
        rgb: String,
    },
}

/// Files written with pydicom, see `refs/images/make_dicom.py`.
fn reference(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../refs/images/dicom").join(name)
}

fn references() -> BTreeMap<String, Expected> {
    let path = reference("../expected_dicom.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn from_hex(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

#[test]
fn pictures_are_what_pydicom_makes_of_them() {
    for (name, expected) in references() {
        let path = reference(&name);
        match expected {
            Expected::Refused { error } => {
                let found = Image::open(&path).unwrap_err();
                let text = found.to_string();
                assert!(text.contains(&error) && text.contains(&name), "{text}");
                assert!(found.hint().is_some(), "{name}");
            }
            Expected::Shown { size, tolerance, spacing, window, rgb } => {
                let window: Option<Window> = window.map(|text| text.parse().unwrap());
                let options = ReadOptions { window, ..ReadOptions::default() };
                let found = Image::open_with(&path, &options).unwrap_or_else(|e| panic!("{e}"));
                let size = Size::new(size[0], size[1]);
                assert_eq!(found.image.size(), size, "{name}");
                assert_eq!(decode_size(&path).unwrap(), size, "{name}");
                assert_eq!(found.spacing, spacing, "{name}");
                assert!(found.is_made, "{name}");
                for (found, expected) in found.image.rgb().iter().zip(from_hex(&rgb)) {
                    assert!(found.abs_diff(expected) <= tolerance, "{name}: {found} {expected}");
                }
            }
        }
    }
}

#[test]
fn notes_say_what_was_done() {
    let notes = |name: &str| {
        let decoded = Image::open(&reference(name)).unwrap();
        decoded.notes.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let kept = "kept as PNG made from the pixels of a DICOM file: names, dates and numbers in it are not copied";
    assert_eq!(notes("rgb.dcm"), [kept]);
    let file = "values shown in 8 bits through the display window of the file";
    assert_eq!(notes("mono2_12_window.dcm"), [kept, file]);
    let range = "values shown in 8 bits through a window from the smallest to the largest value";
    assert_eq!(notes("mono2_8.dcm"), [kept, range]);
}

#[test]
fn a_group_is_a_hash_of_the_identifier() {
    let patient = dicom_group(&reference("rgb.dcm"), DicomTag::PatientId).unwrap();
    assert_eq!(patient.len(), 16);
    assert!(patient.chars().all(|c| c.is_ascii_hexdigit()), "{patient}");
    assert_eq!(patient, dicom_group(&reference("deflated.dcm"), DicomTag::PatientId).unwrap());
    let study = dicom_group(&reference("rgb.dcm"), DicomTag::StudyInstanceUid).unwrap();
    assert_ne!(patient, study);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.dcm");
    let mut bytes = fs::read(reference("rgb.dcm")).unwrap();
    let at = bytes.windows(8).position(|window| window == b"PID-0815").unwrap();
    bytes[at..at + 8].fill(b' ');
    fs::write(&path, bytes).unwrap();
    let error = dicom_group(&path, DicomTag::PatientId).unwrap_err().to_string();
    assert!(error.contains("a.dcm") && error.contains("has no PatientID"), "{error}");
    let png = reference("../files/palette.png");
    let error = dicom_group(&png, DicomTag::PatientId).unwrap_err().to_string();
    assert!(error.contains("without PatientID"), "{error}");
}

/// 300 MB of zeros, which are a few hundred kilobytes when deflated.
#[test]
fn what_inflates_without_end_is_refused() {
    let start = fs::read(reference("deflated.dcm")).unwrap();
    let length = u32::from_le_bytes(start[140..144].try_into().unwrap()) as usize;
    let mut bytes = start[..144 + length].to_vec();
    let fast = flate2::Compression::fast();
    let mut packer = flate2::write::DeflateEncoder::new(&mut bytes, fast);
    packer.write_all(b"\x09\0\x01\x10OB\0\0\0\0\0\x40").unwrap();
    let zeros = vec![0; 1 << 20];
    for _ in 0..300 {
        packer.write_all(&zeros).unwrap();
    }
    packer.finish().unwrap();
    let error = decode(&bytes, Path::new("bomb.dcm"), &ReadOptions::default()).unwrap_err();
    assert!(error.to_string().contains("more than 256 MB when inflated"), "{error}");
}

/// Two million sequences within one another, none of which ends.
#[test]
fn depth_costs_nothing() {
    let bytes = fs::read(reference("deep.dcm")).unwrap();
    let level = &bytes[bytes.len() - 20..];
    let deep = [&bytes[..], &level.repeat(2_000_000)].concat();
    let error = decode(&deep, Path::new("deep.dcm"), &ReadOptions::default()).unwrap_err();
    assert!(matches!(error, ImageError::Truncated { .. }), "{error}");
}

#[test]
fn a_file_that_is_cut_off_is_called_incomplete() {
    for name in ["rgb.dcm", "mono2_12_window.dcm", "rle_16.dcm", "jpeg_ybr.dcm", "nested.dcm"] {
        let bytes = fs::read(reference(name)).unwrap();
        for length in [133, 300, bytes.len() / 2, bytes.len() - 9] {
            let path = Path::new(name);
            let error = decode(&bytes[..length], path, &ReadOptions::default()).unwrap_err();
            let text = error.to_string();
            assert!(text.contains(name), "{text}");
            let fits = matches!(
                error,
                ImageError::Truncated { .. }
                    | ImageError::Damaged { .. }
                    | ImageError::Unsupported { .. }
            );
            assert!(fits, "{name} {length}: {text}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// Any damage gives a picture or an error. A panic would be caught in `guarded`, so the decoding
    /// itself is called here.
    #[test]
    fn damaged_files_never_panic(
        which in any::<prop::sample::Index>(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let names: Vec<String> = references().into_keys().collect();
        let name = which.get(&names);
        let mut bytes = fs::read(reference(name)).unwrap();
        for (at, value) in &flips {
            // past the preamble, which nobody reads
            let at = 132 + at.index(bytes.len() - 132);
            bytes[at] = *value;
        }
        if let Some(cut) = cut {
            bytes.truncate(132 + cut.index(bytes.len() - 132));
        }
        let path = Path::new(name);
        let _ = decode(&bytes, path, &ReadOptions::default());
        let _ = geometry(&bytes, path);
        let _ = group(&bytes, path, DicomTag::PatientId);
    }

    #[test]
    fn run_lengths_of_anything_end(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        samples in 1usize..4,
        width in 1usize..3,
        area in 0usize..2000,
    ) {
        let mut file = vec![0; 64];
        file[0] = (samples * width) as u8;
        for i in 1..=samples * width {
            file[i * 4] = (64 + i * 7) as u8;
        }
        file.extend(bytes);
        if let Ok(unpacked) = rle::unpack(&file, samples, width, area) {
            prop_assert_eq!(unpacked.len(), samples * width * area);
        }
    }
}
