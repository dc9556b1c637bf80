//! What the general decoders do not look for in PNG and WebP files: their end, and an orientation
//! behind the pixels.

use image_codecs::metadata::Orientation;

/// What the chunks of a PNG file say.
pub(super) struct PngChunks {
    pub(super) orientation: Orientation,
    /// Whether the end chunk is there.
    pub(super) is_complete: bool,
}

/// Walks the chunks. The EXIF chunk may come after the pixels, where the decoder no longer looks.
pub(super) fn scan_png(bytes: &[u8]) -> PngChunks {
    let mut chunks = PngChunks { orientation: Orientation::NoTransforms, is_complete: false };
    let mut rest = bytes.get(8..).unwrap_or_default();
    while let [l3, l2, l1, l0, n3, n2, n1, n0, body @ ..] = rest {
        let length = u32::from_be_bytes([*l3, *l2, *l1, *l0]) as usize;
        match &[*n3, *n2, *n1, *n0] {
            b"IEND" => {
                chunks.is_complete = true;
                break;
            }
            b"eXIf" => {
                let exif = body.get(..length).unwrap_or_default();
                chunks.orientation =
                    Orientation::from_exif_chunk(exif).unwrap_or(Orientation::NoTransforms);
            }
            _ => {}
        }
        // four bytes of checksum follow the data
        rest = length.checked_add(4).and_then(|skip| body.get(skip..)).unwrap_or_default();
    }
    chunks
}

/// Whether a WebP file is as long as its header says.
pub(super) fn is_riff_complete(bytes: &[u8]) -> bool {
    let Some(&[b0, b1, b2, b3]) = bytes.get(4..8) else { return false };
    bytes.len() as u64 >= 8 + u64::from(u32::from_le_bytes([b0, b1, b2, b3]))
}
