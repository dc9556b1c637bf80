//! A GPU against the CPU: logits, loss, gradients and trained weights of a small network. Only in programs built with
//! a GPU; `cargo xtask gpu-check` runs it.

use lacuna_nn::{
    Architecture, Denominator, Gradients, LossConfig, OptimizerConfig, StateDict, UnetConfig,
    engine,
};

use super::formula::{state, tensor};

/// Which device; such as `vulkan:0`.
const DEVICE: &str = "LACUNA_TEST_DEVICE";
const SIZE: usize = 64;
const STEPS: usize = 3;

/// What comes out of some steps of training.
struct Outcome {
    losses: Vec<f32>,
    /// Of the first step.
    gradients: StateDict,
    /// After the last.
    logits: Vec<f32>,
}

fn train(architecture: Architecture, device: &engine::Device) -> Outcome {
    let network = UnetConfig { architecture, encoder_depth: 5, classes: 2 };
    let mut unet = network.init(0, device).unwrap();
    let weights = state(&unet.state_dict());
    assert!(unet.load_state_dict(&weights).is_exact());
    let shape = |channels| [2, channels, SIZE, SIZE];
    let images = || engine::tensor(tensor("images", &shape(3)), shape(3), device);
    let target = tensor("target", &shape(2));
    let known = vec![1.0; target.len()];
    let denominator = Denominator::of(&known, shape(2)).unwrap();
    let loss = LossConfig { dice: 0.5, ..LossConfig::default() }.init(2).unwrap();
    let mut optimizer = OptimizerConfig::PAPER.init().unwrap();
    let (mut losses, mut first) = (Vec::new(), None);
    for _ in 0..STEPS {
        let output = loss.forward(unet.forward(images()), &target, &known, &denominator).unwrap();
        let gradients = Gradients::of(&output.total, &unet);
        first.get_or_insert_with(|| gradients.to_state_dict());
        optimizer.step_in_place(&mut unet, &gradients, 0.001);
        losses.extend(engine::values(output.total).unwrap());
    }
    let logits = engine::values(unet.evaluation().forward(images())).unwrap();
    Outcome { losses, gradients: first.unwrap(), logits }
}

/// The norm of the difference relative to that of `expected`.
fn distance(found: &[f32], expected: &[f32]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let square = |value: f32| f64::from(value).powi(2);
    let difference: f64 = found.iter().zip(expected).map(|(a, b)| square(a - b)).sum();
    let norm: f64 = expected.iter().map(|value| square(*value)).sum();
    (difference / norm.max(f64::MIN_POSITIVE)).sqrt()
}

#[test]
fn a_gpu_trains_as_the_cpu_does() {
    let name = std::env::var(DEVICE).expect("LACUNA_TEST_DEVICE names the device, as vulkan:0");
    let (gpu, cpu) = (engine::device(&name).unwrap(), engine::device("cpu").unwrap());
    for architecture in [Architecture::UnetResnet18, Architecture::UnetResnet18Paper] {
        let (found, expected) = (train(architecture, &gpu), train(architecture, &cpu));
        assert!(distance(&found.losses, &expected.losses) < 1e-4, "{architecture:?}: loss");
        let logits = distance(&found.logits, &expected.logits);
        assert!(logits < 1e-2, "{architecture:?}: logits {logits}");
        for (weight, expected) in &expected.gradients {
            let apart = distance(&found.gradients[weight].data, &expected.data);
            assert!(apart < 1e-2, "{architecture:?}: gradient of {weight} {apart}");
        }
    }
}
