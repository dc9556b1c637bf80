//! Nobody but the browser that was opened with the link gets anything.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::Running;

/// Every request of the API, with something in place of the names in its path.
fn requests() -> Vec<(String, String)> {
    let api: Value = serde_json::to_value(lacuna_server::openapi()).unwrap();
    let paths = api["paths"].as_object().unwrap();
    let fill = |path: &str| {
        path.replace("{id}", "m0").replace("{class}", "gum.png").replace("{name}", "nobody")
    };
    let of_path = |(path, methods): (&String, &Value)| {
        let path = format!("/api{}?version=1&name=a.jpg", fill(path));
        let methods = methods.as_object().unwrap().keys().map(|method| method.to_uppercase());
        methods.map(move |method| (method, path.clone())).collect::<Vec<_>>()
    };
    // the login of a team is for those who have no cookie yet
    paths.iter().filter(|(path, _)| *path != "/login").flat_map(of_path).collect()
}

#[test]
fn every_request_needs_the_cookie_and_the_right_names() {
    let server = Running::mouths();
    let own = server.address.clone();
    let table: [(&[(&str, &str)], u16); 5] = [
        (&[("cookie", "")], 401),
        (&[("cookie", "lacuna_session=0")], 401),
        (&[("host", "evil.example")], 403),
        (&[("origin", "http://evil.example")], 403),
        (&[("cookie", ""), ("origin", &own)], 401),
    ];
    let requests = requests();
    assert!(requests.len() > 20, "{requests:?}");
    for (method, path) in &requests {
        for (headers, status) in table {
            let body = (method != "GET").then(|| json!({}));
            let reply = server.send(method, path, headers, body.as_ref());
            assert_eq!(reply.status, status, "{method} {path} {headers:?}");
            let kind = if status == 401 { "unauthorized" } else { "foreign" };
            assert_eq!(reply.body["type"], kind, "{method} {path}");
        }
    }
    assert!(!server.folder.path().join("models").exists(), "no stranger began a training");
}

/// Reads one answer: its first line, and past its body.
fn answered(connection: &mut BufReader<TcpStream>) -> String {
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        connection.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        head.push(line.trim().to_lowercase());
    }
    let length = head.iter().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    connection.read_exact(&mut body).unwrap();
    head[0].clone()
}

#[test]
fn a_refusal_waits_for_the_body_so_that_the_connection_can_be_used_again() {
    let server = Running::mouths();
    let host = server.address.strip_prefix("http://").unwrap();
    let mut connection = BufReader::new(TcpStream::connect(host).unwrap());
    for _ in 0..2 {
        let head = format!(
            "POST /api/trainings HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n\
            content-length: 2\r\n\r\n"
        );
        connection.get_mut().write_all(head.as_bytes()).unwrap();
        std::thread::sleep(Duration::from_millis(50));
        connection.get_mut().write_all(b"{}").unwrap();
        assert_eq!(answered(&mut connection), "http/1.1 401 unauthorized");
    }
}

#[test]
fn pages_say_what_they_may_load_and_nothing_outside_is_served() {
    let server = Running::mouths();
    for path in
        ["/", "/cases/m0", "/../../Cargo.toml", "/%2e%2e/%2e%2e/etc/passwd", "/dataset.toml"]
    {
        let answer = ureq::get(format!("{}{path}", server.address)).call().unwrap();
        let headers = answer.headers().clone();
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        let page = answer.into_body().read_to_string().unwrap();
        assert!(page.contains("<title>"), "{path}: {page}");
    }
    let reply = server.get("/api/nothing/here");
    assert_eq!(reply.with(404)["type"], "not-found");
    // a case is a name in a table and not a path
    for id in ["..", "..%2F..%2Fetc", "m0%2F..%2Fm1", "nobody"] {
        let reply = server.get(&format!("/api/cases/{id}/annotation"));
        assert_eq!(reply.status, 404, "{id}: {}", reply.body);
    }
}

#[test]
fn two_servers_do_not_write_the_same_folder() {
    let server = Running::mouths();
    let error = lacuna_server::Server::bind(crate::browser::config(server.folder.path()));
    let error = error.err().unwrap().to_string();
    assert!(error.contains("cannot serve"), "{error}");

    // nor one that is no data set yet
    let folder = tempfile::tempdir().unwrap();
    let config = crate::browser::config(folder.path());
    let server = Running::start(folder, config);
    let second = lacuna_server::Server::bind(crate::browser::config(server.folder.path()));
    assert!(second.is_err());
}

#[test]
fn a_further_link_lets_another_browser_in() {
    let folder = tempfile::tempdir().unwrap();
    let server = lacuna_server::Server::bind(crate::browser::config(folder.path())).unwrap();
    let first = server.link();
    let second = server.links()().unwrap();
    assert_ne!(first, second);
    let flag = lacuna_train::Interrupt::new();
    let raise = flag.clone();
    let running = std::thread::spawn(move || server.run(&flag));
    let settings = ureq::Agent::config_builder().max_redirects(0).max_redirects_will_error(false);
    let agent: ureq::Agent = settings.build().into();
    let cookie = |link: &str| agent.get(link).call().unwrap().headers().contains_key("set-cookie");
    assert_eq!((cookie(&first), cookie(&second), cookie(&second)), (false, true, false));
    raise.raise();
    running.join().unwrap().unwrap();
}
