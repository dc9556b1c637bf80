//! `regions.json` and `provenance.json`: what was drawn around a picture's content, and where its
//! masks come from.
//!
//! A missing file and an empty list both mean that nobody drew a region, so nothing outside one is
//! known.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::region::RegionRecord;
use super::{Provenance, Region};
use crate::json_file::{JsonFileError, read_json, write_json};

/// Version of both files.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RegionsFile {
    version: u32,
    regions: Vec<RegionRecord>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProvenanceFile {
    version: u32,
    classes: Vec<Provenance>,
}

/// Reads `regions.json`; a missing file is an empty list.
pub fn read_regions(path: &Path) -> Result<Vec<Region>, JsonFileError> {
    let Some(file) = read_json::<RegionsFile>(path, VERSION)? else { return Ok(Vec::new()) };
    let number = |(i, record): (usize, RegionRecord)| {
        Region::try_from(record).map_err(|reason| JsonFileError::Invalid {
            path: path.to_owned(),
            reason: format!("region {}: {reason}", i + 1),
        })
    };
    file.regions.into_iter().enumerate().map(number).collect()
}

/// Writes `regions.json`.
pub fn write_regions(path: &Path, regions: &[Region]) -> Result<(), JsonFileError> {
    let regions = regions.iter().cloned().map(RegionRecord::from).collect();
    write_json(path, &RegionsFile { version: VERSION, regions })
}

/// Reads `provenance.json`; a missing file is an empty list.
pub fn read_provenance(path: &Path) -> Result<Vec<Provenance>, JsonFileError> {
    Ok(read_json::<ProvenanceFile>(path, VERSION)?.map(|file| file.classes).unwrap_or_default())
}

/// Writes `provenance.json`.
pub fn write_provenance(path: &Path, classes: &[Provenance]) -> Result<(), JsonFileError> {
    write_json(path, &ProvenanceFile { version: VERSION, classes: classes.to_vec() })
}

#[cfg(test)]
mod tests {
    use fs_err as fs;
    use proptest::prelude::*;

    use super::*;
    use crate::annotation::{Role, Shape};

    const BOX: &str = r#"{"version": 1, "regions": [
      {"box": {"x": 1, "y": 2, "width": 3, "height": 4}, "author": "a", "role": "non-expert", "origin": "demo"}
    ]}"#;

    fn read(text: &str) -> Result<Vec<Region>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("regions.json");
        fs::write(&path, text).unwrap();
        read_regions(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        assert_eq!(read(BOX).unwrap().len(), 1);
        let table = [
            // an unknown key
            (BOX.replace("\"author\"", "\"scor\": 1, \"author\""), "line 2: unknown field `scor`"),
            // another version, also when the rest is unknown
            (
                r#"{"version": 7, "shapes": []}"#.to_owned(),
                "version 7; this program reads version 1",
            ),
            // neither a box nor a polygon
            (BOX.replace("\"box\"", "\"polygon\""), "line 2"),
            (BOX.replace("\"width\": 3", "\"width\": -3"), "region 1: the box is -3 by 4 pixels"),
            (BOX.replace("\"width\": 3", "\"width\": 1e300"), "out of range"),
            (BOX.replace("non-expert", "dentist"), "unknown variant `dentist`"),
            ("{".to_owned(), "line 1"),
            (String::new(), "line"),
        ];
        for (text, expected) in table {
            let error = read(&text).unwrap_err();
            assert!(error.contains(expected) && error.contains("regions.json"), "{error}");
        }
    }

    #[test]
    fn files_come_back_as_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("regions.json");
        assert_eq!(read_regions(&path).unwrap(), Vec::new());
        let region = Region {
            shape: Shape::Polygon(vec![[0.5, 1.0], [9.25, 1.0], [3.0, 7.0]]),
            author: "Ünal".to_owned(),
            role: Role::Model,
            origin: "detector".to_owned(),
            score: Some(0.5),
            model_version: Some("3".to_owned()),
            time: None,
        };
        write_regions(&path, std::slice::from_ref(&region)).unwrap();
        assert_eq!(read_regions(&path).unwrap(), [region]);
    }

    proptest! {
        #[test]
        fn damaged_files_never_panic(at in 0..BOX.len(), with in any::<u8>(), cut in 0..BOX.len()) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("regions.json");
            let mut bytes = BOX.as_bytes().to_vec();
            bytes[at] = with;
            bytes.truncate(BOX.len() - cut);
            fs::write(&path, bytes).unwrap();
            let _ = read_regions(&path);
            let _ = read_provenance(&path);
        }
    }
}
