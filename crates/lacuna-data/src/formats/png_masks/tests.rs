use std::path::Path;

use fs_err as fs;
use proptest::prelude::*;

use super::*;
use crate::annotation::mask_file::{write_binary, write_ternary};
use crate::annotation::{BinaryMask, Role, Shape};
use crate::class::Class;
use crate::image::Size;

const SIZE: Size = Size::new(3, 2);

struct Folders {
    _temporary: tempfile::TempDir,
    images: PathBuf,
    masks: PathBuf,
    dataset: Dataset,
}

fn folders() -> Folders {
    let temporary = tempfile::tempdir().unwrap();
    let [images, masks] = ["in/images", "in/masks"].map(|name| temporary.path().join(name));
    fs::create_dir_all(&images).unwrap();
    fs::create_dir_all(&masks).unwrap();
    let class = |name: &str| Class { name: name.to_owned(), color: [200, 0, 0] };
    let classes = ClassSet::new(
        vec![class("gum"), class("teeth"), class("caries")],
        &[],
        &[("caries".to_owned(), "teeth".to_owned())],
    );
    let dataset = Dataset::create(&temporary.path().join("ds"), "d", classes.unwrap()).unwrap();
    Folders { _temporary: temporary, images, masks, dataset }
}

impl Folders {
    fn image(&self, name: &str) {
        Image::filled(SIZE, [9; 3]).save_png(&self.images.join(name)).unwrap();
    }

    /// An indexed mask in grey values.
    fn mask(&self, name: &str, values: &[u8]) {
        let path = self.masks.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let rows = values.len() / SIZE.width;
        let file = std::io::BufWriter::new(fs::File::create(path).unwrap());
        let mut encoder = png::Encoder::new(file, SIZE.width as u32, rows as u32);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.write_header().unwrap().write_image_data(values).unwrap();
    }

    fn what(&self, unpainted: Unpainted) -> FolderImport {
        FolderImport {
            images: self.images.clone(),
            masks: Some(MaskFolder {
                dir: self.masks.clone(),
                unpainted,
                values: BTreeMap::new(),
                ignore_value: None,
                neither_value: None,
                box_around: None,
            }),
            group_from: None,
            reading: ReadOptions::default(),
            author: None,
        }
    }

    fn import(&mut self, what: &FolderImport) -> Result<ImportReport, String> {
        import(&mut self.dataset, what, &|_, _| ()).map_err(|error| error.to_string())
    }

    /// The masks of a case, one string a class: `?` unknown, `-` negative, `+` positive.
    fn drawn(&self, id: &str) -> Vec<String> {
        let case = self.dataset.case(id).unwrap();
        let annotation = self.dataset.load_annotation(case).unwrap();
        let letter = |state: &Ternary| ['?', '-', '+'][*state as usize];
        annotation.masks.iter().map(|mask| mask.values().iter().map(letter).collect()).collect()
    }

    /// Everything in the data set folder, to see that nothing changed.
    fn listing(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        let mut open = vec![self.dataset.dir().to_owned()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    found.push((path.clone(), fs::read(path).unwrap()));
                }
            }
        }
        found.sort();
        found
    }
}

#[test]
fn an_indexed_value_is_positive_for_its_class_and_unpainted_means_what_was_said() {
    // value 3 is caries, a part of the teeth; 255 is to be ignored
    let values = [0, 1, 2, 3, 255, 0];
    let table = [
        (Unpainted::Unknown, ["?+????", "??++??", "???+??"]),
        (Unpainted::Background, ["-+--?-", "--++?-", "---+?-"]),
    ];
    for (unpainted, expected) in table {
        let mut folders = folders();
        folders.image("a.png");
        folders.mask("a.png", &values);
        let mut what = folders.what(unpainted);
        what.masks.as_mut().unwrap().ignore_value = Some(255);
        what.author = Some("Dr A".to_owned());
        let report = folders.import(&what).unwrap();
        assert_eq!(folders.drawn("a"), expected);
        assert_eq!(report.cases[0].unpainted, Some(unpainted));
        assert_eq!(report.cases[0].classes[1].positive, 2);
        let case = folders.dataset.case("a").unwrap();
        let said = folders.dataset.load_annotation(case).unwrap();
        assert_eq!(said.is_background_declared("gum"), unpainted == Unpainted::Background);
        assert_eq!(said.provenance[0].author.as_deref(), Some("Dr A"));
    }
}

#[test]
fn a_map_gives_values_their_classes() {
    let mut folders = folders();
    folders.image("a.png");
    folders.mask("a.png", &[0, 10, 20, 0, 0, 0]);
    let mut what = folders.what(Unpainted::Unknown);
    let values = &mut what.masks.as_mut().unwrap().values;
    values.insert(10, "teeth".to_owned());
    values.insert(20, "gum".to_owned());
    folders.import(&what).unwrap();
    assert_eq!(folders.drawn("a"), ["??+???", "?+????", "??????"]);
    what.masks.as_mut().unwrap().values.insert(30, "tongue".to_owned());
    assert!(folders.import(&what).unwrap_err().contains("id as"));
    folders.image("b.png");
    fs::remove_file(folders.images.join("a.png")).unwrap();
    fs::remove_file(folders.masks.join("a.png")).unwrap();
    assert!(folders.import(&what).unwrap_err().contains("`tongue` is not one of the classes"));
}

#[test]
fn one_file_a_class_is_found_by_suffix_and_by_folder() {
    for names in [["a_gum.png", "a_teeth.png"], ["gum/a.png", "teeth/a.PNG"]] {
        let mut folders = folders();
        folders.image("a.png");
        folders.image("b.png");
        folders.mask(names[0], &[255, 0, 0, 0, 0, 0]);
        folders.mask(names[1], &[0, 1, 0, 0, 0, 0]);
        let report = folders.import(&folders.what(Unpainted::Background)).unwrap();
        // nobody painted caries: unknown, whatever unpainted pixels mean in a mask that exists
        assert_eq!(folders.drawn("a"), ["+-----", "-+----", "??????"]);
        assert_eq!(folders.drawn("b"), ["??????"; 3]);
        assert_eq!(report.without_masks(), ["b"]);
        assert!(report.cases[0].classes[2].is_missing);
        let said = folders.dataset.load_annotation(folders.dataset.case("a").unwrap()).unwrap();
        assert!(said.is_background_declared("teeth") && !said.is_background_declared("caries"));
    }
}

#[test]
fn pictures_are_copied_byte_for_byte_and_grouped() {
    let mut folders = folders();
    fs::write(folders.images.join("notes.txt"), "x").unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../refs/images/files/exif_6.jpg");
    fs::copy(&source, folders.images.join("P07_2.JPG")).unwrap();
    let mut what = folders.what(Unpainted::Unknown);
    what.masks = None;
    what.group_from = Some(r"^(P\d+)_".parse().unwrap());
    let report = folders.import(&what).unwrap();
    let case = &folders.dataset.cases()[0];
    assert_eq!((case.id.as_str(), case.group.as_deref()), ("P07_2", Some("P07")));
    assert_eq!(case.image, Path::new("images/P07_2.JPG"));
    assert_eq!(fs::read(folders.dataset.image_path(case)).unwrap(), fs::read(source).unwrap());
    assert_eq!(report.cases[0].notes, ["turned upright (EXIF orientation 6)"]);
    assert_eq!(report.notes(), [("turned upright (EXIF orientation 6)".to_owned(), 1)]);
    assert_eq!(report.cases[0].unpainted, None);
}

/// A way to spoil a folder that would import, and what the error must say.
type Spoil = (&'static str, fn(&Folders, &mut FolderImport), &'static str);

const SPOILS: [Spoil; 14] = [
    (
        "a value of no class",
        |f, _| f.mask("b.png", &[0, 0, 0, 0, 9, 0]),
        "value 9 at column 1, row 1",
    ),
    (
        "a smoothed class mask",
        |f, _| {
            fs::remove_file(f.masks.join("b.png")).unwrap();
            f.mask("b_gum.png", &[0, 100, 255, 0, 0, 0]);
        },
        "value 100 at column 1, row 0",
    ),
    ("another size", |f, _| f.mask("b.png", &[0; 3]), "is 3×1 pixels, but its picture"),
    (
        "a mask of the unturned picture",
        |f, _| {
            fs::remove_file(f.images.join("b.png")).unwrap();
            let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../refs/images/files");
            fs::copy(files.join("exif_6.jpg"), f.images.join("b.jpg")).unwrap();
            let mask = TernaryMask::unknown(Size::new(48, 32));
            write_ternary(&f.masks.join("b.png"), &mask, [1; 3]).unwrap();
        },
        "is 48×32 pixels, but its picture",
    ),
    (
        "a mask without a picture",
        |f, _| f.mask("c.png", &[0; 6]),
        "c.png` is a mask without a picture",
    ),
    (
        "a folder of no class",
        |f, _| f.mask("tongue/b.png", &[0; 6]),
        "tongue` is a folder of no class",
    ),
    (
        "a JPEG mask",
        |f, _| fs::write(f.masks.join("b.jpg"), "x").unwrap(),
        "b.jpg` is not a PNG file",
    ),
    ("both kinds of mask", |f, _| f.mask("b_gum.png", &[0; 6]), "two masks that say the same"),
    (
        "a damaged mask",
        |f, _| fs::write(f.masks.join("b.png"), "x").unwrap(),
        "b.png` is not a readable PNG",
    ),
    (
        "a damaged picture",
        |f, _| {
            let bytes = fs::read(f.images.join("b.png")).unwrap();
            fs::write(f.images.join("b.png"), &bytes[..bytes.len() / 2]).unwrap();
        },
        "b.png` is incomplete",
    ),
    (
        "a phone's format",
        |f, _| {
            fs::write(f.images.join("c.heic"), b"\0\0\0\x18ftypheic\0\0\0\0mif1heic").unwrap();
        },
        "c.heic` is a HEIC file",
    ),
    ("the same stem twice", |f, _| fs::write(f.images.join("B.jpg"), "x").unwrap(), "same id"),
    (
        "no group in a name",
        |_, what| {
            what.group_from = Some("^a".parse().unwrap());
        },
        "`b.png` does not match the group pattern `^a`",
    ),
    ("no such folder", |_, what| what.images.push("none"), "none"),
];

#[test]
fn a_refused_import_changes_nothing() {
    for (name, spoil, expected) in SPOILS {
        let mut folders = folders();
        folders.image("old.png");
        let mut first = folders.what(Unpainted::Unknown);
        first.masks = None;
        folders.import(&first).unwrap();
        fs::remove_file(folders.images.join("old.png")).unwrap();

        folders.image("a.png");
        folders.image("b.png");
        folders.mask("a.png", &[0, 1, 2, 3, 0, 0]);
        folders.mask("b.png", &[0; 6]);
        let mut what = folders.what(Unpainted::Unknown);
        spoil(&folders, &mut what);
        let before = folders.listing();
        let error = folders.import(&what).unwrap_err();
        assert!(error.contains(expected), "{name}: {error}");
        assert_eq!(folders.listing(), before, "{name}");
        assert_eq!(folders.dataset.cases().len(), 1);
    }
}

#[test]
fn all_problems_are_listed_at_once_and_a_second_try_works() {
    let mut folders = folders();
    for name in ["a.png", "b.png", "c.png"] {
        folders.image(name);
        folders.mask(name, &[0, 0, 0, 0, 0, 77]);
    }
    let error = folders.import(&folders.what(Unpainted::Unknown)).unwrap_err();
    assert!(error.starts_with("3 files cannot be imported:"), "{error}");
    for name in ["a.png", "b.png", "c.png"] {
        folders.mask(name, &[0; 6]);
    }
    folders.import(&folders.what(Unpainted::Unknown)).unwrap();
    assert_eq!(Dataset::open(folders.dataset.dir()).unwrap().cases().len(), 3);
    // the same pictures once more are the same cases
    let again = folders.import(&folders.what(Unpainted::Unknown)).unwrap_err();
    assert!(again.contains("case `a` of the data set"), "{again}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn damaged_folders_never_panic(
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(), mask in any::<bool>(),
    ) {
        let mut folders = folders();
        folders.image("a.png");
        folders.mask("a.png", &[0, 1, 2, 3, 0, 0]);
        let path = if mask { &folders.masks } else { &folders.images }.join("a.png");
        let mut bytes = fs::read(&path).unwrap();
        for (at, value) in &flips {
            let at = at.index(bytes.len());
            bytes[at] = *value;
        }
        bytes.truncate(bytes.len() - cut.index(bytes.len()) / 4);
        fs::write(&path, bytes).unwrap();
        let before = folders.listing();
        if folders.import(&folders.what(Unpainted::Unknown)).is_err() {
            prop_assert_eq!(folders.listing(), before);
        }
    }
}

#[test]
fn a_box_is_drawn_around_what_is_painted() {
    let mut folders = folders();
    for name in ["a.png", "b.png"] {
        folders.image(name);
    }
    // teeth in the middle of the first row, caries in the second; the other picture has gum alone
    folders.mask("a.png", &[0, 2, 2, 0, 3, 0]);
    folders.mask("b.png", &[1, 0, 0, 0, 0, 0]);
    let mut what = folders.what(Unpainted::Unknown);
    let classes = vec!["teeth".to_owned()];
    what.masks.as_mut().unwrap().box_around = Some(BoxAround { classes, margin: 0.5 });
    folders.import(&what).unwrap();
    let regions = |id: &str| {
        let case = folders.dataset.case(id).unwrap();
        folders.dataset.load_annotation(case).unwrap().regions
    };
    // caries is a part of the teeth: its pixel is theirs; the top edge is the picture's
    let expected = Shape::Box { x: 0.5, y: 0.0, width: 2.5, height: 2.0, rotation: 0.0 };
    let drawn = regions("a");
    assert_eq!((drawn.len(), &drawn[0].shape, drawn[0].role), (1, &expected, Role::NonExpert));
    assert!(regions("b").is_empty());

    let mut others = self::folders();
    others.image("a.png");
    let mut what = others.what(Unpainted::Unknown);
    let unknown = vec!["lip".to_owned()];
    what.masks.as_mut().unwrap().box_around = Some(BoxAround { classes: unknown, margin: 0.0 });
    assert!(others.import(&what).unwrap_err().contains("lip"));
}

#[test]
fn a_value_can_say_that_a_pixel_is_of_no_class() {
    let mut folders = folders();
    folders.image("a.png");
    folders.mask("a.png", &[0, 1, 9, 2, 0, 0]);
    let mut what = folders.what(Unpainted::Unknown);
    what.masks.as_mut().unwrap().neither_value = Some(9);
    folders.import(&what).unwrap();
    assert_eq!(folders.drawn("a"), ["?+-???", "??-+??", "??-???"]);
}

#[test]
fn a_picture_that_no_case_owns_is_not_replaced() {
    let mut folders = folders();
    folders.image("a.png");
    folders.mask("a.png", &[0, 1, 0, 2, 0, 0]);
    let mine = folders.dataset.dir().join("images/a.png");
    fs::write(&mine, "somebody's own").unwrap();
    let what = folders.what(Unpainted::Unknown);
    let error = folders.import(&what).unwrap_err();
    assert!(error.contains("no case owns it"), "{error}");
    assert_eq!(fs::read(&mine).unwrap(), b"somebody's own");
    let case = Case::new("a", "images/a.png");
    fs::remove_file(&mine).unwrap();
    let masks = folders.dataset.annotation_folder(&case);
    fs::create_dir_all(&masks).unwrap();
    write_binary(&masks.join("caries.png"), &BinaryMask::empty(SIZE)).unwrap();
    assert!(folders.import(&what).unwrap_err().contains("no case owns it"));
    assert!(!mine.exists() && masks.join("caries.png").exists());
    fs::remove_dir_all(&masks).unwrap();
    // left over from an import that was killed: the same bytes
    fs::copy(folders.images.join("a.png"), &mine).unwrap();
    folders.import(&what).unwrap();
    assert_eq!(folders.drawn("a"), ["?+????", "???+??", "??????"]);
}
