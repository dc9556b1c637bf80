//! `cargo xtask licences`: every package in the resolved graph has a licence that `deny.toml` allows.
//!
//! The graph is that of `cargo metadata --locked`: default features, every platform, tests and build scripts
//! included. It holds a little more than what is compiled (dependencies behind weak features), never less.

mod expression;
mod policy;

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::metadata::{Metadata, Package};
use policy::Policy;

/// Checks the workspace at `root` and prints how many packages were looked at.
pub(crate) fn run(root: &Path) -> Result<()> {
    let policy = Policy::read(&root.join("deny.toml"))?;
    let metadata = Metadata::resolved(root)?;
    let packages = resolved_packages(&metadata)?;
    let findings: Vec<String> =
        packages.iter().filter_map(|package| finding(package, &policy)).collect();
    if !findings.is_empty() {
        bail!("licences: {} packages refused\n  {}", findings.len(), findings.join("\n  "));
    }
    for name in policy.named_packages() {
        if !packages.iter().any(|package| package.name == name) {
            println!("licences: note: deny.toml names `{name}`, which is no longer used");
        }
    }
    println!("licences: {} packages: ok", packages.len());
    Ok(())
}

fn resolved_packages(metadata: &Metadata) -> Result<Vec<&Package>> {
    let resolve = metadata.resolve.as_ref().context("`cargo metadata` wrote no resolved graph")?;
    let find = |id: &str| metadata.packages.iter().find(|package| package.id == id);
    resolve
        .nodes
        .iter()
        .map(|node| find(&node.id).with_context(|| format!("`{}` is not in the metadata", node.id)))
        .collect()
}

/// A sentence on a package that the policy refuses.
fn finding(package: &Package, policy: &Policy) -> Option<String> {
    let name = format!("{} {}", package.name, package.version);
    let Some(licence) = policy.clarified(&package.name).or(package.license.as_deref()) else {
        return Some(format!("{name} has no licence expression"));
    };
    match expression::is_satisfied(licence, |one| policy.allows(&package.name, one)) {
        Ok(true) => None,
        Ok(false) => Some(format!("{name} is under `{licence}`, which deny.toml does not allow")),
        Err(error) => Some(format!("{name} has an unreadable licence expression: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn refusals_name_package_and_expression() {
        let policy = Policy::parse(
            r#"
            [licenses]
            allow = ["MIT"]
            exceptions = [{ crate = "coloured", allow = ["MPL-2.0"] }]
            [[licenses.clarify]]
            crate = "unsaid"
            expression = "MIT"
            license-files = []
            "#,
        )
        .unwrap();
        let rows = [
            ("plain", Some("MIT OR GPL-3.0"), None),
            ("coloured", Some("MPL-2.0"), None),
            ("unsaid", None, None),
            ("other", Some("MPL-2.0"), Some("other 1.2.3 is under `MPL-2.0`")),
            ("silent", None, Some("silent 1.2.3 has no licence expression")),
            ("odd", Some("MIT OR"), Some("odd 1.2.3 has an unreadable licence expression")),
        ];
        for (name, license, expected) in rows {
            let package = json!({
                "id": name, "name": name, "version": "1.2.3", "license": license,
                "manifest_path": "/r/Cargo.toml", "dependencies": [],
            });
            let found = finding(&serde_json::from_value(package).unwrap(), &policy);
            match expected {
                None => assert_eq!(found, None),
                Some(start) => assert!(found.unwrap().starts_with(start), "{name}"),
            }
        }
    }

    #[test]
    fn only_packages_of_the_graph_are_looked_at() {
        let package = |name: &str| {
            json!({
                "id": name, "name": name, "version": "1.0.0", "license": "MIT",
                "manifest_path": "/r/Cargo.toml", "dependencies": [],
            })
        };
        let json = json!({
            "packages": [package("used"), package("locked-only")],
            "target_directory": "/w/target",
            "resolve": {"nodes": [{"id": "used"}]},
        });
        let metadata = Metadata::parse(&json.to_string()).unwrap();
        let names: Vec<_> =
            resolved_packages(&metadata).unwrap().iter().map(|package| &package.name).collect();
        assert_eq!(names, ["used"]);
    }

    #[test]
    fn the_committed_policy_can_be_read() {
        let policy = Policy::parse(include_str!("../../deny.toml")).unwrap();
        assert!(policy.allows("any", "MIT") && !policy.allows("any", "GPL-3.0-only"));
        assert!(!policy.allows("any", "MPL-2.0"), "only for packages named one by one");
    }
}
