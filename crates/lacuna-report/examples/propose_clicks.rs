//! How many clicks a person would need until a region is right, by the plain brush and by *Propose*:
//! `cargo run --release -p lacuna-report --example propose_clicks -- DS [PROBABILITIES]`.
//!
//! `DS` is a data set whose masks are complete; `PROBABILITIES` a folder that `lacuna predict --probabilities png16`
//! wrote for its pictures. The person is simulated as usual for interactive segmentation (NoC, number of clicks): each
//! click goes to the middle of the largest wrong piece, the place that is farthest from its border. Prints a table in
//! Markdown; every picture is a line of `clicks.csv` in the working folder.

#[path = "propose_clicks/click.rs"]
mod click;
#[path = "propose_clicks/hand.rs"]
mod hand;

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use lacuna_data::annotation::Ternary;
use lacuna_data::{BinaryMask, Case, Dataset};
use lacuna_metrics::{BootstrapSettings, bootstrap_mean};
use lacuna_report::{Cell, Column, Table};

use hand::{HANDS, Hand, Scene, dice};

/// From this Dice on nobody clicks any more.
const GOOD: f64 = 0.9;
/// Who needs more clicks than this has failed.
const MOST_CLICKS: usize = 20;
/// Classes that are hardly there are left out.
const LEAST_PIXELS: usize = 20;

/// Dice after each click.
struct Session {
    case: String,
    group: String,
    class: String,
    hand: &'static Hand,
    dice: Vec<f64>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("which data set?")?;
    let dataset = Dataset::open(Path::new(&folder))?;
    let probabilities = arguments.next().map(PathBuf::from);
    let mut sessions = Vec::new();
    for case in dataset.cases() {
        let image = dataset.load_image(case)?;
        let group = case.group.clone().unwrap_or_else(|| case.id.clone());
        for (class, truth) in truths(&dataset, case)? {
            let probability =
                probabilities.as_ref().map(|dir| read(dir, case, &class)).transpose()?;
            let scene = Scene { image: &image, truth: &truth, probability: probability.as_deref() };
            for hand in HANDS.iter().filter(|hand| hand.can(&scene)) {
                let dice = annotate(&scene, hand)?;
                let (case, group) = (case.id.clone(), group.clone());
                sessions.push(Session { case, group, class: class.clone(), hand, dice });
            }
        }
    }
    std::fs::write("clicks.csv", lines(&sessions))?;
    print(&table(&dataset.classes().names(), &sessions)?.to_markdown());
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a table is what this program is for")]
fn print(text: &str) {
    println!("{text}");
}

/// The classes that are in a picture, by its complete masks.
fn truths(dataset: &Dataset, case: &Case) -> Result<Vec<(String, BinaryMask)>, Box<dyn Error>> {
    let annotation = dataset.load_annotation(case)?;
    let names = dataset.classes().names().into_iter().zip(&annotation.masks);
    let mut truths = Vec::new();
    for (name, mask) in names {
        if mask.count(Ternary::Unknown) > 0 {
            return Err(format!("the mask of `{name}` of `{}` is not complete", case.id).into());
        }
        let is_there = mask.values().iter().map(|value| *value == Ternary::Positive).collect();
        let truth = BinaryMask::new(mask.size(), is_there)?;
        if truth.count() >= LEAST_PIXELS {
            truths.push((name, truth));
        }
    }
    Ok(truths)
}

/// A 16-bit grey picture, 65535 = 1.
fn read(dir: &Path, case: &Case, class: &str) -> Result<Vec<f32>, Box<dyn Error>> {
    let stem = case.image.file_stem().unwrap_or_default().to_string_lossy();
    let path = dir.join(format!("{stem}.{class}.probability.png"));
    let grey = image::open(&path).map_err(|e| format!("{}: {e}", path.display()))?.into_luma16();
    Ok(grey.pixels().map(|value| f32::from(value.0[0]) / 65535.0).collect())
}

/// Clicks until the region is right or patience is at an end.
fn annotate(scene: &Scene<'_>, hand: &'static Hand) -> Result<Vec<f64>, Box<dyn Error>> {
    let mut painting = hand.begin(scene)?;
    let mut reached = Vec::new();
    while reached.len() < MOST_CLICKS && reached.last().is_none_or(|dice| *dice < GOOD) {
        let Some(click) = click::next(scene.truth, &painting.region)? else { break };
        painting.click(scene, &click)?;
        reached.push(dice(&painting.region, scene.truth));
    }
    Ok(reached)
}

fn lines(sessions: &[Session]) -> String {
    let mut text = String::from("case,class,way,clicks,reached,dice_after_each\n");
    for Session { case, class, hand, dice, .. } in sessions {
        let all: Vec<String> = dice.iter().map(|dice| format!("{dice:.3}")).collect();
        let (clicks, reached) = (dice.len(), is_good(dice));
        let _ = writeln!(
            text,
            "{case},{class},{},{clicks},{reached},{}",
            hand.csv_name(),
            all.join(" ")
        );
    }
    text
}

fn is_good(dice: &[f64]) -> bool {
    dice.last().is_some_and(|last| *last >= GOOD)
}

fn table(classes: &[String], sessions: &[Session]) -> Result<Table, Box<dyn Error>> {
    let mut table = Table::new(
        "clicks to 90 % Dice",
        vec![
            Column::text("class"),
            Column::text("way"),
            Column::number("pictures"),
            Column::number("clicks"),
            Column::number("never reached, %"),
            Column::number("Dice after 1"),
            Column::number("after 3"),
        ],
    );
    for class in classes {
        for hand in &HANDS {
            let is_of =
                |session: &&Session| session.class == *class && std::ptr::eq(session.hand, hand);
            let those: Vec<&Session> = sessions.iter().filter(is_of).collect();
            if !those.is_empty() {
                table.row(row(class, hand, &those)?);
            }
        }
    }
    Ok(table)
}

fn row(class: &str, hand: &Hand, sessions: &[&Session]) -> Result<Vec<Cell>, Box<dyn Error>> {
    let mean = |value: &dyn Fn(&Session) -> f64, decimals| -> Result<Cell, Box<dyn Error>> {
        let values: Vec<f64> = sessions.iter().map(|session| value(session)).collect();
        let groups: Vec<&str> = sessions.iter().map(|session| session.group.as_str()).collect();
        let mean = bootstrap_mean(&values, Some(&groups), &BootstrapSettings::default())?;
        Ok(mean.map_or(Cell::Missing, |mean| Cell::bootstrap(&mean, decimals)))
    };
    let after = |count: usize| move |s: &Session| s.dice[s.dice.len().min(count) - 1];
    let clicks = |s: &Session| if is_good(&s.dice) { s.dice.len() } else { MOST_CLICKS } as f64;
    let failed = |s: &Session| if is_good(&s.dice) { 0.0 } else { 100.0 };
    Ok(vec![
        Cell::text(class),
        Cell::text(hand.name),
        Cell::count(sessions.len()),
        mean(&clicks, 2)?,
        mean(&failed, 1)?,
        mean(&after(1), 3)?,
        mean(&after(3), 3)?,
    ])
}
