use proptest::prelude::*;

use super::*;
use crate::annotation::mask_file::{read_values, write_values};
use crate::annotation::{Annotation, Ternary, TernaryMask};
use crate::formats::test_data::{Scratch, any_annotation, real_data};
use crate::formats::{BoxUse, Exporter, ImportReport, ImportRequest, Importer, Label, LossKind};
use crate::image::{Image, Size};
use crate::supervision::PolicyName;

const QUIET: &(dyn Fn(usize, usize) + Sync) = &|_, _| ();
const XML: &str = "<annotation><size><width>4</width><height>2</height></size><object><name>mouth</name>
    <bndbox><xmin>2</xmin><ymin>1</ymin><xmax>3</xmax><ymax>2</ymax></bndbox></object></annotation>";
const MAP: &str =
    "# label:color_rgb:parts:actions\nbackground:0,0,0::\ngum:128,0,0::\ntooth:0,128,0::\n";

fn scratch() -> Scratch {
    let scratch = Scratch::new(&["gum", "teeth"]);
    scratch.picture("voc/JPEGImages/a.png", 4, 2);
    scratch.write("voc/Annotations/a.xml", XML);
    scratch.write("voc/labelmap.txt", MAP);
    std::fs::create_dir(scratch.path("voc/SegmentationClass")).unwrap();
    scratch
}

fn importer(scratch: &Scratch) -> VocImport {
    let mut request = ImportRequest::new(scratch.path("voc"));
    request.labels.labels.insert("tooth".to_owned(), Label::Class("teeth".to_owned()));
    request.labels.labels.insert("mouth".to_owned(), Label::Region);
    VocImport { request, edges: false }
}

fn import(scratch: &mut Scratch, importer: &VocImport) -> Result<ImportReport, String> {
    importer.import(&mut scratch.dataset, QUIET).map_err(|error| error.to_string())
}

#[test]
fn label_maps_are_read_by_value_and_by_colour() {
    let values = [0, 1, 2, 255, 0, 0, 1, 1];
    for in_colour in [false, true] {
        let mut scratch = scratch();
        let path = scratch.path("voc/SegmentationClass/a.png");
        let size = Size::new(4, 2);
        if in_colour {
            let rgb = values.iter().flat_map(|value| colors::color(*value)).collect();
            Image::new(size, rgb).unwrap().save_png(&path).unwrap();
        } else {
            write_values(&path, size, &values, None).unwrap();
        }
        let importer = importer(&scratch);
        import(&mut scratch, &importer).unwrap();
        assert_eq!(scratch.drawn("a"), ["-+-?--++", "--+?----"]);
        let corners = scratch.said("a").regions[0].shape.corners();
        assert_eq!((corners[0], corners[2]), ([1.0, 0.0], [3.0, 2.0]));
    }
}

#[test]
fn boxes_alone_say_nothing_about_pixels() {
    let mut scratch = scratch();
    let mut importer = importer(&scratch);
    importer.edges = true;
    import(&mut scratch, &importer).unwrap();
    assert_eq!(scratch.drawn("a"), ["????????", "????????"]);
    assert_eq!(scratch.said("a").regions[0].shape.corners()[0], [2.0, 1.0]);
}

#[test]
fn wrong_files_are_refused_by_name() {
    let xml = |from: &str, to: &str| Some(("voc/Annotations/a.xml", XML.replace(from, to)));
    let other = |name: &'static str, text: &str| Some((name, text.to_owned()));
    // the label map's width and values, a file that is written, and what is said
    let table = [
        (4, [0, 0, 0, 9, 0, 0, 0, 0], None, "a.png`: value 9 has no name"),
        (2, [0; 8], None, "is 2×4 pixels, expected 4×2"),
        (4, [0; 8], xml("2</xmin", "x</xmin"), "`xmin` is `x`"),
        (4, [0; 8], xml("<xmin>2", "<xmin>NaN"), "out of range"),
        (4, [0; 8], xml("<width>4", "<width>5"), "is 5×2 pixels"),
        (4, [0; 8], other("voc/Annotations/b.xml", XML), "names picture `b`"),
        (4, [0; 8], other("voc/Annotations/a.xml", "<a/>"), "no VOC annotation"),
        (4, [0; 8], other("voc/labelmap.txt", "gum:1,2"), "labelmap.txt"),
    ];
    for (width, values, file, expected) in table {
        let mut scratch = scratch();
        let path = scratch.path("voc/SegmentationClass/a.png");
        write_values(&path, Size::new(width, values.len() / width), &values, None).unwrap();
        if let Some((name, text)) = file {
            scratch.write(name, text);
        }
        let importer = importer(&scratch);
        let before = scratch.listing();
        let error = import(&mut scratch, &importer).unwrap_err();
        assert!(error.contains(expected) && error.contains("voc/"), "{expected}: {error}");
        assert_eq!(scratch.listing(), before);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn complete_masks_and_unknown_pixels_come_back(values in prop::collection::vec(0usize..4, 12)) {
        let size = Size::new(4, 3);
        let state = |value: usize, class: usize| match value {
            3 => Ternary::Unknown,
            value if value == class + 1 => Ternary::Positive,
            _ => Ternary::Negative,
        };
        let mut said = Annotation::unknown(size, 2);
        for class in 0..2 {
            let states = values.iter().map(|value| state(*value, class)).collect();
            said.masks[class] = TernaryMask::new(size, states).unwrap();
        }
        let mut there = Scratch::new(&["gum", "teeth"]);
        there.case("p1", &said);
        let exporter = VocExport { policy: PolicyName::Fusion };
        prop_assert!(exporter.export(&there.dataset, &there.path("out"), QUIET).unwrap().losses.is_empty());
        let mut back = Scratch::new(&["gum", "teeth"]);
        let importer = VocImport { request: ImportRequest::new(there.path("out")), edges: false };
        import(&mut back, &importer).unwrap();
        prop_assert_eq!(back.said("p1").masks, said.masks);
    }

    #[test]
    fn any_annotation_is_written_with_its_losses_counted(said in any_annotation()) {
        let mut there = Scratch::new(&["gum", "teeth"]);
        there.case("p1", &said);
        let exporter = VocExport { policy: PolicyName::Fusion };
        let report = exporter.export(&there.dataset, &there.path("out"), QUIET).unwrap();
        let map = read_values(&there.path("out/SegmentationClass/p1.png"), None).unwrap();
        prop_assert!(map.is_palette && map.values.iter().all(|value| [0, 1, 2, 255].contains(value)));
        let overlaps: usize = report.losses.iter()
            .filter(|loss| loss.kind == LossKind::Overlap).map(|loss| loss.count).sum();
        let both = said.masks[0].values().iter().zip(said.masks[1].values())
            .filter(|(a, b)| **a == Ternary::Positive && **b == Ternary::Positive).count();
        prop_assert_eq!(overlaps, 2 * both);
    }
}

#[test]
fn files_in_vocs_layout_are_read() {
    let Some(data) = real_data("files_in_vocs_layout_are_read") else { return };
    let mut scratch = Scratch::new(&["cat", "person"]);
    let mut request = ImportRequest::new(data.join("fixtures/voc/voc_dataset/voc_dataset1"));
    request.labels.skip_others = true;
    request.boxes = BoxUse::Regions;
    let report = import(&mut scratch, &VocImport { request, edges: false }).unwrap();
    assert!(report.cases.iter().any(|case| case.id == "2007_000001"));
    let said = scratch.said("2007_000001");
    assert_eq!(said.regions.len(), 2);
    assert_eq!(said.regions[0].shape.corners()[0], [0.0, 1.0]);
    assert_eq!(said.masks[0].count(Ternary::Unknown), 0);
}
