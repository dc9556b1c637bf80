//! From drawn mouths to scores with the commands a user types, on pictures small enough to be quick.

use crate::drawn::{RECIPE, bytes, mouths, train};
use crate::pictures;
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

/// Losses beside the known pixels, and the way users of an ignore label train.
#[test]
fn unknown_pixels_can_be_given_a_part() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mouths(&folder.join("ds"));
    let go = |run: &str, extra: &[&str]| {
        let arguments = ["train", "--data", "ds", "--output-dir", run, "--epochs", "2"];
        lacuna(folder, &[&arguments[..], &RECIPE, extra].concat())
    };
    go("plain", &[]).ended(0);
    let crf = ["--set", "loss.gated_crf=0.1"];
    let teacher = ["--set", "loss.consistency=1", "--set", "loss.consistency_rampup=0"];
    let softmax = ["--set", "activation=softmax", "--set", "loss.dice=0"];
    for (run, extra) in [("crf", &crf[..]), ("teacher", &teacher), ("softmax", &softmax)] {
        go(run, extra).ended(0);
        let file = "checkpoints/last.safetensors";
        assert!(bytes(folder, run, file) != bytes(folder, "plain", file), "{run} changes nothing");
        lacuna(folder, &["evaluate", "--run", run]).ended(0);
    }
    go("x", &["--set", "activation=softmax"]).ended(2).says(&["loss.dice", "softmax"]);
    go("x", &["--set", "loss.consistency=1", "--set", "ema_decay=0"]).ended(2).says(&["teacher"]);
}

/// A start from another run's end is no resume: a learning rate of next to nothing leaves those weights and scores.
#[test]
fn a_run_starts_where_another_ended() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mouths(&folder.join("ds"));
    // statistics of averaged weights would go on changing
    let train = |run: &str, epochs: &str, extra: &[&str]| {
        let arguments = ["train", "--data", "ds", "--output-dir", run, "--epochs", epochs];
        let last = ["--preset", "quick", "--lr-schedule", "poly"];
        lacuna(folder, &[&arguments[..], &RECIPE, extra, &last].concat())
    };
    train("a", "2", &[]).ended(0);
    let start = ["--pretrained-weights", "a/checkpoints/last.safetensors"];
    let go = |run: &str, extra: &[&str]| train(run, "1", &[&start[..], extra].concat());
    go("b", &["--lr", "1e-12", "--steps-per-epoch", "5"]).ended(0);
    let row = |run: &str, column: &str| {
        let text = String::from_utf8(bytes(folder, run, "metrics.csv")).unwrap();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let at = reader.headers().unwrap().iter().position(|name| name == column).unwrap();
        let last = reader.records().last().unwrap().unwrap();
        last[at].parse::<f64>().unwrap()
    };
    let dice = "val/dice/mean";
    assert!(
        (row("a", dice) - row("b", dice)).abs() < 0.02,
        "{} {}",
        row("a", dice),
        row("b", dice)
    );
    let summary = bytes(folder, "b", "summary.json");
    let summary: serde_json::Value = serde_json::from_slice(&summary).unwrap();
    assert_eq!(summary["training"]["steps"], 5);
    // a resumed run asks no more for what it started from
    std::fs::remove_file(folder.join("a/checkpoints/last.safetensors")).unwrap();
    lacuna(folder, &["train", "--resume", "--output-dir", "b", "--epochs", "2"]).ended(0);
    go("c", &[]).ended(3).says(&["last.safetensors"]);
    lacuna(folder, &["init", "other", "--class", "gum"]).ended(0);
    let start = ["--pretrained-weights", "b/checkpoints/last.safetensors"];
    let mismatch = ["train", "--data", "ds", "--output-dir", "c", "--encoder-depth", "4"];
    lacuna(folder, &[&mismatch[..], &RECIPE[..6], &start].concat())
        .ended(2)
        .says(&["do not fit", "hint:"]);
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

#[test]
fn a_class_without_known_negatives_cannot_choose_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    pictures::mouths(folder);
    lacuna(folder, &["init", "ds", "--class", "gum"]).ended(0);
    let masks = ["--masks", "masks", "--map", "1=gum", "--ignore-value", "2"];
    let import = ["import", "png-masks", "--data", "ds", "--images", "photos", "--unpainted"];
    lacuna(folder, &[&import[..], &["unknown"], &masks].concat()).ended(0);
    lacuna(folder, &["split", "--data", "ds", "--test", ".2", "--validation", ".3"]).ended(0);
    let run = ["train", "--data", "ds", "--output-dir", "run", "--epochs", "2"];
    let patience = ["--early-stopping-patience", "1"];
    lacuna(folder, &[&run[..], &RECIPE, &patience].concat())
        .ended(0)
        .says(&["class gum has no known negatives", "the last epoch's model is kept"]);
    assert!(!folder.join("run/checkpoints/best.safetensors").exists());
}

#[test]
fn cases_that_were_trained_on_are_not_scored_in_silence() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mouths(&folder.join("ds"));
    train(folder, "a", "1");
    let evaluate = ["evaluate", "--run", "a", "--no-surfaces", "--pictures", "0"];
    let clean = lacuna(folder, &evaluate).ended(0);
    assert!(!clean.stderr.contains("was trained on"), "{}", clean.stderr);
    // another split under the same name: what was trained on is tested now
    let split = ["split", "--data", "ds", "--force", "--test", ".7", "--validation", ".4"];
    lacuna(folder, &[&split[..], &["--seed", "1"]].concat()).ended(0);
    lacuna(folder, &evaluate).ended(0).says(&["was trained on", "test cases"]);
    lacuna(folder, &["train", "--resume", "--output-dir", "a", "--epochs", "2"])
        .ended(3)
        .says(&["the split `default` has changed", "hint:"]);
}

/// `--profile` changes nothing that is learnt, says where the time went, and leaves a trace; `--precision bf16` changes
/// what is learnt.
#[test]
fn a_profile_is_printed_and_traced() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mouths(&folder.join("ds"));
    let train = |run: &'static str, extra: &[&'static str]| {
        let start = ["train", "--data", "ds", "--epochs", "1", "--output-dir", run];
        lacuna(folder, &[&start[..], &RECIPE, extra].concat()).ended(0)
    };
    train("plain", &[]);
    let table = train("profiled", &["--profile"]).stdout;
    for part in ["step", "conv2d.backward_weight", "prepare_batch (on other threads)", "GFLOP/s"] {
        assert!(table.contains(part), "{part} is not in: {table}");
    }
    let weights = |run| bytes(folder, run, "checkpoints/last.safetensors");
    assert!(weights("plain") == weights("profiled"));
    let trace: serde_json::Value =
        serde_json::from_slice(&bytes(folder, "profiled", "trace.json")).unwrap();
    let events = trace["traceEvents"].as_array().unwrap();
    let shaped = |name: &str| {
        let of = |event: &&serde_json::Value| event["name"] == name;
        events.iter().filter(of).all(|event| event["args"]["shape"].is_string())
    };
    assert!(shaped("conv2d.forward") && shaped("conv2d.backward_input"));

    let answer = train("rounded", &["--precision", "bf16", "--profile", "--json"]);
    let result: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    assert!(result["profile"]["rows"].as_array().is_some_and(|rows| rows.len() > 10));
    assert_eq!(result["config"]["precision"], "bf16");
    assert!(weights("plain") != weights("rounded"));
    lacuna(folder, &["train", "--data", "ds", "--output-dir", "x", "--precision", "f16"])
        .ended(2)
        .says(&["f16", "bf16"]);
    let elsewhere = ["--precision", "bf16", "--device", "vulkan"];
    let start = ["train", "--data", "ds", "--output-dir", "x", "--encoder-weights", "none"];
    lacuna(folder, &[&start[..], &elsewhere].concat()).ended(2).says(&["precision", "cpu"]);
}
