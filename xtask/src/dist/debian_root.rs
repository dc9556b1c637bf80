//! A bare Debian root: the machine of someone who has installed nothing.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::process;

/// The Debian release whose glibc the binary must accept.
const SUITE: &str = "bookworm";

/// Where the archive is unpacked inside the root.
const PLACE: &str = "opt";

/// Makes the root with debootstrap, unless there is one.
pub(super) fn make(root: &Path) -> Result<()> {
    if is_root(root) {
        return Ok(());
    }
    if !process::is_installed("debootstrap") {
        bail!(
            "dist: debootstrap is not installed; `apt-get install debootstrap`, or make the root on \
             another Debian machine with `debootstrap --variant=minbase {SUITE} ROOT`, copy it here \
             and name it with --smoke ROOT"
        );
    }
    std::fs::create_dir_all(root).with_context(|| format!("cannot make `{}`", root.display()))?;
    process::run(Command::new("debootstrap").args(["--variant=minbase", SUITE]).arg(root))
        .context("debootstrap needs root rights and a Debian mirror")
}

/// Unpacks the archive in the root and runs its binary there; returns what it printed.
pub(super) fn run(root: &Path, archive: &Path, binary: &str, arguments: &[&str]) -> Result<String> {
    ensure!(
        is_root(root),
        "dist: `{}` is not a Debian root; --debootstrap makes one there",
        root.display()
    );
    let place = root.join(PLACE);
    let mut tar = Command::new("tar");
    tar.args(["--extract", "--no-same-owner", "--file"]).arg(archive).arg("--directory").arg(place);
    process::run(&mut tar)?;
    let file = archive.file_name().unwrap_or_default().to_string_lossy();
    let folder = file.strip_suffix(".tar.gz").unwrap_or(&file);
    let mut chroot = Command::new("chroot");
    // Nothing of this machine's environment may help.
    chroot.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("HOME", "/root");
    chroot.arg(root).arg(format!("/{PLACE}/{folder}/{binary}")).args(arguments);
    process::read(&mut chroot)
        .context("dist: the binary failed in the Debian root (chroot needs root rights)")
}

fn is_root(path: &Path) -> bool {
    path.join("etc/debian_version").is_file() && path.join(PLACE).is_dir()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_no_root_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("lacuna.tar.gz");
        let error = run(folder.path(), &archive, "lacuna", &["doctor"]).unwrap_err().to_string();
        assert!(error.contains("is not a Debian root"), "{error}");
    }
}
