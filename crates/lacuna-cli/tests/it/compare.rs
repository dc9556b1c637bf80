//! Two annotations of the same pictures, compared at the command line.

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
