//! `lacuna split`.

use fs_err as fs;
use insta::assert_snapshot;

use crate::pictures::{dataset, empty_dataset, mouths};
use crate::program::{lacuna, transcript};

const SPLIT: [&str; 3] = ["split", "--data", "ds"];

fn with<'a>(extra: &[&'a str]) -> Vec<&'a str> {
    SPLIT.iter().chain(extra).copied().collect()
}

#[test]
fn patients_stay_together() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    dataset(folder, "unknown");
    let arguments = with(&["--test", ".34", "--validation", ".3", "--seed", "7"]);
    assert_snapshot!(transcript(folder, &arguments));
    assert_snapshot!("file", fs::read_to_string(folder.join("ds/splits/default.json")).unwrap());
    assert_snapshot!("exists", transcript(folder, &arguments));
    let mut forced = arguments.clone();
    forced.push("--force");
    lacuna(folder, &forced).ended(0);
    assert_snapshot!(
        "folds",
        transcript(folder, &with(&["--folds", "3", "--validation", "0", "--name", "cross"]))
    );
}

#[test]
fn near_copies_and_unknown_patients_are_warned_about() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    empty_dataset(folder);
    mouths(folder);
    fs::copy(folder.join("photos/P1_a.png"), folder.join("photos/copy.png")).unwrap();
    lacuna(folder, &["import", "images", "photos", "--data", "ds"]).ended(0);
    assert_snapshot!(transcript(folder, &with(&["--folds", "6", "--validation", "0"])));
    assert_snapshot!(
        "by_image",
        transcript(folder, &with(&["--by-image", "--name", "images", "--seed", "1"]))
    );
    let answer =
        lacuna(folder, &with(&["--folds", "6", "--validation", "0", "--force", "--json"])).ended(0);
    let report: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    let pair = &report["near_copies"]["pairs"][0];
    assert_eq!((pair["first"].as_str(), pair["second"].as_str()), (Some("P1_a"), Some("copy")));
}

#[test]
fn impossible_splits_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    empty_dataset(folder);
    assert_snapshot!("empty", transcript(folder, &SPLIT));
    mouths(folder);
    lacuna(folder, &["import", "images", "photos", "--data", "ds", "--group-from", "^P[0-9]+"])
        .ended(0);
    assert_snapshot!("too_many_folds", transcript(folder, &with(&["--folds", "4"])));
    assert_snapshot!("bad_share", transcript(folder, &with(&["--test", "1"])));
    assert_snapshot!(
        "too_few_groups",
        transcript(folder, &with(&["--test", ".7", "--validation", ".5"]))
    );
    assert_snapshot!(
        "folds_and_test",
        transcript(folder, &with(&["--folds", "3", "--test", ".2"]))
    );
    assert_snapshot!(
        "bad_name",
        transcript(folder, &with(&["--name", "../cases", "--validation", "0"]))
    );
    assert!(!folder.join("ds/splits").exists());
}
