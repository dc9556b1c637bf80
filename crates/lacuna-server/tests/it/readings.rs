//! Pictures that two people read separately: neither sees what the other says, and nothing that either says is lost.

use std::path::Path;
use std::time::Duration;

use lacuna_data::Dataset;
use lacuna_metrics::Confusion;
use lacuna_server::ServeConfig;
use serde_json::{Value, json};

use crate::browser::{Reply, Running, config};
use crate::people::{Visitor, draw, region, routes, team, team_config};

const EDITS: &str = "/api/cases/m0/edits";
const ANNOTATION: &str = "/api/cases/m0/annotation";
const READING: &str = "/api/cases/m0/reading";

/// The owner gives pictures to two people, or takes them back.
fn give(olga: &Visitor<'_>, cases: &[&str], people: &[&str]) -> Reply {
    olga.send("PUT", "/api/readings", Some(&json!({"cases": cases, "people": people})))
}

fn finish(visitor: &Visitor<'_>, is_done: bool) -> Reply {
    visitor.send("PUT", READING, Some(&json!({"done": is_done})))
}

/// Says something about m0, on top of what is there; the body of the answer.
fn say(visitor: &Visitor<'_>, id: &str, ops: &[(&str, &str, &[u32])]) -> Value {
    let base = visitor.get(ANNOTATION)["seq"].clone();
    let op = |(class, value, runs): &(&str, &str, &[u32])| json!({"op": "paint", "class": class, "value": value, "runs": runs});
    let ops: Vec<Value> = ops.iter().map(op).collect();
    visitor.post(EDITS, &json!({"id": id, "client": id, "base": base, "ops": ops})).with(200)
}

fn gum(visitor: &Visitor<'_>) -> Value {
    visitor.get(ANNOTATION)["masks"]["gum"].clone()
}

/// The row of m0 in the list of pictures.
fn row(visitor: &Visitor<'_>) -> Value {
    visitor.get("/api/cases")[0].clone()
}

/// What each of two people says in the tests, of the first 200 pixels.
fn both_say(eva: &Visitor<'_>, nina: &Visitor<'_>) {
    say(eva, "eva-1", &[("gum", "positive", &[0, 100]), ("gum", "negative", &[100, 100])]);
    say(nina, "nina-1", &[("gum", "positive", &[20, 100]), ("gum", "negative", &[0, 20, 120, 80])]);
    say(nina, "nina-2", &[("teeth", "positive", &[400, 10])]);
}

#[test]
fn what_one_of_two_is_answered_never_has_what_the_other_says() {
    let server = team();
    // an owner may be one of the two: then the log is for others, too
    let (olga, eva) = (Visitor::of(&server, "Olga"), Visitor::of(&server, "Eva"));
    give(&olga, &["m0"], &["eva", "Olga"]).with(204);
    say(&olga, "olga-1", &[("gum", "positive", &[3, 4])]);
    let heard = server.events(&olga.cookie);
    let routes = routes();
    let asked: Vec<String> = routes
        .iter()
        .filter_map(|route| route.strip_prefix("GET "))
        // the times of logins and of this very look change them
        .filter(|path| !["/people", "/changes.csv", "/changes.jsonl"].contains(path))
        .map(|path| {
            let path = path.replace("{id}", "m0").replace("{class}", "gum.png");
            format!("/api{path}?version=1")
        })
        .collect();
    assert!(asked.len() > 15, "{asked:?}");
    let answers = || -> Vec<(String, u16, Value)> {
        let ask = |path: &String| {
            let reply = olga.send("GET", path, None);
            (path.clone(), reply.status, reply.body)
        };
        asked.iter().map(ask).collect()
    };
    let before = answers();
    say(&eva, "eva-1", &[("teeth", "positive", &[777, 5]), ("gum", "negative", &[3, 9])]);
    let base = eva.get(ANNOTATION)["seq"].as_u64().unwrap();
    eva.post(EDITS, &draw("eva-2", base, &[region(31.25, "Eva", "expert")])).with(200);
    finish(&eva, true).with(204);
    for (before, after) in before.iter().zip(answers()) {
        assert_eq!(*before, after, "something of it shows");
    }
    for path in ["/api/changes.csv", "/api/changes.jsonl"] {
        let (_, bytes) = server.file_with(path, &[("cookie", &olga.cookie)]);
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains("gum yes: 4 px") && !text.contains("teeth"), "{text}");
        assert!(!text.contains("Eva,reading"), "{text}");
    }
    // nor is she told of it in answers to what she sends, or as news
    let saved = say(&olga, "olga-2", &[("gum", "positive", &[30, 4])]);
    assert_eq!(saved["missed"], json!([]));
    let news = heard.take(2, Duration::from_secs(3));
    let authors: Vec<_> = news.iter().map(|entry| entry["author"].clone()).collect();
    assert_eq!(authors, ["Olga"], "{news:?}");
    assert_eq!(
        (row(&olga)["by"].clone(), row(&eva)["by"].clone()),
        (json!(["Olga"]), json!(["Eva"]))
    );
    assert_eq!(row(&olga)["assigned"], json!(["Olga"]));
    olga.send("GET", READING, None).with(404);
    // once both are done they may compare
    finish(&olga, true).with(204);
    assert!(olga.get(READING)["classes"]["teeth"]["second_alone"] == json!([]));
    assert_eq!(olga.get(READING)["classes"]["teeth"]["first_alone"], json!([777, 5]));
    assert!(olga.get("/api/changes").to_string().contains("teeth yes: 5 px"));
}

#[test]
fn others_see_nothing_of_it_until_both_are_done_and_wait() {
    let server = team();
    let (olga, eva) = (Visitor::of(&server, "Olga"), Visitor::of(&server, "Eva"));
    let rosa = Visitor::of(&server, "Rosa");
    let nina = add_expert(&olga, "Nina");
    let nina = Visitor { server: &server, cookie: nina };
    say(&olga, "before", &[("gum", "positive", &[150, 2, 600, 2])]);
    give(&olga, &["m0", "m1"], &["Nina", "Eva"]).with(204);
    assert_eq!(gum(&eva)["positive"], json!([]), "each begins with nothing");
    let states = |visitor: &Visitor<'_>| visitor.get("/api/readings")[0]["readers"].clone();
    let state = |one: &str, other: &str| json!([{"name": "Eva", "state": one}, {"name": "Nina", "state": other}]);
    assert_eq!(states(&olga), state("not-begun", "not-begun"));
    both_say(&eva, &nina);
    assert_eq!(states(&rosa), state("working", "working"));
    assert_eq!(gum(&rosa)["positive"], json!([150, 2, 600, 2]));
    assert_eq!(row(&rosa)["by"], json!(["Olga"]));
    assert_eq!(row(&rosa)["assigned"], json!(["Eva", "Nina"]));
    let offered = |visitor: &Visitor<'_>| visitor.get("/api/queue").to_string().contains("\"m0\"");
    assert_eq!(
        (offered(&olga), offered(&eva)),
        (false, true),
        "who cannot paint there is not sent there"
    );
    let late = json!({"op": "paint", "class": "gum", "value": "positive", "runs": [9, 1]});
    let late = json!({"id": "late", "client": "o", "base": 1, "ops": [late]});
    let refused = olga.post(EDITS, &late).with(422);
    assert!(refused["detail"].as_str().unwrap().contains("Eva and Nina"), "{refused}");
    // an edit that was painted on what everybody shares is none of this reader's
    assert_eq!(eva.post(EDITS, &late).with(409)["type"], "stale");

    finish(&eva, true).with(204);
    assert_eq!(
        (states(&olga), gum(&rosa)["positive"].clone()),
        (state("done", "working"), json!([150, 2, 600, 2]))
    );
    let base = eva.get(ANNOTATION)["seq"].clone();
    let more = json!({"id": "more", "client": "e", "base": base, "ops": late["ops"]});
    assert!(eva.post(EDITS, &more).with(422)["hint"].as_str().unwrap().contains("go on"));
    finish(&eva, false).with(204);
    finish(&eva, true).with(204);
    finish(&nina, true).with(204);
    assert_eq!(eva.get("/api/readings")[0]["stage"], "done");
    finish(&nina, false).with(422);
    // both say yes: 20–99; no: 120–199; they contradict each other in between, where Olga's word gives way, too
    for visitor in [&rosa, &eva, &nina] {
        let said = gum(visitor);
        assert_eq!(said["positive"], json!([20, 80, 600, 2]));
        assert_eq!(said["negative"], json!([120, 80]));
        assert_eq!(visitor.get(ANNOTATION)["masks"]["teeth"]["positive"], json!([400, 10]));
    }
    assert_eq!(
        (row(&rosa)["by"].clone(), row(&rosa)["assigned"].clone()),
        (json!(["Eva", "Nina", "Olga"]), json!([]))
    );
    assert_eq!(row(&rosa)["conflict"], true, "what they contradict is unknown");
    let log = olga.get("/api/changes?picture=m0");
    let what = |entry: &Value| format!("{} {}", entry["who"], entry["what"]).replace('"', "");
    let log: Vec<String> = log.as_array().unwrap().iter().map(what).collect();
    let expected = [
        "Nina reading-done",
        "Nina edit",
        "Eva edit",
        "Eva reading-done",
        "Eva reading-resumed",
        "Eva reading-done",
        "Nina reading-edit",
        "Nina reading-edit",
        "Eva reading-edit",
        "Olga edit",
    ];
    assert_eq!(log, expected);
    // somebody looks at what is open and paints there: then it is settled
    say(&eva, "settles", &[("gum", "positive", &[0, 20]), ("gum", "negative", &[100, 20])]);
    assert_eq!(row(&rosa)["conflict"], false);
}

#[test]
fn agreement_is_that_of_the_metrics_and_an_owner_decides() {
    let server = team();
    let (olga, eva) = (Visitor::of(&server, "Olga"), Visitor::of(&server, "Eva"));
    let nina = Visitor { server: &server, cookie: add_expert(&olga, "Nina") };
    give(&olga, &["m0", "m1"], &["Eva", "Nina"]).with(204);
    both_say(&eva, &nina);
    assert_eq!(olga.get("/api/agreement")["pictures"], 0);
    let word = |take: &str| {
        olga.send("POST", "/api/cases/m0/reading/decision", Some(&json!({"take": take})))
    };
    word("first").with(404);
    finish(&eva, true).with(204);
    finish(&nina, true).with(204);

    let (pixels, until) = (48 * 40, |end: usize| move |pixel: usize| pixel < end);
    let mask = |is: &dyn Fn(usize) -> bool| (0..pixels).map(is).collect::<Vec<bool>>();
    let (hers, others) = (mask(&until(100)), mask(&|pixel| (20..120).contains(&pixel)));
    let reference = Confusion::from_masks(&hers, &others, Some(&mask(&until(200)))).unwrap();
    let agreement = olga.get("/api/agreement");
    assert_eq!(agreement["readers"], json!(["Eva", "Nina"]));
    assert_eq!(agreement["pictures"], 1, "m1 is read still");
    let (class, row_of) = (&agreement["classes"][0], &agreement["rows"][0]);
    assert_eq!((&class["class"], &row_of["case"]), (&json!("gum"), &json!("m0")));
    assert_eq!(row_of["dice"].as_f64(), reference.dice());
    assert_eq!(row_of["kappa"].as_f64(), reference.kappa());
    assert_eq!(class["dice"]["mean"].as_f64(), reference.dice());
    assert_eq!(class["pooled_kappa"].as_f64(), reference.kappa());
    assert_eq!(row_of["differing"], 40);
    assert!((reference.dice().unwrap() - 0.8).abs() < 1e-12);
    let difference = &olga.get(READING)["classes"]["gum"];
    assert_eq!(difference["both"], json!([20, 80]));
    assert_eq!(difference["only_first"], json!([0, 20]));
    assert_eq!(difference["only_second"], json!([100, 20]));

    word("first").with(204);
    assert_eq!(gum(&eva), json!({"positive": [0, 100], "negative": [100, 100], "accepted": []}));
    assert_eq!(
        (row(&eva)["conflict"].clone(), olga.get(ANNOTATION)["masks"]["teeth"]["positive"].clone()),
        (json!(false), json!([]))
    );
    word("second").with(204);
    assert_eq!(gum(&eva)["positive"], json!([20, 100]));
    assert_eq!(olga.get("/api/readings")[0]["decision"], json!({"take": "second", "by": "Olga"}));
    word("both").with(204);
    assert_eq!(gum(&eva)["positive"], json!([20, 80]));
    assert_eq!(row(&eva)["conflict"], true);
    let log = olga.get("/api/changes?limit=1");
    assert_eq!(log[0]["what"], "reading-decided");
    assert!(log[0]["detail"].as_str().unwrap().starts_with("what both say: edit"), "{log}");
    // what either said is as it was
    let dataset = Dataset::open(server.folder.path()).unwrap();
    let case = dataset.case("m0").unwrap();
    let yes = |number| {
        let said = dataset.as_read_by(case, number).load_annotation(case).unwrap();
        said.masks[0].count(lacuna_data::Ternary::Positive)
    };
    assert_eq!((yes(1), yes(2)), (100, 100));
    // whoever has seen the other's does not read it independently any more
    give(&olga, &["m0"], &["Eva", "Olga"]).with(422);
}

#[test]
fn whoever_has_seen_what_was_said_is_not_asked_again_and_nobody_is_asked_twice() {
    let server = team();
    let (olga, eva) = (Visitor::of(&server, "Olga"), Visitor::of(&server, "Eva"));
    let nina = Visitor { server: &server, cookie: add_expert(&olga, "Nina") };
    let summary = |place: usize| olga.get("/api/readings")[place].clone();
    give(&olga, &["m0"], &["Eva", "Olga"]).with(204);
    say(&eva, "eva-1", &[("teeth", "positive", &[777, 5])]);
    finish(&eva, true).with(204);
    // the same two again, with one picture more: who is done stays so
    give(&olga, &["m0", "m1"], &["Olga", "Eva"]).with(204);
    assert!(eva.get("/api/readings").to_string().contains("done"));
    assert_eq!(summary(1)["stage"], "open");
    let refused = give(&olga, &["m0", "m1"], &["Eva", "Nina"]).with(422);
    assert!(refused["detail"].as_str().unwrap().contains("m0, m1"), "{refused}");
    assert!(refused["hint"].as_str().unwrap().contains("take them back"), "{refused}");
    give(&olga, &["m0"], &[]).with(204);
    // taken back, what the other said is in the log for others only; she might read it again
    let log = || olga.get("/api/changes?picture=m0").to_string();
    assert!(!log().contains("Eva"), "{}", log());
    give(&olga, &["m0"], &["Eva", "Olga"]).with(204);
    give(&olga, &["m0"], &[]).with(204);
    olga.send("GET", READING, None).with(200);
    assert!(log().contains("teeth yes: 5 px"), "{}", log());
    let refused = give(&olga, &["m0"], &["Eva", "Olga"]).with(422);
    assert!(refused["detail"].as_str().unwrap().contains("has seen"), "{refused}");
    give(&olga, &["m0"], &["Eva", "Nina"]).with(204);
    finish(&eva, true).with(204);
    finish(&nina, true).with(204);
    give(&olga, &["m0"], &["Eva", "Nina"]).with(204);
    assert_eq!(summary(0)["stage"], "done");
    let refused = give(&olga, &["m0"], &["Nina", "Olga"]).with(422);
    assert!(refused["detail"].as_str().unwrap().contains("already: m0"), "{refused}");
}

#[test]
fn who_else_was_asked_is_not_in_the_log_of_one_who_reads() {
    let server = team();
    let (olga, eva) = (Visitor::of(&server, "Olga"), Visitor::of(&server, "Eva"));
    let added = olga.post("/api/people", &json!({"name": "Otto", "role": "owner"})).with(200);
    let cookie = server.log_in("Otto", added["password"].as_str().unwrap()).unwrap();
    let otto = Visitor { server: &server, cookie };
    give(&olga, &["m0"], &["Eva", "Otto"]).with(204);
    let logs = || {
        let exports = ["/api/changes.csv", "/api/changes.jsonl"].map(|path| {
            String::from_utf8(server.file_with(path, &[("cookie", &otto.cookie)]).1).unwrap()
        });
        [otto.get("/api/changes").to_string()].into_iter().chain(exports).collect::<Vec<_>>()
    };
    assert!(logs().iter().all(|log| !log.contains("Eva and Otto")), "{:?}", logs());
    assert!(olga.get("/api/changes").to_string().contains("m0: Eva and Otto"));
    finish(&eva, true).with(204);
    finish(&otto, true).with(204);
    assert!(logs().iter().all(|log| log.contains("m0: Eva and Otto")), "{:?}", logs());
}

#[test]
fn a_decision_leaves_what_was_painted_since_and_a_new_class_changes_nothing() {
    let server = team();
    let (olga, eva) = (Visitor::of(&server, "Olga"), Visitor::of(&server, "Eva"));
    let nina = Visitor { server: &server, cookie: add_expert(&olga, "Nina") };
    give(&olga, &["m0"], &["Eva", "Nina"]).with(204);
    both_say(&eva, &nina);
    finish(&eva, true).with(204);
    finish(&nina, true).with(204);
    assert_eq!(row(&olga)["conflict"], true);
    let added = json!({"name": "tongue"});
    olga.post("/api/classes", &added).with(200);
    assert_eq!(row(&olga)["conflict"], true);
    let word = |take: &str| {
        let take = json!({"take": take});
        olga.send("POST", "/api/cases/m0/reading/decision", Some(&take)).with(204);
    };
    // two of the contradicting pixels are settled, two known ones are turned round
    say(&eva, "since", &[("gum", "positive", &[0, 2]), ("gum", "negative", &[30, 2])]);
    word("both");
    assert_eq!(gum(&eva)["positive"], json!([0, 2, 20, 10, 32, 68]));
    word("second");
    assert_eq!(gum(&eva)["positive"], json!([0, 2, 20, 10, 32, 88]));
    assert_eq!(gum(&eva)["negative"], json!([2, 18, 30, 2, 120, 80]));
    word("first");
    assert_eq!(gum(&eva)["positive"], json!([0, 30, 32, 68]));
}

#[test]
fn what_was_said_is_kept_when_a_picture_is_taken_back_or_somebody_is_removed() {
    let server = team();
    let (olga, eva) = (Visitor::of(&server, "Olga"), Visitor::of(&server, "Eva"));
    let nils = Visitor::of(&server, "Nils");
    for people in [&["Eva"][..], &["Eva", "eva"], &["Eva", "Nils", "Olga"], &["Eva", "Rosa"]] {
        give(&olga, &["m0"], people).with(422);
    }
    give(&olga, &["m0"], &["Eva", "Nobody"]).with(404);
    give(&olga, &["m0", "nothing"], &["Eva", "Nils"]).with(404);
    assert_eq!(olga.get("/api/readings"), json!([]), "all or nothing");
    give(&olga, &["m0"], &["Eva", "Nils"]).with(204);
    say(&eva, "eva-1", &[("gum", "positive", &[0, 100])]);
    // a non-expert reads with regions
    let base = nils.get(ANNOTATION)["seq"].as_u64().unwrap();
    nils.post(EDITS, &draw("nils-1", base, &[region(1.0, "Nils", "non-expert")])).with(200);
    let paints = json!({"op": "paint", "class": "gum", "value": "positive", "runs": [1, 1]});
    let paints = json!({"id": "no", "client": "n", "base": base + 1, "ops": [paints]});
    nils.post(EDITS, &paints).with(403);
    finish(&eva, true).with(204);
    olga.send("DELETE", "/api/people/Nils", None).with(200);
    assert_eq!(
        olga.get("/api/readings")[0]["readers"][1],
        json!({"name": "Nils", "state": "gone"})
    );
    give(&olga, &["m0"], &[]).with(204);
    assert_eq!(olga.get("/api/readings")[0]["stage"], "withdrawn");
    assert_eq!(gum(&eva)["positive"], json!([]), "the shared one is what it was");
    let read = |number: usize| {
        let dataset = Dataset::open(server.folder.path()).unwrap();
        let case = dataset.case("m0").unwrap();
        let said = dataset.as_read_by(case, number).load_annotation(case).unwrap();
        (said.masks[0].count(lacuna_data::Ternary::Positive), said.regions.len())
    };
    assert_eq!((read(1), read(2)), ((100, 0), (0, 1)));
    // owners may look at it and use it; nobody else sees it
    assert_eq!(olga.get(READING)["classes"]["gum"]["only_first"], json!([0, 1, 10, 39, 58, 39]));
    eva.send("GET", READING, None).with(404);
    // somebody else may go on with her, who goes on where she was
    olga.post("/api/people", &json!({"name": "Nina", "role": "expert"})).with(200);
    give(&olga, &["m0"], &["Eva", "Nina"]).with(204);
    assert_eq!(gum(&eva)["positive"], json!([0, 100]));
    give(&olga, &["m0"], &[]).with(204);
    let first = json!({"take": "first"});
    olga.send("POST", "/api/cases/m0/reading/decision", Some(&first)).with(204);
    assert_eq!(gum(&eva)["positive"], json!([0, 100]));
}

#[test]
fn readings_survive_the_end_of_the_server() {
    let server = team();
    let (olga, eva) = (Visitor::of(&server, "Olga"), Visitor::of(&server, "Eva"));
    give(&olga, &["m0"], &["Eva", "Olga"]).with(204);
    say(&eva, "eva-1", &[("gum", "positive", &[3, 4])]);
    let server = server.again_as(Some(team_config(None)));
    let (olga, eva) = (Visitor::of(&server, "Olga"), Visitor::of(&server, "Eva"));
    assert_eq!(
        (gum(&eva)["positive"].clone(), gum(&olga)["positive"].clone()),
        (json!([3, 4]), json!([]))
    );
    assert!(server.folder.path().join("readings/m0/1/gum.png").exists(), "folded at the end");
    assert_eq!(row(&eva)["seq"], 1);
    eva.post("/api/cases/m0/leave", &json!({})).with(204);
    // one person alone sees what everybody shares, and that it is being read
    let server = server.again();
    assert_eq!(server.get(ANNOTATION).with(200)["masks"]["gum"]["positive"], json!([]));
    assert_eq!(server.get("/api/readings").with(200)[0]["stage"], "open");
}

#[test]
fn a_stroke_is_on_the_disk_before_it_is_acknowledged_and_both_done_is_never_half() {
    let server = team();
    let (olga, eva) = (Visitor::of(&server, "Olga"), Visitor::of(&server, "Eva"));
    give(&olga, &["m0"], &["Eva", "Olga"]).with(204);
    say(&eva, "eva-1", &[("gum", "positive", &[3, 4])]);
    say(&olga, "olga-1", &[("gum", "positive", &[5, 4]), ("gum", "negative", &[3, 1])]);
    let crashed = |change: &dyn Fn(&Path)| {
        // what lies on the disk now is what a crash would leave
        let folder = tempfile::tempdir().unwrap();
        copy(server.folder.path(), folder.path());
        change(folder.path());
        let config = ServeConfig { team: Some(team_config(None)), ..config(folder.path()) };
        Running::start(folder, config)
    };
    let after = crashed(&|_| {});
    assert_eq!(gum(&Visitor::of(&after, "Eva"))["positive"], json!([3, 4]));
    assert_eq!(gum(&Visitor::of(&after, "Olga"))["positive"], json!([5, 4]));
    drop(after);
    finish(&eva, true).with(204);
    finish(&olga, true).with(204);
    // as if it had crashed between "both are done" and their words' coming together
    let after = crashed(&|folder| {
        std::fs::remove_dir_all(folder.join("annotations")).unwrap();
        let path = folder.join("readings/m0/reading.json");
        let mut reading: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        assert_eq!(reading["combined"].take(), json!(true));
        reading.as_object_mut().unwrap().remove("combined");
        std::fs::write(&path, reading.to_string()).unwrap();
    });
    assert_eq!(gum(&Visitor::of(&after, "Eva"))["positive"], json!([4, 5]));
    assert_eq!(gum(&Visitor::of(&after, "Eva")), gum(&eva));
    drop(after);
    // a damaged file could let somebody see what they must not
    let folder = tempfile::tempdir().unwrap();
    copy(server.folder.path(), folder.path());
    std::fs::write(folder.path().join("readings/m0/reading.json"), "{").unwrap();
    let error = lacuna_server::Server::bind(config(folder.path())).err().unwrap().to_string();
    assert!(error.contains("reading.json"), "{error}");
}

#[test]
fn nothing_slips_in_after_both_are_done() {
    let server = team();
    let (olga, eva) = (Visitor::of(&server, "Olga"), Visitor::of(&server, "Eva"));
    give(&olga, &["m0"], &["Eva", "Olga"]).with(204);
    finish(&olga, true).with(204);
    let accepted = std::thread::scope(|scope| {
        let painter = scope.spawn(|| {
            let base = eva.get(ANNOTATION)["seq"].as_u64().unwrap();
            let stroke = |number: u64| {
                let op = json!({"op": "paint", "class": "gum", "value": "positive", "runs": [number * 2, 1]});
                json!({"id": format!("e{number}"), "client": "e", "base": base + number, "ops": [op]})
            };
            // her own word first, then nothing is taken of it any more
            (0..900).take_while(|number| eva.post(EDITS, &stroke(*number)).status == 200).count()
        });
        std::thread::sleep(Duration::from_millis(150));
        finish(&Visitor::of(&server, "Eva"), true).with(204);
        painter.join().unwrap()
    });
    let said = gum(&olga)["positive"].as_array().unwrap().len() / 2;
    assert!(accepted > 0 && accepted < 900, "{accepted}");
    assert_eq!(said, accepted, "each acknowledged stroke is part of what came together");
}

/// An expert more; the cookie of their browser.
fn add_expert(olga: &Visitor<'_>, name: &str) -> String {
    let added = olga.post("/api/people", &json!({"name": name, "role": "expert"})).with(200);
    olga.server.log_in(name, added["password"].as_str().unwrap()).unwrap()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
