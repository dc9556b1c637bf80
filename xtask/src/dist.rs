//! `cargo xtask dist`: the release binary, stripped, in an archive with what a person needs beside it.
//!
//! Works with the tools of a Linux build machine (strip, objdump, tar, gzip, sha256sum); nothing is installed.

mod debian_root;
mod glibc;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::metadata::Metadata;
use crate::process;

/// The largest binary that is published, in bytes (60 MB).
const MOST_BYTES: u64 = 60_000_000;

/// What stands beside the binary in the archive.
const DOCUMENTS: [&str; 4] = ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"];

/// The package that has the binary, and the binary.
const PACKAGE: &str = "lacuna-cli";
const BINARY: &str = "lacuna";

/// The options of the task.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Options {
    /// Try the binary in this Debian root.
    pub(crate) smoke: Option<PathBuf>,
    /// Make that root first, if it is not there.
    pub(crate) debootstrap: bool,
}

/// Builds the archive for the workspace at `root`; prints where it is, how large, and what it needs.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    ensure!(
        cfg!(all(target_os = "linux", target_arch = "x86_64")),
        "dist: archives are made on x86_64 Linux only"
    );
    let metadata = Metadata::of_workspace(root)?;
    let package = metadata.package(PACKAGE).with_context(|| format!("no package `{PACKAGE}`"))?;
    let dist = metadata.target_directory.join("dist");
    let name = format!("{BINARY}-{}-x86_64-linux", package.version);

    build(root)?;
    let staging = fresh_folder(&dist.join(&name))?;
    let binary = staging.join(BINARY);
    strip(&metadata.target_directory.join("release").join(BINARY), &binary)?;
    for document in DOCUMENTS {
        copy(&root.join(document), &staging.join(document))?;
    }
    describe(&binary)?;
    let archive = pack(root, &dist, &name)?;
    println!("dist: {}", archive.display());
    smoke(&dist, &archive, options, &package.version)
}

fn build(root: &Path) -> Result<()> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.current_dir(root).args(["build", "--release", "--locked", "--package", PACKAGE]);
    process::run(&mut cargo)
}

fn strip(from: &Path, to: &Path) -> Result<()> {
    process::run(Command::new("strip").args(["--strip-all", "-o"]).arg(to).arg(from))
        .context("the binary is stripped with the `strip` of binutils")
}

/// Prints size and requirements; a binary that is too large is an error.
fn describe(binary: &Path) -> Result<()> {
    let bytes = std::fs::metadata(binary)?.len();
    println!("dist: {bytes} bytes stripped (at most {MOST_BYTES})");
    ensure!(
        bytes <= MOST_BYTES,
        "dist: the stripped binary has {bytes} bytes, more than {MOST_BYTES}"
    );
    let headers = process::read(Command::new("objdump").arg("-p").arg(binary))?;
    match glibc::needed(&headers) {
        Some(version) => println!("dist: needs glibc {version} or newer"),
        None => println!("dist: needs no glibc"),
    }
    println!("dist: needs the libraries {}", glibc::libraries(&headers).join(", "));
    Ok(())
}

/// The archive and its checksum file; the same commit and binary give the same bytes.
fn pack(root: &Path, dist: &Path, name: &str) -> Result<PathBuf> {
    let archive = format!("{name}.tar.gz");
    let mut tar = Command::new("tar");
    tar.current_dir(dist)
        .args(["--create", "--sort=name", "--owner=0", "--group=0", "--numeric-owner"])
        .args([&format!("--mtime=@{}", commit_time(root)), "--use-compress-program=gzip -n -9"])
        .args(["--file", &archive, name]);
    process::run(&mut tar)?;
    let sum = process::read(Command::new("sha256sum").current_dir(dist).arg(&archive))?;
    let path = dist.join(&archive);
    std::fs::write(dist.join(format!("{archive}.sha256")), sum)?;
    Ok(path)
}

/// Seconds since 1970 of the last commit; 0 where the sources are not in a repository.
fn commit_time(root: &Path) -> u64 {
    let mut git = Command::new("git");
    git.current_dir(root).args(["log", "-1", "--format=%ct"]);
    process::read(&mut git).ok().and_then(|time| time.trim().parse().ok()).unwrap_or(0)
}

fn smoke(dist: &Path, archive: &Path, options: &Options, version: &str) -> Result<()> {
    if options.smoke.is_none() && !options.debootstrap {
        return Ok(());
    }
    let root = options.smoke.clone().unwrap_or_else(|| dist.join("debian"));
    if options.debootstrap {
        debian_root::make(&root)?;
    }
    let said = debian_root::run(&root, archive, BINARY, &["--version"])?;
    ensure!(
        said.contains(version),
        "dist: `{BINARY} --version` said `{}`, not {version}",
        said.trim()
    );
    let doctor = debian_root::run(&root, archive, BINARY, &["doctor"])?;
    println!("dist: in the Debian root {}:\n{said}{doctor}", root.display());
    Ok(())
}

fn fresh_folder(path: &Path) -> Result<PathBuf> {
    if path.exists() {
        std::fs::remove_dir_all(path)
            .with_context(|| format!("cannot empty `{}`", path.display()))?;
    }
    std::fs::create_dir_all(path).with_context(|| format!("cannot make `{}`", path.display()))?;
    Ok(path.to_path_buf())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if !from.is_file() {
        bail!("dist: `{}` is missing, and every archive has one", from.display());
    }
    std::fs::copy(from, to).with_context(|| format!("cannot copy `{}`", from.display()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_holds_one_folder_and_its_checksum_stands_beside_it() {
        let dist = tempfile::tempdir().unwrap();
        let staging = fresh_folder(&dist.path().join("lacuna-1.0.0")).unwrap();
        std::fs::write(staging.join("README.md"), "text").unwrap();
        let archive = pack(dist.path(), dist.path(), "lacuna-1.0.0").unwrap();
        let listing = process::read(Command::new("tar").arg("-tzf").arg(&archive)).unwrap();
        assert_eq!(
            listing.lines().collect::<Vec<_>>(),
            ["lacuna-1.0.0/", "lacuna-1.0.0/README.md"]
        );
        let mut check = Command::new("sha256sum");
        check.current_dir(dist.path()).args(["--check", "lacuna-1.0.0.tar.gz.sha256"]);
        assert!(process::read(&mut check).unwrap().contains("OK"));
    }

    #[test]
    fn a_missing_document_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let from = folder.path().join("README.md");
        let error = copy(&from, &folder.path().join("copy")).unwrap_err().to_string();
        assert!(error.contains("README.md` is missing"), "{error}");
    }
}
