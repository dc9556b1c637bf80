//! Measures prediction: `cargo run --release -p lacuna-nn --example predict_speed -- [size] [batch] [depth] [paper]`.

use std::io::Write;
use std::time::Instant;

use lacuna_nn::{Architecture, UnetConfig, engine};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |index: usize, default: usize| {
        arguments.get(index).and_then(|a| a.parse().ok()).unwrap_or(default)
    };
    let (size, batch, depth) = (number(0, 512), number(1, 1), number(2, 5));
    let paper = arguments.iter().any(|argument| argument == "paper");
    let architecture =
        if paper { Architecture::UnetResnet18Paper } else { Architecture::UnetResnet18 };
    let device = engine::device("cpu")?;
    let model = UnetConfig { architecture, encoder_depth: depth, classes: 2 }.init(0, &device)?;
    let model = model.evaluation();
    let pixels = (0..batch * 3 * size * size).map(|i| ((i % 255) as f32) / 128.0 - 1.0).collect();
    let images = engine::tensor(pixels, [batch, 3, size, size], &device);
    let mut best = f64::INFINITY;
    let mut sum = 0.0;
    for _ in 0..12 {
        let start = Instant::now();
        let logits = engine::values(model.forward(images.clone()))?;
        best = best.min(start.elapsed().as_secs_f64());
        sum = logits.iter().map(|value| f64::from(*value)).sum();
    }
    writeln!(
        std::io::stderr(),
        "{:.1} ms at best, {:.2} images/s, {} threads, sum of logits {sum:.3}",
        best * 1e3,
        batch as f64 / best,
        engine::threads()
    )?;
    Ok(())
}
