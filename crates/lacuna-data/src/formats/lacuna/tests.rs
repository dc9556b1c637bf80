use std::path::Path;

use fs_err as fs;
use proptest::prelude::*;

use super::*;
use crate::annotation::BinaryMask;
use crate::dataset::Fold;
use crate::dataset::split::Unit;
use crate::formats::test_data::{Scratch, any_annotation};
use crate::image::{Image, Size};

const QUIET: &(dyn Fn(usize, usize) + Sync) = &|_, _| ();

/// Everything written in a folder, names and contents.
fn text_of(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        text.push_str(&path.file_name().unwrap().to_string_lossy());
        text.push('\n');
        if path.is_dir() {
            text.push_str(&text_of(&path));
        } else {
            text.push_str(&String::from_utf8_lossy(&fs::read(&path).unwrap()));
        }
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn a_copy_says_the_same(said in any_annotation(), keep in any::<bool>()) {
        let mut there = Scratch::new(&["gum", "teeth"]);
        there.case("p1", &said);
        let exporter = LacunaExport { deidentify: false, keep_metadata: keep };
        let report = exporter.export(&there.dataset, &there.path("out"), QUIET).unwrap();
        prop_assert!(report.losses.is_empty() && report.cases == 1);
        let back = Dataset::open(&there.path("out")).unwrap();
        let case = back.case("p1").unwrap();
        prop_assert_eq!(&back.load_annotation(case).unwrap(), &said);
        prop_assert_eq!(back.load_image(case).unwrap(), there.dataset.load_image(case).unwrap());
        prop_assert_eq!(back.classes(), there.dataset.classes());
        prop_assert_eq!(back.name(), there.dataset.name());
    }

    #[test]
    fn a_de_identified_copy_names_nobody(said in any_annotation()) {
        let mut there = Scratch::new(&["gum", "teeth"]);
        let size = said.masks[0].size();
        for (id, group) in [("miller_1", "Miller"), ("miller_2", "Miller"), ("smith", "Smith")] {
            let image = Image::filled(size, [3; 3]);
            let case = there.dataset.add_image(id, &image, Some(group)).unwrap();
            there.dataset.save_annotation(&case, &said).unwrap();
            there.dataset.save_truth(&case, &vec![BinaryMask::empty(size); 2]).unwrap();
        }
        let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        let fold = Fold { train: ids(&["miller_1", "miller_2"]), validation: ids(&["smith"]), test: Vec::new() };
        Split::of_fold(0, Unit::Group, true, fold).save(&there.dataset, "default").unwrap();
        let exporter = LacunaExport { deidentify: true, keep_metadata: true };
        exporter.export(&there.dataset, &there.path("out"), QUIET).unwrap();
        let text = text_of(&there.path("out")).to_lowercase();
        for name in ["miller", "smith", "dr ü", "n. n.", "2026-01-02"] {
            prop_assert!(!text.contains(name), "{}", name);
        }
        let back = Dataset::open(&there.path("out")).unwrap();
        prop_assert_eq!(back.cases().len(), 3);
        for case in back.cases() {
            let copy = back.load_annotation(case).unwrap();
            prop_assert_eq!(&copy.masks, &said.masks);
            prop_assert_eq!(copy.regions.len(), said.regions.len());
            prop_assert!(back.load_truth(case).unwrap().is_some());
        }
        let split = Split::load(&back, "default").unwrap();
        prop_assert_eq!((split.folds[0].train.len(), split.folds[0].validation.len()), (2, 1));
    }
}

#[test]
fn exif_is_gone_and_a_turned_picture_is_upright() {
    let mut there = Scratch::new(&["gum"]);
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../refs/images/files");
    fs::copy(files.join("exif_6.jpg"), there.dataset.dir().join("images/a.jpg")).unwrap();
    there.dataset.add_case(Case::new("a", "images/a.jpg")).unwrap();
    let exporter = LacunaExport { deidentify: false, keep_metadata: false };
    let report = exporter.export(&there.dataset, &there.path("out"), QUIET).unwrap();
    assert_eq!(report.notes.len(), 1);
    let back = Dataset::open(&there.path("out")).unwrap();
    let case = back.case("a").unwrap();
    assert_eq!(case.image, Path::new("images/a.png"));
    let before = there.dataset.load_image(there.dataset.case("a").unwrap()).unwrap();
    assert_eq!(back.load_image(case).unwrap(), before);
    assert_eq!(before.size(), Size::new(32, 48));
}
