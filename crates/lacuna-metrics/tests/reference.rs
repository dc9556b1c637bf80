//! Compares with the values of MONAI, SciPy, scikit-learn and NumPy committed under `refs/metrics`.

#![expect(clippy::unwrap_used, reason = "a malformed reference file must fail the test")]

use lacuna_metrics::comparison::{holm, wilcoxon_signed_rank};
use lacuna_metrics::{
    BootstrapSettings, CALIBRATION_BINS, Calibration, Confusion, Connectivity, Grid,
    ProbabilityHistogram, SurfaceDistances, average_precision, best_dice_threshold, bootstrap_mean,
    component_areas, mean, sample_sd, squared_distances,
};
use serde_json::Value;

fn references() -> Value {
    serde_json::from_str(include_str!("../../../refs/metrics/metrics.json")).unwrap()
}

fn cases(references: &Value, name: &str) -> Vec<Value> {
    let cases = references[name].as_array().unwrap().clone();
    assert!(!cases.is_empty());
    cases
}

fn numbers(value: &Value) -> Vec<f64> {
    let numbers = value.as_array().unwrap().iter();
    numbers.map(|number| number.as_f64().unwrap()).collect()
}

fn mask(value: &Value) -> Vec<bool> {
    let text = value.as_str().unwrap().bytes();
    text.filter(|b| *b != b'/').map(|b| b == b'#').collect()
}

fn grid(text: &Value, spacing: &[f64]) -> Grid {
    let rows: Vec<&str> = text.as_str().unwrap().split('/').collect();
    Grid::new(rows[0].len(), rows.len(), [spacing[0], spacing[1]]).unwrap()
}

#[track_caller]
fn assert_same(got: Option<f64>, expected: &Value, tolerance: f64, what: &str) {
    match (got, expected.as_f64()) {
        (Some(a), Some(b)) => {
            assert!((a - b).abs() <= tolerance * b.abs().max(1.0), "{what}: {a} {b}");
        }

        (a, b) => assert_eq!(a, b, "{what}"),
    }
}

fn check_overlap(counts: Confusion, expected: &Value, name: &str) {
    let Confusion { tp, fp, fn_, tn } = counts;
    for (key, got) in [("tp", tp), ("fp", fp), ("fn", fn_), ("tn", tn)] {
        assert_eq!(expected[key].as_u64(), Some(got), "{name} {key}");
    }
    // MONAI's Dice is in single precision
    assert_same(counts.dice(), &expected["dice"], 1e-6, name);
    assert_same(counts.iou(), &expected["iou"], 1e-12, name);
    assert_same(counts.precision(), &expected["precision"], 1e-12, name);
    assert_same(counts.recall(), &expected["recall"], 1e-12, name);
}

fn check_nsd(distances: &SurfaceDistances, expected: &Value, name: &str) {
    for pair in expected.as_array().unwrap() {
        let got = distances.nsd(pair[0].as_f64().unwrap()).unwrap();
        assert_same(got, &pair[1], 1e-6, name);
    }
}

#[test]
fn overlap_and_surface_scores() {
    for case in cases(&references(), "pairs") {
        let name = case["name"].as_str().unwrap();
        let (a, b) = (mask(&case["prediction"]), mask(&case["reference"]));
        let grid = grid(&case["prediction"], &numbers(&case["spacing"]));
        let counts = Confusion::from_masks(&a, &b, None).unwrap();
        check_overlap(counts, &case["overlap"], name);

        let distances = SurfaceDistances::measure(&a, &b, None, &grid).unwrap();
        let expected = &case["surface"];
        assert_same(distances.hd95(), &expected["hd95"], 1e-6, name);
        for (key, percent) in [("hd50", 50.0), ("hd100", 100.0)] {
            let got = distances.hausdorff(percent).unwrap();
            assert_same(got, &expected[key], 1e-6, name);
        }
        check_nsd(&distances, &expected["nsd"], name);
    }
}

#[test]
fn scores_on_known_pixels() {
    let references = references();
    let partial = cases(&references, "pairs").into_iter();
    let partial: Vec<Value> = partial.filter(|case| case["known"].is_object()).collect();
    assert!(partial.len() > 5);
    for case in partial {
        let name = case["name"].as_str().unwrap();
        let (a, b) = (mask(&case["prediction"]), mask(&case["reference"]));
        let known = mask(&case["known"]["mask"]);
        let grid = grid(&case["prediction"], &numbers(&case["spacing"]));
        let counts = Confusion::from_masks(&a, &b, Some(&known)).unwrap();
        check_overlap(counts, &case["known"]["overlap"], name);

        let distances = SurfaceDistances::measure(&a, &b, Some(&known), &grid).unwrap();
        let expected = &case["known"]["surface"];
        assert_same(distances.hd95(), &expected["hd95"], 1e-9, name);
        check_nsd(&distances, &expected["nsd"], name);
    }
}

#[test]
fn distance_transforms() {
    for case in cases(&references(), "distance_transforms") {
        let grid = grid(&case["sites"], &numbers(&case["spacing"]));
        let got = squared_distances(&mask(&case["sites"]), &grid).unwrap();
        for (a, b) in got.iter().zip(numbers(&case["distances"])) {
            assert!((a.sqrt() - b).abs() < 1e-12);
        }
    }
}

#[test]
fn connected_components() {
    for case in cases(&references(), "components") {
        let (mask, grid) = (mask(&case["mask"]), grid(&case["mask"], &[1.0, 1.0]));
        for (name, connectivity) in [("four", Connectivity::Four), ("eight", Connectivity::Eight)] {
            let areas: Vec<u64> = serde_json::from_value(case[name].clone()).unwrap();
            assert_eq!(component_areas(&mask, &grid, connectivity), Ok(areas));
        }
    }
}

fn ranked(case: &Value) -> (Vec<f32>, Vec<bool>) {
    let scores = numbers(&case["scores"]).iter().map(|s| *s as f32).collect();
    let truth = numbers(&case["truth"]).iter().map(|t| *t > 0.5).collect();
    (scores, truth)
}

#[test]
fn average_precision_and_thresholds() {
    for case in cases(&references(), "ranked") {
        let (scores, truth) = ranked(&case);
        let exact = average_precision(&scores, &truth).unwrap();
        assert_same(exact, &case["average_precision"], 1e-12, "exact");
        let mut histogram = ProbabilityHistogram::new();
        histogram.add_image(&scores, &truth, None).unwrap();
        let sixteen_bit = case["sixteen_bit"].as_bool().unwrap();
        let tolerance = if sixteen_bit { 1e-12 } else { 1e-3 };
        let binned = histogram.average_precision();
        assert_same(binned, &case["average_precision"], tolerance, "binned");
        let best = best_dice_threshold(&histogram).unwrap();
        assert_same(Some(best.dice), &case["best_dice"], tolerance, "dice");
    }
}

#[test]
fn calibration() {
    for case in cases(&references(), "ranked") {
        let (scores, truth) = ranked(&case);
        let mut calibration = Calibration::new();
        calibration.add_image(&scores, &truth, None).unwrap();
        let error = calibration.expected_error();
        assert_same(error, &case["expected_calibration_error"], 1e-7, "error");
        let bins = calibration.reliability();
        assert_eq!(bins.len(), CALIBRATION_BINS);
        let counts: Vec<f64> = bins.iter().map(|bin| bin.count as f64).collect();
        assert_eq!(counts, numbers(&case["bin_counts"]));
        // scikit-learn leaves empty bins out
        let shares = bins.iter().filter_map(|bin| bin.positive_share);
        let means = bins.iter().filter_map(|bin| bin.mean_probability);
        for (got, name) in [
            (shares.collect::<Vec<_>>(), "bin_positive_share"),
            (means.collect(), "bin_mean_probability"),
        ] {
            for (a, b) in got.iter().zip(numbers(&case[name])) {
                assert!((a - b).abs() < 1e-6, "{name}: {a} {b}");
            }
        }
    }
}

#[test]
fn bootstrap_intervals_approach_the_exact_distribution() {
    let settings = BootstrapSettings { resamples: 20_000, ..BootstrapSettings::default() };
    for case in cases(&references(), "bootstraps") {
        let values = numbers(&case["values"]);
        let groups: Vec<u64> = serde_json::from_value(case["groups"].clone()).unwrap();
        let result = bootstrap_mean(&values, Some(&groups), &settings).unwrap();
        let result = result.unwrap();
        let interval = result.interval.unwrap();
        assert_same(Some(result.mean), &case["mean"], 1e-12, "mean");
        assert_same(mean(&values), &case["mean"], 1e-12, "mean");
        assert_same(sample_sd(&values), &case["sd"], 1e-12, "sd");
        assert_same(Some(interval.lo), &case["lo"], 4e-3, "lo");
        assert_same(Some(interval.hi), &case["hi"], 4e-3, "hi");
    }
}

#[test]
fn comparisons_are_those_of_scipy_statsmodels_and_scikit_learn() {
    let text = include_str!("../../../refs/metrics/comparison.json");
    let references: Value = serde_json::from_str(text).unwrap();
    for case in cases(&references, "wilcoxon") {
        let differences = numbers(&case["differences"]);
        let what = format!("{} differences", differences.len());
        assert_same(wilcoxon_signed_rank(&differences), &case["p"], 1e-10, &what);
    }
    for case in cases(&references, "kappa") {
        let count = |key: &str| case[key].as_u64().unwrap();
        let (tp, fp, fn_, tn) = (count("tp"), count("fp"), count("fn"), count("tn"));
        assert_same(
            Confusion { tp, fp, fn_, tn }.kappa(),
            &case["kappa"],
            1e-12,
            &case.to_string(),
        );
    }
    for case in cases(&references, "holm") {
        for (got, expected) in holm(&numbers(&case["p"])).iter().zip(numbers(&case["adjusted"])) {
            assert!((got - expected).abs() < 1e-12, "{case}: {got}");
        }
    }
}
