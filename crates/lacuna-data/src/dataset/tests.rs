use proptest::prelude::*;

use super::*;
use crate::annotation::mask_file::write_ternary;
use crate::annotation::{
    Annotation, Provenance, Region, Role, Shape, Ternary, TernaryMask, Unpainted,
};

fn classes() -> ClassSet {
    let class = |name: &str, color| Class { name: name.to_owned(), color };
    let names = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
    ClassSet::new(
        vec![class("gum", [213, 94, 0]), class("teeth", [0, 158, 115]), class("caries", [1, 2, 3])],
        &[names(&["gum", "teeth"])],
        &[("caries".to_owned(), "teeth".to_owned())],
    )
    .unwrap()
}

fn dataset_with_case(dir: &Path) -> (Dataset, Case) {
    let mut dataset = Dataset::create(dir, "mouths", classes()).unwrap();
    let image = Image::filled(Size::new(5, 3), [200, 100, 50]);
    let case = dataset.add_image("p1", &image, Some("patient, \"one\"")).unwrap();
    (dataset, case)
}

fn full_annotation(size: Size) -> Annotation {
    let mut annotation = Annotation::unknown(size, 3);
    annotation.masks[0].values_mut()[4] = Ternary::Positive;
    annotation.masks[1].values_mut()[5] = Ternary::Negative;
    let mut suggested = BinaryMask::empty(size);
    suggested.values_mut()[7] = true;
    annotation.suggested[2] = Some(suggested);
    annotation.regions.push(Region {
        shape: Shape::Box { x: 0.5, y: 0.0, width: 4.0, height: 3.0, rotation: 10.0 },
        author: "ada".to_owned(),
        role: Role::NonExpert,
        origin: "test".to_owned(),
        score: None,
        model_version: None,
        time: Some("2024-05-01T10:00:00Z".to_owned()),
    });
    annotation.provenance.push(Provenance {
        class: "gum".to_owned(),
        source: "test".to_owned(),
        author: None,
        unpainted: Unpainted::Unknown,
    });
    annotation
}

#[test]
fn a_data_set_comes_back_as_written() {
    let folder = tempfile::tempdir().unwrap();
    let (dataset, case) = dataset_with_case(folder.path());
    // nothing said yet
    let unknown = dataset.load_annotation(&case).unwrap();
    assert_eq!(unknown, Annotation::unknown(Size::new(5, 3), 3));
    assert_eq!(dataset.load_truth(&case).unwrap(), None);

    let annotation = full_annotation(Size::new(5, 3));
    let before = dataset.fingerprint().unwrap();
    dataset.save_annotation(&case, &annotation).unwrap();
    let truth = vec![BinaryMask::empty(Size::new(5, 3)); 3];
    assert_ne!(dataset.fingerprint().unwrap(), before);
    let annotated = dataset.fingerprint().unwrap();
    dataset.save_truth(&case, &truth).unwrap();
    // training must not depend on the truth
    assert_eq!(dataset.fingerprint().unwrap(), annotated);

    let again = Dataset::open(folder.path()).unwrap();
    assert_eq!(again.name(), "mouths");
    assert_eq!(again.classes(), dataset.classes());
    assert_eq!(again.cases(), dataset.cases());
    assert_eq!(again.load_annotation(&case).unwrap(), annotation);
    assert_eq!(again.load_truth(&case).unwrap(), Some(truth));
    assert_eq!(again.load_image(&case).unwrap().pixel(0, 0), [200, 100, 50]);
    assert!(matches!(again.case("p2"), Err(DataError::UnknownCase { .. })));
    // a suggestion that was taken back disappears
    let mut without = annotation;
    without.suggested[2] = None;
    again.save_annotation(&case, &without).unwrap();
    assert_eq!(again.load_annotation(&case).unwrap(), without);
}

/// The oldest data set there is must stay readable, and its fingerprint, which runs record, the same.
#[test]
fn a_data_set_of_version_1_is_read() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../refs/dataset/v1");
    let dataset = Dataset::open(&dir).unwrap();
    assert_eq!(dataset.classes(), &classes());
    let [painted, bare] = dataset.cases() else { panic!("{:?}", dataset.cases()) };
    assert_eq!(painted.group.as_deref(), Some("patient, \"one\""));
    assert_eq!((painted.spacing, bare.spacing), (Some([0.1, 0.125]), None));
    let size = Size::new(5, 3);
    assert_eq!(dataset.load_annotation(painted).unwrap(), full_annotation(size));
    assert_eq!(dataset.load_annotation(bare).unwrap(), Annotation::unknown(size, 3));
    assert_eq!(dataset.load_truth(painted).unwrap().map(|masks| masks.len()), Some(3));
    assert_eq!(Split::load(&dataset, "default").unwrap().folds[0].test, ["p2"]);
    let fingerprint = "0bbb80fc29443aa0cbd74a0d420a0b48fd8b3597322f8a303f28e9adba42fd7f";
    assert_eq!(dataset.fingerprint().unwrap(), fingerprint);
}

#[test]
fn an_existing_data_set_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let (mut dataset, _) = dataset_with_case(folder.path());
    let again = Dataset::create(folder.path(), "other", classes());
    assert!(matches!(again, Err(DataError::Exists { .. })));
    // ids that a disk may not tell apart
    let image = Image::filled(Size::new(1, 1), [0; 3]);
    assert!(matches!(dataset.add_image("P1", &image, None), Err(DataError::DuplicateCase { .. })));
    assert!(matches!(Dataset::open(&folder.path().join("x")), Err(DataError::NotADataset { .. })));
}

#[test]
fn mistakes_in_the_manifest_are_named_with_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dataset.toml");
    Dataset::create(folder.path(), "m", classes()).unwrap();
    let good = fs::read_to_string(&path).unwrap();
    let table = [
        (good.replace("name = \"m\"", "name = \"m\"\nresolution = 3"), "line 3: unknown field"),
        (good.replace("format_version = 1", "format_version = 2\nnew = 1"), "format version 2"),
        (good.replace("format_version = 1", ""), "missing field `format_version`"),
        (good.replace("\"teeth\"", "\"tooth\""), "dataset.toml"),
        (good.replace("name = \"m\"", "name = "), "line 2"),
        (String::new(), "format_version"),
    ];
    for (text, expected) in table {
        assert_ne!(text, good);
        fs::write(&path, &text).unwrap();
        match Dataset::open(folder.path()) {
            Err(error) => assert!(error.to_string().contains(expected), "{error}"),
            // every mention of the class was renamed
            Ok(dataset) => assert!(dataset.classes().index("tooth").is_ok()),
        }
    }
}

#[test]
fn mistakes_in_the_case_table_are_named_with_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    Dataset::create(folder.path(), "m", classes()).unwrap();
    let table = [
        ("id,image,patient\n", "line 1: unknown column `patient`"),
        ("id,group\n", "line 1: the columns `id` and `image` are needed"),
        ("id,image\na,x.png\nb\n", "line 3: 1 fields, the header has 2"),
        ("id,image\na,../x.png\n", "line 2: image path `../x.png`"),
        ("id,image\na,/etc/x.png\n", "must be relative"),
        ("id,image\na,C:/x.png\n", "must be relative"),
        ("id,image\na,\n", "it is empty"),
        ("id,image\n../a,x.png\n", "line 2: `../a` cannot be a case id"),
        ("id,image\n..,x.png\n", "cannot be a case id"),
        ("id,image\nCOM1.x,x.png\n", "Windows"),
        ("id,image\na,x.png\nA,y.png\n", "case `a` exists already"),
        ("id,image,row_mm\na,x.png,1\n", "need each other"),
        ("id,image,row_mm,col_mm\na,x.png,1,\n", "only one of"),
        ("id,image,row_mm,col_mm\na,x.png,1,-1\n", "impossible"),
        ("id,image,row_mm,col_mm\na,x.png,1,mm\n", "`col_mm` is not a number"),
        ("id,id,image\n", "twice"),
        ("", "are needed"),
    ];
    for (text, expected) in table {
        fs::write(folder.path().join("cases.csv"), text).unwrap();
        let error = Dataset::open(folder.path()).unwrap_err().to_string();
        assert!(error.contains(expected), "{text:?}: {error}");
    }
    // what a spreadsheet writes: byte order mark, carriage returns, columns in another order
    let text = "\u{feff}image,id,col_mm,row_mm,group\r\nx.png,b,2,1,\r\ny.png,a,,,g\r\n";
    fs::write(folder.path().join("cases.csv"), text).unwrap();
    let dataset = Dataset::open(folder.path()).unwrap();
    assert_eq!(dataset.cases()[0].group.as_deref(), Some("g"));
    assert_eq!(dataset.cases()[1].spacing, Some([1.0, 2.0]));
    assert_eq!(dataset.cases()[1].group, None);
}

#[test]
fn masks_that_do_not_fit_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (dataset, case) = dataset_with_case(folder.path());
    let annotation = full_annotation(Size::new(5, 3));
    dataset.save_annotation(&case, &annotation).unwrap();
    let masks = dataset.annotation_folder(&case);
    // another size: both files are named
    write_ternary(&masks.join("gum.png"), &TernaryMask::unknown(Size::new(3, 5)), [0; 3]).unwrap();
    let error = dataset.load_annotation(&case).unwrap_err().to_string();
    assert!(error.contains("gum.png` is 3×5") && error.contains("images/p1.png"), "{error}");
    assert!(dataset.save_annotation(&case, &full_annotation(Size::new(3, 5))).is_err());
    // a mask of no class
    dataset.save_annotation(&case, &annotation).unwrap();
    fs::rename(masks.join("gum.png"), masks.join("gums.png")).unwrap();
    let error = dataset.load_annotation(&case).unwrap_err().to_string();
    assert!(error.contains("gums.png") && error.contains("gum, teeth, caries"), "{error}");
    // a truth that is not complete
    let truth = vec![BinaryMask::empty(Size::new(5, 3)); 3];
    dataset.save_truth(&case, &truth).unwrap();
    fs::remove_file(dataset.truth_folder(&case).join("teeth.png")).unwrap();
    let error = dataset.load_truth(&case).unwrap_err().to_string();
    assert!(error.contains("teeth.png"), "{error}");
    // the picture is gone
    fs::remove_file(dataset.image_path(&case)).unwrap();
    assert!(dataset.load_image(&case).unwrap_err().to_string().contains("p1.png"));
}

#[test]
fn classes_are_added_and_groups_replaced_in_the_manifest() {
    let folder = tempfile::tempdir().unwrap();
    let (mut dataset, case) = dataset_with_case(folder.path());
    dataset.add_class("plaque", None).unwrap();
    dataset.set_exclusive(&[vec!["plaque".to_owned(), "gum".to_owned()]]).unwrap();
    // what is refused changes nothing
    let error = dataset.add_class("gum", Some([1; 3])).unwrap_err().to_string();
    assert!(error.contains("dataset.toml") && error.contains("`gum` is listed twice"), "{error}");
    assert!(dataset.set_exclusive(&[vec!["teeth".to_owned(), "caries".to_owned()]]).is_err());
    let again = Dataset::open(folder.path()).unwrap();
    assert_eq!(again.classes(), dataset.classes());
    assert_eq!(again.classes().exclusive(), [[0, 3]]);
    assert_eq!(again.classes().part_of(), [(2, 1)]);
    assert_eq!(again.classes().classes()[3].color, default_color(3));
    assert_eq!(again.load_annotation(&case).unwrap().masks.len(), 4);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn damaged_manifests_and_tables_never_panic(
        at in 0usize..1000, with in any::<u8>(), cut in 0usize..1000, manifest in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        dataset_with_case(folder.path());
        let path = folder.path().join(if manifest { "dataset.toml" } else { "cases.csv" });
        let mut bytes = fs::read(&path).unwrap();
        let length = bytes.len();
        bytes[at % length] = with;
        bytes.truncate(length - cut % length);
        fs::write(&path, bytes).unwrap();
        let _ = Dataset::open(folder.path());
    }

    #[test]
    fn a_valid_id_names_a_folder_of_its_own(id in "\\PC{0,12}") {
        if check_id(&id).is_ok() {
            let path = Path::new("annotations").join(&id);
            prop_assert_eq!(path.parent(), Some(Path::new("annotations")));
            prop_assert_eq!(path.components().count(), 2);
        }
    }
}
