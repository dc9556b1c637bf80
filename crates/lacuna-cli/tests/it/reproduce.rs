//! `lacuna reproduce`: a small grid from its start to its report, with everything that can come between.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::drawn::mouths;
use crate::program::{Answer, command, lacuna};

const GRID: [&str; 26] = [
    "reproduce",
    "--data",
    "ds",
    "--approaches",
    "full,standard,fusion+box",
    "--repetitions",
    "2",
    "--folds",
    "4",
    "--validation",
    ".34",
    "--set",
    "image_size=32",
    "--set",
    "encoder_depth=3",
    "--set",
    "encoder_weights=none",
    "--set",
    "batch_size=2",
    "--set",
    "epochs=2",
    "--set",
    "steps_per_epoch=3",
    "--seed",
    "3",
    "--output-dir",
];
/// Three approaches on original masks, two on masked ones, twice.
const CELLS: usize = 10;

fn grid<'a>(out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&GRID[..], &[out], more].concat()
}

fn reproduce(folder: &Path, out: &str, more: &[&str]) -> Answer {
    lacuna(folder, &grid(out, more))
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs_err::read(path).unwrap()).unwrap()
}

pub(crate) fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Mean Dice over classes of every test picture, at threshold ½ on all pixels.
pub(crate) fn case_dice(folder: &Path, cell: &str) -> Vec<(String, f64)> {
    let summary = json(&folder.join("cells").join(cell).join("evaluation/test/summary.json"));
    let cases = summary["results"][0]["metric_per_case"].as_array().unwrap();
    let dice = |case: &Value| {
        let scores = case["metrics"].as_array().unwrap().iter();
        let scores = scores.filter(|score| score["definition"] == "all-pixels");
        let dice: Vec<f64> = scores.filter_map(|score| score["dice"].as_f64()).collect();
        (case["case"].as_str().unwrap().to_owned(), mean(&dice))
    };
    cases.iter().map(dice).collect()
}

/// What the tables say is what the runs say.
fn check_numbers(folder: &Path) {
    let results = json(&folder.join("results.json"));
    assert_eq!(results["cells"].as_array().unwrap().len(), CELLS);
    let find = |list: &str, wanted: &[(&str, &str)]| {
        let rows = results[list].as_array().unwrap().iter();
        let mut found =
            rows.filter(|row| wanted.iter().all(|(key, value)| row[key] == *value)).cloned();
        let row = found.next().unwrap();
        assert_eq!(found.next(), None);
        row
    };
    let half = [("rule", "0.5"), ("definition", "all-pixels"), ("class", "mean")];
    let of = |approach, condition| {
        [&[("approach", approach), ("condition", condition)][..], &half].concat()
    };
    let row = find("rows", &of("fusion+box", "masked"));
    let in_run = |repetition| {
        let cell = format!("r{repetition}/fusion+box-masked/evaluation/test/summary.json");
        let summary = json(&folder.join("cells").join(cell));
        let definitions = summary["results"][0]["definitions"].as_array().unwrap().clone();
        let found = definitions.iter().find(|d| d["definition"] == "all-pixels").unwrap();
        number(&found["foreground_mean"]["dice"]["mean"])
    };
    let expected = mean(&[in_run(0), in_run(1)]);
    assert!((number(&row["dice"]["mean"]) - expected).abs() < 1e-12);
    // no groups: every picture is one; every picture is tested once in these two of four folds
    let mut differences = Vec::new();
    for repetition in 0..2 {
        let of = |name: &str| case_dice(folder, &format!("r{repetition}/{name}"));
        for ((case, ours), (same, theirs)) in
            of("fusion+box-original").into_iter().zip(of("full-original"))
        {
            assert_eq!(case, same);
            differences.push(ours - theirs);
        }
    }
    let wanted = [&of("fusion+box", "original")[..], &[("against", "full")]].concat();
    let comparison = find("comparisons", &wanted);
    assert_eq!(comparison["n_groups"], differences.len());
    assert!((number(&comparison["mean"]) - mean(&differences)).abs() < 1e-12);
    // four groups are too few for a test
    assert_eq!(comparison["p_value"], Value::Null);
}

#[test]
fn a_killed_grid_comes_to_the_same_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mouths(&folder.join("ds"));
    let plan = reproduce(folder, "through", &["--dry-run"]).ended(0);
    assert!(plan.stdout.contains("10 cells to do"), "{}", plan.stdout);
    assert!(!folder.join("through").exists());
    reproduce(folder, "through", &["--jobs", "2"]).ended(0);
    check_numbers(&folder.join("through"));
    for file in ["report.html", "report.md", "comparisons.csv"] {
        assert!(folder.join("through").join(file).exists(), "{file}");
    }
    for _ in 0..3 {
        let mut child = command(folder, &grid("killed", &[]));
        let mut child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // once there is something to lose
        while !folder.join("killed").exists() {
            std::thread::sleep(Duration::from_millis(20));
        }
        std::thread::sleep(Duration::from_millis(900));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    // results lie where they are looked for, not where they were begun
    fs_err::rename(folder.join("killed"), folder.join("moved")).unwrap();
    reproduce(folder, "moved", &["--keep", "none"]).ended(0);
    let rows = |out: &str| fs_err::read(folder.join(out).join("results.csv")).unwrap();
    assert!(rows("moved") == rows("through"));
    // nothing is left to do
    let start = Instant::now();
    let again = reproduce(folder, "moved", &[]).ended(0).says(&["0 cells to do, 10 finished"]);
    assert!(again.stdout.contains("fusion+box"), "{}", again.stdout);
    assert!(start.elapsed() < Duration::from_mins(1));
    // without weights, but with pictures
    let run = folder.join("moved/cells/r0/standard-masked");
    assert_eq!(fs_err::read_dir(run.join("checkpoints")).unwrap().count(), 0);
    assert!(run.join("evaluation/test/predictions").is_dir());
    // how well people agree stands beside the scores
    lacuna(folder, &["compare", "ds", "ds", "--output-dir", "agreement"]).ended(0);
    let ceiling = ["--report-only", "--ceiling", "agreement/agreement.json"];
    reproduce(folder, "moved", &ceiling).ended(0);
    let report = fs_err::read_to_string(folder.join("moved/report.md")).unwrap();
    assert!(report.contains("two people (mouths, mouths) agree with Dice 1.000"), "{report}");
    let broken = ["--report-only", "--ceiling", "moved/results.json"];
    reproduce(folder, "moved", &broken).ended(3).says(&["results.json", "lacuna compare A B"]);
}

#[test]
fn a_failed_cell_takes_no_other_along_and_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mouths(&folder.join("ds"));
    let only = ["--only", "r0/standard"];
    reproduce(folder, "out", &only).ended(0);
    let mask = folder.join("out/data/painted-masked-r0/annotations");
    let of_case = fs_err::read_dir(&mask).unwrap().next().unwrap().unwrap().path();
    let whole = fs_err::read(of_case.join("gum.png")).unwrap();
    fs_err::write(of_case.join("gum.png"), &whole[..whole.len() / 2]).unwrap();
    let cells = folder.join("out/cells/r0");
    fs_err::remove_dir_all(cells.join("standard-masked")).unwrap();
    reproduce(folder, "out", &["--only", "r0/"]).ended(1).says(&[
        "r0/standard-masked failed",
        "gum.png",
        "2 cells failed",
    ]);
    assert!(cells.join("full-original/evaluation/test/cell.json").exists());
    fs_err::write(of_case.join("gum.png"), &whole).unwrap();
    reproduce(folder, "out", &["--only", "r0/"]).ended(0).says(&["2 cells to do, 3 finished"]);
    reproduce(folder, "out", &["--report-only"]).ended(0);
    // five cells of the second repetition are missing, and the report says so
    let report = fs_err::read_to_string(folder.join("out/report.md")).unwrap();
    assert!(report.contains("5 cells of the grid not finished"), "{report}");
}

#[test]
fn what_cannot_be_repeated_is_said_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mouths(&folder.join("ds"));
    reproduce(folder, "out", &["--only", "r0/standard-original"]).ended(0);
    reproduce(folder, "out", &["--set", "lr=0.5"])
        .ended(2)
        .says(&["another protocol: other recipe", "another `--output-dir`"]);
    reproduce(folder, "out", &["--set", "lr=0.5", "--report-only"])
        .ended(2)
        .says(&["other recipe"]);
    reproduce(folder, "new", &["--set", "policy=fusion"]).ended(2).says(&["`policy`"]);
    reproduce(folder, "new", &["--only", "r7/"]).ended(2).says(&["no cell"]);
    lacuna(folder, &["reproduce", "--data", "ds", "--output-dir", "new", "--approaches", "best"])
        .ended(2)
        .says(&["unknown approach `best`"]);
    fs_err::remove_dir_all(folder.join("ds/truth/m0")).unwrap();
    reproduce(folder, "other", &["--only", "r0/full"]).ended(3).says(&["`m0`", "--approaches"]);
    assert!(!folder.join("new").exists());
}
