//! `lacuna init`.

use insta::assert_snapshot;

use crate::program::{lacuna, transcript};

#[test]
fn a_data_set_is_made_and_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let arguments = [
        "init",
        "mouths",
        "--class",
        "gum=#d55e00",
        "--class",
        "teeth",
        "--class",
        "caries",
        "--exclusive",
        "gum,teeth",
        "--part-of",
        "caries,teeth",
        "--color",
        "caries=#000000",
    ];
    assert_snapshot!(transcript(folder, &arguments));
    assert_snapshot!(
        "manifest",
        fs_err::read_to_string(folder.join("mouths/dataset.toml")).unwrap()
    );
    assert_snapshot!(transcript(folder, &arguments));
}

#[test]
fn json_is_one_document_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let answer = lacuna(
        folder.path(),
        &["init", "ds", "--class", "gum", "--name", "Mouths", "--json", "-q"],
    );
    let made: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!((made["name"].as_str(), made["data"].as_str()), (Some("Mouths"), Some("ds")));
    assert_eq!(answer.stderr, "");
}

#[test]
fn impossible_classes_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let refused = |extra: &[&str]| {
        let mut arguments = vec!["init", "ds", "--class", "gum", "--class", "teeth"];
        arguments.extend(extra);
        let text = transcript(folder, &arguments);
        assert!(!folder.join("ds").exists());
        text
    };
    assert_snapshot!("unknown_class_in_exclusive", refused(&["--exclusive", "gum,tooth"]));
    assert_snapshot!("one_class_in_exclusive", refused(&["--exclusive", "gum"]));
    assert_snapshot!("three_classes_in_part_of", refused(&["--part-of", "gum,teeth,lip"]));
    assert_snapshot!("class_twice", refused(&["--class", "gum"]));
    assert_snapshot!("class_that_is_no_file_name", refused(&["--class", "../x"]));
    assert_snapshot!("colour_that_is_none", refused(&["--color", "gum=red"]));
    assert_snapshot!("colour_of_no_class", refused(&["--color", "lip=#000000"]));
}

#[test]
fn an_unwritable_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // permissions mean nothing to root; a folder under a file cannot be made by anyone
    fs_err::write(folder.join("file"), "").unwrap();
    assert_snapshot!(transcript(folder, &["init", "file/ds", "--class", "gum"]));
}
