//! Pictures without what cameras and programs wrote into them.

use std::path::Path;

use fs_err as fs;

use crate::atomic_file::write_atomic_bytes;
use crate::dataset::{Case, Dataset};
use crate::formats::ExportError;
use crate::image::{Image, decode_geometry};

/// Copies a picture without its metadata: JPEG and PNG without a change of a pixel, anything else, and what is
/// not stored upright, as PNG; `case` then names that file. Tells whether no pixel was touched.
pub(super) fn copy_stripped(
    source: &Path,
    copy: &Dataset,
    case: &mut Case,
) -> Result<bool, ExportError> {
    let bytes = fs::read(source).map_err(|e| ExportError::io(source, e))?;
    let is_upright = decode_geometry(source)?.orientation == 1;
    let stripped = if is_upright { stripped(&bytes) } else { None };
    if stripped.is_none() {
        case.image.set_extension("png");
    }
    let path = copy.image_path(case);
    super::make_folder_of(&path)?;
    if let Some(bytes) = stripped {
        write_atomic_bytes(&path, &bytes).map_err(|e| ExportError::io(&path, e))?;
        return Ok(true);
    }
    Image::open(source)?.image.save_png(&path)?;
    Ok(false)
}

/// The file without its metadata; `None` if it is neither JPEG nor PNG, or not built as one should be.
fn stripped(bytes: &[u8]) -> Option<Vec<u8>> {
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        stripped_png(bytes)
    } else if bytes.starts_with(b"\xff\xd8\xff") {
        stripped_jpeg(bytes)
    } else {
        None
    }
}

/// Keeps what decides how pixels look.
fn stripped_png(bytes: &[u8]) -> Option<Vec<u8>> {
    const KEPT: [&[u8; 4]; 11] = [
        b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT",
        b"cICP",
    ];
    let mut kept = bytes.get(..8)?.to_vec();
    let mut rest = bytes.get(8..)?;
    while !rest.is_empty() {
        let length = u32::from_be_bytes(rest.get(..4)?.try_into().ok()?) as usize;
        let kind: &[u8; 4] = rest.get(4..8)?.try_into().ok()?;
        let chunk = rest.get(..length.checked_add(12)?)?;
        if KEPT.contains(&kind) {
            kept.extend_from_slice(chunk);
        }
        if kind == b"IEND" {
            return Some(kept);
        }
        rest = &rest[chunk.len()..];
    }
    None
}

/// Leaves out APP1 (EXIF, XMP), all other application segments but JFIF, colour profile and Adobe's colour
/// transform, and comments.
fn stripped_jpeg(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut kept = bytes.get(..2)?.to_vec();
    let mut rest = bytes.get(2..)?;
    loop {
        let [0xff, marker, ..] = *rest else { return None };
        // fill bytes, and markers without a length
        if marker == 0xff || marker == 0x01 || (0xd0..=0xd7).contains(&marker) {
            rest = &rest[1 + usize::from(marker != 0xff)..];
            continue;
        }
        let length = u16::from_be_bytes(rest.get(2..4)?.try_into().ok()?);
        let segment = rest.get(..2 + usize::from(length))?;
        let is_metadata = matches!(marker, 0xe1 | 0xe3..=0xed | 0xef | 0xfe);
        let is_profile = marker != 0xe2 || segment.get(4..16) == Some(b"ICC_PROFILE\0");
        // of a JFIF segment only the part that is not a thumbnail
        let is_thumbnail = marker == 0xe0 && segment.get(4..9) != Some(b"JFIF\0");
        if !is_metadata && is_profile && !is_thumbnail {
            kept.extend_from_slice(segment);
        }
        rest = &rest[segment.len()..];
        if marker == 0xda {
            let data = scan_length(rest)?;
            kept.extend_from_slice(&rest[..data]);
            rest = &rest[data..];
            if rest[1] == 0xd9 {
                // what follows the end, such as a phone's second picture, is left out
                kept.extend_from_slice(&rest[..2]);
                return Some(kept);
            }
        }
    }
}

/// Length of a scan's data up to the next marker; stuffed bytes and restarts belong to it.
fn scan_length(rest: &[u8]) -> Option<usize> {
    let is_marker = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0x00 | 0xd0..=0xd7 | 0xff);
    rest.windows(2).position(is_marker)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn files() -> Vec<std::path::PathBuf> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../refs/images/files");
        let mut files: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }

    #[test]
    fn no_pixel_changes_and_no_metadata_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let mut seen = 0;
        for path in files() {
            let Ok(expected) = Image::open(&path) else { continue };
            let bytes = fs::read(&path).unwrap();
            let Some(stripped) = stripped(&bytes) else { continue };
            if decode_geometry(&path).unwrap().orientation != 1 {
                continue;
            }
            let target = folder.path().join(path.file_name().unwrap());
            fs::write(&target, &stripped).unwrap();
            assert_eq!(Image::open(&target).unwrap().image, expected.image, "{}", path.display());
            let has = |mark: &[u8]| stripped.windows(mark.len()).any(|window| window == mark);
            assert!(!has(b"Exif\0") && !has(b"eXIf") && !has(b"http://ns.adobe.com/xap"));
            seen += 1;
        }
        assert!(seen >= 5, "{seen}");
    }

    proptest! {
        #[test]
        fn no_file_panics(tail in prop::collection::vec(any::<u8>(), 0..60), is_png in any::<bool>()) {
            let head: &[u8] = if is_png { b"\x89PNG\r\n\x1a\n" } else { b"\xff\xd8\xff" };
            let _ = stripped(&[head, &tail].concat());
        }
    }
}
