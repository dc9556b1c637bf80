//! Batch normalisation and its gradient.

use lacuna_kernels::batch_norm::{
    self, NormBackward, NormGradients, NormShape, Normalisation, Rectified,
};

use crate::support::{assert_close, numbers, on_every_path};

const EPSILON: f64 = 1e-5;

/// pixels, channels
const SHAPES: [[usize; 2]; 12] = [
    [1, 1],
    [2, 3],
    [37, 1],
    [50, 2],
    [33, 5],
    [64, 16],
    [77, 17],
    [19, 33],
    // Several chunks.
    [70_000, 3],
    [9_000, 16],
    [1_001, 130],
    [5, 511],
];

struct Case {
    shape: NormShape,
    x: Vec<f32>,
    dy: Vec<f32>,
    shortcut: Vec<f32>,
    gamma: Vec<f32>,
    beta: Vec<f32>,
    mean: Vec<f64>,
    variance: Vec<f64>,
}

impl Case {
    fn new([pixels, channels]: [usize; 2]) -> Self {
        let len = pixels * channels;
        let x: Vec<f32> = numbers(len, 1).iter().map(|value| value + 3.0).collect();
        let (mut mean, mut variance) = (vec![0.0; channels], vec![0.0; channels]);
        for (index, value) in x.iter().enumerate() {
            mean[index % channels] += f64::from(*value) / pixels as f64;
        }
        for (index, value) in x.iter().enumerate() {
            let deviation = f64::from(*value) - mean[index % channels];
            variance[index % channels] += deviation * deviation / pixels as f64;
        }
        Self {
            shape: NormShape { pixels, channels },
            x,
            dy: numbers(len, 2),
            shortcut: numbers(len, 3),
            gamma: numbers(channels, 4),
            beta: numbers(channels, 5),
            mean,
            variance,
        }
    }

    fn normalised(&self, index: usize) -> f64 {
        let channel = index % self.shape.channels;
        let deviation = (self.variance[channel] + EPSILON).sqrt();
        (f64::from(self.x[index]) - self.mean[channel]) / deviation
    }

    /// The output before the ReLU.
    fn output(&self, index: usize, shortcut: bool) -> f64 {
        let channel = index % self.shape.channels;
        let added = if shortcut { f64::from(self.shortcut[index]) } else { 0.0 };
        self.normalised(index) * f64::from(self.gamma[channel])
            + f64::from(self.beta[channel])
            + added
    }

    fn norm<'a>(&'a self, mean: &'a [f32], variance: &'a [f32]) -> Normalisation<'a> {
        Normalisation { mean, variance, gamma: &self.gamma, beta: &self.beta, epsilon: EPSILON }
    }

    fn single(values: &[f64]) -> Vec<f32> {
        values.iter().map(|value| *value as f32).collect()
    }

    /// dx, gradient of the shortcut, dγ, dβ for gradients that pass where `passes`.
    fn gradients(&self, passes: &[bool]) -> [Vec<f64>; 4] {
        let channels = self.shape.channels;
        let g: Vec<f64> = self
            .dy
            .iter()
            .zip(passes)
            .map(|(dy, pass)| if *pass { f64::from(*dy) } else { 0.0 })
            .collect();
        let (mut gamma, mut beta) = (vec![0.0; channels], vec![0.0; channels]);
        for (index, g) in g.iter().enumerate() {
            gamma[index % channels] += g * self.normalised(index);
            beta[index % channels] += g;
        }
        let count = self.shape.pixels as f64;
        let dx = (0..g.len()).map(|index| {
            let channel = index % channels;
            let scale = f64::from(self.gamma[channel]) / (self.variance[channel] + EPSILON).sqrt();
            scale
                * (g[index]
                    - beta[channel] / count
                    - self.normalised(index) * gamma[channel] / count)
        });
        let dx = dx.collect();
        [dx, g, gamma, beta]
    }
}

#[test]
fn statistics_are_those_of_the_channels() {
    for sizes in SHAPES {
        let case = Case::new(sizes);
        let what = format!("statistics {sizes:?}");
        let runs = on_every_path(&what, |place| {
            let (mut mean, mut variance) = (place.output(sizes[1]), place.output(sizes[1]));
            batch_norm::statistics(&case.shape, &place.put(&case.x), &mut mean, &mut variance)
                .unwrap();
            mean.iter().chain(variance.iter()).copied().collect()
        });
        for (isa, found) in runs {
            let expected: Vec<f64> = case.mean.iter().chain(&case.variance).copied().collect();
            assert_close(&format!("{} {what}", isa.name()), &found, &expected, 3.0, 1e-6);
        }
    }
}

#[test]
fn outputs_are_normalised() {
    for sizes in SHAPES {
        let case = Case::new(sizes);
        let (mean, variance) = (Case::single(&case.mean), Case::single(&case.variance));
        for (with_shortcut, relu) in [(false, false), (false, true), (true, false), (true, true)] {
            let expected: Vec<f64> = (0..case.x.len())
                .map(|index| {
                    let value = case.output(index, with_shortcut);
                    if relu { value.max(0.0) } else { value }
                })
                .collect();
            let what = format!("normalise {sizes:?} {with_shortcut} {relu}");
            let runs = on_every_path(&what, |place| {
                let mut y = place.output(case.x.len());
                let (x, shortcut) = (place.put(&case.x), place.put(&case.shortcut));
                let shortcut = with_shortcut.then_some(&*shortcut);
                let norm = case.norm(&mean, &variance);
                batch_norm::normalise(&case.shape, &norm, &x, shortcut, relu, &mut y).unwrap();
                y.to_vec()
            });
            for (isa, found) in runs {
                assert_close(&format!("{} {what}", isa.name()), &found, &expected, 4.0, 2e-5);
            }
        }
    }
}

#[test]
fn gradients_are_those_of_the_normalisation() {
    for sizes in SHAPES.into_iter().filter(|[pixels, _]| *pixels > 1) {
        let case = Case::new(sizes);
        let (mean, variance) = (Case::single(&case.mean), Case::single(&case.variance));
        let norm = case.norm(&mean, &variance);
        let mut y = vec![0.0; case.x.len()];
        batch_norm::normalise(&case.shape, &norm, &case.x, Some(&case.shortcut), true, &mut y)
            .unwrap();
        let mut plain = vec![0.0; case.x.len()];
        batch_norm::normalise(&case.shape, &norm, &case.x, None, true, &mut plain).unwrap();
        let cases = [
            ("no", Rectified::No, vec![true; y.len()]),
            ("input", Rectified::Input, plain.iter().map(|y| *y > 0.0).collect()),
            ("output", Rectified::Output(&y), y.iter().map(|y| *y > 0.0).collect()),
        ];
        for (name, rectified, passes) in cases {
            let what = format!("gradient {sizes:?} {name}");
            let runs = on_every_path(&what, |place| {
                let mut dx = place.put(&case.dy);
                let mut shortcut = place.output(case.dy.len());
                let (mut gamma, mut beta) = (place.output(sizes[1]), place.output(sizes[1]));
                let x = place.put(&case.x);
                let y = place.put(&y);
                let rectified = if matches!(rectified, Rectified::Output(_)) {
                    Rectified::Output(&y)
                } else {
                    rectified
                };
                let from = NormBackward { norm, x: &x, rectified };
                let to = NormGradients {
                    dx: &mut dx,
                    shortcut: (name != "input").then_some(&mut *shortcut),
                    gamma: &mut gamma,
                    beta: &mut beta,
                };
                batch_norm::backward(&case.shape, &from, to).unwrap();
                if name == "input" {
                    shortcut.fill(0.0);
                }
                [&*dx, &*shortcut, &*gamma, &*beta].concat()
            });
            let [dx, mut g, gamma, beta] = case.gradients(&passes);
            if name == "input" {
                g.fill(0.0);
            }
            let scale = (sizes[0] as f64).sqrt();
            let expected = [dx, g, gamma, beta].concat();
            for (isa, found) in runs {
                assert_close(&format!("{} {what}", isa.name()), &found, &expected, scale, 2e-5);
            }
        }
    }
}

/// A network that has diverged must not look as if it had not: ReLU keeps NaN, as PyTorch's does.
#[test]
fn relu_keeps_what_is_no_number() {
    let case = Case::new([64, 17]);
    let mut x = case.x.clone();
    let lost: Vec<usize> = (0..x.len()).step_by(13).collect();
    for index in &lost {
        x[*index] = f32::NAN;
    }
    let (mean, variance) = (Case::single(&case.mean), Case::single(&case.variance));
    for (isa, y) in on_every_path("normalise with NaN", |place| {
        let (x, mut y) = (place.put(&x), place.output(x.len()));
        let norm = case.norm(&mean, &variance);
        batch_norm::normalise(&case.shape, &norm, &x, None, true, &mut y).unwrap();
        y.to_vec()
    }) {
        for (index, value) in y.iter().enumerate() {
            let expected = lost.contains(&index);
            assert!(value.is_nan() == expected, "value {index} on {}: {value}", isa.name());
            assert!(expected || *value >= 0.0);
        }
    }
}
