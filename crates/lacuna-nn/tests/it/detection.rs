//! Whole detectors against torchvision's Faster R-CNN on a ResNet18 with feature pyramid
//! (`refs/detection/make_model.py`).

use std::collections::BTreeMap;

use lacuna_nn::detection::{
    BackboneConfig, Detection, DetectionError, FasterRcnn, FasterRcnnConfig, ImageList,
    RoiHeadsConfig, RpnConfig, SampleStreams, Target, TopN,
};
use lacuna_nn::weights::write_safetensors;
use lacuna_nn::{
    EncoderWeights, Gradients, OptimizerConfig, StateDict, StateTensor, WeightsFile, engine,
};
use serde_json::Value;

use super::formula::{assert_summary, tensor, uniform};
use super::{numbers, whole_numbers};

const STREAMS: SampleStreams = SampleStreams { seed: 1, step: 0 };

fn reference() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../refs/detection/model.json");
    serde_json::from_str(&fs_err::read_to_string(path).unwrap()).unwrap()
}

/// Nothing is drawn: all anchors and proposals count.
fn config(depth: usize) -> FasterRcnnConfig {
    let mut config = FasterRcnnConfig::new(3).with_depth(depth);
    for size in config.anchors.sizes.iter_mut().flatten() {
        *size /= 2.0;
    }
    config.rpn = RpnConfig {
        batch_size_per_image: 1 << 20,
        positive_fraction: 1.0,
        pre_nms_top_n: TopN { training: 150, testing: 120 },
        post_nms_top_n: TopN { training: 120, testing: 80 },
        ..RpnConfig::default()
    };
    config.roi_heads = RoiHeadsConfig {
        batch_size_per_image: 1 << 20,
        positive_fraction: 1.0,
        detections_per_img: 30,
        ..RoiHeadsConfig::default()
    };
    config
}

/// `value` of `make_model.py`.
fn weight(name: &str, shape: &[usize]) -> Vec<f32> {
    if name.starts_with("backbone.body.") && shape.len() == 1 {
        return tensor(name, shape);
    }
    if shape.len() == 1 {
        return tensor(name, shape).into_iter().map(|value| value * 0.5).collect();
    }
    let scale = match name {
        "rpn.head.bbox_pred.weight" => 0.2,
        "roi_heads.box_predictor.cls_score.weight" => 0.8,
        "rpn.head.cls_logits.weight" => 0.3,
        _ => 1.0,
    };
    let bound = (3.0 / shape[1..].iter().product::<usize>() as f64).sqrt();
    let value = |index| (scale * (2.0 * uniform(name, index) - 1.0) * bound) as f32;
    (0..shape.iter().product()).map(value).collect()
}

fn by_formula(template: &StateDict) -> StateDict {
    let fill = |(name, old): (&String, &StateTensor)| {
        (name.clone(), StateTensor { shape: old.shape.clone(), data: weight(name, &old.shape) })
    };
    template.iter().map(fill).collect()
}

fn detector(depth: usize) -> FasterRcnn {
    let mut model = config(depth).init(0, &engine::device("cpu").unwrap()).unwrap();
    let weights = by_formula(&model.state_dict());
    assert!(model.load_state_dict(&weights).is_exact());
    model
}

fn images(reference: &Value) -> ImageList {
    let [height, width]: [usize; 2] = whole_numbers(&reference["padded"]).try_into().unwrap();
    let sizes = reference["sizes"].as_array().unwrap().iter();
    let sizes: Vec<[usize; 2]> =
        sizes.map(|size| whole_numbers(size).try_into().unwrap()).collect();
    let shape = [sizes.len(), 3, height, width];
    let mut values = tensor("images", &shape);
    for (index, value) in values.iter_mut().enumerate() {
        let [rows, columns] = sizes[index / (3 * height * width)];
        if index / width % height >= rows || index % width >= columns {
            *value = 0.0;
        }
    }
    let tensor = engine::tensor(values, shape, &engine::device("cpu").unwrap());
    ImageList::padded(tensor, &sizes).unwrap()
}

fn corners(value: &Value) -> Vec<[f32; 4]> {
    let corners = |b: &Value| numbers(b).iter().map(|v| *v as f32).collect::<Vec<_>>();
    value.as_array().unwrap().iter().map(|b| corners(b).try_into().unwrap()).collect()
}

fn targets(reference: &Value) -> Vec<Target> {
    let target = |value: &Value| Target {
        boxes: corners(&value["boxes"]),
        labels: whole_numbers(&value["labels"]),
    };
    reference["targets"].as_array().unwrap().iter().map(target).collect()
}

fn assert_near(what: &str, found: f32, expected: f64, tolerance: f64) {
    let error = (f64::from(found) - expected).abs();
    assert!(error <= tolerance * expected.abs().max(1.0), "{what}: {found}, expected {expected}");
}

#[test]
fn losses_and_gradients_are_torchvisions() {
    let reference = reference();
    for case in reference["cases"].as_array().unwrap() {
        let depth = case["depth"].as_u64().unwrap() as usize;
        let model = detector(depth);
        let losses = model.losses(&images(&reference), &targets(&reference), STREAMS).unwrap();
        let gradients = Gradients::of(&losses.total(), &model).to_state_dict();
        let by_name = [
            ("loss_classifier", losses.loss_classifier),
            ("loss_box_reg", losses.loss_box_reg),
            ("loss_objectness", losses.loss_objectness),
            ("loss_rpn_box_reg", losses.loss_rpn_box_reg),
        ];
        for (name, loss) in by_name {
            let expected = case["losses"][name].as_f64().unwrap();
            assert_near(name, loss.into_scalar::<f32>(), expected, 1e-5);
        }
        for (name, expected) in case["gradients"].as_object().unwrap() {
            let found = &gradients[name];
            assert_summary(name, &found.shape, &found.data, expected, 1e-3);
        }
        for name in case["frozen"].as_array().unwrap() {
            assert!(!gradients.contains_key(name.as_str().unwrap()), "{name} is frozen");
        }
    }
}

#[test]
fn detections_are_torchvisions() {
    let reference = reference();
    for case in reference["cases"].as_array().unwrap() {
        let model = detector(case["depth"].as_u64().unwrap() as usize).evaluation();
        let found = model.detect(&images(&reference)).unwrap();
        let expected = case["detections"].as_array().unwrap();
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert_detections(found, expected);
        }
    }
}

fn assert_detections(found: &[Detection], expected: &Value) {
    let (boxes, scores) = (corners(&expected["boxes"]), numbers(&expected["scores"]));
    let labels: Vec<usize> = found.iter().map(|detection| detection.label).collect();
    assert_eq!(labels, whole_numbers(&expected["labels"]));
    for (index, detection) in found.iter().enumerate() {
        assert_near(&format!("score {index}"), detection.score, scores[index], 1e-4);
        for (side, expected) in detection.corners.iter().zip(&boxes[index]) {
            assert_near(&format!("box {index}"), *side, f64::from(*expected), 1e-3);
        }
    }
}

/// Names, also after a detour over a file, and the old ones of before torchvision 0.14.
#[test]
fn checkpoints_have_torchvisions_names() {
    let model = detector(5);
    let names: Vec<String> =
        serde_json::from_value(reference()["cases"][0]["names"].clone()).unwrap();
    assert_eq!(model.state_dict().into_keys().collect::<Vec<_>>(), names);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("detector.safetensors");
    let old = |name: &String| {
        let fpn = name.contains(".inner_blocks.") || name.contains(".layer_blocks.");
        let name = name.replace("rpn.head.conv.0.0.", "rpn.head.conv.");
        if fpn { name.replace(".0.weight", ".weight").replace(".0.bias", ".bias") } else { name }
    };
    let state: StateDict =
        model.state_dict().into_iter().map(|(name, tensor)| (old(&name), tensor)).collect();
    write_safetensors(&path, &state, &BTreeMap::new()).unwrap();
    let mut other = config(5).init(3, &engine::device("cpu").unwrap()).unwrap();
    let report = other.load_state_dict(&WeightsFile::read(&path).unwrap().tensors);
    assert!(report.is_exact(), "{report}");
    assert_eq!(other.state_dict(), model.state_dict());
}

/// An encoder's file under torchvision's names, with batch normalisations or folded ones: the same detections.
#[test]
fn encoder_weights_load_under_a_detector() {
    let reference = reference();
    let model = detector(4);
    let body: StateDict = model
        .state_dict()
        .into_iter()
        .filter_map(|(name, tensor)| {
            Some((name.strip_prefix("backbone.body.")?.to_owned(), tensor))
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let images = images(&reference);
    let expected = model.evaluation().detect(&images).unwrap();
    for (file, tensors) in [("plain", body.clone()), ("folded", folded(&body))] {
        let path = folder.path().join(format!("{file}.safetensors"));
        write_safetensors(&path, &tensors, &BTreeMap::new()).unwrap();
        let mut other = config(4).init(9, &engine::device("cpu").unwrap()).unwrap();
        let heads = model.state_dict().into_iter().filter(|(name, _)| !name.contains(".body."));
        other.load_state_dict(&heads.collect());
        EncoderWeights::read(&path).unwrap().load_backbone(&mut other).unwrap();
        let found = other.evaluation().detect(&images).unwrap();
        for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
            assert_near(file, found.score, expected.score.into(), 1e-4);
            assert_near(file, found.corners[0], expected.corners[0].into(), 1e-3);
        }
        // depth 5 has a stage these weights lack
        let mut deeper = config(5).init(9, &engine::device("cpu").unwrap()).unwrap();
        let refused = EncoderWeights::read(&path).unwrap().load_backbone(&mut deeper);
        assert!(refused.unwrap_err().to_string().contains("depth 4"));
    }
    let mut settings = config(4);
    settings.backbone.frozen_batch_norm = false;
    let mut trained = settings.init(9, &engine::device("cpu").unwrap()).unwrap();
    let path = folder.path().join("folded.safetensors");
    assert!(EncoderWeights::read(&path).unwrap().load_backbone(&mut trained).is_err());
}

/// Convolutions with their normalisations folded in.
fn folded(body: &StateDict) -> StateDict {
    let mut state = StateDict::new();
    for (name, weight) in body.iter().filter(|(_, tensor)| tensor.shape.len() == 4) {
        let convolution = name.trim_end_matches(".weight");
        let norm = match convolution.strip_suffix("downsample.0") {
            Some(block) => format!("{block}downsample.1"),
            None => convolution.replace("conv", "bn"),
        };
        let field = |field: &str| &body[&format!("{norm}.{field}")].data;
        let scales = field("weight").iter().zip(field("running_var"));
        let scales: Vec<f32> = scales.map(|(weight, var)| weight / (var + 1e-5).sqrt()).collect();
        let shifts = field("bias").iter().zip(field("running_mean")).zip(&scales);
        let bias = shifts.map(|((bias, mean), scale)| bias - mean * scale).collect();
        let mut weight = weight.clone();
        let per_channel = weight.data.len() / scales.len();
        for (values, scale) in weight.data.chunks_exact_mut(per_channel).zip(&scales) {
            for value in values {
                *value *= scale;
            }
        }
        state.insert(name.clone(), weight);
        state.insert(format!("{convolution}.bias"), StateTensor::vector(bias));
    }
    state
}

/// A few steps on one picture: the same bytes each time, smaller losses, and frozen stages stay.
#[test]
fn training_learns_and_repeats() {
    let device = engine::device("cpu").unwrap();
    let mut settings = config(4);
    settings.rpn.batch_size_per_image = 64;
    settings.roi_heads.batch_size_per_image = 32;
    settings.roi_heads.positive_fraction = 0.25;
    let images = ImageList::whole(engine::tensor(
        tensor("images", &[1, 3, 64, 64]),
        [1, 3, 64, 64],
        &device,
    ));
    let target = [Target { boxes: vec![[10.0, 8.0, 44.0, 50.0]], labels: vec![1] }];
    let run = || {
        let mut model = settings.init(5, &device).unwrap();
        let mut optimizer = OptimizerConfig::PAPER.init().unwrap();
        let mut totals = Vec::new();
        for step in 0..8 {
            let streams = SampleStreams { seed: 5, step };
            let total = model.losses(&images, &target, streams).unwrap().total();
            let gradients = Gradients::of(&total, &model);
            optimizer.step_in_place(&mut model, &gradients, 0.005);
            totals.push(total.into_scalar::<f32>());
        }
        (totals, model.state_dict())
    };
    let (totals, state) = run();
    assert!(totals[7] < 0.8 * totals[0], "{totals:?}");
    assert_eq!(run(), (totals, state.clone()));
    let start = settings.init(5, &device).unwrap().state_dict();
    for (name, tensor) in &state {
        let frozen = name.starts_with("backbone.body.")
            && !name.starts_with("backbone.body.layer3")
            && !name.starts_with("backbone.body.layer2");
        let norm = name.contains(".bn") || name.contains("downsample.1");
        assert_eq!(start[name] == *tensor, frozen || norm, "{name}");
    }
}

#[test]
fn an_image_of_background_has_losses() {
    let device = engine::device("cpu").unwrap();
    let model = config(4).init(1, &device).unwrap();
    let images = ImageList::whole(engine::Tensor::zeros([1, 3, 64, 64], &device));
    let losses = model.losses(&images, &[Target::default()], STREAMS).unwrap();
    assert!(losses.total().into_scalar::<f32>().is_finite());
    assert_eq!(losses.loss_box_reg.into_scalar::<f32>(), 0.0);
    assert_eq!(losses.loss_rpn_box_reg.into_scalar::<f32>(), 0.0);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let device = engine::device("cpu").unwrap();
    let init = |config: &FasterRcnnConfig| config.init(0, &device).map(|_| ());
    assert!(init(&FasterRcnnConfig::new(1)).unwrap_err().to_string().contains("background"));
    assert!(matches!(
        init(&FasterRcnnConfig { depth: 4, ..FasterRcnnConfig::new(2) }),
        Err(DetectionError::AnchorLevels { levels: 4, found: 5 })
    ));
    let backbone = BackboneConfig { trainable_layers: 6, ..BackboneConfig::default() };
    assert!(init(&FasterRcnnConfig { backbone, ..FasterRcnnConfig::new(2) }).is_err());
    let rpn = RpnConfig { bg_iou_thresh: 0.8, ..RpnConfig::default() };
    assert!(init(&FasterRcnnConfig { rpn, ..FasterRcnnConfig::new(2) }).is_err());

    let model = config(4).init(0, &device).unwrap();
    let zeros = |size| ImageList::whole(engine::Tensor::zeros([1, 3, size, size], &device));
    let losses = |targets: &[Target]| model.losses(&zeros(64), targets, STREAMS).map(|_| ());
    assert!(matches!(model.detect(&zeros(56)), Err(DetectionError::ImageSize { divisor: 16, .. })));
    assert!(matches!(losses(&[]), Err(DetectionError::Count { found: 0, images: 1, .. })));
    let target =
        |corners, labels: &[usize]| Target { boxes: vec![corners], labels: labels.to_vec() };
    let sound = [1.0, 1.0, 9.0, 9.0];
    assert!(matches!(losses(&[target(sound, &[])]), Err(DetectionError::Labels { .. })));
    assert!(matches!(losses(&[target(sound, &[0])]), Err(DetectionError::Label { .. })));
    assert!(matches!(losses(&[target(sound, &[3])]), Err(DetectionError::Label { most: 2, .. })));
    for corners in [[1.0, 1.0, 1.0, 9.0], [1.0, 9.0, 9.0, 1.0], [1.0, 1.0, f32::INFINITY, 9.0]] {
        assert!(matches!(
            losses(&[target(corners, &[1])]),
            Err(DetectionError::DegenerateBox { .. })
        ));
    }
}
