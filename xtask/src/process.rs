//! Child processes whose failure names the command.

use std::process::{Command, Output};

use anyhow::{Context, Result, bail};

/// Runs the command with this process's own output streams.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| not_started(command))?;
    if !status.success() {
        bail!("`{}` failed ({status})", line(command));
    }
    Ok(())
}

/// Runs the command and returns what it wrote to its standard output.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let Output { status, stdout, stderr } =
        command.output().with_context(|| not_started(command))?;
    if !status.success() {
        let said = String::from_utf8_lossy(&stderr);
        bail!("`{}` failed ({status}): {}", line(command), said.trim());
    }
    String::from_utf8(stdout).with_context(|| format!("`{}` did not write UTF-8", line(command)))
}

/// Whether the program can be found and started.
pub(crate) fn is_installed(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}

fn not_started(command: &Command) -> String {
    format!("cannot start `{}`", line(command))
}

fn line(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy()];
    words.extend(command.get_args().map(|word| word.to_string_lossy()));
    words.join(" ")
}
