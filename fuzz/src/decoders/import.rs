//! Other tools' files, each with the pictures and the files beside it that it needs.

use super::scratch::{SIZE, Scratch};
use super::spectral;

const PNG: &[u8] = b"\x89PNG";
/// The data sets of the exporters have cases of these names.
const PICTURES: [&str; 2] = ["p0.png", "p1.png"];

type Options<'a> = &'a [(&'a str, &'a str)];

/// One of several sets of options; an input always gets the same.
fn one_of<'a>(sets: &[Options<'a>], bytes: &[u8]) -> Options<'a> {
    sets[bytes.len() % sets.len()]
}

/// The file `tasks.json`.
pub(crate) fn label_studio(scratch: &mut Scratch, bytes: &[u8]) {
    scratch.pictures(&PICTURES);
    scratch.write("tasks.json", bytes);
    let sets: [Options<'_>; 3] = [
        &[("annotators", "majority"), ("soft-edges", "unknown"), ("alpha", "9")],
        &[("annotators", "unanimous"), ("predictions", "suggest")],
        &[("annotators", "latest")],
    ];
    scratch.import("label-studio", "tasks.json", None, one_of(&sets, bytes));
}

/// The numbers of a brush stroke.
pub(crate) fn brush_rle(scratch: &mut Scratch, bytes: &[u8]) {
    let task = format!(
        r#"[{{"data": {{"image": "p0.png"}}, "annotations": [{{"result": [{{"value":
           {{"format": "rle", "rle": {bytes:?}, "brushlabels": ["gum"]}}}}]}}]}}]"#
    );
    label_studio(scratch, task.as_bytes());
}

/// The file `annotations.json`.
pub(crate) fn coco(scratch: &mut Scratch, bytes: &[u8]) {
    scratch.pictures(&PICTURES);
    scratch.write("annotations.json", bytes);
    let sets: [Options<'_>; 3] =
        [&[], &[("crowd", "positive"), ("polygons", "even-odd")], &[("crowd", "skip")]];
    scratch.import("coco", "annotations.json", None, one_of(&sets, bytes));
}

/// The text of a run-length mask.
pub(crate) fn coco_rle(scratch: &mut Scratch, bytes: &[u8]) {
    let counts = String::from_utf8_lossy(bytes).replace(['\\', '"'], "a");
    let (width, height) = (SIZE.width, SIZE.height);
    let file = format!(
        r#"{{"images": [{{"id": 1, "file_name": "p0.png"}}],
           "categories": [{{"id": 1, "name": "gum"}}],
           "annotations": [{{"id": 1, "image_id": 1, "category_id": 1,
           "segmentation": {{"size": [{height}, {width}], "counts": "{counts}"}}}}]}}"#
    );
    coco(scratch, file.as_bytes());
}

/// The file `annotations.xml`.
pub(crate) fn cvat(scratch: &mut Scratch, bytes: &[u8]) {
    scratch.pictures(&PICTURES);
    scratch.write("annotations.xml", bytes);
    let sets: [Options<'_>; 2] = [&[], &[("auto", "painted")]];
    scratch.import("cvat", "annotations.xml", None, one_of(&sets, bytes));
}

/// A label map, or else the boxes of a picture.
pub(crate) fn voc(scratch: &mut Scratch, bytes: &[u8]) {
    scratch.pictures(&["JPEGImages/p0.png"]);
    let names = "# label:color_rgb:parts:actions\nbackground:0,0,0::\ngum:1,2,3::\nteeth:4,5,6::\n";
    scratch.write("labelmap.txt", names);
    if bytes.starts_with(PNG) {
        scratch.write("SegmentationClass/p0.png", bytes);
    } else {
        scratch.write("Annotations/p0.xml", bytes);
    }
    scratch.import("voc", "", None, &[]);
}

/// The file of a picture.
pub(crate) fn labelme(scratch: &mut Scratch, bytes: &[u8]) {
    scratch.pictures(&PICTURES);
    scratch.write("p0.json", bytes);
    scratch.import("labelme", "", None, &[]);
}

/// An annotation picture.
pub(crate) fn root_painter(scratch: &mut Scratch, bytes: &[u8]) {
    scratch.pictures(&["images/p0.png"]);
    scratch.write("annotations/gum/p0.png", bytes);
    scratch.import("root-painter", "annotations", Some("images"), &[]);
}

/// A label file, after the list of names and a line `---` if there is one.
pub(crate) fn yolo(scratch: &mut Scratch, bytes: &[u8]) {
    const RULE: &[u8] = b"\n---\n";
    scratch.pictures(&["images/p0.png"]);
    let rule = bytes.windows(RULE.len()).position(|window| window == RULE);
    let (names, lines) = match rule {
        Some(at) => (&bytes[..at], &bytes[at + RULE.len()..]),
        None => (&b"names: [gum, teeth, mouth]"[..], bytes),
    };
    scratch.write("data.yaml", names);
    scratch.write("labels/p0.txt", lines);
    scratch.import("yolo", "", None, &[]);
}

/// A label map, or else `dataset.json`.
pub(crate) fn nnunet(scratch: &mut Scratch, bytes: &[u8]) {
    const JSON: &str = r#"{"labels": {"background": 0, "gum": 1, "teeth": [2, 3], "ignore": 4},
                          "file_ending": ".png"}"#;
    scratch.pictures(&["imagesTr/p0_0000.png"]);
    if bytes.starts_with(PNG) {
        scratch.write("labelsTr/p0.png", bytes);
        scratch.write("dataset.json", JSON);
    } else {
        scratch.pictures(&["labelsTr/p0.png"]);
        scratch.write("dataset.json", bytes);
    }
    let sets: [Options<'_>; 2] = [&[], &[("as", "suggested")]];
    scratch.import("nnunet", "", None, one_of(&sets, bytes));
}

/// A mask, as LTG-IDB has them, as one of all classes, and as one of a class.
pub(crate) fn png_masks(scratch: &mut Scratch, bytes: &[u8]) {
    scratch.pictures(&["images/p0.png", "images/p1.png"]);
    scratch.write("masks/p0.png", bytes);
    scratch.import("ltg-idb", "", None, &[]);
    scratch.write("masks/gum/p1.png", bytes);
    let options = [("ignore-value", "9"), ("neither-value", "7")];
    scratch.import("png-masks", "masks", Some("images"), &options);
}

/// The masks of a spectral picture, and the picture itself.
pub(crate) fn odsi_db(scratch: &mut Scratch, bytes: &[u8]) {
    let picture = spectral::picture(SIZE, [450.0, 550.0, 650.0]);
    scratch.write("labels.toml", "[gum]\npositive = [\"Attached gingiva\"]\n");
    let table = scratch.input().join("labels.toml").display().to_string();
    scratch.write("a/p0.tif", picture);
    scratch.write("a/p0_masks.tif", bytes);
    scratch.import("odsi-db", "a", None, &[("label-table", &table)]);
    if !spectral::is_large(bytes) {
        scratch.write("b/p0.tif", bytes);
        scratch.import("odsi-db", "b", None, &[("label-table", &table)]);
    }
}
