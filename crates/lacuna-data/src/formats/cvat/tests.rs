use proptest::prelude::*;

use super::*;
use crate::annotation::{Shape, Unpainted};
use crate::formats::test_data::{Scratch, any_annotation, real_data};
use crate::formats::{BoxUse, Exporter, ImportReport, ImportRequest, Importer, Label};

const QUIET: &(dyn Fn(usize, usize) + Sync) = &|_, _| ();

fn file(shapes: &str) -> String {
    format!(
        r#"<?xml version="1.0"?><annotations><version>1.1</version><meta><task><labels><label><name>gum</name></label><label><name>teeth</name></label></labels></task></meta>
        <image id="0" name="a.png" width="6" height="2">{shapes}</image></annotations>"#
    )
}

fn importer(scratch: &Scratch) -> CvatImport {
    let mut request = ImportRequest::new(scratch.path("f.xml"));
    request.unpainted = Some(Unpainted::Background);
    CvatImport { request, auto_is_suggested: true }
}

fn import(scratch: &mut Scratch, importer: &CvatImport) -> Result<ImportReport, String> {
    importer.import(&mut scratch.dataset, QUIET).map_err(|error| error.to_string())
}

#[test]
fn every_shape_is_taken_or_counted() {
    let shapes = r#"
        <mask label="gum" source="manual" rle="1, 2, 1" left="1" top="0" width="2" height="2"/>
        <polygon label="teeth" source="auto" points="4,0;6,0;6,2;4,2"/>
        <ellipse label="gum" cx="0.5" cy="1.5" rx="0.6" ry="0.6"/>
        <box label="teeth" xtl="1" ytl="0" xbr="5" ybr="2" rotation="90"/>
        <polyline label="" points="1,2;3,4"/><points label="x" points="1,2"/><tag label="y"/>"#;
    let mut scratch = Scratch::new(&["gum", "teeth", "lip"]);
    scratch.picture("a.png", 6, 2);
    scratch.write("f.xml", file(shapes));
    let mut importer = importer(&scratch);
    importer.request.boxes = BoxUse::Regions;
    let report = import(&mut scratch, &importer).unwrap();
    assert_eq!(scratch.drawn("a"), ["--+---++----", "----++----++", "????????????"]);
    let said = scratch.said("a");
    assert_eq!(said.suggested[1].as_ref().unwrap().count(), 4);
    // turned by a quarter about its middle (3, 1), the box of 4 by 2 stands from (2, -1) to (4, 3)
    let corners = said.regions[0].shape.corners();
    for (corner, expected) in corners.iter().zip([[4.0, -1.0], [4.0, 3.0], [2.0, 3.0], [2.0, -1.0]])
    {
        assert!((corner[0] - expected[0]).abs() < 1e-9 && (corner[1] - expected[1]).abs() < 1e-9);
    }
    assert!(matches!(said.regions[0].shape, Shape::Box { .. }));
    let skipped: Vec<_> = report.skipped().into_iter().collect();
    let of = |kind| (kind, 1);
    assert_eq!(
        skipped,
        [of("shapes of type points"), of("shapes of type polyline"), of("shapes of type tag")]
    );
}

#[test]
fn hostile_files_are_refused_by_name_and_change_nothing() {
    let mask = |rle: &str| {
        file(&format!(r#"<mask label="gum" rle="{rle}" left="0" top="0" width="2" height="2"/>"#))
    };
    let points = "1,1;".repeat(1_000_000) + "1,1";
    let table = [
        (mask("0, 18446744073709551615, 5"), "do not fill 2×2"),
        (mask("0, 99999999999999999999"), "runs are no numbers"),
        (mask("1, 3").replace("left=\"0\"", "left=\"5\""), "a mask of 2×2 at 5,0"),
        (mask("1, 3").replace("width=\"2\"", "width=\"-2\""), "`width` is `-2`"),
        (file(&format!(r#"<polygon label="gum" points="{points}"/>"#)), "1000001 points"),
        (file(r#"<polygon label="gum" points="0,0;NaN,1;2,2"/>"#), "coordinate NaN"),
        (file(r#"<ellipse label="gum" cx="inf" cy="1" rx="1" ry="1"/>"#), "coordinate"),
        (file(r#"<polygon label="gum" points="0"/>"#), "no pairs"),
        (file(r#"<polygon label="lip" points="0,0;1,1;0,1"/>"#), "label `lip`"),
        (file("").replace("a.png", "../a.png"), "leads out of its folder"),
        (file("").replace("width=\"6\"", "width=\"7\""), "is 7×2 pixels, but the picture is 6×2"),
        (file("").replace("<version>", "<track/><version>"), "tracks of a video"),
        (file("").replace("<annotations>", "<!DOCTYPE a [<!ENTITY x 'y'>]><annotations>"), "DTD"),
    ];
    for (text, expected) in table {
        let mut scratch = Scratch::new(&["gum", "teeth"]);
        scratch.picture("a.png", 6, 2);
        scratch.write("f.xml", text);
        let importer = importer(&scratch);
        let before = scratch.listing();
        let error = import(&mut scratch, &importer).unwrap_err();
        assert!(error.contains(expected) && error.contains("f.xml"), "{expected}: {error}");
        assert_eq!(scratch.listing(), before);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn masks_suggestions_and_regions_come_back(annotation in any_annotation()) {
        let mut there = Scratch::new(&["gum", "teeth"]);
        there.case("p1", &annotation);
        let report =
            CvatExport { negatives: true }.export(&there.dataset, &there.path("out"), QUIET).unwrap();
        prop_assert!(report.losses.is_empty());
        let mut back = Scratch::new(&["gum", "teeth"]);
        let mut request = ImportRequest::new(there.path("out/annotations.xml"));
        request.unpainted = Some(Unpainted::Unknown);
        request.labels.labels.insert(REGION.to_owned(), Label::Region);
        import(&mut back, &CvatImport { request, auto_is_suggested: true }).unwrap();
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

#[test]
fn files_of_cvat_are_read() {
    let Some(data) = real_data("files_of_cvat_are_read") else { return };
    let folder = data.join("fixtures/cvat/cvat_dataset/for_images");
    let mut scratch = Scratch::new(&["gum", "teeth"]);
    let mut importer = importer(&scratch);
    importer.request.path = folder.join("export_project/annotations.xml");
    for label in ["label1", "label2"] {
        importer.request.labels.labels.insert(label.to_owned(), Label::Class("gum".to_owned()));
    }
    importer.request.labels.skip_others = true;
    importer.request.boxes = BoxUse::Regions;
    let report = import(&mut scratch, &importer).unwrap();
    let ids: Vec<_> = report.cases.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "Test_img0",
            "Test_img1",
            "Train_img0",
            "Train_img1",
            "Validation_img0",
            "Validation_img1"
        ]
    );
    assert_eq!(scratch.said("Train_img0").regions.len(), 1);
    assert!(scratch.drawn("Test_img1")[0].contains('+'));
    importer.request.path = folder.parent().unwrap().join("for_video/annotations.xml");
    assert!(import(&mut scratch, &importer).unwrap_err().contains("tracks of a video"));
}
