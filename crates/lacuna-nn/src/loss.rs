//! Losses over what is known: BCE, soft Dice and focal loss with a weight per class and pixel.
//!
//! A weight of 0 means *unknown*. Promises, each held by a test:
//! * the gradient of the loss is exactly 0 at every unknown logit;
//! * the loss has the same bits whatever target or logit is stored there, NaN and infinities included, because
//!   both are replaced before any arithmetic, never multiplied by 0;
//! * the losses of k micro-batches, computed with the [`Denominator`] of all of them, add up to the loss of one
//!   batch; a NaN logit at a known pixel makes the loss NaN.

mod bce;
mod dice;
mod focal;
mod reduction;

use burn::tensor::{Bool, Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

pub use bce::loss_map;
pub use reduction::{Denominator, Reduction};

/// Which losses are mixed, and how they are averaged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LossConfig {
    /// Factor of the binary cross-entropy.
    pub bce: f64,
    /// Factor of the soft Dice loss.
    pub dice: f64,
    /// Factor of the focal loss.
    pub focal: f64,
    /// Exponent γ of the focal loss: 0 or at least 1.
    pub focal_gamma: f64,
    /// Weight α of the positives in the focal loss (1 − α of the negatives); none = both 1.
    pub focal_alpha: Option<f64>,
    /// How BCE and focal loss are averaged over pixels.
    pub reduction: Reduction,
    /// A factor per class, none = all 1.
    pub class_weights: Option<Vec<f64>>,
}

impl Default for LossConfig {
    /// BCE averaged over known pixels; γ and α of the focal loss as Lin et al. 2017 recommend.
    fn default() -> Self {
        Self {
            bce: 1.0,
            dice: 0.0,
            focal: 0.0,
            focal_gamma: 2.0,
            focal_alpha: Some(0.25),
            reduction: Reduction::Known,
            class_weights: None,
        }
    }
}

/// Why a loss cannot be made or computed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LossError {
    /// A setting makes no sense.
    #[error("loss setting {name} is {value}, must be {range}")]
    OutOfRange {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What it may be.
        range: &'static str,
    },
    /// All factors are zero.
    #[error("loss settings bce, dice and focal are all 0: nothing to minimise")]
    NothingToMinimise,
    /// There is not one class weight per class.
    #[error("{found} class weights for {classes} classes")]
    ClassWeights {
        /// Number of classes.
        classes: usize,
        /// Number of weights.
        found: usize,
    },
    /// A slice has not as many values as its shape says.
    #[error("{what} has {found} values, shape {shape:?} needs {}", shape.iter().product::<usize>())]
    Length {
        /// `target`, `weight` or `logits`.
        what: &'static str,
        /// Its number of values.
        found: usize,
        /// `[N, C, H, W]`.
        shape: [usize; 4],
    },
    /// A value cannot be used.
    #[error("{what} is {value} at index {index}, must be {range}")]
    Value {
        /// `target` or `weight`.
        what: &'static str,
        /// Where.
        index: usize,
        /// The value.
        value: f32,
        /// What it may be.
        range: &'static str,
    },
}

/// A part of a mixed loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LossTerm {
    /// Binary cross-entropy.
    Bce,
    /// Soft Dice loss.
    Dice,
    /// Focal loss.
    Focal,
}

/// A loss and its parts, each a scalar `[1]`; a share of the step's loss where there are micro-batches.
#[derive(Debug, Clone)]
pub struct LossOutput {
    /// What to differentiate: Σ factor · part.
    pub total: Tensor<1>,
    /// Each part before its factor, without gradient; `(bce, value)`, ….
    pub parts: Vec<(LossTerm, Tensor<1>)>,
}

/// A checked loss for a number of classes.
#[derive(Debug, Clone)]
pub struct Loss {
    config: LossConfig,
    class_weights: Vec<f64>,
}

impl LossConfig {
    /// The loss for `classes` classes.
    pub fn init(&self, classes: usize) -> Result<Loss, LossError> {
        let class_weights = self.class_weights.clone().unwrap_or_else(|| vec![1.0; classes]);
        if class_weights.len() != classes {
            return Err(LossError::ClassWeights { classes, found: class_weights.len() });
        }
        let factors = [("bce", self.bce), ("dice", self.dice), ("focal", self.focal)];
        let weights = class_weights.iter().map(|weight| ("class-weights", *weight));
        for (name, value) in factors.into_iter().chain(weights) {
            in_range(name, value, value >= 0.0 && value.is_finite(), "at least 0")?;
        }
        let gamma = self.focal_gamma;
        // Between 0 and 1 the gradient of (1 − p)^γ is infinite at a perfect prediction.
        in_range(
            "focal-gamma",
            gamma,
            gamma == 0.0 || (gamma >= 1.0 && gamma.is_finite()),
            "0 or at least 1",
        )?;
        if let Some(alpha) = self.focal_alpha {
            in_range("focal-alpha", alpha, (0.0..=1.0).contains(&alpha), "in [0, 1]")?;
        }
        if factors.iter().all(|(_, factor)| *factor == 0.0) {
            return Err(LossError::NothingToMinimise);
        }
        Ok(Loss { config: self.clone(), class_weights })
    }
}

fn in_range(
    name: &'static str,
    value: f64,
    holds: bool,
    range: &'static str,
) -> Result<(), LossError> {
    if holds { Ok(()) } else { Err(LossError::OutOfRange { name, value, range }) }
}

impl Loss {
    /// The share that a micro-batch has in the loss of its optimizer step.
    ///
    /// # Shapes
    /// - `logits`: `[N, C, H, W]`
    /// - `target`: the same in row-major order, in [0, 1] where known
    /// - `weight`: the same; 0 = unknown, else finite and positive
    ///
    /// `denominator` is the sum of [`Denominator::of`] over all micro-batches of the step; the loss of one that
    /// is [empty](Denominator::is_empty) is 0 and has no gradient.
    pub fn forward(
        &self,
        logits: Tensor<4>,
        target: &[f32],
        weight: &[f32],
        denominator: &Denominator,
    ) -> Result<LossOutput, LossError> {
        let shape = logits.dims();
        check(target, weight, shape)?;
        if shape[1] != self.class_weights.len() {
            return Err(LossError::ClassWeights {
                classes: shape[1],
                found: self.class_weights.len(),
            });
        }
        let batch = KnownPixels::new(logits, target, weight);
        let pixel = self.pixel_coefficients(weight, shape, denominator, &batch.device);
        let dice = dice::coefficients(weight, shape, denominator, &self.class_weights);
        let LossConfig { bce, focal, dice: dice_factor, focal_gamma, focal_alpha, .. } =
            self.config;
        let parts = [
            (LossTerm::Bce, bce, bce::forward as fn(&KnownPixels, &PixelOptions) -> Tensor<1>),
            (LossTerm::Focal, focal, focal::forward),
        ];
        let options = PixelOptions { coefficients: pixel, gamma: focal_gamma, alpha: focal_alpha };
        let wanted = parts.into_iter().filter(|(_, factor, _)| *factor > 0.0);
        let mut terms: Vec<_> =
            wanted.map(|(term, factor, part)| (term, factor, part(&batch, &options))).collect();
        if dice_factor > 0.0 {
            terms.push((LossTerm::Dice, dice_factor, dice::forward(&batch, weight, dice)));
        }
        Ok(mix(terms, &batch.device))
    }

    /// What each pixel's loss is multiplied by, exactly 0 where unknown.
    fn pixel_coefficients(
        &self,
        weight: &[f32],
        shape: [usize; 4],
        denominator: &Denominator,
        device: &Device,
    ) -> Tensor<4> {
        let [_, classes, height, width] = shape;
        let per_class = self.config.reduction.factors(denominator, &self.class_weights);
        let scaled = |(plane, values): (usize, &[f32])| {
            let factor = per_class[plane % classes];
            values.iter().map(|w| (f64::from(*w) * factor) as f32).collect::<Vec<_>>()
        };
        let planes = weight.chunks_exact((height * width).max(1));
        crate::engine::tensor(planes.enumerate().flat_map(scaled).collect(), shape, device)
    }
}

fn mix(terms: Vec<(LossTerm, f64, Tensor<1>)>, device: &Device) -> LossOutput {
    let parts =
        terms.iter().map(|(term, _, value)| (*term, value.clone().without_autodiff())).collect();
    let weighted = terms.into_iter().map(|(_, factor, value)| value.mul_scalar(factor));
    let total = weighted.reduce(|a, b| a + b).unwrap_or_else(|| Tensor::zeros([1], device));
    LossOutput { total, parts }
}

/// What the losses per pixel need.
struct PixelOptions {
    coefficients: Tensor<4>,
    gamma: f64,
    alpha: Option<f64>,
}

/// A batch in which nothing unknown is left: logits and targets are 0 there.
struct KnownPixels {
    logits: Tensor<4>,
    target: Tensor<4>,
    device: Device,
}

impl KnownPixels {
    fn new(logits: Tensor<4>, target: &[f32], weight: &[f32]) -> Self {
        let shape = logits.dims();
        let device = logits.device().without_autodiff();
        let unknown: Vec<bool> = weight.iter().map(|w| *w == 0.0).collect();
        let target = target
            .iter()
            .zip(&unknown)
            .map(|(y, unknown)| if *unknown { 0.0 } else { *y })
            .collect();
        let unknown = Tensor::<4, Bool>::from_bool(TensorData::new(unknown, shape), &device);
        Self {
            logits: logits.mask_fill(unknown, 0.0),
            target: crate::engine::tensor(target, shape, &device),
            device,
        }
    }
}

fn check(target: &[f32], weight: &[f32], shape: [usize; 4]) -> Result<(), LossError> {
    let count = shape.iter().product::<usize>();
    for (what, values) in [("target", target), ("weight", weight)] {
        if values.len() != count {
            return Err(LossError::Length { what, found: values.len(), shape });
        }
    }
    reduction::check_weights(weight)?;
    let known = target.iter().zip(weight).enumerate().filter(|(_, (_, w))| **w > 0.0);
    for (index, (value, _)) in known {
        if !(0.0..=1.0).contains(value) {
            return Err(LossError::Value {
                what: "target",
                index,
                value: *value,
                range: "in [0, 1] where known",
            });
        }
    }
    Ok(())
}
