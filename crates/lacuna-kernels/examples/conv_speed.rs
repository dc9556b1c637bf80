//! GFLOP/s of every convolution of the U-Net: `cargo run --release -p lacuna-kernels --example conv_speed -- [size] [batch]`.

use std::io::Write;
use std::time::Instant;

use lacuna_kernels::conv::{self, ConvShape};

/// in, out, divisor of the image size, kernel, stride
const LAYERS: [[usize; 5]; 19] = [
    [3, 64, 1, 7, 2],
    [64, 64, 4, 3, 1],
    [64, 128, 4, 3, 2],
    [64, 128, 4, 1, 2],
    [128, 128, 8, 3, 1],
    [128, 256, 8, 3, 2],
    [256, 256, 16, 3, 1],
    [256, 512, 16, 3, 2],
    [512, 512, 32, 3, 1],
    [768, 256, 16, 3, 1],
    [256, 256, 16, 3, 1],
    [384, 128, 8, 3, 1],
    [128, 128, 8, 3, 1],
    [192, 64, 4, 3, 1],
    [128, 32, 2, 3, 1],
    [32, 32, 2, 3, 1],
    [32, 16, 1, 3, 1],
    [16, 16, 1, 3, 1],
    [16, 2, 1, 3, 1],
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1).map_while(|argument| argument.parse().ok());
    let (size, batch) = (arguments.next().unwrap_or(128), arguments.next().unwrap_or(8));
    let mut out = std::io::stdout();
    for [in_channels, out_channels, divisor, kernel, stride] in LAYERS {
        let shape = ConvShape {
            batch,
            in_channels,
            out_channels,
            height: size / divisor,
            width: size / divisor,
            kernel: [kernel; 2],
            stride: [stride; 2],
            padding: [kernel / 2; 2],
        };
        let [forward, input, weight] = measure(&shape)?;
        writeln!(
            out,
            "{in_channels:>4} -> {out_channels:<4} {kernel}x{kernel}/{stride} at {:<4} forward {forward:6.1}, input gradient {input:6.1}, weight gradient {weight:6.1} GFLOP/s",
            shape.height,
        )?;
    }
    Ok(())
}

/// GFLOP/s of the three passes, best of several.
fn measure(shape: &ConvShape) -> Result<[f64; 3], lacuna_kernels::ShapeError> {
    let mut x = vec![0.5; shape.input_len()?];
    let mut w = vec![0.25; shape.weight_len()?];
    let mut y = vec![0.0; shape.output_len()?];
    let operations =
        2.0 * y.len() as f64 * (shape.in_channels * shape.kernel[0] * shape.kernel[1]) as f64;
    let mut best = [0f64; 3];
    for _ in 0..10 {
        let mut clock = Instant::now();
        let mut lap = |best: &mut f64| {
            *best = best.max(operations * 1e-9 / clock.elapsed().as_secs_f64());
            clock = Instant::now();
        };
        conv::forward(shape, &x, &w, None, &mut y)?;
        lap(&mut best[0]);
        conv::backward_input(shape, &y, &w, &mut x)?;
        lap(&mut best[1]);
        conv::backward_weight(shape, &x, &y, &mut w)?;
        lap(&mut best[2]);
        x.fill(0.5);
        w.fill(0.25);
    }
    Ok(best)
}
