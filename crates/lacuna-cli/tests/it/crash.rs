//! Promise: killed at any moment, a run resumes to the same bytes as one that was never stopped.

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use crate::drawn::{RECIPE, bytes, mouths};
use crate::pictures::files;
use crate::program::{command, lacuna};

/// How often the program is killed.
const KILLS: usize = 20;
/// More epochs than are trained between two kills.
const EPOCHS: &str = "12";

fn arguments(run: &str) -> Vec<&str> {
    let mut arguments = vec!["train", "--data", "ds", "--output-dir", run, "--epochs", EPOCHS];
    arguments.extend(RECIPE);
    arguments
}

/// Goes on with the run if it has begun, else begins it.
fn go_on(folder: &Path) -> Child {
    let begun = folder.join("killed/config.toml").exists();
    let mut command = if begun {
        command(folder, &["train", "--resume", "--output-dir", "killed"])
    } else {
        let mut arguments = arguments("killed");
        arguments.push("--force");
        command(folder, &arguments)
    };
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

fn assert_same(folder: &Path) {
    for file in [
        "checkpoints/last.safetensors",
        "checkpoints/best.safetensors",
        "metrics.csv",
        "summary.json",
    ] {
        assert!(bytes(folder, "killed", file) == bytes(folder, "through", file), "{file} differs");
    }
}

/// Waits until the run ends by itself; it must end well.
fn finish(child: Child) {
    let output = child.wait_with_output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{words}");
}

#[test]
fn a_killed_run_resumes_to_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mouths(&folder.join("ds"));
    lacuna(folder, &arguments("through")).ended(0);
    let (mut kills, mut delay) = (0, 7_u64);
    while kills < KILLS {
        let mut child = go_on(folder);
        // moments spread over start, steps, validation and checkpoints; any will do
        delay = (delay * 1_103_515_245 + 12_345) % (1 << 31);
        std::thread::sleep(Duration::from_millis(20 + delay % 500));
        if child.try_wait().unwrap().is_some() {
            // faster than expected: it must be right, and is trained again
            finish(child);
            assert_same(folder);
            fs_err::remove_dir_all(folder.join("killed")).unwrap();
            continue;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
    }
    finish(go_on(folder));
    assert_same(folder);
    // no half-written file of a killed run is left
    assert_eq!(files(&folder.join("killed/checkpoints")), ["best.safetensors", "last.safetensors"]);
}

#[test]
#[cfg(unix)]
fn an_interrupted_run_says_so_and_resumes_to_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mouths(&folder.join("ds"));
    // many steps an epoch, so that it is stopped in the middle of one
    let long = ["--batch-size", "1", "--encoder-depth", "3", "--epochs", "30"];
    let with = |run| [&arguments(run)[..5], &long[..], &RECIPE[..6], &RECIPE[10..]].concat();
    lacuna(folder, &with("through")).ended(0);
    let mut command = command(folder, &with("killed"));
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = folder.join("killed/metrics.csv");
    while !begun.exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let interrupt = format!("kill -INT {}", child.id());
    std::process::Command::new("sh").args(["-c", &interrupt]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{words}");
    assert!(words.contains("saved") && words.contains("--resume"), "{words}");
    lacuna(folder, &["train", "--resume", "--output-dir", "killed"]).ended(0);
    assert_same(folder);
}
