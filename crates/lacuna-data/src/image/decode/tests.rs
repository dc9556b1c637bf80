use std::collections::BTreeMap;
use std::path::PathBuf;

use proptest::prelude::*;

use super::*;

/// Pictures written by Pillow and tifffile, see `refs/images/make.py`.
fn reference(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../refs/images/files").join(name)
}

#[derive(serde::Deserialize)]
struct Expected {
    size: [usize; 2],
    tolerance: u8,
    pixels: Vec<[usize; 5]>,
}

fn references() -> BTreeMap<String, Option<Expected>> {
    let path = reference("../expected.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn pictures_are_read_as_pillow_reads_them() {
    for (name, expected) in references() {
        let found = Image::open(&reference(&name));
        let Some(expected) = expected else {
            let Err(error) = found else { panic!("{name} was read") };
            assert!(matches!(error, ImageError::Unsupported { .. }), "{name}: {error}");
            assert!(error.to_string().contains(&name) && error.hint().is_some());
            continue;
        };
        let decoded = found.unwrap_or_else(|error| panic!("{error}"));
        let size = Size::new(expected.size[0], expected.size[1]);
        assert_eq!(decoded.image.size(), size, "{name}");
        assert_eq!(decode_size(&reference(&name)).unwrap(), size, "{name}");
        for [x, y, color @ ..] in expected.pixels {
            let pixel = decoded.image.pixel(x, y);
            let near =
                pixel.iter().zip(color).all(|(a, b)| a.abs_diff(b as u8) <= expected.tolerance);
            assert!(near, "{name} at {x}, {y}: {pixel:?}, Pillow {color:?}; {:?}", decoded.notes);
        }
    }
}

#[test]
fn whatever_changes_a_picture_is_noted() {
    let table: [(&str, &[DecodeNote]); 13] = [
        ("plain.jpg", &[]),
        ("opaque.png", &[]),
        ("exif_1.jpg", &[]),
        ("exif_8.jpg", &[DecodeNote::Oriented(8)]),
        ("exif_6.tif", &[DecodeNote::Oriented(6)]),
        ("rgb16.png", &[DecodeNote::SixteenBit]),
        ("transparent.png", &[DecodeNote::AlphaDropped]),
        // sRGB under its own name: nothing to do
        ("srgb_profile.png", &[]),
        ("wide.jpg", &[DecodeNote::ProfileConverted("Wide RGB".to_owned())]),
        (
            "wide16.png",
            &[DecodeNote::SixteenBit, DecodeNote::ProfileConverted("Wide RGB".to_owned())],
        ),
        (
            "wrong_profile.png",
            &[DecodeNote::ProfileIgnored("a profile for Gray on a Rgb picture".to_owned())],
        ),
        ("cmyk.jpg", &[DecodeNote::Cmyk { with_profile: false }]),
        (
            "cmyk_profile.jpg",
            &[
                DecodeNote::ProfileConverted("Dull inks".to_owned()),
                DecodeNote::Cmyk { with_profile: true },
            ],
        ),
    ];
    for (name, notes) in table {
        assert_eq!(Image::open(&reference(name)).unwrap().notes, notes, "{name}");
    }
}

#[test]
fn cut_off_files_are_called_incomplete() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "exif_6.jpg",
        "progressive.jpg",
        "cmyk.jpg",
        "exif_6.png",
        "rgb.bmp",
        "rgb8.tif",
        "exif_6.webp",
    ] {
        let bytes = fs::read(reference(name)).unwrap();
        for share in [1, 3, 5, 7, 9] {
            let path = folder.path().join(name);
            fs::write(&path, &bytes[..bytes.len() * share / 10]).unwrap();
            let Err(error) = Image::open(&path) else { panic!("{name} {share} was read") };
            assert!(error.to_string().contains(name), "{error}");
            let cut = matches!(error, ImageError::Truncated { .. } | ImageError::Damaged { .. });
            assert!(cut, "{name} {share}: {error}");
        }
    }
    for content in [&b""[..], b"no picture"] {
        fs::write(folder.path().join("a.jpg"), content).unwrap();
        assert!(Image::open(&folder.path().join("a.jpg")).is_err());
    }
    let missing = Image::open(&folder.path().join("b.jpg")).unwrap_err();
    assert!(matches!(missing, ImageError::Io { .. }) && missing.to_string().contains("b.jpg"));
}

#[test]
fn formats_that_are_not_read_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let table: [(&str, &[u8], &str); 4] = [
        ("a.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "a HEIC file"),
        ("a.jpg", b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "a HEIC file"),
        ("a.nef", b"MM\0*\0\0\0\x08\0\0\0\0\0\0", "camera raw"),
        ("a.gif", b"GIF89a\x01\0\x01\0", "a GIF file"),
    ];
    for (name, content, expected) in table {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        let error = Image::open(&path).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert!(error.hint().unwrap().contains("JPEG or PNG"));
    }
}

#[test]
fn very_small_and_very_wide_pictures_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.png");
    for size in [Size::new(1, 1), Size::new(20_000, 2), Size::new(1, 20_000)] {
        let mut image = Image::filled(size, [1, 2, 3]);
        image.set_pixel(size.width - 1, size.height - 1, [250, 7, 9]);
        image.save_png(&path).unwrap();
        assert_eq!(Image::open(&path).unwrap().image, image);
    }
}

#[test]
fn a_made_up_size_takes_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.png");
    let mut bytes = fs::read(reference("palette.png")).unwrap();
    let table = [
        (0x7fff_ffffu32, "larger than 4 GB"),
        (20_000_000, "at most 400 million"),
        (12_000_000, "cannot hold"),
    ];
    for (width, expected) in table {
        bytes[16..20].copy_from_slice(&width.to_be_bytes());
        let crc = png_crc(&bytes[12..29]);
        bytes[29..33].copy_from_slice(&crc.to_be_bytes());
        fs::write(&path, &bytes).unwrap();
        let error = Image::open(&path).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

fn png_crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 }
        })
    })
}

#[test]
fn grey_maps_keep_all_sixteen_bits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.png");
    let values = [0u16, 1, 256, 40_000, 65_534, 65_535];
    crate::image::save_gray16_png(&path, Size::new(3, 2), &values).unwrap();
    let read = crate::annotation::mask_file::read_values(&path, None).unwrap();
    assert_eq!(read.values, values);
    assert!(crate::image::save_gray16_png(&path, Size::new(3, 3), &values).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Any damage gives a picture or an error, in bounded memory; a panic of a decoder would be
    /// caught in `guarded`, so the decoding itself is called here.
    #[test]
    fn damaged_pictures_never_panic(
        which in any::<prop::sample::Index>(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let names: Vec<String> = references().into_keys().collect();
        let name = which.get(&names);
        let mut bytes = fs::read(reference(name)).unwrap();
        for (at, value) in &flips {
            let at = at.index(bytes.len());
            bytes[at] = *value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let _ = decode(&bytes, Path::new(name), &ReadOptions::default());
        let _ = geometry(&bytes, Path::new(name));
    }
}
