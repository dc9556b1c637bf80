//! Which file format a picture is in, told by its first bytes and not by its name.

use std::path::Path;

/// What a file that claims to be a picture holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileFormat {
    Png,
    Jpeg,
    Bmp,
    WebP,
    Tiff,
    Dicom,
    /// Known by name, but not read.
    Refused(&'static str),
    /// A camera's raw data.
    CameraRaw,
    Unknown,
}

/// Extensions of camera raw files; many of them are TIFF inside, with a small preview first.
const RAW_EXTENSIONS: [&str; 18] = [
    "3fr", "arw", "cr2", "cr3", "crw", "dcr", "dng", "erf", "iiq", "kdc", "mef", "nef", "nrw",
    "orf", "pef", "raf", "rw2", "srw",
];

/// Extensions that folders of pictures are searched for, decodable or refused with a reason.
pub(crate) const PICTURE_EXTENSIONS: [&str; 16] = [
    "png", "jpg", "jpeg", "jpe", "jfif", "mpo", "gif", "bmp", "webp", "tif", "tiff", "heic",
    "heif", "avif", "jxl", "jp2",
];

/// Extensions of DICOM files, which are only looked for where pictures are imported: a data set or a folder
/// that is worked on where it lies should hold no names of patients.
const DICOM_EXTENSIONS: [&str; 3] = ["dcm", "dicom", "dic"];

/// Whether a folder's entry is meant to be a picture to import, going by its name.
pub(crate) fn is_import_name(path: &Path) -> bool {
    let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    is_picture_name(path) || (!hidden && DICOM_EXTENSIONS.contains(&lower_extension(path).as_str()))
}

/// Whether a folder's entry is meant to be a picture, going by its name. DICOM files are not: they hold
/// names of patients, so they are imported and not used where they lie.
pub fn is_picture_name(path: &Path) -> bool {
    let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    let extension = lower_extension(path);
    let known = |list: &[&str]| list.contains(&extension.as_str());
    !hidden && (known(&PICTURE_EXTENSIONS) || known(&RAW_EXTENSIONS))
}

impl FileFormat {
    /// Looks at the first bytes of a file, and at its extension only to tell camera raw files from
    /// the TIFF files they are built like.
    pub(super) fn detect(bytes: &[u8], path: &Path) -> Self {
        // first: what comes before the mark is free, and may make the file a TIFF file, too
        if bytes.get(128..132) == Some(b"DICM") {
            return Self::Dicom;
        }
        let tiff =
            [&b"II*\0"[..], b"MM\0*", b"II+\0", b"MM\0+"].iter().any(|m| bytes.starts_with(m));
        if tiff {
            let raw = RAW_EXTENSIONS.contains(&lower_extension(path).as_str());
            let canon = bytes.get(8..10) == Some(b"CR");
            return if raw || canon { Self::CameraRaw } else { Self::Tiff };
        }
        if let Some((_, format)) = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)) {
            return *format;
        }
        if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            return Self::WebP;
        }
        if bytes.get(4..8) == Some(b"ftyp") {
            return media_container(bytes.get(8..12).unwrap_or_default());
        }
        Self::Unknown
    }
}

/// First bytes of formats that start with a fixed mark.
const MAGIC: [(&[u8], FileFormat); 15] = [
    (b"\x89PNG\r\n\x1a\n", FileFormat::Png),
    (b"\xff\xd8\xff", FileFormat::Jpeg),
    (b"BM", FileFormat::Bmp),
    (b"GIF8", FileFormat::Refused("GIF")),
    (b"\xff\x0a", FileFormat::Refused("JPEG XL")),
    (b"\0\0\0\x0cJXL ", FileFormat::Refused("JPEG XL")),
    (b"\0\0\0\x0cjP  ", FileFormat::Refused("JPEG 2000")),
    (b"\xff\x4f\xff\x51", FileFormat::Refused("JPEG 2000")),
    (b"8BPS", FileFormat::Refused("Photoshop")),
    (b"%PDF", FileFormat::Refused("PDF")),
    (b"gimp xcf", FileFormat::Refused("GIMP")),
    (b"FUJIFILMCCD-RAW", FileFormat::CameraRaw),
    (b"IIRO", FileFormat::CameraRaw),
    (b"IIRS", FileFormat::CameraRaw),
    (b"IIU\0", FileFormat::CameraRaw),
];

/// The formats that share the container of MPEG-4, by their brand.
fn media_container(brand: &[u8]) -> FileFormat {
    match brand {
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1" => {
            FileFormat::Refused("HEIC")
        }
        b"avif" | b"avis" => FileFormat::Refused("AVIF"),
        b"crx " => FileFormat::CameraRaw,
        _ => FileFormat::Refused("video"),
    }
}

fn lower_extension(path: &Path) -> String {
    path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_by_content() {
        let mut dual = b"II*\0".to_vec();
        dual.resize(128, 0);
        dual.extend(b"DICM");
        let table: [(&[u8], &str, FileFormat); 9] = [
            // a DICOM file that programs for TIFF files open, too: it may name a patient
            (&dual, "a.tif", FileFormat::Dicom),
            // a phone's HEIC renamed to .jpg
            (b"\0\0\0\x18ftypheic\0\0\0\0", "a.jpg", FileFormat::Refused("HEIC")),
            (b"\0\0\0\x1cftypavif\0\0\0\0", "a.png", FileFormat::Refused("AVIF")),
            // Nikon raw files begin like TIFF and hold a thumbnail first
            (b"MM\0*\0\0\0\x08", "DSC_1.NEF", FileFormat::CameraRaw),
            (b"II*\0\x10\0\0\0CR\x02\0", "a.tif", FileFormat::CameraRaw),
            (b"II*\0\x08\0\0\0", "a.tif", FileFormat::Tiff),
            (b"\xff\xd8\xff\xe0", "a.png", FileFormat::Jpeg),
            (b"", "a.png", FileFormat::Unknown),
            (b"hello", "a.png", FileFormat::Unknown),
        ];
        for (bytes, name, expected) in table {
            assert_eq!(FileFormat::detect(bytes, Path::new(name)), expected, "{name}");
        }
    }
}
