//! From a few strokes to a model, what it suggests, and how good it is.

use std::time::{Duration, Instant};

use lacuna_data::{Dataset, Ternary};
use serde_json::{Value, json};

use crate::browser::Running;

/// Paints both classes in a picture as its truth says.
fn paint_all(server: &Running, case: &str) {
    let dataset = Dataset::open(server.folder.path()).unwrap();
    let truth = dataset.load_truth(dataset.case(case).unwrap()).unwrap().unwrap();
    let mut ops = Vec::new();
    for (class, mask) in dataset.classes().names().iter().zip(&truth) {
        for (value, wanted) in [("positive", true), ("negative", false)] {
            let runs = lacuna_data::annotation::Runs::of(mask.values(), |is| *is == wanted);
            ops.push(json!({"op": "paint", "class": class, "value": value, "runs": runs}));
        }
    }
    let edit = json!({"id": case, "client": "tab", "base": 0, "ops": ops});
    server.post(&format!("/api/cases/{case}/edits"), &edit).with(200);
}

/// Waits until the worker is in that state.
#[track_caller]
fn wait(server: &Running, state: &str) -> Value {
    let start = Instant::now();
    loop {
        let training = server.get("/api/training").with(200);
        if training["state"] == state {
            return training;
        }
        assert_ne!(training["state"], "failed", "{training}");
        assert!(start.elapsed() < Duration::from_mins(2), "{training}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn nothing_can_be_learnt_from_nothing() {
    let server = Running::mouths();
    let problem = server.post("/api/training", &json!({})).with(422);
    assert_eq!(problem["type"], "nothing-to-train");
    assert!(problem["hint"].is_string());
    server.post("/api/training/stop", &json!({})).with(422);
    server.post("/api/training/resume", &json!({})).with(422);
    assert_eq!(server.post("/api/verifications", &json!({})).with(422)["type"], "no-model");
    assert_eq!(server.get("/api/models").with(200), json!([]));
    let queue = server.get("/api/queue").with(200);
    assert_eq!(queue["items"].as_array().map(Vec::len), Some(3), "the test picture is held back");
    assert_eq!(server.get("/api/cases/m0/prediction/gum.png?version=1").status, 404);
}

#[test]
fn a_training_goes_on_after_the_server_was_ended() {
    let server = Running::mouths();
    paint_all(&server, "m0");
    server.post("/api/training", &json!({"epochs": 300})).with(202);
    std::thread::sleep(Duration::from_millis(300));
    let server = server.again();
    let stopped = wait(&server, "stopped");
    assert!(stopped["job"]["epoch"].as_u64() >= Some(1), "{stopped}");
    assert_eq!((&stopped["job"]["version"], &stopped["job"]["epochs"]), (&json!(1), &json!(300)));
    let resumed = server.post("/api/training/resume", &json!({})).with(202);
    assert_eq!(resumed["state"], "running");
    std::thread::sleep(Duration::from_millis(300));
    server.post("/api/training/stop", &json!({})).with(202);
    wait(&server, "stopped");

    // what is painted meanwhile is learnt from, too: in a run of its own that starts where this one stopped
    paint_all(&server, "m1");
    server.post("/api/training/resume", &json!({})).with(202);
    let start = Instant::now();
    let training = loop {
        let training = server.get("/api/training").with(200);
        if training["job"]["version"] == 2 {
            break training;
        }
        assert!(start.elapsed() < Duration::from_mins(1), "{training}");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(training["job"]["cases"], 2);
    let log = server.get("/api/training/log").with(200).to_string();
    assert!(log.contains("has changed"), "{log}");
    server.post("/api/training/stop", &json!({})).with(202);
    wait(&server, "stopped");
    let config = server.folder.path().join("models/0002/config.toml");
    let config = std::fs::read_to_string(config).unwrap();
    assert!(config.contains("0001/checkpoints/last.safetensors"), "{config}");
}

#[test]
fn what_was_painted_is_counted_over_the_end_of_the_server() {
    let server = Running::mouths();
    paint_all(&server, "m0");
    let training = server.put("/api/training/auto", &json!({"after": 9})).with(200);
    assert_eq!((&training["edits"], &training["auto_after"]), (&json!(1), &json!(9)));
    // the test picture trains nothing
    paint_all(&server, "m3");
    let server = server.again();
    let training = server.get("/api/training").with(200);
    assert_eq!((&training["edits"], &training["auto_after"]), (&json!(1), &json!(9)));
    // what is painted already comes last
    let queue = server.get("/api/queue").with(200);
    let items = queue["items"].as_array().unwrap();
    assert_eq!((&items[2]["case"], &items[2]["edited"]), (&json!("m0"), &json!(true)));
    assert_eq!(items[0]["edited"], false);
}

#[test]
fn the_loop_goes_round() {
    let server = Running::mouths();
    paint_all(&server, "m0");
    paint_all(&server, "m2");
    let started = server.post("/api/training", &json!({"epochs": 200})).with(202);
    assert_eq!(started["job"]["cases"], 1);
    assert_eq!(server.post("/api/training", &json!({})).with(409)["type"], "busy");
    assert_eq!(server.post("/api/classes", &json!({"name": "lip"})).with(409)["type"], "busy");
    assert_eq!(server.put("/api/exclusive", &json!([])).with(409)["type"], "busy");
    std::thread::sleep(Duration::from_millis(300));
    server.post("/api/training/stop", &json!({})).with(202);
    let stopped = wait(&server, "stopped");
    assert_eq!(server.get("/api/models").with(200), json!([]), "half a model is none");
    server.post("/api/training/resume", &json!({})).with(202);
    assert!(stopped["job"]["step"].as_u64() < Some(2000));
    server.post("/api/training/stop", &json!({})).with(202);
    wait(&server, "stopped");

    // a shorter one, to the end: what was stopped is not gone on with
    server.post("/api/training", &json!({"epochs": 3})).with(202);
    let done = wait(&server, "idle");
    assert_eq!(done["job"]["version"], 2);
    assert_eq!(done["job"]["losses"].as_array().map(Vec::len), Some(3));
    let models = server.get("/api/models").with(200);
    assert_eq!((&models[0]["version"], &models[0]["current"]), (&json!(2), &json!(true)));
    assert!(models[0]["mean_dice"].is_number(), "there is a validation picture: {models}");

    // the next one starts from it
    server.post("/api/training", &json!({"epochs": 1})).with(202);
    wait(&server, "idle");
    let config = server.folder.path().join("models/0003/config.toml");
    let config = std::fs::read_to_string(config).unwrap();
    assert!(config.contains("pretrained_weights") && config.contains("0002"), "{config}");
    let models = server.put("/api/models/current", &json!({"version": 2})).with(200);
    assert_eq!((&models[0]["current"], &models[1]["current"]), (&json!(false), &json!(true)));
    server.put("/api/models/current", &json!({"version": 9})).with(404);

    suggestions(&server);
    verification(&server);
}

/// What the model says of a picture nobody painted, and what becomes of a decision about it.
fn suggestions(server: &Running) {
    let (kind, bytes) = server.file("/api/cases/m1/prediction/gum.png?version=2");
    let decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    let mut reader = decoder.read_info().unwrap();
    let mut values = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut values).unwrap();
    assert_eq!((kind.as_str(), info.width, info.height), ("image/png", 48, 40));
    let inside = values.iter().position(|value| *value > 140);
    let decide = |id: &str, base: u64, at: usize, decision: &str| {
        let body = json!({"id": id, "client": "tab", "base": base, "version": 2, "class": "gum",
                          "x": at % 48, "y": at / 48, "decision": decision});
        server.post("/api/cases/m1/suggestions", &body)
    };
    let outside = values.iter().position(|value| *value < 110).unwrap();
    assert_eq!(decide("a", 0, outside, "accept").with(404)["type"], "not-found");
    let Some(inside) = inside else { return };
    let decided = decide("b", 0, inside, "accept").with(200);
    assert_eq!(decided["entry"]["ops"][0]["origin"], "accepted");
    let dataset = Dataset::open(server.folder.path()).unwrap();
    let annotation = dataset.load_annotation(dataset.case("m1").unwrap()).unwrap();
    let accepted = annotation.masks[0].count(Ternary::Positive);
    assert!(accepted > 0);
    assert_eq!(
        annotation.suggested[0].as_ref().map(lacuna_data::BinaryMask::count),
        Some(accepted)
    );
    decide("c", 1, inside, "neither").with(200);
    let annotation = dataset.load_annotation(dataset.case("m1").unwrap()).unwrap();
    assert_eq!(annotation.masks[0].count(Ternary::Negative), accepted);
    assert_eq!(annotation.masks[1].count(Ternary::Negative), accepted);
}

/// What the current model is better by than the one that was verified.
fn gain(server: &Running, verification: &str, state: &Value) {
    let path = format!("{verification}/gain");
    let refused = server.get(&path).with(422);
    assert!(refused["detail"].as_str().unwrap().contains("model 2"), "{refused}");
    server.put("/api/models/current", &json!({"version": 3})).with(200);
    let gains = server.get(&path).with(200);
    assert_eq!((&gains["before"], &gains["after"]), (&json!(2), &json!(3)));
    assert_eq!(gains["answered"], state["answered"]);
    let gum = &gains["classes"]["gum"];
    assert!(gum["low"].as_f64().unwrap() <= gum["high"].as_f64().unwrap(), "{gains}");
    assert_eq!(server.get(&path).with(200), gains, "asked again it is the same");
    server.get("/api/verifications/0009/gain").with(404);
    // somebody paints in a held-back picture: the points were drawn from what was unpainted then
    let edit = json!({"id": "held", "client": "tab", "base": 0, "ops": [
        {"op": "paint", "class": "gum", "value": "negative", "runs": [0, 200]}]});
    server.post("/api/cases/m3/edits", &edit).with(200);
    server.post("/api/training", &json!({"epochs": 1})).with(202);
    wait(server, "idle");
    let changed = server.get(&path).with(422);
    assert!(changed["detail"].as_str().unwrap().contains("m3"), "{changed}");
}

/// Points of the held-back picture, answered from its truth.
fn verification(server: &Running) {
    let dataset = Dataset::open(server.folder.path()).unwrap();
    let truth = dataset.load_truth(dataset.case("m3").unwrap()).unwrap().unwrap();
    let begun = server.post("/api/verifications", &json!({"points": 40, "seed": 1})).with(200);
    assert_eq!((&begun["points"], &begun["estimates"]), (&json!(40), &Value::Null));
    let path = format!("/api/verifications/{}", begun["id"].as_str().unwrap());
    let mut state = begun;
    while let Some(point) = state["next"].as_object() {
        assert_eq!(point["case"], "m3");
        let class = dataset.classes().index(point["class"].as_str().unwrap()).unwrap();
        let at = |axis: &str| point[axis].as_u64().unwrap() as usize;
        let answer = if truth[class].get(at("x"), at("y")) { "yes" } else { "no" };
        let body = json!({"index": point["index"], "answer": answer});
        state = server.post(&format!("{path}/answers"), &body).with(200);
    }
    assert_eq!(state["answered"], 40);
    let answered = server.get(&format!("{path}/answers")).with(200);
    assert_eq!(answered.as_array().map(Vec::len), Some(40));
    assert_eq!(
        (&answered[7]["point"]["index"], &answered[7]["point"]["case"]),
        (&json!(7), &json!("m3"))
    );
    assert!(answered[7]["answer"] == "yes" || answered[7]["answer"] == "no");
    let dice = &state["estimates"]["gum"]["dice"];
    let number = |name: &str| dice[name].as_f64().unwrap();
    assert!(number("low") <= number("value") && number("value") <= number("high"), "{state}");
    assert_eq!(server.get("/api/verifications").with(200).as_array().map(Vec::len), Some(1));
    server.post(&format!("{path}/answers"), &json!({"index": 40, "answer": "yes"})).with(422);
    server.get("/api/verifications/0009").with(404);
    gain(server, &path, &state);
}
