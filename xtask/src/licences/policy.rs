//! The allow-list: the `[licenses]` table of `deny.toml`, so that cargo-deny and this task cannot disagree.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

/// Which licences are accepted, for all packages and for some by name.
#[derive(Debug, Deserialize)]
pub(super) struct Policy {
    licenses: Licenses,
}

#[derive(Debug, Deserialize)]
struct Licenses {
    allow: Vec<String>,
    #[serde(default)]
    exceptions: Vec<Exception>,
    #[serde(default)]
    clarify: Vec<Clarification>,
}

#[derive(Debug, Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    package: String,
    allow: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Clarification {
    #[serde(rename = "crate")]
    package: String,
    expression: String,
}

impl Policy {
    pub(super) fn read(path: &Path) -> Result<Self> {
        let named = || format!("cannot read `{}`", path.display());
        Self::parse(&std::fs::read_to_string(path).with_context(named)?).with_context(named)
    }

    pub(super) fn parse(text: &str) -> Result<Self> {
        Ok(toml::from_str(text)?)
    }

    /// Whether `package` may be used under `licence`, a licence or `licence WITH exception`.
    pub(super) fn allows(&self, package: &str, licence: &str) -> bool {
        let excepted =
            self.licenses.exceptions.iter().filter(|exception| exception.package == package);
        self.licenses
            .allow
            .iter()
            .chain(excepted.flat_map(|exception| &exception.allow))
            .any(|one| one == licence)
    }

    /// The expression that a person read off the package's licence file, where it states none itself.
    pub(super) fn clarified(&self, package: &str) -> Option<&str> {
        let mut found = self.licenses.clarify.iter().filter(|row| row.package == package);
        found.next().map(|row| row.expression.as_str())
    }

    /// Every package that a row of its own was written for.
    pub(super) fn named_packages(&self) -> impl Iterator<Item = &str> {
        let excepted = self.licenses.exceptions.iter().map(|row| row.package.as_str());
        excepted.chain(self.licenses.clarify.iter().map(|row| row.package.as_str()))
    }
}
