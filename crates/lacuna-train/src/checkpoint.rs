//! A trained or half-trained network in one safetensors file.
//!
//! The weights are named as in segmentation_models.pytorch. Everything else needed to predict (classes,
//! network, picture size, normalisation) and to go on training (progress) is JSON in the file's metadata
//! under `lacuna`; the optimizer's state is stored beside the weights under names that begin with
//! `optimizer.`, and, where the weights are a moving average, those that are trained under `training.`. There is no random generator state: every draw is keyed by seed, epoch and case.

mod bytes;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lacuna_data::augment::{Fill, Normalization, Resize, SampleConfig, Sampling};
use lacuna_data::{Class, ClassSet, Size};
use lacuna_nn::weights::write_safetensors;
use lacuna_nn::{Activation, StateDict, UnetConfig, WeightsError, WeightsFile};
use serde::{Deserialize, Serialize};

pub use bytes::CheckpointBytes;

/// The version of the metadata this program writes.
pub const VERSION: u32 = 1;

const KEY: &str = "lacuna";
const OPTIMIZER: &str = "optimizer.";
const TRAINING: &str = "training.";

/// Why a checkpoint cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The file itself.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// A safetensors file of another program.
    #[error("`{path}` is not a checkpoint of this program: it has no `{KEY}` metadata")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// Metadata that cannot be understood.
    #[error("the metadata of `{path}` cannot be read")]
    Metadata {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// Written by a newer version.
    #[error("`{path}` has checkpoint version {found}; this program reads up to {VERSION}")]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// The classes contradict each other.
    #[error("the classes in `{path}` are invalid")]
    Classes {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: lacuna_data::class::ClassError,
    },
}

/// What is known about a network beside its weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkInfo {
    /// Metadata version.
    pub version: u32,
    /// The classes, one output channel each.
    pub classes: Vec<Class>,
    /// Groups of mutually exclusive class names.
    pub exclusive: Vec<Vec<String>>,
    /// Pairs (part, whole) of class names.
    pub part_of: Vec<(String, String)>,
    /// The network.
    pub network: UnetConfig,
    /// From its outputs to probabilities.
    #[serde(default)]
    pub activation: Activation,
    /// Size of its input.
    pub image_size: Size,
    /// How pictures are fitted into that size, if they are taken whole.
    pub resize: Resize,
    /// Pixels of a patch per pixel of the picture, if patches are taken.
    #[serde(default)]
    pub patch_scale: Option<f64>,
    /// Colour normalisation.
    pub normalization: Normalization,
    /// Whether pixels beyond a picture's border are black instead of the mean colour.
    pub black_border: bool,
    /// Fingerprint of the data set it was trained on.
    pub dataset: String,
    /// The cases it was trained on, in order.
    #[serde(default)]
    pub training_cases: Vec<String>,
    /// How far training has come.
    pub progress: Progress,
}

impl NetworkInfo {
    /// How much of a picture the network sees at once.
    pub fn sampling(&self) -> Sampling {
        match self.patch_scale {
            Some(scale) => Sampling::Patch { scale },
            None => Sampling::Resize(self.resize),
        }
    }

    /// How a picture becomes network input, without random variation.
    pub fn sample_config(&self) -> SampleConfig {
        SampleConfig {
            frame: self.image_size,
            sampling: self.sampling(),
            augmentation: lacuna_data::augment::Augmentation::NONE,
            normalization: self.normalization,
            fill: if self.black_border { Fill::Black } else { Fill::Mean },
        }
    }

    /// The classes with their relations.
    pub fn class_set(&self) -> Result<ClassSet, lacuna_data::class::ClassError> {
        ClassSet::new(self.classes.clone(), &self.exclusive, &self.part_of)
    }
}

/// How far training has come; enough, with the weights, to go on as if never stopped.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// Epochs completed.
    pub epochs: usize,
    /// Optimizer steps completed in the epoch after those.
    pub steps: usize,
    /// Optimizer steps completed over the whole run.
    pub total_steps: u64,
    /// Running loss of the epoch in progress.
    pub loss: LossSum,
    /// Best validation so far.
    pub best: Option<Best>,
    /// Whether early stopping has ended the run.
    pub stopped_early: bool,
    /// The epoch from which early stopping counts, where a run that had ended is trained for longer.
    #[serde(default)]
    pub patient_from: usize,
    /// Optimizer steps of the completed epochs that were skipped because nothing was known.
    pub skipped: usize,
    /// How the last completed epoch went.
    pub last_epoch: Option<EpochRecord>,
}

impl Progress {
    /// Lets a run that was stopped early go on: its patience begins anew.
    pub fn extend(&mut self) {
        if std::mem::take(&mut self.stopped_early) {
            self.patient_from = self.epochs;
        }
    }
}

/// A number whose bits are stored: JSON may lose the last digit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Exact(u64);

impl From<f64> for Exact {
    fn from(value: f64) -> Self {
        Self(value.to_bits())
    }
}

impl From<Exact> for f64 {
    fn from(value: Exact) -> Self {
        Self::from_bits(value.0)
    }
}

/// How a completed epoch went.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EpochRecord {
    /// Mean training loss.
    pub train_loss: Option<Exact>,
    /// Validation metrics by name.
    pub metrics: BTreeMap<String, Option<Exact>>,
}

/// The loss of an epoch so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LossSum {
    sum: Exact,
    /// Steps summed.
    pub steps: usize,
    /// Steps skipped because nothing was known.
    pub skipped: usize,
}

impl LossSum {
    /// Adds a step's loss, or a skipped step.
    pub fn add(&mut self, loss: Option<f64>) {
        match loss {
            Some(loss) => {
                self.sum = (f64::from(self.sum) + loss).into();
                self.steps += 1;
            }
            None => self.skipped += 1,
        }
    }

    /// Mean over the steps that were not skipped.
    pub fn mean(&self) -> Option<f64> {
        (self.steps > 0).then(|| f64::from(self.sum) / self.steps as f64)
    }
}

/// The best validation of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Best {
    /// After which epoch, from 1.
    pub epoch: usize,
    metric: Exact,
}

impl Best {
    /// A validation metric reached after `epoch`.
    pub fn new(epoch: usize, metric: f64) -> Self {
        Self { epoch, metric: metric.into() }
    }

    /// The metric.
    pub fn metric(&self) -> f64 {
        self.metric.into()
    }
}

/// A network with everything stored beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// Weights and running statistics to predict with.
    pub model: StateDict,
    /// Those to go on training with, where the others are their moving average; in the `last` checkpoint only.
    pub training: Option<StateDict>,
    /// The optimizer's state, in the `last` checkpoint only.
    pub optimizer: Option<StateDict>,
    /// Everything else.
    pub info: NetworkInfo,
}

impl Checkpoint {
    /// Writes the file atomically.
    pub fn save(&self, path: &Path) -> Result<(), CheckpointError> {
        let info = serde_json::to_string(&self.info)
            .map_err(|source| CheckpointError::Metadata { path: path.to_owned(), source })?;
        let mut tensors = self.model.clone();
        for (prefix, part) in [(OPTIMIZER, &self.optimizer), (TRAINING, &self.training)] {
            for (name, tensor) in part.iter().flatten() {
                tensors.insert(format!("{prefix}{name}"), tensor.clone());
            }
        }
        let metadata = BTreeMap::from([(KEY.to_owned(), info)]);
        Ok(write_safetensors(path, &tensors, &metadata)?)
    }

    /// Reads a file written by [`Checkpoint::save`].
    pub fn load(path: &Path) -> Result<Self, CheckpointError> {
        let WeightsFile { tensors, metadata, .. } = WeightsFile::read(path)?;
        let info =
            metadata.get(KEY).ok_or_else(|| CheckpointError::Foreign { path: path.to_owned() })?;
        let info = parse_info(info, path)?;
        let [mut model, mut optimizer, mut training] = [const { StateDict::new() }; 3];
        for (name, tensor) in tensors {
            if let Some(name) = name.strip_prefix(OPTIMIZER) {
                optimizer.insert(name.to_owned(), tensor);
            } else if let Some(name) = name.strip_prefix(TRAINING) {
                training.insert(name.to_owned(), tensor);
            } else {
                model.insert(name, tensor);
            }
        }
        let part = |part: StateDict| (!part.is_empty()).then_some(part);
        Ok(Self { model, training: part(training), optimizer: part(optimizer), info })
    }
}

fn parse_info(text: &str, path: &Path) -> Result<NetworkInfo, CheckpointError> {
    #[derive(Deserialize)]
    struct Version {
        version: u32,
    }
    let metadata = |source| CheckpointError::Metadata { path: path.to_owned(), source };
    let Version { version } = serde_json::from_str(text).map_err(metadata)?;
    if version > VERSION {
        return Err(CheckpointError::Version { path: path.to_owned(), found: version });
    }
    let info: NetworkInfo = serde_json::from_str(text).map_err(metadata)?;
    info.class_set()
        .map_err(|source| CheckpointError::Classes { path: path.to_owned(), source })?;
    Ok(info)
}

#[cfg(test)]
mod tests {
    use lacuna_nn::{Architecture, StateTensor};

    use super::*;

    fn checkpoint() -> Checkpoint {
        let tensor = |v: f32| StateTensor { shape: vec![2], data: vec![v, f32::MIN_POSITIVE] };
        let mut loss = LossSum::default();
        loss.add(Some(0.1));
        loss.add(Some(0.2));
        loss.add(None);
        Checkpoint {
            model: StateDict::from([("encoder.conv1.weight".to_owned(), tensor(1.5))]),
            training: Some(StateDict::from([("encoder.conv1.weight".to_owned(), tensor(2.5))])),
            optimizer: Some(StateDict::from([("steps".to_owned(), tensor(-0.0))])),
            info: NetworkInfo {
                version: VERSION,
                classes: vec![Class { name: "gum".to_owned(), color: [1, 2, 3] }],
                exclusive: Vec::new(),
                part_of: Vec::new(),
                network: UnetConfig {
                    architecture: Architecture::UnetResnet18,
                    encoder_depth: 3,
                    classes: 1,
                },
                activation: Activation::Softmax,
                image_size: Size::new(64, 32),
                resize: Resize::Pad,
                patch_scale: Some(0.3),
                normalization: Normalization { mean: [0.1, 0.2, 0.3], sd: [0.7, 0.11, 0.13] },
                black_border: false,
                dataset: "f00d".to_owned(),
                training_cases: vec!["a".to_owned()],
                progress: Progress {
                    epochs: 3,
                    steps: 2,
                    total_steps: 17,
                    loss,
                    best: Some(Best::new(2, 0.1 + 0.2)),
                    stopped_early: false,
                    patient_from: 2,
                    skipped: 1,
                    last_epoch: Some(EpochRecord {
                        train_loss: Some((0.1 + 0.7).into()),
                        metrics: BTreeMap::from([("val/dice/gum".to_owned(), None)]),
                    }),
                },
            },
        }
    }

    #[test]
    fn a_checkpoint_comes_back_bit_for_bit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("last.safetensors");
        checkpoint().save(&path).unwrap();
        assert_eq!(Checkpoint::load(&path).unwrap(), checkpoint());
        let first = fs_err::read(&path).unwrap();
        checkpoint().save(&path).unwrap();
        assert_eq!(fs_err::read(&path).unwrap(), first);
    }

    #[test]
    fn what_is_not_ours_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("other.safetensors");
        write_safetensors(&path, &checkpoint().model, &BTreeMap::new()).unwrap();
        let error = Checkpoint::load(&path).unwrap_err();
        assert!(matches!(error, CheckpointError::Foreign { .. }), "{error}");
        let mut newer = checkpoint();
        newer.info.version = VERSION + 1;
        newer.save(&path).unwrap();
        let error = Checkpoint::load(&path).unwrap_err().to_string();
        assert!(error.contains("other.safetensors") && error.contains("version 2"), "{error}");
    }
}
