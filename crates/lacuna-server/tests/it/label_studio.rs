//! The server as a Label Studio sees it: a small one of our own that serves pictures and tasks. That a real one is
//! content with the same answers is checked by `refs/formats/check_ml_backend.py`.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use lacuna_data::annotation::{Runs, Unpainted};
use lacuna_data::formats::label_studio::Interface;
use lacuna_data::synthetic::{MouthConfig, generate};
use lacuna_data::{BinaryMask, Dataset, Size};
use lacuna_server::{LabelStudioConfig, PublicUrl};
use serde_json::{Value, json};

use crate::browser::{Running, config};

const TOKEN: &str = "0123456789abcdef";
const SIZE: Size = Size::new(48, 40);
const SCHEMA: &str = r##"<View><Image name="photo" value="$picture"/>
    <BrushLabels name="brush" toName="photo"><Label value="gum" background="#c81e5a"/>
    <Label value="Zahn" predicted_values="teeth"/></BrushLabels>
    <RectangleLabels name="box" toName="photo"><Label value="region"/><Label value="gum"/></RectangleLabels>
    <KeyPointLabels name="point" toName="photo" smart="true"><Label value="gum"/></KeyPointLabels></View>"##;

/// A Label Studio with drawn mouths, which only its token opens.
struct Studio {
    address: String,
    /// What its export has.
    tasks: Arc<Mutex<Value>>,
}

impl Studio {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let tasks = Arc::new(Mutex::new(json!([])));
        let served = Arc::clone(&tasks);
        std::thread::spawn(move || {
            listener.incoming().for_each(|connection| answer(connection.unwrap(), &served));
        });
        Self { address, tasks }
    }
}

fn answer(mut connection: TcpStream, tasks: &Mutex<Value>) {
    let mut head = BufReader::new(&connection).lines().map_while(Result::ok);
    let path = head.next().unwrap_or_default().split(' ').nth(1).unwrap_or_default().to_owned();
    let head: Vec<String> = head.take_while(|line| !line.is_empty()).collect();
    let is_known = head.contains(&format!("authorization: Token {TOKEN}"))
        || head.contains(&format!("Authorization: Token {TOKEN}"));
    let (status, body) = match path.as_str() {
        _ if !is_known => ("302 Found\r\nlocation: /user/login/?next=x", Vec::new()),
        "/api/projects/1/export?exportType=JSON" => {
            ("200 OK", tasks.lock().unwrap().to_string().into_bytes())
        }
        "/api/projects/1/" => ("200 OK", project().to_string().into_bytes()),
        "/data/elsewhere/m.png" => ("302 Found\r\nlocation: http://127.0.0.2:1/m.png", Vec::new()),
        _ => match path.split("upload/1/0123abcd-m").nth(1).map(|rest| rest.as_bytes()[0]) {
            Some(index) => ("200 OK", picture(u64::from(index))),
            None => ("404 Not Found", Vec::new()),
        },
    };
    let head =
        format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    let _ = connection.write_all(head.as_bytes()).and_then(|()| connection.write_all(&body));
}

fn project() -> Value {
    json!({"id": 1, "created_at": "2026-11-28T10:00:00.000000Z", "label_config": SCHEMA, "title": "mouths"})
}

fn picture(index: u64) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.png");
    generate(&MouthConfig::new(SIZE), 3, index).unwrap().image.save_png(&path).unwrap();
    std::fs::read(path).unwrap()
}

/// A server with an empty folder, and what it is asked by Label Studio.
struct Backend {
    server: Running,
    path: String,
}

impl Backend {
    fn of(studio: &Studio, unpainted: Unpainted) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = config(folder.path());
        config.label_studio = Some(LabelStudioConfig {
            url: PublicUrl::parse(&studio.address).unwrap(),
            pictures: Vec::new(),
            unpainted,
            token: None,
        });
        let server = Running::start(folder, config);
        let path = server.label_studio.clone().unwrap();
        Self { server, path }
    }

    fn connected(studio: &Studio, unpainted: Unpainted) -> Self {
        let backend = Self::of(studio, unpainted);
        assert_eq!(backend.set_up(SCHEMA)["model_version"], "lacuna-untrained");
        backend
    }

    fn set_up(&self, schema: &str) -> Value {
        let body = json!({"project": "1.1700000000", "schema": schema, "hostname": "http://evil.example",
            "access_token": TOKEN, "extra_params": null});
        self.server
            .send("POST", &format!("{}/setup", self.path), &[("cookie", "")], Some(&body))
            .with(200)
    }

    fn predict(&self, tasks: &[Value], context: &Value) -> Value {
        let body = json!({"tasks": tasks, "project": "1.1700000000", "label_config": SCHEMA,
            "params": {"login": null, "password": null, "context": context}});
        self.server.post(&format!("{}/predict", self.path), &body).with(200)["results"].clone()
    }

    fn webhook(&self, action: &str, more: &Value) {
        let mut body = json!({"action": action, "project": project()});
        body.as_object_mut().unwrap().append(more.as_object().cloned().as_mut().unwrap());
        self.server.post(&format!("{}/webhook", self.path), &body).with(201);
    }

    /// The states of a picture's class, once they are those expected.
    #[track_caller]
    fn expect(&self, case: &str, class: &str, sign: &str, pixels: &[usize]) {
        let start = Instant::now();
        loop {
            let said = self.server.get(&format!("/api/cases/{case}/annotation"));
            let runs = serde_json::from_value::<Runs>(said.body["masks"][class][sign].clone());
            let found: Vec<usize> = runs.unwrap_or_default().iter().flatten().collect();
            if said.status == 200 && found == pixels {
                return;
            }
            let log = self.server.get("/api/training/log").body;
            assert!(
                start.elapsed() < Duration::from_secs(30),
                "{found:?} instead of {pixels:?}: {log}"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn task(index: usize) -> Value {
    json!({"id": 10 + index, "data": {"picture": format!("/data/upload/1/0123abcd-m{index}.png")}})
}

/// An annotation in which the brush has painted these pixels of a class.
fn painted(id: u64, class: &str, pixels: &[usize]) -> Value {
    let mut mask = BinaryMask::empty(SIZE);
    for pixel in pixels {
        mask.values_mut()[*pixel] = true;
    }
    let result = Interface::parse(SCHEMA).unwrap().painted([(class, &mask)], SIZE).unwrap();
    json!({"id": id, "completed_by": 4, "was_cancelled": false, "result": result})
}

#[test]
fn what_is_painted_there_is_painted_here_and_taken_back_again() {
    let studio = Studio::start();
    let backend = Backend::connected(&studio, Unpainted::Unknown);
    let classes = backend.server.get("/api/project").with(200)["classes"].clone();
    assert_eq!(classes[0], json!({"name": "gum", "color": [200, 30, 90]}));
    assert_eq!(classes[1]["name"], "teeth");

    let say = |action: &str, annotation: Value| {
        let all = json!([{"id": 10, "data": task(0)["data"], "annotations": [annotation]}]);
        *studio.tasks.lock().unwrap() = all;
        backend.webhook(action, &json!({"task": task(0), "annotation": annotation}));
    };
    say("ANNOTATION_CREATED", painted(3, "teeth", &[5, 6, 7]));
    backend.expect("m0", "teeth", "positive", &[5, 6, 7]);
    say("ANNOTATION_UPDATED", painted(3, "teeth", &[6, 7, 8]));
    backend.expect("m0", "teeth", "positive", &[6, 7, 8]);
    backend.expect("m0", "gum", "positive", &[]);

    // somebody corrects it in the app, and paints what is painted already: that stays when all is fetched again, and when
    // the annotation goes away
    let edit = json!({"id": "e", "client": "tab", "base": 2, "ops": [
        {"op": "paint", "class": "teeth", "value": "negative", "runs": [8, 2]},
        {"op": "paint", "class": "teeth", "value": "positive", "runs": [7, 1]}]});
    backend.server.post("/api/cases/m0/edits", &edit).with(200);
    let annotated = json!({"id": 10, "data": task(0)["data"], "annotations": [painted(3, "teeth", &[6, 7, 8])]});
    let other =
        json!({"id": 11, "data": task(1)["data"], "annotations": [painted(4, "teeth", &[1])]});
    *studio.tasks.lock().unwrap() = json!([annotated, other]);
    backend.webhook("ANNOTATIONS_CREATED", &json!({}));
    backend.expect("m1", "teeth", "positive", &[1]);
    backend.expect("m0", "teeth", "negative", &[8, 9]);
    backend.expect("m0", "teeth", "positive", &[6, 7]);
    *studio.tasks.lock().unwrap() = json!([other]);
    backend.webhook("ANNOTATIONS_DELETED", &json!({"annotations": [{"id": 3}]}));
    backend.expect("m0", "teeth", "positive", &[7]);
    backend.expect("m0", "teeth", "negative", &[8, 9]);
    *studio.tasks.lock().unwrap() = json!([]);
    backend.webhook("TASKS_DELETED", &json!({"tasks": [{"id": 11}]}));
    backend.expect("m1", "teeth", "positive", &[]);
    backend.expect("m0", "teeth", "positive", &[7]);
    let cases = backend.server.get("/api/cases").with(200);
    assert_eq!(cases.as_array().map(Vec::len), Some(2), "each picture was added once");
}

#[test]
fn a_box_around_an_object_says_nothing_and_one_around_everything_is_a_region() {
    let studio = Studio::start();
    let backend = Backend::connected(&studio, Unpainted::Unknown);
    let rectangle = |label: &str| {
        json!({"id": label, "type": "rectanglelabels", "from_name": "box", "to_name": "photo",
            "original_width": SIZE.width, "original_height": SIZE.height, "image_rotation": 0,
            "value": {"x": 25, "y": 25, "width": 50, "height": 50, "rotation": 0, "rectanglelabels": [label]}})
    };
    let mut annotation = painted(3, "teeth", &[5]);
    for (label, regions) in [("gum", 0), ("region", 1)] {
        annotation["id"] = json!(annotation["id"].as_u64().unwrap() + 1);
        annotation["result"].as_array_mut().unwrap().push(rectangle(label));
        let all = json!([{"id": 10, "data": task(0)["data"], "annotations": [annotation]}]);
        *studio.tasks.lock().unwrap() = all;
        backend.webhook("ANNOTATIONS_CREATED", &json!({}));
        backend.expect("m0", "teeth", "positive", &[5]);
        let start = Instant::now();
        let found = || {
            let said = backend.server.get("/api/cases/m0/annotation").with(200);
            said["regions"].as_array().map_or(0, Vec::len)
        };
        while found() != regions {
            assert!(start.elapsed() < Duration::from_secs(30), "{label}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn an_annotation_waits_until_its_picture_can_be_fetched() {
    let studio = Studio::start();
    let backend = Backend::of(&studio, Unpainted::Unknown);
    for class in ["gum", "teeth"] {
        backend.server.post("/api/classes", &json!({"name": class, "color": null})).with(200);
    }
    // without its token Label Studio gives no picture
    let said = json!({"task": task(0), "annotation": painted(3, "teeth", &[5, 6])});
    backend.webhook("ANNOTATION_CREATED", &said);
    let start = Instant::now();
    let log = || backend.server.get("/api/training/log").body.to_string();
    while !log().contains("an annotation waits") {
        assert!(start.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(20));
    }
    let annotated = json!({"id": 10, "data": task(0)["data"], "annotations": [said["annotation"]]});
    *studio.tasks.lock().unwrap() = json!([annotated]);
    backend.set_up(SCHEMA);
    backend.expect("m0", "teeth", "positive", &[5, 6]);
    let inbox = backend.server.folder.path().join("label-studio/inbox");
    while std::fs::read_dir(&inbox).unwrap().next().is_some() {
        assert!(start.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn what_nobody_painted_is_background_only_if_that_was_said() {
    let studio = Studio::start();
    *studio.tasks.lock().unwrap() = json!([{"id": 10, "data": task(0)["data"],
        "annotations": [painted(3, "teeth", &[5, 6, 7])]}]);
    for (unpainted, negative) in [(Unpainted::Unknown, 0), (Unpainted::Background, SIZE.area() - 3)]
    {
        let backend = Backend::connected(&studio, unpainted);
        backend.webhook("ANNOTATIONS_CREATED", &json!({}));
        backend.expect("m0", "teeth", "positive", &[5, 6, 7]);
        let said = backend.server.get("/api/cases/m0/annotation").with(200);
        let runs: Runs =
            serde_json::from_value(said["masks"]["teeth"]["negative"].clone()).unwrap();
        assert_eq!(runs.iter().flatten().count(), negative);
    }
}

#[test]
fn it_predicts_and_trains() {
    let studio = Studio::start();
    let backend = Backend::connected(&studio, Unpainted::Unknown);
    let elsewhere = json!({"id": 99, "data": {"picture": "/data/elsewhere/m.png"}});
    let stranger = json!({"id": 98, "data": {"picture": "http://127.0.0.2:1/m.png"}});
    let results = backend.predict(&[task(0), elsewhere, stranger, task(1)], &Value::Null);
    // an empty prediction would be kept as one
    assert_eq!(results, json!([[], [], [], []]));
    let log = backend.server.get("/api/training/log").with(200).to_string();
    assert!(log.matches("nothing is fetched from `http://127.0.0.2:1`").count() == 2, "{log}");
    assert_eq!(backend.server.get("/api/cases").with(200).as_array().map(Vec::len), Some(2));

    // key points mean a region
    let point = |x: usize, y: usize, sign: bool| {
        json!({"type": "keypointlabels", "is_positive": sign,
        "value": {"x": x, "y": y, "width": 0.3, "labels": ["gum"], "keypointlabels": ["gum"]}})
    };
    let context = json!({"result": [point(50, 20, true), point(50, 95, false)]});
    let proposed = backend.predict(&[task(0)], &context);
    assert_eq!(proposed[0]["result"][0]["value"]["brushlabels"], json!(["gum"]));

    let rows = |from: usize, to: usize| (from * SIZE.width..to * SIZE.width).collect::<Vec<_>>();
    let annotated = |index: usize| {
        let annotations =
            json!([painted(1, "teeth", &rows(0, 9)), painted(2, "gum", &rows(9, 30))]);
        json!({"id": 10 + index, "data": task(index)["data"], "annotations": annotations})
    };
    *studio.tasks.lock().unwrap() = json!([annotated(0), annotated(1)]);
    backend.webhook("START_TRAINING", &json!({}));
    let start = Instant::now();
    loop {
        let training = backend.server.get("/api/training").with(200);
        if training["state"] == "running" {
            assert_eq!(training["job"]["cases"], 2);
            break;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "{training}");
        std::thread::sleep(Duration::from_millis(5));
    }
    backend.server.post("/api/training/stop", &json!({})).with(202);
    let begin = || backend.server.post("/api/training", &json!({"epochs": 1})).status == 202;
    while !begin() {
        assert!(start.elapsed() < Duration::from_mins(1));
        std::thread::sleep(Duration::from_millis(20));
    }
    while backend.set_up(SCHEMA)["model_version"] == "lacuna-untrained" {
        assert!(start.elapsed() < Duration::from_mins(2));
        std::thread::sleep(Duration::from_millis(50));
    }
    let results = backend.predict(&[task(1)], &Value::Null);
    let score = results[0]["score"].as_f64().unwrap();
    assert!(score > 0.0 && score <= 1.0, "{results}");
    let version = results[0]["model_version"].as_str().unwrap();
    let versions = backend.server.get(&format!("{}/versions", backend.path)).with(200);
    assert_eq!(versions, json!({"versions": [version]}));
}

#[test]
fn only_who_knows_the_address_is_let_in() {
    let studio = Studio::start();
    let backend = Backend::of(&studio, Unpainted::Unknown);
    let get = |path: &str| backend.server.send("GET", path, &[("cookie", "")], None);
    let up = json!({"status": "UP", "model_class": "Lacuna"});
    assert_eq!(get(&format!("{}/health", backend.path)).with(200), up);
    assert_eq!(get(&backend.path).with(200), up);
    for path in ["/label-studio/wrong/health", "/label-studio/wrong"] {
        assert_eq!(get(path).status, 404);
    }
    let wrong = backend
        .server
        .post("/label-studio/wrong/predict", &json!({"tasks": [], "label_config": SCHEMA}));
    assert_eq!(wrong.status, 404);
    let foreign = backend.server.send("GET", &backend.path, &[("host", "evil.example")], None);
    assert_eq!(foreign.status, 403);
    // a server that nobody may connect to
    let server = Running::mouths();
    assert_eq!(server.get(&backend.path).status, 404);
}

#[test]
fn an_interface_that_does_not_fit_is_refused() {
    let studio = Studio::start();
    let backend = Backend::connected(&studio, Unpainted::Unknown);
    let other = SCHEMA.replace("\"gum\"", "\"lip\"");
    let body = json!({"project": "1.1", "schema": other, "access_token": TOKEN});
    let refused = backend.server.post(&format!("{}/setup", backend.path), &body).with(422);
    assert!(refused["detail"].as_str().unwrap().contains("`lip`"), "{refused}");
    assert!(refused["hint"].as_str().unwrap().contains("predicted_values"), "{refused}");
    assert_eq!(Dataset::open(backend.server.folder.path()).unwrap().classes().len(), 2);
}
