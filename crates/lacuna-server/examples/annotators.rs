//! People who paint at once, first without and then with a training beside them: how long until a stroke is on the disk.
//!
//! ```sh
//! cargo run --release --example annotators -- [SECONDS] [PEOPLE]
//! ```
//!
//! Each person logs in, opens a picture, and paints discs in it, about two a second; after twenty they open the next one.
//! Ends with an error if a stroke is refused, or the training does not run to the end of its part.

#![expect(clippy::print_stdout, reason = "the table is what it is for")]

use std::collections::BTreeSet;
use std::error::Error;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use lacuna_data::annotation::Runs;
use lacuna_data::dataset::Case;
use lacuna_data::synthetic::{CLASSES, MouthConfig, generate};
use lacuna_data::{Annotation, Class, ClassSet, Dataset, Size, Ternary};
use lacuna_server::team::{Team, TeamRole};
use lacuna_server::{ServeConfig, Server, TeamConfig};
use lacuna_train::Interrupt;
use serde_json::{Value, json};
use ureq::Agent;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const PASSWORD: &str = "four odd words";
const PICTURES: usize = 40;
/// Pictures that are painted from the start, so that there is something to learn.
const PAINTED: usize = 16;
const SIZE: Size = Size::new(512, 384);
const STROKES_A_PICTURE: u64 = 20;
const THINKING: Duration = Duration::from_millis(450);
/// The most that can be asked for: longer than a part of this program.
const EPOCHS: u32 = 1000;
/// No two edits have one name.
static NEXT_EDIT: AtomicU64 = AtomicU64::new(0);

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let seconds: u64 = arguments.next().map_or(Ok(300), |text| text.parse())?;
    let people: usize = arguments.next().map_or(Ok(20), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    draw(folder.path())?;
    let team = Team::open(folder.path())?;
    for person in 0..people {
        team.add(&name(person), TeamRole::Owner, PASSWORD, "load")?;
    }
    let server = Server::bind(config(folder.path())?)?;
    let address = format!("http://127.0.0.1:{}", server.port()?);
    let interrupt = Interrupt::new();
    let flag = interrupt.clone();
    let served = std::thread::spawn(move || server.run(&flag));

    println!("{people} people for {seconds} s each, {PICTURES} pictures of {SIZE} pixels\n");
    println!(
        "| | strokes | p50, ms | p95, ms | p99, ms | longest, ms |\n|---|---|---|---|---|---|"
    );
    let part = Duration::from_secs(seconds);
    report("alone", &all_paint(&address, people, part)?);
    let owner = Visitor::enter(&address, &name(0))?;
    owner.send("POST", "/training", Some(&json!({ "epochs": EPOCHS })))?;
    report("beside a training", &all_paint(&address, people, part)?);
    let training = owner.send("GET", "/training", None)?;
    if training["state"] != "running" {
        return Err(format!("the training does not run: {training}").into());
    }
    interrupt.raise();
    served.join().map_err(|_| "the server panicked")??;
    Ok(())
}

fn name(person: usize) -> String {
    format!("person {person}")
}

fn config(folder: &Path) -> Outcome<ServeConfig> {
    Ok(ServeConfig {
        folder: folder.to_owned(),
        port: Some(0),
        author: "load".to_owned(),
        is_expert: true,
        image_size: 256,
        classes: Vec::new(),
        exclusive: Vec::new(),
        is_demo: false,
        team: Some(TeamConfig::new("127.0.0.1".parse()?, None, &[])?),
        metrics: None,
        label_studio: None,
    })
}

fn draw(folder: &Path) -> Outcome<()> {
    let names = CLASSES.map(str::to_owned);
    let class = |name: &String| Class { name: name.clone(), color: [200, 30, 90] };
    let classes = ClassSet::new(names.iter().map(class).collect(), &[names.to_vec()], &[])?;
    let mut dataset = Dataset::create(folder, "load", classes)?;
    for index in 0..PICTURES {
        let mouth = generate(&MouthConfig::new(SIZE), 1, index as u64)?;
        let case = Case::new(format!("m{index}"), format!("images/m{index}.png"));
        mouth.image.save_png(&dataset.image_path(&case))?;
        dataset.add_case(case.clone())?;
        if index < PAINTED {
            let mut said = Annotation::unknown(SIZE, names.len());
            for (mask, truth) in said.masks.iter_mut().zip(&mouth.truth) {
                for (value, is) in mask.values_mut().iter_mut().zip(truth.values()) {
                    *value = if *is { Ternary::Positive } else { Ternary::Negative };
                }
            }
            dataset.save_annotation(&case, &said)?;
        }
    }
    Ok(())
}

/// The times of all strokes of all people, sorted, in milliseconds.
fn all_paint(address: &str, people: usize, part: Duration) -> Outcome<Vec<f64>> {
    let end = Instant::now() + part;
    let has_failed = AtomicBool::new(false);
    let mut times = std::thread::scope(|scope| -> Outcome<Vec<f64>> {
        let paint = |person: usize| {
            let has_failed = &has_failed;
            scope.spawn(move || {
                let painted = paint(address, person, end, has_failed);
                has_failed.fetch_or(painted.is_err(), Ordering::Relaxed);
                painted
            })
        };
        let threads: Vec<_> = (0..people).map(paint).collect();
        let mut times = Vec::new();
        for thread in threads {
            times.extend(thread.join().map_err(|_| "a person panicked")??);
        }
        Ok(times)
    })?;
    times.sort_by(f64::total_cmp);
    Ok(times)
}

fn paint(address: &str, person: usize, end: Instant, has_failed: &AtomicBool) -> Outcome<Vec<f64>> {
    let visitor = Visitor::enter(address, &name(person))?;
    let (mut times, mut seqs) = (Vec::new(), BTreeSet::new());
    let (mut case, mut base) = (String::new(), 0);
    for stroke in 0_u64.. {
        if Instant::now() >= end || has_failed.load(Ordering::Relaxed) {
            break;
        }
        if stroke % STROKES_A_PICTURE == 0 {
            let picture = (person + (stroke / STROKES_A_PICTURE) as usize * 7) % PICTURES;
            case = format!("m{picture}");
            let said = visitor.send("GET", &format!("/cases/{case}/annotation"), None)?;
            base = said["seq"].as_u64().ok_or("no number of the last edit")?;
            seqs.clear();
        }
        let begun = Instant::now();
        let edit = json!({ "id": format!("edit-{}", NEXT_EDIT.fetch_add(1, Ordering::Relaxed)),
            "client": format!("tab {person} {address}"), "base": base, "force": true,
            "ops": [{ "op": "paint", "class": CLASSES[person % CLASSES.len()], "value": "positive",
                "runs": disc(person as u64 * 7919 + stroke * 104_729) }] });
        let saved = visitor.send("POST", &format!("/cases/{case}/edits"), Some(&edit))?;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
        base = saved["seq"].as_u64().ok_or("a stroke without a number")?;
        if !seqs.insert(base) {
            return Err(format!("two strokes of {case} have the number {base}").into());
        }
        std::thread::sleep(THINKING);
    }
    Ok(times)
}

/// A disc of 12 pixels around a place drawn from the number.
fn disc(number: u64) -> Runs {
    let draw = |of: usize, salt: u64| {
        (number.wrapping_add(salt).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33) as usize % of
    };
    let (x, y) = (draw(SIZE.width, 1) as f64, draw(SIZE.height, 2) as f64);
    let is_in = |pixel: usize| {
        let (column, row) = ((pixel % SIZE.width) as f64, (pixel / SIZE.width) as f64);
        (column - x).hypot(row - y) <= 12.0
    };
    let values: Vec<bool> = (0..SIZE.area()).map(is_in).collect();
    Runs::of(&values, |is| *is)
}

/// A browser of somebody who is logged in.
struct Visitor {
    agent: Agent,
    address: String,
    cookie: String,
}

impl Visitor {
    fn enter(address: &str, name: &str) -> Outcome<Self> {
        let agent = Agent::new_with_defaults();
        let login = json!({ "name": name, "password": PASSWORD }).to_string();
        let request = agent.post(format!("{address}/api/login")).content_type("application/json");
        let answer = request.send(login)?;
        let cookie = answer.headers().get("set-cookie").ok_or("no cookie")?.to_str()?;
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        Ok(Self { agent, address: address.to_owned(), cookie })
    }

    /// The answer, which must be a success.
    fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Outcome<Value> {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}/api{path}", self.address))
            .header("cookie", &self.cookie)
            .header("content-type", "application/json");
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut answer = self.agent.run(request.body(body)?)?;
        Ok(serde_json::from_str(&answer.body_mut().read_to_string()?)?)
    }
}

fn report(what: &str, times: &[f64]) {
    let at = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize];
    println!(
        "| {what} | {} | {:.1} | {:.1} | {:.1} | {:.1} |",
        times.len(),
        at(0.5),
        at(0.95),
        at(0.99),
        at(1.0)
    );
}
