//! `lacuna bench`.

use crate::program::lacuna;

#[test]
fn both_works_are_measured_at_every_size() {
    let folder = tempfile::tempdir().unwrap();
    let small = ["bench", "--encoder-depth", "3", "--batch-size", "1", "--steps", "1", "--json"];
    let sizes = ["--image-size", "16", "--image-size", "8x24", "--isa", "portable"];
    let answer = lacuna(folder.path(), &[&small[..], &sizes].concat()).ended(0);
    let report: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    let measured = report["measurements"].as_array().unwrap();
    let found: Vec<_> =
        measured.iter().map(|m| (m["work"].clone(), m["image_size"].clone())).collect();
    let expected =
        [("train", [16, 16]), ("infer", [16, 16]), ("train", [8, 24]), ("infer", [8, 24])];
    assert_eq!(found, expected.map(|(work, size)| (work.into(), serde_json::json!(size))));
    assert!(measured.iter().all(|m| m["images_per_second"].as_f64().unwrap() > 0.0));
    assert_eq!(report["processor"]["isa"], "portable");
    lacuna(folder.path(), &["bench", "--image-size", "20"]).ended(2).says(&["divisible by 32"]);
    lacuna(folder.path(), &["bench", "--isa", "sse9"]).ended(2).says(&["sse9", "portable"]);
}
