use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fs_err as fs;
use proptest::prelude::*;

use super::*;
use crate::image::Image;
use crate::image::decode::{decode, geometry as decode_bytes_geometry};

#[derive(serde::Deserialize)]
struct File {
    size: [usize; 2],
    cases: Vec<Case>,
}

#[derive(serde::Deserialize)]
struct Case {
    channels: Option<String>,
    window: Option<String>,
    error: Option<String>,
    spacing: Option<[f64; 2]>,
    #[serde(default)]
    rgb: String,
}

/// Files written with tifffile, see `refs/images/make_tiff.py`.
fn reference(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../refs/images/tiff").join(name)
}

fn references() -> BTreeMap<String, File> {
    let path = reference("../expected_tiff.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

impl Case {
    fn options(&self) -> ReadOptions {
        ReadOptions {
            channels: self.channels.as_ref().map(|text| text.parse().unwrap()),
            window: self.window.as_ref().map(|text| text.parse().unwrap()),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn is_near(found: Option<[f64; 2]>, expected: Option<[f64; 2]>) -> bool {
    match (found, expected) {
        (Some(a), Some(b)) => a.iter().zip(b).all(|(a, b)| (a / b - 1.0).abs() < 1e-6),
        (a, b) => a == b,
    }
}

#[test]
fn channels_are_what_tifffile_reads() {
    for (name, file) in references() {
        let size = Size::new(file.size[0], file.size[1]);
        for case in file.cases {
            let what = format!("{name} {:?} {:?}", case.channels, case.window);
            let found = Image::open_with(&reference(&name), &case.options());
            if let Some(expected) = case.error {
                let error = found.unwrap_err();
                let text = error.to_string();
                assert!(text.contains(&expected) && text.contains(&name), "{what}: {text}");
                assert!(error.hint().is_some());
                continue;
            }
            let found = found.unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(found.image.size(), size, "{what}");
            assert_eq!(hex(found.image.rgb()), case.rgb, "{what}");
            assert!(is_near(found.spacing, case.spacing), "{what}: {:?}", found.spacing);
            assert_eq!(found.is_made, case.channels.is_some() || case.window.is_some(), "{what}");
        }
    }
}

#[test]
fn defaults_of_programs_are_no_spacing_and_said_so() {
    let table =
        [("dpi72.tif", true), ("dpi300.tif", true), ("cm118.tif", true), ("no_unit.tif", false)];
    for (name, is_noted) in table {
        let found = Image::open(&reference(name)).unwrap();
        assert_eq!(found.spacing, None, "{name}");
        assert_eq!(found.notes.contains(&DecodeNote::SpacingIgnored), is_noted, "{name}");
    }
}

#[test]
fn a_choice_is_noted() {
    let options = ReadOptions {
        channels: Some("2,1,1".parse().unwrap()),
        window: Some("0,1000".parse().unwrap()),
    };
    let notes = |name: &str| {
        let found = Image::open_with(&reference(name), &options).unwrap();
        found.notes.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let window = "values shown in 8 bits through the window that was asked for";
    assert_eq!(notes("pages.tif"), ["channels 2,1,1 of 4 shown", window]);
    // 8 bits need no window
    assert_eq!(notes("two.tif"), ["channels 2,1,1 of 2 shown"]);
}

/// 65535 channels are announced, and there are six.
#[test]
fn announced_channels_cost_nothing() {
    let mut bytes = fs::read(reference("six_gray.tif")).unwrap();
    let samples = [21, 1, 3, 0, 1, 0, 0, 0, 6, 0];
    let at = bytes.windows(samples.len()).position(|window| window == samples).unwrap();
    bytes[at + 8..at + 10].fill(0xff);
    let channels = Some("9,9,9".parse().unwrap());
    let error = decode(&bytes, Path::new("a.tif"), &ReadOptions { channels, window: None });
    assert!(error.unwrap_err().to_string().contains("a.tif"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn damaged_files_never_panic(
        which in any::<prop::sample::Index>(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
        choice in 0usize..4,
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
        let options = ReadOptions {
            channels: (choice % 2 == 1).then(|| "2,1,1".parse().unwrap()),
            window: (choice > 1).then(|| "0,900".parse().unwrap()),
        };
        let _ = decode(&bytes, Path::new(name), &options);
        let _ = decode_bytes_geometry(&bytes, Path::new(name));
    }
}
