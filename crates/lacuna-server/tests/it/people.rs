//! A team: who may do what, in whose name, and what is written down of it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use lacuna_server::team::{Team, TeamRole};
use lacuna_server::{PublicUrl, TeamConfig};
use serde_json::{Value, json};

use crate::browser::{Reply, Running, config, mouths};

pub(crate) const PASSWORD: &str = "four odd words";

/// An account of each role, named after it.
const NAMES: [(&str, TeamRole); 4] = [
    ("Olga", TeamRole::Owner),
    ("Eva", TeamRole::Expert),
    ("Nils", TeamRole::NonExpert),
    ("Rosa", TeamRole::Reader),
];

pub(crate) fn team_config(public_url: Option<&str>) -> TeamConfig {
    let url = public_url.map(|url| PublicUrl::parse(url).unwrap());
    TeamConfig::new("127.0.0.1".parse().unwrap(), url, &[]).unwrap()
}

/// Serves drawn mouths to a team.
pub(crate) fn team() -> Running {
    team_at(None)
}

fn team_at(public_url: Option<&str>) -> Running {
    let folder = tempfile::tempdir().unwrap();
    mouths(folder.path());
    let team = Team::open(folder.path()).unwrap();
    for (name, role) in NAMES {
        team.add(name, role, PASSWORD, "test").unwrap();
    }
    let mut config = config(folder.path());
    config.team = Some(team_config(public_url));
    Running::start(folder, config)
}

/// A browser of one person.
pub(crate) struct Visitor<'a> {
    pub(crate) server: &'a Running,
    pub(crate) cookie: String,
}

impl<'a> Visitor<'a> {
    pub(crate) fn of(server: &'a Running, name: &str) -> Self {
        let cookie = server.log_in(name, PASSWORD).unwrap();
        Self { server, cookie }
    }

    pub(crate) fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Reply {
        self.server.send(method, path, &[("cookie", &self.cookie)], body)
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        self.send("GET", path, None).with(200)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Reply {
        self.send("POST", path, Some(body))
    }
}

/// What each role may do with each request, from the owner to the reader: `+` may, `r` regions only, `-` may not.
/// Written down here once more, so that a change of the server's table has to be meant.
const EXPECTED: &[(&str, &str)] = &[
    ("GET /project", "++++"),
    ("POST /classes", "+---"),
    ("PUT /classes/{name}", "+---"),
    ("PUT /exclusive", "+---"),
    ("GET /cases", "++++"),
    ("POST /cases", "+---"),
    ("GET /cases/{id}/image", "++++"),
    ("GET /cases/{id}/thumbnail", "++++"),
    ("GET /cases/{id}/annotation", "++++"),
    ("POST /cases/{id}/edits", "++r-"),
    ("POST /cases/{id}/leave", "+++-"),
    ("GET /cases/{id}/evidence", "++++"),
    ("GET /cases/{id}/prediction/{class}", "++++"),
    ("POST /cases/{id}/suggestions", "++--"),
    ("POST /cases/{id}/proposals", "++--"),
    ("GET /readings", "++++"),
    ("PUT /readings", "+---"),
    ("GET /cases/{id}/reading", "++++"),
    ("PUT /cases/{id}/reading", "+++-"),
    ("POST /cases/{id}/reading/decision", "+---"),
    ("GET /agreement", "++++"),
    ("GET /queue", "++++"),
    ("GET /training", "++++"),
    ("POST /training", "++--"),
    ("GET /training/log", "++++"),
    ("POST /training/stop", "++--"),
    ("POST /training/resume", "++--"),
    ("PUT /training/auto", "++--"),
    ("GET /models", "++++"),
    ("PUT /models/current", "++--"),
    ("GET /verifications", "++++"),
    ("POST /verifications", "++--"),
    ("GET /verifications/{id}", "++++"),
    ("GET /verifications/{id}/gain", "++++"),
    ("GET /verifications/{id}/answers", "++++"),
    ("POST /verifications/{id}/answers", "++--"),
    ("GET /events", "++++"),
    ("POST /logout", "++++"),
    ("PUT /password", "++++"),
    ("GET /people", "+---"),
    ("POST /people", "+---"),
    ("DELETE /people/{name}", "+---"),
    ("PUT /people/{name}/role", "+---"),
    ("POST /people/{name}/password", "+---"),
    ("DELETE /people/{name}/logins", "+---"),
    ("PUT /assignments", "+---"),
    ("GET /changes", "+---"),
    ("GET /changes.csv", "+---"),
    ("GET /changes.jsonl", "+---"),
];

/// The one request for which nobody needs to be known.
const OPEN: &str = "POST /login";

/// Every request that the router has.
pub(crate) fn routes() -> Vec<String> {
    let api: Value = serde_json::to_value(lacuna_server::openapi()).unwrap();
    let of_path = |(path, methods): (&String, &Value)| {
        let methods = methods.as_object().unwrap().keys();
        methods.map(|method| format!("{} {path}", method.to_uppercase())).collect::<Vec<_>>()
    };
    api["paths"].as_object().unwrap().iter().flat_map(of_path).collect()
}

/// A request that changes nothing even for those who may send it: its body is none that fits.
fn harmless(route: &str) -> (String, String, Option<Value>) {
    let (method, path) = route.split_once(' ').unwrap();
    let path = path.replace("{id}", "m0").replace("{class}", "gum.png").replace("{name}", "nobody");
    let body = match route {
        "POST /cases/{id}/edits" => {
            let region = json!({"op": "regions", "regions": []});
            Some(json!({"id": "1", "client": "c", "base": 99, "ops": [region]}))
        }
        "POST /training" => Some(json!({"epochs": 0})),
        _ if method == "GET" || method == "DELETE" => None,
        _ => Some(json!({"nonsense": 1})),
    };
    (method.to_owned(), format!("/api{path}?version=1&name=a.txt"), body)
}

#[test]
fn every_request_is_for_those_roles_that_the_table_says() {
    let server = team();
    let expected: BTreeMap<_, _> = EXPECTED.iter().copied().collect();
    let routes = routes();
    assert!(routes.len() > 40, "{routes:?}");
    for (index, (name, role)) in NAMES.into_iter().enumerate() {
        for route in routes.iter().filter(|route| *route != OPEN) {
            let leave = expected.get(route.as_str());
            let leave = leave.unwrap_or_else(|| panic!("`{route}` is missing from the table"));
            let (method, path, body) = harmless(route);
            // some of these end the login
            let visitor = Visitor::of(&server, name);
            let reply = visitor.send(&method, &path, body.as_ref());
            let is_refused = reply.status == 403 && reply.body["type"] == "forbidden";
            let may = leave.as_bytes()[index] != b'-';
            assert_eq!(!is_refused, may, "{role} {route}: {} {}", reply.status, reply.body);
            assert_ne!(reply.status, 401, "{role} {route}");
        }
    }
    let unknown: Vec<_> =
        expected.keys().filter(|row| !routes.iter().any(|r| r == **row)).collect();
    assert!(unknown.is_empty(), "no such requests: {unknown:?}");
}

#[test]
fn nobody_gets_anything_without_a_login() {
    let server = team();
    for route in routes().iter().filter(|route| *route != OPEN) {
        let (method, path, body) = harmless(route);
        for cookie in ["", &format!("lacuna_session_{}=00", server.port())] {
            let reply = server.send(&method, &path, &[("cookie", cookie)], body.as_ref());
            assert_eq!((reply.status, &reply.body["type"]), (401, &json!("logged-out")), "{route}");
        }
    }
    let reply = server.send("GET", "/api/nothing", &[("cookie", "")], None);
    assert_eq!(reply.status, 401);
    let login = json!({"name": "Olga", "password": PASSWORD});
    for headers in [("host", "evil.example"), ("origin", "http://evil.example")] {
        let reply = server.send("POST", "/api/login", &[headers, ("cookie", "")], Some(&login));
        assert_eq!((reply.status, &reply.body["type"]), (403, &json!("foreign")), "{headers:?}");
    }
    // nor does a form of another site log somebody in: it cannot send JSON
    let form = [("content-type", "text/plain"), ("sec-fetch-site", "cross-site"), ("cookie", "")];
    assert_eq!(server.send("POST", "/api/login", &form, Some(&login)).status, 403);
}

#[test]
fn a_role_that_is_taken_away_is_gone_with_the_next_request() {
    let server = team();
    let (olga, eva) = (Visitor::of(&server, "Olga"), Visitor::of(&server, "Eva"));
    assert_eq!(eva.get("/api/project")["access"], "expert");
    olga.send("PUT", "/api/people/eva/role", Some(&json!({"role": "reader"}))).with(200);
    let project = eva.get("/api/project");
    assert_eq!((&project["access"], &project["author"]), (&json!("reader"), &json!("Eva")));
    eva.post("/api/training", &json!({})).with(403);
    // also past the server, at the command line
    let team = Team::open(server.folder.path()).unwrap();
    team.end_logins("Eva", "test").unwrap();
    assert_eq!(eva.send("GET", "/api/project", None).status, 401);
}

#[test]
fn logging_out_and_another_password_end_logins() {
    let server = team();
    let (here, there) = (Visitor::of(&server, "Rosa"), Visitor::of(&server, "Rosa"));
    let change = |present: &str, new: &str| json!({"present": present, "new": new});
    here.send("PUT", "/api/password", Some(&change("wrong", "five other words"))).with(422);
    here.send("PUT", "/api/password", Some(&change(PASSWORD, "short"))).with(422);
    here.send("PUT", "/api/password", Some(&change(PASSWORD, "five other words"))).with(204);
    assert_eq!(there.send("GET", "/api/project", None).status, 401);
    here.get("/api/project");
    assert_eq!(server.log_in("Rosa", PASSWORD), Err(401));
    let again = server.log_in("rosa", "five other words").unwrap();
    here.post("/api/logout", &json!({})).with(204);
    assert_eq!(here.send("GET", "/api/project", None).status, 401);
    assert_eq!(server.send("GET", "/api/project", &[("cookie", &again)], None).status, 200);
}

#[test]
fn guessing_is_slowed_down_and_written_down() {
    let server = team();
    for _ in 0..10 {
        assert_eq!(server.log_in("Nils", "not this one"), Err(401));
    }
    assert_eq!(server.log_in("Nils", PASSWORD), Err(429), "even the right one, for a while");
    assert_eq!(server.log_in("nobody here", PASSWORD), Err(401));
    let olga = Visitor::of(&server, "Olga");
    let log = olga.get("/api/changes?who=Nils");
    let whats: Vec<_> = log.as_array().unwrap().iter().map(|entry| &entry["what"]).collect();
    assert_eq!(whats, vec!["login-refused"; 10]);
    let strangers = olga.get("/api/changes?who=(unknown)");
    assert_eq!(strangers.as_array().unwrap().len(), 1);
    assert!(!strangers.to_string().contains("nobody here"), "it may have been a password");
}

#[test]
fn accounts_are_managed_in_the_app() {
    let server = team();
    let olga = Visitor::of(&server, "Olga");
    let added = olga.post("/api/people", &json!({"name": "Ben", "role": "expert"})).with(200);
    let password = added["password"].as_str().unwrap();
    let ben = server.log_in("Ben", password).unwrap();
    let people = olga.get("/api/people");
    let names: Vec<_> = people.as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["Ben", "Eva", "Nils", "Olga", "Rosa"]);
    assert_eq!(people[0]["logins"], 1);
    assert!(!people.to_string().contains("argon2"), "{people}");
    olga.send("DELETE", "/api/people/Ben/logins", None).with(200);
    assert_eq!(server.send("GET", "/api/project", &[("cookie", &ben)], None).status, 401);
    let fresh = olga.post("/api/people/Ben/password", &json!({})).with(200);
    assert_eq!(server.log_in("Ben", password), Err(401));
    server.log_in("Ben", fresh["password"].as_str().unwrap()).unwrap();
    olga.send("DELETE", "/api/people/Ben", None).with(200);
    let problem = olga.post("/api/people", &json!({"name": "BEN", "role": "reader"})).with(422);
    assert!(problem["detail"].as_str().unwrap().contains("removed"), "{problem}");
    olga.send("DELETE", "/api/people/Olga", None).with(422);
    olga.send("DELETE", "/api/people/Nobody", None).with(404);
    let log = olga.get("/api/changes?who=Olga");
    let whats: Vec<_> = log.as_array().unwrap().iter().map(|entry| entry["what"].clone()).collect();
    let expected = ["account-removed", "password-reset", "logins-ended", "account-added", "login"];
    assert_eq!(whats, expected);
}

#[test]
fn every_change_is_in_the_log_which_can_be_taken_along() {
    let server = team();
    let (olga, eva) = (Visitor::of(&server, "Olga"), Visitor::of(&server, "Eva"));
    eva.post("/api/cases/m0/edits", &paint("a", "eva", 0, &[3, 4])).with(200);
    eva.post("/api/cases/m0/edits", &paint("b", "eva", 9, &[3, 4])).with(409);
    eva.send("PUT", "/api/training/auto", Some(&json!({"after": 7}))).with(200);
    olga.post("/api/classes", &json!({"name": "tongue"})).with(200);
    let log = olga.get("/api/changes?limit=3");
    let told = |index: usize| {
        let entry = &log[index];
        let text = |key: &str| entry[key].as_str().unwrap_or("-").to_owned();
        [text("who"), text("what"), text("picture"), text("detail")].join(" | ")
    };
    assert_eq!(told(0), "Olga | class-added | - | tongue");
    assert_eq!(told(1), "Eva | training-by-itself | - | after 7 edits");
    assert_eq!(
        told(2),
        "Eva | edit | m0 | edit 1: gum yes: 4 px, outline 8 px",
        "and not what was refused"
    );
    let picture = olga.get("/api/changes?picture=m0");
    assert_eq!(picture.as_array().unwrap().len(), 1);

    let headers = [("cookie", olga.cookie.as_str())];
    let (kind, bytes) = server.file_with("/api/changes.csv", &headers);
    let text = String::from_utf8(bytes).unwrap();
    assert!(kind.starts_with("text/csv"), "{kind}");
    assert!(text.starts_with("number,time,who,what,picture,detail\n1,"), "{text}");
    assert!(text.contains(",Eva,edit,m0,\"edit 1: gum yes: 4 px, outline 8 px\"\n"), "{text}");
    let (_, bytes) = server.file_with("/api/changes.jsonl", &headers);
    let text = String::from_utf8(bytes).unwrap();
    let entries: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(entries[0]["what"], "account-added");
    assert_eq!(entries.last().unwrap()["what"], "log-exported", "also that it was taken along");
    assert!(Team::open(server.folder.path()).unwrap().check().unwrap().changes > 8);
}

#[test]
fn a_long_log_is_exported_whole() {
    let server = team();
    let team = Team::open(server.folder.path()).unwrap();
    for _ in 0..1100 {
        team.end_logins("Rosa", "test").unwrap();
    }
    let olga = Visitor::of(&server, "Olga");
    let (_, bytes) = server.file_with("/api/changes.csv", &[("cookie", &olga.cookie)]);
    let text = String::from_utf8(bytes).unwrap();
    assert_eq!(text.lines().count(), 1 + 4 + 1100 + 2, "heading, accounts, ends, login, export");
    assert_eq!(text.matches("number,time").count(), 1);
}

pub(crate) fn paint(id: &str, client: &str, base: u64, runs: &[u32]) -> Value {
    let op = json!({"op": "paint", "class": "gum", "value": "positive", "runs": runs});
    json!({"id": id, "client": client, "base": base, "ops": [op]})
}

pub(crate) fn region(x: f64, author: &str, role: &str) -> Value {
    json!({"box": {"x": x, "y": 0.0, "width": 9.0, "height": 9.0, "rotation": 0.0},
           "author": author, "role": role, "origin": "lacuna", "time": "2026-11-28T00:00:00Z"})
}

pub(crate) fn draw(id: &str, base: u64, regions: &[Value]) -> Value {
    let op = json!({"op": "regions", "regions": regions});
    json!({"id": id, "client": id, "base": base, "ops": [op]})
}

const EDITS: &str = "/api/cases/m0/edits";

#[test]
fn nobody_writes_in_the_name_of_another() {
    let server = team();
    let (eva, nils) = (Visitor::of(&server, "Eva"), Visitor::of(&server, "Nils"));
    eva.post(EDITS, &draw("1", 0, &[region(1.0, "Olga", "expert")])).with(200);
    let regions =
        |visitor: &Visitor<'_>| visitor.get("/api/cases/m0/annotation")["regions"].clone();
    assert_eq!(regions(&eva)[0]["author"], "Eva");
    let hers = regions(&eva)[0].clone();
    nils.post(EDITS, &draw("2", 1, &[hers.clone(), region(2.0, "Eva", "expert")])).with(200);
    let his = regions(&nils)[1].clone();
    assert_eq!((&his["author"], &his["role"]), (&json!("Nils"), &json!("non-expert")));
    // an expert changes a region of his: the changed one is hers, the other stays his
    let mut changed = his.clone();
    changed["box"]["x"] = json!(3.0);
    eva.post(EDITS, &draw("3", 2, &[hers.clone(), changed])).with(200);
    let now = regions(&eva);
    assert_eq!((&now[0], &now[1]["author"]), (&hers, &json!("Eva")));
    // and takes that back: it is his again
    eva.post(EDITS, &draw("4", 3, &[hers.clone(), his.clone()])).with(200);
    assert_eq!(regions(&eva), json!([hers, his]));
    eva.post(EDITS, &paint("5", "eva", 4, &[3, 4])).with(200);
    let journal =
        std::fs::read_to_string(server.folder.path().join("annotations/m0/journal.jsonl"));
    let journal = journal.unwrap();
    let authors = journal.lines().skip(1).map(|line| {
        serde_json::from_str::<Value>(line).unwrap()["author"].as_str().unwrap().to_owned()
    });
    assert_eq!(authors.collect::<Vec<_>>(), ["Eva", "Nils", "Eva", "Eva", "Eva"]);
    let cases = eva.get("/api/cases");
    assert_eq!(cases[0]["by"], json!(["Eva", "Nils"]));
}

#[test]
fn a_non_expert_draws_regions_only_and_only_their_own() {
    let server = team();
    let (eva, nils) = (Visitor::of(&server, "Eva"), Visitor::of(&server, "Nils"));
    for value in ["positive", "negative", "unknown"] {
        let mut edit = paint("p", "nils", 0, &[3, 4]);
        edit["ops"][0]["value"] = json!(value);
        assert_eq!(nils.post(EDITS, &edit).with(403)["type"], "forbidden");
    }
    let mut both = draw("b", 0, &[region(1.0, "Nils", "non-expert")]);
    both["ops"]
        .as_array_mut()
        .unwrap()
        .extend(paint("p", "n", 0, &[3, 4])["ops"].as_array().cloned().unwrap());
    nils.post(EDITS, &both).with(403);
    assert_eq!(nils.get("/api/cases/m0/annotation")["seq"], 0, "nothing was written");
    eva.post(EDITS, &draw("1", 0, &[region(1.0, "Eva", "expert")])).with(200);
    let hers = eva.get("/api/cases/m0/annotation")["regions"][0].clone();
    for force in [false, true] {
        let mut edit = draw("2", 1, &[region(5.0, "Nils", "non-expert")]);
        edit["force"] = json!(force);
        let problem = nils.post(EDITS, &edit).with(403);
        assert!(problem["detail"].as_str().unwrap().contains("Eva"), "{problem}");
    }
    // who has not seen her region yet is told of it, and cannot insist
    let mut late = draw("3", 0, &[region(5.0, "Nils", "non-expert")]);
    assert_eq!(nils.post(EDITS, &late).with(409)["entries"][0]["author"], "Eva");
    late["force"] = json!(true);
    nils.post(EDITS, &late).with(403);
    // nor with the name of her browser's tab
    late["client"] = json!("1");
    late["force"] = json!(false);
    nils.post(EDITS, &late).with(403);
    let mine = region(5.0, "Nils", "non-expert");
    nils.post(EDITS, &draw("4", 1, &[hers.clone(), mine])).with(200);
    nils.post(EDITS, &draw("5", 2, &[hers])).with(200);
}

#[test]
fn two_people_paint_in_one_picture_and_nothing_is_lost() {
    let server = team();
    let people = [Visitor::of(&server, "Eva"), Visitor::of(&server, "Olga")];
    let names = ["Eva", "Olga"];
    let listener = server.events(&Visitor::of(&server, "Rosa").cookie);
    std::thread::scope(|scope| {
        for (index, visitor) in people.iter().enumerate() {
            scope.spawn(move || {
                let mut base = 0;
                for stroke in 0..15_u32 {
                    let place = 2 * stroke + index as u32;
                    let id = format!("{index}-{stroke}");
                    let edit = paint(&id, names[index], base, &[place * 20, 20]);
                    base = visitor.post(EDITS, &edit).with(200)["seq"].as_u64().unwrap();
                }
            });
        }
    });
    let said = people[0].get("/api/cases/m0/annotation");
    assert_eq!(said["seq"], 30);
    assert_eq!(said["masks"]["gum"]["positive"], json!([0, 600]), "each stroke of both");
    let log = people[1].get("/api/changes?picture=m0");
    assert_eq!(log.as_array().unwrap().len(), 30);
    let heard = listener.take(30, Duration::from_secs(20));
    for name in names {
        let count = heard.iter().filter(|entry| entry["author"] == name).count();
        assert_eq!(count, 15, "{name}");
    }
    assert_eq!(people[0].get("/api/cases")[0]["by"], json!(names));
}

/// Twenty people save strokes for a while; how long each save took, sorted.
fn saves(server: &Running, cookies: &[String], while_for: Duration) -> Vec<Duration> {
    let end = Instant::now() + while_for;
    let mut times: Vec<Duration> = std::thread::scope(|scope| {
        let painters: Vec<_> = (0..20_u32)
            .map(|person| {
                let cookie = &cookies[person as usize % cookies.len()];
                scope.spawn(move || {
                    let edits = format!("/api/cases/m{}/edits", person % 4);
                    let (mut base, mut times) = (0, Vec::new());
                    while Instant::now() < end {
                        let client = format!("tab-{person}");
                        let id = format!("{client}-{}", times.len());
                        let edit = paint(&id, &client, base, &[person * 90, 80]);
                        let begun = Instant::now();
                        let reply = server.send("POST", &edits, &[("cookie", cookie)], Some(&edit));
                        times.push(begun.elapsed());
                        base = reply.with(200)["seq"].as_u64().unwrap();
                    }
                    times
                })
            })
            .collect();
        painters.into_iter().flat_map(|painter| painter.join().unwrap()).collect()
    });
    times.sort();
    times
}

#[test]
fn slow_twenty_people_save_strokes_and_each_is_in_the_log() {
    let told = |what: &str, times: &[Duration]| {
        let share = |percent: usize| times[times.len() * percent / 100];
        println!("{what}: {} saves, median {:?}, p95 {:?}", times.len(), share(50), share(95));
    };
    let alone = Running::mouths();
    told("without accounts", &saves(&alone, &[alone.cookie().to_owned()], Duration::from_secs(10)));
    let server = team();
    let cookies: Vec<_> =
        ["Eva", "Olga"].map(|name| server.log_in(name, PASSWORD).unwrap()).to_vec();
    let times = saves(&server, &cookies, Duration::from_secs(10));
    told("with a log of changes", &times);
    let olga = Visitor::of(&server, "Olga");
    let seqs =
        (0..4).map(|case| olga.get(&format!("/api/cases/m{case}/annotation"))["seq"].as_u64());
    assert_eq!(seqs.map(Option::unwrap).sum::<u64>(), times.len() as u64);
    let team = Team::open(server.folder.path()).unwrap();
    // accounts and logins come before
    assert_eq!(team.check().unwrap().changes, times.len() as i64 + 4 + 3);
}

#[test]
fn a_contradiction_between_classes_is_listed() {
    let server = team();
    let eva = Visitor::of(&server, "Eva");
    eva.post(EDITS, &paint("1", "eva", 0, &[3, 4])).with(200);
    assert_eq!(eva.get("/api/cases")[0]["conflict"], false);
    let mut other = paint("2", "eva", 1, &[5, 9]);
    other["ops"][0]["class"] = json!("teeth");
    eva.post(EDITS, &other).with(200);
    let cases = eva.get("/api/cases");
    assert_eq!((&cases[0]["conflict"], &cases[1]["conflict"]), (&json!(true), &json!(false)));
}

#[test]
fn pictures_are_given_to_people() {
    let server = team();
    let (olga, nils) = (Visitor::of(&server, "Olga"), Visitor::of(&server, "Nils"));
    let assign = |cases: &[&str], people: &[&str]| {
        let body = json!({"cases": cases, "people": people});
        olga.send("PUT", "/api/assignments", Some(&body))
    };
    let assigned = || -> Vec<Value> {
        let cases = nils.get("/api/cases");
        cases.as_array().unwrap().iter().map(|case| case["assigned"].clone()).collect()
    };
    assign(&["m0", "m2"], &["nils", "Eva"]).with(204);
    let both = json!(["Eva", "Nils"]);
    assert_eq!(assigned(), [both.clone(), json!([]), both.clone(), json!([])]);
    assign(&["m0"], &[]).with(204);
    assign(&["m0", "nothing"], &["Eva"]).with(404);
    assign(&["m1"], &["Nobody"]).with(404);
    assert_eq!(assigned(), [json!([]), json!([]), both, json!([])], "all or nothing");
    olga.send("DELETE", "/api/people/Eva", None).with(200);
    assert_eq!(assigned()[2], json!(["Nils"]));
    let log = olga.get("/api/changes?who=Olga");
    let details: Vec<_> =
        log.as_array().unwrap().iter().map(|entry| entry["detail"].clone()).collect();
    assert!(details.contains(&json!("m0, m2: Nils, Eva")), "{details:?}");
}

#[test]
fn behind_a_proxy_the_public_name_counts_and_the_cookie_is_secure() {
    let server = team_at(Some("https://lacuna.example.org"));
    let login = json!({"name": "Olga", "password": PASSWORD});
    let host = ("host", "lacuna.example.org");
    let origin = ("origin", "https://lacuna.example.org");
    let send = |headers: &[(&str, &str)]| server.send("POST", "/api/login", headers, Some(&login));
    assert_eq!(send(&[("cookie", "")]).status, 403, "by its address on this machine");
    assert_eq!(send(&[host, ("origin", "http://lacuna.example.org")]).status, 403);
    let reply = send(&[host, origin, ("x-forwarded-for", "192.0.2.7")]);
    assert_eq!(reply.status, 204, "{}", reply.body);
    let cookie = reply.cookie.unwrap();
    for part in ["__Host-lacuna=", "; Secure", "; HttpOnly", "; SameSite=Strict", "; Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let cookie = cookie.split(';').next().unwrap();
    let log = server.send("GET", "/api/changes?limit=1", &[host, ("cookie", cookie)], None);
    assert_eq!(log.with(200)[0]["detail"], "from 192.0.2.7");
}

#[test]
fn a_page_of_one_person_does_not_speak_for_another() {
    let server = team();
    let (eva, olga) = (Visitor::of(&server, "Eva"), Visitor::of(&server, "Olga"));
    let id = eva.get("/api/project")["person"].as_str().unwrap().to_owned();
    let send = |cookie: &str| {
        let headers = [("cookie", cookie), ("lacuna-person", &id)];
        server.send("POST", EDITS, &headers, Some(&paint("1", "tab", 0, &[3, 4])))
    };
    assert_eq!(send(&olga.cookie).with(401)["type"], "another-person");
    send(&eva.cookie).with(200);
}

#[test]
fn other_machines_are_served_only_under_a_known_name() {
    let everywhere = "0.0.0.0".parse().unwrap();
    let error = TeamConfig::new(everywhere, None, &[]).unwrap_err();
    assert!(error.hint().unwrap().contains("--public-url"), "{error}");
    let url = PublicUrl::parse("http://192.168.1.5:7878").unwrap();
    let config = TeamConfig::new(everywhere, Some(url), &[]).unwrap();
    assert!(config.is_readable_on_the_way());
}

#[test]
fn one_person_alone_has_no_accounts() {
    let server = Running::mouths();
    let project = server.get("/api/project").with(200);
    let (access, team) = (&project["access"], &project["team"]);
    assert_eq!((access, team), (&json!("owner"), &json!(false)));
    for path in ["/api/people", "/api/changes", "/api/changes.csv"] {
        assert_eq!(server.get(path).with(404)["type"], "not-found", "{path}");
    }
    let login = json!({"name": "tester", "password": PASSWORD});
    server.send("POST", "/api/login", &[], Some(&login)).with(404);
    assert!(!server.folder.path().join("server.sqlite").exists());
    // a page that was opened before the server was started again under another `--author` goes on
    let headers = [("lacuna-person", "another"), ("cookie", server.cookie())];
    server.send("GET", "/api/project", &headers, None).with(200);
}

#[test]
fn who_is_shut_out_hears_nothing_more() {
    let server = team();
    let rosa = Visitor::of(&server, "Rosa");
    let listener = server.events(&rosa.cookie);
    let eva = Visitor::of(&server, "Eva");
    eva.post(EDITS, &paint("1", "eva", 0, &[3, 4])).with(200);
    assert_eq!(listener.take(1, Duration::from_secs(10)).len(), 1);
    rosa.post("/api/logout", &json!({})).with(204);
    assert!(listener.ends_within(Duration::from_secs(15)));
}
