//! What training relies on: modes, independent copies, determinism, exact resumption.

use lacuna_nn::{
    Architecture, Denominator, Gradients, LossConfig, Optimizer, OptimizerConfig, Precision,
    StateDict, Unet, UnetConfig, engine,
};

use super::formula::tensor;

const SHAPE: [usize; 4] = [2, 2, 32, 32];

fn unet(seed: u64) -> Unet {
    let config =
        UnetConfig { architecture: Architecture::UnetResnet18, encoder_depth: 3, classes: 2 };
    config.init(seed, &engine::device("cpu").unwrap()).unwrap()
}

fn images() -> engine::Tensor<4> {
    engine::tensor(
        tensor("images", &[2, 3, 32, 32]),
        [2, 3, 32, 32],
        &engine::device("cpu").unwrap(),
    )
}

fn gradients(unet: &Unet) -> Gradients {
    let target = tensor("target", &SHAPE);
    let weight = vec![1.0; target.len()];
    let loss = LossConfig { dice: 0.5, ..LossConfig::default() }.init(2).unwrap();
    let denominator = Denominator::of(&weight, SHAPE).unwrap();
    let output = loss.forward(unet.forward(images()), &target, &weight, &denominator).unwrap();
    Gradients::of(&output.total, unet)
}

fn step(unet: Unet, optimizer: &mut Optimizer) -> Unet {
    let mut gradients = gradients(&unet);
    gradients.clip_norm(1.0);
    optimizer.step(unet, &gradients, 0.01)
}

fn bits(state: &StateDict) -> Vec<u32> {
    state.values().flat_map(|tensor| tensor.data.iter().map(|value| value.to_bits())).collect()
}

const OPTIMIZERS: [OptimizerConfig; 2] = [
    OptimizerConfig::PAPER,
    OptimizerConfig::AdamW { betas: [0.9, 0.999], epsilon: 1e-8, weight_decay: 0.01 },
];

#[test]
fn the_same_seed_gives_the_same_bytes() {
    for config in OPTIMIZERS {
        let run = || {
            let mut optimizer = config.init().unwrap();
            let trained = (0..3).fold(unet(7), |unet, _| step(unet, &mut optimizer));
            (bits(&trained.state_dict()), bits(&optimizer.state_dict()))
        };
        assert_eq!(run(), run());
    }
    assert_ne!(bits(&unet(7).state_dict()), bits(&unet(8).state_dict()));
}

#[test]
fn the_number_of_threads_does_not_change_a_byte() {
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut optimizer = OPTIMIZERS[0].init().unwrap();
            let trained = (0..3).fold(unet(7), |unet, _| step(unet, &mut optimizer));
            let logits = engine::values(trained.evaluation().forward(images())).unwrap();
            let logits: Vec<u32> = logits.into_iter().map(f32::to_bits).collect();
            (bits(&trained.state_dict()), logits)
        })
    };
    assert_eq!(run(1), run(2));
}

/// A step in place is the step, and a clone of the model keeps its weights.
#[test]
fn a_step_in_place_is_the_step() {
    for config in OPTIMIZERS {
        let (mut moved, mut in_place) = (config.init().unwrap(), config.init().unwrap());
        let (mut unet, mut other) = (unet(7), unet(7));
        for _ in 0..2 {
            let copy = other.clone();
            let before = bits(&copy.state_dict());
            unet = step(unet, &mut moved);
            let mut gradients = gradients(&other);
            gradients.clip_norm(1.0);
            in_place.step_in_place(&mut other, &gradients, 0.01);
            assert_eq!(bits(&other.state_dict()), bits(&unet.state_dict()));
            assert_eq!(bits(&copy.state_dict()), before);
        }
    }
}

#[test]
fn a_resumed_run_continues_bit_for_bit() {
    for config in OPTIMIZERS {
        let mut optimizer = config.init().unwrap();
        let halfway = (0..2).fold(unet(7), |unet, _| step(unet, &mut optimizer));
        let (weights, moments) = (halfway.state_dict(), optimizer.state_dict());
        let uninterrupted = step(halfway, &mut optimizer);

        let mut resumed = unet(0);
        assert!(resumed.load_state_dict(&weights).is_exact());
        let mut optimizer = config.init().unwrap();
        optimizer.load_state_dict(&moments, &engine::device("cpu").unwrap()).unwrap();
        assert_eq!(optimizer.steps(), 2);
        let resumed = step(resumed, &mut optimizer);
        assert_eq!(bits(&resumed.state_dict()), bits(&uninterrupted.state_dict()));
    }
}

#[test]
fn a_step_changes_weights_and_lowers_the_loss() {
    let mut optimizer = OptimizerConfig::PAPER.init().unwrap();
    let before = unet(3);
    let start = before.state_dict();
    let after = step(before, &mut optimizer).state_dict();
    let changed = start.iter().filter(|(name, tensor)| after[*name] != **tensor).count();
    assert_eq!(changed, start.len(), "every weight and statistic takes part");
}

#[test]
fn modes_are_explicit() {
    let training = unet(5);
    let fresh = training.state_dict();
    let logits = training.forward(images());
    assert!(logits.is_tracked());
    assert_ne!(bits(&training.state_dict()), bits(&fresh), "training updates running statistics");

    let evaluation = training.evaluation();
    let state = evaluation.state_dict();
    let first = engine::values(evaluation.forward(images())).unwrap();
    let alone = images().narrow(0, 0, 1);
    let single = engine::values(evaluation.forward(alone)).unwrap();
    assert_eq!(bits(&evaluation.state_dict()), bits(&state), "evaluation changes nothing");
    for (a, b) in first.iter().zip(&single) {
        assert!((a - b).abs() < 1e-5, "an image's result does not depend on its batch");
    }
    assert!(!evaluation.forward(images()).is_tracked());
    assert!(evaluation.training().forward(images()).is_tracked());
}

#[test]
fn a_copy_is_independent() {
    let original = unet(5);
    let copy = original.clone();
    let before = bits(&copy.state_dict());
    original.forward(images());
    assert_eq!(bits(&copy.state_dict()), before, "statistics are not shared");
    let mut other = original.clone();
    other.load_state_dict(&unet(6).state_dict());
    assert_ne!(bits(&original.state_dict()), bits(&other.state_dict()));
}

#[test]
fn a_state_dict_goes_round_exactly() {
    let mut state = unet(1).state_dict();
    let names: Vec<_> = state.keys().map(String::as_str).collect();
    assert!(names.contains(&"encoder.layer2.0.downsample.1.running_var"));
    assert!(names.contains(&"decoder.blocks.0.conv1.0.weight"));
    assert!(names.contains(&"segmentation_head.0.bias"));
    let mut other = unet(2);
    let report = other.load_state_dict(&state);
    assert!(report.is_exact(), "{report}");
    assert_eq!(bits(&other.state_dict()), bits(&state));

    let head = state.remove("segmentation_head.0.bias").unwrap();
    state.insert("segmentation_head.0.weight".to_owned(), head);
    state.insert("stranger".to_owned(), state["encoder.bn1.weight"].clone());
    let report = other.load_state_dict(&state);
    assert_eq!(report.missing, ["segmentation_head.0.bias"]);
    assert_eq!(report.unexpected, ["stranger"]);
    assert_eq!(report.mis_shaped[0].name, "segmentation_head.0.weight");
    assert_eq!(report.mis_shaped[0].found, [2]);
}

/// Rounded factors change results everywhere, and only in the call they are asked for. Gradients of small pictures are
/// coarse then: those of PyTorch's autocast differ by .12 to .36 in the layers of this network.
#[test]
fn autocast_rounds_the_convolutions_it_starts_and_their_gradients() {
    let gradients_in = |precision: Precision| {
        let (unet, target) = (unet(7), tensor("target", &SHAPE));
        let weight = vec![1.0; target.len()];
        let logits = precision.autocast(|| unet.forward(images()));
        let loss = LossConfig::default().init(2).unwrap();
        let denominator = Denominator::of(&weight, SHAPE).unwrap();
        let output = loss.forward(logits, &target, &weight, &denominator).unwrap();
        Gradients::of(&output.total, &unet).to_state_dict()
    };
    let (exact, rounded) = (gradients_in(Precision::F32), gradients_in(Precision::Bf16));
    for (name, exact) in exact.iter().filter(|(name, _)| name.contains("conv")) {
        let rounded = &rounded[name].data;
        let norm = |values: &mut dyn Iterator<Item = f32>| {
            values.map(|value| f64::from(value).powi(2)).sum::<f64>().sqrt()
        };
        let difference = norm(&mut exact.data.iter().zip(rounded).map(|(a, b)| a - b));
        let relative = difference / norm(&mut exact.data.iter().copied());
        assert!(relative > 1e-5 && relative < 0.4, "{name}: {relative}");
    }
    assert_eq!(gradients_in(Precision::F32), exact);
}
