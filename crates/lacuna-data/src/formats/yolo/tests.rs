use super::*;
use crate::annotation::{Shape, Unpainted};
use crate::formats::test_data::Scratch;
use crate::formats::{BoxUse, ImportReport, ImportRequest, Importer};

const QUIET: &(dyn Fn(usize, usize) + Sync) = &|_, _| ();

fn scratch(labels: &str) -> Scratch {
    let scratch = Scratch::new(&["gum", "teeth", "lip"]);
    scratch.write("in/data.yaml", "names: [gum, teeth]\n");
    scratch.picture("in/images/train/a.png", 4, 2);
    scratch.picture("in/images/val/a.png", 4, 2);
    scratch.write("in/labels/train/a.txt", labels);
    scratch
}

fn importer(scratch: &Scratch) -> YoloImport {
    let mut request = ImportRequest::new(scratch.path("in"));
    request.unpainted = Some(Unpainted::Background);
    request.boxes = BoxUse::Regions;
    YoloImport { request }
}

fn import(scratch: &mut Scratch, importer: &YoloImport) -> Result<ImportReport, String> {
    importer.import(&mut scratch.dataset, QUIET).map_err(|error| error.to_string())
}

#[test]
fn polygons_boxes_and_pictures_without_labels() {
    let mut scratch = scratch("0 0 0 0.5 0 0.5 1 0 1\n\n1 0.5 0.5 0.5 1\n");
    let importer = importer(&scratch);
    let report = import(&mut scratch, &importer).unwrap();
    assert_eq!(scratch.drawn("train_a"), ["++--++--", "--------", "????????"]);
    let expected = Shape::Box { x: 1.0, y: 0.0, width: 2.0, height: 2.0, rotation: 0.0 };
    assert_eq!(scratch.said("train_a").regions[0].shape, expected);
    assert_eq!(report.without_masks(), ["val_a"]);
}

#[test]
fn wrong_files_are_refused_by_name() {
    let many = format!("0 {}", "0.5 0.5 ".repeat(500_000));
    let table = [
        ("7 0 0 1 1", "a.txt`: line 1: class `7` has no name"),
        ("0 0 0 1 x", "line 1: not everything is a number"),
        ("0 0 0 1 1\n0 0 0 1 1 1", "line 2: 5 numbers are neither"),
        ("0 0 0 NaN 1 1 1", "coordinate NaN"),
        ("0 0 0 inf 1", "line 1: a number of the box is out of range"),
        (many.as_str(), "500000 points"),
    ];
    for (labels, expected) in table {
        let mut scratch = scratch(labels);
        let importer = importer(&scratch);
        let before = scratch.listing();
        let error = import(&mut scratch, &importer).unwrap_err();
        assert!(error.contains(expected) && error.contains("a.txt"), "{expected}: {error}");
        assert_eq!(scratch.listing(), before);
    }
    let mut nameless = scratch("0 0 0 1 1");
    std::fs::remove_file(nameless.path("in/data.yaml")).unwrap();
    let importer = importer(&nameless);
    assert!(import(&mut nameless, &importer).unwrap_err().contains("no data.yaml"));
    nameless.write("in/classes.txt", "gum\nteeth\n");
    import(&mut nameless, &importer).unwrap();
}
