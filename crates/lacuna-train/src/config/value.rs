//! Settings that can be written in two ways: a size and a normalisation.

use std::fmt;
use std::path::PathBuf;

use lacuna_data::augment::Normalization;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// `image_size` as written: one number for a square, or `[height, width]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RawSize {
    /// Both sides.
    Square(i64),
    /// Height and width.
    Sides([i64; 2]),
}

/// `normalization` as written: a name, or `{ mean = [r, g, b], sd = [r, g, b] }`.
#[derive(Clone, Debug, PartialEq)]
pub enum RawNormalization {
    /// `imagenet` or `dataset`.
    Named(String),
    /// Given numbers on the scale 0–1.
    Fixed(RawStatistics),
}

/// Mean and standard deviation of red, green and blue on the scale 0–1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawStatistics {
    /// Means.
    pub mean: [f64; 3],
    /// Standard deviations.
    pub sd: [f64; 3],
}

/// Where the encoder's weights come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EncoderWeights {
    /// torchvision's ResNet18 trained on ImageNet, from the local cache.
    ImageNet,
    /// From scratch.
    None,
    /// A weight file.
    File(PathBuf),
}

/// Where the colour normalisation comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NormalizationSource {
    /// ImageNet's statistics.
    ImageNet,
    /// Computed on the training cases and stored in the checkpoint.
    Dataset,
    /// That of the checkpoint the network starts from.
    Checkpoint,
    /// Given.
    Fixed(Normalization),
}

impl<'de> Deserialize<'de> for RawSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SizeVisitor)
    }
}

struct SizeVisitor;

impl<'de> Visitor<'de> for SizeVisitor {
    type Value = RawSize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of pixels or [height, width]")
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<RawSize, E> {
        Ok(RawSize::Square(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, sequence: A) -> Result<RawSize, A::Error> {
        Deserialize::deserialize(SeqAccessDeserializer::new(sequence)).map(RawSize::Sides)
    }
}

impl Serialize for RawSize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Square(side) => side.serialize(serializer),
            Self::Sides(sides) => sides.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for RawNormalization {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NormalizationVisitor)
    }
}

struct NormalizationVisitor;

impl<'de> Visitor<'de> for NormalizationVisitor {
    type Value = RawNormalization;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "\"imagenet\", \"dataset\", \"checkpoint\" or { mean = [r, g, b], sd = [r, g, b] }",
        )
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<RawNormalization, E> {
        Ok(RawNormalization::Named(name.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawNormalization, A::Error> {
        Deserialize::deserialize(MapAccessDeserializer::new(map)).map(RawNormalization::Fixed)
    }
}

impl Serialize for RawNormalization {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Named(name) => name.serialize(serializer),
            Self::Fixed(statistics) => statistics.serialize(serializer),
        }
    }
}

impl Serialize for EncoderWeights {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::ImageNet => "imagenet".serialize(serializer),
            Self::None => "none".serialize(serializer),
            Self::File(path) => path.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for EncoderWeights {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        PathBuf::deserialize(deserializer).map(Self::from_path)
    }
}

impl EncoderWeights {
    /// `imagenet`, `none`, or else a file of that name.
    pub fn from_path(path: PathBuf) -> Self {
        match path.to_str() {
            Some("imagenet") => Self::ImageNet,
            Some("none") => Self::None,
            _ => Self::File(path),
        }
    }

    /// The way back.
    pub fn to_path(&self) -> PathBuf {
        match self {
            Self::ImageNet => "imagenet".into(),
            Self::None => "none".into(),
            Self::File(path) => path.clone(),
        }
    }
}

/// The `f64` a person would write for this `f32`: .1, not .10000000149.
pub(super) fn shortest(value: f32) -> f64 {
    value.to_string().parse().unwrap_or(f64::from(value))
}
