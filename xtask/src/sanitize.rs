//! `cargo xtask sanitize`: the tests of the kernels, which are the only unsafe code, under AddressSanitizer and valgrind.
//! Not part of CI: both are slow, and the tests' guard pages find most of what they find.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};

use crate::process;

const TARGET: &str = "x86_64-unknown-linux-gnu";
/// What stands before each test program under valgrind.
const RUNNER: (&str, &str) = (
    "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER",
    "valgrind --quiet --error-exitcode=9 --fair-sched=yes",
);

/// Runs the tests twice; fails at the first wrong access.
pub(crate) fn run(root: &Path) -> Result<()> {
    ensure!(
        cfg!(all(target_os = "linux", target_arch = "x86_64")),
        "sanitize: on x86_64 Linux only"
    );
    // The sanitizer is an unstable flag; the target keeps it away from build scripts.
    let mut address = tests(root, "address");
    process::run(address.env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", "-Zsanitizer=address"))?;
    println!("sanitize: nothing found by AddressSanitizer");
    if !process::is_installed("valgrind") {
        println!("sanitize: valgrind is not installed, and was skipped");
        return Ok(());
    }
    // Valgrind knows no AVX-512 and hides it from the program; random cases would take hours.
    let mut valgrind = tests(root, "valgrind");
    process::run(valgrind.env(RUNNER.0, RUNNER.1).env("PROPTEST_CASES", "1"))?;
    println!("sanitize: nothing found by valgrind");
    Ok(())
}

/// The tests of the kernels, built in a folder of their own.
fn tests(root: &Path, folder: &str) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.current_dir(root).args(["test", "--release", "--package", "lacuna-kernels"]);
    cargo.args(["--lib", "--tests", "--target", TARGET, "--target-dir"]);
    cargo.arg(root.join("target").join("sanitize").join(folder));
    cargo
}
