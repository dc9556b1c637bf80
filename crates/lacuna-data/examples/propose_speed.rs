//! How long a proposal takes: `cargo run --release -p lacuna-data --example propose_speed [THREADS]`, 2 unless told.
//!
//! Scribbles along half of the gum of drawn mouths of several sizes, alone and with a network's probabilities, and a box.

use std::time::Instant;

use lacuna_data::annotation::{Ternary, TernaryMask};
use lacuna_data::proposal::{Bounds, Seeds, propose};
use lacuna_data::synthetic::{MouthConfig, generate};
use lacuna_data::{BinaryMask, Image, Size};

const SIZES: [Size; 4] =
    [Size::new(512, 512), Size::new(1024, 1024), Size::new(2048, 2048), Size::new(6000, 4000)];
/// Calls, of which the median and the slowest are told; one before does not count.
const CALLS: usize = 9;
/// Every so many rows and columns a scribble goes through.
const APART: usize = 16;

type AnyError = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), AnyError> {
    let threads: usize = std::env::args().nth(1).map_or(Ok(2), |text| text.parse())?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    say(&format!("{threads} threads, {CALLS} calls each, milliseconds"));
    say("picture     what               median  slowest");
    for size in SIZES {
        let mouth = generate(&MouthConfig::new(size), 1, 0)?;
        let truth = &mouth.truth[0];
        let scribbles = Seeds::new(scribbles(truth), None)?;
        let soft: Vec<f32> = truth.values().iter().map(|is| if *is { 0.8 } else { 0.2 }).collect();
        let around = Seeds::new(TernaryMask::unknown(size), bounds(truth))?;
        for (what, seeds, probability) in [
            ("scribbles", &scribbles, None),
            ("with a network", &scribbles, Some(&soft[..])),
            ("a box", &around, None),
        ] {
            let (median, slowest) = pool.install(|| timed(&mouth.image, seeds, probability))?;
            say(&format!("{:<11} {what:<18} {median:>6.0} {slowest:>8.0}", size.to_string()));
        }
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "numbers are what this program is for")]
fn say(text: &str) {
    println!("{text}");
}

fn timed(
    image: &Image,
    seeds: &Seeds,
    probability: Option<&[f32]>,
) -> Result<(f64, f64), AnyError> {
    let mut times = Vec::new();
    for call in 0..=CALLS {
        let start = Instant::now();
        propose(image, seeds, probability)?;
        if call > 0 {
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
    }
    times.sort_by(f64::total_cmp);
    Ok((times[CALLS / 2], times[CALLS - 1]))
}

/// Thin stripes: of the class in the left half, of the rest in the right one.
fn scribbles(truth: &BinaryMask) -> TernaryMask {
    let size = truth.size();
    let mut marks = TernaryMask::unknown(size);
    for (pixel, mark) in marks.values_mut().iter_mut().enumerate() {
        let (x, y) = (pixel % size.width, pixel / size.width);
        let is_left = x < size.width / 2;
        if y % APART == 0 && truth.values()[pixel] == is_left {
            *mark = if is_left { Ternary::Positive } else { Ternary::Negative };
        }
    }
    marks
}

fn bounds(truth: &BinaryMask) -> Option<Bounds> {
    let Size { width, .. } = truth.size();
    let set = || truth.values().iter().enumerate().filter(|(_, is)| **is).map(|(pixel, _)| pixel);
    let columns = || set().map(|pixel| pixel % width);
    Some(Bounds {
        left: columns().min()?,
        top: set().min()? / width,
        right: columns().max()? + 1,
        bottom: set().max()? / width + 1,
    })
}
