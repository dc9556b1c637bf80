//! A running server with a folder of its own, and a browser that was opened with its link.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use lacuna_data::dataset::Case;
use lacuna_data::dataset::split::{Fold, Split, Unit};
use lacuna_data::synthetic::{CLASSES, MouthConfig, generate};
use lacuna_data::{Class, ClassSet, Dataset, Size};
use lacuna_server::{ServeConfig, ServeError, Server, TeamConfig};
use lacuna_train::Interrupt;
use serde_json::Value;
use tempfile::TempDir;
use ureq::Agent;

/// A server with its folder; ended when dropped.
pub(crate) struct Running {
    pub(crate) folder: TempDir,
    pub(crate) address: String,
    /// What Label Studio is given, without the host.
    pub(crate) label_studio: Option<String>,
    cookie: String,
    agent: Agent,
    interrupt: Interrupt,
    thread: Option<JoinHandle<Result<(), ServeError>>>,
}

/// An answer: status and JSON, or null where the body is none.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Value,
    /// A `Set-Cookie` header.
    pub(crate) cookie: Option<String>,
}

impl Reply {
    /// The body of an answer that must have this status.
    #[track_caller]
    pub(crate) fn with(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }
}

pub(crate) fn config(folder: &Path) -> ServeConfig {
    ServeConfig {
        folder: folder.to_owned(),
        port: Some(0),
        author: "tester".to_owned(),
        is_expert: true,
        image_size: 32,
        classes: Vec::new(),
        exclusive: Vec::new(),
        is_demo: false,
        team: None,
        metrics: None,
        label_studio: None,
    }
}

/// Drawn mouths: two to learn from, one to validate and one to test; nothing is painted.
pub(crate) fn mouths(folder: &Path) {
    let names = CLASSES.map(str::to_owned);
    let class = |name: &String| Class { name: name.clone(), color: [200, 30, 90] };
    let classes = ClassSet::new(names.iter().map(class).collect(), &[names.to_vec()], &[]).unwrap();
    let mut dataset = Dataset::create(folder, "mouths", classes).unwrap();
    for index in 0..4 {
        let mouth = generate(&MouthConfig::new(Size::new(48, 40)), 3, index).unwrap();
        let (id, image) = (format!("m{index}"), format!("images/m{index}.png"));
        mouth.image.save_png(&folder.join(&image)).unwrap();
        let case = Case::new(&id, image);
        dataset.add_case(case.clone()).unwrap();
        dataset.save_truth(&case, &mouth.truth).unwrap();
    }
    let ids = |range: std::ops::Range<usize>| range.map(|i| format!("m{i}")).collect();
    let fold = Fold { train: ids(0..2), validation: ids(2..3), test: ids(3..4) };
    Split::of_fold(0, Unit::Image, false, fold).save(&dataset, "default").unwrap();
}

impl Running {
    /// Serves drawn mouths.
    pub(crate) fn mouths() -> Self {
        let folder = tempfile::tempdir().unwrap();
        mouths(folder.path());
        let config = config(folder.path());
        Self::start(folder, config)
    }

    pub(crate) fn start(folder: TempDir, config: ServeConfig) -> Self {
        let is_team = config.team.is_some();
        let server = Server::bind(config).unwrap();
        let (link, port) = (server.link(), server.port().unwrap());
        let label_studio = server.label_studio_address();
        let interrupt = Interrupt::new();
        let flag = interrupt.clone();
        let thread = Some(std::thread::spawn(move || server.run(&flag)));
        let settings = Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let agent: Agent = settings.max_redirects_will_error(false).build().into();
        let cookie = if is_team { String::new() } else { enter(&agent, &link) };
        let address = format!("http://127.0.0.1:{port}");
        let path = |whole: String| whole.strip_prefix(&address).unwrap().to_owned();
        let label_studio = label_studio.map(path);
        Self { folder, address, label_studio, cookie, agent, interrupt, thread }
    }

    /// Ends the server as Ctrl-C does, and starts it again on the same folder.
    pub(crate) fn again(self) -> Self {
        self.again_as(None)
    }

    /// The same, for a team.
    pub(crate) fn again_as(mut self, team: Option<TeamConfig>) -> Self {
        self.end();
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap());
        let config = ServeConfig { team, ..config(folder.path()) };
        Self::start(folder, config)
    }

    pub(crate) fn end(&mut self) {
        self.interrupt.raise();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap().unwrap();
        }
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], None)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Reply {
        self.send("POST", path, &[], Some(body))
    }

    pub(crate) fn put(&self, path: &str, body: &Value) -> Reply {
        self.send("PUT", path, &[], Some(body))
    }

    /// The bytes of a file, which must be there, and its kind.
    pub(crate) fn file(&self, path: &str) -> (String, Vec<u8>) {
        self.file_with(path, &[("cookie", &self.cookie)])
    }

    pub(crate) fn file_with(&self, path: &str, headers: &[(&str, &str)]) -> (String, Vec<u8>) {
        let mut request = self.agent.get(format!("{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut answer = request.call().unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
        (kind, answer.body_mut().read_to_vec().unwrap())
    }

    pub(crate) fn upload(&self, name: &str, bytes: &[u8]) -> Reply {
        let url = format!("{}/api/cases?name={name}", self.address);
        let request = self.agent.post(&url).header("cookie", &self.cookie);
        let answer = request.content_type("application/octet-stream").send(bytes);
        reply(answer.unwrap())
    }

    /// A request with further headers, which replace the browser's own.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Reply {
        let mut request =
            ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.address));
        if !headers.iter().any(|(name, _)| *name == "cookie") {
            request = request.header("cookie", &self.cookie);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let text = body.map(Value::to_string).unwrap_or_default();
        if !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header("content-type", "application/json");
        }
        reply(self.agent.run(request.body(text).unwrap()).unwrap())
    }

    /// By which the browser of the link is known.
    pub(crate) fn cookie(&self) -> &str {
        &self.cookie
    }

    pub(crate) fn port(&self) -> &str {
        self.address.rsplit(':').next().unwrap()
    }

    /// The cookie of somebody with an account, or the status of the refusal.
    pub(crate) fn log_in(&self, name: &str, password: &str) -> Result<String, u16> {
        let login = serde_json::json!({"name": name, "password": password});
        let reply = self.send("POST", "/api/login", &[("cookie", "")], Some(&login));
        let cookie = reply.cookie.ok_or(reply.status)?;
        Ok(cookie.split(';').next().unwrap().to_owned())
    }

    /// Listens to what happens; begun when this returns.
    pub(crate) fn events(&self, cookie: &str) -> Listener {
        let host = self.address.strip_prefix("http://").unwrap();
        let mut connection = TcpStream::connect(host).unwrap();
        let head = format!(
            "GET /api/events HTTP/1.1\r\nhost: {host}\r\ncookie: {cookie}\r\nconnection: close\r\n\r\n"
        );
        connection.write_all(head.as_bytes()).unwrap();
        let mut lines = BufReader::new(connection).lines().map_while(Result::ok);
        assert!(lines.next().unwrap().ends_with("200 OK"));
        let (sender, heard) = channel();
        std::thread::spawn(move || {
            let data = lines.filter_map(|line| Some(line.strip_prefix("data: ")?.to_owned()));
            for data in data {
                let event: Value = serde_json::from_str(&data).unwrap();
                if sender.send(event["entry"].clone()).is_err() {
                    break;
                }
            }
        });
        Listener(heard)
    }
}

/// The entries of edits that a browser was told of.
pub(crate) struct Listener(Receiver<Value>);

impl Listener {
    pub(crate) fn take(&self, count: usize, patience: Duration) -> Vec<Value> {
        let end = Instant::now() + patience;
        let next = || self.0.recv_timeout(end.saturating_duration_since(Instant::now())).ok();
        std::iter::from_fn(next).filter(Value::is_object).take(count).collect()
    }

    pub(crate) fn ends_within(&self, patience: Duration) -> bool {
        let end = Instant::now() + patience;
        loop {
            match self.0.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(_) => {}
                Err(error) => return error == RecvTimeoutError::Disconnected,
            }
        }
    }
}

/// Opens the link; what the browser is known by from then on.
fn enter(agent: &Agent, link: &str) -> String {
    let entered = agent.get(link).call().unwrap();
    assert_eq!(entered.status(), 303);
    let cookie = entered.headers()["set-cookie"].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

fn reply(mut answer: ureq::http::Response<ureq::Body>) -> Reply {
    let status = answer.status().as_u16();
    let cookie = answer.headers().get("set-cookie").map(|value| value.to_str().unwrap().to_owned());
    let is_endless = answer.headers().get("content-type").is_some_and(|k| k == "text/event-stream");
    let text = if is_endless {
        String::new()
    } else {
        answer.body_mut().read_to_string().unwrap_or_default()
    };
    Reply { status, body: serde_json::from_str(&text).unwrap_or(Value::Null), cookie }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.interrupt.raise();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
