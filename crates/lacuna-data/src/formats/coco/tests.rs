use std::collections::BTreeMap;
use std::path::Path;

use fs_err as fs;
use proptest::prelude::*;

use super::*;
use crate::annotation::{Annotation, Unpainted};
use crate::dataset::Dataset;
use crate::formats::test_data::{Scratch, any_annotation, real_data};
use crate::formats::{
    BoxUse, Exporter, ImportReport, ImportRequest, Importer, Label, OptionValues,
};

const QUIET: &(dyn Fn(usize, usize) + Sync) = &|_, _| ();

fn importer(path: &Path, options: &[(&str, &str)]) -> CocoImport {
    let mut request = ImportRequest::new(path);
    request.unpainted = Some(Unpainted::Background);
    let given: BTreeMap<_, _> =
        options.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    CocoImport::from_request(request, &OptionValues::new(&IMPORT, given).unwrap()).unwrap()
}

fn import(scratch: &mut Scratch, importer: &CocoImport) -> Result<ImportReport, String> {
    importer.import(&mut scratch.dataset, QUIET).map_err(|error| error.to_string())
}

type Options = &'static [(&'static str, &'static str)];

const HEAD: &str = r#"{"images": [{"id": 1, "file_name": "a.png", "width": 4, "height": 3}],
    "categories": [{"id": 7, "name": "gum"}, {"id": 8, "name": "teeth"}], "annotations": ["#;

fn file(annotations: &str) -> String {
    format!("{HEAD}{annotations}]}}")
}

#[test]
fn every_kind_of_segmentation_is_painted() {
    let table: [(&str, Options, &str); 6] = [
        // uncompressed: column after column
        (r#"{"size": [3, 4], "counts": [3, 2, 7]}"#, &[], "-+---+------"),
        // compressed: the same
        (r#"{"size": [3, 4], "counts": "327"}"#, &[], "-+---+------"),
        // two polygons add up
        ("[[0,0,2,0,2,3,0,3],[2,0,4,0,4,1,2,1]]", &[], "++++++--++--"),
        // a polygon inside another adds nothing …
        ("[[0,0,4,0,4,3,0,3],[1,1,2,1,2,2,1,2]]", &[], "++++++++++++"),
        // … or is a hole
        ("[[0,0,4,0,4,3,0,3],[1,1,2,1,2,2,1,2]]", &[("polygons", "even-odd")], "+++++-++++++"),
        // nothing
        ("[]", &[], "------------"),
    ];
    for (segmentation, options, expected) in table {
        let mut scratch = Scratch::new(&["gum", "teeth", "lip"]);
        scratch.picture("a.png", 4, 3);
        let text = format!(
            r#"{{"id": 1, "image_id": 1, "category_id": 7, "iscrowd": 0, "segmentation": {segmentation}}}"#
        );
        let path = scratch.write("f.json", file(&text));
        let report = import(&mut scratch, &importer(&path, options)).unwrap();
        // lip is no category of the file: nothing is known about it
        assert_eq!(scratch.drawn("a")[0], expected, "{segmentation}");
        assert_eq!(scratch.drawn("a")[1..], ["------------", "????????????"]);
        assert!(report.cases[0].classes[2].is_missing);
    }
}

#[test]
fn crowds_and_boxes_are_what_the_user_says() {
    let annotations = r#"{"image_id": 1, "category_id": 7, "iscrowd": 1, "segmentation": {"size": [3, 4], "counts": [0, 6, 6]}},
        {"image_id": 1, "category_id": 7, "bbox": [1, 0, 2, 2], "segmentation": []}"#;
    let table = [
        ("unknown", BoxUse::Skip, "??--??--??--", 0, 1),
        ("positive", BoxUse::Regions, "++--++--++--", 1, 0),
        ("skip", BoxUse::Skip, "------------", 0, 2),
    ];
    for (crowd, boxes, expected, regions, skipped) in table {
        let mut scratch = Scratch::new(&["gum", "teeth"]);
        scratch.picture("pictures/a.png", 4, 3);
        let path = scratch.write("f.json", file(annotations));
        let mut importer = importer(&path, &[("crowd", crowd)]);
        importer.request.boxes = boxes;
        importer.request.images = Some(scratch.path("pictures"));
        let report = import(&mut scratch, &importer).unwrap();
        assert_eq!(scratch.drawn("a")[0], expected, "{crowd}");
        assert_eq!(scratch.said("a").regions.len(), regions);
        assert_eq!(report.skipped().values().sum::<usize>(), skipped);
    }
}

#[test]
fn labels_mean_what_the_map_says() {
    let mut scratch = Scratch::new(&["gum", "lip"]);
    scratch.picture("a.png", 4, 3);
    let square = "[[0,0,1,0,1,1,0,1]]";
    let text = file(&format!(r#"{{"image_id": 1, "category_id": 8, "segmentation": {square}}}"#));
    let path = scratch.write("f.json", text);
    let mut importer = importer(&path, &[]);
    let error = import(&mut scratch, &importer).unwrap_err();
    assert!(error.contains("f.json` has label `teeth`, which is no class (gum, lip)"), "{error}");
    let table = [
        (Label::Class("lip".to_owned()), ["------------", "+-----------"]),
        (Label::Unknown, ["?-----------", "????????????"]),
        (Label::Neither, ["------------", "-???????????"]),
        (Label::Skip, ["------------", "????????????"]),
    ];
    for (label, expected) in table {
        let mut scratch = Scratch::new(&["gum", "lip"]);
        importer.request.labels.labels = [("teeth".to_owned(), label)].into();
        import(&mut scratch, &importer).unwrap();
        assert_eq!(scratch.drawn("a"), expected);
    }
}

#[test]
fn hostile_files_are_refused_by_name_and_change_nothing() {
    let of = |segmentation: &str| {
        file(&format!(r#"{{"image_id": 1, "category_id": 7, "segmentation": {segmentation}}}"#))
    };
    let million = format!("[[{}1,1]]", "1,2,".repeat(1_000_000));
    let table: [(String, &str); 14] = [
        (of(r#"{"size": [3, 4], "counts": [4294967295, 4294967295]}"#), "8589934590 pixels"),
        (of(r#"{"size": [4294967295, 4294967295], "counts": [1]}"#), "not 4×3"),
        (of(r#"{"size": [3, 4], "counts": "~~~~"}"#), "image `a.png`: a run-length mask"),
        (of(&million), "1000001 points"),
        (of("[[0,0,1e300,1,1,1]]"), "coordinate"),
        (of("[[0,0,NaN,1,1,1]]"), "line 2"),
        (of("[[0,0,1]]"), "no pairs"),
        (file(r#"{"image_id": 9, "category_id": 7}"#), "image 9, which is not there"),
        (file(r#"{"image_id": 1, "category_id": 9}"#), "category 9, which is not there"),
        (
            file(
                r#"{"id": 1, "image_id": 1, "category_id": 7}, {"id": 1, "image_id": 1, "category_id": 7}"#,
            ),
            "two annotations with id 1",
        ),
        (file("").replace("a.png", "../a.png"), "leads out of its folder"),
        (file("").replace("a.png", "b.png"), "`b.png`, which is not in"),
        (file("").replace("\"width\": 4", "\"width\": 5"), "is 5×3 pixels, but the picture is 4×3"),
        ("[".repeat(100_000), "f.json"),
    ];
    for (text, expected) in table {
        let mut scratch = Scratch::new(&["gum", "teeth"]);
        scratch.picture("a.png", 4, 3);
        let path = scratch.write("f.json", text);
        let before = scratch.listing();
        let error = import(&mut scratch, &importer(&path, &[])).unwrap_err();
        assert!(error.contains(expected) && error.contains("f.json"), "{expected}: {error}");
        assert_eq!(scratch.listing(), before);
    }
    let mut scratch = Scratch::new(&["gum"]);
    let missing = importer(&scratch.path("none.json"), &[]);
    assert!(import(&mut scratch, &missing).unwrap_err().contains("none.json"));
}

/// Exports, imports into a new data set, and returns what the only case says there.
fn there_and_back(said: &Annotation, exporter: &CocoExport) -> (Annotation, usize) {
    let mut scratch = Scratch::new(&["gum", "teeth"]);
    scratch.case("p1", said);
    let output = scratch.path("out");
    let report = exporter.export(&scratch.dataset, &output, QUIET).unwrap();
    let mut back = Scratch::new(&["gum", "teeth"]);
    let importer = CocoImport {
        request: ImportRequest::new(output.join("annotations.json")),
        crowd: Crowd::Unknown,
        polygons: Polygons::Union,
    };
    import(&mut back, &importer).unwrap();
    let losses = report.losses.iter().map(|loss| loss.count).sum();
    (back.said("p1"), losses)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn everything_comes_back(said in any_annotation()) {
        let (back, losses) = there_and_back(&said, &CocoExport { negatives: true });
        prop_assert_eq!(back, said);
        prop_assert_eq!(losses, 0);
    }
}

#[test]
fn an_export_is_complete_or_not_there_and_counts_its_losses() {
    let mut scratch = Scratch::new(&["gum", "teeth"]);
    let size = crate::image::Size::new(3, 1);
    let mut said = Annotation::unknown(size, 2);
    said.masks[0].values_mut()[0] = crate::annotation::Ternary::Negative;
    scratch.case("p1", &said);
    let exporter = CocoExport { negatives: false };
    let report = exporter.export(&scratch.dataset, &scratch.path("out"), QUIET).unwrap();
    assert_eq!(report.losses.len(), 1);
    assert_eq!((report.losses[0].class.as_deref(), report.losses[0].count), (Some("gum"), 1));
    let again = exporter.export(&scratch.dataset, &scratch.path("out"), QUIET).unwrap_err();
    assert!(again.to_string().contains("not empty"));
    fs::remove_file(scratch.dataset.dir().join("images/p1.png")).unwrap();
    let dataset = Dataset::open(scratch.dataset.dir()).unwrap();
    assert!(exporter.export(&dataset, &scratch.path("other"), QUIET).is_err());
    let left: Vec<_> = fs::read_dir(scratch.folder.path()).unwrap().collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn files_of_other_programs_are_read() {
    let Some(data) = real_data("files_of_other_programs_are_read") else { return };
    let root = data.join("fixtures/coco/coco_instances");
    for (part, id, expected) in [
        ("train", "a", ["-".repeat(50), "-".repeat(50)]),
        // `a` covers a pixel wide and two high in a 5 by 10 picture; `b` is a crowd of two columns
        ("val", "b", [format!("+----+----{}", "-".repeat(40)), "??---".repeat(10)]),
    ] {
        let mut scratch = Scratch::new(&["a", "b"]);
        let mut importer = importer(&root.join(format!("annotations/instances_{part}.json")), &[]);
        importer.request.images = Some(root.join("images"));
        importer.request.labels.skip_others = true;
        import(&mut scratch, &importer).unwrap();
        assert_eq!(scratch.drawn(id), expected, "{part}");
    }
}
