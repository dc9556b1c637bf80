//! `lacuna simulate`.

use fs_err as fs;
use insta::assert_snapshot;

use crate::pictures::{dataset, empty_dataset, files};
use crate::program::{lacuna, transcript};

const SIMULATE: [&str; 5] = ["simulate", "--data", "ds", "--output-dir", "partial"];

fn with<'a>(extra: &[&'a str]) -> Vec<&'a str> {
    SIMULATE.iter().chain(extra).copied().collect()
}

#[test]
fn complete_masks_become_partial_and_the_truth_stays() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    dataset(folder, "background");
    lacuna(folder, &["split", "--data", "ds", "--test", ".4", "--validation", "0"]).ended(0);
    let arguments = with(&[
        "--paint",
        "nearest",
        "--fraction",
        ".5",
        "--fraction-of",
        "gum=.25",
        "--neither",
        "2",
        "--neither-width",
        "1",
        "--box-margin",
        "1",
        "--seed",
        "3",
    ]);
    assert_snapshot!(transcript(folder, &arguments));
    assert_snapshot!("files", files(&folder.join("partial")).join("\n"));
    // from the truth it wrote, the same again
    let again: Vec<&str> = arguments
        .iter()
        .map(|word| match *word {
            "ds" => "partial",
            "partial" => "again",
            other => other,
        })
        .collect();
    lacuna(folder, &again).ended(0);
    for file in files(&folder.join("partial")).iter().filter(|file| *file != "dataset.toml") {
        let bytes = |data: &str| fs::read(folder.join(data).join(file)).unwrap();
        assert!(bytes("partial") == bytes("again"), "{file} differs");
    }
}

#[test]
fn threads_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    dataset(folder, "background");
    for (threads, output) in [("1", "one"), ("3", "three")] {
        let strokes = ["simulate", "--data", "ds", "--paint", "strokes", "--box-jitter", "2"];
        let mut arguments = strokes.to_vec();
        arguments.extend(["--output-dir", output, "--threads", threads]);
        lacuna(folder, &arguments).ended(0);
    }
    for file in files(&folder.join("one")).iter().filter(|file| *file != "dataset.toml") {
        let bytes = |data: &str| fs::read(folder.join(data).join(file)).unwrap();
        assert!(bytes("one") == bytes("three"), "{file} differs");
    }
}

#[test]
fn every_pattern_paints_something() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    dataset(folder, "background");
    for paint in
        ["nearest", "strokes", "core", "peripheral", "missed-instances", "five-area", "complete"]
    {
        let mut arguments =
            vec!["simulate", "--data", "ds", "--output-dir", paint, "--paint", paint];
        arguments.push("--json");
        let answer = lacuna(folder, &arguments).ended(0);
        let report: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
        assert_eq!(report["config"]["paint"], paint);
        assert!(report["classes"][0]["painted"].as_u64() > Some(0), "{paint}: {}", answer.stdout);
    }
}

#[test]
fn nothing_is_overwritten_or_left_half_written() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    dataset(folder, "unknown");
    let before = files(folder);
    assert_snapshot!("unknown_pixels", transcript(folder, &SIMULATE));
    assert_snapshot!(
        "output_exists",
        transcript(folder, &["simulate", "--data", "ds", "--output-dir", "photos"])
    );
    assert_snapshot!(
        "output_inside",
        transcript(folder, &["simulate", "--data", "ds", "--output-dir", "ds/new"])
    );
    assert_snapshot!("bad_share", transcript(folder, &with(&["--fraction", "1.5"])));
    assert_snapshot!("unknown_class", transcript(folder, &with(&["--fraction-of", "lip=.5"])));
    assert_snapshot!(
        "no_box_with_margin",
        transcript(folder, &with(&["--no-box", "--box-margin", "3"]))
    );
    assert_eq!(files(folder), before);
}

#[test]
fn an_empty_data_set_and_an_unwritable_folder_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    empty_dataset(folder);
    assert_snapshot!("empty", transcript(folder, &SIMULATE));
    let other = tempfile::tempdir().unwrap();
    dataset(other.path(), "background");
    fs::write(other.path().join("file"), "").unwrap();
    let arguments = ["simulate", "--data", "ds", "--output-dir", "file/partial"];
    assert_snapshot!("unwritable", transcript(other.path(), &arguments));
}
