//! `lacuna patterns`: two small grids of the same drawn mouths, painted differently.

use std::path::Path;

use serde_json::Value;

use crate::drawn::mouths;
use crate::program::{Answer, lacuna};
use crate::reproduce::{case_dice, mean, number};

const SMALL: &str = "--repetitions 1 --folds 4 --validation .34 --seed 3 --set image_size=32 --set encoder_depth=3 \
                     --set encoder_weights=none --set batch_size=2 --set epochs=1 --set steps_per_epoch=2";

fn grid(folder: &Path, data: &str, grid: &str, more: &str) {
    let line = format!("reproduce --data {data} --output-dir {grid} --keep none {SMALL} {more}");
    lacuna(folder, &line.split_whitespace().collect::<Vec<_>>()).ended(0);
}

fn painted(folder: &Path, pattern: &str) {
    let line = format!("simulate --data ds --output-dir {pattern} --paint {pattern} --fraction .4");
    lacuna(folder, &line.split(' ').collect::<Vec<_>>()).ended(0);
}

fn patterns(folder: &Path, grids: &[&str], more: &[&str]) -> Answer {
    let arguments = [&["patterns"], grids, &["--output-dir", "out"], more].concat();
    lacuna(folder, &arguments)
}

fn text(folder: &Path, file: &str) -> String {
    fs_err::read_to_string(folder.join("out").join(file)).unwrap()
}

/// The row of an approach at threshold ½, mean over classes.
fn row<'a>(results: &'a Value, grid: &str, approach: &str) -> &'a Value {
    let wanted = [
        ("grid", grid),
        ("approach", approach),
        ("condition", "original"),
        ("rule", "0.5"),
        ("class", "mean"),
    ];
    let mut rows = results["rows"].as_array().unwrap().iter();
    rows.find(|row| wanted.iter().all(|(key, value)| row[key] == *value)).unwrap()
}

fn means(folder: &Path, cell: &str) -> f64 {
    let dice: Vec<f64> = case_dice(folder, cell).into_iter().map(|(_, dice)| dice).collect();
    mean(&dice)
}

#[test]
fn grids_of_one_data_set_are_looked_at_together() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mouths(&folder.join("ds"));
    for pattern in ["nearest", "core"] {
        painted(folder, pattern);
    }
    grid(folder, "nearest", "g/nearest", "--approaches full,standard,fusion+box");
    grid(folder, "core", "g/core", "--approaches standard,fusion+box --conditions original");
    // the grids stand for themselves
    fs_err::rename(folder.join("core"), folder.join("moved")).unwrap();
    let answer = patterns(folder, &["g/core", "g/nearest"], &["--json"]).ended(0);
    let results: Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(text(folder, "patterns.json"), answer.stdout);
    let core = row(&results, "core", "fusion+box");
    let ours = means(&folder.join("g/core"), "r0/fusion+box-original");
    let full = means(&folder.join("g/nearest"), "r0/full-original");
    assert!((number(&core["dice"]["mean"]) - ours).abs() < 1e-12);
    assert!((number(&core["against_full"]["mean"]) - (ours - full)).abs() < 1e-12);
    assert_eq!(core["cells"][0], "core/cells/r0/fusion+box-original");
    assert_eq!(core["against_full"]["full_cells"][0], "nearest/cells/r0/full-original");
    assert_eq!(row(&results, "nearest", "full")["against_full"], Value::Null);
    for words in
        ["Label budget", "core 40 %", "nearest 40 %", "Not grouped by patient", "lacuna simulate"]
    {
        assert!(text(folder, "patterns.md").contains(words), "{words}");
        assert!(text(folder, "patterns.html").contains(words), "{words}");
    }
    for figure in
        ["label-budget-core-original-mean", "pattern-map-best-gum", "ratio-nearest-masked"]
    {
        assert!(text(folder, &format!("figures/{figure}.svg")).contains("<svg"), "{figure}");
    }
    assert!(text(folder, "patterns.csv").starts_with("grid,pattern,share,"));
    // a grid that is not there, one with another seed, and one that nobody simulated
    patterns(folder, &["g/core", "g/strokes"], &[]).ended(2).says(&["`g/strokes` holds no grid"]);
    let file = folder.join("g/core/protocol.toml");
    let protocol = fs_err::read_to_string(&file).unwrap();
    fs_err::write(&file, protocol.replace("seed = 3", "seed = 4")).unwrap();
    patterns(folder, &["g/core", "g/nearest"], &[]).ended(2).says(&["other seed", "hint"]);
    fs_err::write(&file, protocol).unwrap();
    let record = folder.join("g/core/data/painted/simulation.json");
    fs_err::remove_file(record).unwrap();
    patterns(folder, &["g/core", "g/nearest"], &[])
        .ended(3)
        .says(&["`g/core` is not where it was", "g/core/data/painted/simulation.json"]);
    fs_err::rename(folder.join("moved"), folder.join("core")).unwrap();
    patterns(folder, &["g/core", "g/nearest"], &[]).ended(0);
    grid(folder, "ds", "g/ds", "--only r0/standard-original");
    patterns(folder, &["g/core", "g/ds"], &[]).ended(3).says(&["`g/ds` were not made by"]);
}
