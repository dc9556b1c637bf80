//! The pages of a mask file, one a label.

use std::path::Path;

use tiff::ColorType;
use tiff::decoder::DecodingResult;
use tiff::tags::Tag;

use super::bands::{Reader, guarded, next, open};
use crate::annotation::BinaryMask;
use crate::formats::Problem;
use crate::formats::text_file::{read_bytes, wrong};
use crate::image::Size;

const LABEL: Tag = Tag::Unknown(65_001);

/// The labels of a mask file in the order of its pages, without decoding them; `None` for pages without one.
pub(super) fn labels(path: &Path) -> Result<Vec<Option<String>>, Problem> {
    let mut labels = Vec::new();
    each_page(path, |_, label, _| {
        labels.push(label);
        Ok(())
    })?;
    Ok(labels)
}

/// Calls `visit` with the label and the pixels of every page that has a label. Masks may overlap.
pub(super) fn each(
    path: &Path,
    picture: Size,
    mut visit: impl FnMut(&str, &BinaryMask),
) -> Result<(), Problem> {
    each_page(path, |reader, label, size| {
        if size != picture {
            return Err(wrong(path, format!("it is {size} pixels, but its picture is {picture}")));
        }
        if let Some(label) = label {
            visit(&label, &pixels(reader, size, path)?);
        }
        Ok(())
    })
}

fn each_page(
    path: &Path,
    mut visit: impl FnMut(&mut Reader<'_>, Option<String>, Size) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let bytes = read_bytes(path)?;
    guarded(path, || {
        let (mut reader, size) = open(&bytes, path)?;
        let mut page = 0;
        loop {
            let tag = reader.find_tag(LABEL).map_err(|e| wrong(path, e))?;
            let label = tag.map(tiff::decoder::ifd::Value::into_string).transpose();
            let label = label.map_err(|e| wrong(path, e))?.map(|text| unescaped(&text));
            visit(&mut reader, label, size)?;
            page += 1;
            if !next(&mut reader, size, page, path)? {
                return Ok(());
            }
        }
    })
}

fn pixels(reader: &mut Reader<'_>, size: Size, path: &Path) -> Result<BinaryMask, Problem> {
    let is_bits = match reader.colortype().map_err(|e| wrong(path, e))? {
        ColorType::Gray(1) => true,
        ColorType::Gray(8) => false,
        other => return Err(wrong(path, format!("a mask of type {other:?}, not of 1 bit"))),
    };
    let DecodingResult::U8(bytes) = reader.read_image().map_err(|e| wrong(path, e))? else {
        return Err(wrong(path, "a mask that is no bits"));
    };
    let per_row = if is_bits { size.width.div_ceil(8) } else { size.width };
    if bytes.len() != per_row * size.height {
        return Err(wrong(path, "a mask whose pixels do not fill its size"));
    }
    let bit = |row: &[u8], x: usize| {
        if is_bits { row[x / 8] >> (7 - x % 8) & 1 == 1 } else { row[x] > 0 }
    };
    let rows = bytes.chunks_exact(per_row.max(1));
    let values = rows.flat_map(|row| (0..size.width).map(move |x| bit(row, x))).collect();
    BinaryMask::new(size, values).map_err(|e| wrong(path, e))
}

/// Text written with Python's `unicode_escape`; what is no escape stays as it is.
fn unescaped(text: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        result.push_str(&rest[..at]);
        let tail = &rest[at + 1..];
        let digits = match tail.chars().next() {
            Some('x') => 2,
            Some('u') => 4,
            Some('U') => 8,
            _ => 0,
        };
        let code = tail.get(1..=digits).filter(|_| digits > 0);
        let code =
            code.and_then(|code| u32::from_str_radix(code, 16).ok()).and_then(char::from_u32);
        if let Some(c) = code {
            result.push(c);
            rest = &tail[1 + digits..];
        } else {
            result.push('\\');
            rest = tail.strip_prefix('\\').unwrap_or(tail);
        }
    }
    result.push_str(rest);
    result.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of `pages` pages of `side` by `side` pixels that all have the same bytes.
    fn sharing(pages: u32, side: u32) -> Vec<u8> {
        let mut bytes = b"II*\0\x08\0\0\0".to_vec();
        for page in 1..=pages {
            let tags = [(256, side), (257, side), (258, 8), (259, 1), (262, 1), (273, 8), (279, 8)];
            bytes.extend((tags.len() as u16).to_le_bytes());
            for (tag, value) in tags {
                bytes.extend([tag as u16, 4].map(u16::to_le_bytes).concat());
                bytes.extend([1, value].map(u32::to_le_bytes).concat());
            }
            let next = if page < pages { bytes.len() as u32 + 4 } else { 0 };
            bytes.extend(next.to_le_bytes());
        }
        bytes
    }

    #[test]
    fn pages_that_share_their_bytes_are_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a_masks.tif");
        fs_err::write(&path, sharing(50, 100)).unwrap();
        assert_eq!(labels(&path).unwrap().len(), 50);
        fs_err::write(&path, sharing(50, 3000)).unwrap();
        let error = labels(&path).unwrap_err().message;
        assert!(error.contains("a_masks.tif`: 4508 bytes cannot hold 6 pages"), "{error}");
    }

    #[test]
    fn labels_are_unescaped() {
        let table = [
            (r"T\xe4ytteet", "Täytteet"),
            (r"a \u201cb\u201d", "a “b”"),
            (r"\U0001F9B7", "🦷"),
            (r"a\\b\n", r"a\b\n"),
            (r"\xe", r"\xe"),
            (r"\ud800", r"\ud800"),
            ("\\", "\\"),
            (r"\xä", r"\xä"),
        ];
        for (text, expected) in table {
            assert_eq!(unescaped(text), expected, "{text}");
        }
    }
}
