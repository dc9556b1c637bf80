//! How good a model is, asked at the command line, and the app's own mistakes.

use std::path::Path;

use crate::drawn::{mouths, train};
use crate::program::lacuna;

#[test]
fn points_are_drawn_answered_and_estimated_from() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mouths(&folder.join("ds"));
    train(folder, "a", "2");
    let verify = ["verify", "--run", "a", "--points", "31"];
    let drawn = lacuna(folder, &[&verify[..], &["--json"]].concat()).ended(0);
    let drawn: serde_json::Value = serde_json::from_str(&drawn.stdout).unwrap();
    assert_eq!((&drawn["points"], &drawn["answered"]), (&31.into(), &0.into()));
    let sample = std::fs::read(folder.join("a/verification/sample.json")).unwrap();
    // the same command goes on with the same points
    let again = lacuna(folder, &verify).ended(0);
    assert!(again.stdout.contains("0 of 31 points answered"), "{}", again.stdout);
    assert_eq!(std::fs::read(folder.join("a/verification/sample.json")).unwrap(), sample);
    let rows: String =
        (0..30).map(|index| format!("{index},{}\n", ["yes", "no"][index % 2])).collect();
    std::fs::write(folder.join("answers.csv"), format!("index,answer\n{rows}30,unsure\n")).unwrap();
    let answers = ["verify", "--output-dir", "a/verification", "--answers", "answers.csv"];
    let answered = lacuna(folder, &answers).ended(0).stdout;
    for words in ["31 of 31 points answered", "95 % intervals", "gum", "not grouped by patient"] {
        assert!(answered.contains(words), "{answered}");
    }
    a_later_model_is_judged_by_the_same_answers(folder);
    std::fs::write(folder.join("answers.csv"), "index,answer\n3,perhaps\n").unwrap();
    lacuna(folder, &answers).ended(3).says(&["line 2", "perhaps", "hint:"]);
    std::fs::write(folder.join("answers.csv"), "index,answer\n31,yes\n").unwrap();
    lacuna(folder, &answers).ended(2).says(&["no point 31"]);
}

fn a_later_model_is_judged_by_the_same_answers(folder: &Path) {
    train(folder, "b", "3");
    let gain = |later: &'static str| ["verify", "--run", "a", "--gain-to", later, "--json"];
    let found = lacuna(folder, &gain("b")).ended(0);
    let found: serde_json::Value = serde_json::from_str(&found.stdout).unwrap();
    let gum = &found["gains"]["gum"];
    let (lo, hi) = (gum["interval"]["lo"].as_f64(), gum["interval"]["hi"].as_f64());
    assert!(lo.unwrap() <= hi.unwrap() && gum["changed"].as_f64().unwrap() > 0.0, "{gum}");
    assert_ne!(found["verdict"], "small", "thirty answers cannot tell");
    let same = lacuna(folder, &gain("a")).ended(0);
    let same: serde_json::Value = serde_json::from_str(&same.stdout).unwrap();
    assert_eq!(
        (&same["gains"]["gum"]["changed"], &same["verdict"]),
        (&0.0.into(), &"small".into())
    );
    let words = lacuna(folder, &gain("b")[..5]).ended(0).stdout;
    assert!(
        words.contains("From a to b, by 31 answers") && words.contains("on all pixels"),
        "{words}"
    );
    // the answers are about a, not about b
    let wrong = ["verify", "--run", "b", "--output-dir", "a/verification", "--gain-to", "a"];
    lacuna(folder, &wrong).ended(3).says(&["not what the points were drawn from", "hint:"]);
}

#[test]
fn intervals_are_tried_on_complete_masks() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mouths(&folder.join("ds"));
    train(folder, "a", "2");
    let simulate = ["verify", "--run", "a", "--points", "60", "--simulate", "40", "--json"];
    let answer = lacuna(folder, &simulate).ended(0);
    let outcome: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    let rows = outcome["coverage"].as_array().unwrap();
    assert_eq!(rows.len(), 6, "three measures of two classes");
    for row in rows {
        let covered = row["covered"].as_f64().unwrap();
        assert!(covered >= 0.85, "{row}");
    }
    std::fs::remove_dir_all(folder.join("ds/truth")).unwrap();
    lacuna(folder, &simulate).ended(3).says(&["no complete masks", "hint:"]);
}

#[test]
fn an_app_that_cannot_open_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::create_dir(folder.join("photos")).unwrap();
    let table: [(&[&str], i32, &[&str]); 6] = [
        (&["serve"], 2, &["FOLDER"]),
        (&["serve", "nowhere"], 3, &["nowhere", "hint:"]),
        (&["serve", "--data", "photos"], 3, &["no data set", "hint:"]),
        (&["serve", "photos", "--size", "100"], 2, &["multiple of 32", "hint:"]),
        (&["serve", "photos", "--class", "a/b"], 2, &["a/b"]),
        (&["serve", "photos", "--class", "a", "--exclusive", "a,b"], 2, &["class `b`"]),
    ];
    for (arguments, status, expected) in table {
        lacuna(folder, arguments).ended(status).says(expected);
    }
    assert_eq!(std::fs::read_dir(folder.join("photos")).unwrap().count(), 0, "nothing was made");
}
