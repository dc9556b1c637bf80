//! Average precision of boxes against pycocotools (`refs/metrics/make_detection.py`).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use lacuna_metrics::{AreaRange, BoxAveragePrecision, BoxedImage, ScoredBox};
use serde_json::Value;

fn corners(value: &Value) -> [f64; 4] {
    let [x, y, width, height] = [0, 1, 2, 3].map(|index: usize| value[index].as_f64().unwrap());
    [x, y, x + width, y + height]
}

fn images(case: &Value) -> Vec<BoxedImage> {
    let found = |found: &Value| ScoredBox {
        corners: corners(&found["box"]),
        score: found["score"].as_f64().unwrap(),
    };
    let image = |picture: &Value| BoxedImage {
        truth: picture["truth"].as_array().unwrap().iter().map(corners).collect(),
        found: picture["found"].as_array().unwrap().iter().map(found).collect(),
    };
    case["pictures"].as_array().unwrap().iter().map(image).collect()
}

#[test]
fn values_are_pycocotools() {
    let text = include_str!("../../../refs/metrics/detection.json");
    let reference: Value = serde_json::from_str(text).unwrap();
    for case in reference["cases"].as_array().unwrap() {
        let images = images(case);
        let measure = |area, most| BoxAveragePrecision::measure(&images, area, most).unwrap();
        let all = measure(AreaRange::ALL, BoxAveragePrecision::MOST_FOUND).unwrap();
        let mean = |area| measure(area, 100).map(|found| found.mean());
        let values = [
            ("ap", Some(all.mean())),
            ("ap50", Some(all.ap50())),
            ("ap75", Some(all.ap75())),
            ("ap_small", mean(AreaRange::SMALL)),
            ("ap_medium", mean(AreaRange::MEDIUM)),
            ("ap_large", mean(AreaRange::LARGE)),
            ("ar1", measure(AreaRange::ALL, 1).map(|found| found.mean_recall())),
            ("ar10", measure(AreaRange::ALL, 10).map(|found| found.mean_recall())),
            ("ar100", Some(all.mean_recall())),
        ];
        let expected = &case["expected"];
        for (name, found) in values {
            let what = format!("{name} of {}", case["name"]);
            match (found, expected[name].as_f64()) {
                (Some(found), Some(expected)) => {
                    assert!(
                        (found - expected).abs() < 1e-9,
                        "{what}: {found}, expected {expected}"
                    );
                }
                (found, expected) => assert_eq!(found, expected, "{what}"),
            }
        }
        for (index, found) in all.precision.iter().enumerate() {
            let expected = expected["by_threshold"][index].as_f64().unwrap();
            assert!((found - expected).abs() < 1e-9, "threshold {index} of {}", case["name"]);
        }
    }
}
