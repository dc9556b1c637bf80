//! How the data set's own types look in the description of the API. They are written and read by `lacuna-data`;
//! a test holds these descriptions to what is really sent.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Pixels as `[start, length, start, length, …]`: row-major indices of the upright picture, ascending, disjoint.
pub(crate) type Runs = Vec<u32>;

/// What is said about one class.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mask {
    positive: Runs,
    negative: Runs,
    /// Those of the two above that a model suggested and a person accepted.
    accepted: Runs,
}

/// Everything of interest is inside.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Region {
    #[serde(rename = "box", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    rectangle: Option<RegionBox>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    polygon: Option<Vec<[f64; 2]>>,
    author: String,
    role: Role,
    /// "lacuna" when drawn in this app.
    origin: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    score: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    model_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    time: Option<String>,
}

/// Pixels, x right, y down; degrees clockwise about the box's own top-left corner.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegionBox {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    rotation: f64,
}

/// Who drew a region.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Role {
    Expert,
    NonExpert,
    Model,
}

/// What is said of a pixel.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Ternary {
    Unknown,
    Negative,
    Positive,
}

/// Where painted pixels come from.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Origin {
    Painted,
    Accepted,
}

/// One change.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "op", rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum Op {
    /// Sets pixels of one class.
    Paint {
        class: String,
        value: Ternary,
        /// "painted" if it is left out; "accepted" only with positive or negative.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        origin: Option<Origin>,
        runs: Runs,
    },
    /// Replaces all regions of the case.
    Regions { regions: Vec<Region> },
}

/// What a client wants to change.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Edit {
    /// A UUID made by the client; the same edit sent again is applied once.
    id: String,
    /// One name a browser tab.
    client: String,
    /// The last `seq` this client knows.
    base: u64,
    /// Applied in order, all or none.
    ops: Vec<Op>,
    /// After a conflict: keep mine.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    force: Option<bool>,
}

/// An edit as it stands in the journal.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    seq: u64,
    id: String,
    client: String,
    author: String,
    /// RFC 3339.
    time: String,
    ops: Vec<Op>,
}

/// A reason to believe yes or no.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Layer {
    PaintedPositive,
    PaintedNegative,
    AcceptedPositive,
    AcceptedNegative,
    /// Declared at import.
    Background,
    /// Negative because an exclusive class is positive here, or the whole is negative.
    Excluded,
    /// Positive because a part of it is.
    Part,
    /// Negative because outside the regions.
    Outside,
    /// Contradicting: counts as unknown.
    Conflict,
}

/// Layers of a class; what is in none is unknown.
pub(crate) type Layers = BTreeMap<Layer, Runs>;

#[cfg(test)]
mod tests {
    use lacuna_data::annotation::MaskRuns;
    use lacuna_data::annotation::journal;
    use lacuna_data::supervision;
    use serde::de::DeserializeOwned;

    use super::*;

    /// What the data crate writes is what is described, and what is described the data crate reads.
    fn agree<Real: Serialize + DeserializeOwned, Described: Serialize + DeserializeOwned>(
        text: &str,
    ) {
        let real: Real = serde_json::from_str(text).unwrap();
        let written = serde_json::to_string(&real).unwrap();
        let described: Described = serde_json::from_str(&written).unwrap();
        let described = serde_json::to_string(&described).unwrap();
        let back: Real = serde_json::from_str(&described).unwrap();
        assert_eq!(serde_json::to_string(&back).unwrap(), written);
    }

    #[test]
    fn descriptions_are_true() {
        let regions = r#"{"op":"regions","regions":[
            {"box":{"x":1.0,"y":2.0,"width":3.0,"height":4.0,"rotation":5.0},"author":"a","role":"non-expert",
             "origin":"lacuna","score":0.5,"model_version":"1","time":"t"},
            {"polygon":[[0.0,0.0],[1.0,0.0],[1.0,1.0]],"author":"a","role":"model","origin":"lacuna"}]}"#;
        let paint =
            r#"{"op":"paint","class":"gum","value":"negative","origin":"accepted","runs":[3,2]}"#;
        let ops = format!("[{regions},{paint}]");
        agree::<Vec<journal::Op>, Vec<Op>>(&ops);
        agree::<journal::Edit, Edit>(&format!(r#"{{"id":"a","client":"b","base":3,"ops":{ops}}}"#));
        agree::<journal::Entry, Entry>(&format!(
            r#"{{"seq":4,"id":"a","client":"b","author":"c","time":"t","ops":{ops}}}"#
        ));
        agree::<MaskRuns, Mask>(r#"{"positive":[0,1],"negative":[2,1],"accepted":[]}"#);
        let layers: Vec<_> = supervision::Layer::ALL.into_iter().collect();
        agree::<Vec<supervision::Layer>, Vec<Layer>>(&serde_json::to_string(&layers).unwrap());
    }
}
