//! Where a new network's encoder weights come from.

use std::path::{Path, PathBuf};

use lacuna_data::dataset::DataError;
use lacuna_nn::weights::ENCODER_WEIGHTS_RESNET18;
use lacuna_nn::{EncoderWeights as Weights, LoadReport, Unet, WeightsError, engine};

use super::setup::Setup;
use crate::config::EncoderWeights;

/// Training pictures the folded weights are calibrated on.
const CALIBRATION_CASES: usize = 16;

/// Why the encoder's weights cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncoderError {
    /// The file.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// The published weights are not on this machine.
    #[error("the ImageNet weights are not on this machine: `{path}` does not exist")]
    NotFetched {
        /// Where they would be.
        path: PathBuf,
    },
    /// A calibration picture.
    #[error(transparent)]
    Data(#[from] DataError),
    /// No folder for downloaded weights is known.
    #[error("no cache folder is known: neither LACUNA_CACHE, XDG_CACHE_HOME nor HOME is set")]
    NoCache,
}

impl EncoderError {
    /// What a user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotFetched { path } => Some(format!(
                "run `lacuna weights fetch resnet18` on a machine with network, or download {} and put it at `{}`; or train with `--encoder-weights none`",
                ENCODER_WEIGHTS_RESNET18.url,
                path.display()
            )),
            Self::NoCache => Some("set LACUNA_CACHE to a folder for downloaded weights".to_owned()),
            Self::Weights(_) | Self::Data(_) => None,
        }
    }
}

/// Where downloaded weights are kept: `$LACUNA_CACHE`, else the user's cache folder.
pub fn weights_cache() -> Result<PathBuf, EncoderError> {
    let var = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    var("LACUNA_CACHE")
        .or_else(|| var("XDG_CACHE_HOME").map(|dir| dir.join("lacuna")))
        .or_else(|| var("HOME").map(|dir| dir.join(".cache/lacuna")))
        .map(|dir| dir.join("weights"))
        .ok_or(EncoderError::NoCache)
}

/// Where the published ImageNet weights are kept once fetched.
pub fn imagenet_file() -> Result<PathBuf, EncoderError> {
    Ok(weights_cache()?.join(ENCODER_WEIGHTS_RESNET18.file_name))
}

/// Puts the configured encoder weights into a new network.
pub(super) fn load_weights(
    model: &mut Unet,
    setup: &Setup,
) -> Result<Option<LoadReport>, EncoderError> {
    let path = match &setup.config.encoder_weights {
        EncoderWeights::None => return Ok(None),
        EncoderWeights::File(path) => path.clone(),
        EncoderWeights::ImageNet => fetched()?,
    };
    load_file(model, &path, setup).map(Some)
}

/// Whether the weights can be read at all.
pub(super) fn check(weights: &EncoderWeights) -> Result<(), EncoderError> {
    match weights {
        EncoderWeights::None => {}
        EncoderWeights::File(path) => drop(Weights::read(path)?),
        EncoderWeights::ImageNet => drop(fetched()?),
    }
    Ok(())
}

fn fetched() -> Result<PathBuf, EncoderError> {
    let path = imagenet_file()?;
    if path.exists() { Ok(path) } else { Err(EncoderError::NotFetched { path }) }
}

fn load_file(model: &mut Unet, path: &Path, setup: &Setup) -> Result<LoadReport, EncoderError> {
    let weights = Weights::read(path)?;
    let calibration = weights.is_folded().then(|| calibration_images(setup)).transpose()?;
    Ok(weights.load(model, calibration)?)
}

/// The first training pictures, without random variation, `[n, 3, height, width]`.
fn calibration_images(setup: &Setup) -> Result<engine::Tensor<4>, EncoderError> {
    let sample = setup.config.sample_config(setup.normalization);
    let count = setup.train.len().min(CALIBRATION_CASES);
    let mut images = Vec::with_capacity(count * 3 * sample.frame.area());
    for index in 0..count {
        images.extend(sample.frame_view(&*setup.train.get(index)?));
    }
    let shape = [count, 3, sample.frame.height, sample.frame.width];
    Ok(engine::tensor(images, shape, &setup.device))
}
