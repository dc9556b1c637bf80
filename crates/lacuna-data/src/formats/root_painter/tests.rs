use proptest::prelude::*;

use super::*;
use crate::formats::test_data::{Scratch, any_annotation};
use crate::formats::{Exporter, ImportReport, ImportRequest, Importer};
use crate::image::{Image, Size};

const QUIET: &(dyn Fn(usize, usize) + Sync) = &|_, _| ();

fn importer(scratch: &Scratch, class: Option<&str>) -> RootPainterImport {
    let mut request = ImportRequest::new(scratch.path("annotations"));
    request.images = Some(scratch.path("images"));
    RootPainterImport { request, class: class.map(str::to_owned) }
}

fn import(scratch: &mut Scratch, importer: &RootPainterImport) -> Result<ImportReport, String> {
    importer.import(&mut scratch.dataset, QUIET).map_err(|error| error.to_string())
}

fn scratch(pixels: &[[u8; 4]]) -> Scratch {
    let scratch = Scratch::new(&["gum", "teeth"]);
    scratch.picture("images/a.png", 4, 1);
    std::fs::create_dir_all(scratch.path("annotations/train")).unwrap();
    let size = Size::new(pixels.len(), 1);
    rgba::write(&scratch.path("annotations/train/a.png"), size, pixels).unwrap();
    scratch
}

#[test]
fn red_green_and_nothing() {
    // half transparent red is still red, black paint is nothing
    let mut scratch = scratch(&[[255, 0, 0, 180], BACKGROUND, UNPAINTED, [0, 0, 0, 255]]);
    let teeth = importer(&scratch, Some("teeth"));
    let report = import(&mut scratch, &teeth).unwrap();
    assert_eq!(scratch.drawn("a"), ["????", "+-??"]);
    assert!(report.cases[0].classes[0].is_missing);
}

#[test]
fn wrong_files_are_refused_by_name() {
    type Row<'a> = (&'a [[u8; 4]], Option<&'a str>, &'a str);
    let good = [FOREGROUND, BACKGROUND, UNPAINTED, UNPAINTED];
    let table: [Row<'_>; 4] = [
        (&good, None, "of which class is it?"),
        (&good, Some("lip"), "`lip` is not one of the classes"),
        (&good[..3], Some("gum"), "it is 3×1 pixels, but its picture is 4×1"),
        (&[[255, 255, 0, 255]; 4], Some("gum"), "red and green at column 0, row 0"),
    ];
    for (pixels, class, expected) in table {
        let mut scratch = scratch(pixels);
        let importer = importer(&scratch, class);
        let before = scratch.listing();
        let error = import(&mut scratch, &importer).unwrap_err();
        assert!(error.contains(expected), "{error}");
        assert_eq!(scratch.listing(), before);
    }
    let mut scratch = scratch(&good);
    let picture = scratch.path("annotations/train/a.png");
    Image::filled(Size::new(4, 1), [255, 0, 0]).save_png(&picture).unwrap();
    let gum = importer(&scratch, Some("gum"));
    assert!(import(&mut scratch, &gum).unwrap_err().contains("a.png`: it is no RGBA picture"));
    std::fs::write(&picture, "x").unwrap();
    assert!(import(&mut scratch, &gum).unwrap_err().contains("a.png`: no readable PNG"));
    std::fs::rename(&picture, scratch.path("annotations/train/b.png")).unwrap();
    assert!(import(&mut scratch, &gum).unwrap_err().contains("names picture `b`"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn masks_come_back(annotation in any_annotation()) {
        let mut there = Scratch::new(&["gum", "teeth"]);
        there.case("p1", &annotation);
        let report = RootPainterExport.export(&there.dataset, &there.path("out"), QUIET).unwrap();
        let regions: usize = report.losses.iter()
            .filter(|loss| loss.class.is_none()).map(|loss| loss.count).sum();
        prop_assert_eq!(regions, annotation.regions.len());
        if there.path("out/annotations").is_dir() {
            let mut back = Scratch::new(&["gum", "teeth"]);
            let mut request = ImportRequest::new(there.path("out/annotations"));
            request.images = Some(there.path("out/images"));
            import(&mut back, &RootPainterImport { request, class: None }).unwrap();
            prop_assert_eq!(back.said("p1").masks, annotation.masks);
        }
    }
}
