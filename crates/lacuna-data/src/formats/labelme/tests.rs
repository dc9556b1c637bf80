use proptest::prelude::*;

use super::*;
use crate::annotation::{Shape, Ternary, Unpainted};
use crate::formats::test_data::{Scratch, any_annotation, real_data};
use crate::formats::{BoxUse, Exporter, ImportReport, ImportRequest, Importer, Label};

const QUIET: &(dyn Fn(usize, usize) + Sync) = &|_, _| ();

fn file(shapes: &str) -> String {
    format!(
        r#"{{"version": "5.5.0", "flags": {{}}, "shapes": [{shapes}], "imagePath": "..\\photos\\a.png", "imageData": "AAAA", "imageHeight": 2, "imageWidth": 6}}"#
    )
}

fn scratch(text: &str) -> Scratch {
    let scratch = Scratch::new(&["gum", "teeth"]);
    scratch.picture("in/a.png", 6, 2);
    scratch.write("in/a.json", text);
    scratch
}

fn importer(scratch: &Scratch) -> LabelmeImport {
    let mut request = ImportRequest::new(scratch.path("in"));
    request.unpainted = Some(Unpainted::Background);
    LabelmeImport { request }
}

fn import(scratch: &mut Scratch, importer: &LabelmeImport) -> Result<ImportReport, String> {
    importer.import(&mut scratch.dataset, QUIET).map_err(|error| error.to_string())
}

#[test]
fn every_shape_is_taken_or_counted() {
    let shapes = r#"
        {"label": "gum", "points": [[0,0],[2,0],[2,2],[0,2]]},
        {"label": "teeth", "points": [[4.5,0.5],[5.1,0.5]], "shape_type": "circle"},
        {"label": "__ignore__", "points": [[2,0],[3,0],[3,1],[2,1]], "shape_type": "polygon"},
        {"label": "teeth", "points": [[5,2],[1,0]], "shape_type": "rectangle"},
        {"label": "tip", "points": [[1,1]], "shape_type": "point"}"#;
    let mut scratch = scratch(&file(shapes));
    let mut importer = importer(&scratch);
    importer.request.boxes = BoxUse::Regions;
    let report = import(&mut scratch, &importer).unwrap();
    assert_eq!(scratch.drawn("a"), ["++?---++----", "--?-+-------"]);
    let expected = Shape::Box { x: 1.0, y: 0.0, width: 4.0, height: 2.0, rotation: 0.0 };
    assert_eq!(scratch.said("a").regions[0].shape, expected);
    assert_eq!(report.skipped().into_iter().collect::<Vec<_>>(), [("lines and points", 1)]);
}

#[test]
fn hostile_files_are_refused_by_name_and_change_nothing() {
    let shape = |kind: &str, points: &str| {
        file(&format!(r#"{{"label": "gum", "shape_type": "{kind}", "points": [{points}]}}"#))
    };
    let masked = |points: &str, mask: &str| {
        shape("mask", points).replace("\"label\"", &format!("\"mask\": \"{mask}\", \"label\""))
    };
    let million = "[1,1],".repeat(1_000_000) + "[1,1]";
    // a PNG header that claims 60000 × 60000 pixels
    let bomb = "iVBORw0KGgoAAAANSUhEUgAA6mAAAOpgAQAAAAA=";
    let table = [
        (shape("polygon", &million), "1000001 points"),
        (shape("polygon", "[0,0],[1e300,0],[1,1]"), "coordinate"),
        (shape("circle", "[0,0]"), "a circle of 1 points"),
        (shape("spiral", "[0,0]"), "a spiral of 1 points"),
        (masked("[0,0],[9,1]", ""), "not within the picture"),
        (masked("[-1,0],[1,1]", ""), "not within the picture"),
        (masked("[2,1],[1,0]", ""), "before its first"),
        (masked("[0,0],[1,1]", "!"), "no Base64"),
        (masked("[0,0],[1,1]", bomb), "shape 1: `mask`"),
        (shape("mask", "[0,0],[1,1]"), "without pixels"),
        (file("").replace("a.png", "b.png"), "names picture `b.png`"),
        (file("").replace("\"imageWidth\": 6", "\"imageWidth\": 7"), "is 7×2 pixels"),
        ("{".to_owned(), "line 1"),
    ];
    for (text, expected) in table {
        let mut scratch = scratch(&text);
        let importer = importer(&scratch);
        let before = scratch.listing();
        let error = import(&mut scratch, &importer).unwrap_err();
        assert!(error.contains(expected) && error.contains("a.json"), "{expected}: {error}");
        assert_eq!(scratch.listing(), before);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn masks_and_regions_come_back(annotation in any_annotation()) {
        let mut there = Scratch::new(&["gum", "teeth"]);
        there.case("p1", &annotation);
        LabelmeExport { negatives: true }.export(&there.dataset, &there.path("out"), QUIET).unwrap();
        let mut back = Scratch::new(&["gum", "teeth"]);
        let mut request = ImportRequest::new(there.path("out"));
        request.unpainted = Some(Unpainted::Unknown);
        request.labels.labels.insert(REGION.to_owned(), Label::Region);
        import(&mut back, &LabelmeImport { request }).unwrap();
        let found = back.said("p1");
        prop_assert_eq!(&found.masks, &annotation.masks);
        prop_assert_eq!(found.regions.len(), annotation.regions.len());
    }
}

#[test]
fn files_of_labelme_are_read() {
    let Some(data) = real_data("files_of_labelme_are_read") else { return };
    for (folder, regions) in [("instance_segmentation", 0), ("bbox_detection", 2)] {
        let mut scratch = Scratch::new(&["person", "bottle"]);
        let mut importer = importer(&scratch);
        importer.request.path = data.join("fixtures/labelme").join(folder);
        importer.request.boxes = BoxUse::Regions;
        import(&mut scratch, &importer).unwrap();
        let said = scratch.said("2011_000003");
        assert_eq!(said.regions.len(), regions);
        if regions == 0 {
            assert!(said.masks[0].count(Ternary::Positive) > 10_000);
            assert!(said.masks[1].count(Ternary::Positive) > 100);
            // its `__ignore__` area
            assert!(said.masks[0].count(Ternary::Unknown) > 100);
        }
    }
}
