//! `lacuna team`, and the start of a server for one.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::drawn::mouths;
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

fn read(answer: &Answer) -> Value {
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
    let first = read(&first);
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
    let list = read(&team(&["list", "--json"]).ended(0));
    let roles: Vec<_> = list.as_array().unwrap().iter().map(|one| &one["role"]).collect();
    assert_eq!(roles, ["owner", "non-expert"]);
    team(&["password", "ben"]).ended(0);
    team(&["remove", "ben"]).ended(0);
    team(&["remove", "ben"]).ended(2).says(&["there is no account `ben`"]);
    let log = read(&team(&["log", "--json"]).ended(0));
    let whats: Vec<_> = log.as_array().unwrap().iter().map(|one| &one["what"]).collect();
    let expected =
        ["account-added", "account-added", "role-changed", "password-reset", "account-removed"];
    assert_eq!(whats, expected);
    assert_eq!(
        read(&team(&["log", "--last", "2", "--json"]).ended(0)).as_array().unwrap().len(),
        2
    );
    team(&["backup", "copy.sqlite"]).ended(0);
    team(&["backup", "copy.sqlite"]).ended(2).says(&["is there already"]);
    let check = read(&lacuna(folder, &["serve", "ds", "--check", "--json"]).ended(0));
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

/// Starts the server of a team; its address.
fn serve(folder: &Path) -> (Child, String) {
    let mut command =
        command(folder, &["serve", "ds", "--team", "--no-open", "--port", "0", "--json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let line = lines.find(|line| line.contains("\"link\"")).unwrap();
    let address = line.split('"').nth(3).unwrap().trim_end_matches('/').to_owned();
    (child, address)
}

/// A stroke that was acknowledged: its pixel, and its number in the picture's journal.
type Acknowledged = (u32, u64);

/// Logs in and paints pixel after pixel until the server is gone; those that were acknowledged.
fn paint(address: &str, next: &AtomicU32, client: &str) -> Vec<Acknowledged> {
    let agent = ureq::Agent::new_with_defaults();
    let login = json!({"name": "Ada", "password": "four odd words"}).to_string();
    let send = |path: &str, cookie: &str, body: &str| {
        let request = agent.post(format!("{address}/api{path}")).header("cookie", cookie);
        request.content_type("application/json").send(body)
    };
    let Ok(answer) = send("/login", "", &login) else { return Vec::new() };
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap();
    let (mut saved, mut base) = (Vec::new(), None);
    loop {
        let stroke = next.fetch_add(1, Ordering::Relaxed);
        // of 40 by 40
        let pixel = stroke % 1600;
        let known = if let Some(base) = base {
            base
        } else {
            let url = format!("{address}/api/cases/m0/annotation");
            let Ok(mut answer) = agent.get(url).header("cookie", cookie).call() else {
                return saved;
            };
            let said: Value =
                serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap();
            said["seq"].as_u64().unwrap()
        };
        let op = json!({"op": "paint", "class": "gum", "value": "positive", "runs": [pixel, 1]});
        let edit = json!({"id": format!("{client}-{stroke}"), "client": client, "base": known, "ops": [op]});
        let Ok(mut answer) = send("/cases/m0/edits", cookie, &edit.to_string()) else {
            return saved;
        };
        let Ok(text) = answer.body_mut().read_to_string() else { return saved };
        base = serde_json::from_str::<Value>(&text).unwrap()["seq"].as_u64();
        saved.push((pixel, base.unwrap()));
    }
}

#[test]
fn slow_a_killed_server_loses_no_acknowledged_stroke_and_no_entry_of_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mouths(&folder.join("ds"));
    let add = ["team", "add", "Ada", "--data", "ds", "--password-stdin"];
    with_password(folder, &add, "four odd words").ended(0);
    let next = AtomicU32::new(0);
    let mut saved = Vec::new();
    for kill in 0..8_u64 {
        let (mut child, address) = serve(folder);
        let painted = std::thread::scope(|scope| {
            let painter = |index| {
                let (address, next) = (&address, &next);
                scope.spawn(move || paint(address, next, &format!("tab-{kill}-{index}")))
            };
            let painters: Vec<_> = (0..4).map(painter).collect();
            std::thread::sleep(Duration::from_millis(600 + 170 * kill));
            child.kill().unwrap();
            child.wait().unwrap();
            painters.into_iter().map(|painter| painter.join().unwrap()).collect::<Vec<_>>()
        });
        saved.extend(painted.into_iter().flatten());
    }
    assert!(saved.len() > 50, "{} strokes", saved.len());
    // a stroke that was lost would leave its number to a later one, also where that painted the same pixel
    let numbers: BTreeSet<u64> = saved.iter().map(|(_, number)| *number).collect();
    assert_eq!(numbers.len(), saved.len());
    let check = read(&lacuna(folder, &["serve", "ds", "--check", "--json"]).ended(0));
    assert!(check["log_entries"].as_u64().unwrap() > saved.len() as u64, "{check}");
    let dataset = lacuna_data::Dataset::open(&folder.join("ds")).unwrap();
    let annotation = dataset.load_annotation(dataset.case("m0").unwrap()).unwrap();
    let gum = dataset.classes().index("gum").unwrap();
    let mask = &annotation.masks[gum];
    let lost: Vec<_> = saved
        .iter()
        .filter(|(pixel, _)| mask.values()[*pixel as usize] != lacuna_data::Ternary::Positive)
        .collect();
    assert!(lost.is_empty(), "lost: {lost:?}");
    let log = read(
        &lacuna(folder, &["team", "log", "--data", "ds", "--picture", "m0", "--json"]).ended(0),
    );
    let edits = log.as_array().unwrap().len();
    assert!(edits >= saved.len(), "{edits} entries for {} strokes", saved.len());
}
