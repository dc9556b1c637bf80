//! What the program says about itself.

use insta::assert_snapshot;

use crate::program::transcript;

#[test]
fn every_command_explains_itself() {
    let folder = tempfile::tempdir().unwrap();
    let commands: [&[&str]; 35] = [
        &[],
        &["demo"],
        &["init"],
        &["import"],
        &["import", "png-masks"],
        &["import", "images"],
        &["import", "coco"],
        &["export"],
        &["simulate"],
        &["audit"],
        &["split"],
        &["plan"],
        &["train"],
        &["evaluate"],
        &["compare"],
        &["predict"],
        &["explain"],
        &["detect"],
        &["detect", "train"],
        &["detect", "predict"],
        &["detect", "evaluate"],
        &["reproduce"],
        &["patterns"],
        &["serve"],
        &["team"],
        &["team", "add"],
        &["team", "pace"],
        &["verify"],
        &["loop"],
        &["loop", "simulate"],
        &["bench"],
        &["weights"],
        &["weights", "fetch"],
        &["weights", "convert"],
        &["doctor"],
    ];
    for command in commands {
        let mut arguments = command.to_vec();
        arguments.push("--help");
        let name = if command.is_empty() { "lacuna".to_owned() } else { command.join("_") };
        assert_snapshot!(name, transcript(folder.path(), &arguments));
    }
}

#[test]
fn a_wrong_command_line_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // a spelling mistake
    assert_snapshot!(transcript(folder, &["simulat"]));
    // no command
    assert_snapshot!(
        "no_command",
        transcript(folder, &[]).lines().take(4).collect::<Vec<_>>().join("\n")
    );
    // a flag without its value, and one that does not exist
    assert_snapshot!(transcript(folder, &["audit", "--data"]));
    assert_snapshot!(transcript(folder, &["audit", "--dta", "ds"]));
    assert_snapshot!(transcript(folder, &["doctor", "--threads", "0"]));
    assert_snapshot!(transcript(folder, &["audit", "--data", "ds", "--policy", "guess"]));
}
