//! What a server tells the programs that watch over it.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};

use serde_json::Value;

use crate::drawn::mouths;
use crate::program::command;

fn get(url: &str, host: Option<&str>) -> (u16, String) {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut request = agent.get(url);
    if let Some(host) = host {
        request = request.header("host", host);
    }
    let mut answer = request.call().unwrap();
    (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
}

/// A server that does not outlive a test that fails.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn requests_are_counted_and_logged_without_pictures_and_secrets() {
    let folder = tempfile::tempdir().unwrap();
    mouths(&folder.path().join("ds"));
    let options =
        ["--no-open", "--port", "0", "--json", "--log", "json", "--metrics", "127.0.0.1:0"];
    let arguments: Vec<&str> = ["serve", "ds"].into_iter().chain(options).collect();
    let mut server = command(folder.path(), &arguments);
    let mut server = Ended(server.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(server.0.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut said = String::new();
    let document = |line: String| {
        said.push_str(&line);
        serde_json::from_str::<Value>(&said).ok()
    };
    let said = lines.find_map(document).unwrap();
    let link = said["link"].as_str().unwrap();
    let (address, secret) = link.split_once("/?token=").unwrap();
    let metrics = format!("http://{}", said["metrics"].as_str().unwrap());

    assert_eq!(
        get(&format!("{address}/health"), Some("balancer")),
        (200, r#"{"status":"ok"}"#.to_owned())
    );
    assert_eq!(get(&format!("{metrics}/health"), None).0, 200);
    assert_eq!(get(&format!("{address}/api/cases/m0/annotation"), None).0, 401);
    assert_eq!(get(&format!("{address}/api/project"), Some("evil.example")).0, 403);
    assert_eq!(get(link, None).0, 200, "the page that the link leads to");
    let numbers = get(&format!("{metrics}/metrics"), None).1;
    for expected in [
        r#"lacuna_http_requests_total{method="GET",route="/api/cases/{id}/annotation",status="401"} 1"#,
        r#"lacuna_http_requests_total{method="GET",route="/health",status="200"} 1"#,
        r#"lacuna_http_request_duration_seconds_count{method="GET",route="/api/project"} 1"#,
        "lacuna_pictures 8",
        "lacuna_training 0",
        "# EOF",
    ] {
        assert!(numbers.contains(expected), "{expected}\n{numbers}");
    }
    // the numbers have an address of their own, which a proxy does not pass on
    assert!(!get(&format!("{address}/metrics"), None).1.contains("lacuna_http"));

    server.0.kill().unwrap();
    server.0.wait().unwrap();
    let mut log = String::new();
    server.0.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let requests: Vec<Value> = lines.filter(|line| line["message"] == "request").collect();
    let refused = requests.iter().find(|line| line["status"] == 401).unwrap();
    assert_eq!((&refused["method"], &refused["level"]), (&"GET".into(), &"INFO".into()));
    assert_eq!(refused["route"], "/api/cases/{id}/annotation");
    assert!(refused["milliseconds"].as_f64().is_some_and(|time| time > 0.0), "{refused}");
    assert_eq!(refused["reason"], "unauthorized");
    assert!(!log.contains(secret) && !log.contains("m0") && !numbers.contains("m0"), "{log}");
}
