//! `lacuna plan`, `lacuna train --budget`, and trainings on patches.

use crate::drawn::{RECIPE, bytes, mouths};
use crate::program::lacuna;

/// What the tests leave to the plan: everything but the network.
const GIVEN: [&str; 4] = ["--encoder-weights", "none", "--batch-size", "2"];

#[test]
fn a_plan_is_a_configuration_that_trains() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mouths(&folder.join("ds"));
    let arguments = ["plan", "--data", "ds", "--budget", "2s", "-o", "plan.toml", "--json"];
    let answer = lacuna(folder, &arguments).ended(0);
    let plan: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(plan["survey"]["median_size"], serde_json::json!({ "width": 40, "height": 40 }));
    let keys: Vec<_> = plan["reasons"].as_array().unwrap().iter().map(|r| &r["key"]).collect();
    for key in ["image_size", "batch_size", "epochs"] {
        assert!(keys.iter().any(|found| *found == key), "{key} is not in {keys:?}");
    }
    let text = String::from_utf8(bytes(folder, ".", "plan.toml")).unwrap();
    assert!(
        text.starts_with("# A training of about") && text.contains("image_size = 64"),
        "{text}"
    );
    let mut arguments = vec!["train", "--data", "ds", "--output-dir", "a", "--config", "plan.toml"];
    arguments.extend(GIVEN);
    arguments.extend(["--epochs", "1"]);
    lacuna(folder, &arguments).ended(0);
    lacuna(folder, &["plan", "--data", "ds", "--budget", "20"])
        .ended(2)
        .says(&["90s, 20min or 2h"]);
    lacuna(folder, &["plan", "--data", "none", "--budget", "20s"]).ended(3).says(&["none"]);
}

#[test]
fn a_training_with_a_budget_leaves_its_plan() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mouths(&folder.join("ds"));
    let mut arguments = vec!["train", "--data", "ds", "--output-dir", "a", "--budget", "1s"];
    arguments.extend(RECIPE);
    lacuna(folder, &arguments).ended(0).says(&["Plan for 1 s"]);
    let text = |file: &str| String::from_utf8(bytes(folder, "a", file)).unwrap();
    let (plan, config) = (text("plan.toml"), text("config.toml"));
    let settings: Vec<_> = plan.lines().filter(|line| !line.starts_with('#')).collect();
    for line in &settings {
        assert!(config.lines().any(|other| other == *line), "{line} is not in {config}");
    }
    assert!(plan.contains("epochs = ") && !plan.contains("image_size = "), "{plan}");
    lacuna(folder, &["train", "--resume", "--output-dir", "a", "--budget", "1s"]).ended(2);
}

#[test]
fn a_network_of_patches_predicts_whole_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mouths(&folder.join("ds"));
    let patches = ["--sampling", "patch", "--patch-scale", "1.5", "--epochs", "1"];
    let train = ["train", "--data", "ds", "--output-dir", "a"];
    lacuna(folder, &[&train[..], &RECIPE, &patches].concat()).ended(0);
    lacuna(folder, &["evaluate", "--run", "a"]).ended(0);
    lacuna(
        folder,
        &["predict", "--run", "a", "-i", "ds/images", "-o", "out", "--probabilities", "npy"],
    )
    .ended(0);
    // float32 [classes, height, width] of the pictures' own 40 × 40, after a header of 128 bytes
    assert_eq!(bytes(folder, "out", "m0.probability.npy").len(), 128 + 2 * 40 * 40 * 4);
    lacuna(
        folder,
        &["explain", "m6", "--data", "ds", "--class", "teeth", "--run", "a", "-o", "explain.png"],
    )
    .ended(0);
    lacuna(folder, &["train", "--resume", "--output-dir", "a", "--epochs", "2"]).ended(0);
}
