//! From drawn mouths to scores with the commands a user types, on pictures small enough to be quick.

use crate::drawn::{RECIPE, bytes, mouths, train};
use crate::program::lacuna;

#[test]
fn training_is_repeatable_and_its_scores_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mouths(&folder.join("ds"));
    for run in ["a", "b"] {
        train(folder, run, "2");
    }
    for file in ["checkpoints/last.safetensors", "metrics.csv", "summary.json"] {
        assert!(bytes(folder, "a", file) == bytes(folder, "b", file), "{file} differs");
    }
    let answer = lacuna(
        folder,
        &["evaluate", "--run", "a", "--threshold", "0.5", "--threshold", "elkan-noto", "--json"],
    )
    .ended(0);
    let scores: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(scores["results"].as_array().map(Vec::len), Some(2));
    for file in ["summary.json", "per_case.csv", "report.html"] {
        assert!(!bytes(folder, "a/evaluation/test", file).is_empty(), "{file} is empty");
    }
}

#[test]
fn a_run_trained_on_equals_one_trained_through() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mouths(&folder.join("ds"));
    // a constant learning rate: the schedule must not know how long the run will be
    let constant = ["--set", "lr_schedule=constant"];
    let mut arguments = vec!["train", "--data", "ds", "--output-dir", "through", "--epochs", "3"];
    arguments.extend(RECIPE.iter().chain(&constant));
    lacuna(folder, &arguments).ended(0);
    arguments[4] = "parts";
    arguments[6] = "1";
    lacuna(folder, &arguments).ended(0);
    lacuna(folder, &["train", "--resume", "--output-dir", "parts", "--epochs", "3"]).ended(0);
    for file in ["checkpoints/last.safetensors", "metrics.csv"] {
        assert!(bytes(folder, "through", file) == bytes(folder, "parts", file), "{file} differs");
    }
}

#[test]
fn mistakes_are_named_with_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mouths(&folder.join("ds"));
    let train = ["train", "--data", "ds", "--output-dir", "run"];
    let with = |extra: &[&'static str]| {
        let mut arguments = train.to_vec();
        arguments.extend(extra);
        lacuna(folder, &arguments)
    };
    with(&["--policy", "guess"]).ended(2).says(&["guess", "fusion+box"]);
    with(&["--set", "speed=3", "--encoder-weights", "none"]).ended(2).says(&["speed", "hint:"]);
    with(&["--split", "other", "--encoder-weights", "none"])
        .ended(3)
        .says(&["other.json", "hint:"]);
    lacuna(folder, &["train", "--data", "nowhere", "--output-dir", "run"])
        .ended(3)
        .says(&["nowhere", "dataset.toml"]);
    lacuna(folder, &["evaluate", "--run", "nowhere"]).says(&["nowhere"]);
    lacuna(folder, &["demo", "--output-dir", "ds"]).ended(2).says(&["not empty"]);
}
