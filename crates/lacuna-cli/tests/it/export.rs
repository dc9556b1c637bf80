//! `lacuna export`, and the way back through `lacuna import`.

use fs_err as fs;

use crate::drawn;
use crate::pictures::{IMPORT, empty_dataset, mouths};
use crate::program::lacuna;

#[test]
fn what_is_exported_is_imported_again() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    empty_dataset(folder);
    mouths(folder);
    lacuna(folder, &[&IMPORT[..], &["--unpainted", "unknown"]].concat()).ended(0);
    lacuna(folder, &["export", "coco", "--data", "ds", "-o", "out"]).ended(0);
    lacuna(folder, &["init", "back", "--class", "gum", "--class", "teeth"]).ended(0);
    let import = ["import", "coco", "out/annotations.json", "--data", "back"];
    lacuna(folder, &import).ended(0);
    for file in fs::read_dir(folder.join("ds/annotations/P1_a")).unwrap() {
        let name = file.unwrap().file_name();
        let read = |data: &str| fs::read(folder.join(data).join("annotations/P1_a").join(&name));
        assert_eq!(read("ds").unwrap(), read("back").unwrap(), "{}", name.display());
    }
    // a second time the cases are there already
    let again = lacuna(folder, &import).ended(3);
    assert!(again.stderr.contains("would have the same id"), "{}", again.stderr);
}

#[test]
fn losses_are_said_and_wrong_requests_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    empty_dataset(folder);
    mouths(folder);
    lacuna(folder, &[&IMPORT[..], &["--unpainted", "background"]].concat()).ended(0);
    let export = ["export", "coco", "--data", "ds", "-o", "out", "--option", "negatives=no"];
    let answer = lacuna(folder, &export).ended(0);
    assert!(answer.stderr.contains("coco cannot hold"), "{}", answer.stderr);
    lacuna(folder, &export).ended(2);
    let wrong = ["export", "coco", "--data", "ds", "-o", "new", "--option", "negative=no"];
    let answer = lacuna(folder, &wrong).ended(2);
    assert!(answer.stderr.contains("its options are: negatives"), "{}", answer.stderr);
    lacuna(folder, &["export", "docx", "--data", "ds", "-o", "new"]).ended(2);
    assert!(!folder.join("new").exists());
    let list = lacuna(folder, &["export", "--list"]).ended(0);
    assert!(list.stdout.contains("label-studio"), "{}", list.stdout);
}

/// Another program's masks are scored as a network's are.
#[test]
fn predictions_of_another_program_are_scored() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    drawn::mouths(&folder.join("ds"));
    lacuna(folder, &["export", "nnunet", "--data", "ds", "-o", "raw"]).ended(0);
    lacuna(folder, &["init", "theirs", "--class", "gum", "--class", "teeth"]).ended(0);
    let labels = fs::read_dir(folder.join("raw")).unwrap().map(|e| e.unwrap().path());
    let dataset = labels.into_iter().find(|path| path.join("labelsTr").is_dir());
    let root = dataset.unwrap_or_else(|| folder.join("raw"));
    let root = root.to_str().unwrap();
    let import = ["import", "nnunet", root, "--data", "theirs"];
    lacuna(folder, &import).ended(0);
    let score = ["evaluate", "--predictions", "theirs", "--data", "ds", "--output-dir", "scores"];
    let score = [&score[..], &["--part", "train", "--json"]].concat();
    let answer = lacuna(folder, &score).ended(0);
    let scores: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    // what was painted came through: on the pixels people spoke of, they agree
    let known = &scores["results"][0]["definitions"][0];
    assert_eq!(known["definition"], "known-pixels");
    assert_eq!(known["mean"][0]["dice"]["mean"], 1.0, "{known}");
    assert!(folder.join("scores/report.html").exists());
    lacuna(folder, &["evaluate", "--predictions", "theirs"]).ended(2).says(&["--data"]);
    lacuna(folder, &["init", "other", "--class", "hair"]).ended(0);
    let other = ["evaluate", "--predictions", "other", "--data", "ds", "--output-dir", "x"];
    lacuna(folder, &other).ended(2).says(&["hair"]);
}
