//! `lacuna predict`.

use fs_err as fs;
use lacuna_data::annotation::Ternary;
use lacuna_data::annotation::mask_file::read_values;
use lacuna_data::{Dataset, Image, Size};

use crate::drawn::{mouths, train};
use crate::pictures::files;
use crate::program::lacuna;

#[test]
fn pictures_become_masks_measures_and_completed_annotations() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mouths(&folder.join("ds"));
    train(folder, "a", "1");

    // a folder: one picture of another shape, one that cannot be read
    fs::create_dir(folder.join("photos")).unwrap();
    fs::copy(folder.join("ds/images/m0.png"), folder.join("photos/m0.png")).unwrap();
    Image::filled(Size::new(90, 31), [120; 3]).save_png(&folder.join("photos/wide.png")).unwrap();
    fs::write(folder.join("photos/broken.jpg"), "no picture").unwrap();
    let everything = [
        "predict",
        "--run",
        "a",
        "-i",
        "photos",
        "-o",
        "masks",
        "--overlays",
        "--measure",
        "--per-class",
        "--probabilities",
        "npy",
        "--spacing",
        ".1",
        "--tta",
        "flips",
    ];
    lacuna(folder, &everything).ended(3).says(&["broken.jpg"]);
    assert_eq!(
        files(&folder.join("masks")),
        [
            "m0.gum.png",
            "m0.png",
            "m0.probability.npy",
            "m0.teeth.png",
            "measures.csv",
            "overlays/m0.png",
            "overlays/wide.png",
            "wide.gum.png",
            "wide.png",
            "wide.probability.npy",
            "wide.teeth.png",
        ]
    );
    let wide = read_values(&folder.join("masks/wide.png"), None).unwrap();
    assert_eq!(wide.size, Size::new(90, 31));
    let measures = fs::read_to_string(folder.join("masks/measures.csv")).unwrap();
    assert_eq!(measures.lines().count(), 3);
    assert!(measures.starts_with("case,width,height,gum_area_px,gum_area_mm2"), "{measures}");

    // tiles give every pixel a value too
    let tiled = ["predict", "--run", "a", "-i", "photos/wide.png", "-o", "tiled", "--tile"];
    lacuna(folder, &tiled).ended(0);
    assert_eq!(read_values(&folder.join("tiled/wide.png"), None).unwrap().size, wide.size);

    // a data set: what a person painted stays, the rest is filled and marked
    let complete = [
        "predict",
        "--run",
        "a",
        "--data",
        "ds",
        "--part",
        "test",
        "-o",
        "test",
        "--complete",
        "completed",
        "--threshold",
        "validation",
    ];
    lacuna(folder, &complete).ended(0);
    assert_eq!(files(&folder.join("test")), ["m6.png", "m7.png"]);
    let before = Dataset::open(&folder.join("ds")).unwrap();
    let after = Dataset::open(&folder.join("completed")).unwrap();
    let masks = |dataset: &Dataset| {
        let case = dataset.case("m6").unwrap();
        dataset.load_annotation(case).unwrap().masks
    };
    for (before, after) in masks(&before).iter().zip(masks(&after)) {
        assert_eq!(after.count(Ternary::Unknown), 0);
        let pairs = before.values().iter().zip(after.values());
        assert!(pairs.filter(|(b, _)| **b != Ternary::Unknown).all(|(b, a)| a == b));
    }
}

#[test]
fn what_cannot_be_predicted_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mouths(&folder.join("ds"));
    train(folder, "a", "1");
    let predict = |extra: &[&str]| lacuna(folder, &[&["predict", "--run", "a"], extra].concat());
    predict(&["-i", "nowhere", "-o", "out"]).ended(3).says(&["nowhere", "does not exist"]);
    fs::create_dir(folder.join("empty")).unwrap();
    predict(&["-i", "empty", "-o", "out"]).ended(3).says(&["empty", "hint:"]);
    // the mask of a picture would take the picture's place
    predict(&["-i", "ds/images", "-o", "ds/images"]).ended(2).says(&["overwrite", "hint:"]);
    predict(&["--data", "ds", "-o", "out", "--part", "tets"]).ended(2).says(&["tets", "hint:"]);
    predict(&["--data", "ds", "-o", "out", "--threshold", "2"]).ended(2).says(&["elkan-noto"]);
    predict(&["--data", "ds", "-o", "out", "--tile", "--overlap", "1"]).ended(2).says(&["overlap"]);
    lacuna(folder, &["predict", "--run", "ds", "-i", "ds/images", "-o", "out"]).says(&["ds"]);
    assert!(!folder.join("out").exists());
    predict(&["--data", "ds", "-o", "out", "--complete", "ds"]).ended(2).says(&["hint:"]);
}
