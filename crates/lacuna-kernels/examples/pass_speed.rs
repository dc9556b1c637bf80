//! Milliseconds and GB/s of the passes between convolutions, at the largest sizes of `unet-resnet18`:
//! `cargo run --release -p lacuna-kernels --example pass_speed`.

use std::io::Write;
use std::time::Instant;

use lacuna_kernels::batch_norm::{
    self, NormBackward, NormGradients, NormShape, Normalisation, Rectified,
};
use lacuna_kernels::max_pool::{self, PoolShape};
use lacuna_kernels::optimizer::{AdamW, Sgd};
use lacuna_kernels::upsample::{self, UpsampleShape, Upsampling};
use lacuna_kernels::{BufferPool, ShapeError};

/// Measurements, the best of which counts.
const ROUNDS: usize = 9;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for (pixels, channels) in
        [(8 * 256 * 256, 16), (8 * 128 * 128, 64), (8 * 64 * 64, 64), (8 * 16 * 16, 256)]
    {
        norm(&NormShape { pixels, channels })?;
    }
    pool()?;
    for (channels, skip_channels, side) in [(64, 64, 64), (32, 0, 128), (128, 64, 32)] {
        upsampling(&UpsampleShape {
            batch: 8,
            height: side,
            width: side,
            channels,
            skip_channels,
        })?;
    }
    optimizers()?;
    Ok(())
}

/// Prints the time of the fastest call and the bytes it moved.
fn report(
    what: &str,
    values: usize,
    mut pass: impl FnMut() -> Result<(), ShapeError>,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        pass()?;
        best = best.min(start.elapsed().as_secs_f64());
    }
    let rate = values as f64 * 4e-9 / best;
    writeln!(std::io::stdout(), "{what:<40} {:7.2} ms {rate:6.1} GB/s", best * 1e3)?;
    Ok(())
}

fn norm(shape: &NormShape) -> Result<(), Box<dyn std::error::Error>> {
    let len = shape.value_count()?;
    let take = || BufferPool::global().take(len);
    let (x, mut y, mut dx) = (take(), take(), take());
    let mut buffers = vec![vec![0.5; shape.channels]; 6];
    let [mean, variance, gamma, beta, d_gamma, d_beta] = &mut buffers[..] else { unreachable!() };
    let of = format!("of {} channels, {} MB", shape.channels, len >> 18);
    report(&format!("statistics {of}"), len, || batch_norm::statistics(shape, &x, mean, variance))?;
    let norm = Normalisation { mean, variance, gamma, beta, epsilon: 1e-5 };
    report(&format!("normalise {of}"), 2 * len, || {
        batch_norm::normalise(shape, &norm, &x, None, true, &mut y)
    })?;
    for (name, values, rectified) in
        [("gradient", 5, Rectified::Input), ("gradient, mask from y", 7, Rectified::Output(&y))]
    {
        let from = NormBackward { norm, x: &x, rectified };
        report(&format!("{name} {of}"), values * len, || {
            let (gamma, beta) = (&mut *d_gamma, &mut *d_beta);
            batch_norm::backward(
                shape,
                &from,
                NormGradients { dx: &mut dx, shortcut: None, gamma, beta },
            )
        })?;
    }
    Ok(())
}

fn pool() -> Result<(), Box<dyn std::error::Error>> {
    let shape = PoolShape { batch: 8, height: 128, width: 128, channels: 64 };
    let (in_len, out_len) = (shape.input_len()?, shape.output_len()?);
    let (mut x, mut y) = (vec![0.5; in_len], vec![0.5; out_len]);
    let mut taps = vec![0; out_len];
    report("max pool", in_len + out_len, || max_pool::forward(&shape, &x, &mut y, &mut taps))?;
    report("max pool gradient", in_len + out_len, || max_pool::backward(&shape, &y, &taps, &mut x))
}

fn upsampling(shape: &UpsampleShape) -> Result<(), Box<dyn std::error::Error>> {
    let (x_len, skip_len, y_len) = (shape.input_len()?, shape.skip_len()?, shape.output_len()?);
    let (mut x, mut skip, mut y) = (vec![0.5; x_len], vec![0.5; skip_len], vec![0.5; y_len]);
    let moved = x_len + skip_len + y_len;
    for kind in [Upsampling::Nearest, Upsampling::Bilinear] {
        let of = format!("{kind:?} {} + {}", shape.channels, shape.skip_channels);
        report(&of, moved, || upsample::forward(shape, kind, &x, &skip, &mut y))?;
        report(&format!("{of} gradient"), moved, || {
            upsample::backward(shape, kind, &y, &mut x, &mut skip)
        })?;
    }
    Ok(())
}

fn optimizers() -> Result<(), Box<dyn std::error::Error>> {
    let len = 14_330_000;
    let buffer = || vec![0.5f32; len];
    let (mut weights, gradients, mut first, mut second) = (buffer(), buffer(), buffer(), buffer());
    let sgd = Sgd { rate: 0.01, momentum: 0.9, weight_decay: 1e-4 };
    report("SGD", 5 * len, || sgd.update(&mut weights, &gradients, &mut first))?;
    let adamw =
        AdamW { rate: 0.01, betas: [0.9, 0.999], epsilon: 1e-8, weight_decay: 0.01, step: 1 };
    report("AdamW", 7 * len, || adamw.update(&mut weights, &gradients, &mut first, &mut second))
}
