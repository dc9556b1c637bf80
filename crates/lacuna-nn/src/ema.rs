//! An exponential moving average of a network's weights, which predicts better than the weights of any one step.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor};

use crate::named::{Path, track_path};
use crate::{Network, StateDict, Unet, UnetError, ops};

/// The average of all weights and running statistics over the steps of a training.
#[derive(Debug)]
pub struct ExponentialMovingAverage {
    average: Unet,
    decay: f64,
}

impl ExponentialMovingAverage {
    /// The average begins as `state`, which must be of a network like `model`.
    ///
    /// # Errors
    /// None that a network which exists can cause.
    pub fn new(
        model: &Unet,
        state: &StateDict,
        decay: f64,
        device: &Device,
    ) -> Result<Self, UnetError> {
        let mut average = model.config().init(0, device)?.evaluation();
        average.load_state_dict(state);
        Ok(Self { average, decay })
    }

    /// Moves the average towards the weights after the `step`-th step, counted from 1.
    ///
    /// average ← d · average + (1 − d) · weights with d = min(decay, (1 + step) / (10 + step)), so that a short training
    /// is not averaged with its start (`tf.train.ExponentialMovingAverage` with `num_updates`).
    pub fn update(&mut self, model: &Unet, step: u64) {
        let step = step as f64;
        let share = 1.0 - self.decay.min((1.0 + step) / (10.0 + step));
        let mut collector = Collector::default();
        model.visit(&mut collector);
        let mut mover = Mover { path: Path::default(), weights: collector.weights, share };
        self.average = self.average.take().map(&mut mover);
    }

    /// The network of the averaged weights, for evaluation.
    pub fn model(&self) -> &Unet {
        &self.average
    }
}

#[derive(Default)]
struct Collector {
    path: Path,
    weights: BTreeMap<String, Tensor<1>>,
}

impl ModuleVisitor for Collector {
    track_path!();

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let weight = param.val().without_autodiff();
        let count = weight.shape().num_elements();
        self.weights.insert(self.path.name(), weight.reshape([count]));
    }
}

struct Mover {
    path: Path,
    weights: BTreeMap<String, Tensor<1>>,
    share: f64,
}

impl ModuleMapper for Mover {
    track_path!();

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(weight) = self.weights.remove(&self.path.name()) else { return param };
        param.map(|average| {
            let shape = average.shape();
            let flat = average.reshape([shape.num_elements()]);
            ops::move_average(flat, weight, self.share).reshape(shape)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Architecture, UnetConfig, engine};

    fn network(seed: u64) -> Unet {
        let config =
            UnetConfig { architecture: Architecture::UnetResnet18, encoder_depth: 3, classes: 1 };
        config.init(seed, &engine::device("cpu").unwrap()).unwrap()
    }

    /// The average after the steps, of one value a network.
    fn expected(start: f32, values: &[f32], decay: f64) -> f32 {
        let step = |average: f64, (index, value): (usize, &f32)| {
            let step = index as f64 + 1.0;
            let d = decay.min((1.0 + step) / (10.0 + step));
            d * average + (1.0 - d) * f64::from(*value)
        };
        values.iter().enumerate().fold(f64::from(start), step) as f32
    }

    #[test]
    fn every_weight_is_averaged_by_the_formula() {
        let device = engine::device("cpu").unwrap();
        let networks: Vec<_> = (0..4).map(network).collect();
        let start = networks[0].state_dict();
        let mut average =
            ExponentialMovingAverage::new(&networks[0], &start, 0.25, &device).unwrap();
        for (step, model) in networks[1..].iter().enumerate() {
            average.update(model, step as u64 + 1);
        }
        let found = average.model().state_dict();
        let states: Vec<_> = networks[1..].iter().map(Unet::state_dict).collect();
        for (name, tensor) in &start {
            for (index, value) in tensor.data.iter().enumerate().step_by(97) {
                let values: Vec<_> = states.iter().map(|state| state[name].data[index]).collect();
                let wanted = expected(*value, &values, 0.25);
                assert!((found[name].data[index] - wanted).abs() < 1e-6, "{name}[{index}]");
            }
        }
        let untouched: Vec<_> = networks.iter().map(Unet::state_dict).collect();
        assert_eq!(untouched[0], start);
        assert_eq!(untouched[1..], states[..]);
    }
}
