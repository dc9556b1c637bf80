//! `lacuna team`, and the start of a server for one.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use crate::program::{Answer, command, lacuna};

/// Runs the program with a password on its standard input.
fn with_password(folder: &Path, arguments: &[&str], password: &str) -> Answer {
    let mut command = command(folder, arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Answer { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

fn json(answer: &Answer) -> serde_json::Value {
    serde_json::from_str(&answer.stdout).unwrap()
}

#[test]
fn accounts_are_managed_without_a_browser() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::create_dir(folder.join("ds")).unwrap();
    let team = |arguments: &[&str]| {
        let mut all = vec!["team"];
        all.extend(arguments);
        all.extend(["--data", "ds"]);
        lacuna(folder, &all)
    };
    team(&["list"]).ended(3).says(&["there are no accounts", "lacuna team add"]);
    team(&["add", "ben", "--role", "reader"]).ended(2).says(&["must be an owner"]);
    let first = team(&["add", "Ada", "--json"]).ended(0);
    let first = json(&first);
    assert_eq!((&first["name"], &first["role"]), (&"Ada".into(), &"owner".into()));
    assert!(first["password"].as_str().unwrap().len() >= 16, "{first}");
    team(&["add", "ada", "--role", "expert"]).ended(2).says(&["the name `ada` is taken"]);
    team(&["add", "ben"]).ended(2).says(&["which role?"]);
    let stdin = ["team", "add", "ben", "--role", "expert", "--data", "ds", "--password-stdin"];
    with_password(folder, &stdin, "short\n").ended(2).says(&["fewer than 10 characters"]);
    let added = with_password(folder, &stdin, "four odd words\n").ended(0);
    assert!(!added.stdout.contains("four odd words"), "{}", added.stdout);
    team(&["role", "ben", "--role", "non-expert"]).ended(0);
    team(&["role", "ada", "--role", "reader"]).ended(2).says(&["the last owner"]);
    let list = json(&team(&["list", "--json"]).ended(0));
    let roles: Vec<_> = list.as_array().unwrap().iter().map(|one| &one["role"]).collect();
    assert_eq!(roles, ["owner", "non-expert"]);
    team(&["password", "ben"]).ended(0);
    team(&["remove", "ben"]).ended(0);
    team(&["remove", "ben"]).ended(2).says(&["there is no account `ben`"]);
    let log = json(&team(&["log", "--json"]).ended(0));
    let whats: Vec<_> = log.as_array().unwrap().iter().map(|one| &one["what"]).collect();
    let expected =
        ["account-added", "account-added", "role-changed", "password-reset", "account-removed"];
    assert_eq!(whats, expected);
    assert_eq!(
        json(&team(&["log", "--last", "2", "--json"]).ended(0)).as_array().unwrap().len(),
        2
    );
    team(&["backup", "copy.sqlite"]).ended(0);
    team(&["backup", "copy.sqlite"]).ended(2).says(&["is there already"]);
    let check = json(&lacuna(folder, &["serve", "ds", "--check", "--json"]).ended(0));
    assert_eq!((&check["accounts"], &check["log_entries"]), (&1.into(), &5.into()));
}

#[test]
fn a_team_is_not_served_to_nobody_nor_under_an_unknown_name() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::create_dir(folder.join("ds")).unwrap();
    let serve = |arguments: &[&str]| {
        let mut all = vec!["serve", "ds", "--no-open", "--port", "0"];
        all.extend(arguments);
        lacuna(folder, &all)
    };
    // nobody sits at a terminal here who could read a first password
    serve(&["--team"]).ended(2).says(&["nobody could log in", "lacuna team add"]);
    serve(&["--team", "--bind", "0.0.0.0"]).ended(2).says(&["--public-url"]);
    serve(&["--bind", "0.0.0.0"]).ended(2).says(&["--team"]);
    serve(&["--team", "--public-url", "lacuna.example.org"]).ended(2).says(&["https://"]);
    std::fs::write(folder.join("ds/server.sqlite"), "x".repeat(200)).unwrap();
    lacuna(folder, &["serve", "ds", "--check"]).ended(3).says(&["server.sqlite"]);
}
