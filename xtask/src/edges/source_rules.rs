//! What a single source file may name, and how long it may be.

use std::path::{Component, Path, PathBuf};

use super::rust_source::RustSource;
use super::{ENGINE, ENGINE_OWNER, NARROW_EDGES, NarrowEdge};

/// Lines outside tests above which a file is an error.
const MOST_LINES: usize = 800;
/// Lines outside tests above which a file is worth a note.
const MANY_LINES: usize = 400;

/// A source file of a crate.
pub(super) struct File<'a> {
    crate_name: &'a str,
    /// Relative to the crate's folder.
    path: PathBuf,
    shown: String,
    source: RustSource<'a>,
}

impl<'a> File<'a> {
    pub(super) fn new(crate_name: &'a str, folder: &Path, path: &Path, text: &'a str) -> Self {
        let path = path.strip_prefix(folder).unwrap_or(path).to_path_buf();
        let shown = format!("{crate_name}/{}", path.display());
        let source =
            if is_test_file(&path) { RustSource::of_tests(text) } else { RustSource::new(text) };
        Self { crate_name, path, shown, source }
    }

    /// A sentence for each rule that the file breaks.
    pub(super) fn findings(&self) -> Vec<String> {
        let rules = [self.engine(), self.too_long(), self.silent_skip()];
        let narrow = NARROW_EDGES.iter().filter_map(|edge| self.narrow(edge));
        rules.into_iter().flatten().chain(narrow).collect()
    }

    /// A sentence on a file that grows too long.
    pub(super) fn note(&self) -> Option<String> {
        let lines = self.source.lines_outside_tests();
        (lines > MANY_LINES)
            .then(|| format!("{} has {lines} lines outside tests (aim: {MANY_LINES})", self.shown))
    }

    fn too_long(&self) -> Option<String> {
        let lines = self.source.lines_outside_tests();
        (lines > MOST_LINES).then(|| {
            format!("{} has {lines} lines outside tests (limit: {MOST_LINES})", self.shown)
        })
    }

    /// Tests count here too: an engine tensor in a test is a dependency as well.
    fn engine(&self) -> Option<String> {
        if self.crate_name == ENGINE_OWNER {
            return None;
        }
        let line = self.source.line_naming_crate(ENGINE)?;
        let at = format!("{}:{line}", self.shown);
        Some(format!("{at} names `{ENGINE}`, but only `{ENGINE_OWNER}` may use the tensor engine"))
    }

    fn narrow(&self, edge: &NarrowEdge) -> Option<String> {
        if edge.from != self.crate_name || self.is_in_module(edge.modules) {
            return None;
        }
        let line = self.source.line_naming_path_outside_tests(edge.path)?;
        let (path, modules) = (edge.path.join("::"), edge.modules.join(", "));
        let at = format!("{}:{line}", self.shown);
        Some(format!(
            "{at} names `{path}`, which only these modules may: {modules} ({})",
            edge.reason
        ))
    }

    fn is_in_module(&self, modules: &[&str]) -> bool {
        let named = |part: Component<'_>| {
            let stem = Path::new(part.as_os_str()).file_stem().unwrap_or_default();
            modules.iter().any(|module| stem == *module)
        };
        self.path.components().any(named)
    }

    /// A test that needs real data must say so when it does nothing (see CONTRIBUTING.md).
    fn silent_skip(&self) -> Option<String> {
        let tests = self.source.text_of_tests();
        let looks = ["var", "var_os"]
            .iter()
            .any(|call| tests.contains(&format!("{call}(\"LACUNA_DATA\")")));
        (looks && !tests.contains("LACUNA_SKIPPED_TESTS")).then(|| {
            format!(
                "{} has tests that read LACUNA_DATA but do not list themselves in LACUNA_SKIPPED_TESTS",
                self.shown
            )
        })
    }
}

/// Integration tests, and test modules in files of their own.
fn is_test_file(path: &Path) -> bool {
    let in_tests = path.components().any(|part| part.as_os_str() == "tests");
    in_tests || path.file_stem().is_some_and(|stem| stem == "tests")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(crate_name: &str, path: &str, text: &str) -> Vec<String> {
        File::new(crate_name, Path::new("/w"), &Path::new("/w").join(path), text).findings()
    }

    #[test]
    fn the_engine_is_named_by_its_owner_only() {
        let text = "//! Not burn:: here.\nuse burn::tensor::Tensor;\n";
        assert_eq!(findings("lacuna-nn", "src/unet.rs", text), Vec::<String>::new());
        let found = findings("lacuna-train", "src/trainer.rs", text);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("lacuna-train/src/trainer.rs:2 names `burn`"), "{found:?}");
    }

    #[test]
    fn narrow_edges_hold_outside_their_modules() {
        let rows = [
            ("lacuna-cli", "src/commands/train.rs", "use lacuna_nn::Unet;", 1),
            ("lacuna-cli", "src/commands/weights.rs", "use lacuna_nn::Unet;", 0),
            ("lacuna-cli", "src/commands/doctor/devices.rs", "use lacuna_nn::Unet;", 0),
            // What is not the engine is open to the whole crate.
            ("lacuna-train", "src/config.rs", "use lacuna_nn::Architecture;", 0),
            ("lacuna-train", "src/config.rs", "use lacuna_nn::{Architecture, engine::Device};", 1),
            ("lacuna-train", "src/config.rs", "fn f() { lacuna_nn::engine::device(); }", 1),
            ("lacuna-train", "src/trainer/step.rs", "use lacuna_nn::engine;", 0),
            // Tests may build what they compare with.
            ("lacuna-train", "src/x.rs", "#[cfg(test)]\nmod tests { use lacuna_nn::engine; }", 0),
            ("lacuna-train", "tests/it/main.rs", "use lacuna_nn::engine;", 0),
        ];
        for (crate_name, path, text, count) in rows {
            let found = findings(crate_name, path, text);
            assert_eq!(found.len(), count, "{path}: {text}: {found:?}");
        }
    }

    #[test]
    fn long_files_are_noted_then_refused() {
        for (lines, noted, refused) in
            [(400, false, 0), (401, true, 0), (800, true, 0), (801, true, 1)]
        {
            let text = "fn f() {}\n".repeat(lines);
            let file = File::new("lacuna-data", Path::new("/w"), Path::new("/w/src/a.rs"), &text);
            assert_eq!((file.note().is_some(), file.findings().len()), (noted, refused), "{lines}");
        }
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "fn f() {}\n".repeat(900));
        assert_eq!(findings("lacuna-data", "src/a.rs", &tests), Vec::<String>::new());
        assert_eq!(findings("lacuna-data", "src/a/tests.rs", &tests), Vec::<String>::new());
    }

    #[test]
    fn a_test_without_its_data_must_say_so() {
        let silent = "fn f() { std::env::var_os(\"LACUNA_DATA\"); }";
        assert_eq!(findings("lacuna-data", "tests/it/main.rs", silent).len(), 1);
        // Only tests are meant: a program may look where its user keeps data.
        assert_eq!(findings("lacuna-data", "src/lib.rs", silent).len(), 0);
        let listed = format!("{silent} const LIST: &str = \"LACUNA_SKIPPED_TESTS\";");
        assert_eq!(findings("lacuna-data", "tests/it/main.rs", &listed).len(), 0);
    }
}
