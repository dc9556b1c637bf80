//! Batch normalisation over `[N, C, H, W]` with PyTorch's semantics.
//!
//! Burn's own module keeps the *biased* batch variance as running variance and shares the running statistics
//! between clones of a model; PyTorch keeps the unbiased one, and a copy of a model is a copy.

use std::sync::{Mutex, MutexGuard, PoisonError};

use burn::module::{
    Content, Flag, Module, ModuleDisplay, ModuleDisplayDefault, ModuleMapper, ModuleVisitor, Param,
    ParamId,
};
use burn::tensor::{Device, Tensor};

use crate::ops::{
    Affine, Convolution, FeatureMap, Input, Then, conv_norm_batch, conv_norm_fixed,
    normalise_batch, normalise_fixed,
};

/// Added to the variance before its square root, PyTorch's default.
pub(crate) const EPSILON: f64 = 1e-5;
/// Share of the new batch in the running statistics, PyTorch's default.
const MOMENTUM: f64 = 0.1;

/// Normalises each channel, then scales and shifts it. In training mode with the statistics of the batch,
/// which are also averaged into the running ones; in evaluation mode with the running ones.
#[derive(Module, Debug)]
pub struct BatchNorm2d {
    /// Scale γ, `[C]`.
    pub weight: Param<Tensor<1>>,
    /// Shift β, `[C]`.
    pub bias: Param<Tensor<1>>,
    pub(crate) running_mean: RunningStatistic,
    pub(crate) running_var: RunningStatistic,
    training: Param<Flag>,
}

impl BatchNorm2d {
    /// γ = 1, β = 0, mean 0 and variance 1, in training mode.
    pub fn new(channels: usize, device: &Device) -> Self {
        let plain = device.clone().without_autodiff();
        Self {
            weight: Param::from_tensor(Tensor::ones([channels], device)),
            bias: Param::from_tensor(Tensor::zeros([channels], device)),
            running_mean: RunningStatistic::new(Tensor::zeros([channels], &plain)),
            running_var: RunningStatistic::new(Tensor::ones([channels], &plain)),
            training: Param::from_bool(true),
        }
    }

    /// `input` and output are `[N, C, H, W]`.
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        if !self.training.is_enabled() {
            return normalise_fixed(input, self.affine(), self.statistics());
        }
        let [n, _, h, w] = input.dims();
        let (output, statistics) = normalise_batch(input, self.affine());
        self.record(statistics, n * h * w);
        output
    }

    /// As [`BatchNorm2d::forward`] of the convolution of `input`, and what follows.
    pub(crate) fn forward_after(
        &self,
        convolution: Convolution,
        input: Input,
        then: Then,
    ) -> FeatureMap {
        if !self.training.is_enabled() {
            let statistics = self.statistics();
            return conv_norm_fixed(convolution, input, self.affine(), statistics, then);
        }
        let (output, statistics) = conv_norm_batch(convolution, input, self.affine(), then);
        self.record(statistics, output.values_per_channel());
        output
    }

    /// As [`BatchNorm2d::forward_after`] with the running statistics and constant scale and shift, whatever the mode:
    /// torchvision's `FrozenBatchNorm2d`.
    pub(crate) fn forward_frozen(
        &self,
        convolution: Convolution,
        input: Input,
        then: Then,
    ) -> FeatureMap {
        let Affine { weight, bias, epsilon } = self.affine();
        let [weight, bias] = [weight, bias].map(Tensor::without_autodiff);
        let affine = Affine { weight, bias, epsilon };
        conv_norm_fixed(convolution, input, affine, self.statistics(), then)
    }

    fn affine(&self) -> Affine {
        Affine { weight: self.weight.val(), bias: self.bias.val(), epsilon: EPSILON }
    }

    fn statistics(&self) -> [Tensor<1>; 2] {
        [self.running_mean.get(), self.running_var.get()]
    }

    /// Averages the mean and biased variance of a batch of `count` values per channel into the running statistics.
    fn record(&self, [mean, variance]: [Tensor<1>; 2], count: usize) {
        let count = count as f64;
        self.running_mean.blend(mean, 1.0);
        // PyTorch refuses to train on one value per channel; here its variance is 0 and stays as measured.
        self.running_var.blend(variance, count / (count - 1.0).max(1.0));
    }
}

/// A statistic `[C]` updated during the forward pass. A clone is independent of its source.
#[derive(Debug)]
pub(crate) struct RunningStatistic {
    id: ParamId,
    value: Mutex<Tensor<1>>,
}

impl RunningStatistic {
    fn new(value: Tensor<1>) -> Self {
        Self { id: ParamId::new(), value: Mutex::new(value) }
    }

    fn lock(&self) -> MutexGuard<'_, Tensor<1>> {
        // A tensor handle is replaced whole, so a poisoned lock still holds a valid one.
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn get(&self) -> Tensor<1> {
        self.lock().clone()
    }

    /// value ← (1 − momentum) · value + momentum · factor · batch.
    fn blend(&self, batch: Tensor<1>, factor: f64) {
        let batch = batch.mul_scalar(factor * MOMENTUM);
        let mut value = self.lock();
        *value = value.clone().mul_scalar(1.0 - MOMENTUM) + batch;
    }

    fn with(&self, value: Tensor<1>) -> Self {
        Self { id: self.id, value: Mutex::new(value) }
    }
}

impl Clone for RunningStatistic {
    fn clone(&self) -> Self {
        self.with(self.get())
    }
}

impl Module for RunningStatistic {
    fn visit<V: ModuleVisitor>(&self, visitor: &mut V) {
        visitor.visit_float(&Param::initialized(self.id, self.get()));
    }

    fn map<M: ModuleMapper>(self, mapper: &mut M) -> Self {
        let mapped = mapper.map_float(Param::initialized(self.id, self.get()));
        // A statistic is no target of the optimizer and takes no part in the graph.
        self.with(mapped.into_value().without_autodiff())
    }

    fn to_device(self, device: &Device) -> Self {
        self.with(self.get().to_device(&device.clone().without_autodiff()))
    }

    fn fork(self, device: &Device) -> Self {
        self.to_device(device)
    }

    fn collect_devices(&self, mut devices: Vec<Device>) -> Vec<Device> {
        let device = self.get().device();
        if !devices.contains(&device) {
            devices.push(device);
        }
        devices
    }

    fn materialize(self) -> Self {
        self
    }

    fn valid(&self) -> Self {
        self.clone()
    }

    fn train(self) -> Self {
        self
    }
}

impl ModuleDisplayDefault for RunningStatistic {
    fn content(&self, content: Content) -> Option<Content> {
        content.add_formatted(&"RunningStatistic".to_owned()).optional()
    }
}

impl ModuleDisplay for RunningStatistic {}

impl std::fmt::Display for RunningStatistic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RunningStatistic {:?}", self.get().dims())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::{assert_close, floats, values};
    use crate::{Gradients, engine};

    const SHAPE: [usize; 4] = [2, 3, 2, 2];

    /// Output, gradients and statistics of one training step, then evaluation.
    #[test]
    fn is_pytorchs() {
        let expected = values("batch_norm");
        let device = engine::device("cpu").unwrap();
        let mut norm = BatchNorm2d::new(3, &device.clone().autodiff());
        norm.weight = norm
            .weight
            .map(|_| engine::tensor(vec![0.5, 1.0, 1.5], [3], &device).autodiff().require_grad());
        norm.bias = norm
            .bias
            .map(|_| engine::tensor(vec![0.1, -0.2, 0.3], [3], &device).autodiff().require_grad());
        let tensor = |name: &str| engine::tensor(floats(&expected[name]), SHAPE, &device);
        let input = tensor("input").autodiff().require_grad();
        let output = norm.forward(input.clone());
        let check = |name: &str, found: Vec<f32>| {
            assert_close(name, &found, &floats(&expected[name]), 1e-5);
        };
        check("training", engine::values(output.clone()).unwrap());
        let loss = (output * tensor("factor")).sum();
        let gradients = Gradients::of_module(&loss, &norm).to_state_dict();
        check("weight_gradient", gradients["weight"].data.clone());
        check("bias_gradient", gradients["bias"].data.clone());
        check("running_mean", engine::values(norm.running_mean.get()).unwrap());
        check("running_var", engine::values(norm.running_var.get()).unwrap());
        check("evaluation", engine::values(norm.valid().forward(tensor("input"))).unwrap());
    }

    #[test]
    fn differentiates_its_input_as_pytorch() {
        let expected = values("batch_norm");
        let device = engine::device("cpu").unwrap();
        let norm = BatchNorm2d::new(3, &device);
        let tensor = |name: &str| engine::tensor(floats(&expected[name]), SHAPE, &device);
        let input = tensor("input").autodiff().require_grad();
        // Scales and shifts of the reference, applied outside.
        let scale = engine::tensor(vec![0.5, 1.0, 1.5], [1, 3, 1, 1], &device);
        let loss = (norm.forward(input.clone()) * scale * tensor("factor")).sum();
        let gradient = input.grad(&loss.backward()).unwrap();
        assert_close(
            "input",
            &engine::values(gradient).unwrap(),
            &floats(&expected["input_gradient"]),
            1e-4,
        );
    }
}
