//! What is repeated: data, recipe, split and seed, in `protocol.toml`.

use std::path::{Path, PathBuf};

use lacuna_data::Dataset;
use lacuna_data::atomic_file::write_atomic_bytes;
use lacuna_data::dataset::split::{Fold, Split, SplitConfig, SplitError, TestPart, Unit};
use serde::{Deserialize, Serialize};

use super::ProtocolError;
use crate::config::{Preset, RawConfig};

const FILE: &str = "protocol.toml";
const VERSION: u32 = 1;
/// Folds of the cross-validation, where nothing else is asked for.
const FOLDS: usize = 5;
/// The paper's share of test cases.
const PAPER_SHARE: f64 = 0.2;
/// Share of the cases outside test that choose checkpoints and thresholds.
const VALIDATION: f64 = 0.1;

/// What stays the same over all cells; the key to a folder of results.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProtocolConfig {
    /// Format version.
    pub version: u32,
    /// Folder of the data set.
    pub data: PathBuf,
    /// Hash of its annotations.
    pub fingerprint: String,
    /// Seed of splits, erasures and trainings.
    pub seed: u64,
    /// How the test cases of a repetition are chosen.
    pub design: Design,
    /// Share of the cases outside test that validate; 0 where the recipe has no validation.
    pub validation: f64,
    /// The settings as they were given; every cell's own are in its `config.toml`.
    pub recipe: RawConfig,
}

/// How the test cases of the repetitions are chosen. Groups stay together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Design {
    /// Cross-validation: a repetition is a fold; after the last comes the first of a new division.
    Folds(usize),
    /// This share, drawn anew in every repetition: what the paper does.
    Share(f64),
}

impl std::fmt::Display for Design {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folds(folds) => write!(f, "{folds}-fold cross-validation"),
            Self::Share(share) => write!(f, "{:.0} % test cases, drawn anew", 100.0 * share),
        }
    }
}

/// What the caller decides; the rest follows from the recipe.
#[derive(Clone, Debug, Default)]
pub struct ProtocolChoices {
    /// Seed of everything.
    pub seed: u64,
    /// `None`: five folds, or the paper's share where the recipe is the paper's.
    pub design: Option<Design>,
    /// `None`: a tenth, or none where the recipe has no validation.
    pub validation: Option<f64>,
    /// Settings as for a training, without data, split, policy and seed.
    pub recipe: RawConfig,
}

impl ProtocolConfig {
    /// The protocol for a data set.
    ///
    /// # Errors
    /// If the recipe is invalid, or sets what the protocol sets.
    pub fn new(dataset: &Dataset, choices: ProtocolChoices) -> Result<Self, ProtocolError> {
        refuse_own_settings(&choices.recipe)?;
        let checked = choices.recipe.clone().check()?;
        let validates = checked.validation_metric != crate::config::ValidationMetric::None;
        let is_paper = checked.preset == Preset::Paper;
        let design = if is_paper { Design::Share(PAPER_SHARE) } else { Design::Folds(FOLDS) };
        let data = std::path::absolute(dataset.dir())
            .map_err(|source| ProtocolError::io(dataset.dir(), source))?;
        Ok(Self {
            version: VERSION,
            data,
            fingerprint: dataset.fingerprint()?,
            seed: choices.seed,
            design: choices.design.unwrap_or(design),
            validation: choices.validation.unwrap_or(if validates { VALIDATION } else { 0.0 }),
            recipe: choices.recipe,
        })
    }

    /// Reads the protocol of a folder; `None` if there is none.
    pub fn read(folder: &Path) -> Result<Option<Self>, ProtocolError> {
        let path = folder.join(FILE);
        if !path.exists() {
            return Ok(None);
        }
        let text = std::fs::read_to_string(&path).map_err(|e| ProtocolError::io(&path, e))?;
        let protocol: Self = toml::from_str(&text).map_err(|source| ProtocolError::Malformed {
            path: path.clone(),
            source: source.into(),
        })?;
        if protocol.version != VERSION {
            return Err(ProtocolError::Version { path, found: protocol.version });
        }
        Ok(Some(protocol))
    }

    /// Whether the folder holds the same protocol or none.
    ///
    /// # Errors
    /// If the folder holds results of another protocol.
    pub fn check_folder(&self, folder: &Path) -> Result<(), ProtocolError> {
        Self::read(folder)?.map_or(Ok(()), |found| self.check_same(&found, folder))
    }

    /// Writes it into a folder that holds the same protocol or none.
    ///
    /// # Errors
    /// If the folder holds results of another protocol.
    pub fn save(&self, folder: &Path) -> Result<(), ProtocolError> {
        if let Some(found) = Self::read(folder)? {
            return self.check_same(&found, folder);
        }
        let path = folder.join(FILE);
        std::fs::create_dir_all(folder).map_err(|e| ProtocolError::io(folder, e))?;
        let text = toml::to_string(self).map_err(ProtocolError::Write)?;
        write_atomic_bytes(&path, text.as_bytes()).map_err(|e| ProtocolError::io(&path, e))
    }

    fn check_same(&self, found: &Self, folder: &Path) -> Result<(), ProtocolError> {
        let differences = [
            ("annotations", self.fingerprint == found.fingerprint),
            ("seed", self.seed == found.seed),
            ("split", self.design == found.design && self.validation == found.validation),
            ("recipe", self.recipe == found.recipe),
        ];
        let differing: Vec<_> =
            differences.into_iter().filter(|(_, same)| !same).map(|(what, _)| what).collect();
        if differing.is_empty() {
            return Ok(());
        }
        let (folder, what) = (folder.to_owned(), differing.join(", "));
        Err(ProtocolError::OtherProtocol { folder, what })
    }

    /// The cases of a repetition, from 0, and whether all were kept together by group.
    pub fn fold(&self, dataset: &Dataset, repetition: usize) -> Result<(Fold, bool), SplitError> {
        let (round, index, test) = match self.design {
            Design::Folds(folds) => {
                let folds = folds.max(1);
                (repetition / folds, repetition % folds, TestPart::Folds(folds))
            }
            Design::Share(share) => (repetition, 0, TestPart::Share(share)),
        };
        let config = SplitConfig {
            seed: self.seed + round as u64,
            by: Unit::Group,
            test,
            validation: self.validation,
        };
        let split = Split::draw(dataset.cases(), &config)?;
        Ok((split.fold(index)?.clone(), split.grouped))
    }
}

/// What differs between cells is no part of the recipe.
fn refuse_own_settings(recipe: &RawConfig) -> Result<(), ProtocolError> {
    let settings = [
        ("data", recipe.data.is_some()),
        ("split", recipe.split.is_some()),
        ("fold", recipe.fold.is_some()),
        ("policy", recipe.policy.is_some()),
        ("seed", recipe.seed.is_some()),
    ];
    match settings.into_iter().find(|(_, is_set)| *is_set) {
        Some((key, _)) => Err(ProtocolError::OwnSetting { key }),
        None => Ok(()),
    }
}
