//! Promise: on pixels nobody painted, `fusion+box` finds what `standard` was taught not to find. Slow: each test
//! runs the whole demo.

use crate::program::lacuna;

/// What the method must reach, mean Dice on all pixels.
const LEAST: f64 = 0.75;
/// By how much it must beat the baseline.
const LEAST_GAIN: f64 = 0.15;

fn slow_demo(seed: &str) {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    lacuna(folder, &["demo", "-q", "--output-dir", "demo", "--seed", seed]).ended(0);
    let text = fs_err::read_to_string(folder.join("demo/summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&text).unwrap();
    let dice = |policy: &str| {
        let rows = summary["rows"].as_array().unwrap();
        let row = rows.iter().find(|row| row["policy"] == policy && row["threshold"] == "0.5");
        row.unwrap()["all_pixels"]["mean"].as_f64().unwrap()
    };
    let (baseline, method) = (dice("standard"), dice("fusion+box"));
    assert!(method >= LEAST, "fusion+box {method:.3}");
    assert!(method - baseline >= LEAST_GAIN, "standard {baseline:.3}, fusion+box {method:.3}");
    assert!(summary["rows"].as_array().unwrap().len() == 4, "elkan-noto is missing");
    let page = fs_err::read_to_string(folder.join("demo/report.html")).unwrap();
    assert!(page.contains("<svg") && page.contains("src=\"data:image/"));
    assert!(!page.contains("src=\"http") && !page.contains("href=\"http"), "not self-contained");
    assert!(folder.join("demo/pictures.png").exists());
}

#[test]
fn slow_the_demo_keeps_its_promise_with_seed_0() {
    slow_demo("0");
}

#[test]
fn slow_the_demo_keeps_its_promise_with_seed_1() {
    slow_demo("1");
}

#[test]
fn slow_the_demo_keeps_its_promise_with_seed_2() {
    slow_demo("2");
}
