use super::*;
use crate::annotation::{Annotation, Shape, Ternary, Unpainted};
use crate::dataset::Split;
use crate::dataset::split::{SplitConfig, TestPart, Unit};
use crate::formats::test_data::Scratch;
use crate::formats::{
    BoxUse, ExportFormat, ExportReport, ImportReport, ImportRequest, Importer, LossKind,
};
use crate::image::Size;

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

/// Two cases of two classes with holes, corners that touch, and unknown pixels.
fn holey() -> Scratch {
    let mut scratch = Scratch::new(&["gum", "teeth"]);
    let rows = ["++++--?", "+--+-+?", "+-++-+?", "++++-+?", "++-++-?"];
    let mut said = Annotation::unknown(Size::new(7, 5), 2);
    let states = rows.iter().flat_map(|row| row.bytes()).map(|byte| match byte {
        b'+' => Ternary::Positive,
        b'-' => Ternary::Negative,
        _ => Ternary::Unknown,
    });
    for (value, state) in said.masks[0].values_mut().iter_mut().zip(states) {
        *value = state;
    }
    scratch.case("p1", &said);
    said.masks.swap(0, 1);
    scratch.case("p2", &said);
    scratch
}

fn export(scratch: &Scratch, options: &[(&str, &str)]) -> Result<ExportReport, String> {
    let options = options.iter().map(|(name, value)| (name.to_string(), value.to_string()));
    let exporter = ExportFormat::named("yolo").unwrap().exporter(options.collect()).unwrap();
    exporter.export(&scratch.dataset, &scratch.path("in"), QUIET).map_err(|e| e.to_string())
}

#[test]
fn what_is_painted_comes_back_and_what_is_unknown_is_counted() {
    let scratch = holey();
    let report = export(&scratch, &[]).unwrap();
    assert_eq!(report.cases, 2);
    let lost: Vec<_> =
        report.losses.iter().map(|loss| (loss.kind, loss.cases, loss.count)).collect();
    assert_eq!(lost, [(LossKind::Unknown, 2, 40), (LossKind::Unknown, 2, 40)]);
    assert!(report.notes[0].0.contains("no split"), "{:?}", report.notes);
    let mut back = Scratch::new(&["gum", "teeth"]);
    importer(&scratch).import(&mut back.dataset, QUIET).unwrap();
    for id in ["p1", "p2"] {
        let painted = |scratch: &Scratch| scratch.drawn(id).join(" ").replace('?', "-");
        assert_eq!(painted(&back), painted(&scratch), "{id}");
    }
}

#[test]
fn a_split_is_written_as_lists() {
    let scratch = holey();
    let test = TestPart::Share(0.5);
    let config = SplitConfig { seed: 0, by: Unit::Image, test, validation: 0.0 };
    let split = Split::draw(scratch.dataset.cases(), &config).unwrap();
    split.save(&scratch.dataset, "mine").unwrap();
    assert!(export(&scratch, &[("split", "other")]).unwrap_err().contains("other"));
    assert!(!scratch.path("in").exists());
    export(&scratch, &[("split", "mine")]).unwrap();
    let text = |name: &str| std::fs::read_to_string(scratch.path("in").join(name)).unwrap();
    assert!(text("data.yaml").ends_with("names:\n  0: \"gum\"\n  1: \"teeth\"\n"));
    let listed = text("train.txt") + &text("test.txt");
    let mut listed: Vec<_> = listed.lines().collect();
    listed.sort_unstable();
    assert_eq!(listed, ["./images/p1.png", "./images/p2.png"]);
}
