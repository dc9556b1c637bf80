//! Which files there are: pictures by stem, and the masks that belong to them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fs_err as fs;

use crate::class::ClassSet;
use crate::formats::{ImportError, Problem};
use crate::image::{is_import_name, is_picture_name};

/// A picture file.
pub(super) struct Picture {
    pub(super) path: PathBuf,
    /// File name.
    pub(super) name: String,
    /// File name without its extension.
    pub(super) stem: String,
}

/// What a mask file is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// All classes, by value.
    Indexed,
    /// The class of that index.
    OfClass(usize),
}

/// A mask file.
#[derive(Clone, Debug)]
pub(super) struct Mask {
    pub(super) path: PathBuf,
    pub(super) layout: Layout,
}

/// The masks of each picture.
pub(super) struct MaskFiles {
    pub(super) of_picture: Vec<Vec<Mask>>,
}

impl MaskFiles {
    /// No masks for any of `pictures` pictures.
    pub(super) fn none(pictures: usize) -> Self {
        Self { of_picture: vec![Vec::new(); pictures] }
    }
}

/// The pictures directly in a folder, sorted by stem: the order of the cases.
pub(super) fn pictures(folder: &Path) -> Result<Vec<Picture>, ImportError> {
    let mut pictures: Vec<Picture> = entries(folder)?
        .into_iter()
        .filter(|path| path.is_file() && is_import_name(path))
        .map(|path| Picture { name: name_of(&path), stem: stem_of(&path), path })
        .collect();
    pictures.sort_by(|a, b| a.stem.cmp(&b.stem));
    if pictures.is_empty() {
        return Err(ImportError::NoPictures { folder: folder.to_owned() });
    }
    Ok(pictures)
}

/// Finds the picture and the meaning of every mask file; what cannot be placed is a problem.
pub(super) fn masks(
    folder: &Path,
    pictures: &[Picture],
    classes: &ClassSet,
    problems: &mut Vec<Problem>,
) -> Result<MaskFiles, ImportError> {
    let places: BTreeMap<&str, usize> =
        pictures.iter().enumerate().map(|(i, picture)| (picture.stem.as_str(), i)).collect();
    let mut files = MaskFiles::none(pictures.len());
    for path in entries(folder)? {
        let found = if path.is_dir() {
            class_folder(&path, &places, classes, problems)?
        } else if is_picture_name(&path) {
            place_file(&path, &places, classes, problems).into_iter().collect()
        } else {
            Vec::new()
        };
        for (picture, mask) in found {
            files.of_picture[picture].push(mask);
        }
    }
    for (picture, masks) in pictures.iter().zip(&mut files.of_picture) {
        check_unique(picture, masks, problems);
    }
    Ok(files)
}

/// `CLASS/STEM.png`.
fn class_folder(
    folder: &Path,
    places: &BTreeMap<&str, usize>,
    classes: &ClassSet,
    problems: &mut Vec<Problem>,
) -> Result<Vec<(usize, Mask)>, ImportError> {
    let Ok(class) = classes.index(&name_of(folder)) else {
        let known = classes.names().join(", ");
        let message = format!("`{}` is a folder of no class (classes: {known})", folder.display());
        problems.push(Problem::new(message, Some("name the folder like its class")));
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for path in entries(folder)?.into_iter().filter(|path| is_picture_name(path)) {
        match places.get(stem_of(&path).as_str()) {
            Some(picture) if is_png(&path) => {
                found.push((*picture, Mask { path, layout: Layout::OfClass(class) }));
            }
            Some(_) => problems.push(not_png(&path)),
            None => problems.push(no_picture(&path)),
        }
    }
    Ok(found)
}

/// `STEM.png` or `STEM_CLASS.png`. A picture of the whole stem goes first.
fn place_file(
    path: &Path,
    places: &BTreeMap<&str, usize>,
    classes: &ClassSet,
    problems: &mut Vec<Problem>,
) -> Option<(usize, Mask)> {
    let stem = stem_of(path);
    let of_class = || {
        classes.names().iter().enumerate().find_map(|(class, name)| {
            let picture = places.get(stem.strip_suffix(name.as_str())?.strip_suffix('_')?)?;
            Some((*picture, Layout::OfClass(class)))
        })
    };
    let whole = places.get(stem.as_str()).map(|picture| (*picture, Layout::Indexed));
    let Some((picture, layout)) = whole.or_else(of_class) else {
        problems.push(no_picture(path));
        return None;
    };
    if !is_png(path) {
        problems.push(not_png(path));
        return None;
    }
    Some((picture, Mask { path: path.to_owned(), layout }))
}

/// One indexed mask, or at most one of each class.
fn check_unique(picture: &Picture, masks: &mut [Mask], problems: &mut Vec<Problem>) {
    masks.sort_by_key(|mask| match mask.layout {
        Layout::Indexed => 0,
        Layout::OfClass(class) => class + 1,
    });
    for pair in masks.windows(2) {
        let (a, b) = (&pair[0], &pair[1]);
        if a.layout == b.layout || a.layout == Layout::Indexed {
            let message = format!(
                "`{}` has two masks that say the same: `{}` and `{}`",
                picture.name,
                a.path.display(),
                b.path.display()
            );
            problems
                .push(Problem::new(message, Some("keep one indexed mask, or one file a class")));
        }
    }
}

fn no_picture(path: &Path) -> Problem {
    let message = format!("`{}` is a mask without a picture", path.display());
    Problem::new(message, Some("masks are called STEM.png, STEM_CLASS.png or CLASS/STEM.png"))
}

fn not_png(path: &Path) -> Problem {
    let message = format!("`{}` is not a PNG file", path.display());
    Problem::new(message, Some("masks must be PNG: JPEG changes the values of pixels"))
}

fn is_png(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png"))
}

/// The visible entries of a folder, sorted.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, ImportError> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(|e| ImportError::io(folder, e))? {
        let path = entry.map_err(|e| ImportError::io(folder, e))?.path();
        if !name_of(&path).starts_with('.') {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn stem_of(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
