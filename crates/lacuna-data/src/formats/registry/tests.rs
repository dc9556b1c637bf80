use std::path::Path;

use fs_err as fs;
use proptest::prelude::*;

use super::*;
use crate::annotation::{Annotation, Ternary, Unpainted};
use crate::formats::test_data::Scratch;
use crate::image::Size;

const QUIET: &(dyn Fn(usize, usize) + Sync) = &|_, _| ();

#[test]
fn every_default_is_a_value_that_its_option_takes() {
    for entry in importers() {
        let mut request = ImportRequest::new("masks");
        request.images = Some("pictures".into());
        request.unpainted = Some(Unpainted::Unknown);
        let importer = entry.importer(request, BTreeMap::new()).unwrap();
        assert_eq!(importer.format(), entry.format);
        assert!(ImportFormat::named(entry.format.name).is_some());
    }
    for entry in exporters() {
        let exporter = entry.exporter(BTreeMap::new()).unwrap();
        assert_eq!(exporter.format(), entry.format);
        assert!(ExportFormat::named(entry.format.name).is_some());
    }
}

/// A format, what is imported of its export, where the pictures are, and the files that are damaged.
type Damaged = (&'static str, &'static str, &'static str, &'static [&'static str]);

const DAMAGED: [Damaged; 8] = [
    ("coco", "annotations.json", "images", &["annotations.json"]),
    ("cvat", "annotations.xml", "images", &["annotations.xml"]),
    ("label-studio", "tasks.json", "images", &["tasks.json"]),
    ("labelme", "", "", &["p1.json"]),
    ("nnunet", "", "imagesTr", &["dataset.json", "labelsTr/p1.png"]),
    ("root-painter", "annotations", "images", &["annotations/gum/p1.png"]),
    ("voc", "", "JPEGImages", &["Annotations/p1.xml", "SegmentationClass/p1.png", "labelmap.txt"]),
    ("yolo", "", "images", &["labels/p1.txt", "data.yaml"]),
];

/// What a number in a text is replaced with.
const NUMBERS: [&str; 9] =
    ["-1", "0", "1e308", "99999999999999999999", "4294967295", "NaN", "null", "\"x\"", "1.5"];

fn exported(scratch: &mut Scratch, name: &str) {
    let mut said = Annotation::unknown(Size::new(6, 4), 2);
    for (i, value) in said.masks[0].values_mut().iter_mut().enumerate() {
        *value = [Ternary::Positive, Ternary::Negative, Ternary::Unknown][i / 5 % 3];
    }
    let regions = br#"{"version": 1, "regions": [{"polygon": [[0, 0], [5, 0], [5, 3]], "author": "a", "role": "expert", "origin": "x"}]}"#;
    said.regions =
        crate::annotation::regions_file::read_regions(&scratch.write("r.json", regions)).unwrap();
    scratch.case("p1", &said);
    let exporter = ExportFormat::named(name).unwrap().exporter(BTreeMap::new()).unwrap();
    exporter.export(&scratch.dataset, &scratch.path("out"), QUIET).unwrap();
}

/// Replaces some numbers of a text file, or some bytes of any other.
fn damage(path: &Path, places: &[(prop::sample::Index, usize)]) {
    let mut bytes = fs::read(path).unwrap();
    let is_text = path.extension().is_some_and(|extension| extension != "png");
    for (at, with) in places {
        let digits: Vec<usize> =
            (0..bytes.len()).filter(|i| !is_text || bytes[*i].is_ascii_digit()).collect();
        if digits.is_empty() {
            continue;
        }
        let start = digits[at.index(digits.len())];
        if is_text {
            let is_number = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
            let rest = bytes[start..].iter().position(|byte| !is_number(byte));
            let end = rest.map_or(bytes.len(), |length| start + length);
            bytes.splice(start..end, NUMBERS[with % NUMBERS.len()].bytes());
        } else {
            bytes[start] = *with as u8;
        }
    }
    fs::write(path, bytes).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn damaged_files_never_panic_and_change_nothing(
        which in any::<prop::sample::Index>(),
        file in any::<prop::sample::Index>(),
        places in prop::collection::vec((any::<prop::sample::Index>(), 0usize..256), 1..4),
    ) {
        let (name, path, images, files) = DAMAGED[which.index(DAMAGED.len())];
        let mut scratch = Scratch::new(&["gum", "teeth"]);
        exported(&mut scratch, name);
        let out = scratch.path("out");
        damage(&out.join(files[file.index(files.len())]), &places);
        let mut request = ImportRequest::new(out.join(path));
        request.images = Some(out.join(images));
        request.unpainted = Some(Unpainted::Unknown);
        request.labels.skip_others = true;
        request.boxes = crate::formats::BoxUse::Regions;
        let importer =
            ImportFormat::named(name).unwrap().importer(request, BTreeMap::new()).unwrap();
        let mut target = Scratch::new(&["gum", "teeth"]);
        let before = target.listing();
        if let Err(error) = importer.import(&mut target.dataset, QUIET) {
            prop_assert_eq!(target.listing(), before);
            let out = out.display().to_string();
            prop_assert!(error.to_string().contains(&out), "{}", error);
        }
    }
}
