//! `lacuna audit`.

use insta::assert_snapshot;
use lacuna_data::Image;

use crate::pictures::{dataset, empty_dataset, mouths};
use crate::program::{lacuna, transcript};

#[test]
fn partial_masks_without_boxes_are_warned_about() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    dataset(folder, "unknown");
    assert_snapshot!(transcript(folder, &["audit", "--data", "ds"]));
    // under this policy there is no negative at all
    let answer = lacuna(folder, &["audit", "--data", "ds", "--policy", "positive-only"]).ended(0);
    answer.says(&["class gum has no negatives under `positive-only`", "hint:"]);
}

#[test]
fn a_class_never_painted_and_thin_paint_are_warned_about() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    dataset(folder, "background");
    let simulate = ["simulate", "--data", "ds", "--output-dir", "few", "--fraction-of", "gum=0"];
    lacuna(folder, &simulate).ended(0);
    // 4 by 4 pixels: whole strokes fall on pixels that also hold something else
    let arguments = ["audit", "--data", "few", "--image-size", "4", "--resize", "stretch"];
    assert_snapshot!(transcript(folder, &arguments));
}

#[test]
fn pictures_are_drawn_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    dataset(folder, "unknown");
    let arguments = ["audit", "--data", "ds", "--case", "P1_a", "--pictures", "out/audit", "-q"];
    lacuna(folder, &arguments).ended(0);
    let picture = Image::open(&folder.join("out/audit/P1_a.png")).unwrap().image;
    assert!(picture.size().width > 100);
    assert!(!folder.join("out/audit/P1_b.png").exists());
}

#[test]
fn json_is_one_document_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    dataset(folder, "unknown");
    let answer = lacuna(folder, &["audit", "--data", "ds", "--json"]).ended(0);
    let audit: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(audit["cases"], 5);
    // 27 gum and 36 teeth pixels in each of 5 pictures
    assert_eq!(audit["classes"][0]["sources"]["painted_positive"], 135);
    assert_eq!(audit["classes"][1]["sources"]["painted_positive"], 180);
    assert_eq!(audit["classes"][0]["sources"]["exclusion"], 180);
}

#[test]
fn what_cannot_be_audited_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    assert_snapshot!("no_data_set", transcript(folder, &["audit", "--data", "ds"]));
    empty_dataset(folder);
    assert_snapshot!("empty", transcript(folder, &["audit", "--data", "ds"]));
    assert_snapshot!("unknown_case", transcript(folder, &["audit", "--data", "ds", "--case", "x"]));
    assert_snapshot!(
        "bad_size",
        transcript(folder, &["audit", "--data", "ds", "--image-size", "0"])
    );
    mouths(folder);
    lacuna(folder, &["import", "images", "photos", "--data", "ds"]).ended(0);
    fs_err::write(folder.join("ds/images/P1_a.png"), "no picture").unwrap();
    assert_snapshot!("damaged_picture", transcript(folder, &["audit", "--data", "ds"]));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    dataset(folder, "unknown");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = crate::program::command(folder, &["audit", "--data", "ds", "--quiet"]);
    assert_eq!(command.stdout(writer).status().unwrap().code(), Some(0));
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    empty_dataset(folder);
    let full = fs_err::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = crate::program::command(folder, &["audit", "--data", "ds"]);
    command.stdout(full.into_parts().0).stderr(std::process::Stdio::piped());
    let output = command.spawn().unwrap().wait_with_output().unwrap();
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(words.contains("No space left") && words.contains("hint: the disk is full"), "{words}");
}
