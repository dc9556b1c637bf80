//! One feature set: what the program is built from must be what the tests are built from, package by package and
//! feature by feature. Otherwise cargo compiles the tensor engine twice, once for each of the README's commands.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::process::read;

/// The crate of the program.
const PROGRAM: &str = "lacuna-cli";

/// A sentence for each package that the program would be built with in other features than the tests.
pub(super) fn findings(root: &Path) -> Result<Vec<String>> {
    let program = packages(root, &["--package", PROGRAM, "--edges", "no-dev"])?;
    let tests = packages(root, &["--workspace"])?;
    Ok(differences(&program, &tests))
}

/// Lines of package and features.
fn packages(root: &Path, selection: &[&str]) -> Result<BTreeSet<String>> {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(root).args(["tree", "--locked", "--prefix", "none", "--no-dedupe"]);
    let text = read(command.args(["--format", "{p} {f}"]).args(selection))?;
    Ok(text.lines().map(|line| line.trim().to_owned()).collect())
}

fn differences(program: &BTreeSet<String>, tests: &BTreeSet<String>) -> Vec<String> {
    let only = program.difference(tests);
    only.map(|package| {
        format!(
            "the tests build `{package}` with more features than the program: name them in the dependencies of \
             `{PROGRAM}`"
        )
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_more_is_named() {
        let set = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
        let program: BTreeSet<String> = set(&["memchr v2.8.3 alloc,std", "csv v1.4.0 "]);
        let tests = set(&["memchr v2.8.3 alloc,default,std", "csv v1.4.0 ", "insta v1.49.0 "]);
        assert!(differences(&program, &program).is_empty());
        let found = differences(&program, &tests);
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("`memchr v2.8.3 alloc,std`"));
    }
}
