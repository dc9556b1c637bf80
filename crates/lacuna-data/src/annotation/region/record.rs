//! A region as it stands in JSON files and messages.

use serde::{Deserialize, Serialize};

use super::{Region, Role, Shape};

/// Exactly one of `box` and `polygon` is there.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::annotation) struct RegionRecord {
    #[serde(rename = "box", default, skip_serializing_if = "Option::is_none")]
    rectangle: Option<BoxRecord>,
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
struct BoxRecord {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    #[serde(default)]
    rotation: f64,
}

impl TryFrom<RegionRecord> for Region {
    type Error = String;

    fn try_from(record: RegionRecord) -> Result<Self, String> {
        let shape = match (record.rectangle, record.polygon) {
            (Some(b), None) => Shape::Box {
                x: b.x,
                y: b.y,
                width: b.width,
                height: b.height,
                rotation: b.rotation,
            },
            (None, Some(points)) => Shape::Polygon(points),
            _ => return Err("exactly one of `box` and `polygon` is needed".to_owned()),
        };
        let region = Self {
            shape,
            author: record.author,
            role: record.role,
            origin: record.origin,
            score: record.score,
            model_version: record.model_version,
            time: record.time,
        };
        region.check()?;
        Ok(region)
    }
}

impl From<Region> for RegionRecord {
    fn from(region: Region) -> Self {
        let (rectangle, polygon) = match region.shape {
            Shape::Box { x, y, width, height, rotation } => {
                (Some(BoxRecord { x, y, width, height, rotation }), None)
            }
            Shape::Polygon(points) => (None, Some(points)),
        };
        Self {
            rectangle,
            polygon,
            author: region.author,
            role: region.role,
            origin: region.origin,
            score: region.score,
            model_version: region.model_version,
            time: region.time,
        }
    }
}
