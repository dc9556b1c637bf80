//! Names of YOLO's class numbers.

use std::collections::BTreeMap;
use std::path::Path;

use crate::formats::picture_folder::files_with;
use crate::formats::text_file::{read_text, wrong};
use crate::formats::{ImportError, Problem};

/// Names by number: of the only YAML file, or of a list, one a line.
pub(super) fn read(root: &Path) -> Result<BTreeMap<usize, String>, ImportError> {
    let yaml = [files_with(root, "yaml")?, files_with(root, "yml")?].concat();
    let lists = ["classes.txt", "obj.names"].map(|name| root.join(name));
    let list = lists.iter().find(|path| path.is_file());
    match (yaml.as_slice(), list) {
        ([only], _) => Ok(of_yaml(&read_text(only)?).ok_or_else(|| no_names(only))?),
        ([], Some(list)) => {
            let text = read_text(list)?;
            let names = text.lines().map(str::trim).filter(|line| !line.is_empty());
            Ok(names.map(str::to_owned).enumerate().collect())
        }
        ([], None) => Err(missing(root).into()),
        ([a, b, ..], _) => {
            let reason = format!("there is also `{}`; leave the one with the names", b.display());
            Err(wrong(a, reason).into())
        }
    }
}

fn no_names(path: &Path) -> Problem {
    Problem::new(format!("`{}` has no list `names`", path.display()), None)
}

fn missing(root: &Path) -> Problem {
    let message = format!("`{}` has no data.yaml and no classes.txt", root.display());
    Problem::new(message, Some("the names of the classes must be in the folder"))
}

/// The key `names` in the three ways in which it is written: `[a, b]`, `- a` a line, or `0: a` a line.
fn of_yaml(text: &str) -> Option<BTreeMap<usize, String>> {
    let mut lines = text.lines().map(without_comment);
    let first = lines.by_ref().find_map(|line| line.strip_prefix("names:").map(str::trim))?;
    if !first.is_empty() {
        let mut flow = first.to_owned();
        // a list may go on over several lines
        while !flow.ends_with(']') {
            flow.push_str(lines.next()?.trim());
        }
        let items = flow.strip_prefix('[')?.strip_suffix(']')?.split(',');
        let items = items.map(unquoted).filter(|name| !name.is_empty());
        return Some(items.enumerate().collect());
    }
    let mut names = BTreeMap::new();
    for line in lines.filter(|line| !line.trim().is_empty()) {
        let entry = line.trim();
        if let Some(name) = entry.strip_prefix("- ") {
            names.insert(names.len(), unquoted(name));
        } else if line.starts_with(' ') {
            let (number, name) = entry.split_once(':')?;
            names.insert(number.trim().parse().ok()?, unquoted(name));
        } else {
            break;
        }
    }
    Some(names).filter(|names| !names.is_empty())
}

fn without_comment(line: &str) -> &str {
    line.split(" #").next().unwrap_or_default().trim_end()
}

fn unquoted(text: &str) -> String {
    text.trim().trim_matches(['"', '\'']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_in_three_ways() {
        let table = [
            ("path: x\nnames: ['gum', \"teeth\"]\nnc: 2\n", Some("gum teeth")),
            ("names: [gum,\n  teeth]\n", Some("gum teeth")),
            ("names:\n  - gum # the pink one\n  - teeth\nnc: 2\n", Some("gum teeth")),
            ("names:\n- gum\n- teeth\n", Some("gum teeth")),
            ("names:\n  0: gum\n  1: teeth\nnc: 2\n", Some("gum teeth")),
            ("names:\n", None),
            ("names: [gum", None),
            ("names:\n  x: gum\n", None),
            ("nc: 2\n", None),
        ];
        for (text, expected) in table {
            let found =
                of_yaml(text).map(|names| names.into_values().collect::<Vec<_>>().join(" "));
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
