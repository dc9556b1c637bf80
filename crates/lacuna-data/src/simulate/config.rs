//! How an annotation is simulated.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::class::ClassSet;
use crate::image::Size;

/// Which part of each class gets painted.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum PaintPattern {
    /// The share nearest to a random point of the picture (a point per class).
    #[default]
    Nearest,
    /// Brush strokes inside the class until the share is reached.
    Strokes,
    /// Away from every border: a margin skipped, or without a margin the deepest share.
    Core,
    /// What [`Keep`] prefers: distant, dark or far-side parts are skipped.
    Peripheral,
    /// Whole instances, a random share of their number.
    MissedInstances,
    /// Everything but one of five areas, the same for every class (see [`Area`](crate::supervision::erase::Area)).
    FiveArea,
    /// Everything.
    Complete,
}

/// What is painted first under [`PaintPattern::Peripheral`]; the rest is skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keep {
    /// Nearest to the picture's vertical middle line: back teeth on both sides are skipped.
    #[default]
    Middle,
    /// Nearest to the picture's centre, height counting as much as width.
    Centre,
    /// The brightest pixels (mean of red, green and blue over 5 × 5 pixels).
    Bright,
    /// The left part.
    Left,
    /// The right part.
    Right,
    /// The upper part.
    Top,
    /// The lower part.
    Bottom,
}

/// What a non-expert draws around everything of interest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outline {
    /// Nothing.
    None,
    /// A box.
    #[default]
    Box,
    /// A polygon of up to twelve sides, at the distance of a box's sides.
    Polygon,
}

/// How an annotation is simulated. Lengths are pixels of the picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SimulateConfig {
    /// Which part is painted.
    pub paint: PaintPattern,
    /// The share of each class's pixels (instances under `missed-instances`) that is painted.
    pub fraction: f64,
    /// Shares that differ, by class name.
    pub fractions: BTreeMap<String, f64>,
    /// Width of the brush under `strokes`.
    pub stroke_width: f64,
    /// Under `core`, the width of the margin left unpainted; the share is then whatever remains.
    pub core_margin: Option<f64>,
    /// Under `peripheral`, what is painted.
    pub keep: Keep,
    /// Probability that a piece of painted border is overrun.
    pub stray: f64,
    /// How far paint runs over it.
    pub stray_width: f64,
    /// Whether what is painted in one of five areas is erased afterwards: the paper's masked masks.
    pub erase_area: bool,
    /// Number of strokes on pixels of no class.
    pub neither: usize,
    /// Width of these strokes.
    pub neither_width: f64,
    /// What a non-expert draws around everything.
    pub outline: Outline,
    /// Distance of the box from the outermost pixels.
    pub box_margin: f64,
    /// The same, in shares of the box's longer side; added to `box_margin`.
    pub box_margin_share: f64,
    /// Each side of the box moves by up to this much, in or out.
    pub box_jitter: f64,
    /// The same, in shares of the box's longer side; added to `box_jitter`.
    pub box_jitter_share: f64,
    /// Whether the jitter may cut off pixels of a class.
    pub box_may_cut: bool,
}

impl Default for SimulateConfig {
    fn default() -> Self {
        Self {
            paint: PaintPattern::default(),
            fraction: 0.45,
            fractions: BTreeMap::new(),
            stroke_width: 5.0,
            core_margin: None,
            keep: Keep::default(),
            stray: 0.0,
            stray_width: 2.0,
            erase_area: false,
            neither: 0,
            neither_width: 5.0,
            outline: Outline::Box,
            box_margin: 4.0,
            box_margin_share: 0.0,
            box_jitter: 0.0,
            box_jitter_share: 0.0,
            box_may_cut: false,
        }
    }
}

/// Something wrong with a simulation's settings or input.
#[derive(Debug, thiserror::Error, PartialEq)]
#[non_exhaustive]
pub enum SimulateError {
    /// A share or probability outside 0 to 1.
    #[error("`{key}` is {value}; it must lie between 0 and 1")]
    BadShare {
        /// The setting.
        key: String,
        /// Its value.
        value: f64,
    },
    /// A length that is negative, not finite, or (for a brush) below a pixel.
    #[error("`{key}` is {value}; it must be a length of at least {least} pixels")]
    BadLength {
        /// The setting.
        key: &'static str,
        /// Its value.
        value: f64,
        /// The least value allowed.
        least: f64,
    },
    /// A share for a class that is not in the data set.
    #[error("`fractions` names class `{name}`, which is not one of the classes ({known})")]
    UnknownClass {
        /// The unknown name.
        name: String,
        /// The names there are.
        known: String,
    },
    /// Truth that does not hold one mask a class.
    #[error("{found} masks of truth for {expected} classes")]
    MaskCount {
        /// Masks given.
        found: usize,
        /// Classes in the data set.
        expected: usize,
    },
    /// A mask of another size than its picture.
    #[error("the truth of class `{class}` is {found}, its picture is {expected}")]
    MaskSize {
        /// The class.
        class: String,
        /// The mask's size.
        found: Size,
        /// The picture's size.
        expected: Size,
    },
}

impl PaintPattern {
    /// All patterns.
    pub const ALL: [Self; 7] = [
        Self::Nearest,
        Self::Strokes,
        Self::Core,
        Self::Peripheral,
        Self::MissedInstances,
        Self::FiveArea,
        Self::Complete,
    ];

    /// The name used on the command line and in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nearest => "nearest",
            Self::Strokes => "strokes",
            Self::Core => "core",
            Self::Peripheral => "peripheral",
            Self::MissedInstances => "missed-instances",
            Self::FiveArea => "five-area",
            Self::Complete => "complete",
        }
    }
}

impl Keep {
    /// The name used on the command line and in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Middle => "middle",
            Self::Centre => "centre",
            Self::Bright => "bright",
            Self::Left => "left",
            Self::Right => "right",
            Self::Top => "top",
            Self::Bottom => "bottom",
        }
    }
}

impl SimulateConfig {
    /// Whether the settings make sense for `classes`.
    pub fn check(&self, classes: &ClassSet) -> Result<(), SimulateError> {
        let names = classes.names();
        let share = |key: &str, value: f64| {
            let key = key.to_owned();
            if (0.0..=1.0).contains(&value) {
                Ok(())
            } else {
                Err(SimulateError::BadShare { key, value })
            }
        };
        share("fraction", self.fraction)?;
        share("stray", self.stray)?;
        for (name, value) in &self.fractions {
            if !names.contains(name) {
                let (name, known) = (name.clone(), names.join(", "));
                return Err(SimulateError::UnknownClass { name, known });
            }
            share(&format!("fractions.{name}"), *value)?;
        }
        self.check_lengths()
    }

    fn check_lengths(&self) -> Result<(), SimulateError> {
        let table = [
            ("stroke_width", self.stroke_width, 1.0),
            ("core_margin", self.core_margin.unwrap_or(0.0), 0.0),
            ("stray_width", self.stray_width, 0.0),
            ("neither_width", self.neither_width, 1.0),
            ("box_margin", self.box_margin, 0.0),
            ("box_margin_share", self.box_margin_share, 0.0),
            ("box_jitter", self.box_jitter, 0.0),
            ("box_jitter_share", self.box_jitter_share, 0.0),
        ];
        match table.into_iter().find(|(_, value, least)| !(*least..1e6).contains(value)) {
            Some((key, value, least)) => Err(SimulateError::BadLength { key, value, least }),
            None => Ok(()),
        }
    }

    pub(super) fn fraction_of(&self, class: &str) -> f64 {
        self.fractions.get(class).copied().unwrap_or(self.fraction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_called_what_files_call_them() {
        for pattern in PaintPattern::ALL {
            assert_eq!(serde_json::to_value(pattern).unwrap(), pattern.as_str());
        }
        for keep in [
            Keep::Middle,
            Keep::Centre,
            Keep::Bright,
            Keep::Left,
            Keep::Right,
            Keep::Top,
            Keep::Bottom,
        ] {
            assert_eq!(serde_json::to_value(keep).unwrap(), keep.as_str());
        }
    }
}
