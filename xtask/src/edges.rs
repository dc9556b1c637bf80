//! `cargo xtask edges`: who may use whom, checked against the manifests and the sources.
//!
//! Manifests are read as declared, so that an edge behind a feature, a target or `dev-dependencies` counts
//! as much as any other. Every rule is a row of one of the tables below; nothing else decides.

mod feature_sets;
mod rust_source;
mod source_rules;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::metadata::{Metadata, Package};

/// The layers: each crate of the workspace and the crates of the workspace that it may depend on.
const LAYERS: [(&str, &[&str]); 10] = [
    ("lacuna-data", &[]),
    ("lacuna-metrics", &[]),
    ("lacuna-kernels", &[]),
    ("lacuna-nn", &["lacuna-kernels"]),
    ("lacuna-report", &["lacuna-data", "lacuna-metrics"]),
    ("lacuna-train", &["lacuna-data", "lacuna-metrics", "lacuna-nn"]),
    ("lacuna-server", &["lacuna-data", "lacuna-metrics", "lacuna-train"]),
    ("lacuna", &["lacuna-data", "lacuna-metrics", "lacuna-nn", "lacuna-report", "lacuna-train"]),
    (
        "lacuna-cli",
        &[
            "lacuna",
            "lacuna-data",
            "lacuna-metrics",
            "lacuna-nn",
            "lacuna-report",
            "lacuna-server",
            "lacuna-train",
        ],
    ),
    ("xtask", &[]),
];

/// The only crate that may depend on the tensor engine or name it.
const ENGINE_OWNER: &str = "lacuna-nn";

/// The engine's packages: this name, or this name and a hyphen.
const ENGINE: &str = "burn";

/// Edges that only some modules of the upper crate may use.
const NARROW_EDGES: [NarrowEdge; 2] = [
    NarrowEdge {
        from: "lacuna-cli",
        path: &["lacuna_nn"],
        modules: &["weights", "doctor"],
        reason: "the command line trains and predicts through lacuna-train",
    },
    NarrowEdge {
        from: "lacuna-train",
        path: &["lacuna_nn", "engine"],
        modules: &["trainer", "checkpoint", "predict", "detector", "bench"],
        reason: "tensors stay where steps are made, saved, applied and timed",
    },
];

/// A path that a crate may name only in the modules listed (a file or a folder of that name under `src`).
struct NarrowEdge {
    from: &'static str,
    path: &'static [&'static str],
    modules: &'static [&'static str],
    reason: &'static str,
}

/// Checks the workspace at `root` and prints what was found.
pub(crate) fn run(root: &Path) -> Result<()> {
    let metadata = Metadata::of_workspace(root)?;
    let mut findings = manifest_findings(&metadata);
    findings.extend(feature_sets::findings(root)?);
    let mut files = 0;
    for package in &metadata.packages {
        for path in rust_files(package.folder())? {
            files += 1;
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("cannot read `{}`", path.display()))?;
            let file = source_rules::File::new(&package.name, package.folder(), &path, &text);
            findings.extend(file.findings());
            file.note().iter().for_each(|note| println!("edges: note: {note}"));
        }
    }
    if !findings.is_empty() {
        bail!("edges: {} broken rules\n  {}", findings.len(), findings.join("\n  "));
    }
    println!("edges: {} crates, {files} source files: ok", metadata.packages.len());
    Ok(())
}

/// A sentence for each declared dependency that the tables do not have.
fn manifest_findings(metadata: &Metadata) -> Vec<String> {
    metadata.packages.iter().flat_map(package_findings).collect()
}

fn package_findings(package: &Package) -> Vec<String> {
    let name = package.name.as_str();
    let Some((_, below)) = LAYERS.iter().find(|(known, _)| *known == name) else {
        return vec![format!(
            "the crate `{name}` is in no layer: give it a row in LAYERS of xtask/src/edges.rs"
        )];
    };
    let mut findings = Vec::new();
    for dependency in &package.dependencies {
        let used = dependency.name.as_str();
        // A dev-dependency of a crate on itself is how its own features are switched on in tests.
        if dependency.path.is_some() && used != name && !below.contains(&used) {
            findings.push(format!("`{name}` depends on `{used}`, which is not below it"));
        }
        if is_engine(used) && name != ENGINE_OWNER {
            findings.push(format!(
                "`{name}` depends on `{used}`, but only `{ENGINE_OWNER}` may use the tensor engine"
            ));
        }
    }
    findings
}

fn is_engine(package: &str) -> bool {
    package.strip_prefix(ENGINE).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
}

/// Every `.rs` file under `folder`, sorted; hidden folders and build outputs left out.
fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("cannot list `{}`", folder.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Metadata of one crate with the dependencies given as (name, is in the workspace).
    fn metadata(name: &str, dependencies: &[(&str, bool)]) -> Metadata {
        let dependencies: Vec<_> = dependencies
            .iter()
            .map(|(used, local)| {
                json!({
                    "name": used,
                    "kind": "dev",
                    "optional": true,
                    "path": local.then(|| format!("/w/crates/{used}")),
                })
            })
            .collect();
        let package = json!({
            "id": format!("path+file:///w/crates/{name}#0.1.0"),
            "name": name,
            "version": "0.1.0",
            "license": "MIT",
            "manifest_path": format!("/w/crates/{name}/Cargo.toml"),
            "dependencies": dependencies,
        });
        let json = json!({"packages": [package], "target_directory": "/w/target", "resolve": null});
        Metadata::parse(&json.to_string()).unwrap()
    }

    #[test]
    fn edges_of_the_table_pass() {
        for (name, below) in LAYERS {
            let used: Vec<_> = below.iter().map(|crate_| (*crate_, true)).collect();
            assert_eq!(manifest_findings(&metadata(name, &used)), Vec::<String>::new());
        }
        let engine = metadata("lacuna-nn", &[("burn", false), ("burn-flex", false)]);
        assert_eq!(manifest_findings(&engine), Vec::<String>::new());
    }

    #[test]
    fn other_edges_are_named() {
        let rows = [
            // Upwards, even in tests and behind a feature.
            ("lacuna-data", "lacuna-train", true, "`lacuna-data` depends on `lacuna-train`"),
            // Sideways: the two must not know each other.
            ("lacuna-nn", "lacuna-data", true, "`lacuna-nn` depends on `lacuna-data`"),
            // The engine outside its owner, by any of its packages.
            ("lacuna-train", "burn", false, "only `lacuna-nn` may use the tensor engine"),
            ("lacuna-cli", "burn-store", false, "`lacuna-cli` depends on `burn-store`"),
            // A crate nobody placed.
            ("lacuna-clinic", "serde", false, "the crate `lacuna-clinic` is in no layer"),
        ];
        for (name, used, local, expected) in rows {
            let findings = manifest_findings(&metadata(name, &[(used, local)]));
            assert_eq!(findings.len(), 1, "{findings:?}");
            assert!(findings[0].contains(expected), "{findings:?}");
        }
    }

    #[test]
    fn names_that_only_look_like_the_engine() {
        assert!(is_engine("burn") && is_engine("burn-flex") && is_engine("burn_store"));
        assert!(!is_engine("burner") && !is_engine("sunburn"));
    }

    #[test]
    fn the_layers_have_no_cycle() {
        for (index, (name, below)) in LAYERS.iter().enumerate() {
            for used in *below {
                let row = LAYERS.iter().position(|(known, _)| known == used).unwrap();
                assert!(row < index, "`{name}` is listed above `{used}`");
            }
        }
    }
}
