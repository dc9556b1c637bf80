//! Every part against torchvision (`refs/detection/make_parts.py`).

use burn::tensor::{Device, Tensor};
use lacuna_kernels::roi_align::{Level, Roi, RoiAlignShape};
use serde_json::Value;

use super::loss::{BoxLoss, ClassifierLoss, ObjectnessLoss};
use super::roi_align::LevelMapper;
use super::{AnchorGenerator, BoxCoder, Match, Matcher, Xyxy, batched_nms, box_iou, nms};
use crate::engine;
use crate::ops::{FeatureMap, HostLoss, Regions, host_loss, roi_align};
use crate::reference::{assert_close, detection_parts as parts, floats};

fn boxes(value: &Value) -> Vec<Xyxy> {
    value.as_array().unwrap().iter().map(|b| floats(b).try_into().unwrap()).collect()
}

fn indices(value: &Value) -> Vec<usize> {
    value.as_array().unwrap().iter().map(|number| number.as_u64().unwrap() as usize).collect()
}

fn float(value: &Value) -> f32 {
    value.as_f64().unwrap() as f32
}

fn cases(part: &Value) -> impl Iterator<Item = &Value> {
    part["cases"].as_array().unwrap().iter()
}

#[test]
fn overlaps() {
    let part = parts("box_iou");
    let found = box_iou(&boxes(&part["a"]), &boxes(&part["b"]));
    assert_close("box_iou", &found, &floats(&part["iou"]), 1e-6);
}

#[test]
fn matches() {
    let part = parts("matcher");
    let (iou, count) = (floats(&part["iou"]), part["predictions"].as_u64().unwrap() as usize);
    for case in cases(&part) {
        let matcher = Matcher {
            high_threshold: float(&case["high"]),
            low_threshold: float(&case["low"]),
            allow_low_quality_matches: case["allow_low_quality_matches"].as_bool().unwrap(),
        };
        let number = |found: &Match| match found {
            Match::Box(index) => *index as i64,
            Match::Background => -1,
            Match::Ignored => -2,
        };
        let found: Vec<i64> = matcher.matches(&iou, count).iter().map(number).collect();
        let expected = case["matches"].as_array().unwrap();
        let expected: Vec<i64> = expected.iter().map(|number| number.as_i64().unwrap()).collect();
        assert_eq!(found, expected, "{matcher:?}");
    }
}

#[test]
fn suppression() {
    let part = parts("nms");
    let (corners, scores) = (boxes(&part["boxes"]), floats(&part["scores"]));
    let groups = indices(&part["groups"]);
    for case in cases(&part) {
        let threshold = float(&case["threshold"]);
        assert_eq!(nms(&corners, &scores, threshold), indices(&case["nms"]), "{threshold}");
        let found = batched_nms(&corners, &scores, &groups, threshold);
        assert_eq!(found, indices(&case["batched"]), "{threshold}, in groups");
    }
}

#[test]
fn anchors() {
    for case in parts("anchors").as_array().unwrap() {
        let lists = |value: &Value| value.as_array().unwrap().iter().map(floats).collect();
        let generator = AnchorGenerator {
            sizes: lists(&case["sizes"]),
            aspect_ratios: floats(&case["ratios"]),
        };
        for (level, cell) in case["cells"].as_array().unwrap().iter().enumerate() {
            assert_eq!(generator.cell_anchors(level), boxes(cell));
        }
        let pair = |value: &Value| <[usize; 2]>::try_from(indices(value)).unwrap();
        let maps: Vec<[usize; 2]> = case["maps"].as_array().unwrap().iter().map(pair).collect();
        let found = generator.anchors(pair(&case["image"]), &maps).concat();
        assert_eq!(found.len(), case["count"].as_u64().unwrap() as usize);
        let some: Vec<Xyxy> = found.iter().step_by(97).copied().collect();
        assert_eq!(some, boxes(&case["every_97th"]));
        let sum = [0, 1, 2, 3].map(|side: usize| found.iter().map(|b| b[side]).sum::<f32>());
        assert_close("sum", &sum, &floats(&case["sum"]), 1e-6);
    }
}

#[test]
fn levels_without_equal_anchors_are_refused() {
    let generator = |sizes: &[&[f32]], ratios: &[f32]| AnchorGenerator {
        sizes: sizes.iter().map(|sizes| sizes.to_vec()).collect(),
        aspect_ratios: ratios.to_vec(),
    };
    assert_eq!(AnchorGenerator::pyramid(5).per_location().unwrap(), 3);
    assert_eq!(generator(&[&[8.0, 9.0], &[16.0, 32.0]], &[1.0]).per_location().unwrap(), 2);
    assert!(generator(&[&[8.0, 9.0], &[16.0]], &[1.0]).per_location().is_err());
    assert!(generator(&[&[8.0], &[0.0]], &[1.0]).per_location().is_err());
    assert!(generator(&[&[8.0]], &[]).per_location().is_err());
}

#[test]
fn codes() {
    let part = parts("box_coder");
    let (reference, proposals) = (boxes(&part["reference"]), boxes(&part["proposals"]));
    let codes = boxes(&part["codes"]);
    for case in cases(&part) {
        let coder = BoxCoder { weights: floats(&case["weights"]).try_into().unwrap() };
        for (index, proposal) in proposals.iter().enumerate() {
            let check = |what: &str, found: [f32; 4]| {
                let expected = floats(&case[what][index]);
                assert_close(&format!("{what} {index}"), &found, &expected, 1e-5);
            };
            let encoded = coder.encode(reference[index], *proposal);
            check("encoded", encoded);
            check("decoded", coder.decode(codes[index], *proposal));
            assert_close("both", &coder.decode(encoded, *proposal), &reference[index], 1e-5);
        }
    }
}

#[test]
fn regions() {
    let part = parts("roi_align");
    let shape: [usize; 4] = indices(&part["shape"]).try_into().unwrap();
    let [batch, channels, height, width] = shape;
    let roi = |(corners, image)| Roi { image, level: 0, corners };
    let rois: Vec<Roi> =
        boxes(&part["rois"]).into_iter().zip(indices(&part["images"])).map(roi).collect();
    let device = Device::flex();
    for case in cases(&part) {
        let (scale, size) = (float(&case["scale"]), case["size"].as_u64().unwrap() as usize);
        let features =
            engine::tensor(floats(&part["features"]), shape, &device).autodiff().require_grad();
        let levels = vec![Level { height, width, scale }];
        let shape = RoiAlignShape { batch, channels, levels, bins: [size; 2], sampling_ratio: 2 };
        let regions = Regions { shape, rois: rois.clone() };
        let y = roi_align(vec![FeatureMap::new(features.clone())], regions);
        let direction = engine::tensor(floats(&case["direction"]), y.dims(), &device);
        let gradients = (y.clone() * direction).sum().backward();
        let every = |tensor: Tensor<4>, step: usize| -> Vec<f32> {
            engine::values(tensor).unwrap().into_iter().step_by(step).collect()
        };
        assert_close("values", &every(y, 5), &floats(&case["values"]), 1e-5);
        let gradient = features.grad(&gradients).unwrap();
        assert_close("gradient", &every(gradient, 3), &floats(&case["gradient"]), 1e-5);
    }
}

#[test]
fn level_of_a_size() {
    let part = parts("level_mapper");
    for (name, k_max) in [("levels", 5), ("three", 4)] {
        let mapper = LevelMapper { k_min: 2, k_max };
        let level = |side: &f32| mapper.level([0.0, 0.0, *side, *side]);
        let found: Vec<usize> = floats(&part["sides"]).iter().map(level).collect();
        assert_eq!(found, indices(&part[name]));
    }
    assert_eq!(LevelMapper { k_min: 2, k_max: 5 }.level([3.0, 3.0, 3.0, 9.0]), 0, "no area");
}

/// Value and gradient of a loss of `[rows, columns]`.
fn evaluate(values: &Value, rows: usize, loss: &dyn HostLoss) -> (f32, Vec<f32>) {
    let values = floats(values);
    let shape = [rows, values.len() / rows, 1, 1];
    let leaf = engine::tensor(values, shape, &Device::flex()).autodiff().require_grad();
    let value = host_loss(leaf.clone(), loss);
    let gradient = leaf.grad(&value.backward()).unwrap();
    (value.into_scalar::<f32>(), engine::values(gradient).unwrap())
}

#[test]
fn losses() {
    let part = parts("losses");
    let check = |what: &str, (value, gradient): (f32, Vec<f32>), [loss, slopes]: [&str; 2]| {
        assert_close(what, &[value], &[float(&part[loss])], 1e-5);
        assert_close(what, &gradient, &floats(&part[slopes]), 1e-6);
    };
    let labels = indices(&part["labels"]);
    let found = evaluate(&part["logits"], 9, &ClassifierLoss { labels: &labels });
    check("classifier", found, ["classifier", "logits_gradient"]);
    let codes = boxes(&part["targets"]);
    let targets = labels.iter().zip(codes).enumerate();
    let targets = targets
        .filter(|(_, (label, _))| **label > 0)
        .map(|(row, (label, code))| (4 * (3 * row + label), code))
        .collect();
    let found = evaluate(&part["regression"], 9, &BoxLoss { targets, count: 9 });
    check("box", found, ["box", "regression_gradient"]);
    let positive = floats(&part["positive"]).into_iter().map(|value| value > 0.5);
    let sampled = indices(&part["sampled"]).into_iter().zip(positive).collect();
    let found = evaluate(&part["objectness"], 1, &ObjectnessLoss { sampled });
    check("objectness", found, ["objectness_loss", "objectness_gradient"]);
}
