//! Gradients of a loss by weight name.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Gradients as Graph, Tensor};

use crate::named::{Path, track_path};
use crate::ops::{release, squares};
use crate::{Network, StateDict, StateTensor};

/// The gradient of each trainable tensor, flattened, by name.
#[derive(Debug, Clone, Default)]
pub struct Gradients {
    by_name: BTreeMap<String, (Vec<usize>, Tensor<1>)>,
}

impl Gradients {
    /// Runs the backward pass from a scalar `loss` that `model` took part in.
    ///
    /// Tensors the loss does not depend on have no entry. A loss that depends on nothing gives no entries.
    pub fn of<M: Network>(loss: &Tensor<1>, model: &M) -> Self {
        Self::of_module(loss, model)
    }

    pub(crate) fn of_module<M: Module>(loss: &Tensor<1>, module: &M) -> Self {
        if !loss.is_tracked() {
            return Self::default();
        }
        let mut collector =
            Collector { path: Path::default(), graph: loss.backward(), found: Self::default() };
        module.visit(&mut collector);
        collector.found
    }

    /// Adds the gradients of another micro-batch of the same optimizer step.
    pub fn accumulate(&mut self, mut other: Self) {
        for (name, (shape, gradient)) in std::mem::take(&mut other.by_name) {
            let sum = match self.by_name.remove(&name) {
                Some((_, mine)) => mine + gradient,
                None => gradient,
            };
            self.by_name.insert(name, (shape, sum));
        }
    }

    /// The Euclidean norm over all gradients together. NaN or infinite if any value is.
    pub fn norm(&self) -> f32 {
        let squares = self.by_name.values().map(|(_, gradient)| squares(gradient.clone()));
        let total = squares.reduce(|a, b| a + b);
        total.map_or(0.0, |total| total.into_scalar::<f32>().sqrt())
    }

    /// Scales all gradients together so that their norm is at most `max_norm`, as PyTorch's
    /// `clip_grad_norm_`: by `max_norm / (norm + 1e-6)` where that is below 1. Returns the norm before.
    pub fn clip_norm(&mut self, max_norm: f32) -> f32 {
        let norm = self.norm();
        let factor = max_norm / (norm + 1e-6);
        if factor < 1.0 {
            for (_, gradient) in self.by_name.values_mut() {
                gradient.inplace(|values| values.mul_scalar(factor));
            }
        }
        norm
    }

    /// Number of tensors that have a gradient.
    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    /// Whether no tensor has a gradient.
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// The values on the host.
    pub fn to_state_dict(&self) -> StateDict {
        let host = |(shape, gradient): &(Vec<usize>, Tensor<1>)| StateTensor {
            shape: shape.clone(),
            data: gradient.to_data().iter::<f32>().collect(),
        };
        self.by_name.iter().map(|(name, entry)| (name.clone(), host(entry))).collect()
    }

    pub(crate) fn get(&self, name: &str) -> Option<Tensor<1>> {
        self.by_name.get(name).map(|(_, gradient)| gradient.clone())
    }

    #[cfg(test)]
    pub(crate) fn insert(&mut self, name: &str, gradient: Tensor<1>) {
        self.by_name.insert(name.to_owned(), (gradient.dims().to_vec(), gradient));
    }
}

/// The next step's gradients have the same sizes: their storage is kept for them.
impl Drop for Gradients {
    fn drop(&mut self) {
        for (_, gradient) in std::mem::take(&mut self.by_name).into_values() {
            release(gradient);
        }
    }
}

struct Collector {
    path: Path,
    graph: Graph,
    found: Gradients,
}

impl ModuleVisitor for Collector {
    track_path!();

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(gradient) = param.val().grad_remove(&mut self.graph) else { return };
        let shape = gradient.dims().to_vec();
        let count = shape.iter().product::<usize>();
        self.found.by_name.insert(self.path.name(), (shape, gradient.reshape([count])));
    }
}
