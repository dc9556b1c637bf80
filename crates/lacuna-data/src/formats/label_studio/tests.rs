use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::annotation::{Annotation, Role, Shape, Ternary, Unpainted};
use crate::formats::test_data::{Scratch, any_annotation, real_data};
use crate::formats::{
    BoxUse, Exporter, ImportReport, ImportRequest, Importer, Label, OptionValues,
};

const QUIET: &(dyn Fn(usize, usize) + Sync) = &|_, _| ();

fn importer(scratch: &Scratch, options: &[(&str, &str)]) -> LabelStudioImport {
    let mut request = ImportRequest::new(scratch.path("tasks.json"));
    request.unpainted = Some(Unpainted::Background);
    request.images = Some(scratch.path("pictures"));
    let given: BTreeMap<_, _> =
        options.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let values = OptionValues::new(&IMPORT, given).unwrap();
    LabelStudioImport::from_request(request, &values).unwrap()
}

fn import(scratch: &mut Scratch, importer: &LabelStudioImport) -> Result<ImportReport, String> {
    importer.import(&mut scratch.dataset, QUIET).map_err(|error| error.to_string())
}

type Options = &'static [(&'static str, &'static str)];

/// A task of a picture of 10 by 4 pixels.
fn task(annotations: &str) -> String {
    format!(r#"[{{"id": 5, "data": {{"image": "/data/upload/1/1a2b3c4d-a.png"}}, {annotations}}}]"#)
}

fn scratch(text: &str) -> Scratch {
    let scratch = Scratch::new(&["gum", "teeth"]);
    scratch.picture("pictures/a.png", 10, 4);
    scratch.write("tasks.json", text);
    scratch
}

/// A polygon over the columns from `left` to `right`, in per cent.
fn columns(id: &str, label: &str, left: u32, right: u32) -> String {
    format!(
        r#"{{"id": "{id}", "type": "polygonlabels", "original_width": 10, "original_height": 4, "value":
        {{"points": [[{left},0],[{right},0],[{right},100],[{left},100]], "polygonlabels": ["{label}"]}}}}"#
    )
}

fn said(by: u32, at: &str, items: &[String]) -> String {
    let items = items.join(",");
    format!(r#"{{"completed_by": {by}, "created_at": "{at}", "result": [{items}]}}"#)
}

#[test]
fn shapes_are_painted_and_written_twice_they_count_once() {
    let rectangle = r#"{"id": "r", "type": "rectangle", "original_width": 10, "original_height": 4,
        "value": {"x": 10, "y": 25, "width": 50, "height": 50, "rotation": 90}}"#;
    let labels = rectangle
        .replace("\"rectangle\"", "\"labels\"")
        .replace("\"rotation\": 90", "\"rotation\": 90, \"labels\": [\"mouth\"]");
    let point = r#"{"id": "k", "type": "keypointlabels", "value": {"x": 1, "y": 1, "width": 0.2, "keypointlabels": ["tip"]}}"#;
    let unlabelled =
        r#"{"id": "e", "type": "ellipse", "value": {"x": 1, "y": 1, "radiusX": 2, "radiusY": 2}}"#;
    let text = r#"{"id": "t", "type": "textarea", "value": {"text": ["a note"]}}"#;
    let ellipse = r#"{"id": "f", "type": "ellipselabels", "value": {"x": 80, "y": 50, "radiusX": 10, "radiusY": 50, "ellipselabels": ["teeth"]}}"#;
    let items = [
        columns("p", "gum", 0, 20),
        rectangle.to_owned(),
        labels,
        point.to_owned(),
        unlabelled.to_owned(),
        text.to_owned(),
        ellipse.to_owned(),
    ];
    let mut scratch = scratch(&task(&format!("\"annotations\": [{}]", said(3, "1", &items))));
    let mut importer = importer(&scratch, &[]);
    importer.request.labels.labels.insert("mouth".to_owned(), Label::Region);
    let report = import(&mut scratch, &importer).unwrap();
    assert_eq!(scratch.drawn("a")[0], "++--------".repeat(4));
    assert_eq!(scratch.drawn("a")[1], "-------++-".repeat(4));
    let annotation = scratch.said("a");
    let expected = Shape::Box { x: 1.0, y: 1.0, width: 5.0, height: 2.0, rotation: 90.0 };
    assert_eq!((annotation.regions.len(), &annotation.regions[0].shape), (1, &expected));
    assert_eq!(annotation.regions[0].author, "3");
    assert_eq!(annotation.provenance[0].author.as_deref(), Some("3"));
    let skipped = report.skipped();
    let expected: [(&str, usize); 3] =
        [("key points", 1), ("results that are no shapes", 1), ("shapes without a label", 1)];
    assert_eq!(skipped.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn soft_brush_edges_are_positive_or_unknown() {
    // ten pixels of rising opacity, then nothing
    let mut bits = String::new();
    let alpha = [0u8, 1, 100, 254, 255, 255, 0, 0, 0, 0];
    let values: Vec<u8> =
        alpha.iter().flat_map(|a| [0, 0, 0, *a]).chain(std::iter::repeat_n(0, 120)).collect();
    let push = |bits: &mut String, value: usize, count: usize| {
        bits.push_str(&format!("{value:0count$b}"));
    };
    push(&mut bits, values.len(), 32);
    push(&mut bits, 7, 5);
    for size in [2, 3, 7, 15] {
        push(&mut bits, size, 4);
    }
    // one literal of all words
    push(&mut bits, 0b011, 3);
    push(&mut bits, values.len() - 1, 16);
    for value in &values {
        push(&mut bits, usize::from(*value), 8);
    }
    let bytes: Vec<String> = bits
        .as_bytes()
        .chunks(8)
        .map(|byte| {
            u8::from_str_radix(&format!("{:0<8}", std::str::from_utf8(byte).unwrap()), 2)
                .unwrap()
                .to_string()
        })
        .collect();
    let stroke = format!(
        r#"{{"id": "b", "type": "brushlabels", "original_width": 10, "original_height": 4, "value": {{"format": "rle", "rle": [{}], "brushlabels": ["gum"]}}}}"#,
        bytes.join(",")
    );
    let text = task(&format!("\"annotations\": [{}]", said(3, "1", &[stroke])));
    let table: [(&[(&str, &str)], &str); 3] = [
        (&[], "-+++++----"),
        (&[("alpha", "128")], "---+++----"),
        (&[("soft-edges", "unknown"), ("alpha", "2")], "--??++----"),
    ];
    for (options, expected) in table {
        let mut scratch = scratch(&text);
        let importer = importer(&scratch, options);
        import(&mut scratch, &importer).unwrap();
        assert_eq!(scratch.drawn("a")[0][..10], *expected, "{options:?}");
    }
}

#[test]
fn several_annotators_are_chosen_or_brought_together() {
    let one = said(1, "2026-01-01", &[columns("a", "gum", 0, 40)]);
    let two = said(2, "2026-01-03", &[columns("a", "gum", 20, 60)]);
    let three = said(3, "2026-01-02", &[columns("a", "gum", 20, 80)]);
    let cancelled = one.replace("\"result\"", "\"was_cancelled\": true, \"result\"");
    let text = task(&format!("\"annotations\": [{cancelled}, {one}, {two}, {three}]"));
    let table: [(Options, Result<&str, &str>); 6] = [
        (&[], Err("task 5: 3 annotations; choose one annotator")),
        (&[("annotators", "latest")], Ok("--++++----")),
        (&[("annotator", "1")], Ok("++++------")),
        (&[("annotators", "majority")], Ok("--++++----")),
        (&[("annotators", "unanimous")], Ok("??++????--")),
        // nobody of that name: nobody has looked at the picture
        (&[("annotator", "9")], Ok("??????????")),
    ];
    for (options, expected) in table {
        let mut scratch = scratch(&text);
        let importer = importer(&scratch, options);
        match (import(&mut scratch, &importer), expected) {
            (Ok(report), Ok(expected)) => {
                assert_eq!(scratch.drawn("a")[0][..10], *expected, "{options:?}");
                assert_eq!(report.skipped()["cancelled annotations"], 1);
            }
            (Err(error), Err(expected)) => assert!(error.contains(expected), "{error}"),
            (found, _) => panic!("{options:?}: {found:?}"),
        }
    }
}

#[test]
fn predictions_are_suggestions_and_only_people_leave_background() {
    let item = columns("a", "gum", 0, 40);
    let prediction = format!(r#"{{"model_version": "v2", "score": 0.5, "result": [{item}]}}"#);
    let text = task(&format!("\"annotations\": [], \"predictions\": [{prediction}]"));
    let mut bare = scratch(&text);
    let without = importer(&bare, &[]);
    let report = import(&mut bare, &without).unwrap();
    assert_eq!(report.without_masks(), ["a"]);
    let mut scratch = scratch(&text);
    let suggest = importer(&scratch, &[("predictions", "suggest")]);
    let report = import(&mut scratch, &suggest).unwrap();
    assert_eq!(scratch.drawn("a")[0], "++++??????".repeat(4));
    assert_eq!(scratch.said("a").suggested[0].as_ref().unwrap().count(), 16);
    assert_eq!(report.cases[0].unpainted, Some(Unpainted::Unknown));
    assert!(!scratch.said("a").is_background_declared("gum"));
}

#[test]
fn predictions_that_the_export_only_numbers_are_counted_or_missed() {
    let item = columns("a", "gum", 0, 40);
    let text =
        task(&format!("\"annotations\": [{{\"result\": [{item}]}}], \"predictions\": [7, 8]"));
    let mut scratch = scratch(&text);
    let suggest = importer(&scratch, &[("predictions", "suggest")]);
    let error = import(&mut scratch, &suggest).unwrap_err();
    assert!(error.contains("2 predictions by their number alone"), "{error}");
    let skip = importer(&scratch, &[]);
    let report = import(&mut scratch, &skip).unwrap();
    assert_eq!(report.skipped()["predictions"], 2);
}

#[test]
fn boxes_of_a_model_keep_its_score() {
    let item = r#"{"id": "r", "value": {"x": 10, "y": 25, "width": 50, "height": 50, "rectanglelabels": ["teeth"]}}"#;
    let text = task(&format!(
        r#""predictions": [{{"model_version": "v2", "score": 0.5, "result": [{item}]}}]"#
    ));
    let mut scratch = scratch(&text);
    let mut importer = importer(&scratch, &[("predictions", "suggest"), ("model-version", "v2")]);
    importer.request.boxes = BoxUse::Regions;
    import(&mut scratch, &importer).unwrap();
    let region = &scratch.said("a").regions[0];
    assert_eq!((region.role, region.score), (Role::Model, Some(0.5)));
    assert_eq!(region.model_version.as_deref(), Some("v2"));
}

#[test]
fn groups_come_back_and_nobody_elses_field_is_one() {
    for (data, expected) in
        [(r#""case": "a", "group": "P1""#, Some("P1")), (r#""group": "P1""#, None)]
    {
        let text = format!(r#"[{{"data": {{"image": "a.png", {data}}}, "annotations": []}}]"#);
        let mut scratch = scratch(&text);
        let importer = importer(&scratch, &[]);
        let report = import(&mut scratch, &importer).unwrap();
        assert_eq!(report.cases[0].group.as_deref(), expected);
    }
}

#[test]
fn flat_files_say_the_same() {
    let flat = r#"[{"id": 5, "annotator": 3, "image": "/data/local-files/?d=x/a.png", "lead_time": 1.5,
        "tags": ["x"], "brush": [{"points": [[0,0],[20,0],[20,100],[0,100]], "polygonlabels": ["gum"],
        "original_width": 10, "original_height": 4}]}]"#;
    let mut scratch = scratch(flat);
    let importer = importer(&scratch, &[]);
    import(&mut scratch, &importer).unwrap();
    assert_eq!(scratch.drawn("a")[0], "++--------".repeat(4));
    assert_eq!(scratch.said("a").provenance[0].author.as_deref(), Some("3"));
}

#[test]
fn hostile_files_are_refused_by_name_and_change_nothing() {
    let with =
        |item: &str| task(&format!("\"annotations\": [{}]", said(1, "1", &[item.to_owned()])));
    let brush = |rle: &str| {
        with(&format!(
            r#"{{"value": {{"format": "rle", "rle": [{rle}], "brushlabels": ["gum"]}}}}"#
        ))
    };
    let good = columns("a", "gum", 0, 40);
    let table: [(String, &str); 12] = [
        (brush("255,255,255,255,57,27,0"), "task 5: a brush stroke of 4294967295 values, not 160"),
        (brush("0,0,0,160,57,27,252,96,32,1"), "cut off"),
        (brush(""), "cut off"),
        (brush("0,0,0,160,57,27,291"), "integer `291`"),
        (with(&good.replace("\"original_width\": 10", "\"original_width\": 20")), "drawn on 20×4"),
        (with(&good.replace("\"value\"", "\"image_rotation\": 90, \"value\"")), "turned"),
        (with(&good.replace("40", "1e300")), "polygon with coordinate"),
        (
            with(
                r#"{"value": {"x": 1e308, "y": 0, "width": 1e308, "height": 1, "rectanglelabels": ["gum"]}}"#,
            ),
            "polygon with coordinate",
        ),
        (with(&good.replace("gum", "lip")), "label `lip`, which is no class"),
        (task("\"annotations\": []").replace("a.png", "b.png"), "which is not in"),
        (
            task("\"annotations\": []").replace("\"image\"", "\"x\"").replace("a.png", "a.txt"),
            "no field `image`",
        ),
        ("[{\"data\": ".to_owned(), "tasks.json"),
    ];
    for (text, expected) in table {
        let mut scratch = scratch(&text);
        let importer = importer(&scratch, &[]);
        let before = scratch.listing();
        let error = import(&mut scratch, &importer).unwrap_err();
        assert!(error.contains(expected) && error.contains("tasks.json"), "{expected}: {error}");
        assert_eq!(scratch.listing(), before);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn masks_suggestions_and_regions_come_back(annotation in any_annotation()) {
        let mut there = Scratch::new(&["gum", "teeth"]);
        there.case("p1", &annotation);
        let exporter = LabelStudioExport {
            as_predictions: false, negatives: true, image_prefix: "/data/local-files/?d=images/".to_owned(),
        };
        let report = exporter.export(&there.dataset, &there.path("out"), QUIET).unwrap();
        prop_assert!(report.losses.is_empty());
        let mut back = Scratch::new(&["gum", "teeth"]);
        let mut request = ImportRequest::new(there.path("out/tasks.json"));
        request.unpainted = Some(Unpainted::Unknown);
        request.labels.labels.insert("region".to_owned(), Label::Region);
        let given = BTreeMap::from([("predictions".to_owned(), "suggest".to_owned())]);
        let values = OptionValues::new(&IMPORT, given).unwrap();
        import(&mut back, &LabelStudioImport::from_request(request, &values).unwrap()).unwrap();
        let found = back.said("p1");
        prop_assert_eq!(&found.masks, &annotation.masks);
        prop_assert_eq!(&found.suggested, &annotation.suggested);
        prop_assert_eq!(found.regions.len(), annotation.regions.len());
        for (found, expected) in found.regions.iter().zip(&annotation.regions) {
            for (a, b) in found.shape.corners().iter().zip(expected.shape.corners()) {
                prop_assert!((a[0] - b[0]).abs() < 1e-9 && (a[1] - b[1]).abs() < 1e-9);
            }
        }
    }
}

#[derive(serde::Deserialize)]
struct Stroke {
    rle: Vec<u8>,
    original_width: usize,
    original_height: usize,
    fg: usize,
}

#[test]
fn brush_strokes_of_the_interface_are_the_pixels_of_its_picture() {
    let Some(data) = real_data("brush_strokes_of_the_interface_are_the_pixels_of_its_picture")
    else {
        return;
    };
    let folder = data.join("fixtures/label_studio");
    let text = fs_err::read_to_string(folder.join("brush_test_png_rle.json")).unwrap();
    let stroke: Stroke = serde_json::from_str(&text).unwrap();
    let size = crate::Size::new(stroke.original_width, stroke.original_height);
    let alpha = brush_rle::alpha(&stroke.rle, size).unwrap();
    assert_eq!(alpha.iter().filter(|alpha| **alpha > 0).count(), stroke.fg);
    // the grey of PIL, above 128, is what the SDK's own test made the stroke of
    let png = crate::Image::open(&folder.join("brush_png/test.png")).unwrap().image;
    let grey = |p: &[u8]| {
        let [r, g, b] = [u32::from(p[0]), u32::from(p[1]), u32::from(p[2])];
        (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16
    };
    let pairs = alpha.iter().zip(png.rgb().chunks_exact(3));
    let differ = pairs.filter(|(alpha, pixel)| (**alpha > 0) != (grey(pixel) > 128)).count();
    assert_eq!(differ, 0);
}

#[test]
fn exports_of_the_interface_are_read() {
    let Some(data) = real_data("exports_of_the_interface_are_read") else { return };
    let folder = data.join("fixtures/label_studio/ui_exports");
    // file, picture, its size, class, label, and how many pixels are painted
    let table = [
        ("image_magic_wand/1.json", "cloud", (3000, 2860), "Cloud", 1),
        ("image_polygons/0.json", "spacexmoon-800x501", (800, 501), "Hello", 1),
    ];
    for (file, stem, (width, height), label, least) in table {
        let mut scratch = Scratch::new(&["gum", "teeth"]);
        let text = fs_err::read_to_string(folder.join(file)).unwrap();
        let task = task::parse(&text, &folder, None).unwrap();
        let name = address::file_name(&task[0].image);
        scratch.picture("pictures/x.png", width, height);
        let picture = scratch.path("pictures/x.png");
        fs_err::rename(picture, scratch.path("pictures").join(&name)).unwrap();
        scratch.write("tasks.json", text);
        let mut importer = importer(&scratch, &[]);
        importer.request.labels.labels.insert(label.to_owned(), Label::Class("gum".to_owned()));
        importer.request.labels.skip_others = true;
        let report = import(&mut scratch, &importer).unwrap();
        let annotation = scratch.said(&report.cases[0].id);
        assert!(annotation.masks[0].count(Ternary::Positive) >= least, "{stem}");
        assert_eq!(
            annotation.masks[1],
            Annotation::unknown(crate::Size::new(width, height), 1).masks[0]
        );
    }
}

#[test]
fn an_export_of_a_server_is_read() {
    let Some(data) = real_data("an_export_of_a_server_is_read") else { return };
    let path = data.join("fixtures/label_studio/export_with_rectangles/data.json");
    let mut scratch = Scratch::new(&["gum", "teeth"]);
    scratch.picture("pictures/test_image1.png", 500, 320);
    let text = fs_err::read_to_string(path).unwrap();
    scratch.write("tasks.json", text.replace("test_image1.jpg", "test_image1.png"));
    let mut importer = importer(&scratch, &[]);
    let meanings =
        [("rectangle_label", Label::Region), ("polygon_label", Label::Class("gum".to_owned()))];
    for (label, meaning) in meanings {
        importer.request.labels.labels.insert(label.to_owned(), meaning);
    }
    let report = import(&mut scratch, &importer).unwrap();
    assert_eq!(report.skipped().into_iter().collect::<Vec<_>>(), [("key points", 2)]);
    let said = scratch.said("test_image1");
    let corner = said.regions[0].shape.corners()[2];
    // 31.94 + 6.35 per cent of 500, 4.11 + 9.93 per cent of 320
    assert!(
        (corner[0] - 191.4700).abs() < 1e-3 && (corner[1] - 44.9362).abs() < 1e-3,
        "{corner:?}"
    );
    // the triangle's area by the shoelace formula; a square per cent is 16 pixels
    let points = [[41.742_286, 3.546_099], [41.560_798, 12.198_581], [45.372_050, 12.482_269]];
    let area = points.iter().zip(points.iter().cycle().skip(1));
    let area: f64 = area.map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum::<f64>().abs() / 2.0 * 16.0;
    let painted = said.masks[0].count(Ternary::Positive) as f64;
    assert!((painted - area).abs() < 15.0, "{painted} {area}");
}
