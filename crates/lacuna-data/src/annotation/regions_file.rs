//! `regions.json` and `provenance.json`: what was drawn around a picture's content, and where its
//! masks come from.
//!
//! A missing file and an empty list both mean that nobody drew a region, so nothing outside one is
//! known.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Provenance, Region, Role, Shape};
use crate::json_file::{JsonFileError, read_json, write_json};

/// Version of both files.
const VERSION: u32 = 1;
/// Coordinates further out than this are a mistake.
const MAX_COORDINATE: f64 = 1e7;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RegionsFile {
    version: u32,
    regions: Vec<RawRegion>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRegion {
    #[serde(rename = "box", default, skip_serializing_if = "Option::is_none")]
    rectangle: Option<RawBox>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    polygon: Option<Vec<[f64; 2]>>,
    author: String,
    role: Role,
    origin: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    model_version: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBox {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    #[serde(default)]
    rotation: f64,
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
    let number = |(i, raw): (usize, RawRegion)| {
        checked(raw).map_err(|reason| JsonFileError::Invalid {
            path: path.to_owned(),
            reason: format!("region {}: {reason}", i + 1),
        })
    };
    file.regions.into_iter().enumerate().map(number).collect()
}

/// Writes `regions.json`.
pub fn write_regions(path: &Path, regions: &[Region]) -> Result<(), JsonFileError> {
    let regions = regions.iter().map(raw).collect();
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

fn checked(raw: RawRegion) -> Result<Region, String> {
    let shape = match (raw.rectangle, raw.polygon) {
        (Some(b), None) => {
            Shape::Box { x: b.x, y: b.y, width: b.width, height: b.height, rotation: b.rotation }
        }
        (None, Some(points)) => Shape::Polygon(points),
        _ => return Err("exactly one of `box` and `polygon` is needed".to_owned()),
    };
    check_shape(&shape)?;
    if raw.score.is_some_and(|score| !(0.0..=1.0).contains(&score)) {
        return Err("`score` is not between 0 and 1".to_owned());
    }
    Ok(Region {
        shape,
        author: raw.author,
        role: raw.role,
        origin: raw.origin,
        score: raw.score,
        model_version: raw.model_version,
        time: raw.time,
    })
}

fn check_shape(shape: &Shape) -> Result<(), String> {
    let sane = |value: f64| value.abs() <= MAX_COORDINATE;
    match shape {
        &Shape::Box { x, y, width, height, rotation } => {
            if ![x, y, width, height, rotation].into_iter().all(sane) {
                return Err("a number of the box is out of range".to_owned());
            }
            if width <= 0.0 || height <= 0.0 {
                return Err(format!("the box is {width} by {height} pixels"));
            }
        }
        Shape::Polygon(points) => {
            if points.len() < 3 {
                return Err(format!("a polygon of {} points encloses nothing", points.len()));
            }
            if !points.iter().flatten().copied().all(sane) {
                return Err("a coordinate of the polygon is out of range".to_owned());
            }
        }
    }
    Ok(())
}

fn raw(region: &Region) -> RawRegion {
    let (rectangle, polygon) = match &region.shape {
        &Shape::Box { x, y, width, height, rotation } => {
            (Some(RawBox { x, y, width, height, rotation }), None)
        }
        Shape::Polygon(points) => (None, Some(points.clone())),
    };
    RawRegion {
        rectangle,
        polygon,
        author: region.author.clone(),
        role: region.role,
        origin: region.origin.clone(),
        score: region.score,
        model_version: region.model_version.clone(),
        time: region.time.clone(),
    }
}

#[cfg(test)]
mod tests {
    use fs_err as fs;
    use proptest::prelude::*;

    use super::*;

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
