//! Putting pretrained encoder weights into a network, also ones whose batch normalisation was folded away.

use std::path::{Path, PathBuf};

use burn::tensor::Tensor;

use super::key_map::{encoder_only, is_folded, norm_after};
use super::{WeightsError, WeightsFile};
use crate::batch_norm::EPSILON;
use crate::conv::convolve;
use crate::ops::FeatureMap;
use crate::{LoadReport, StateDict, StateTensor, Unet, engine};

/// Weights of an encoder from a file with torchvision's or segmentation_models.pytorch's names.
#[derive(Debug, Clone)]
pub struct EncoderWeights {
    pub(super) path: PathBuf,
    pub(super) state: StateDict,
}

impl EncoderWeights {
    /// Reads a `.safetensors`, `.pth` or `.pt` file, of an encoder or of a whole network.
    pub fn read(path: &Path) -> Result<Self, WeightsError> {
        let state = encoder_only(WeightsFile::read(path)?.tensors);
        if state.is_empty() {
            let reason =
                "no tensor has the name of a ResNet encoder's, such as conv1.weight".to_owned();
            return Err(WeightsError::Malformed { path: path.to_owned(), reason });
        }
        Ok(Self { path: path.to_owned(), state })
    }

    /// The tensors, named `encoder.…`.
    pub fn state_dict(&self) -> &StateDict {
        &self.state
    }

    /// Whether batch normalisation is folded into the convolutions, so that [`EncoderWeights::load`] needs
    /// calibration images.
    pub fn is_folded(&self) -> bool {
        is_folded(&self.state)
    }

    /// Fills the encoder of `unet`, which stays as it was when anything is missing or has another shape.
    ///
    /// Folded weights (a bias beside each convolution instead of a batch normalisation) are unfolded on
    /// `calibration` images `[N, 3, H, W]`, normalised as for training: with scale γ = √(var + ε) and shift
    /// β = bias + mean of each convolution's output, where mean and variance are measured on these images and
    /// become the running statistics. In evaluation mode this is the folded function for every image.
    pub fn load(
        &self,
        unet: &mut Unet,
        calibration: Option<Tensor<4>>,
    ) -> Result<LoadReport, WeightsError> {
        if !self.is_folded() {
            return self.load_state(unet, &self.state);
        }
        let needed = || WeightsError::NeedsCalibration { path: self.path.clone() };
        let images = calibration.ok_or_else(needed)?;
        self.check_folded(unet)?;
        let state = unfold(unet, &self.state, images)?;
        self.load_state(unet, &state)
    }

    fn load_state(&self, unet: &mut Unet, state: &StateDict) -> Result<LoadReport, WeightsError> {
        let mut filled = unet.clone();
        let mut report = filled.load_state_dict(state);
        report.missing.retain(|name| name.starts_with("encoder."));
        // A deeper stage than this encoder has is nothing to complain about.
        report.unexpected.retain(|name| !name.starts_with("encoder.layer"));
        if !report.is_complete() {
            return Err(self.misfit(report));
        }
        *unet = filled;
        Ok(report)
    }

    /// Every convolution must have its weight in the right shape before images are passed through them.
    fn check_folded(&self, unet: &Unet) -> Result<(), WeightsError> {
        let convolutions: StateDict = self
            .state
            .iter()
            .filter(|(name, _)| name.ends_with(".weight"))
            .map(|(n, t)| (n.clone(), t.clone()))
            .collect();
        let mut report = unet.clone().load_state_dict(&convolutions);
        report.missing.retain(|name| name.starts_with("encoder.") && is_convolution(name));
        let expected = unet.state_dict();
        for name in
            expected.keys().filter(|name| name.starts_with("encoder.") && is_convolution(name))
        {
            let bias = name.replace(".weight", ".bias");
            let channels = expected[name].shape[0];
            if self.state.get(&bias).is_none_or(|tensor| tensor.data.len() != channels) {
                report.missing.push(bias);
            }
        }
        if report.is_complete() { Ok(()) } else { Err(self.misfit(report)) }
    }

    pub(super) fn misfit(&self, report: LoadReport) -> WeightsError {
        let mut wrong =
            report.missing.iter().chain(report.mis_shaped.iter().map(|tensor| &tensor.name));
        let only_layer4 = wrong.all(|name| name.contains(".layer4."));
        let hint = if only_layer4 {
            "; hint: these weights end at layer3, use encoder depth 4"
        } else {
            ""
        };
        WeightsError::Misfit { path: self.path.clone(), report: Box::new(report), hint }
    }
}

pub(super) fn is_convolution(name: &str) -> bool {
    let name = name.strip_suffix(".weight").unwrap_or_default();
    name.ends_with("conv1") || name.ends_with("conv2") || name.ends_with("downsample.0")
}

/// Weights with batch normalisations that reproduce the folded network on `images`.
fn unfold(unet: &Unet, folded: &StateDict, images: Tensor<4>) -> Result<StateDict, WeightsError> {
    let convolutions = folded.iter().filter(|(name, _)| is_convolution(name));
    let mut state: StateDict =
        convolutions.map(|(name, tensor)| (name.clone(), tensor.clone())).collect();
    let mut network = unet.evaluation();
    network.load_state_dict(&state);
    let device = images.device();
    let mut failure = None;
    let images = FeatureMap::new(images.without_autodiff());
    network.encoder().forward_with(images, &mut |name, conv, _, x, then| {
        let output = convolve(conv, x).into_channels_first();
        let bias = folded
            .get(&format!("encoder.{name}.bias"))
            .map(|tensor| tensor.data.clone())
            .unwrap_or_default();
        match normalisation(&output, &bias) {
            Ok(norm) => {
                let prefix = norm_after(&format!("encoder.{name}"));
                state.extend(norm.map(|(field, values)| {
                    (format!("{prefix}.{field}"), StateTensor::vector(values))
                }));
            }
            Err(error) => failure = Some(error),
        }
        let channels = bias.len();
        let output = output + engine::tensor(bias, [1, channels, 1, 1], &device);
        then.apply(FeatureMap::new(output))
    });
    failure.map_or(Ok(state), |error| Err(WeightsError::Device(error)))
}

/// The four tensors of the normalisation that adds `bias` to `output` `[N, C, H, W]`.
fn normalisation(
    output: &Tensor<4>,
    bias: &[f32],
) -> Result<[(&'static str, Vec<f32>); 4], String> {
    let [_, channels, _, _] = output.dims();
    let flat = output.clone().swap_dims(0, 1).reshape([channels as i64, -1]);
    let (variance, mean) = flat.var_mean_bias(1);
    let variance = engine::values(variance)?;
    let mean = engine::values(mean)?;
    let scale = variance.iter().map(|var| (f64::from(*var) + EPSILON).sqrt() as f32).collect();
    let shift = mean.iter().zip(bias).map(|(mean, bias)| mean + bias).collect();
    Ok([("weight", scale), ("bias", shift), ("running_mean", mean), ("running_var", variance)])
}
