//! `dataset.toml`: format version, name, classes and their relations.

use std::path::Path;

use fs_err as fs;
use serde::{Deserialize, Serialize};

use super::DataError;
use crate::atomic_file::write_atomic_bytes;
use crate::class::{Class, ClassSet};

/// Name of the manifest in a data set folder.
pub(super) const FILE_NAME: &str = "dataset.toml";
const FORMAT_VERSION: i64 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawManifest {
    format_version: i64,
    name: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    exclusive: Vec<Vec<String>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    part_of: Vec<RawPart>,
    class: Vec<Class>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPart {
    part: String,
    whole: String,
}

#[derive(Deserialize)]
struct Versioned {
    format_version: i64,
}

/// Reads name and classes.
pub(super) fn read(dir: &Path) -> Result<(String, ClassSet), DataError> {
    let path = dir.join(FILE_NAME);
    if !path.is_file() {
        return Err(DataError::NotADataset { dir: dir.to_owned() });
    }
    let text = fs::read_to_string(&path).map_err(|e| DataError::io(&path, e))?;
    let raw = parse(&text, &path)?;
    let parts: Vec<_> = raw.part_of.into_iter().map(|p| (p.part, p.whole)).collect();
    let classes = ClassSet::new(raw.class, &raw.exclusive, &parts)
        .map_err(|source| DataError::Classes { path, source })?;
    Ok((raw.name, classes))
}

/// The version is looked at first: a newer file should be called newer, not malformed.
fn parse(text: &str, path: &Path) -> Result<RawManifest, DataError> {
    let syntax = |error: toml::de::Error| {
        let start = error.span().map_or(0, |span| span.start).min(text.len());
        DataError::Syntax {
            path: path.to_owned(),
            line: 1 + text.bytes().take(start).filter(|byte| *byte == b'\n').count(),
            reason: error.message().to_owned(),
        }
    };
    let found = toml::from_str::<Versioned>(text).map_err(syntax)?.format_version;
    if found != FORMAT_VERSION {
        let path = path.to_owned();
        return Err(DataError::Version { path, found, supported: FORMAT_VERSION });
    }
    toml::from_str(text).map_err(syntax)
}

/// Writes the manifest.
pub(super) fn write(dir: &Path, name: &str, classes: &ClassSet) -> Result<(), DataError> {
    let path = dir.join(FILE_NAME);
    let names = classes.names();
    let group = |members: &Vec<usize>| members.iter().map(|i| names[*i].clone()).collect();
    let part = |&(part, whole): &(usize, usize)| RawPart {
        part: names[part].clone(),
        whole: names[whole].clone(),
    };
    let raw = RawManifest {
        format_version: FORMAT_VERSION,
        name: name.to_owned(),
        exclusive: classes.exclusive().iter().map(group).collect(),
        part_of: classes.part_of().iter().map(part).collect(),
        class: classes.classes().to_vec(),
    };
    let invalid = |e: toml::ser::Error| std::io::Error::other(e.to_string());
    let text = toml::to_string(&raw).map_err(|e| DataError::io(&path, invalid(e)))?;
    write_atomic_bytes(&path, text.as_bytes()).map_err(|e| DataError::io(&path, e))
}
