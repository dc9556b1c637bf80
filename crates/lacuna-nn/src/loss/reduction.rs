//! What the summed loss of an optimizer step is divided by.

use std::ops::Add;

use serde::{Deserialize, Serialize};

use super::LossError;

/// How the losses of the pixels are averaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reduction {
    /// Σ w·ℓ / number of class-pixels, known or not: what the paper does.
    All,
    /// Σ w·ℓ / Σ w over all images and classes: does not depend on how much was annotated.
    Known,
    /// The mean over the classes that have anything known of Σ w·ℓ / Σ w.
    KnownPerClass,
}

/// What the losses of an optimizer step are divided by, summed over its micro-batches with `+`.
///
/// Without class weights, which the loss adds itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Denominator {
    /// N·C·H·W.
    class_pixels: f64,
    /// Σ w per class.
    weights: Vec<f64>,
    /// Per class the number of images in which anything is known.
    images: Vec<f64>,
}

impl Denominator {
    /// Of a micro-batch with `weight` `[N, C, H, W]` in row-major order.
    pub fn of(weight: &[f32], shape: [usize; 4]) -> Result<Self, LossError> {
        let [_, classes, height, width] = shape;
        let count = shape.iter().product::<usize>();
        if weight.len() != count {
            return Err(LossError::Length { what: "weight", found: weight.len(), shape });
        }
        check_weights(weight)?;
        let mut sums = Self {
            class_pixels: count as f64,
            weights: vec![0.0; classes],
            images: vec![0.0; classes],
        };
        for (plane, values) in weight.chunks_exact((height * width).max(1)).enumerate() {
            let sum: f64 = values.iter().map(|w| f64::from(*w)).sum();
            sums.weights[plane % classes] += sum;
            sums.images[plane % classes] += f64::from(u8::from(sum > 0.0));
        }
        Ok(sums)
    }

    /// Of a micro-batch in which a pixel is known or not, whatever the class: its pixels, and Σ w of those that are known.
    pub(super) fn of_pixels(pixels: f64, known: f64) -> Self {
        Self { class_pixels: pixels, weights: vec![known], images: Vec::new() }
    }

    /// Whether nothing at all is known: the step should be skipped and counted.
    pub fn is_empty(&self) -> bool {
        self.weights.iter().all(|sum| *sum == 0.0)
    }

    /// Σ w per class.
    pub fn known_weight(&self) -> &[f64] {
        &self.weights
    }

    /// Σ over classes of class weight × images with anything known.
    pub(super) fn image_classes(&self, class_weights: &[f64]) -> f64 {
        weighted_sum(&self.images, class_weights)
    }
}

impl Add for Denominator {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            class_pixels: self.class_pixels + other.class_pixels,
            weights: add_classes(self.weights, other.weights),
            images: add_classes(self.images, other.images),
        }
    }
}

impl std::iter::Sum for Denominator {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::default(), Add::add)
    }
}

/// Element-wise; the default denominator has no classes yet.
fn add_classes(mut left: Vec<f64>, right: Vec<f64>) -> Vec<f64> {
    if left.len() < right.len() {
        left.resize(right.len(), 0.0);
    }
    left.iter_mut().zip(right).for_each(|(left, right)| *left += right);
    left
}

impl Reduction {
    /// Per class what `w·ℓ` is multiplied by before summing.
    ///
    /// Class weights c turn `known` into Σ c·w·ℓ / Σ c·w, `known-per-class` into the mean over classes
    /// weighted by c, and `all` into Σ c·w·ℓ / number of class-pixels.
    pub(super) fn factors(self, denominator: &Denominator, class_weights: &[f64]) -> Vec<f64> {
        let sums = class_weights.iter().enumerate().map(|(class, c)| {
            let known = denominator.weights.get(class).copied().unwrap_or_default();
            (*c, known)
        });
        match self {
            Self::All => sums.map(|(c, _)| over(c, denominator.class_pixels)).collect(),
            Self::Known => {
                let total = weighted_sum(&denominator.weights, class_weights);
                sums.map(|(c, _)| over(c, total)).collect()
            }
            Self::KnownPerClass => {
                let total: f64 =
                    sums.clone().filter(|(_, known)| *known > 0.0).map(|(c, _)| c).sum();
                sums.map(|(c, known)| over(over(c, total), known)).collect()
            }
        }
    }
}

fn weighted_sum(values: &[f64], weights: &[f64]) -> f64 {
    values.iter().zip(weights).map(|(value, weight)| value * weight).sum()
}

/// a / b, and 0 where nothing is known.
pub(super) fn over(a: f64, b: f64) -> f64 {
    if b > 0.0 { a / b } else { 0.0 }
}

pub(super) fn check_weights(weight: &[f32]) -> Result<(), LossError> {
    let wrong = weight.iter().position(|w| !(*w >= 0.0 && w.is_finite()));
    wrong.map_or(Ok(()), |index| {
        Err(LossError::Value {
            what: "weight",
            index,
            value: weight[index],
            range: "finite and at least 0",
        })
    })
}
