//! Fifty steps of training from the same weights on the same batches as PyTorch (`refs/nn/make_curve.py`).

use lacuna_nn::{
    Architecture, Denominator, Gradients, LossConfig, OptimizerConfig, UnetConfig, engine,
};
use serde_json::Value;

use super::formula::{state, tensor};
use super::{numbers, reference};

/// Pictures, targets and weights of all steps, one after the other.
struct Batches {
    images: Vec<f32>,
    targets: Vec<f32>,
    weights: Vec<f32>,
    batch: usize,
    size: usize,
}

impl Batches {
    fn new(steps: usize, batch: usize, size: usize) -> Self {
        let (count, plane) = (steps * batch, size * size);
        let images = tensor("images", &[count, 3, size, size]);
        let bright = |(index, least): (usize, f32), image: &[f32]| -> Vec<f32> {
            let plane = &image[index * plane..][..plane];
            plane.iter().map(|value| f32::from(u8::from(*value > least))).collect()
        };
        let classes = |image: &[f32]| [(0, 0.0), (1, 0.75)].map(|class| bright(class, image));
        let targets = images.chunks(3 * plane).flat_map(|image| classes(image).concat()).collect();
        let weights = tensor("target", &[count, 2, size, size]);
        Self { images, targets, weights, batch, size }
    }

    /// The values of a step, of so many a picture.
    fn of<'a>(&self, values: &'a [f32], channels: usize, step: usize) -> &'a [f32] {
        let count = self.batch * channels * self.size * self.size;
        &values[step * count..][..count]
    }
}

fn losses(config: OptimizerConfig, lr: f64, steps: usize, batches: &Batches) -> Vec<f64> {
    let device = engine::device("cpu").unwrap();
    let network =
        UnetConfig { architecture: Architecture::UnetResnet18, encoder_depth: 5, classes: 2 };
    let mut unet = network.init(0, &device).unwrap();
    let weights = state(&unet.state_dict());
    assert!(unet.load_state_dict(&weights).is_exact());
    let mut optimizer = config.init().unwrap();
    let loss = LossConfig::default().init(2).unwrap();
    let shape = |channels| [batches.batch, channels, batches.size, batches.size];
    let step = |step| {
        let images = batches.of(&batches.images, 3, step).to_vec();
        let logits = unet.forward(engine::tensor(images, shape(3), &device));
        let targets = batches.of(&batches.targets, 2, step);
        let weights = batches.of(&batches.weights, 2, step);
        let denominator = Denominator::of(weights, shape(2)).unwrap();
        let output = loss.forward(logits, targets, weights, &denominator).unwrap();
        let gradients = Gradients::of(&output.total, &unet);
        optimizer.step_in_place(&mut unet, &gradients, lr);
        f64::from(engine::values(output.total).unwrap()[0])
    };
    (0..steps).map(step).collect()
}

/// `tolerance` is the largest difference of a loss from PyTorch's in float32, relative to it.
fn follows(name: &str, config: OptimizerConfig, tolerance: f64) {
    let reference = reference("curve.json");
    let whole = |value: &Value| value.as_u64().unwrap() as usize;
    let curve = &reference["curves"][name];
    let expected = numbers(&curve["float32"]);
    let batches =
        Batches::new(expected.len(), whole(&reference["batch"]), whole(&reference["size"]));
    let found = losses(config, curve["lr"].as_f64().unwrap(), expected.len(), &batches);
    for (step, (found, expected)) in found.iter().zip(&expected).enumerate() {
        let difference = (found - expected).abs() / expected;
        assert!(difference < tolerance, "step {}: {found}, PyTorch has {expected}", step + 1);
    }
    assert!(expected[expected.len() - 1] < 0.97 * expected[0], "something is learnt");
}

#[test]
fn sgd_follows_pytorch_over_fifty_steps() {
    follows("sgd", OptimizerConfig::PAPER, 1e-3);
}

/// Steps that are divided by the size of the gradient magnify its rounding: PyTorch's own curves in float32 and float64
/// are 3e-3 apart.
#[test]
fn adamw_follows_pytorch_over_fifty_steps() {
    let config = OptimizerConfig::AdamW { betas: [0.9, 0.999], epsilon: 1e-8, weight_decay: 0.01 };
    follows("adamw", config, 1e-2);
}
