//! Forward values, gradients and running statistics against PyTorch.

use lacuna_nn::{
    Architecture, Denominator, Gradients, LossConfig, Reduction, Unet, UnetConfig, engine,
};
use serde_json::Value;

use super::formula::{assert_summary, state, tensor};
use super::reference;

fn config(case: &Value) -> UnetConfig {
    let architecture: Architecture = serde_json::from_value(case["architecture"].clone()).unwrap();
    UnetConfig { architecture, encoder_depth: case["depth"].as_u64().unwrap() as usize, classes: 2 }
}

fn by_formula(config: &UnetConfig) -> Unet {
    let mut unet = config.init(0, &engine::device("cpu").unwrap()).unwrap();
    let weights = state(&unet.state_dict());
    assert!(unet.load_state_dict(&weights).is_exact());
    unet
}

fn images(size: usize) -> engine::Tensor<4> {
    let shape = [2, 3, size, size];
    engine::tensor(tensor("images", &shape), shape, &engine::device("cpu").unwrap())
}

fn assert_tensor(what: &str, found: engine::Tensor<4>, expected: &Value) {
    let shape = found.dims();
    assert_summary(what, &shape, &engine::values(found).unwrap(), expected, 1e-4);
}

#[test]
fn encoder_features_are_torchvisions() {
    let reference = reference("unet.json");
    let expected = &reference["torchvision_features"];
    let config =
        UnetConfig { architecture: Architecture::UnetResnet18, encoder_depth: 5, classes: 2 };
    let unet = by_formula(&config).evaluation();
    let features = unet.encoder().forward(images(expected["size"].as_u64().unwrap() as usize));
    for (stage, tensor) in features.finer.into_iter().chain([features.deepest]).enumerate() {
        assert_tensor(&format!("stage {}", stage + 1), tensor, &expected["stages"][stage]);
    }
}

/// Evaluation, one training step's logits, loss, gradients and statistics, for both networks at several depths.
#[test]
fn networks_are_pytorchs() {
    for case in reference("unet.json")["cases"].as_array().unwrap() {
        let config = config(case);
        let name = format!("{:?} depth {}", config.architecture, config.encoder_depth);
        let unet = by_formula(&config);
        assert_eq!(unet.parameter_count() as u64, case["parameters"].as_u64().unwrap(), "{name}");
        let images = images(case["size"].as_u64().unwrap() as usize);
        let evaluated = unet.evaluation().forward(images.clone());
        assert_tensor(&format!("{name} evaluation"), evaluated, &case["evaluation"]);
        assert_training(&name, &unet, images, case);
    }
}

fn assert_training(name: &str, unet: &Unet, images: engine::Tensor<4>, case: &Value) {
    let logits = unet.forward(images);
    let shape = logits.dims();
    assert_tensor(&format!("{name} training"), logits.clone(), &case["training"]);
    let target = tensor("target", &shape);
    let weight = vec![1.0; target.len()];
    let loss = LossConfig { reduction: Reduction::All, ..LossConfig::default() }.init(2).unwrap();
    let denominator = Denominator::of(&weight, shape).unwrap();
    let output = loss.forward(logits, &target, &weight, &denominator).unwrap();
    let (value, wanted) =
        (output.total.clone().into_scalar::<f32>(), case["loss"].as_f64().unwrap());
    assert!((f64::from(value) - wanted).abs() < 1e-5, "{name}: loss {value}, expected {wanted}");
    let gradients = Gradients::of(&output.total, unet).to_state_dict();
    // A ReLU input that rounds to the other side of 0 moves early gradients by per cents of their spread:
    // PyTorch in single precision is up to 2.6 % from PyTorch in double precision on these very inputs.
    for (weight, expected) in case["gradients"].as_object().unwrap() {
        let found = &gradients[weight];
        assert_summary(
            &format!("{name} gradient of {weight}"),
            &found.shape,
            &found.data,
            expected,
            0.03,
        );
    }
    let state = unet.state_dict();
    for (statistic, expected) in case["statistics"].as_object().unwrap() {
        let found = &state[statistic];
        assert_summary(&format!("{name} {statistic}"), &found.shape, &found.data, expected, 1e-4);
    }
}

#[test]
fn the_standard_network_has_the_librarys_size() {
    let config =
        UnetConfig { architecture: Architecture::UnetResnet18, encoder_depth: 5, classes: 2 };
    let unet = config.init(1, &engine::device("cpu").unwrap()).unwrap();
    assert_eq!(unet.parameter_count(), 14_328_354);
    assert_eq!(config.size_divisor(), 32);
}

#[test]
fn impossible_networks_are_refused() {
    let device = engine::device("cpu").unwrap();
    for (encoder_depth, classes) in [(2, 2), (6, 2), (5, 0)] {
        let config =
            UnetConfig { architecture: Architecture::UnetResnet18, encoder_depth, classes };
        assert!(config.init(0, &device).is_err(), "{config:?}");
    }
}

#[test]
fn unknown_and_missing_devices_are_errors_that_name_the_remedy() {
    assert!(engine::device("abacus").unwrap_err().to_string().contains("cuda:N"));
    assert!(engine::device("cuda:x").is_err());
    if !cfg!(feature = "cuda") {
        assert!(engine::device("cuda:0").unwrap_err().to_string().contains("--features cuda"));
    }
    assert!(engine::device_kinds().iter().any(|kind| kind.name == "cpu" && kind.built_in));
}
