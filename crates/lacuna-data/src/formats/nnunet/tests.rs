use fs_err as fs;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::annotation::mask_file::{read_values, write_values};
use crate::annotation::{Annotation, Region, Role, Shape, Ternary, TernaryMask};
use crate::dataset::{Fold, Split};
use crate::formats::test_data::Scratch;
use crate::formats::{Exporter, ImportRequest, Importer, Label, LossKind};
use crate::image::Size;
use crate::supervision::PolicyName;

const QUIET: &(dyn Fn(usize, usize) + Sync) = &|_, _| ();

fn annotation(width: usize, masks: [&str; 2]) -> Annotation {
    let state = |c: char| match c {
        '+' => Ternary::Positive,
        '-' => Ternary::Negative,
        _ => Ternary::Unknown,
    };
    let mask = |text: &str| {
        let values: Vec<_> = text.chars().map(state).collect();
        TernaryMask::new(Size::new(width, values.len() / width), values).unwrap()
    };
    let mut said = Annotation::unknown(Size::new(width, masks[0].len() / width), 2);
    said.masks = masks.map(mask).to_vec();
    said
}

fn exporter() -> NnunetExport {
    NnunetExport { policy: PolicyName::FusionBox, split: None }
}

fn json_of(path: &std::path::Path) -> serde_json::Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn a_pixel_is_a_class_background_or_ignored_and_losses_are_counted() {
    let mut scratch = Scratch::new(&["gum", "teeth"]);
    //                      gum  teeth  both  none  not gum  nothing, outside the box
    let mut said = annotation(7, ["+-+--??", "-++-???"]);
    let shape = Shape::Box { x: 0.0, y: 0.0, width: 6.0, height: 1.0, rotation: 0.0 };
    said.regions.push(Region {
        shape,
        author: "a".to_owned(),
        role: Role::NonExpert,
        origin: "test".to_owned(),
        score: None,
        model_version: None,
        time: None,
    });
    scratch.case("p1", &said);
    let report = exporter().export(&scratch.dataset, &scratch.path("out"), QUIET).unwrap();
    let out = scratch.path("out");
    let labels = read_values(&out.join("labelsTr/p1.png"), None).unwrap();
    assert!(!labels.is_palette);
    assert_eq!(labels.values, [1, 2, 3, 0, 3, 3, 0]);
    let losses: Vec<_> =
        report.losses.iter().map(|l| (l.kind, l.class.as_deref(), l.count)).collect();
    let expected = [
        (LossKind::Negative, Some("gum"), 1),
        (LossKind::Overlap, Some("gum"), 1),
        (LossKind::Overlap, Some("teeth"), 1),
    ];
    assert_eq!(losses, expected);
    let expected = json!({
        "channel_names": {"0": "R", "1": "G", "2": "B"},
        "labels": {"background": 0, "gum": 1, "teeth": 2, "ignore": 3},
        "numTraining": 1, "file_ending": ".png",
        "overwrite_image_reader_writer": "NaturalImage2DIO",
    });
    assert_eq!(json_of(&out.join("dataset.json")), expected);
    assert!(out.join("imagesTr/p1_0000.png").is_file());
    // a single case cannot be split
    assert!(!out.join("splits_final.json").exists());
}

#[test]
fn splits_keep_groups_together_and_a_single_fold_has_its_test_cases_apart() {
    let mut scratch = Scratch::new(&["gum", "teeth"]);
    for (id, group) in [("a", "p1"), ("b", "p1"), ("c", "p2"), ("d", "p3")] {
        let image = crate::Image::filled(Size::new(2, 1), [7; 3]);
        scratch.dataset.add_image(id, &image, Some(group)).unwrap();
    }
    exporter().export(&scratch.dataset, &scratch.path("drawn"), QUIET).unwrap();
    let drawn = json_of(&scratch.path("drawn/splits_final.json"));
    assert_eq!(drawn.as_array().unwrap().len(), 3);
    for fold in drawn.as_array().unwrap() {
        let has = |id: &str| fold["val"].as_array().unwrap().contains(&json!(id));
        assert_eq!(has("a"), has("b"));
        assert_eq!(
            fold["train"].as_array().unwrap().len() + fold["val"].as_array().unwrap().len(),
            4
        );
    }
    let fold = |ids: [&str; 4]| {
        let list = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
        Fold { train: list(&ids[..2]), validation: list(&ids[2..3]), test: list(&ids[3..]) }
    };
    let split =
        Split::of_fold(0, crate::dataset::split::Unit::Group, true, fold(["a", "b", "c", "d"]));
    split.save(&scratch.dataset, "mine").unwrap();
    let named = NnunetExport { split: Some("mine".to_owned()), ..exporter() };
    named.export(&scratch.dataset, &scratch.path("named"), QUIET).unwrap();
    let out = scratch.path("named");
    assert_eq!(
        json_of(&out.join("splits_final.json")),
        json!([{"train": ["a", "b"], "val": ["c"]}])
    );
    assert!(out.join("imagesTs/d_0000.png").is_file() && out.join("labelsTs/d.png").is_file());
    assert!(!out.join("imagesTr/d_0000.png").exists());
    assert_eq!(json_of(&out.join("dataset.json"))["numTraining"], 3);
    let none = NnunetExport { split: Some("none".to_owned()), ..exporter() };
    assert!(none.export(&scratch.dataset, &scratch.path("x"), QUIET).is_err());
    assert!(!scratch.path("x").exists());
}

#[test]
fn predictions_come_in_as_suggestions() {
    let mut scratch = Scratch::new(&["gum", "teeth"]);
    scratch.picture("pictures/a.png", 3, 1);
    scratch.write(
        "out/dataset.json",
        r#"{"labels": {"background": 0, "gum": 1, "tooth": [2]}, "file_ending": ".png"}"#,
    );
    let path = scratch.path("out/a.png");
    write_values(&path, Size::new(3, 1), &[0, 1, 2], None).unwrap();
    let mut request = ImportRequest::new(scratch.path("out"));
    request.images = Some(scratch.path("pictures"));
    let mut importer = NnunetImport { request, suggested: true };
    let error = importer.import(&mut scratch.dataset, QUIET).unwrap_err().to_string();
    assert!(error.contains("label `tooth`, which is no class"), "{error}");
    let meaning = Label::Class("teeth".to_owned());
    importer.request.labels.labels.insert("tooth".to_owned(), meaning);
    importer.import(&mut scratch.dataset, QUIET).unwrap();
    assert_eq!(scratch.drawn("a"), ["?+?", "??+"]);
    assert_eq!(scratch.said("a").suggested[1].as_ref().unwrap().values(), [false, false, true]);
    let mut painted = Scratch::new(&["gum", "teeth", "lip"]);
    importer.suggested = false;
    importer.import(&mut painted.dataset, QUIET).unwrap();
    // of lips the files know nothing
    assert_eq!(painted.drawn("a"), ["-+-", "--+", "???"]);
}

#[test]
fn wrong_files_are_refused_by_name() {
    let table: [(&str, &[u8], &str, &str); 5] = [
        (
            r#"{"labels": {"background": 0, "gum": 1}, "file_ending": ".nii.gz"}"#,
            &[0, 0, 0],
            "a",
            "`.nii.gz` files are not read",
        ),
        (
            r#"{"labels": {"background": 0, "gum": 1}, "file_ending": ".png"}"#,
            &[0, 7, 0],
            "a",
            "value 7 at column 1, row 0 is no label",
        ),
        (
            r#"{"labels": {"background": 0, "gum": 1}, "file_ending": ".png"}"#,
            &[0, 0],
            "a",
            "is 2×1 pixels, expected 3×1",
        ),
        (
            r#"{"labels": {"background": 0, "gum": 1}, "file_ending": ".png"}"#,
            &[0, 0, 0],
            "b",
            "names picture `b`",
        ),
        (r#"{"labels": {"background": -1}"#, &[0, 0, 0], "a", "dataset.json"),
    ];
    for (about, values, id, expected) in table {
        let mut scratch = Scratch::new(&["gum", "teeth"]);
        scratch.picture("pictures/a.png", 3, 1);
        scratch.write("out/dataset.json", about);
        let path = scratch.path(&format!("out/{id}.png"));
        write_values(&path, Size::new(values.len(), 1), values, None).unwrap();
        let mut request = ImportRequest::new(scratch.path("out"));
        request.images = Some(scratch.path("pictures"));
        let before = scratch.listing();
        let importer = NnunetImport { request, suggested: false };
        let error = importer.import(&mut scratch.dataset, QUIET).unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains("out/"), "{error}");
        assert_eq!(scratch.listing(), before);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Complete masks of exclusive classes, and pixels about which nothing is known, come back.
    #[test]
    fn what_a_label_map_holds_comes_back(values in prop::collection::vec(0usize..4, 12)) {
        let letters = |class: usize| values.iter().map(|value| match *value {
            3 => '?',
            value if value == class + 1 => '+',
            _ => '-',
        }).collect::<String>();
        let said = annotation(4, [&letters(0), &letters(1)]);
        let mut there = Scratch::new(&["gum", "teeth"]);
        there.case("p1", &said);
        let report = exporter().export(&there.dataset, &there.path("out"), QUIET).unwrap();
        prop_assert!(report.losses.is_empty());
        let mut back = Scratch::new(&["gum", "teeth"]);
        let importer = NnunetImport { request: ImportRequest::new(there.path("out")), suggested: false };
        importer.import(&mut back.dataset, QUIET).unwrap();
        prop_assert_eq!(back.said("p1").masks, said.masks);
    }
}
