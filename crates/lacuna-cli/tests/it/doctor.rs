//! `lacuna doctor`.

use crate::program::{answer, command, lacuna};

#[test]
fn the_machine_is_described() {
    let folder = tempfile::tempdir().unwrap();
    let answer = lacuna(folder.path(), &["doctor"]).ended(0);
    let heads: Vec<&str> =
        answer.stdout.lines().filter_map(|line| line.split_whitespace().next()).collect();
    for head in
        ["lacuna", "processor", "features", "cores", "memory", "device", "weights", "folder"]
    {
        assert!(heads.contains(&head), "`{head}` is not in: {}", answer.stdout);
    }
    answer.says(&[
        "encoder weights `resnet18`: not on this machine",
        "lacuna weights fetch resnet18",
    ]);
}

#[test]
fn settings_and_threads_are_shown_as_json() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = command(folder.path(), &["doctor", "--json", "--threads", "3"]);
    let answer = answer(command.env("LACUNA_LR", "0.1")).ended(0);
    let report: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(report["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(report["threads"], 3);
    assert_eq!(report["devices"][0]["kind"], "cpu");
    assert_eq!(report["folder"]["problem"], serde_json::Value::Null);
    let environment = report["environment"].as_array().unwrap();
    assert!(environment.contains(&serde_json::json!(["LACUNA_LR", "0.1"])));
    // nothing is left of the write test
    assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 0);
}
