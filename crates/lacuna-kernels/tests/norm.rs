//! Batch normalisation and its gradient against the definition in double precision.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use lacuna_kernels::ShapeError;
use lacuna_kernels::norm::{self, NormBackward, NormGradients, NormShape, Normalisation};

const EPSILON: f64 = 1e-5;

/// Numbers without structure around `offset`.
fn numbers(len: usize, seed: u32, offset: f32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        offset + state as f32 / u32::MAX as f32 * 2.0 - 1.0
    };
    (0..len).map(|_| next()).collect()
}

struct Case {
    shape: NormShape,
    x: Vec<f32>,
    dy: Vec<f32>,
    gamma: Vec<f32>,
    beta: Vec<f32>,
    shortcut: Option<Vec<f32>>,
    relu: bool,
}

impl Case {
    fn new(shape: NormShape, offset: f32, shortcut: bool, relu: bool) -> Self {
        let len = shape.value_count().unwrap();
        Self {
            shape,
            x: numbers(len, 1, offset),
            dy: numbers(len, 2, 0.0),
            gamma: numbers(shape.channels, 3, 0.5),
            beta: numbers(shape.channels, 4, 0.0),
            shortcut: shortcut.then(|| numbers(len, 5, 0.0)),
            relu,
        }
    }

    /// mean, variance, y, dx, gradients of the shortcut, γ and β.
    fn run(&self) -> [Vec<f32>; 7] {
        let (shape, len, channels) = (&self.shape, self.x.len(), self.shape.channels);
        let (mut mean, mut variance) = (vec![f32::NAN; channels], vec![f32::NAN; channels]);
        norm::statistics(shape, &self.x, &mut mean, &mut variance).unwrap();
        let norm = Normalisation {
            mean: &mean,
            variance: &variance,
            gamma: &self.gamma,
            beta: &self.beta,
            epsilon: EPSILON,
        };
        let [mut y, mut dx, mut dshortcut] = [(); 3].map(|()| vec![f32::NAN; len]);
        norm::normalise(shape, &norm, &self.x, self.shortcut.as_deref(), self.relu, &mut y)
            .unwrap();
        let (mut dgamma, mut dbeta) = (vec![f32::NAN; channels], vec![f32::NAN; channels]);
        let rectified = self.relu.then_some(y.as_slice());
        let from = NormBackward { norm, x: &self.x, rectified, dy: &self.dy };
        let shortcut = self.shortcut.as_ref().map(|_| dshortcut.as_mut_slice());
        let to = NormGradients { dx: &mut dx, shortcut, gamma: &mut dgamma, beta: &mut dbeta };
        norm::backward(shape, &from, to).unwrap();
        [mean, variance, y, dx, dshortcut, dgamma, dbeta]
    }

    fn expected(&self) -> [Vec<f64>; 7] {
        let NormShape { batch, channels, pixels } = self.shape;
        let len = self.x.len();
        let count = (batch * pixels) as f64;
        let [mut mean, mut variance, mut dgamma, mut dbeta] =
            [(); 4].map(|()| vec![0f64; channels]);
        let [mut y, mut dx, mut dshortcut] = [(); 3].map(|()| vec![f64::NAN; len]);
        for c in 0..channels {
            let at = (0..len).filter(|i| i / pixels % channels == c);
            let x = |i: usize| f64::from(self.x[i]);
            mean[c] = at.clone().map(x).sum::<f64>() / count;
            variance[c] = at.clone().map(|i| (x(i) - mean[c]).powi(2)).sum::<f64>() / count;
            let inverse = 1.0 / (variance[c] + EPSILON).sqrt();
            let gamma = f64::from(self.gamma[c]);
            let unit = |i: usize| (x(i) - mean[c]) * inverse;
            let mut gradients = vec![0.0; len];
            for i in at.clone() {
                let shortcut = self.shortcut.as_ref().map_or(0.0, |s| f64::from(s[i]));
                let value = gamma * unit(i) + f64::from(self.beta[c]) + shortcut;
                y[i] = if self.relu { value.max(0.0) } else { value };
                gradients[i] = if self.relu && value <= 0.0 { 0.0 } else { f64::from(self.dy[i]) };
                if self.shortcut.is_some() {
                    dshortcut[i] = gradients[i];
                }
                dbeta[c] += gradients[i];
                dgamma[c] += gradients[i] * unit(i);
            }
            for i in at {
                dx[i] = gamma
                    * inverse
                    * (gradients[i] - dbeta[c] / count - unit(i) * dgamma[c] / count);
            }
        }
        [mean, variance, y, dx, dshortcut, dgamma, dbeta]
    }
}

fn cases() -> Vec<Case> {
    let shape = |batch, channels, pixels| NormShape { batch, channels, pixels };
    vec![
        Case::new(shape(8, 64, 256), 0.0, false, true),
        Case::new(shape(2, 3, 10_007), 0.0, true, true),
        Case::new(shape(3, 17, 5), 0.5, true, false),
        Case::new(shape(2, 5, 33), -0.3, false, false),
        // A mean that is large beside the deviation.
        Case::new(shape(2, 4, 900), 300.0, false, true),
    ]
}

#[test]
fn values_and_gradients_are_those_of_the_definition() {
    for case in cases() {
        let names = ["mean", "variance", "y", "dx", "d shortcut", "d gamma", "d beta"];
        for ((name, found), expected) in names.iter().zip(case.run()).zip(case.expected()) {
            let scale = expected.iter().fold(1f64, |scale, value| scale.max(value.abs()));
            for (index, (found, expected)) in found.iter().zip(&expected).enumerate() {
                let same = expected.is_nan() && found.is_nan();
                let close = (f64::from(*found) - expected).abs() <= 1e-4 * scale;
                assert!(
                    same || close,
                    "{name}[{index}] is {found}, not {expected}: {:?}",
                    case.shape
                );
            }
        }
    }
}

#[test]
fn one_value_per_channel_has_no_variance() {
    let case = Case::new(NormShape { batch: 1, channels: 3, pixels: 1 }, 0.0, false, false);
    let [_, variance, y, dx, ..] = case.run();
    assert_eq!(variance, [0.0; 3]);
    // The scale is 1 / √ε here, which magnifies the rounding of the input.
    assert!(y.iter().zip(&case.beta).all(|(y, beta)| (y - beta).abs() < 1e-4), "{y:?}");
    assert!(dx.iter().all(|value| value.abs() < 1e-3), "{dx:?}");
}

#[test]
fn a_diverged_value_stays_visible() {
    let mut case = Case::new(NormShape { batch: 1, channels: 2, pixels: 4 }, 0.0, false, true);
    case.x[1] = f32::NAN;
    let [_, _, y, ..] = case.run();
    assert!(y[..4].iter().all(|value| value.is_nan()) && y[4..].iter().all(|v| v.is_finite()));
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    for case in cases() {
        let bytes =
            |results: [Vec<f32>; 7]| results.map(|r| r.iter().map(|v| v.to_bits()).collect());
        let first: [Vec<u32>; 7] = bytes(case.run());
        for threads in 1..4 {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            assert_eq!(first, bytes(pool.install(|| case.run())), "{:?}", case.shape);
        }
    }
}

#[test]
fn wrong_lengths_are_errors() {
    let shape = NormShape { batch: 2, channels: 3, pixels: 4 };
    let (mut mean, mut variance) = ([0.0; 3], [0.0; 3]);
    let result = norm::statistics(&shape, &[0.0; 23], &mut mean, &mut variance);
    let expected = ShapeError::Length { what: "the input", found: 23, expected: 24 };
    assert_eq!(result, Err(expected));
    assert_eq!(
        NormShape { pixels: 0, ..shape }.value_count(),
        Err(ShapeError::Zero { what: "number of pixels" })
    );
}
