//! Categorical cross-entropy over exclusive classes and a background, unknown pixels ignored: what users of nnU-Net's
//! ignore label train with.
//!
//! The background's logit is fixed at 0, which loses nothing: a softmax does not change when all logits are shifted. A pixel
//! is of a class where that is known to be there, background where all classes are known not to be, else ignored: that one
//! class is *not* there, and nothing more, cannot be said.

use burn::tensor::{Tensor, activation};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::ops::HostLoss;

/// From a network's outputs to probabilities.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// Each class for itself.
    #[default]
    Sigmoid,
    /// Classes that exclude each other, and a background whose logit is 0.
    Softmax,
}

impl Activation {
    /// Logits `[N, C, H, W]` whose sigmoid is each class's probability.
    ///
    /// Of a softmax it is l_c − log(1 + Σ_{k ≠ c} exp l_k).
    pub fn class_logits(self, logits: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Sigmoid => logits,
            Self::Softmax => {
                let classes = logits.dims()[1];
                let one = |class| logits.clone().narrow(1, class, 1);
                let of = |class: usize| {
                    let others = (0..classes).filter(|other| *other != class).map(one);
                    let background = one(class).zeros_like();
                    let rest = std::iter::once(background).chain(others).collect();
                    one(class) - log_sum_exp(Tensor::cat(rest, 1))
                };
                Tensor::cat((0..classes).map(of).collect(), 1)
            }
        }
    }

    /// Probabilities of logits `[N, C, H, W]`.
    pub fn probabilities(self, logits: Tensor<4>) -> Tensor<4> {
        activation::sigmoid(self.class_logits(logits))
    }
}

/// log Σ exp over the channels, `[N, 1, H, W]`.
fn log_sum_exp(logits: Tensor<4>) -> Tensor<4> {
    let largest = logits.clone().max_dim(1).detach();
    (logits - largest.clone()).exp().sum_dim(1).log() + largest
}

/// What is known of the pixels of a batch whose classes exclude each other.
pub(super) struct Labels<'a> {
    target: &'a [f32],
    weight: &'a [f32],
    class_weights: &'a [f64],
}

/// A known pixel.
struct Label {
    /// `None` for background.
    class: Option<usize>,
    weight: f64,
}

impl<'a> Labels<'a> {
    pub(super) fn new(target: &'a [f32], weight: &'a [f32], class_weights: &'a [f64]) -> Self {
        Self { target, weight, class_weights }
    }

    /// What is known of a pixel of an image; both are places in planes and batch.
    fn label(&self, image: usize, pixel: usize, area: usize) -> Option<Label> {
        let classes = self.class_weights.len();
        let at = |class: usize| (image * classes + class) * area + pixel;
        let weight = |class: usize| f64::from(self.weight[at(class)]);
        let is_class = |class: &usize| weight(*class) > 0.0 && self.target[at(*class)] > 0.5;
        if let Some(class) = (0..classes).find(is_class) {
            let weight = weight(class) * self.class_weights[class];
            return Some(Label { class: Some(class), weight });
        }
        let least = (0..classes).map(weight).fold(f64::INFINITY, f64::min);
        (least > 0.0 && least.is_finite()).then_some(Label { class: None, weight: least })
    }

    /// Pixels, and the weights of those that are known.
    pub(super) fn count(&self, shape: [usize; 4]) -> (f64, f64) {
        let [n, _, height, width] = shape;
        let area = height * width;
        let weights = (0..n)
            .flat_map(|image| (0..area).filter_map(move |pixel| self.label(image, pixel, area)));
        ((n * area) as f64, weights.map(|label| label.weight).sum())
    }
}

/// Σ factor · weight · −log p(label) over the known pixels.
pub(super) struct Categorical<'a> {
    pub(super) labels: Labels<'a>,
    pub(super) factor: f64,
}

impl HostLoss for Categorical<'_> {
    fn evaluate(&self, logits: &[f32], shape: [usize; 4], gradient: &mut [f32]) -> f64 {
        let [_, classes, height, width] = shape;
        let area = height * width;
        let image_size = (classes * area).max(1);
        let sums: Vec<f64> = gradient
            .par_chunks_mut(image_size)
            .zip(logits.par_chunks(image_size))
            .enumerate()
            .map(|(image, (gradient, logits))| {
                gradient.fill(0.0);
                let mut sum = 0.0;
                for pixel in 0..area {
                    let Some(label) = self.labels.label(image, pixel, area) else { continue };
                    let coefficient = self.factor * label.weight;
                    let places = (0..classes).map(|class| class * area + pixel);
                    sum += coefficient * of_pixel(logits, places, &label, coefficient, gradient);
                }
                sum
            })
            .collect();
        sums.iter().sum()
    }
}

/// −log p(label); writes coefficient · (p − [label]) into the gradient at the places of the pixel's classes.
fn of_pixel(
    logits: &[f32],
    places: impl Iterator<Item = usize> + Clone,
    label: &Label,
    coefficient: f64,
    gradient: &mut [f32],
) -> f64 {
    // the background's logit is 0; written so that NaN stays NaN
    let largest = places
        .clone()
        .map(|at| f64::from(logits[at]))
        .fold(0.0, |a, b| if b > a || b.is_nan() { b } else { a });
    let exponential = |at: usize| (f64::from(logits[at]) - largest).exp();
    let total = (-largest).exp() + places.clone().map(exponential).sum::<f64>();
    let mut of_label = 0.0;
    for (class, at) in places.enumerate() {
        let is_label = label.class == Some(class);
        if is_label {
            of_label = f64::from(logits[at]);
        }
        let hit = if is_label { 1.0 } else { 0.0 };
        gradient[at] = (coefficient * (exponential(at) / total - hit)) as f32;
    }
    total.ln() + largest - of_label
}

#[cfg(test)]
mod tests {
    use super::super::Reduction::{All, Known, KnownPerClass};
    use super::super::tests::gradient_of;
    use super::*;
    use crate::engine;
    use crate::reference::{assert_close, floats, partial};

    const SHAPE: [usize; 4] = [2, 2, 7, 6];

    #[test]
    fn is_pytorchs_cross_entropy_with_ignore_index() {
        let reference = partial();
        let [logits, target, weight] =
            ["logits", "target", "weight"].map(|name| floats(&reference[name]));
        let config =
            super::super::LossConfig { activation: Activation::Softmax, ..Default::default() };
        let loss = config.init(2).unwrap();
        let denominator = loss.denominator(&target, &weight, SHAPE).unwrap();
        let (value, gradient) = gradient_of(&logits, SHAPE, |logits| {
            loss.forward(logits, &target, &weight, &denominator).unwrap().total
        });
        let expected = &reference["softmax"];
        assert_close("loss", &[value], &[expected["value"].as_f64().unwrap() as f32], 1e-6);
        assert_close("gradient", &gradient, &floats(&expected["gradient"]), 1e-6);
    }

    #[test]
    fn what_is_ignored_may_be_anything() {
        let reference = partial();
        let [mut logits, target, weight] =
            ["logits", "target", "weight"].map(|name| floats(&reference[name]));
        let config =
            super::super::LossConfig { activation: Activation::Softmax, ..Default::default() };
        let loss = config.init(2).unwrap();
        let denominator = loss.denominator(&target, &weight, SHAPE).unwrap();
        let mut evaluate = |stored: Option<f32>| {
            let (area, labels) = (SHAPE[2] * SHAPE[3], loss.labels(&target, &weight));
            for (image, pixel) in (0..2).flat_map(|i| (0..area).map(move |p| (i, p))) {
                if let Some(value) = stored
                    && labels.label(image, pixel, area).is_none()
                {
                    logits[image * 2 * area + pixel] = value;
                }
            }
            gradient_of(&logits, SHAPE, |logits| {
                loss.forward(logits, &target, &weight, &denominator).unwrap().total
            })
        };
        let before = evaluate(None);
        for stored in [f32::NAN, f32::INFINITY, -1e9] {
            assert_eq!(evaluate(Some(stored)), before, "{stored}");
        }
    }

    #[test]
    fn probabilities_are_the_softmaxs() {
        let reference = partial();
        let device = engine::device("cpu").unwrap();
        let logits = engine::tensor(floats(&reference["logits"]), SHAPE, &device);
        let found = engine::values(Activation::Softmax.probabilities(logits)).unwrap();
        assert_close("softmax", &found, &floats(&reference["softmax_probabilities"]), 1e-6);
        // far out nothing overflows, and the probabilities of class and not class stay apart
        let logits = engine::tensor(vec![200.0, -200.0], [1, 2, 1, 1], &device);
        let class = engine::values(Activation::Softmax.class_logits(logits)).unwrap();
        assert_eq!(class, [200.0, -400.0]);
    }

    #[test]
    fn other_losses_are_refused() {
        let with = |dice, focal, reduction| super::super::LossConfig {
            activation: Activation::Softmax,
            dice,
            focal,
            reduction,
            ..Default::default()
        };
        for config in [with(1.0, 0.0, Known), with(0.0, 1.0, All), with(0.0, 0.0, KnownPerClass)] {
            assert!(config.init(2).is_err(), "{config:?}");
        }
    }
}
