//! Projects, pictures, and the description of the API.

use lacuna_data::{Dataset, Image, Size};
use serde_json::json;

use crate::browser::{Running, config};

/// The types of the app are made from this file.
#[test]
fn the_description_of_the_api_is_the_committed_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/openapi.json");
    let mut text = lacuna_server::openapi().to_pretty_json().unwrap();
    text.push('\n');
    if std::env::var_os("LACUNA_UPDATE").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == text, "web/openapi.json is old: run the test with LACUNA_UPDATE=1");
}

fn photo(color: [u8; 3]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.png");
    Image::filled(Size::new(40, 30), color).save_png(&path).unwrap();
    std::fs::read(path).unwrap()
}

#[test]
fn a_folder_of_photos_becomes_a_data_set_where_it_lies() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("more")).unwrap();
    for (name, color) in [("b.png", [9; 3]), ("a b.png", [1; 3]), ("more/a b.png", [2; 3])] {
        std::fs::write(folder.path().join(name), photo(color)).unwrap();
    }
    std::fs::write(folder.path().join("notes.txt"), "not a picture").unwrap();
    let config = config(folder.path());
    let server = Running::start(folder, config);
    assert_eq!(server.get("/api/project").with(200)["classes"], json!([]));
    assert_eq!(server.get("/api/cases").with(200), json!([]));
    assert_eq!(server.get("/api/queue").with(200)["items"], json!([]));
    assert_eq!(server.get("/api/cases/b/annotation").with(422)["type"], "no-classes");
    server.post("/api/classes", &json!({"name": "a/b"})).with(422);
    server.post("/api/classes", &json!({"name": "gum"})).with(200);
    for name in ["back teeth", "gum"] {
        let problem = server.post("/api/classes", &json!({"name": name})).with(422);
        assert_eq!(problem["type"], "invalid", "{problem}");
    }
    let project =
        server.post("/api/classes", &json!({"name": "teeth", "color": [1, 2, 3]})).with(200);
    assert_eq!(project["classes"][1], json!({"name": "teeth", "color": [1, 2, 3]}));
    let project = server.put("/api/exclusive", &json!([["gum", "teeth"]])).with(200);
    assert_eq!(project["exclusive"], json!([["gum", "teeth"]]));
    let cases = server.get("/api/cases").with(200);
    let ids: Vec<_> = cases.as_array().unwrap().iter().map(|case| case["id"].clone()).collect();
    assert_eq!(ids, ["a b", "a b-2", "b"]);
    assert_eq!(cases[0]["part"], "train", "three are too few to hold any back");
    let dataset = Dataset::open(server.folder.path()).unwrap();
    assert_eq!(dataset.case("a b-2").unwrap().image.to_str(), Some("more/a b.png"));
}

#[test]
fn pictures_are_added_and_unreadable_ones_refused() {
    let server = Running::mouths();
    let added = server.upload("new.png", &photo([200; 3])).with(200);
    assert_eq!(
        (&added["id"], &added["width"], &added["height"]),
        (&json!("new"), &json!(40), &json!(30))
    );
    assert_eq!(server.upload("new.png", &photo([201; 3])).with(200)["id"], "new-2");
    let dicom = [&[0; 128][..], b"DICM\x02\0\0\0UL\x04\0\0\0\0\0"].concat();
    let bad = [("bad.png", &b"no picture"[..]), ("a.txt", &photo([1; 3])), ("bad.png", &dicom)];
    for (name, bytes) in bad {
        let problem = server.upload(name, bytes).with(422);
        assert_eq!(problem["type"], "invalid", "{problem}");
    }
    assert!(!server.folder.path().join("images/bad.png").exists());
    let escaped = server.upload("..%2F..%2Fevil.png", &photo([3; 3])).with(200);
    assert_eq!(escaped["id"], "evil", "only the name counts");
    assert!(server.folder.path().join("images/evil.png").exists());
    let (kind, bytes) = server.file("/api/cases/new/image");
    assert_eq!((kind.as_str(), bytes), ("image/png", photo([200; 3])));
    let (kind, bytes) = server.file("/api/cases/m0/thumbnail");
    assert!(kind == "image/jpeg" && bytes.starts_with(b"\xff\xd8"));
}

#[test]
fn one_bad_photo_costs_only_itself() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in [("a.png", photo([9; 3])), ("b.png", photo([8; 3]))] {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    std::fs::write(folder.path().join("phone.HEIC"), b"\0\0\0\x18ftypheic\0\0\0\0").unwrap();
    std::fs::write(folder.path().join("cut.png"), &photo([7; 3])[..20]).unwrap();
    let config = config(folder.path());
    let server = Running::start(folder, config);
    server.post("/api/classes", &json!({"name": "gum"})).with(200);
    let log = server.get("/api/training/log").with(200).to_string();
    assert!(log.contains("phone.HEIC is left out") && log.contains("cut.png"), "{log}");
    let ids = |server: &Running| -> Vec<_> {
        let cases = server.get("/api/cases").with(200);
        let case = |case: &serde_json::Value| {
            (case["id"].as_str().unwrap().to_owned(), case["error"].is_string())
        };
        cases.as_array().unwrap().iter().map(case).collect()
    };
    assert_eq!(ids(&server), [("a".to_owned(), false), ("b".to_owned(), false)]);

    // a photo that is gone later
    let edit = json!({"id": "1", "client": "t", "base": 0,
        "ops": [{"op": "paint", "class": "gum", "value": "positive", "runs": [0, 9]}]});
    server.post("/api/cases/b/edits", &edit).with(200);
    server.post("/api/cases/b/leave", &json!({})).with(204);
    std::fs::remove_file(server.folder.path().join("b.png")).unwrap();
    let server = server.again();
    assert_eq!(ids(&server), [("a".to_owned(), false), ("b".to_owned(), true)]);
    let queue = server.get("/api/queue").with(200);
    assert_eq!(queue["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(server.post("/api/training", &json!({})).with(422)["type"], "nothing-to-train");

    // or taken out of the table
    let table = server.folder.path().join("cases.csv");
    let text = std::fs::read_to_string(&table).unwrap();
    let kept: String = text.lines().filter(|line| !line.starts_with("b,")).fold(
        String::new(),
        |mut text, line| {
            text.push_str(line);
            text.push('\n');
            text
        },
    );
    std::fs::write(&table, kept).unwrap();
    let server = server.again();
    assert_eq!(ids(&server), [("a".to_owned(), false)]);
}

#[test]
fn nothing_that_lies_in_the_folder_is_replaced() {
    let server = Running::mouths();
    let own = server.folder.path().join("images/scan.png");
    std::fs::write(&own, b"mine").unwrap();
    server.upload("scan.png", b"no picture").with(422);
    let added = server.upload("scan.png", &photo([5; 3])).with(200);
    assert_eq!(added["id"], "scan-2");
    assert_eq!(std::fs::read(&own).unwrap(), b"mine");
    assert!(!server.folder.path().join("images/scan-2.png.tmp").exists());
    let names = std::fs::read_dir(server.folder.path().join("images")).unwrap().count();
    assert_eq!(names, 4 + 2, "four mouths, the stranger and the picture added");
}

#[test]
fn classes_have_colours_that_can_be_changed() {
    let server = Running::mouths();
    let project = server.put("/api/classes/gum", &json!({"color": [1, 2, 3]})).with(200);
    assert_eq!(project["classes"][0], json!({"name": "gum", "color": [1, 2, 3]}));
    server.put("/api/classes/hair", &json!({"color": [1, 2, 3]})).with(422);
    let dataset = Dataset::open(server.folder.path()).unwrap();
    assert_eq!(dataset.classes().classes()[0].color, [1, 2, 3]);
}
