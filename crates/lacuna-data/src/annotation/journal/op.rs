//! One operation of an edit: paint pixels of a class, or replace the regions.

use serde::{Deserialize, Serialize};

use crate::annotation::{Region, Runs, Ternary};

/// Where painted pixels come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// A person's hand.
    #[default]
    Painted,
    /// A model suggested them and a person accepted.
    Accepted,
}

impl Origin {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    fn is_painted(&self) -> bool {
        *self == Self::Painted
    }
}

/// Sets pixels of one class. A *neither* stroke is one negative paint a class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Paint {
    /// Class name.
    pub class: String,
    /// What the pixels become; unknown takes back what was said.
    pub value: Ternary,
    /// Unknown pixels have no other origin than [`Origin::Painted`].
    #[serde(skip_serializing_if = "Origin::is_painted")]
    pub origin: Origin,
    /// The pixels.
    pub runs: Runs,
}

/// A part of an edit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "lowercase", try_from = "OpRecord")]
pub enum Op {
    /// Sets pixels of one class.
    Paint(Paint),
    /// Replaces all regions of the case.
    Regions {
        /// The new ones.
        regions: Vec<Region>,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Paint,
    Regions,
}

/// Reading a tagged enum would hold every number of the runs in memory three times over.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpRecord {
    op: Kind,
    class: Option<String>,
    value: Option<Ternary>,
    origin: Option<Origin>,
    runs: Option<Runs>,
    regions: Option<Vec<Region>>,
}

impl TryFrom<OpRecord> for Op {
    type Error = &'static str;

    fn try_from(record: OpRecord) -> Result<Self, &'static str> {
        let OpRecord { op, class, value, origin, runs, regions } = record;
        match (op, class, value, runs, regions) {
            (Kind::Paint, Some(class), Some(value), Some(runs), None) => {
                let origin = origin.unwrap_or_default();
                Ok(Self::Paint(Paint { class, value, origin, runs }))
            }
            (Kind::Paint, ..) => {
                Err("`paint` has `class`, `value`, `runs` and perhaps `origin`, and nothing else")
            }
            (Kind::Regions, None, None, None, Some(regions)) if origin.is_none() => {
                Ok(Self::Regions { regions })
            }
            (Kind::Regions, ..) => Err("`regions` has `regions` and nothing else"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_read_as_they_are_written() {
        let table = [
            r#"{"op":"paint","class":"gum","value":"positive","runs":[3,2]}"#,
            r#"{"op":"paint","class":"gum","value":"negative","origin":"accepted","runs":[]}"#,
            r#"{"op":"regions","regions":[]}"#,
            concat!(
                r#"{"op":"regions","regions":[{"box":{"x":1.0,"y":2.5,"width":3.0,"height":4.0,"#,
                r#""rotation":0.0},"author":"a","role":"non-expert","origin":"lacuna"}]}"#
            ),
        ];
        for text in table {
            let op: Op = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&op).unwrap(), text);
        }
    }

    #[test]
    fn what_is_no_operation_is_refused() {
        let table = [
            (r#"{"op":"erase"}"#, "unknown variant `erase`"),
            (r#"{"op":"paint","class":"gum","value":"positive"}"#, "`paint` has `class`"),
            (r#"{"op":"paint","class":"gum","value":"maybe","runs":[]}"#, "variant `maybe`"),
            (r#"{"op":"paint","class":"gum","value":"positive","runs":[4]}"#, "1 numbers"),
            (r#"{"op":"paint","class":"gum","value":"positive","run":[]}"#, "field `run`"),
            (r#"{"op":"regions","regions":[],"class":"gum"}"#, "`regions` has"),
            (r#"{"op":"regions","regions":[],"origin":"accepted"}"#, "`regions` has"),
            (
                r#"{"op":"regions","regions":[{"author":"a","role":"model","origin":"b"}]}"#,
                "exactly one of `box` and `polygon`",
            ),
        ];
        for (text, expected) in table {
            let error = serde_json::from_str::<Op>(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
