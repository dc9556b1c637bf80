//! Convolution and its gradients.

mod bf16;

use lacuna_kernels::ShapeError;
use lacuna_kernels::conv2d::{self, Algorithm, ConvShape, Epilogue, Input, Method};
use lacuna_kernels::upsample::{self, UpsampleShape, Upsampling};
use proptest::prelude::*;

use crate::support::{Placement, assert_close, numbers, on_every_path};

/// The bound on the error of minimal filtering, relative to the root of the number of products.
const WINOGRAD: f64 = 2e-5;

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
        shape([2, 16, 16, 31, 33], 3, 1, 1),
        shape([2, 16, 2, 33, 31], 3, 1, 1),
        shape([1, 96, 32, 24, 40], 3, 1, 1),
        // Pointwise, one or several channels, several bands.
        shape([3, 17, 64, 9, 5], 1, 1, 0),
        shape([1, 1, 1, 1, 1], 1, 1, 0),
        shape([2, 64, 17, 64, 64], 1, 1, 0),
        // One pixel, and images that are all halo.
        shape([1, 5, 7, 1, 1], 3, 1, 1),
        shape([2, 16, 33, 1, 1], 3, 2, 1),
        shape([1, 2, 3, 1, 1], 7, 2, 3),
        // Odd sizes and channels that fill no vector.
        shape([2, 3, 17, 7, 13], 3, 1, 1),
        shape([2, 17, 3, 13, 7], 3, 2, 1),
        shape([1, 1, 17, 5, 3], 7, 1, 3),
        shape([1, 3, 1, 11, 11], 7, 2, 3),
        shape([1, 5, 2, 6, 7], 3, 1, 1),
        shape([3, 15, 33, 5, 9], 3, 1, 1),
        shape([1, 33, 15, 10, 6], 3, 2, 1),
        shape([1, 7, 4, 9, 9], 5, 1, 2),
        // No padding; more padding than mirrors into the gradient's convolution.
        shape([2, 3, 5, 9, 8], 3, 1, 0),
        shape([2, 3, 5, 4, 6], 3, 1, 4),
        shape([1, 2, 3, 4, 4], 1, 1, 2),
        // Input smaller than the kernel; a stride larger than the kernel.
        shape([2, 3, 4, 1, 2], 3, 1, 1),
        shape([2, 3, 4, 2, 1], 7, 2, 3),
        shape([1, 2, 3, 10, 11], 2, 3, 0),
        // Many small images, channels in several chunks.
        shape([9, 40, 80, 4, 4], 3, 1, 1),
        shape([20, 130, 33, 2, 2], 3, 1, 1),
        // Kernels, strides and paddings that differ by axis.
        ConvShape { kernel: [3, 1], padding: [1, 0], ..shape([2, 5, 6, 8, 7], 1, 1, 0) },
        ConvShape {
            kernel: [2, 5],
            stride: [1, 3],
            padding: [2, 1],
            ..shape([2, 3, 18, 9, 17], 1, 1, 0)
        },
    ]
}

/// Calls `visit` with the indices of x, w and y of each product.
fn products(shape: &ConvShape, mut visit: impl FnMut(usize, usize, usize)) {
    let [out_height, out_width] = shape.output_size().unwrap();
    let [kernel_height, kernel_width] = shape.kernel;
    for n in 0..shape.batch {
        for (oy, ox) in grid(out_height, out_width) {
            for (ky, kx) in grid(kernel_height, kernel_width) {
                let Some(iy) = (oy * shape.stride[0] + ky).checked_sub(shape.padding[0]) else {
                    continue;
                };
                let Some(ix) = (ox * shape.stride[1] + kx).checked_sub(shape.padding[1]) else {
                    continue;
                };
                if iy >= shape.height || ix >= shape.width {
                    continue;
                }
                let x = ((n * shape.height + iy) * shape.width + ix) * shape.in_channels;
                let y = ((n * out_height + oy) * out_width + ox) * shape.out_channels;
                for (o, i) in grid(shape.out_channels, shape.in_channels) {
                    let w = ((o * shape.in_channels + i) * kernel_height + ky) * kernel_width + kx;
                    visit(x + i, w, y + o);
                }
            }
        }
    }
}

fn grid(rows: usize, columns: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..rows).flat_map(move |row| (0..columns).map(move |column| (row, column)))
}

/// Inputs of a convolution and what it must give.
struct Case {
    shape: ConvShape,
    x: Vec<f32>,
    w: Vec<f32>,
    dy: Vec<f32>,
    y: Vec<f64>,
    dx: Vec<f64>,
    dw: Vec<f64>,
}

impl Case {
    fn new(shape: &ConvShape) -> Self {
        Self::of_factors(shape, f64::from)
    }

    /// What products of inputs that are changed first must give.
    fn of_factors(shape: &ConvShape, factor: impl Fn(f32) -> f64) -> Self {
        let x = numbers(shape.input_len().unwrap(), 1);
        let w = numbers(shape.weight_len().unwrap(), 2);
        let dy = numbers(shape.output_len().unwrap(), 3);
        let (mut y, mut dx, mut dw) = (vec![0.0; dy.len()], vec![0.0; x.len()], vec![0.0; w.len()]);
        products(shape, |ix, iw, iy| {
            let [x, w, dy] = [x[ix], w[iw], dy[iy]].map(&factor);
            y[iy] += x * w;
            dx[ix] += dy * w;
            dw[iw] += x * dy;
        });
        Self { shape: *shape, x, w, dy, y, dx, dw }
    }

    fn forward(&self, place: &Placement, method: Method) -> Vec<f32> {
        let mut y = place.output(self.dy.len());
        let (x, w) = (place.put(&self.x), place.put(&self.w));
        conv2d::forward(&self.shape, Input::Plain(&x), &w, Epilogue::default(), method, &mut y)
            .unwrap();
        y.to_vec()
    }

    fn backward_input(&self, place: &Placement, method: Method) -> Vec<f32> {
        let mut dx = place.output(self.x.len());
        let (dy, w) = (place.put(&self.dy), place.put(&self.w));
        conv2d::backward_input(&self.shape, &dy, &w, method, &mut dx).unwrap();
        dx.to_vec()
    }

    fn backward_weight(&self, place: &Placement, method: Method) -> Vec<f32> {
        let mut dw = place.output(self.w.len());
        let (x, dy) = (place.put(&self.x), place.put(&self.dy));
        conv2d::backward_weight(&self.shape, Input::Plain(&x), &dy, method, &mut dw).unwrap();
        dw.to_vec()
    }

    fn check(&self, method: impl Into<Method>, tolerance: f64) {
        let method = method.into();
        let ConvShape { in_channels, out_channels, kernel, .. } = self.shape;
        let what = format!("{method:?} {:?}", self.shape);
        let taps = (kernel[0] * kernel[1]) as f64;
        for (isa, found) in on_every_path(&what, |place| self.forward(place, method)) {
            let what = format!("forward, {} {what}", isa.name());
            assert_close(&what, &found, &self.y, (taps * in_channels as f64).sqrt(), tolerance);
        }
        for (isa, found) in on_every_path(&what, |place| self.backward_input(place, method)) {
            let what = format!("input gradient, {} {what}", isa.name());
            assert_close(&what, &found, &self.dx, (taps * out_channels as f64).sqrt(), tolerance);
        }
        let pixels = self.dy.len() / out_channels;
        for (isa, found) in on_every_path(&what, |place| self.backward_weight(place, method)) {
            let what = format!("weight gradient, {} {what}", isa.name());
            assert_close(&what, &found, &self.dw, (pixels as f64).sqrt(), tolerance);
        }
    }
}

#[test]
fn passes_are_their_definition() {
    for shape in shapes() {
        Case::new(&shape).check(Algorithm::Direct, 4e-6);
        Case::new(&shape).check(Algorithm::Auto, WINOGRAD);
        if shape.kernel == [3, 3] && shape.stride == [1, 1] {
            Case::new(&shape).check(Algorithm::Winograd, WINOGRAD);
        }
    }
}

/// The root mean square of the errors, relative to that of the exact values.
fn relative_error(found: &[f32], exact: &[f64]) -> f64 {
    let errors = found.iter().zip(exact).map(|(found, exact)| f64::from(*found) - exact);
    let squares: f64 = errors.map(|error| error * error).sum();
    (squares / exact.iter().map(|exact| exact * exact).sum::<f64>()).sqrt()
}

#[test]
fn minimal_filtering_loses_little() {
    for channels in [16, 64, 256] {
        let shape = shape([1, channels, 48, 12, 12], 3, 1, 1);
        let case = Case::new(&shape);
        for (algorithm, bound) in [(Algorithm::Direct, 1.5e-6), (Algorithm::Winograd, 4e-6)] {
            for (isa, y) in on_every_path("error", |place| case.forward(place, algorithm.into())) {
                let error = relative_error(&y, &case.y);
                let what = format!("{algorithm:?} of {channels} channels, {}", isa.name());
                println!("{what}: {error:.1e}");
                assert!(error < bound, "{what}: {error:e}");
            }
        }
    }
}

#[test]
fn minimal_filtering_is_for_its_kernel() {
    for (kernel, stride) in [(5, 1), (3, 2)] {
        let shape = shape([1, 2, 3, 8, 8], kernel, stride, 1);
        let case = Case { y: vec![], dx: vec![], dw: vec![], ..Case::new(&shape) };
        let mut y = case.dy.clone();
        let (x, w) = (&case.x, &case.w);
        let refused = conv2d::forward(
            &shape,
            Input::Plain(x),
            w,
            Epilogue::default(),
            Algorithm::Winograd,
            &mut y,
        );
        assert!(matches!(refused, Err(ShapeError::Unsupported { .. })), "{shape:?}");
    }
}

#[test]
fn epilogues_follow_in_order() {
    for shape in shapes() {
        Case::new(&shape).check_epilogues(Algorithm::Auto.into(), WINOGRAD);
    }
}

impl Case {
    fn check_epilogues(&self, method: Method, tolerance: f64) {
        let (case, shape) = (self, &self.shape);
        let channels = shape.out_channels;
        let bias = numbers(channels, 4);
        let shortcut = numbers(case.y.len(), 5);
        for (with_bias, with_shortcut, relu) in
            [(true, false, false), (false, false, true), (true, true, true), (false, true, false)]
        {
            let expected: Vec<f64> = case
                .y
                .iter()
                .enumerate()
                .map(|(index, y)| {
                    let bias = if with_bias { f64::from(bias[index % channels]) } else { 0.0 };
                    let shortcut = if with_shortcut { f64::from(shortcut[index]) } else { 0.0 };
                    let value = y + bias + shortcut;
                    if relu { value.max(0.0) } else { value }
                })
                .collect();
            let mut sums = vec![0.0; 2 * channels];
            for (index, value) in expected.iter().enumerate() {
                sums[index % channels] += value;
                sums[channels + index % channels] += value * value;
            }
            let what = format!("epilogue {with_bias} {with_shortcut} {relu} of {shape:?}");
            let runs = on_every_path(&what, |place| {
                let mut y = place.output(case.y.len());
                let mut sums = place.put(&vec![f64::NAN; 2 * channels]);
                let (bias, shortcut) = (place.put(&bias), place.put(&shortcut));
                let epilogue = Epilogue {
                    bias: with_bias.then_some(&bias),
                    shortcut: with_shortcut.then_some(&shortcut),
                    relu,
                    sums: Some(&mut sums),
                };
                let (x, w) = (place.put(&case.x), place.put(&case.w));
                conv2d::forward(shape, Input::Plain(&x), &w, epilogue, method, &mut y).unwrap();
                y.iter().copied().chain(sums.iter().map(|sum| *sum as f32)).collect()
            });
            let scale = ((shape.weight_len().unwrap() / channels) as f64).sqrt();
            for (isa, found) in runs {
                let what = format!("{} {what}", isa.name());
                let (y, found_sums) = found.split_at(case.y.len());
                assert_close(&what, y, &expected, scale, tolerance);
                let scale = sums.iter().fold(1.0, |most: f64, sum| most.max(sum.abs()));
                assert_close(&what, found_sums, &sums, scale, tolerance);
            }
        }
    }
}

#[test]
fn the_gradient_of_the_bias_is_a_sum() {
    for shape in shapes() {
        let dy = numbers(shape.output_len().unwrap(), 3);
        let mut expected = vec![0.0; shape.out_channels];
        for (index, dy) in dy.iter().enumerate() {
            expected[index % shape.out_channels] += f64::from(*dy);
        }
        let runs = on_every_path("bias", |place| {
            let mut db = place.output(shape.out_channels);
            conv2d::backward_bias(&shape, &place.put(&dy), &mut db).unwrap();
            db.to_vec()
        });
        for (isa, found) in runs {
            let what = format!("bias gradient, {} {shape:?}", isa.name());
            assert_close(&what, &found, &expected, (dy.len() as f64).sqrt(), 1e-6);
        }
    }
}

#[test]
fn an_input_need_not_be_stored() {
    // Channels of both parts in all alignments, of one part only, with padding of the kernel and without.
    for (of_x, of_skip, out, size, kernel, padding) in [
        (16, 16, 16, [8, 12], 3, 1),
        (32, 0, 16, [16, 8], 3, 1),
        (5, 3, 7, [6, 4], 3, 1),
        (67, 30, 33, [8, 8], 3, 1),
        (1, 2, 2, [2, 2], 3, 1),
        (7, 9, 4, [6, 6], 1, 0),
        (17, 4, 20, [8, 6], 5, 0),
    ] {
        let shape = shape([2, of_x + of_skip, out, size[0], size[1]], kernel, 1, padding);
        let [height, width] = size.map(|size| size / 2);
        let up = UpsampleShape { batch: 2, height, width, channels: of_x, skip_channels: of_skip };
        let x = numbers(up.input_len().unwrap(), 6);
        let skip = numbers(up.skip_len().unwrap(), 7);
        let mut stored = vec![0.0; up.output_len().unwrap()];
        upsample::forward(&up, Upsampling::Nearest, &x, &skip, &mut stored).unwrap();
        let w = numbers(shape.weight_len().unwrap(), 2);
        let dy = numbers(shape.output_len().unwrap(), 3);
        let f32s = [Algorithm::Direct, Algorithm::Auto, Algorithm::Winograd].map(Method::from);
        for method in f32s.into_iter().chain([bf16::DIRECT]) {
            if method.algorithm == Algorithm::Winograd && kernel != 3 {
                continue;
            }
            let what = format!("{method:?} of {of_x} + {of_skip} {shape:?}");
            let run = |input: Input, place: &Placement| {
                let (mut y, mut dw) = (place.output(dy.len()), place.output(w.len()));
                let (w, dy) = (place.put(&w), place.put(&dy));
                let none = Epilogue::default();
                conv2d::forward(&shape, input, &w, none, method, &mut y).unwrap();
                conv2d::backward_weight(&shape, input, &dy, method, &mut dw).unwrap();
                [&*y, &*dw].concat()
            };
            let expected =
                on_every_path(&what, |place| run(Input::Plain(&place.put(&stored)), place));
            let found = on_every_path(&what, |place| {
                let (x, skip) = (place.put(&x), place.put(&skip));
                run(Input::UpsampledConcat { x: &x, skip: &skip }, place)
            });
            assert!(found == expected, "{what}");
        }
    }
}

#[test]
fn parts_that_do_not_fit_are_refused() {
    let odd = shape([1, 4, 2, 3, 4], 3, 1, 1);
    let even = shape([1, 4, 2, 4, 4], 3, 1, 1);
    let run = |shape: &ConvShape, x: &[f32], skip: &[f32]| {
        let w = vec![0.0; shape.weight_len().unwrap()];
        let mut y = vec![0.0; shape.output_len().unwrap()];
        let input = Input::UpsampledConcat { x, skip };
        conv2d::forward(shape, input, &w, Epilogue::default(), Algorithm::Auto, &mut y)
    };
    assert_eq!(run(&even, &[0.0; 12], &[0.0; 16]), Ok(()));
    assert!(matches!(run(&odd, &[0.0; 6], &[0.0; 12]), Err(ShapeError::Unsupported { .. })));
    for (x, skip) in [(11, 16), (12, 17), (12, 0), (0, 64), (0, 0)] {
        let refused = run(&even, &vec![0.0; x], &vec![0.0; skip]);
        assert!(matches!(refused, Err(ShapeError::Length { .. })), "{x} {skip}");
    }
}

fn any_shape() -> impl Strategy<Value = ConvShape> {
    let sizes = (1usize..4, 1usize..40, 1usize..40, 1usize..14, 1usize..14);
    let windows = ([1usize..6, 1..6], [1usize..4, 1..4], [0usize..4, 0..4]);
    (sizes, windows)
        .prop_map(|((batch, in_channels, out_channels, height, width), windows)| ConvShape {
            batch,
            in_channels,
            out_channels,
            height,
            width,
            kernel: windows.0,
            stride: windows.1,
            padding: windows.2,
        })
        .prop_filter("the kernel fits", |shape| shape.output_size().is_ok())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_shape_is_its_definition(shape in any_shape()) {
        Case::new(&shape).check(Algorithm::Auto, WINOGRAD);
    }
}

#[test]
fn wrong_arguments_are_refused() {
    let good = shape([1, 2, 3, 4, 4], 3, 1, 1);
    let run = |shape: &ConvShape, lengths: [usize; 3]| {
        let [x, w, y] = lengths.map(|len| vec![0.0; len]);
        let mut y = y;
        conv2d::forward(shape, Input::Plain(&x), &w, Epilogue::default(), Algorithm::Auto, &mut y)
    };
    assert_eq!(run(&good, [32, 54, 48]), Ok(()));
    let length = |what, found, expected| Err(ShapeError::Length { what, found, expected });
    assert_eq!(run(&good, [31, 54, 48]), length("the input", 31, 32));
    assert_eq!(run(&good, [32, 53, 48]), length("the weight", 53, 54));
    assert_eq!(run(&good, [32, 54, 49]), length("the output", 49, 48));
    let none = ConvShape { batch: 0, ..good };
    assert_eq!(run(&none, [0, 54, 0]), Err(ShapeError::Zero { what: "batch size" }));
    let large = ConvShape { kernel: [9, 3], ..good };
    assert!(matches!(run(&large, [32, 0, 0]), Err(ShapeError::KernelTooLarge { .. })));
    let huge = ConvShape { batch: usize::MAX / 8, ..good };
    assert_eq!(run(&huge, [0, 54, 0]), Err(ShapeError::Overflow));
    let bias = [0.0; 2];
    let epilogue = Epilogue { bias: Some(&bias), ..Epilogue::default() };
    let refused = conv2d::forward(
        &good,
        Input::Plain(&[0.0; 32]),
        &[0.0; 54],
        epilogue,
        Algorithm::Auto,
        &mut [0.0; 48],
    );
    assert_eq!(refused, length("the bias", 2, 3));
}
