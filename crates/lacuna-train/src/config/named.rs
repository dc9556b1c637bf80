//! Settings that are one of a few names.

use lacuna_data::augment::Resize;
use lacuna_data::supervision::PolicyName;
use lacuna_data::supervision::policy::{Conflict, Void};
use lacuna_nn::{Activation, Architecture, Precision, Reduction};
use serde::{Deserialize, Serialize};

/// A setting that is one of a few names.
pub(super) trait Named: Copy + PartialEq + 'static {
    /// Every value with its name in a configuration file.
    const NAMES: &'static [(&'static str, Self)];

    /// The value of that name.
    fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// The name of this value.
    fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, value)| *value == self).map_or("", |(name, _)| name)
    }
}

/// A set of values for everything a file or flag does not set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// Sensible for a few dozen to a few thousand photos.
    #[default]
    Default,
    /// The recipe of Martin, Chevallet and Quénot 2022, number by number.
    Paper,
    /// A small picture and few epochs: minutes on a laptop.
    Quick,
}

/// How training samples are taken from a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum SamplingName {
    /// The whole picture, resized to the network's input.
    #[default]
    Resize,
    /// Parts of the picture as large as the network's input.
    Patch,
}

/// Which optimizer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OptimizerName {
    /// `torch.optim.SGD` without dampening.
    Sgd,
    /// `torch.optim.AdamW` with its betas (.9, .999) and epsilon 1e-8.
    AdamW,
}

/// How the learning rate falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LrSchedule {
    /// Not at all.
    Constant,
    /// (1 − t/T)^power.
    Poly,
    /// (1 + cos(π t/T)) / 2.
    Cosine,
}

/// What chooses the best checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ValidationMetric {
    /// Mean Dice over the classes on known pixels of the validation cases.
    Dice,
    /// No validation: the split's validation cases are trained on too, and the last epoch counts.
    None,
}

impl Named for Preset {
    const NAMES: &'static [(&'static str, Self)] =
        &[("default", Self::Default), ("paper", Self::Paper), ("quick", Self::Quick)];
}

impl Named for Architecture {
    const NAMES: &'static [(&'static str, Self)] =
        &[("unet-resnet18", Self::UnetResnet18), ("unet-resnet18-paper", Self::UnetResnet18Paper)];
}

impl Named for Activation {
    const NAMES: &'static [(&'static str, Self)] =
        &[("sigmoid", Self::Sigmoid), ("softmax", Self::Softmax)];
}

impl Named for Resize {
    const NAMES: &'static [(&'static str, Self)] =
        &[("pad", Self::Pad), ("stretch", Self::Stretch), ("crop", Self::Crop)];
}

impl Named for SamplingName {
    const NAMES: &'static [(&'static str, Self)] =
        &[("resize", Self::Resize), ("patch", Self::Patch)];
}

impl Named for PolicyName {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("standard", Self::Standard),
        ("positive-only", Self::PositiveOnly),
        ("fusion", Self::Fusion),
        ("box", Self::Box),
        ("positive+box", Self::PositiveBox),
        ("fusion+box", Self::FusionBox),
    ];
}

impl Named for Conflict {
    const NAMES: &'static [(&'static str, Self)] =
        &[("unknown", Self::Unknown), ("positive", Self::Positive)];
}

impl Named for Void {
    const NAMES: &'static [(&'static str, Self)] =
        &[("unknown", Self::Unknown), ("unpainted", Self::Unpainted)];
}

impl Named for Reduction {
    const NAMES: &'static [(&'static str, Self)] =
        &[("known", Self::Known), ("all", Self::All), ("known-per-class", Self::KnownPerClass)];
}

impl Named for Precision {
    const NAMES: &'static [(&'static str, Self)] = &[("f32", Self::F32), ("bf16", Self::Bf16)];
}

impl Named for OptimizerName {
    const NAMES: &'static [(&'static str, Self)] = &[("sgd", Self::Sgd), ("adamw", Self::AdamW)];
}

impl Named for LrSchedule {
    const NAMES: &'static [(&'static str, Self)] =
        &[("constant", Self::Constant), ("poly", Self::Poly), ("cosine", Self::Cosine)];
}

impl Named for ValidationMetric {
    const NAMES: &'static [(&'static str, Self)] = &[("dice", Self::Dice), ("none", Self::None)];
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agrees_with_serde<T: Named + Serialize + std::fmt::Debug>() {
        for (name, value) in T::NAMES {
            assert_eq!(value.name(), *name);
            assert_eq!(T::from_name(name), Some(*value));
            assert_eq!(serde_json::to_value(value).unwrap(), *name, "{value:?}");
        }
        assert_eq!(T::from_name("no such name"), None);
    }

    #[test]
    fn names_are_the_same_in_files_events_and_code() {
        agrees_with_serde::<Preset>();
        agrees_with_serde::<Architecture>();
        agrees_with_serde::<Activation>();
        agrees_with_serde::<Resize>();
        agrees_with_serde::<SamplingName>();
        agrees_with_serde::<PolicyName>();
        agrees_with_serde::<Conflict>();
        agrees_with_serde::<Void>();
        agrees_with_serde::<Reduction>();
        agrees_with_serde::<Precision>();
        agrees_with_serde::<OptimizerName>();
        agrees_with_serde::<LrSchedule>();
        agrees_with_serde::<ValidationMetric>();
        assert_eq!(PolicyName::NAMES.len(), PolicyName::ALL.len());
    }
}
