//! Upsampling by two beside a skip connection.

use lacuna_kernels::upsample::{self, UpsampleShape, Upsampling};

use crate::support::{assert_close, numbers, on_every_path};

/// batch, height, width, channels, skip channels
const SHAPES: [[usize; 5]; 7] = [
    [1, 1, 1, 1, 0],
    [2, 4, 4, 16, 8],
    [1, 3, 5, 3, 2],
    [2, 1, 7, 17, 0],
    [1, 6, 1, 33, 5],
    [1, 2, 2, 5, 1],
    [2, 9, 8, 7, 64],
];

/// The inputs of an output along an axis with their weights.
fn parts(kind: Upsampling, output: usize, size: usize) -> Vec<(usize, f64)> {
    match kind {
        Upsampling::Nearest => vec![(output / 2, 1.0)],
        Upsampling::Bilinear => {
            let position = output as f64 * (size - 1) as f64 / (2 * size - 1) as f64;
            let first = position.floor();
            let weight = position - first;
            vec![(first as usize, 1.0 - weight), ((first as usize + 1).min(size - 1), weight)]
        }
    }
}

/// Calls `visit` with the indices of x and y of each product and its factor.
fn products(shape: &UpsampleShape, kind: Upsampling, mut visit: impl FnMut(usize, usize, f64)) {
    let UpsampleShape { batch, height, width, channels, skip_channels } = *shape;
    for image in 0..batch {
        for (row, column) in
            (0..2 * height).flat_map(|row| (0..2 * width).map(move |column| (row, column)))
        {
            let y = ((image * 2 * height + row) * 2 * width + column) * (channels + skip_channels);
            for (down, weight_down) in parts(kind, row, height) {
                for (across, weight_across) in parts(kind, column, width) {
                    let x = ((image * height + down) * width + across) * channels;
                    (0..channels).for_each(|c| visit(x + c, y + c, weight_down * weight_across));
                }
            }
        }
    }
}

#[test]
fn outputs_and_gradients_are_their_definition() {
    for [batch, height, width, channels, skip_channels] in SHAPES {
        let shape = UpsampleShape { batch, height, width, channels, skip_channels };
        for kind in [Upsampling::Nearest, Upsampling::Bilinear] {
            let x = numbers(shape.input_len().unwrap(), 1);
            let skip = numbers(shape.skip_len().unwrap(), 2);
            let dy = numbers(shape.output_len().unwrap(), 3);
            let (mut y, mut dx) = (vec![0.0; dy.len()], vec![0.0; x.len()]);
            products(&shape, kind, |from, to, factor| {
                y[to] += factor * f64::from(x[from]);
                dx[from] += factor * f64::from(dy[to]);
            });
            let mut dskip = vec![0.0; skip.len()];
            let of_skip = (0..y.len()).filter(|at| at % (channels + skip_channels) >= channels);
            for (index, at) in of_skip.enumerate() {
                y[at] = f64::from(skip[index]);
                dskip[index] = f64::from(dy[at]);
            }
            let what = format!("{kind:?} {shape:?}");
            let runs = on_every_path(&what, |place| {
                let mut y = place.output(dy.len());
                upsample::forward(&shape, kind, &place.put(&x), &place.put(&skip), &mut y).unwrap();
                let (mut dx, mut dskip) = (place.output(x.len()), place.output(skip.len()));
                upsample::backward(&shape, kind, &place.put(&dy), &mut dx, &mut dskip).unwrap();
                [&*y, &*dx, &*dskip].concat()
            });
            let expected = [y, dx, dskip].concat();
            for (isa, found) in runs {
                assert_close(&format!("{} {what}", isa.name()), &found, &expected, 2.0, 1e-6);
            }
        }
    }
}
