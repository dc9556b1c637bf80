//! From drawn mouths to scores with the commands a user types, on pictures small enough to be quick.

use std::path::Path;

use lacuna_data::dataset::Case;
use lacuna_data::dataset::split::{Fold, Split, Unit};
use lacuna_data::simulate::{SimulateConfig, simulate};
use lacuna_data::synthetic::{CLASSES, MouthConfig, generate};
use lacuna_data::{Class, ClassSet, Dataset, Size};

use crate::program::lacuna;

/// Eight partially painted mouths: four to train on, two to validate, two to test.
fn mouths(folder: &Path) {
    let names = CLASSES.map(str::to_owned);
    let class = |name: &String| Class { name: name.clone(), color: [200, 30, 90] };
    let classes = ClassSet::new(names.iter().map(class).collect(), &[names.to_vec()], &[]).unwrap();
    let mut dataset = Dataset::create(folder, "mouths", classes).unwrap();
    for index in 0..8 {
        let mouth = generate(&MouthConfig::new(Size::new(40, 40)), 3, index).unwrap();
        let (id, image) = (format!("m{index}"), format!("images/m{index}.png"));
        mouth.image.save_png(&folder.join(&image)).unwrap();
        let case = Case::new(&id, image);
        dataset.add_case(case.clone()).unwrap();
        let config = SimulateConfig { neither: 2, ..SimulateConfig::default() };
        let said =
            simulate(&mouth.truth, &mouth.image, dataset.classes(), &config, 3, &id).unwrap();
        dataset.save_annotation(&case, &said.annotation).unwrap();
        dataset.save_truth(&case, &mouth.truth).unwrap();
    }
    let ids = |range: std::ops::Range<usize>| range.map(|i| format!("m{i}")).collect();
    let fold = Fold { train: ids(0..4), validation: ids(4..6), test: ids(6..8) };
    Split::of_fold(0, Unit::Image, false, fold).save(&dataset, "default").unwrap();
}

const RECIPE: [&str; 12] = [
    "--policy",
    "fusion+box",
    "--image-size",
    "32",
    "--encoder-weights",
    "none",
    "--encoder-depth",
    "5",
    "--batch-size",
    "2",
    "--seed",
    "5",
];

fn train(folder: &Path, run: &str, epochs: &str) {
    let mut arguments = vec!["train", "--data", "ds", "--output-dir", run, "--epochs", epochs];
    arguments.extend(RECIPE);
    lacuna(folder, &arguments).ended(0);
}

fn bytes(folder: &Path, run: &str, file: &str) -> Vec<u8> {
    fs_err::read(folder.join(run).join(file)).unwrap()
}

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
