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
    let config = folder.join("a/entropy-0/models/0002/config.toml");
    assert!(std::fs::read_to_string(config).unwrap().contains("pretrained_weights"));
    for file in ["loop.csv", "loop.svg"] {
        assert!(!std::fs::read(folder.join("a").join(file)).unwrap().is_empty(), "{file}");
    }
    assert_eq!(std::fs::read(folder.join("ds/annotations/m0/gum.png")).unwrap(), before);
    assert_eq!(go("b").stdout, answer.stdout, "the same seed gives the same loop");
    std::fs::remove_dir_all(folder.join("ds/truth")).unwrap();
    lacuna(folder, &[&simulate[..], &small, &["--output-dir", "c"]].concat())
        .ended(3)
        .says(&["no complete masks", "hint:"]);
    lacuna(folder, &[&simulate[..], &["--output-dir", "d", "--window-side", "2"]].concat())
        .ended(2)
        .says(&["--window-side"]);
}
