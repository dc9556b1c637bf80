//! How long journals take: `cargo run --release -p lacuna-data --example journal_speed [STROKES]`.

use std::time::Instant;

use lacuna_data::annotation::journal::{Edit, Op, Origin, Paint, Proposal};
use lacuna_data::annotation::{MaskRuns, Runs, Ternary};
use lacuna_data::supervision::Layers;
use lacuna_data::{Annotation, Class, ClassSet, Dataset, Evidence, Image, Size};

const SIZE: Size = Size::new(6000, 4000);
const CLASSES: [&str; 3] = ["gum", "teeth", "caries"];
/// Half the width of a stroke in pixels.
const RADIUS: f64 = 30.0;

type AnyError = Box<dyn std::error::Error>;

fn main() -> Result<(), AnyError> {
    let strokes: u64 = std::env::args().nth(1).map_or(Ok(2000), |text| text.parse())?;
    let dir = tempfile::tempdir()?;
    let class = |name: &&str| Class { name: (*name).to_owned(), color: [0; 3] };
    let groups = [vec!["gum".to_owned(), "teeth".to_owned()]];
    let classes = ClassSet::new(CLASSES.iter().map(class).collect(), &groups, &[])?;
    let mut dataset = Dataset::create(dir.path(), "speed", classes)?;
    let case = dataset.add_image("a", &Image::filled(SIZE, [90; 3]), None)?;
    let lock = dataset.lock()?;
    let mut writer = dataset.open_journal(&case, &lock)?;
    let mut all: Vec<_> = (0..strokes).map(proposal).collect();
    let runs: usize =
        all.iter().map(|p| p.entry.paints().map(|s| s.runs.iter().count()).sum::<usize>()).sum();
    say(&format!("{strokes} strokes of {runs} runs in all on {SIZE}"));

    let (alone, together) = (all.split_off(all.len() / 2), all);
    let count = alone.len();
    timed(&format!("append {count} strokes, 10 at a time"), || {
        for ten in together.chunks(10) {
            writer.submit(dataset.classes(), ten.to_vec())?;
        }
        Ok(())
    })?;
    timed(&format!("append {count} strokes, one at a time"), || {
        for one in alone {
            writer.submit(dataset.classes(), vec![one])?;
        }
        Ok(())
    })?;
    say(&format!("journal of {:.1} MB", writer.bytes() as f64 / 1e6));
    let journal = timed("read the journal", || Ok(dataset.load_journal(&case)?))?;
    let mut annotation = Annotation::unknown(SIZE, CLASSES.len());
    timed("replay it", || Ok(annotation.replay(journal.entries(), dataset.classes())?))?;
    timed("replay it again", || Ok(annotation.replay(journal.entries(), dataset.classes())?))?;
    timed("load the annotation", || Ok(dataset.load_annotation(&case)?))?;
    timed("fold it", || Ok(dataset.fold_open(&case, &mut writer)?))?;
    timed("load the annotation, folded", || Ok(dataset.load_annotation(&case)?))?;
    timed("masks as runs", || {
        let masks = annotation.masks.iter().zip(&annotation.suggested);
        Ok(masks
            .map(|(mask, suggested)| MaskRuns::of(mask, suggested.as_ref()))
            .collect::<Vec<_>>())
    })?;
    let evidence =
        timed("collect evidence", || Ok(Evidence::collect(&annotation, dataset.classes())))?;
    timed("evidence as layers", || {
        Ok((0..CLASSES.len()).map(|class| Layers::of(evidence.plane(class))).collect::<Vec<_>>())
    })?;
    Ok(())
}

/// A straight stroke of a round brush between two places that only `number` decides.
fn proposal(number: u64) -> Proposal {
    let random = |salt: u64| {
        let mixed = (number * 8 + salt + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        ((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 11) as f64
            / (1u64 << 53) as f64
    };
    let from = [random(0) * 5000.0 + 300.0, random(1) * 3000.0 + 300.0];
    let to = [from[0] + random(2) * 500.0 - 250.0, from[1] + random(3) * 500.0 - 250.0];
    let paint = Paint {
        class: CLASSES[number as usize % CLASSES.len()].to_owned(),
        value: if number.is_multiple_of(3) { Ternary::Negative } else { Ternary::Positive },
        origin: if number.is_multiple_of(7) { Origin::Accepted } else { Origin::Painted },
        runs: capsule(from, to),
    };
    let edit = Edit {
        id: format!("00000000-0000-4000-8000-{number:012}"),
        client: "tab".to_owned(),
        base: 0,
        ops: vec![Op::Paint(paint)],
        force: true,
    };
    edit.by("ada", "2026-01-31T12:00:00Z")
}

fn capsule(from: [f64; 2], to: [f64; 2]) -> Runs {
    let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
    let is_inside = |x: f64, y: f64| {
        let along = ((x - from[0]) * dx + (y - from[1]) * dy) / (dx * dx + dy * dy);
        let along = along.clamp(0.0, 1.0);
        (x - from[0] - along * dx).hypot(y - from[1] - along * dy) <= RADIUS
    };
    let low = |i: usize| (from[i].min(to[i]) - RADIUS) as usize;
    let high = |i: usize| (from[i].max(to[i]) + RADIUS) as usize + 1;
    let mut numbers = Vec::new();
    for y in low(1)..high(1) {
        let inside: Vec<_> = (low(0)..high(0)).filter(|x| is_inside(*x as f64, y as f64)).collect();
        if let Some(first) = inside.first() {
            numbers.extend([(y * SIZE.width + first) as u32, inside.len() as u32]);
        }
    }
    Runs::new(numbers).unwrap_or_default()
}

fn timed<T>(what: &str, work: impl FnOnce() -> Result<T, AnyError>) -> Result<T, AnyError> {
    let start = Instant::now();
    let result = work()?;
    say(&format!("{what}: {:.1} ms", start.elapsed().as_secs_f64() * 1e3));
    Ok(result)
}

#[expect(clippy::print_stdout, reason = "the output is the purpose")]
fn say(line: &str) {
    println!("{line}");
}
