//! Strokes that are acknowledged stay, whatever happens.

use std::io::Write;

use lacuna_data::{Dataset, Ternary};
use serde_json::{Value, json};

use crate::browser::Running;

fn paint(id: &str, client: &str, base: u64, value: &str, runs: &[u32]) -> Value {
    let op = json!({"op": "paint", "class": "gum", "value": value, "runs": runs});
    json!({"id": id, "client": client, "base": base, "ops": [op]})
}

const EDITS: &str = "/api/cases/m0/edits";
const ANNOTATION: &str = "/api/cases/m0/annotation";

fn gum(server: &Running) -> Value {
    server.get(ANNOTATION).with(200)["masks"]["gum"].clone()
}

#[test]
fn a_stroke_is_on_the_disk_before_it_is_acknowledged() {
    let server = Running::mouths();
    let saved = server.post(EDITS, &paint("a", "tab", 0, "positive", &[3, 4])).with(200);
    assert_eq!(saved, json!({"seq": 1, "missed": []}));
    let journal = server.folder.path().join("annotations/m0/journal.jsonl");
    let text = std::fs::read_to_string(&journal).unwrap();
    assert!(text.contains(r#""runs":[3,4]"#) && text.contains("tester"), "{text}");
    // the same edit sent again is answered as before, and not applied again
    server.post(EDITS, &paint("b", "tab", 1, "negative", &[4, 1])).with(200);
    let again = server.post(EDITS, &paint("a", "tab", 0, "positive", &[3, 4])).with(200);
    assert_eq!(again["seq"], 1);
    assert_eq!(gum(&server), json!({"positive": [3, 1, 5, 2], "negative": [4, 1], "accepted": []}));
    // every other reader of the folder sees it too
    let dataset = Dataset::open(server.folder.path()).unwrap();
    let annotation = dataset.load_annotation(dataset.case("m0").unwrap()).unwrap();
    assert_eq!(annotation.masks[0].count(Ternary::Positive), 3);
    assert_eq!(annotation.masks[0].count(Ternary::Negative), 1);
}

#[test]
fn strokes_survive_the_end_of_the_server_and_a_torn_line() {
    let server = Running::mouths();
    server.post(EDITS, &paint("a", "tab", 0, "positive", &[3, 4])).with(200);
    let server = server.again();
    assert_eq!(gum(&server)["positive"], json!([3, 4]));
    assert!(server.folder.path().join("annotations/m0/gum.png").exists(), "folded at the end");
    server.post(EDITS, &paint("b", "tab", 1, "positive", &[10, 1])).with(200);
    server.post("/api/cases/m0/leave", &json!({})).with(204);
    server.post(EDITS, &paint("c", "tab", 2, "positive", &[20, 1])).with(200);
    // as if the power had failed in the middle of the next line
    let journal = server.folder.path().join("annotations/m0/journal.jsonl");
    let mut file = std::fs::OpenOptions::new().append(true).open(journal).unwrap();
    file.write_all(br#"{"seq":4,"id":"d","cli"#).unwrap();
    let dataset = Dataset::open(server.folder.path()).unwrap();
    let annotation = dataset.load_annotation(dataset.case("m0").unwrap()).unwrap();
    assert_eq!(annotation.masks[0].count(Ternary::Positive), 6);
}

#[test]
fn two_tabs_are_told_of_each_other_and_conflicts_are_offered() {
    let server = Running::mouths();
    server.post(EDITS, &paint("a", "left", 0, "positive", &[0, 10])).with(200);
    let saved = server.post(EDITS, &paint("b", "right", 0, "positive", &[20, 2])).with(200);
    assert_eq!(saved["seq"], 2);
    assert_eq!(saved["missed"][0]["id"], "a");
    let conflict = server.post(EDITS, &paint("c", "right", 0, "negative", &[5, 1])).with(409);
    assert_eq!(conflict["type"], "conflict");
    assert_eq!(conflict["entries"][0]["id"], "a");
    assert_eq!(gum(&server)["negative"], json!([]), "nothing was written");
    let mut forced = paint("c", "right", 0, "negative", &[5, 1]);
    forced["force"] = json!(true);
    server.post(EDITS, &forced).with(200);
    assert_eq!(gum(&server)["negative"], json!([5, 1]));
    // of a state that never was nothing can be said
    let stale = server.post(EDITS, &paint("d", "right", 99, "negative", &[5, 1])).with(409);
    assert_eq!(stale["type"], "stale");
}

#[test]
fn classes_may_be_added_while_others_paint() {
    let server = Running::mouths();
    std::thread::scope(|scope| {
        let server = &server;
        let painters: Vec<_> = ["left", "right"]
            .into_iter()
            .map(|client| {
                scope.spawn(move || {
                    for stroke in 0..20_u32 {
                        let id = format!("{client}-{stroke}");
                        // what the page knew may be written into the mask files by now
                        loop {
                            let base = server.get(ANNOTATION).with(200)["seq"].as_u64().unwrap();
                            let edit = paint(&id, client, base, "positive", &[stroke * 7, 5]);
                            let reply = server.post(EDITS, &edit);
                            if reply.body["type"] != "stale" {
                                reply.with(200);
                                break;
                            }
                        }
                    }
                })
            })
            .collect();
        for class in 0..6 {
            server.post("/api/classes", &json!({"name": format!("class-{class}")})).with(200);
        }
        for painter in painters {
            painter.join().unwrap();
        }
    });
    let annotation = server.get(ANNOTATION).with(200);
    assert_eq!(annotation["seq"], 40, "every stroke has a number of its own");
    assert_eq!(annotation["masks"].as_object().map(serde_json::Map::len), Some(8));
    let painted = annotation["masks"]["gum"]["positive"].as_array().unwrap();
    assert_eq!(painted.len(), 2 * 20, "{painted:?}");
}

#[test]
fn what_does_not_fit_is_refused_and_named() {
    let server = Running::mouths();
    let pixels = 48 * 40;
    let table = [
        (paint("a", "t", 0, "positive", &[pixels - 1, 2]), "1920"),
        (paint("", "t", 0, "positive", &[0, 1]), "id"),
        (
            json!({"id": "a", "client": "t", "base": 0,
                   "ops": [{"op": "paint", "class": "hair", "value": "positive", "runs": [0, 1]}]}),
            "hair",
        ),
    ];
    for (edit, expected) in table {
        let problem = server.post(EDITS, &edit).with(422);
        assert!(problem["detail"].as_str().unwrap().contains(expected), "{problem}");
    }
    assert_eq!(server.post(EDITS, &json!({"id": 3})).status, 422);
    assert_eq!(server.get(ANNOTATION).with(200)["seq"], 0);
}

#[test]
fn evidence_says_why() {
    let server = Running::mouths();
    let region = json!({"box": {"x": 0.0, "y": 0.0, "width": 48.0, "height": 20.0, "rotation": 0.0},
                        "author": "tester", "role": "non-expert", "origin": "lacuna"});
    let mut edit = paint("a", "tab", 0, "positive", &[3, 4]);
    edit["ops"].as_array_mut().unwrap().push(json!({"op": "regions", "regions": [region]}));
    server.post(EDITS, &edit).with(200);
    let evidence = server.get("/api/cases/m0/evidence").with(200);
    assert_eq!(evidence["classes"]["gum"]["painted-positive"], json!([3, 4]));
    assert_eq!(evidence["classes"]["teeth"]["excluded"], json!([3, 4]));
    assert_eq!(evidence["classes"]["teeth"]["outside"], json!([48 * 20, 48 * 20]));
}
