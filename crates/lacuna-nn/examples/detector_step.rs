//! Measures a training step and a prediction of a detector:
//! `cargo run --release -p lacuna-nn --example detector_step -- [size] [batch] [depth]`.
//!
//! `refs/detection/bench_torchvision.py` measures the same with torchvision.

use std::io::Write;
use std::time::Instant;

use lacuna_nn::detection::{FasterRcnnConfig, ImageList, SampleStreams, Target};
use lacuna_nn::{Gradients, OptimizerConfig, engine};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |index: usize, default: usize| {
        arguments.get(index).and_then(|a| a.parse().ok()).unwrap_or(default)
    };
    let (size, batch, depth) = (number(0, 320), number(1, 2), number(2, 5));
    let device = engine::device("cpu")?;
    let mut model = FasterRcnnConfig::new(2).with_depth(depth).init(0, &device)?;
    let mut optimizer = OptimizerConfig::PAPER.init()?;
    let pixels = (0..batch * 3 * size * size).map(|i| ((i % 255) as f32) / 128.0 - 1.0).collect();
    let images = ImageList::whole(engine::tensor(pixels, [batch, 3, size, size], &device));
    let side = size as f32;
    let target =
        Target { boxes: vec![[0.2 * side, 0.3 * side, 0.8 * side, 0.7 * side]], labels: vec![1] };
    let targets = vec![target; batch];
    let mut out = std::io::stderr();
    for step in 0..4 {
        let start = Instant::now();
        let streams = SampleStreams { seed: 0, step };
        let total = model.losses(&images, &targets, streams)?.total();
        let value = total.clone().into_scalar::<f32>();
        let forward = start.elapsed().as_secs_f64();
        let gradients = Gradients::of(&total, &model);
        let backward = start.elapsed().as_secs_f64() - forward;
        optimizer.step_in_place(&mut model, &gradients, 0.001);
        let trained = start.elapsed().as_secs_f64();
        let detections = model.evaluation().detect(&images)?.concat().len();
        writeln!(
            out,
            "step {step}: loss {value:.4}, forward {forward:.3} s, backward {backward:.3} s, optimizer {:.3} s; prediction {:.3} s, {detections} boxes; {} threads",
            trained - forward - backward,
            start.elapsed().as_secs_f64() - trained,
            engine::threads()
        )?;
    }
    Ok(())
}
