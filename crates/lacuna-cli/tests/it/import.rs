//! `lacuna import`.

use std::path::Path;

use fs_err as fs;
use insta::assert_snapshot;

use crate::pictures::{IMPORT, WIDTH, empty_dataset, files, mask, mouth, mouths};
use crate::program::{lacuna, transcript};

/// The arguments of an import with what is special about it.
fn with<'a>(extra: &[&'a str]) -> Vec<&'a str> {
    IMPORT.iter().chain(extra).copied().collect()
}

#[test]
fn formats_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    assert_snapshot!(transcript(folder.path(), &["import", "--list"]));
}

#[test]
fn masks_are_imported_and_what_unpainted_means_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    empty_dataset(folder);
    mouths(folder);
    let arguments =
        with(&["--unpainted", "unknown", "--group-from", "^(P[0-9]+)_", "--author", "expert"]);
    assert_snapshot!(transcript(folder, &arguments));
    assert_snapshot!("cases", fs::read_to_string(folder.join("ds/cases.csv")).unwrap());
    let provenance = folder.join("ds/annotations/P1_a/provenance.json");
    assert_snapshot!("provenance", fs::read_to_string(provenance).unwrap());
    // a second time: the ids are taken
    assert_snapshot!("twice", transcript(folder, &arguments));
}

#[test]
fn pictures_without_masks_are_imported() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    empty_dataset(folder);
    mouths(folder);
    assert_snapshot!(transcript(folder, &["import", "images", "photos", "--data", "ds"]));
}

#[test]
fn masks_that_stay_behind_are_warned_about() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    empty_dataset(folder);
    mouths(folder);
    fs::remove_file(folder.join("masks/P2_a.png")).unwrap();
    // value 2 is ignored: teeth are never painted
    let arguments = with(&["--unpainted", "background", "--ignore-value", "2"]);
    assert_snapshot!(transcript(folder, &arguments));
}

#[test]
fn json_is_one_document_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    empty_dataset(folder);
    mouths(folder);
    let answer = lacuna(folder, &with(&["--unpainted", "unknown", "--json"])).ended(0);
    let report: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(report["cases"].as_array().map(Vec::len), Some(5));
    assert_eq!(report["cases"][0]["unpainted"], "unknown");
}

#[test]
fn unpainted_is_never_guessed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    empty_dataset(folder);
    mouths(folder);
    assert_snapshot!(transcript(folder, &IMPORT));
}

/// Spoils one file of a good folder and expects the whole import to be refused.
fn refused(spoil: impl FnOnce(&Path), extra: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    empty_dataset(folder);
    mouths(folder);
    spoil(folder);
    let before = files(&folder.join("ds"));
    let text = transcript(folder, &with(&[&["--unpainted", "unknown"], extra].concat()));
    assert_eq!(files(&folder.join("ds")), before, "half an import was left behind");
    text
}

#[test]
fn one_wrong_file_refuses_the_whole_import() {
    let small = |folder: &Path| mask(&folder.join("masks/P1_b.png"), 8, &[0; 48]);
    assert_snapshot!("mask_of_another_size", refused(small, &[]));

    let strange = |folder: &Path| {
        let mut values = mouth();
        values[5] = 7;
        mask(&folder.join("masks/P1_b.png"), WIDTH, &values);
    };
    assert_snapshot!("value_without_class", refused(strange, &[]));

    let heic = |folder: &Path| {
        fs::write(folder.join("photos/P1_b.png"), b"\0\0\0\x18ftypheic\0\0\0\0mif1heic").unwrap();
    };
    assert_snapshot!("heic", refused(heic, &[]));

    let cut = |folder: &Path| {
        let path = folder.join("photos/P1_b.png");
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() * 2 / 3]).unwrap();
    };
    assert_snapshot!("truncated", refused(cut, &[]));

    let two = |folder: &Path| {
        fs::write(folder.join("photos/P1_b.png"), "hello").unwrap();
        fs::write(folder.join("photos/P2_a.png"), "").unwrap();
    };
    assert_snapshot!("several_at_once", refused(two, &[]));

    let orphan = |folder: &Path| mask(&folder.join("masks/other.png"), WIDTH, &mouth());
    assert_snapshot!("mask_without_picture", refused(orphan, &[]));

    let none = |folder: &Path| fs::remove_dir_all(folder.join("photos")).unwrap();
    assert_snapshot!("no_such_folder", refused(none, &[]));

    let empty = |folder: &Path| {
        fs::remove_dir_all(folder.join("photos")).unwrap();
        fs::create_dir(folder.join("photos")).unwrap();
    };
    assert_snapshot!("no_pictures", refused(empty, &[]));
}

#[test]
fn wrong_options_are_refused() {
    let good = |_: &Path| {};
    assert_snapshot!("map_to_no_class", refused(good, &["--map", "1=gum", "--map", "2=lip"]));
    assert_snapshot!("map_twice", refused(good, &["--map", "1=gum", "--map", "1=teeth"]));
    assert_snapshot!("map_of_nothing", refused(good, &["--map", "gum"]));
    assert_snapshot!("group_not_found", refused(good, &["--group-from", "^(X[0-9]+)"]));
    assert_snapshot!("group_not_a_pattern", refused(good, &["--group-from", "("]));
}

#[test]
fn odd_pictures_are_read_and_what_was_done_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    empty_dataset(folder);
    let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../refs/images/files");
    fs::create_dir(folder.join("odd")).unwrap();
    for name in ["cmyk.jpg", "gray.jpg", "exif_6.jpg", "rgb16.png"] {
        fs::copy(reference.join(name), folder.join("odd").join(name)).unwrap();
    }
    lacuna_data::Image::filled(lacuna_data::Size::new(1, 1), [9; 3])
        .save_png(&folder.join("odd/dot.png"))
        .unwrap();
    assert_snapshot!(transcript(folder, &["import", "images", "odd", "--data", "ds"]));
    let answer = lacuna(folder, &["audit", "--data", "ds", "--pictures", "out"]).ended(0);
    assert!(answer.stdout.contains("5 cases"), "{}", answer.stdout);
}

/// A folder with some of the reference pictures.
fn references(folder: &Path, names: &[&str]) {
    let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../refs/images");
    for name in names {
        let name = Path::new(name);
        let target = folder.join(name.file_name().unwrap());
        fs::create_dir_all(folder).unwrap();
        fs::copy(reference.join(name), target).unwrap();
    }
}

#[test]
fn dicom_pictures_leave_all_but_pixels_and_spacing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    empty_dataset(folder);
    references(&folder.join("scans"), &["dicom/rgb.dcm", "dicom/signed_rescaled.dcm"]);
    let arguments =
        ["import", "images", "scans", "--data", "ds", "--group-from", "dicom:PatientID"];
    assert_snapshot!(transcript(folder, &arguments));
    assert_snapshot!("dicom_cases", fs::read_to_string(folder.join("ds/cases.csv")).unwrap());
    for name in ["rgb", "signed_rescaled"] {
        let kept = fs::read(folder.join(format!("ds/images/{name}.png"))).unwrap();
        assert!(kept.starts_with(b"\x89PNG"), "{name}");
    }
    // where it lies, a DICOM file is not taken for a picture of a data set
    let hidden = folder.join("ds/images/rgb.png");
    fs::copy(folder.join("scans/rgb.dcm"), hidden).unwrap();
    let answer = lacuna(folder, &["audit", "--data", "ds"]).ended(3);
    assert!(answer.stderr.contains("it may name a patient"), "{}", answer.stderr);
}

#[test]
fn channels_and_the_window_are_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    empty_dataset(folder);
    references(&folder.join("bands"), &["tiff/six_rgb.tif", "tiff/six16_rgb.tif"]);
    references(&folder.join("real"), &["tiff/float.tif"]);
    let bands = ["import", "images", "bands", "--data", "ds"];
    assert_snapshot!("channels_unsaid", transcript(folder, &bands));
    let chosen = [&bands[..], &["--channels", "6,2,4"]].concat();
    assert_snapshot!("channels_chosen", transcript(folder, &chosen));
    let real = ["import", "images", "real", "--data", "ds"];
    assert_snapshot!("window_unsaid", transcript(folder, &real));
    let stated = [&real[..], &["--window", "-0.5,1.25"]].concat();
    assert_snapshot!("window_stated", transcript(folder, &stated));
    let wrong = [&real[..], &["--window", "9,1"]].concat();
    assert_snapshot!("window_upside_down", transcript(folder, &wrong));
}
