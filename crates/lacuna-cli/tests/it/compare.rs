//! Two annotations of the same pictures, compared at the command line.

use lacuna_data::Dataset;
use lacuna_data::dataset::Reading;
use lacuna_data::dataset::reading::Signature;

use crate::drawn::mouths;
use crate::program::lacuna;

#[test]
fn two_painters_are_compared_where_both_painted() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mouths(&folder.join("anna"));
    let again = ["simulate", "--data", "anna", "--output-dir", "ben", "--seed", "9"];
    lacuna(folder, &again).ended(0);
    let compare = ["compare", "anna", "ben", "--output-dir", "agreement"];
    let answer = lacuna(folder, &compare).ended(0);
    let table = answer.stdout.clone();
    for words in ["mouths and ben on the 8 cases of both", "gum", "teeth", "κ"] {
        assert!(table.contains(words), "{table}");
    }
    answer.says(&["not grouped by patient", "only pixels that both annotated count"]);
    let json = std::fs::read_to_string(folder.join("agreement/agreement.json")).unwrap();
    let agreement: serde_json::Value = serde_json::from_str(&json).unwrap();
    // both painted from the same truth
    assert_eq!(agreement["classes"][0]["pooled_dice"], 1.0);
    let coverage = agreement["classes"][0]["coverage"].as_f64().unwrap();
    assert!(coverage > 0.0 && coverage < 1.0, "{coverage}");
    let table = std::fs::read_to_string(folder.join("agreement/per_case.csv")).unwrap();
    assert_eq!(table.lines().count(), 1 + 8 * 2);

    lacuna(folder, &["init", "other", "--class", "hair"]).ended(0);
    lacuna(folder, &["compare", "anna", "other"]).ended(3).says(&["no class in common", "hint:"]);
}

#[test]
fn two_readings_within_a_data_set_are_compared() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mouths(&folder.join("anna"));
    let again = ["simulate", "--data", "anna", "--output-dir", "ben", "--seed", "9"];
    lacuna(folder, &again).ended(0);
    lacuna(folder, &["compare", "anna", "--readings"]).ended(3).says(&[
        "was read by two people",
        "hint:",
        "separately",
    ]);
    let [anna, ben] = ["anna", "ben"].map(|name| Dataset::open(&folder.join(name)).unwrap());
    let signature = || Signature { by: "Olga".to_owned(), time: "t".to_owned() };
    let lock = anna.lock().unwrap();
    for case in &anna.cases()[..3] {
        let mut reading = Reading::new(["Anna", "Ben"], signature());
        anna.save_reading(case, &reading, &lock).unwrap();
        for (number, said) in [(1, &anna), (2, &ben)] {
            let from = said.annotation_folder(case);
            let to = anna.as_read_by(case, number).annotation_folder(case);
            for file in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
                std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
            }
            reading.readers[number - 1].done = Some("t".to_owned());
        }
        anna.save_reading(case, &reading, &lock).unwrap();
    }
    drop(lock);
    let within = lacuna(folder, &["compare", "anna", "--readings"]).ended(0).stdout;
    assert!(within.contains("Anna and Ben on the 3 cases of both"), "{within}");
    let json = ["compare", "anna", "--readings", "--json"];
    let within: serde_json::Value =
        serde_json::from_str(&lacuna(folder, &json).ended(0).stdout).unwrap();
    let between = lacuna(folder, &["compare", "anna", "ben", "--json"]).ended(0).stdout;
    let between: serde_json::Value = serde_json::from_str(&between).unwrap();
    for row in within["per_case"].as_array().unwrap() {
        assert!(between["per_case"].as_array().unwrap().contains(row), "{row}");
    }
    assert_eq!(within["cases"], 3);
    // nothing else of the program minds the readings
    lacuna(folder, &["audit", "--data", "anna"]).ended(0);
    lacuna(folder, &["serve", "--check", "--data", "anna"]).ended(0);
    std::fs::write(folder.join("anna/readings").join(&anna.cases()[0].id).join("2/gum.png"), "no")
        .unwrap();
    lacuna(folder, &["serve", "--check", "--data", "anna"]).ended(3).says(&["gum.png"]);
    lacuna(folder, &["audit", "--data", "anna"]).ended(0);
}
