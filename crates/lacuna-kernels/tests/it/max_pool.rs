//! Max pooling.

use lacuna_kernels::max_pool::{self, PoolShape};

use crate::support::{assert_close, numbers, on_every_path};

/// batch, height, width, channels
const SHAPES: [[usize; 4]; 7] = [
    [1, 1, 1, 1],
    [2, 8, 8, 64],
    [1, 7, 5, 3],
    [2, 2, 1, 17],
    [1, 1, 9, 15],
    [3, 6, 7, 33],
    [1, 2, 2, 2],
];

/// For each output the input that wins and its tap.
fn winners(shape: &PoolShape, x: &[f32]) -> Vec<(usize, usize)> {
    let [height, width] = shape.output_size();
    let mut found = Vec::new();
    for image in 0..shape.batch {
        for (row, column) in (0..height).flat_map(|row| (0..width).map(move |column| (row, column)))
        {
            for channel in 0..shape.channels {
                let mut best: Option<(usize, usize)> = None;
                for tap in 0..9 {
                    let (y, z) = (2 * row + tap / 3, 2 * column + tap % 3);
                    if y == 0 || z == 0 || y > shape.height || z > shape.width {
                        continue;
                    }
                    let at = ((image * shape.height + y - 1) * shape.width + z - 1)
                        * shape.channels
                        + channel;
                    if best.is_none_or(|(best, _)| x[at] > x[best] || x[at].is_nan()) {
                        best = Some((at, tap));
                    }
                }
                found.push(best.unwrap());
            }
        }
    }
    found
}

#[test]
fn the_greatest_wins_and_gets_the_gradient() {
    for [batch, height, width, channels] in SHAPES {
        let shape = PoolShape { batch, height, width, channels };
        // Few different values, so that some are equal, and a NaN.
        let mut x: Vec<f32> = numbers(shape.input_len().unwrap(), 1)
            .iter()
            .map(|value| (value * 4.0).round())
            .collect();
        if x.len() > 100 {
            x[57] = f32::NAN;
        }
        let winners = winners(&shape, &x);
        let dy = numbers(winners.len(), 2);
        let mut dx = vec![0.0; x.len()];
        for ((at, _), dy) in winners.iter().zip(&dy) {
            dx[*at] += f64::from(*dy);
        }
        let what = format!("max pool {shape:?}");
        let runs = on_every_path(&what, |place| {
            let mut y = place.output(winners.len());
            let mut taps = place.put(&vec![255u8; winners.len()]);
            max_pool::forward(&shape, &place.put(&x), &mut y, &mut taps).unwrap();
            for (index, (at, tap)) in winners.iter().enumerate() {
                assert_eq!(y[index].to_bits(), x[*at].to_bits(), "{what}: {index}");
                assert_eq!(usize::from(taps[index]), *tap, "{what}: {index}");
            }
            let mut dx = place.output(x.len());
            max_pool::backward(&shape, &place.put(&dy), &taps, &mut dx).unwrap();
            dx.to_vec()
        });
        for (isa, found) in runs {
            assert_close(&format!("{} {what}", isa.name()), &found, &dx, 1.0, 1e-6);
        }
    }
}
