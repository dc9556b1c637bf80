//! What the server proposes from scribbles, and that nothing of it is evidence.

use lacuna_data::Dataset;
use lacuna_data::annotation::Runs;
use serde_json::{Value, json};

use crate::browser::Running;

const PROPOSALS: &str = "/api/cases/m0/proposals";
const WIDTH: usize = 48;
const HEIGHT: usize = 40;

fn window() -> Value {
    json!({"x": 0, "y": 0, "width": WIDTH, "height": HEIGHT})
}

fn runs(value: &Value) -> Runs {
    serde_json::from_value(value.clone()).unwrap()
}

/// The truth of gum in the picture.
fn truth(server: &Running) -> Vec<bool> {
    let dataset = Dataset::open(server.folder.path()).unwrap();
    let truth = dataset.load_truth(dataset.case("m0").unwrap()).unwrap().unwrap();
    let gum = dataset.classes().index("gum").unwrap();
    truth[gum].values().to_vec()
}

/// Some pixels of the class and some others.
fn scribbles(truth: &[bool]) -> (Runs, Runs) {
    let some = |wanted: bool| {
        let mut count = 0;
        let chosen: Vec<bool> = truth
            .iter()
            .map(|is| {
                count += usize::from(*is == wanted);
                *is == wanted && count % 9 == 0
            })
            .collect();
        Runs::of(&chosen, |chosen| *chosen)
    };
    (some(true), some(false))
}

#[test]
fn a_proposal_is_near_the_truth_and_changes_nothing() {
    let server = Running::mouths();
    let truth = truth(&server);
    let (positive, negative) = scribbles(&truth);
    let before = server.get("/api/cases/m0/annotation").with(200);
    let question =
        json!({"class": "gum", "window": window(), "positive": positive, "negative": negative});
    let answer = server.post(PROPOSALS, &question).with(200);
    assert_eq!(answer["version"], Value::Null, "there is no model");
    let proposed = runs(&answer["suggested"]);
    let found = proposed.iter().flatten().filter(|pixel| truth[*pixel]).count();
    let all = truth.iter().filter(|is| **is).count();
    let dice = 2.0 * found as f64 / (all + proposed.count()) as f64;
    // the scribbles alone have 0.2
    assert!(dice > 0.6, "{dice}");
    assert!(!proposed.overlaps(&negative));
    assert_eq!(server.get("/api/cases/m0/annotation").with(200), before);
    assert!(!server.folder.path().join("annotations/m0/journal.jsonl").exists());
    let evidence = server.get("/api/cases/m0/evidence").with(200);
    assert_eq!(evidence["classes"]["gum"], json!({}));
    // the same question has the same answer
    assert_eq!(server.post(PROPOSALS, &question).with(200), answer);
}

#[test]
fn what_people_said_before_is_not_proposed_over() {
    let server = Running::mouths();
    let paint = |class: &str, value: &str, start: usize| json!({"op": "paint", "class": class, "value": value, "runs": [start, WIDTH]});
    let ops = json!([paint("gum", "negative", 0), paint("teeth", "positive", 39 * WIDTH)]);
    let edit = json!({"id": "a", "client": "tab", "base": 0, "ops": ops});
    server.post("/api/cases/m0/edits", &edit).with(200);
    let everywhere = json!({"class": "gum", "window": window(), "positive": [WIDTH, 38 * WIDTH], "negative": []});
    let proposed = runs(&server.post(PROPOSALS, &everywhere).with(200)["suggested"]);
    let pixels: Vec<usize> = proposed.iter().flatten().collect();
    assert_eq!(pixels, (WIDTH..39 * WIDTH).collect::<Vec<_>>(), "first and last row are taken");
    // scribbled over, they are
    let over = json!({"class": "gum", "window": window(), "positive": [0, 2], "negative": []});
    let proposed = runs(&server.post(PROPOSALS, &over).with(200)["suggested"]);
    assert!(proposed.iter().flatten().any(|pixel| pixel == 0));
}

#[test]
fn nothing_is_proposed_outside_window_and_box() {
    let server = Running::mouths();
    let part = json!({"x": 8, "y": 6, "width": 30, "height": 28});
    let inner = json!({"x": 10, "y": 10, "width": 20, "height": 16});
    let question =
        json!({"class": "teeth", "window": part, "positive": [], "negative": [], "box": inner});
    let proposed = runs(&server.post(PROPOSALS, &question).with(200)["suggested"]);
    assert!(!proposed.is_empty());
    for pixel in proposed.iter().flatten() {
        let (x, y) = (pixel % WIDTH, pixel / WIDTH);
        assert!((10..30).contains(&x) && (10..26).contains(&y), "{x}, {y}");
    }
}

#[test]
fn what_cannot_be_proposed_is_refused_with_a_reason() {
    let server = Running::mouths();
    let whole = window();
    let wide = json!({"x": 20, "y": 0, "width": 29, "height": 40});
    let empty = json!({"x": 0, "y": 0, "width": 0, "height": 40});
    let scribble = json!([100, 5]);
    let table = [
        ("gum", &whole, json!([]), json!({}), 422, "no pixel is marked"),
        ("tongue", &whole, scribble.clone(), json!({}), 422, "tongue"),
        ("gum", &wide, scribble.clone(), json!({}), 422, "no part of the 48×40"),
        ("gum", &empty, scribble.clone(), json!({}), 422, "no part of the 48×40"),
        ("gum", &whole, json!([1900, 50]), json!({}), 422, "do not fit a picture of 48×40"),
        ("gum", &whole, json!([9]), json!({}), 422, ""),
        ("gum", &whole, scribble.clone(), json!({"box": wide}), 422, "no part of the 48×40"),
        ("gum", &whole, scribble, json!({"more": 1}), 422, ""),
    ];
    for (class, window, positive, more, status, expected) in table {
        let mut question =
            json!({"class": class, "window": window, "positive": positive, "negative": []});
        for (key, value) in more.as_object().unwrap() {
            question[key] = value.clone();
        }
        let reply = server.post(PROPOSALS, &question);
        assert_eq!(reply.status, status, "{question}: {}", reply.body);
        let detail = reply.body["detail"].as_str().unwrap_or_default();
        assert!(detail.contains(expected), "{question}: {}", reply.body);
    }
    let question = json!({"class": "gum", "window": whole, "positive": [0, 1], "negative": []});
    server.post("/api/cases/nobody/proposals", &question).with(404);
}
