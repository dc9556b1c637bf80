//! The loop without a person.

use crate::drawn::mouths;
use crate::program::lacuna;

#[test]
fn the_loop_goes_round_without_a_person() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mouths(&folder.join("ds"));
    let before = std::fs::read(folder.join("ds/annotations/m0/gum.png")).unwrap();
    let simulate = ["loop", "simulate", "--data", "ds", "--strategy", "entropy", "--rounds", "2"];
    let small = ["--windows", "2", "--seeds", "1", "--size", "32", "--json"];
    let go = |dir: &str| {
        lacuna(folder, &[&simulate[..], &small, &["--output-dir", dir]].concat()).ended(0)
    };
    let answer = go("a");
    let outcome: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    let rounds = outcome["rounds"].as_array().unwrap();
    assert_eq!(rounds.len(), 2);
    assert_eq!((&rounds[0]["windows"], &rounds[1]["windows"]), (&2.into(), &4.into()));
    let painted = |round: usize| rounds[round]["painted"].as_f64().unwrap();
    assert!(0.0 < painted(0) && painted(0) < painted(1) && painted(1) < 0.1, "{rounds:?}");
    // the oracle's strokes went the way of a person's, and the second model began where the first ended
    assert!(folder.join("a/entropy-0/dataset/splits/round-0002.json").exists());
    let model = folder.join("a/entropy-0/models/0002");
    let config = std::fs::read_to_string(model.join("config.toml")).unwrap();
    assert!(config.contains("pretrained_weights") && config.contains("replay_split"), "{config}");
    assert!(!model.join("last.safetensors").exists(), "weights are large");
    for file in ["loop.csv", "comparisons.csv", "loop.svg"] {
        assert!(!std::fs::read(folder.join("a").join(file)).unwrap().is_empty(), "{file}");
    }
    assert_eq!(std::fs::read(folder.join("ds/annotations/m0/gum.png")).unwrap(), before);
    assert_eq!(go("b").stdout, answer.stdout, "the same seed gives the same loop");
    // what is finished is not repeated, and a loop that was cut short begins anew
    let model = std::fs::metadata(model.join("config.toml")).unwrap().modified().unwrap();
    assert_eq!(go("a").stdout, answer.stdout);
    let config = folder.join("a/entropy-0/models/0002/config.toml");
    assert_eq!(std::fs::metadata(&config).unwrap().modified().unwrap(), model);
    let dearer = lacuna(
        folder,
        &[&simulate[..], &small, &["--output-dir", "a", "--cost", "60,2,1"]].concat(),
    );
    let dearer: serde_json::Value = serde_json::from_str(&dearer.ended(0).stdout).unwrap();
    let seconds = |of: &serde_json::Value| of["rounds"][0]["seconds"].as_f64().unwrap();
    assert!(
        (seconds(&dearer) - seconds(&outcome) - 100.0).abs() < 1e-6,
        "two pictures more at 50 s"
    );
    assert_eq!(std::fs::metadata(&config).unwrap().modified().unwrap(), model);
    std::fs::remove_file(folder.join("a/entropy-0/loop.json")).unwrap();
    assert_eq!(go("a").stdout, answer.stdout);
    assert_ne!(std::fs::metadata(&config).unwrap().modified().unwrap(), model);
    std::fs::remove_dir_all(folder.join("ds/truth")).unwrap();
    lacuna(folder, &[&simulate[..], &small, &["--output-dir", "c"]].concat())
        .ended(3)
        .says(&["no complete masks", "hint:"]);
    lacuna(folder, &[&simulate[..], &["--output-dir", "d", "--window-side", "2"]].concat())
        .ended(2)
        .says(&["--window-side"]);
    lacuna(folder, &[&simulate[..], &["--output-dir", "d", "--cost", "10,2"]].concat())
        .ended(2)
        .says(&["--cost", "three numbers"]);
}

#[test]
fn every_way_to_choose_is_compared_at_the_same_cost() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mouths(&folder.join("ds"));
    let simulate = ["loop", "simulate", "--data", "ds", "--output-dir", "a", "--json"];
    let small = ["--rounds", "2", "--windows", "1", "--seeds", "1", "--size", "32"];
    let ways = ["--strategy", "random,foreground,ensemble,diversity"];
    let answer = lacuna(folder, &[&simulate[..], &small, &ways].concat()).ended(0);
    let outcome: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    let comparisons = outcome["comparisons"].as_array().unwrap();
    let named = |n: usize| {
        let name = |side: &str| comparisons[n][side]["query"].as_str().unwrap().to_owned();
        (name("arm"), name("against"))
    };
    // three against random, two of them against foreground
    assert_eq!(comparisons.len(), 5, "{comparisons:?}");
    assert_eq!(named(0), ("foreground".to_owned(), "random".to_owned()));
    for comparison in comparisons {
        assert_eq!(comparison["area"]["pairs"], 1);
        assert_eq!(comparison["budgets"].as_array().unwrap().len(), 3);
    }
    // an ensemble has three members, and the first of them is what is scored
    assert!(folder.join("a/ensemble-0/models/0001-3/config.toml").exists());
    let first = |query: &str| {
        let is_first =
            |r: &&serde_json::Value| r["query"] == query && r["seed"] == 0 && r["round"] == 1;
        outcome["rounds"].as_array().unwrap().iter().find(is_first).unwrap()["mean"].clone()
    };
    assert_eq!(first("ensemble"), first("random"), "nothing can be chosen in the first round");
}
