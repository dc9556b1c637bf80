//! Optimizers with PyTorch's update rules and a state that can be saved exactly.
//!
//! The engine's optimizers key their state by random parameter numbers and dampen SGD's momentum by default;
//! these are keyed by weight name, so that a resumed run continues bit for bit.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Tensor};
use lacuna_kernels::optimizer as kernels;
use serde::{Deserialize, Serialize};

use crate::named::{Path, track_path};
use crate::{Gradients, Network, StateDict, StateTensor, ops};

/// Which optimizer. Weight decay applies to every trainable tensor, as in PyTorch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case", deny_unknown_fields)]
pub enum OptimizerConfig {
    /// `torch.optim.SGD(momentum, dampening=0, weight_decay, nesterov=False)`: the decay is added to the
    /// gradient, and the momentum buffer starts as the first gradient.
    Sgd {
        /// Share of the previous update kept, in [0, 1).
        momentum: f64,
        /// L2 penalty, at least 0.
        weight_decay: f64,
    },
    /// `torch.optim.AdamW` (Loshchilov and Hutter 2019), decoupled weight decay.
    AdamW {
        /// Decay of the two moment estimates, each in [0, 1).
        betas: [f64; 2],
        /// Added to the root of the second moment, above 0.
        epsilon: f64,
        /// Decoupled decay, at least 0.
        weight_decay: f64,
    },
}

impl OptimizerConfig {
    /// The paper's: SGD with momentum .9 and weight decay 1e-4.
    pub const PAPER: Self = Self::Sgd { momentum: 0.9, weight_decay: 1e-4 };

    /// The optimizer before its first step.
    pub fn init(self) -> Result<Optimizer, OptimizerError> {
        self.check()?;
        Ok(Optimizer { config: self, steps: 0, moments: BTreeMap::new() })
    }

    fn check(self) -> Result<(), OptimizerError> {
        let share =
            |name, value: f64| (!(0.0..1.0).contains(&value)).then_some((name, value, "in [0, 1)"));
        let positive = |name, value: f64| {
            (!(value >= 0.0 && value.is_finite())).then_some((name, value, "at least 0"))
        };
        let wrong = match self {
            Self::Sgd { momentum, weight_decay } => {
                share("momentum", momentum).or(positive("weight-decay", weight_decay))
            }
            Self::AdamW { betas: [first, second], epsilon, weight_decay } => share("betas", first)
                .or(share("betas", second))
                .or(positive("epsilon", epsilon))
                .or(positive("weight-decay", weight_decay)),
        };
        wrong.map_or(Ok(()), |(name, value, range)| {
            Err(OptimizerError::OutOfRange { name, value, range })
        })
    }

    fn moment_names(self) -> &'static [&'static str] {
        match self {
            Self::Sgd { .. } => &["momentum_buffer"],
            Self::AdamW { .. } => &["exp_avg", "exp_avg_sq"],
        }
    }
}

/// Why an optimizer cannot be made or resumed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OptimizerError {
    /// A setting makes no sense.
    #[error("optimizer setting {name} is {value}, must be {range}")]
    OutOfRange {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What it may be.
        range: &'static str,
    },
    /// A saved state is not this optimizer's.
    #[error("optimizer state has an unknown or incomplete entry `{name}`")]
    State {
        /// The entry.
        name: String,
    },
}

/// An optimizer and its state.
#[derive(Debug, Clone)]
pub struct Optimizer {
    config: OptimizerConfig,
    steps: u64,
    /// Per weight name the moments in the order of [`OptimizerConfig::moment_names`], flattened.
    moments: BTreeMap<String, Vec<Tensor<1>>>,
}

/// Name of the entry that holds the number of steps, as two whole numbers to base 2^20.
const STEPS: &str = "steps";
const STEPS_BASE: u64 = 1 << 20;

impl Optimizer {
    /// `model` after one step with learning rate `lr`. Tensors without a gradient stay as they are.
    #[must_use]
    pub fn step<M: Network>(&mut self, model: M, gradients: &Gradients, lr: f64) -> M {
        self.step_module(model, gradients, lr)
    }

    /// As [`Optimizer::step`], in the place of the model: nothing is copied unless a clone of the model is alive.
    pub fn step_in_place<M: Network>(&mut self, model: &mut M, gradients: &Gradients, lr: f64) {
        *model = self.step(model.take(), gradients, lr);
    }

    pub(crate) fn step_module<M: Module>(
        &mut self,
        module: M,
        gradients: &Gradients,
        lr: f64,
    ) -> M {
        self.steps += 1;
        module.map(&mut Stepper { path: Path::default(), optimizer: self, gradients, lr })
    }

    /// Number of steps taken.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The whole state on the host: `steps`, and `momentum_buffer.NAME` or `exp_avg.NAME` and
    /// `exp_avg_sq.NAME` (flattened) for each weight.
    pub fn state_dict(&self) -> StateDict {
        let mut state = StateDict::new();
        let steps = vec![(self.steps / STEPS_BASE) as f32, (self.steps % STEPS_BASE) as f32];
        state.insert(STEPS.to_owned(), StateTensor::vector(steps));
        for (weight, moments) in &self.moments {
            for (kind, moment) in self.config.moment_names().iter().zip(moments) {
                let data = moment.to_data().iter::<f32>().collect();
                state.insert(format!("{kind}.{weight}"), StateTensor::vector(data));
            }
        }
        state
    }

    /// Continues from a state that [`Optimizer::state_dict`] gave.
    pub fn load_state_dict(
        &mut self,
        state: &StateDict,
        device: &Device,
    ) -> Result<(), OptimizerError> {
        let steps = match state.get(STEPS).map(|tensor| tensor.data.as_slice()) {
            Some([high, low]) => *high as u64 * STEPS_BASE + *low as u64,
            _ => return Err(OptimizerError::State { name: STEPS.to_owned() }),
        };
        let kinds = self.config.moment_names();
        let mut moments: BTreeMap<String, Vec<Tensor<1>>> = BTreeMap::new();
        // The kinds are in name order, so the moments of a weight arrive in the order they are kept in.
        for (name, tensor) in state.iter().filter(|(name, _)| *name != STEPS) {
            let known = name.split_once('.').filter(|(kind, _)| kinds.contains(kind));
            let (_, weight) = known.ok_or_else(|| OptimizerError::State { name: name.clone() })?;
            let values = crate::engine::tensor(tensor.data.clone(), [tensor.data.len()], device);
            moments.entry(weight.to_owned()).or_default().push(values);
        }
        if let Some((name, _)) = moments.iter().find(|(_, found)| found.len() != kinds.len()) {
            return Err(OptimizerError::State { name: name.clone() });
        }
        (self.steps, self.moments) = (steps, moments);
        Ok(())
    }

    fn update(&mut self, name: &str, weight: Tensor<1>, gradient: Tensor<1>, lr: f64) -> Tensor<1> {
        let previous = self.moments.remove(name);
        let (weight, moments) = match self.config {
            OptimizerConfig::Sgd { momentum, weight_decay } => {
                sgd(weight, gradient, previous, lr, momentum, weight_decay)
            }
            OptimizerConfig::AdamW { betas, epsilon, weight_decay } => {
                let settings = AdamW { betas, epsilon, weight_decay, steps: self.steps };
                settings.update(weight, gradient, previous, lr)
            }
        };
        self.moments.insert(name.to_owned(), moments);
        weight
    }
}

/// One step of stochastic gradient descent: weight and momentum buffer after it.
fn sgd(
    weight: Tensor<1>,
    gradient: Tensor<1>,
    previous: Option<Vec<Tensor<1>>>,
    lr: f64,
    momentum: f64,
    weight_decay: f64,
) -> (Tensor<1>, Vec<Tensor<1>>) {
    if weight.device() == Device::flex() {
        let first = || weight.zeros_like();
        let buffer = previous.and_then(|moments| moments.into_iter().next()).unwrap_or_else(first);
        let settings = kernels::Sgd { rate: lr, momentum, weight_decay };
        let (weight, buffer) = ops::sgd(weight, gradient, buffer, settings);
        return (weight, vec![buffer]);
    }
    let gradient = if weight_decay == 0.0 {
        gradient
    } else {
        gradient + weight.clone().mul_scalar(weight_decay)
    };
    let buffer = match previous.and_then(|moments| moments.into_iter().next()) {
        Some(buffer) => buffer.mul_scalar(momentum) + gradient,
        None => gradient,
    };
    (weight - buffer.clone().mul_scalar(lr), vec![buffer])
}

struct AdamW {
    betas: [f64; 2],
    epsilon: f64,
    weight_decay: f64,
    steps: u64,
}

impl AdamW {
    fn update(
        &self,
        weight: Tensor<1>,
        gradient: Tensor<1>,
        previous: Option<Vec<Tensor<1>>>,
        lr: f64,
    ) -> (Tensor<1>, Vec<Tensor<1>>) {
        let [beta1, beta2] = self.betas;
        let (first, second) =
            match previous.and_then(|moments| <[Tensor<1>; 2]>::try_from(moments).ok()) {
                Some([first, second]) => (first, second),
                None => (gradient.zeros_like(), gradient.zeros_like()),
            };
        if weight.device() == Device::flex() {
            let (weight, moments) = ops::adam_w(weight, gradient, [first, second], self.kernel(lr));
            return (weight, moments.into());
        }
        let second = second.mul_scalar(beta2) + gradient.clone().square().mul_scalar(1.0 - beta2);
        let first = first.clone() + (gradient - first).mul_scalar(1.0 - beta1);
        let steps = self.steps as f64;
        let correction1 = 1.0 - beta1.powf(steps);
        let correction2 = (1.0 - beta2.powf(steps)).sqrt();
        let root = second.clone().sqrt().div_scalar(correction2).add_scalar(self.epsilon);
        let weight = weight.mul_scalar(1.0 - lr * self.weight_decay);
        (weight - (first.clone() / root).mul_scalar(lr / correction1), vec![first, second])
    }
}

impl AdamW {
    fn kernel(&self, rate: f64) -> kernels::AdamW {
        let Self { betas, epsilon, weight_decay, steps: step } = *self;
        kernels::AdamW { rate, betas, epsilon, weight_decay, step }
    }
}

struct Stepper<'a> {
    path: Path,
    optimizer: &'a mut Optimizer,
    gradients: &'a Gradients,
    lr: f64,
}

impl ModuleMapper for Stepper<'_> {
    track_path!();

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let name = self.path.name();
        let Some(gradient) = self.gradients.get(&name) else { return param };
        param.map(|weight| {
            let (shape, tracked) = (weight.shape(), weight.is_require_grad());
            let flat = weight.without_autodiff().reshape([shape.num_elements()]);
            let updated = self.optimizer.update(&name, flat, gradient, self.lr);
            Tensor::from_inner(updated.reshape(shape)).set_require_grad(tracked)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine;
    use crate::reference::{assert_close, floats, values};

    #[derive(Module, Debug)]
    struct OneWeight {
        weight: Param<Tensor<1>>,
    }

    fn gradients(values: Vec<f32>, device: &Device) -> Gradients {
        let mut gradients = Gradients::default();
        let count = values.len();
        gradients.insert("weight", engine::tensor(values, [count], device));
        gradients
    }

    #[test]
    fn updates_are_pytorchs() {
        let cases = [
            ("sgd", OptimizerConfig::PAPER, 0.01),
            ("sgd_plain", OptimizerConfig::Sgd { momentum: 0.0, weight_decay: 0.0 }, 0.1),
            (
                "adamw",
                OptimizerConfig::AdamW { betas: [0.9, 0.999], epsilon: 1e-8, weight_decay: 0.1 },
                0.01,
            ),
        ];
        let expected = values("optimizers");
        let device = engine::device("cpu").unwrap();
        for (name, config, lr) in cases {
            let start = engine::tensor(floats(&expected["start"]), [6], &device);
            let mut module = OneWeight { weight: Param::from_tensor(start) };
            let mut optimizer = config.init().unwrap();
            for (step, wanted) in expected[name].as_array().unwrap().iter().enumerate() {
                let gradients = gradients(floats(&expected["gradients"][step]), &device);
                module = optimizer.step_module(module, &gradients, lr);
                let found = engine::values(module.weight.val()).unwrap();
                assert_close(&format!("{name} step {step}"), &found, &floats(wanted), 2e-7);
            }
        }
    }

    #[test]
    fn clipping_is_pytorchs() {
        let expected = values("optimizers");
        let device = engine::device("cpu").unwrap();
        let mut gradients = gradients(floats(&expected["gradients"][0]), &device);
        let norm = gradients.clip_norm(1.0);
        assert_close(
            "norm",
            &[norm],
            &[expected["clip_norm_1"]["norm"].as_f64().unwrap() as f32],
            1e-6,
        );
        let found = gradients.to_state_dict()["weight"].data.clone();
        assert_close("clipped", &found, &floats(&expected["clip_norm_1"]["clipped"]), 1e-6);
        let before = gradients.to_state_dict();
        gradients.clip_norm(2.0);
        assert_eq!(gradients.to_state_dict(), before, "a small norm is left alone");
    }

    #[test]
    fn nonsense_is_refused() {
        let refused = [
            OptimizerConfig::Sgd { momentum: 1.0, weight_decay: 0.0 },
            OptimizerConfig::Sgd { momentum: 0.9, weight_decay: -1.0 },
            OptimizerConfig::AdamW { betas: [0.9, f64::NAN], epsilon: 1e-8, weight_decay: 0.0 },
        ];
        for config in refused {
            assert!(config.init().is_err(), "{config:?}");
        }
        let mut sgd = OptimizerConfig::PAPER.init().unwrap();
        let device = engine::device("cpu").unwrap();
        assert!(sgd.load_state_dict(&StateDict::new(), &device).is_err(), "no steps");
        let steps = StateTensor::vector(vec![1.0, 5.0]);
        let mut state = StateDict::from([(STEPS.to_owned(), steps)]);
        sgd.load_state_dict(&state, &device).unwrap();
        assert_eq!(sgd.steps(), STEPS_BASE + 5);
        state.insert("exp_avg.weight".to_owned(), StateTensor::vector(vec![0.0]));
        assert!(sgd.load_state_dict(&state, &device).is_err(), "another optimizer's moments");
    }
}
