//! Putting pretrained encoder weights under a detector.

use super::encoder::is_convolution;
use super::key_map::norm_after;
use super::{EncoderWeights, WeightsError};
use crate::batch_norm::EPSILON;
use crate::detection::FasterRcnn;
use crate::{LoadReport, StateDict, StateTensor};

const ENCODER: &str = "encoder.";
const BODY: &str = "backbone.body.";

impl EncoderWeights {
    /// Fills the ResNet of `detector`, which stays as it was when anything is missing or has another shape.
    ///
    /// Folded weights need no calibration under frozen batch normalisations: each becomes a scale of 1 and the folded
    /// bias, which is the same function.
    ///
    /// # Errors
    /// When the weights do not fill the ResNet, or are folded and the detector trains its normalisations.
    pub fn load_backbone(&self, detector: &mut FasterRcnn) -> Result<LoadReport, WeightsError> {
        let frozen = detector.config().backbone.frozen_batch_norm;
        if self.is_folded() && !frozen {
            return Err(WeightsError::NeedsCalibration { path: self.path.clone() });
        }
        let state = if self.is_folded() { with_norms(&self.state) } else { self.state.clone() };
        let renamed =
            |(name, tensor): (String, StateTensor)| (name.replacen(ENCODER, BODY, 1), tensor);
        let mut filled = detector.clone();
        let mut report = filled.load_state_dict(&state.into_iter().map(renamed).collect());
        report.missing.retain(|name| name.starts_with(BODY));
        // A deeper stage than this ResNet has is nothing to complain about.
        report.unexpected.retain(|name| !name.starts_with("backbone.body.layer"));
        if !report.is_complete() {
            return Err(self.misfit(report));
        }
        *detector = filled;
        Ok(report)
    }
}

/// The convolutions of `folded`, each with a normalisation that only adds its bias.
fn with_norms(folded: &StateDict) -> StateDict {
    let mut state = StateDict::new();
    for (name, weight) in folded.iter().filter(|(name, _)| is_convolution(name)) {
        state.insert(name.clone(), weight.clone());
        let convolution = name.trim_end_matches(".weight");
        let Some(bias) = folded.get(&format!("{convolution}.bias")) else { continue };
        let (norm, channels) = (norm_after(convolution), bias.data.len());
        let fields = [
            ("weight", vec![1.0; channels]),
            ("bias", bias.data.clone()),
            ("running_mean", vec![0.0; channels]),
            // so that the root of it and what is added to it is 1
            ("running_var", vec![1.0 - EPSILON as f32; channels]),
        ];
        state.extend(
            fields.map(|(field, values)| (format!("{norm}.{field}"), StateTensor::vector(values))),
        );
    }
    state
}
