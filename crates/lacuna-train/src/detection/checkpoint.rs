//! A trained or half-trained detector in one safetensors file, with torchvision's names.

use std::collections::BTreeMap;
use std::path::Path;

use lacuna_nn::detection::{FasterRcnn, FasterRcnnConfig};
use lacuna_nn::engine::Device;
use lacuna_nn::weights::write_safetensors;
use lacuna_nn::{StateDict, WeightsFile};
use serde::{Deserialize, Serialize};

use super::DetectError;
use crate::checkpoint::{CheckpointError, Progress};

const VERSION: u32 = 1;
const KEY: &str = "lacuna-detector";
const OPTIMIZER: &str = "optimizer.";

/// A detector with everything stored beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct DetectorCheckpoint {
    /// Weights and statistics.
    pub model: StateDict,
    /// The optimizer's state, in the `last` checkpoint only.
    pub optimizer: Option<StateDict>,
    /// Everything else.
    pub metadata: Metadata,
}

/// What is stored beside the weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metadata {
    version: u32,
    /// The network.
    pub network: FasterRcnnConfig,
    /// Length of a picture's shorter side.
    pub short_side: usize,
    /// Its longer side is at most this long.
    pub long_side: usize,
    /// The classes that are inside its boxes.
    pub classes: Vec<String>,
    /// How far training has come.
    pub progress: Progress,
}

impl Metadata {
    pub(super) fn new(
        network: FasterRcnnConfig,
        [short_side, long_side]: [usize; 2],
        classes: Vec<String>,
        progress: Progress,
    ) -> Self {
        Self { version: VERSION, network, short_side, long_side, classes, progress }
    }
}

impl DetectorCheckpoint {
    /// Writes the file atomically.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), DetectError> {
        let metadata = serde_json::to_string(&self.metadata).map_err(malformed(path))?;
        let mut tensors = self.model.clone();
        for (name, tensor) in self.optimizer.iter().flatten() {
            tensors.insert(format!("{OPTIMIZER}{name}"), tensor.clone());
        }
        let metadata = BTreeMap::from([(KEY.to_owned(), metadata)]);
        Ok(write_safetensors(path, &tensors, &metadata)?)
    }

    /// Reads a file written by [`DetectorCheckpoint::save`].
    ///
    /// # Errors
    /// When it cannot be read, or is no detector of this program or a newer one's.
    pub fn load(path: &Path) -> Result<Self, DetectError> {
        let file = WeightsFile::read(path)?;
        let foreign = || CheckpointError::Foreign { path: path.to_owned() };
        let metadata = parse(file.metadata.get(KEY).ok_or_else(foreign)?, path)?;
        let (optimizer, model): (StateDict, StateDict) =
            file.tensors.into_iter().partition(|(name, _)| name.starts_with(OPTIMIZER));
        let bare = |(name, tensor): (String, _)| (name[OPTIMIZER.len()..].to_owned(), tensor);
        let optimizer: StateDict = optimizer.into_iter().map(bare).collect();
        Ok(Self { model, optimizer: (!optimizer.is_empty()).then_some(optimizer), metadata })
    }

    /// The network with these weights, in training mode.
    ///
    /// # Errors
    /// When they do not fit.
    pub fn network(&self, path: &Path, device: &Device) -> Result<FasterRcnn, DetectError> {
        let mut model = self.metadata.network.init(0, device)?;
        let report = model.load_state_dict(&self.model);
        if report.is_exact() {
            return Ok(model);
        }
        Err(DetectError::Misfit { path: path.to_owned(), report: report.to_string() })
    }
}

fn parse(text: &str, path: &Path) -> Result<Metadata, DetectError> {
    #[derive(Deserialize)]
    struct Version {
        version: u32,
    }
    let Version { version } = serde_json::from_str(text).map_err(malformed(path))?;
    if version > VERSION {
        let path = path.to_owned();
        return Err(CheckpointError::Version { path, found: version }.into());
    }
    Ok(serde_json::from_str(text).map_err(malformed(path))?)
}

fn malformed(path: &Path) -> impl Fn(serde_json::Error) -> CheckpointError {
    let path = path.to_owned();
    move |source| CheckpointError::Metadata { path: path.clone(), source }
}

#[cfg(test)]
mod tests {
    use lacuna_nn::StateTensor;

    use super::*;

    #[test]
    fn a_checkpoint_comes_back_bit_for_bit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("last.safetensors");
        let tensor = StateTensor { shape: vec![2], data: vec![0.1, f32::MIN_POSITIVE] };
        let state = StateDict::from([("rpn.head.cls_logits.weight".to_owned(), tensor)]);
        let network = FasterRcnnConfig::new(2).with_depth(4);
        let classes = vec!["gum".to_owned()];
        let metadata = Metadata::new(network, [320, 533], classes, Progress::default());
        let checkpoint =
            DetectorCheckpoint { model: state.clone(), optimizer: Some(state), metadata };
        checkpoint.save(&path).unwrap();
        assert_eq!(DetectorCheckpoint::load(&path).unwrap(), checkpoint);
        write_safetensors(&path, &checkpoint.model, &BTreeMap::new()).unwrap();
        let error = DetectorCheckpoint::load(&path).unwrap_err().to_string();
        assert!(error.contains("last.safetensors"), "{error}");
    }
}
