//! `lacuna explain`.

use lacuna_data::Image;

use crate::drawn::{mouths, train};
use crate::program::lacuna;

#[test]
fn what_each_policy_trains_on_is_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mouths(&folder.join("ds"));
    train(folder, "a", "1");
    let explain = ["explain", "m0", "--data", "ds", "--class", "gum", "--json"];
    let rows = |extra: &[&str]| {
        let answer = lacuna(folder, &[&explain[..], extra].concat()).ended(0);
        let said: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
        let picture = folder.join(said["picture"].as_str().unwrap());
        (said["rows"].as_array().unwrap().clone(), Image::open(&picture).unwrap().image.size())
    };
    // without a network: six policies, no loss; `standard` knows everything
    let (bare, narrow) = rows(&["--image-size", "40"]);
    assert_eq!(bare.len(), 6);
    assert_eq!((&bare[0]["policy"], &bare[0]["unknown"]), (&"standard".into(), &0.into()));
    assert!(bare.iter().all(|row| row["loss"].is_null()));
    // with one: every policy's loss; what more is known costs more
    let (asked, wide) = rows(&["--run", "a", "--policy", "fusion", "--policy", "standard"]);
    assert!(asked[0]["loss"].as_f64() < asked[1]["loss"].as_f64());
    assert!(wide.width > narrow.width);
    // with several: a row each, under its own policy
    let (compared, _) = rows(&["--run", "a", "--run", "a", "-o", "compared.png"]);
    assert_eq!(compared.len(), 2);
    assert_eq!(compared[0]["row"], "a: fusion+box");
    lacuna(folder, &["explain", "m0", "--data", "ds", "--class", "lip"])
        .ended(2)
        .says(&["lip", "gum, teeth"]);
    lacuna(folder, &["explain", "x", "--data", "ds", "--class", "gum"]).ended(3).says(&["`x`"]);
}
