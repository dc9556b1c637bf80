//! Convolution and its gradients against the definition in double precision, and the same bytes on any thread count.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use lacuna_kernels::ShapeError;
use lacuna_kernels::conv::{self, ConvShape};

/// batch, in, out, height, width, kernel, stride, padding
const fn shape(sizes: [usize; 5], kernel: usize, stride: usize, padding: usize) -> ConvShape {
    let [batch, in_channels, out_channels, height, width] = sizes;
    ConvShape {
        batch,
        in_channels,
        out_channels,
        height,
        width,
        kernel: [kernel; 2],
        stride: [stride; 2],
        padding: [padding; 2],
    }
}

fn shapes() -> Vec<ConvShape> {
    vec![
        // The layers of a U-Net, small.
        shape([2, 3, 64, 32, 32], 7, 2, 3),
        shape([2, 64, 64, 8, 8], 3, 1, 1),
        shape([2, 64, 128, 8, 8], 3, 2, 1),
        shape([2, 64, 128, 8, 8], 1, 2, 0),
        shape([2, 16, 2, 33, 31], 3, 1, 1),
        shape([1, 96, 32, 24, 40], 3, 1, 1),
        // Pointwise, one or several channels, several bands.
        shape([3, 17, 64, 9, 5], 1, 1, 0),
        shape([1, 1, 1, 1, 1], 1, 1, 0),
        shape([2, 64, 17, 64, 64], 1, 1, 0),
        // Odd sizes and channels that fill no vector.
        shape([2, 3, 17, 7, 13], 3, 1, 1),
        shape([2, 17, 3, 13, 7], 3, 2, 1),
        shape([1, 1, 17, 5, 3], 7, 1, 3),
        shape([1, 3, 1, 11, 11], 7, 2, 3),
        // No padding; more padding than mirrors into the gradient's convolution.
        shape([2, 3, 5, 9, 8], 3, 1, 0),
        shape([2, 3, 5, 4, 6], 3, 1, 4),
        shape([1, 2, 3, 4, 4], 1, 1, 2),
        // Input smaller than the kernel; a stride larger than the kernel.
        shape([2, 3, 4, 1, 2], 3, 1, 1),
        shape([2, 3, 4, 2, 1], 7, 2, 3),
        shape([1, 2, 3, 10, 11], 2, 3, 0),
        // Several images a block, with a remainder, and channel groups.
        shape([9, 40, 80, 4, 4], 3, 1, 1),
        shape([20, 130, 33, 2, 2], 3, 1, 1),
        shape([2, 160, 130, 4, 4], 3, 2, 1),
        // Many bands.
        shape([1, 32, 16, 70, 90], 3, 1, 1),
        // Unequal axes.
        ConvShape {
            kernel: [1, 3],
            stride: [2, 1],
            padding: [0, 2],
            ..shape([2, 3, 4, 6, 5], 1, 1, 0)
        },
        ConvShape {
            kernel: [5, 2],
            stride: [1, 3],
            padding: [2, 1],
            ..shape([2, 3, 4, 6, 5], 1, 1, 0)
        },
    ]
}

/// Numbers without structure in [-1, 1].
fn numbers(len: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as f32 / u32::MAX as f32 * 2.0 - 1.0
    };
    (0..len).map(|_| next()).collect()
}

struct Case {
    shape: ConvShape,
    x: Vec<f32>,
    w: Vec<f32>,
    bias: Vec<f32>,
    dy: Vec<f32>,
}

impl Case {
    fn new(shape: ConvShape) -> Self {
        Self {
            shape,
            x: numbers(shape.input_len().unwrap(), 1),
            w: numbers(shape.weight_len().unwrap(), 2),
            bias: numbers(shape.out_channels, 3),
            dy: numbers(shape.output_len().unwrap(), 4),
        }
    }

    /// y, dx, dw, db, over buffers that hold something else before.
    fn run(&self) -> [Vec<f32>; 4] {
        let Self { shape, x, w, bias, dy } = self;
        let filled = |len: usize| vec![f32::NAN; len];
        let mut results = [dy.len(), x.len(), w.len(), bias.len()].map(filled);
        let [y, dx, dw, db] = &mut results;
        conv::forward(shape, x, w, Some(bias), y).unwrap();
        conv::backward_input(shape, dy, w, dx).unwrap();
        conv::backward_weight(shape, x, dy, dw).unwrap();
        conv::backward_bias(shape, dy, db).unwrap();
        results
    }

    /// The same by the definition: every product once, in all four sums.
    fn expected(&self) -> [Vec<f64>; 4] {
        let Self { shape, x, w, bias, dy } = self;
        let [out_height, out_width] = shape.output_size().unwrap();
        let [mut y, mut dx, mut dw, mut db] =
            [dy.len(), x.len(), w.len(), bias.len()].map(|len| vec![0f64; len]);
        for o in 0..dy.len() {
            let (column, row) = (o % out_width, o / out_width % out_height);
            let plane = o / (out_width * out_height);
            let (channel, image) = (plane % shape.out_channels, plane / shape.out_channels);
            y[o] += f64::from(bias[channel]);
            db[channel] += f64::from(dy[o]);
            let depth = shape.in_channels * shape.kernel[0] * shape.kernel[1];
            for k in 0..depth {
                let (across, down) = (k % shape.kernel[1], k / shape.kernel[1] % shape.kernel[0]);
                let input = k / (shape.kernel[0] * shape.kernel[1]);
                let at = |position: usize, axis: usize, tap: usize, size: usize| {
                    let padded = position * shape.stride[axis] + tap;
                    padded.checked_sub(shape.padding[axis]).filter(|at| *at < size)
                };
                let line = at(row, 0, down, shape.height);
                let Some((line, column)) = line.zip(at(column, 1, across, shape.width)) else {
                    continue;
                };
                let i = ((image * shape.in_channels + input) * shape.height + line) * shape.width
                    + column;
                let (value, weight) = (f64::from(x[i]), f64::from(w[channel * depth + k]));
                y[o] += value * weight;
                dx[i] += f64::from(dy[o]) * weight;
                dw[channel * depth + k] += f64::from(dy[o]) * value;
            }
        }
        [y, dx, dw, db]
    }
}

#[test]
fn values_and_gradients_are_those_of_the_definition() {
    for shape in shapes() {
        let case = Case::new(shape);
        let names = ["y", "dx", "dw", "db"];
        for ((name, found), expected) in names.iter().zip(case.run()).zip(case.expected()) {
            let scale = expected.iter().fold(1f64, |scale, value| scale.max(value.abs()));
            for (index, (found, expected)) in found.iter().zip(&expected).enumerate() {
                let error = (f64::from(*found) - expected).abs();
                assert!(
                    error <= 1e-5 * scale,
                    "{name}[{index}] is {found}, expected {expected}: {shape:?}"
                );
            }
        }
    }
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let pools = [1, 2, 3]
        .map(|threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap());
    for shape in shapes() {
        let case = Case::new(shape);
        let bytes =
            |results: [Vec<f32>; 4]| results.map(|r| r.iter().map(|v| v.to_bits()).collect());
        let first: [Vec<u32>; 4] = bytes(case.run());
        for pool in &pools {
            assert_eq!(first, bytes(pool.install(|| case.run())), "{shape:?}");
        }
    }
}

#[test]
fn impossible_sizes_are_errors() {
    let good = shape([1, 2, 3, 4, 4], 3, 1, 1);
    let zero = ConvShape { batch: 0, ..good };
    assert_eq!(zero.output_size(), Err(ShapeError::Zero { what: "batch size" }));
    let large = ConvShape { kernel: [7, 3], ..good };
    let too_large = ShapeError::KernelTooLarge { kernel: 7, size: 4, padding: 1 };
    assert_eq!(large.output_size(), Err(too_large));
    let huge = ConvShape { batch: usize::MAX / 2, ..good };
    assert_eq!(huge.output_len(), Err(ShapeError::Overflow));
    let padded = ConvShape { padding: [usize::MAX / 2 + 1, 0], ..good };
    assert_eq!(padded.output_size(), Err(ShapeError::Overflow));
}

#[test]
fn wrong_lengths_are_errors_and_write_nothing() {
    let shape = shape([1, 2, 3, 4, 4], 3, 1, 1);
    let (x, w, mut y) = (vec![0.0; 32], vec![0.0; 54], vec![7.0; 48]);
    let wrong = |result: Result<(), ShapeError>, expected: &str| {
        assert!(result.unwrap_err().to_string().contains(expected));
    };
    wrong(conv::forward(&shape, &x[1..], &w, None, &mut y), "the input has 31 values, expected 32");
    wrong(conv::forward(&shape, &x, &w[1..], None, &mut y), "the weight has 53");
    wrong(conv::forward(&shape, &x, &w, None, &mut y[1..]), "the output has 47");
    wrong(conv::forward(&shape, &x, &w, Some(&[0.0]), &mut y), "the bias has 1");
    wrong(conv::backward_bias(&shape, &x, &mut y), "the output has 32");
    assert_eq!(y, [7.0; 48]);
}
