//! The part of `cargo metadata` that the tasks read.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::process;

/// The answer of `cargo metadata --format-version 1`.
#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
    pub(crate) target_directory: PathBuf,
    /// Missing with `--no-deps`.
    pub(crate) resolve: Option<Resolve>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) version: String,
    /// An SPDX expression, or `A/B` in old packages.
    pub(crate) license: Option<String>,
    pub(crate) manifest_path: PathBuf,
    /// As declared: of every kind, every target and every feature.
    pub(crate) dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// Set for a package of this workspace.
    pub(crate) path: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Resolve {
    pub(crate) nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Node {
    pub(crate) id: String,
}

impl Metadata {
    /// The packages of the workspace alone; needs neither network nor lock file.
    pub(crate) fn of_workspace(root: &Path) -> Result<Self> {
        Self::read(root, &["--no-deps", "--offline"])
    }

    /// The whole graph of the default features, for every platform, exactly as `Cargo.lock` has it.
    pub(crate) fn resolved(root: &Path) -> Result<Self> {
        Self::read(root, &["--locked"])
    }

    fn read(root: &Path, options: &[&str]) -> Result<Self> {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        cargo.current_dir(root).args(["metadata", "--format-version", "1"]).args(options);
        Self::parse(&process::read(&mut cargo)?)
    }

    pub(crate) fn parse(json: &str) -> Result<Self> {
        serde_json::from_str(json).context("cannot read what `cargo metadata` wrote")
    }

    pub(crate) fn package(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == name)
    }
}

impl Package {
    /// The folder of its `Cargo.toml`.
    pub(crate) fn folder(&self) -> &Path {
        self.manifest_path.parent().unwrap_or(&self.manifest_path)
    }
}
