//! A running server with a folder of its own, and a browser that was opened with its link.

use std::path::Path;
use std::thread::JoinHandle;

use lacuna_data::dataset::Case;
use lacuna_data::dataset::split::{Fold, Split, Unit};
use lacuna_data::synthetic::{CLASSES, MouthConfig, generate};
use lacuna_data::{Class, ClassSet, Dataset, Size};
use lacuna_server::{ServeConfig, ServeError, Server};
use lacuna_train::Interrupt;
use serde_json::Value;
use tempfile::TempDir;
use ureq::Agent;

/// A server with its folder; ended when dropped.
pub(crate) struct Running {
    pub(crate) folder: TempDir,
    pub(crate) address: String,
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
        let server = Server::bind(config).unwrap();
        let link = server.link();
        let interrupt = Interrupt::new();
        let flag = interrupt.clone();
        let thread = Some(std::thread::spawn(move || server.run(&flag)));
        let settings = Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let agent: Agent = settings.max_redirects_will_error(false).build().into();
        let entered = agent.get(&link).call().unwrap();
        assert_eq!(entered.status(), 303);
        let cookie = entered.headers()["set-cookie"].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let address = link.split("/?").next().unwrap().to_owned();
        Self { folder, address, cookie, agent, interrupt, thread }
    }

    /// Ends the server as Ctrl-C does, and starts it again on the same folder.
    pub(crate) fn again(mut self) -> Self {
        self.end();
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap());
        let config = config(folder.path());
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
        let url = format!("{}{path}", self.address);
        let mut answer = self.agent.get(&url).header("cookie", &self.cookie).call().unwrap();
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
        let request = request.header("content-type", "application/json").body(text).unwrap();
        reply(self.agent.run(request).unwrap())
    }
}

fn reply(mut answer: ureq::http::Response<ureq::Body>) -> Reply {
    let status = answer.status().as_u16();
    let text = answer.body_mut().read_to_string().unwrap_or_default();
    Reply { status, body: serde_json::from_str(&text).unwrap_or(Value::Null) }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.interrupt.raise();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
