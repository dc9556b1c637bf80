//! GFLOP/s of every convolution of the U-Net and the time of those of a training step:
//! `cargo run --release -p lacuna-kernels --example conv_speed -- [size] [batch] [portable|avx2|avx512|avx512bf16|amx] [in-out]…`,
//! the last for some layers only, such as `64-128`.

use std::io::Write;
use std::time::Instant;

use lacuna_kernels::conv2d::{self, Algorithm, ConvShape, Epilogue, Input, Method, Precision};
use lacuna_kernels::{Isa, ShapeError, peak};

/// in, out, divisor of the image size, kernel, stride, how often `unet-resnet18` has it
const LAYERS: [[usize; 6]; 18] = [
    [3, 64, 1, 7, 2, 1],
    [64, 64, 4, 3, 1, 4],
    [64, 128, 4, 3, 2, 1],
    [64, 128, 4, 1, 2, 1],
    [128, 128, 8, 3, 1, 4],
    [128, 256, 8, 3, 2, 1],
    [128, 256, 8, 1, 2, 1],
    [256, 256, 16, 3, 1, 4],
    [256, 512, 16, 3, 2, 1],
    [256, 512, 16, 1, 2, 1],
    [512, 512, 32, 3, 1, 3],
    [768, 256, 16, 3, 1, 1],
    [384, 128, 8, 3, 1, 1],
    [192, 64, 4, 3, 1, 1],
    [128, 32, 2, 3, 1, 1],
    [32, 32, 2, 3, 1, 1],
    [32, 16, 1, 3, 1, 1],
    [16, 16, 1, 3, 1, 1],
];
/// The head, listed apart because it has a bias and few outputs.
const HEAD: [usize; 6] = [16, 2, 1, 3, 1, 1];
/// Measurements of each pass, the best of which counts.
const ROUNDS: usize = 7;

const COLUMNS: [(&str, Algorithm, Precision); 4] = [
    ("direct", Algorithm::Direct, Precision::F32),
    ("auto", Algorithm::Auto, Precision::F32),
    ("bf16", Algorithm::Direct, Precision::Bf16),
    ("auto bf16", Algorithm::Auto, Precision::Bf16),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut numbers = arguments.iter().filter_map(|argument| argument.parse().ok());
    let (size, batch) = (numbers.next().unwrap_or(128), numbers.next().unwrap_or(8));
    let named = |name: &str| arguments.iter().any(|argument| argument == name);
    let known = [
        ("portable", Isa::Portable),
        ("avx2", Isa::Avx2),
        ("avx512", Isa::Avx512),
        ("avx512bf16", Isa::Avx512Bf16),
        ("amx", Isa::Amx),
    ];
    let isa = known.into_iter().find(|(name, _)| named(name)).map_or(Isa::best(), |(_, isa)| isa);
    let only: Vec<&String> = arguments.iter().filter(|argument| argument.contains('-')).collect();
    isa.with(|| print(size, batch, &only))??;
    Ok(())
}

fn print(size: usize, batch: usize, only: &[&String]) -> Result<(), Box<dyn std::error::Error>> {
    let mut out = std::io::stdout();
    let peak = peak::operations_per_second(50) * 1e-9;
    let name = Isa::current().name();
    writeln!(out, "{name}, {} threads, peak {peak:.0} GFLOP/s", rayon::current_num_threads())?;
    writeln!(out, "GFLOP/s of forward, input gradient, weight gradient")?;
    let mut totals = [[0.0; 3]; COLUMNS.len()];
    for layer in LAYERS.into_iter().chain([HEAD]) {
        let [in_channels, out_channels, divisor, kernel, stride, count] = layer;
        let name = format!("{in_channels}-{out_channels}");
        if !only.is_empty() && !only.contains(&&name) {
            continue;
        }
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
        let operations = 2.0 * (shape.output_len()? * in_channels * kernel * kernel) as f64;
        write!(
            out,
            "{in_channels:>4} -> {out_channels:<4} {kernel}x{kernel}/{stride} at {:<4}",
            shape.height
        )?;
        let mut measured = Vec::new();
        for (name, algorithm, precision) in COLUMNS {
            measured.push((name, measure(&shape, Method { algorithm, precision })?));
        }
        for ((name, seconds), totals) in measured.into_iter().zip(&mut totals) {
            let [forward, input, weight] = seconds.map(|seconds| operations * 1e-9 / seconds);
            write!(out, " | {name} {forward:5.0} {input:5.0} {weight:5.0}")?;
            for (pass, total) in totals.iter_mut().enumerate() {
                // No one asks for the gradient of the picture.
                let needed = pass != 1 || in_channels != 3;
                *total += if needed { seconds[pass] * 1e3 * count as f64 } else { 0.0 };
            }
        }
        writeln!(out)?;
    }
    let names = COLUMNS.map(|(name, ..)| name).into_iter();
    for (name, [forward, input, weight]) in names.zip(totals) {
        let total = forward + input + weight;
        writeln!(
            out,
            "{name}: forward {forward:.0} + input {input:.0} + weight {weight:.0} = {total:.0} ms"
        )?;
    }
    Ok(())
}

/// Calls each pass several times, in turn; the seconds of the fastest calls.
fn best_of(mut pass: impl FnMut(usize) -> Result<(), ShapeError>) -> Result<[f64; 3], ShapeError> {
    let mut best = [f64::INFINITY; 3];
    for _ in 0..ROUNDS {
        for (index, best) in best.iter_mut().enumerate() {
            let start = Instant::now();
            pass(index)?;
            *best = best.min(start.elapsed().as_secs_f64());
        }
    }
    Ok(best)
}

fn measure(shape: &ConvShape, method: Method) -> Result<[f64; 3], ShapeError> {
    let x = vec![0.5; shape.input_len()?];
    let w = vec![0.25; shape.weight_len()?];
    let dy = vec![0.5; shape.output_len()?];
    let (mut y, mut dx, mut dw) = (dy.clone(), x.clone(), w.clone());
    best_of(|pass| match pass {
        0 => conv2d::forward(shape, Input::Plain(&x), &w, Epilogue::default(), method, &mut y),
        1 => conv2d::backward_input(shape, &dy, &w, method, &mut dx),
        _ => conv2d::backward_weight(shape, Input::Plain(&x), &dy, method, &mut dw),
    })
}
