//! Measures a training step: `cargo run --release -p lacuna-nn --example train_step -- [size] [batch] [depth] [paper]`.

use std::io::Write;
use std::time::Instant;

use lacuna_nn::{
    Architecture, Denominator, Gradients, LossConfig, OptimizerConfig, UnetConfig, engine,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |index: usize, default: usize| {
        arguments.get(index).and_then(|a| a.parse().ok()).unwrap_or(default)
    };
    let (size, batch, depth) = (number(0, 128), number(1, 8), number(2, 4));
    let paper = arguments.iter().any(|argument| argument == "paper");
    let architecture =
        if paper { Architecture::UnetResnet18Paper } else { Architecture::UnetResnet18 };
    let device = engine::device(arguments.get(4).map_or("cpu", String::as_str))?;
    let mut model =
        UnetConfig { architecture, encoder_depth: depth, classes: 2 }.init(0, &device)?;
    let loss = LossConfig::default().init(2)?;
    let mut optimizer = OptimizerConfig::PAPER.init()?;
    let shape = [batch, 2, size, size];
    let count = shape.iter().product::<usize>();
    let target: Vec<f32> = (0..count).map(|i| ((i / 7) % 2) as f32).collect();
    let weight: Vec<f32> = (0..count).map(|i| ((i / 5) % 2) as f32).collect();
    let pixels = (0..batch * 3 * size * size).map(|i| ((i % 255) as f32) / 128.0 - 1.0).collect();
    let images = engine::tensor(pixels, [batch, 3, size, size], &device);
    let mut out = std::io::stderr();
    for step in 0..5 {
        let start = Instant::now();
        let denominator = Denominator::of(&weight, shape)?;
        let logits = model.forward(images.clone());
        let output = loss.forward(logits, &target, &weight, &denominator)?;
        let value = output.total.clone().into_scalar::<f32>();
        let forward = start.elapsed().as_secs_f64();
        let gradients = Gradients::of(&output.total, &model);
        let norm = gradients.norm();
        let backward = start.elapsed().as_secs_f64() - forward;
        optimizer.step_in_place(&mut model, &gradients, 0.01);
        device.sync().map_err(|error| format!("{error:?}"))?;
        let total = start.elapsed().as_secs_f64();
        writeln!(
            out,
            "step {step}: loss {value:.4} norm {norm:.3} forward {forward:.3} s, backward {backward:.3} s, optimizer {:.3} s, {:.2} images/s, {} threads",
            total - forward - backward,
            batch as f64 / total,
            engine::threads()
        )?;
    }
    Ok(())
}
