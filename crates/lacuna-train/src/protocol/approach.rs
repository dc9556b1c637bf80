//! The rows of the paper's table and the row of complete masks above it.

use lacuna_data::supervision::PolicyName;
use serde::{Deserialize, Serialize};

/// A way to learn from an annotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Approach {
    /// (0) Complete masks: what could be reached if somebody painted everything.
    #[serde(rename = "full")]
    Full,
    /// (1) Unpainted means no: the baseline.
    #[serde(rename = "standard")]
    Standard,
    /// (2) Only painted pixels of the class itself.
    #[serde(rename = "positive-only")]
    PositiveOnly,
    /// (3) Painted pixels of all classes.
    #[serde(rename = "fusion")]
    Fusion,
    /// (4) As the baseline, pixels outside the region counting twice: how we read the paper's table.
    #[serde(rename = "box")]
    Box,
    /// (4 as its equation says) Painted pixels of the class itself, and outside the region.
    #[serde(rename = "positive+box")]
    PositiveBox,
    /// (5) Painted pixels of all classes, and outside the region.
    #[serde(rename = "fusion+box")]
    FusionBox,
    /// (6) The same, with an encoder that was not trained before.
    #[serde(rename = "fusion+box-scratch")]
    FusionBoxScratch,
    /// (5) With a polygon in place of the box.
    #[serde(rename = "fusion+polygon")]
    FusionPolygon,
    /// (5) With five strokes a picture on what is of no class.
    #[serde(rename = "fusion+box+neither")]
    FusionBoxNeither,
}

/// Which annotation an approach learns from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// What the data set holds.
    Painted,
    /// Its complete masks.
    Complete,
    /// What it holds, the regions replaced by polygons of a simulated non-expert.
    Polygon,
    /// What it holds, and *neither* strokes of a simulated expert.
    Neither,
}

impl Source {
    /// The name of its folder.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Painted => "painted",
            Self::Complete => "complete",
            Self::Polygon => "polygon",
            Self::Neither => "neither",
        }
    }

    /// Whether complete masks are needed to make it.
    pub const fn needs_truth(self) -> bool {
        !matches!(self, Self::Painted)
    }
}

impl Approach {
    /// All, in the order of the table.
    pub const ALL: [Self; 10] = [
        Self::Full,
        Self::Standard,
        Self::PositiveOnly,
        Self::Fusion,
        Self::Box,
        Self::PositiveBox,
        Self::FusionBox,
        Self::FusionBoxScratch,
        Self::FusionPolygon,
        Self::FusionBoxNeither,
    ];

    /// The name used on the command line and in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Standard => "standard",
            Self::PositiveOnly => "positive-only",
            Self::Fusion => "fusion",
            Self::Box => "box",
            Self::PositiveBox => "positive+box",
            Self::FusionBox => "fusion+box",
            Self::FusionBoxScratch => "fusion+box-scratch",
            Self::FusionPolygon => "fusion+polygon",
            Self::FusionBoxNeither => "fusion+box+neither",
        }
    }

    /// Number of the row in the paper's table; 0 for complete masks, which it has not.
    pub const fn row(self) -> &'static str {
        match self {
            Self::Full => "0",
            Self::Standard => "1",
            Self::PositiveOnly => "2",
            Self::Fusion => "3",
            Self::Box => "4",
            Self::PositiveBox => "4, equation",
            Self::FusionBox => "5",
            Self::FusionBoxScratch => "6",
            Self::FusionPolygon => "5, polygon",
            Self::FusionBoxNeither => "5, neither",
        }
    }

    /// Which evidence counts. Complete masks leave nothing to exclusion: fusion then counts every pixel once.
    pub const fn policy(self) -> PolicyName {
        match self {
            Self::Full | Self::Fusion => PolicyName::Fusion,
            Self::Standard => PolicyName::Standard,
            Self::PositiveOnly => PolicyName::PositiveOnly,
            Self::Box => PolicyName::Box,
            Self::PositiveBox => PolicyName::PositiveBox,
            Self::FusionBox
            | Self::FusionBoxScratch
            | Self::FusionPolygon
            | Self::FusionBoxNeither => PolicyName::FusionBox,
        }
    }

    /// Which annotation it learns from.
    pub const fn source(self) -> Source {
        match self {
            Self::Full => Source::Complete,
            Self::FusionPolygon => Source::Polygon,
            Self::FusionBoxNeither => Source::Neither,
            _ => Source::Painted,
        }
    }

    /// Whether its encoder starts from nothing, whatever is configured.
    pub const fn starts_from_scratch(self) -> bool {
        matches!(self, Self::FusionBoxScratch)
    }
}

impl std::fmt::Display for Approach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// A name that is no approach.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "unknown approach `{0}` (full, standard, positive-only, fusion, box, positive+box, fusion+box, fusion+box-scratch)"
)]
pub struct UnknownApproach(String);

impl std::str::FromStr for Approach {
    type Err = UnknownApproach;

    fn from_str(name: &str) -> Result<Self, UnknownApproach> {
        Self::ALL
            .into_iter()
            .find(|approach| approach.as_str() == name)
            .ok_or_else(|| UnknownApproach(name.to_owned()))
    }
}

/// How much of the annotation is there to learn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Condition {
    /// (a) All of it.
    Original,
    /// (b) A quarter of each training picture's area is erased, drawn anew in every repetition.
    Masked,
}

impl Condition {
    /// Both, in the paper's order.
    pub const ALL: [Self; 2] = [Self::Original, Self::Masked];

    /// The name used on the command line and in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Original => "original",
            Self::Masked => "masked",
        }
    }

    /// The paper's letter.
    pub const fn letter(self) -> &'static str {
        match self {
            Self::Original => "(a)",
            Self::Masked => "(b)",
        }
    }
}

impl std::fmt::Display for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_both_ways() {
        for approach in Approach::ALL {
            assert_eq!(approach.as_str().parse(), Ok(approach));
            assert_eq!(serde_json::to_value(approach).unwrap(), approach.as_str());
        }
        for condition in Condition::ALL {
            assert_eq!(serde_json::to_value(condition).unwrap(), condition.as_str());
        }
        let unknown = "both".parse::<Approach>().unwrap_err();
        assert!(unknown.to_string().contains("fusion+box-scratch"), "{unknown}");
    }
}
