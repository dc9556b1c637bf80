//! Losses over what is known: BCE, soft Dice and focal loss with a weight per class and pixel.
//!
//! A weight of 0 means *unknown*. Promises, each held by a test:
//! * the gradient of the loss is exactly 0 at every unknown logit;
//! * the loss has the same bits whatever target or logit is stored there, NaN and infinities included, because
//!   both are replaced before any arithmetic, never multiplied by 0;
//! * the losses of k micro-batches, computed with the [`Denominator`] of all of them, add up to the loss of one
//!   batch; a NaN logit at a known pixel makes the loss NaN.

mod bce;
mod consistency;
mod dice;
mod focal;
mod gated_crf;
mod reduction;
mod softmax;

use burn::tensor::{Bool, Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use self::dice::SoftDice;
use self::softmax::{Categorical, Labels};
use crate::ops::{self, host_loss};

pub use bce::loss_map;
pub use consistency::consistency;
pub use gated_crf::GatedCrf;
pub use reduction::{Denominator, Reduction};
pub use softmax::Activation;

/// Which losses are mixed, and how they are averaged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LossConfig {
    /// What the network's outputs are. Of a softmax the cross-entropy is categorical, and the only loss.
    pub activation: Activation,
    /// Factor of the cross-entropy.
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
            activation: Activation::Sigmoid,
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
    /// A softmax has one loss only.
    #[error(
        "with a softmax the loss is categorical cross-entropy over known or all pixels, without dice, focal loss and reduction per class"
    )]
    OnlyCategorical,
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
        let has_others = self.dice > 0.0 || self.focal > 0.0;
        let is_per_class = self.reduction == Reduction::KnownPerClass;
        if self.activation == Activation::Softmax && (has_others || is_per_class) {
            return Err(LossError::OnlyCategorical);
        }
        Ok(Loss { config: self.clone(), class_weights })
    }
}

/// 1 / (1 + exp(−l)); no exponential overflows.
fn sigmoid(l: f32) -> f32 {
    let exponential = (-l.abs()).exp();
    let numerator = if l < 0.0 { exponential } else { 1.0 };
    numerator / (1.0 + exponential)
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
    /// What the loss of a micro-batch is divided by.
    ///
    /// # Shapes
    /// - `target`, `weight`: `[N, C, H, W]`
    pub fn denominator(
        &self,
        target: &[f32],
        weight: &[f32],
        shape: [usize; 4],
    ) -> Result<Denominator, LossError> {
        match self.config.activation {
            Activation::Sigmoid => Denominator::of(weight, shape),
            Activation::Softmax => {
                check(target, weight, shape)?;
                let (pixels, known) = self.labels(target, weight).count(shape);
                Ok(Denominator::of_pixels(pixels, known))
            }
        }
    }

    fn labels<'a>(&'a self, target: &'a [f32], weight: &'a [f32]) -> Labels<'a> {
        Labels::new(target, weight, &self.class_weights)
    }

    /// The share that a micro-batch has in the loss of its optimizer step.
    ///
    /// # Shapes
    /// - `logits`: `[N, C, H, W]`
    /// - `target`: the same in row-major order, in [0, 1] where known
    /// - `weight`: the same; 0 = unknown, else finite and positive
    ///
    /// `denominator` is the sum of [`Loss::denominator`] over all micro-batches of the step; the loss of one that
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
        let device = logits.device().without_autodiff();
        let LossConfig { bce, focal, dice, .. } = self.config;
        let mut terms = Vec::new();
        if self.config.activation == Activation::Softmax {
            let factor = self.config.reduction.factors(denominator, &[1.0])[0];
            let loss = Categorical { labels: self.labels(target, weight), factor };
            return Ok(mix(vec![(LossTerm::Bce, bce, host_loss(logits, &loss))], &device));
        }
        let fused = bce > 0.0 && device == Device::flex();
        if fused {
            let factors = &self.config.reduction.factors(denominator, &self.class_weights);
            let loss = ops::CrossEntropy { target, weight, factors };
            terms.push((LossTerm::Bce, bce, host_loss(logits.clone(), &loss)));
        }
        if dice > 0.0 {
            let loss = SoftDice::new(target, weight, shape, denominator, &self.class_weights);
            terms.push((LossTerm::Dice, dice, host_loss(logits.clone(), &loss)));
        }
        if focal > 0.0 || (bce > 0.0 && !fused) {
            let batch = KnownPixels::new(logits, target, weight);
            let coefficients = self.pixel_coefficients(weight, shape, denominator, &device);
            let LossConfig { focal_gamma: gamma, focal_alpha: alpha, .. } = self.config;
            let options = PixelOptions { coefficients, gamma, alpha };
            if bce > 0.0 && !fused {
                terms.push((LossTerm::Bce, bce, bce::forward(&batch, &options)));
            }
            if focal > 0.0 {
                terms.push((LossTerm::Focal, focal, focal::forward(&batch, &options)));
            }
        }
        Ok(mix(terms, &device))
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::engine;
    use crate::reference::{assert_close, floats, values};

    const SHAPE: [usize; 4] = [2, 2, 2, 3];
    const COUNT: usize = 24;

    fn mixed(reduction: Reduction) -> LossConfig {
        LossConfig { bce: 1.0, dice: 0.7, focal: 0.3, reduction, ..LossConfig::default() }
    }

    const REDUCTIONS: [Reduction; 3] = [Reduction::All, Reduction::Known, Reduction::KnownPerClass];

    /// A loss and its gradient.
    pub(super) fn gradient_of(
        logits: &[f32],
        shape: [usize; 4],
        loss: impl FnOnce(Tensor<4>) -> Tensor<1>,
    ) -> (f32, Vec<f32>) {
        let device = engine::device("cpu").unwrap();
        let logits = engine::tensor(logits.to_vec(), shape, &device).autodiff().require_grad();
        let loss = loss(logits.clone());
        let gradient = logits.grad(&loss.backward()).unwrap();
        (loss.into_scalar::<f32>(), engine::values(gradient).unwrap())
    }

    /// Loss and gradient of the logits.
    fn evaluate(
        config: &LossConfig,
        logits: &[f32],
        target: &[f32],
        weight: &[f32],
        shape: [usize; 4],
    ) -> (f32, Vec<f32>) {
        share(config, logits, target, weight, shape, &Denominator::of(weight, shape).unwrap())
    }

    fn share(
        config: &LossConfig,
        logits: &[f32],
        target: &[f32],
        weight: &[f32],
        shape: [usize; 4],
        denominator: &Denominator,
    ) -> (f32, Vec<f32>) {
        let loss = config.init(shape[1]).unwrap();
        let total = |logits| loss.forward(logits, target, weight, denominator).unwrap().total;
        gradient_of(logits, shape, total)
    }

    #[test]
    fn losses_and_gradients_are_pytorchs() {
        let expected = values("losses");
        let none = LossConfig { bce: 0.0, ..LossConfig::default() };
        let bce = |reduction| LossConfig { reduction, ..LossConfig::default() };
        let cases = [
            ("bce_all", bce(Reduction::All)),
            ("bce_known", bce(Reduction::Known)),
            ("bce_known_per_class", bce(Reduction::KnownPerClass)),
            ("focal_known", LossConfig { focal: 1.0, ..none.clone() }),
            ("dice", LossConfig { dice: 1.0, ..none }),
        ];
        let part = |name: &str| floats(&expected[name]);
        for (name, config) in cases {
            let (loss, gradient) =
                evaluate(&config, &part("logits"), &part("target"), &part("weight"), [2, 3, 4, 5]);
            assert_close(name, &[loss], &[expected[name]["value"].as_f64().unwrap() as f32], 1e-6);
            assert_close(name, &gradient, &floats(&expected[name]["gradient"]), 1e-6);
        }
    }

    /// By hand: ln 2 at a logit of 0, two known pixels of weights 1 and 2 in class 0, one of weight 1 in class 1.
    #[test]
    fn reductions_divide_by_what_they_say() {
        let shape = [1, 2, 1, 3];
        let weight = [1.0, 2.0, 0.0, 1.0, 0.0, 0.0];
        let logits = [0.0; 6];
        let weighted = |reduction, class_weights| LossConfig {
            reduction,
            class_weights,
            ..LossConfig::default()
        };
        let ln2 = std::f32::consts::LN_2;
        let cases = [
            (weighted(Reduction::All, None), ln2 * 4.0 / 6.0),
            (weighted(Reduction::Known, None), ln2),
            (weighted(Reduction::KnownPerClass, None), ln2),
            (weighted(Reduction::All, Some(vec![1.0, 3.0])), ln2 * 6.0 / 6.0),
            (weighted(Reduction::Known, Some(vec![1.0, 3.0])), ln2),
        ];
        for (config, expected) in cases {
            let (loss, gradient) = evaluate(&config, &logits, &[0.0; 6], &weight, shape);
            assert_close(&format!("{config:?}"), &[loss], &[expected], 1e-6);
            assert_eq!(gradient[2].to_bits(), 0);
        }
        // At a logit of exactly 0 the gradient is σ(0) − y, here over Σ w = 4.
        let (_, gradient) = evaluate(
            &LossConfig::default(),
            &logits,
            &[1.0, 0.0, 0.0, 0.0, 0.0, 0.0],
            &weight,
            shape,
        );
        assert_close("gradient at 0", &gradient, &[-0.125, 0.25, 0.0, 0.125, 0.0, 0.0], 1e-7);
    }

    #[test]
    fn large_logits_neither_overflow_nor_vanish() {
        let shape = [1, 1, 1, 4];
        let (loss, gradient) = evaluate(
            &LossConfig::default(),
            &[200.0, -200.0, 200.0, -200.0],
            &[0.0, 1.0, 1.0, 0.0],
            &[1.0; 4],
            shape,
        );
        assert_close("loss", &[loss], &[100.0], 1e-6);
        assert_close("gradient", &gradient, &[0.25, -0.25, 0.0, 0.0], 1e-6);
    }

    #[test]
    fn what_is_not_a_number_at_a_known_pixel_surfaces() {
        let mut logits = [0.5; COUNT];
        logits[5] = f32::NAN;
        for reduction in REDUCTIONS {
            let (loss, _) =
                evaluate(&mixed(reduction), &logits, &[0.0; COUNT], &[1.0; COUNT], SHAPE);
            assert!(loss.is_nan());
        }
    }

    #[test]
    fn a_batch_of_negatives_only_has_a_gradient() {
        for (bce, dice, focal) in [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)] {
            let config = LossConfig { bce, dice, focal, ..LossConfig::default() };
            let (_, gradient) =
                evaluate(&config, &[0.1; COUNT], &[0.0; COUNT], &[1.0; COUNT], SHAPE);
            assert!(gradient.iter().all(|g| *g > 0.0), "{config:?}");
        }
    }

    #[test]
    fn nothing_known_is_said_and_costs_nothing() {
        let denominator = Denominator::of(&[0.0; COUNT], SHAPE).unwrap();
        assert!(denominator.is_empty() && Denominator::default().is_empty());
        let (loss, gradient) = evaluate(
            &mixed(Reduction::Known),
            &[f32::NAN; COUNT],
            &[f32::NAN; COUNT],
            &[0.0; COUNT],
            SHAPE,
        );
        assert_eq!((loss, gradient), (0.0, vec![0.0; COUNT]));
    }

    #[test]
    fn wrong_inputs_are_refused() {
        assert!(matches!(
            LossConfig { bce: 0.0, ..LossConfig::default() }.init(2),
            Err(LossError::NothingToMinimise)
        ));
        for config in [
            LossConfig { bce: -1.0, ..LossConfig::default() },
            LossConfig { focal_gamma: 0.5, ..LossConfig::default() },
            LossConfig { focal_alpha: Some(1.5), ..LossConfig::default() },
            LossConfig { class_weights: Some(vec![1.0]), ..LossConfig::default() },
            LossConfig { class_weights: Some(vec![1.0, f64::NAN]), ..LossConfig::default() },
        ] {
            assert!(config.init(2).is_err(), "{config:?}");
        }
        assert!(Denominator::of(&[1.0; 3], SHAPE).is_err());
        for weight in [-1.0, f32::NAN, f32::INFINITY] {
            assert!(Denominator::of(&[weight; COUNT], SHAPE).is_err(), "{weight}");
        }
        let loss = LossConfig::default().init(2).unwrap();
        let logits = Tensor::zeros(SHAPE, &engine::device("cpu").unwrap());
        let denominator = Denominator::of(&[1.0; COUNT], SHAPE).unwrap();
        assert!(
            loss.forward(logits, &[2.0; COUNT], &[1.0; COUNT], &denominator).is_err(),
            "target 2"
        );
    }

    #[test]
    fn the_loss_map_sums_to_the_loss() {
        let reference = values("losses");
        let [logits, target, weight] =
            ["logits", "target", "weight"].map(|name| floats(&reference[name]));
        let map = loss_map(&logits, &target, &weight, [2, 3, 4, 5]).unwrap();
        let sum: f32 = map.iter().sum();
        let mean = reference["bce_all"]["value"].as_f64().unwrap() as f32;
        assert_close("sum", &[sum / map.len() as f32], &[mean], 1e-6);
        let unknown = loss_map(&[f32::NAN], &[f32::NAN], &[0.0], [1, 1, 1, 1]).unwrap();
        assert_eq!(unknown, [0.0]);
    }

    fn anything() -> impl Strategy<Value = f32> {
        prop_oneof![-1e9_f32..1e9, Just(f32::NAN), Just(f32::INFINITY), Just(f32::NEG_INFINITY)]
    }

    fn logits() -> impl Strategy<Value = Vec<f32>> {
        prop::collection::vec(-8.0_f32..8.0, COUNT)
    }

    fn targets() -> impl Strategy<Value = Vec<f32>> {
        prop::collection::vec(prop_oneof![Just(0.0_f32), Just(1.0), 0.0_f32..1.0], COUNT)
    }

    fn weights() -> impl Strategy<Value = Vec<f32>> {
        prop::collection::vec(prop_oneof![Just(0.0_f32), Just(1.0), Just(2.0)], COUNT)
    }

    fn reductions() -> impl Strategy<Value = Reduction> {
        prop::sample::select(REDUCTIONS.to_vec())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Whatever is stored at unknown pixels, the loss has the same bits and the gradient there is exactly 0.
        #[test]
        fn unknown_pixels_do_not_exist(
            logits in logits(), target in targets(), weight in weights(), reduction in reductions(),
            stored in prop::collection::vec((anything(), anything()), COUNT),
        ) {
            let config = mixed(reduction);
            let (loss, gradient) = evaluate(&config, &logits, &target, &weight, SHAPE);
            let (mut other_logits, mut other_target) = (logits, target);
            for (index, (logit, value)) in stored.into_iter().enumerate().filter(|(index, _)| weight[*index] == 0.0) {
                other_logits[index] = logit;
                other_target[index] = value;
                prop_assert_eq!(gradient[index].to_bits() << 1, 0, "gradient at unknown pixel {}", index);
            }
            let (other_loss, other_gradient) = evaluate(&config, &other_logits, &other_target, &weight, SHAPE);
            prop_assert_eq!(loss.to_bits(), other_loss.to_bits());
            prop_assert_eq!(gradient, other_gradient);
        }

        /// Two micro-batches with the summed denominator add up to the batch, loss and gradient.
        #[test]
        fn micro_batches_add_up(logits in logits(), target in targets(), weight in weights(), reduction in reductions()) {
            let config = mixed(reduction);
            let (loss, gradient) = evaluate(&config, &logits, &target, &weight, SHAPE);
            let half = [1, 2, 2, 3];
            let parts = |values: &[f32]| [values[..12].to_vec(), values[12..].to_vec()];
            let (l, t, w) = (parts(&logits), parts(&target), parts(&weight));
            let denominator: Denominator = w.iter().map(|w| Denominator::of(w, half).unwrap()).sum();
            let shares: Vec<_> = (0..2).map(|i| share(&config, &l[i], &t[i], &w[i], half, &denominator)).collect();
            assert_close("loss", &[shares[0].0 + shares[1].0], &[loss], 1e-5);
            assert_close("gradient", &[shares[0].1.clone(), shares[1].1.clone()].concat(), &gradient, 1e-6);
        }

        /// Averages over known pixels do not change when every sample is there twice.
        #[test]
        fn duplicating_the_samples_changes_nothing(logits in logits(), target in targets(), weight in weights()) {
            for reduction in REDUCTIONS {
                let config = mixed(reduction);
                let (loss, _) = evaluate(&config, &logits, &target, &weight, SHAPE);
                let twice = |values: &[f32]| values.repeat(2);
                let (doubled, _) = evaluate(&config, &twice(&logits), &twice(&target), &twice(&weight), [4, 2, 2, 3]);
                assert_close("loss", &[doubled], &[loss], 1e-5);
            }
        }

        /// The gradient is the derivative.
        #[test]
        fn gradients_are_finite_differences(
            logits in logits(), target in targets(), weight in weights(), reduction in reductions(), index in 0..COUNT,
        ) {
            let config = mixed(reduction);
            let (_, gradient) = evaluate(&config, &logits, &target, &weight, SHAPE);
            let step = 0.02;
            let moved = |by: f32| {
                let mut moved = logits.clone();
                moved[index] += by;
                evaluate(&config, &moved, &target, &weight, SHAPE).0
            };
            let slope = (moved(step) - moved(-step)) / (2.0 * step);
            prop_assert!((slope - gradient[index]).abs() < 2e-3, "{} and {}", slope, gradient[index]);
        }
    }
}
