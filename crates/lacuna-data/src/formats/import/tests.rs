use std::path::{Path, PathBuf};

use fs_err as fs;

use super::*;
use crate::formats::png_masks::FolderImport;
use crate::formats::test_data::Scratch;
use crate::formats::{GroupFrom, ImportFormat};

/// See `refs/images`.
fn picture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../refs/images").join(name)
}

/// Copies pictures into the folder `in`, under names that say nothing.
fn scratch(pictures: &[(&str, &str)]) -> Scratch {
    let scratch = Scratch::new(&["gum"]);
    for (name, source) in pictures {
        scratch.write(&format!("in/{name}"), fs::read(picture(source)).unwrap());
    }
    scratch
}

fn folder(scratch: &Scratch, group_from: Option<GroupFrom>, reading: ReadOptions) -> FolderImport {
    FolderImport { images: scratch.path("in"), masks: None, group_from, reading, author: None }
}

fn import(scratch: &mut Scratch, what: &dyn Importer) -> ImportReport {
    what.import(&mut scratch.dataset, &|_, _| ()).unwrap_or_else(|error| panic!("{error}"))
}

/// Nothing in the data set says who the patient is.
fn assert_nobody_named(scratch: &Scratch) {
    for (path, bytes) in scratch.listing() {
        for name in [&b"PID-0815"[..], b"Nobody", b"18000101", b"2.25.27182"] {
            let has = bytes.windows(name.len()).any(|window| window == name);
            assert!(!has, "{}", path.display());
        }
    }
}

#[test]
fn of_a_dicom_file_only_pixels_and_spacing_are_kept() {
    let mut scratch = scratch(&[("a.dcm", "dicom/rgb.dcm"), ("b.png", "files/palette.png")]);
    let what = folder(&scratch, None, ReadOptions::default());
    let report = import(&mut scratch, &what);
    assert!(report.cases[0].notes[0].contains("names, dates and numbers in it are not copied"));
    assert_nobody_named(&scratch);

    let dataset = Dataset::open(scratch.dataset.dir()).unwrap();
    let [a, b] = dataset.cases() else { panic!("{:?}", dataset.cases()) };
    assert_eq!(
        (a.image.as_path(), b.image.as_path()),
        (Path::new("images/a.png"), Path::new("images/b.png"))
    );
    assert_eq!((a.spacing, b.spacing), (Some([0.02, 0.03]), None));
    assert_eq!((a.group.as_ref(), b.group.as_ref()), (None, None));
    let table = fs::read_to_string(dataset.dir().join("cases.csv")).unwrap();
    assert_eq!(
        table,
        "id,image,group,row_mm,col_mm\na,images/a.png,,0.02,0.03\nb,images/b.png,,,\n"
    );
    let shown = Image::open(&picture("dicom/rgb.dcm")).unwrap().image;
    assert_eq!(dataset.load_image(a).unwrap(), shown);
}

#[test]
fn patients_become_hashes_only_when_asked_for() {
    let mut scratch = scratch(&[("a.dcm", "dicom/rgb.dcm"), ("b.dcm", "dicom/mono1_8.dcm")]);
    let group = Some("dicom:PatientID".parse().unwrap());
    let what = folder(&scratch, group, ReadOptions::default());
    import(&mut scratch, &what);
    let groups: Vec<_> = scratch.dataset.cases().iter().map(|case| case.group.clone()).collect();
    assert!(groups[0].is_some() && groups[0] == groups[1], "{groups:?}");
    assert_nobody_named(&scratch);
}

#[test]
fn a_picture_without_a_patient_stops_an_import_that_groups_by_patient() {
    let mut scratch = scratch(&[("a.dcm", "dicom/rgb.dcm"), ("b.png", "files/palette.png")]);
    let before = scratch.listing();
    let group = Some("dicom:PatientID".parse().unwrap());
    let what = folder(&scratch, group, ReadOptions::default());
    let error = what.import(&mut scratch.dataset, &|_, _| ()).unwrap_err().to_string();
    assert!(error.contains("b.png") && error.contains("without PatientID"), "{error}");
    assert_eq!(scratch.listing(), before);
}

#[test]
fn other_formats_take_dicom_pictures_too() {
    let mut scratch = scratch(&[("x/a.dcm", "dicom/mono2_12_range.dcm")]);
    let coco = r#"{"images": [{"id": 1, "file_name": "x/a.dcm", "width": 14, "height": 10}],
        "categories": [{"id": 1, "name": "gum"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "segmentation": [[0, 0, 4, 0, 4, 2, 0, 2]]}]}"#;
    let mut request = ImportRequest::new(scratch.write("in/coco.json", coco));
    request.unpainted = Some(Unpainted::Unknown);
    request.group_from = Some("dicom:StudyInstanceUID".parse().unwrap());
    let format = ImportFormat::named("coco").unwrap();
    let importer = format.importer(request, BTreeMap::new()).unwrap();
    import(&mut scratch, &*importer);
    let case = scratch.dataset.case("x_a").unwrap();
    assert_eq!(case.image, Path::new("images/x_a.png"));
    assert_eq!(case.spacing, Some([0.25, 0.5]));
    assert!(case.group.is_some());
    assert!(scratch.drawn("x_a")[0].starts_with("++++??????????++++"));
    assert_nobody_named(&scratch);
}

#[test]
fn chosen_channels_are_kept_as_they_were_chosen() {
    let mut scratch = scratch(&[("a.tif", "tiff/imagej.tif"), ("b.tif", "tiff/gray16.tif")]);
    let before = scratch.listing();
    let what = folder(&scratch, None, ReadOptions::default());
    let error = what.import(&mut scratch.dataset, &|_, _| ()).unwrap_err().to_string();
    assert!(error.contains("a.tif` is a TIFF file of 4 channels"), "{error}");
    assert_eq!(scratch.listing(), before);

    let reading = ReadOptions { channels: Some("1".parse().unwrap()), window: None };
    let what = folder(&scratch, None, reading);
    import(&mut scratch, &what);
    let case = scratch.dataset.case("a").unwrap();
    assert_eq!(case.image, Path::new("images/a.png"));
    let [rows, columns] = case.spacing.unwrap();
    assert!((rows - 0.0005).abs() < 1e-12 && (columns - 0.00025).abs() < 1e-12);
    let shown = Image::open_with(&picture("tiff/imagej.tif"), &reading).unwrap().image;
    assert_eq!(scratch.dataset.load_image(case).unwrap(), shown);
}

#[test]
fn a_file_that_is_read_without_a_choice_is_copied_byte_for_byte() {
    let mut scratch = scratch(&[("a.tif", "tiff/rgb16.tif")]);
    let what = folder(&scratch, None, ReadOptions::default());
    import(&mut scratch, &what);
    let case = scratch.dataset.case("a").unwrap();
    assert_eq!(case.image, Path::new("images/a.tif"));
    assert!(case.spacing.is_some());
    let kept = fs::read(scratch.dataset.image_path(case)).unwrap();
    assert_eq!(kept, fs::read(picture("tiff/rgb16.tif")).unwrap());
}
