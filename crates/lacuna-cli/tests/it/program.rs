//! Running the built program and reading what it says.

use std::path::Path;
use std::process::{Command, Output};

/// What a run of the program came to.
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The program with `arguments` in `folder`, hearing nothing of the tester's own settings.
pub(crate) fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lacuna"));
    let ours = |name: &str| name.starts_with("LACUNA_") || name.ends_with("_PROXY");
    for (name, _) in std::env::vars().filter(|(name, _)| ours(&name.to_uppercase())) {
        command.env_remove(name);
    }
    for name in ["CLICOLOR_FORCE", "COLUMNS", "RAYON_NUM_THREADS"] {
        command.env_remove(name);
    }
    command.env("NO_COLOR", "1").env("LACUNA_CACHE", folder.join("cache"));
    command.args(arguments).current_dir(folder);
    command
}

/// Runs `lacuna` with `arguments` in `folder`.
pub(crate) fn lacuna(folder: &Path, arguments: &[&str]) -> Answer {
    answer(&mut command(folder, arguments))
}

/// Runs a command to its end.
pub(crate) fn answer(command: &mut Command) -> Answer {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Answer { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
}

/// Exit code and everything printed, with `folder` called `[DIR]`.
pub(crate) fn transcript(folder: &Path, arguments: &[&str]) -> String {
    lacuna(folder, arguments).transcript(folder)
}

impl Answer {
    /// Fails unless the program ended with `code`; shows what it said.
    pub(crate) fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }

    /// Fails unless standard error holds every one of `words`.
    pub(crate) fn says(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.stderr.contains(word), "`{word}` is not in: {}", self.stderr);
        }
        self
    }

    /// Exit code and everything printed, with `folder` called `[DIR]`.
    pub(crate) fn transcript(&self, folder: &Path) -> String {
        let code = self.code.map_or("none".to_owned(), |code| code.to_string());
        let text = format!(
            "exit code: {code}\n-- stdout --\n{}-- stderr --\n{}",
            self.stdout, self.stderr
        );
        text.replace(&folder.display().to_string(), "[DIR]")
    }
}
