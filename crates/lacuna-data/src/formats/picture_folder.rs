//! Pictures that annotation files name, found in a folder without ever leaving it.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use fs_err as fs;

use super::{ImportError, Problem};
use crate::image::is_import_name;

/// Folders nested deeper than this are not looked into.
const MAX_DEPTH: usize = 16;

/// A picture that a file names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Its relative path as the file has it; gives the case its id.
    pub(crate) name: PathBuf,
    /// Where it lies.
    pub(crate) path: PathBuf,
}

/// The pictures in a folder and those below it.
pub(crate) struct PictureFolder {
    root: PathBuf,
    /// Paths relative to the root by file name and by stem, sorted.
    by_name: BTreeMap<String, Vec<PathBuf>>,
    by_stem: BTreeMap<String, Vec<PathBuf>>,
}

impl PictureFolder {
    /// Lists the pictures. Folders behind links are not followed.
    pub(crate) fn open(root: &Path) -> Result<Self, ImportError> {
        let mut pictures = Vec::new();
        list(root, root, 0, &is_import_name, &mut pictures)?;
        pictures.sort();
        let mut folder =
            Self { root: root.to_owned(), by_name: BTreeMap::new(), by_stem: BTreeMap::new() };
        for path in pictures {
            folder.by_name.entry(file_name(&path)).or_default().push(path.clone());
            folder.by_stem.entry(file_stem(&path)).or_default().push(path);
        }
        Ok(folder)
    }

    /// The folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Every picture, relative to the root, sorted.
    pub(crate) fn all(&self) -> Vec<PathBuf> {
        let mut all: Vec<_> = self.by_name.values().flatten().cloned().collect();
        all.sort();
        all
    }

    /// The picture that `file` calls `name`: the path as it stands, else the only picture of that file
    /// name.
    pub(crate) fn find(&self, file: &Path, name: &str) -> Result<Found, Problem> {
        let stated = checked(file, name)?;
        let same_name = self.by_name.get(&file_name(&stated));
        let path = self.choose(file, name, same_name, |found| found.ends_with(&stated))?;
        Ok(Found { path: self.root.join(path), name: stated })
    }

    /// The picture whose name without extension is `stem`.
    pub(crate) fn find_stem(&self, file: &Path, stem: &str) -> Result<Found, Problem> {
        let stated = checked(file, stem)?;
        let same_stem = self.by_stem.get(&file_name(&stated));
        let is_it = |found: &Path| found.with_extension("").ends_with(&stated);
        let path = self.choose(file, stem, same_stem, is_it)?;
        let extension = path.extension().unwrap_or_default().to_string_lossy();
        let name = PathBuf::from(format!("{}.{extension}", stated.display()));
        Ok(Found { path: self.root.join(path), name })
    }

    /// The candidate with the fewest folders before the path as stated; the only candidate whatever its path.
    fn choose(
        &self,
        file: &Path,
        name: &str,
        candidates: Option<&Vec<PathBuf>>,
        is_it: impl Fn(&Path) -> bool,
    ) -> Result<PathBuf, Problem> {
        let candidates = candidates.map(Vec::as_slice).unwrap_or_default();
        let mut fitting: Vec<_> = candidates.iter().filter(|found| is_it(found)).collect();
        fitting.sort_by_key(|found| found.components().count());
        let depth = |i: usize| fitting.get(i).map(|found| found.components().count());
        let exact = fitting.first().filter(|_| depth(0) != depth(1));
        let (file, root) = (file.display(), self.root.display());
        match (exact, candidates) {
            (Some(found), _) => Ok((*found).clone()),
            (None, [only]) => Ok(only.clone()),
            (None, []) => Err(Problem::new(
                format!("`{file}` names picture `{name}`, which is not in `{root}`"),
                Some("name the folder with the pictures"),
            )),
            (None, [a, b, ..]) => Err(Problem::new(
                format!(
                    "`{file}` names picture `{name}`, which could be `{}` or `{}` in `{root}`",
                    a.display(),
                    b.display()
                ),
                Some("name the folder in which there is one of that name"),
            )),
        }
    }
}

/// A relative path without steps upward, whatever separators it is written with.
fn checked(file: &Path, name: &str) -> Result<PathBuf, Problem> {
    let path = PathBuf::from(name.replace('\\', "/"));
    let path = path.strip_prefix(".").map(Path::to_owned).unwrap_or(path);
    let is_plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    if !is_plain || path.as_os_str().is_empty() || name.contains(['\0', ':']) {
        let message =
            format!("`{}` names picture `{name}`, which leads out of its folder", file.display());
        return Err(Problem::new(message, Some("file names must be relative, without `..`")));
    }
    Ok(path)
}

fn list(
    root: &Path,
    folder: &Path,
    depth: usize,
    is_wanted: &dyn Fn(&Path) -> bool,
    found: &mut Vec<PathBuf>,
) -> Result<(), ImportError> {
    for entry in fs::read_dir(folder).map_err(|e| ImportError::io(folder, e))? {
        let entry = entry.map_err(|e| ImportError::io(folder, e))?;
        let path = entry.path();
        let kind = entry.file_type().map_err(|e| ImportError::io(&path, e))?;
        if file_name(&path).starts_with('.') {
            continue;
        }
        if kind.is_dir() && depth < MAX_DEPTH {
            list(root, &path, depth + 1, is_wanted, found)?;
        } else if is_wanted(&path) && path.is_file() {
            found.extend(path.strip_prefix(root).map(Path::to_owned));
        }
    }
    Ok(())
}

/// The last part of a path.
pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The last part of a path without its extension.
pub(crate) fn file_stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// The visible files in a folder and those below it whose name ends in `.extension`, relative to the folder
/// and sorted.
pub(crate) fn files_below(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, ImportError> {
    let is_wanted =
        |path: &Path| path.extension().is_some_and(|found| found.eq_ignore_ascii_case(extension));
    let mut files = Vec::new();
    list(folder, folder, 0, &is_wanted, &mut files)?;
    files.sort();
    Ok(files)
}

/// The visible files of a folder whose name ends in `.extension`, sorted.
pub(crate) fn files_with(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, ImportError> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(|e| ImportError::io(folder, e))? {
        let path = entry.map_err(|e| ImportError::io(folder, e))?.path();
        let fits = path.extension().is_some_and(|found| found.eq_ignore_ascii_case(extension));
        if fits && path.is_file() && !file_name(&path).starts_with('.') {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_found_by_path_or_by_a_name_that_is_unique() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.png", "x/b.jpg", "y/b.jpg", ".c.png", "notes.txt"] {
            fs::create_dir_all(folder.path().join(name).parent().unwrap()).unwrap();
            fs::write(folder.path().join(name), "").unwrap();
        }
        let pictures = PictureFolder::open(folder.path()).unwrap();
        let table = [
            ("a.png", Ok("a.png")),
            ("./a.png", Ok("a.png")),
            ("images/a.png", Ok("a.png")),
            ("x\\b.jpg", Ok("x/b.jpg")),
            ("y/b.jpg", Ok("y/b.jpg")),
            ("b.jpg", Err("could be `x/b.jpg` or `y/b.jpg`")),
            ("d.png", Err("which is not in")),
            (".c.png", Err("which is not in")),
            ("../a.png", Err("leads out of its folder")),
            ("/etc/a.png", Err("leads out of its folder")),
            ("C:\\a.png", Err("leads out of its folder")),
            ("", Err("leads out of its folder")),
        ];
        for (name, expected) in table {
            match (pictures.find(Path::new("f.json"), name), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found.path, folder.path().join(expected)),
                (Err(problem), Err(expected)) => {
                    assert!(problem.message.contains(expected), "{}", problem.message);
                    assert!(problem.message.contains("f.json"));
                }
                (found, _) => panic!("{name}: {:?}", found.map_err(|p| p.message)),
            }
        }
        let found = pictures.find_stem(Path::new("f.xml"), "a").map_err(|p| p.message).unwrap();
        assert_eq!((found.name, found.path), ("a.png".into(), folder.path().join("a.png")));
    }
}
