//! Random colour: torchvision's `ColorJitter`, `adjust_gamma` and `GaussianBlur`, and what a worse camera does, on planes
//! `[3, height, width]`.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::{Augmentation, symmetric};
use crate::image::Size;

/// Rec. 601 luma as torchvision's `rgb_to_grayscale` rounds it.
const LUMA: [f32; 3] = [0.2989, 0.587, 0.114];

/// Below this weight of a neighbouring pixel a blur changes less than half a grey level of 8 bits.
const NEGLIGIBLE_WEIGHT: f64 = 1e-3;

/// Varies values 0–1 in place: brightness, contrast and saturation in random order and gamma for the light, then blur for
/// the optics, low resolution and noise for the sensor.
pub(super) fn vary(rgb: &mut [f32], size: Size, augmentation: &Augmentation, rng: &mut ChaCha8Rng) {
    let factors = [augmentation.brightness, augmentation.contrast, augmentation.saturation]
        .map(|range| (range > 0.0, 1.0 + symmetric(rng, range) as f32));
    for operation in permutation(rng) {
        let (active, factor) = factors[operation];
        if active {
            [brightness, contrast, saturation][operation](rgb, factor);
        }
    }
    if let Some(exponent) = augmentation.gamma.log_uniform(rng) {
        gamma(rgb, exponent as f32);
    }
    if let Some(sigma) = augmentation.blur_sigma.uniform(rng) {
        blur(rgb, size, augmentation.blur_kernel, sigma);
    }
    if let Some(share) = augmentation.low_resolution.uniform(rng) {
        low_resolution(rgb, size, share);
    }
    if let Some(sd) = augmentation.noise_sd.uniform(rng) {
        noise(rgb, sd as f32, rng);
    }
}

/// One of the six orders of three operations.
fn permutation(rng: &mut ChaCha8Rng) -> [usize; 3] {
    const ORDERS: [[usize; 3]; 6] =
        [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    ORDERS[rng.random_range(0..ORDERS.len())]
}

/// torchvision's `adjust_gamma` with gain 1.
fn gamma(rgb: &mut [f32], exponent: f32) {
    for value in rgb {
        *value = value.clamp(0.0, 1.0).powf(exponent);
    }
}

/// Independent for every value, as `torchvision.transforms.v2.GaussianNoise`.
fn noise(rgb: &mut [f32], sd: f32, rng: &mut ChaCha8Rng) {
    for value in rgb {
        let normal: f32 = StandardNormal.sample(rng);
        *value = (*value + sd * normal).clamp(0.0, 1.0);
    }
}

/// Reduced to `share` of both sides and enlarged again: PyTorch's `interpolate` with mode `area`, then `bilinear`.
fn low_resolution(rgb: &mut [f32], size: Size, share: f64) {
    let reduced = |side: usize| ((side as f64 * share).round() as usize).clamp(1, side);
    let small = Size::new(reduced(size.width), reduced(size.height));
    if small == size {
        return;
    }
    for plane in rgb.chunks_exact_mut(size.area()) {
        let rows = resample(plane, size.width, &area_taps(size.width, small.width));
        let turned = resample(&rows, size.height, &area_taps(size.height, small.height));
        let rows = resample(&turned, small.width, &bilinear_taps(small.width, size.width));
        plane.copy_from_slice(&resample(
            &rows,
            small.height,
            &bilinear_taps(small.height, size.height),
        ));
    }
}

/// Source positions and weights of one output value.
type Taps = Vec<(usize, f32)>;

/// The source pixels that an output pixel covers in part or whole count the same, as in PyTorch.
fn area_taps(from: usize, to: usize) -> Vec<Taps> {
    let taps = |i: usize| {
        let (first, end) = (i * from / to, ((i + 1) * from).div_ceil(to));
        let weight = 1.0 / (end - first) as f32;
        (first..end).map(|at| (at, weight)).collect()
    };
    (0..to).map(taps).collect()
}

/// As `align_corners=False`, borders repeated.
fn bilinear_taps(from: usize, to: usize) -> Vec<Taps> {
    let taps = |i: usize| {
        let at = ((i as f64 + 0.5) * from as f64 / to as f64 - 0.5).clamp(0.0, (from - 1) as f64);
        let (left, fraction) = (at as usize, at.fract() as f32);
        vec![(left, 1.0 - fraction), ((left + 1).min(from - 1), fraction)]
    };
    (0..to).map(taps).collect()
}

/// Rows of `length` values resampled, and rows and columns exchanged: twice resamples both axes.
fn resample(plane: &[f32], length: usize, taps: &[Taps]) -> Vec<f32> {
    let value = |row: &[f32], taps: &Taps| taps.iter().map(|(at, weight)| row[*at] * weight).sum();
    let column = |taps| plane.chunks_exact(length).map(move |row| value(row, taps));
    taps.iter().flat_map(column).collect()
}

fn brightness(rgb: &mut [f32], factor: f32) {
    for value in rgb {
        *value = (*value * factor).clamp(0.0, 1.0);
    }
}

fn contrast(rgb: &mut [f32], factor: f32) {
    let area = (rgb.len() / 3).max(1);
    let luma: f64 = (0..rgb.len() / 3).map(|i| f64::from(gray(rgb, i, area))).sum();
    let mean = (luma / area as f64) as f32;
    for value in rgb {
        *value = blend(*value, mean, factor);
    }
}

fn saturation(rgb: &mut [f32], factor: f32) {
    let area = rgb.len() / 3;
    for i in 0..area {
        let gray = gray(rgb, i, area);
        for channel in 0..3 {
            rgb[channel * area + i] = blend(rgb[channel * area + i], gray, factor);
        }
    }
}

fn gray(rgb: &[f32], pixel: usize, area: usize) -> f32 {
    (0..3).map(|channel| LUMA[channel] * rgb[channel * area + pixel]).sum()
}

fn blend(value: f32, other: f32, factor: f32) -> f32 {
    (factor * value + (1.0 - factor) * other).clamp(0.0, 1.0)
}

/// A separable Gaussian, mirrored at the border; skipped where it would change nothing visible
/// (the paper's σ ≤ .2 gives the neighbours a weight of 4e-6).
fn blur(rgb: &mut [f32], size: Size, kernel: usize, sigma: f64) {
    let weights = gaussian(kernel, sigma);
    let neighbour = weights.get(kernel / 2 + 1).copied().unwrap_or(0.0);
    if f64::from(neighbour) < NEGLIGIBLE_WEIGHT {
        return;
    }
    for plane in rgb.chunks_exact_mut(size.area()) {
        let rows = convolve(plane, &weights, |i, shift| {
            i - i % size.width + mirror(i % size.width, shift, size.width)
        });
        plane.copy_from_slice(&rows);
        let columns = convolve(plane, &weights, |i, shift| {
            mirror(i / size.width, shift, size.height) * size.width + i % size.width
        });
        plane.copy_from_slice(&columns);
    }
}

fn gaussian(kernel: usize, sigma: f64) -> Vec<f32> {
    let half = (kernel / 2) as f64;
    let raw: Vec<f64> =
        (0..kernel).map(|i| (-0.5 * ((i as f64 - half) / sigma.max(1e-9)).powi(2)).exp()).collect();
    let sum: f64 = raw.iter().sum();
    raw.iter().map(|weight| (weight / sum) as f32).collect()
}

fn convolve(plane: &[f32], weights: &[f32], at: impl Fn(usize, isize) -> usize) -> Vec<f32> {
    let half = (weights.len() / 2) as isize;
    let tap = |i: usize| {
        weights.iter().zip(-half..).map(|(weight, shift)| weight * plane[at(i, shift)]).sum()
    };
    (0..plane.len()).map(tap).collect()
}

/// `index + shift` reflected at the borders without repeating them.
fn mirror(index: usize, shift: isize, length: usize) -> usize {
    let last = length as isize - 1;
    if last == 0 {
        return 0;
    }
    let at = (index as isize + shift).rem_euclid(2 * last);
    at.min(2 * last - at) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    type Operation = fn(&mut [f32], f32);

    #[derive(serde::Deserialize)]
    struct Reference {
        height: usize,
        width: usize,
        image: Vec<f32>,
        brightness: Vec<(f32, Vec<f32>)>,
        contrast: Vec<(f32, Vec<f32>)>,
        saturation: Vec<(f32, Vec<f32>)>,
        gamma: Vec<(f32, Vec<f32>)>,
        blur: Vec<(usize, f64, Vec<f32>)>,
        low_resolution: Vec<(f64, Vec<f32>)>,
    }

    fn reference() -> Reference {
        serde_json::from_str(include_str!("../../../../refs/augment/photometric.json")).unwrap()
    }

    fn assert_close(found: &[f32], expected: &[f32], what: &str) {
        for (a, b) in found.iter().zip(expected) {
            assert!((a - b).abs() < 2e-6, "{what}: {a} is not {b}");
        }
    }

    #[test]
    fn colour_operations_equal_torchvisions() {
        let reference = reference();
        let operations: [(&str, Operation, _); 4] = [
            ("brightness", brightness, &reference.brightness),
            ("contrast", contrast, &reference.contrast),
            ("saturation", saturation, &reference.saturation),
            ("gamma", gamma, &reference.gamma),
        ];
        for (name, operation, rows) in operations {
            for (factor, expected) in rows {
                let mut rgb = reference.image.clone();
                operation(&mut rgb, *factor);
                assert_close(&rgb, expected, name);
            }
        }
    }

    #[test]
    fn low_resolution_equals_pytorchs_interpolation() {
        let reference = reference();
        let size = Size::new(reference.width, reference.height);
        for (share, expected) in &reference.low_resolution {
            let mut rgb = reference.image.clone();
            low_resolution(&mut rgb, size, *share);
            assert_close(&rgb, expected, &format!("{share}"));
        }
    }

    #[test]
    fn noise_has_the_spread_it_was_given_and_stays_in_range() {
        let mut rng = crate::random::stream(3, "noise", &[]);
        let mut rgb = vec![0.5; 30_000];
        noise(&mut rgb, 0.1, &mut rng);
        let mean = rgb.iter().sum::<f32>() / 30_000.0;
        let variance = rgb.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / 30_000.0;
        assert!((mean - 0.5).abs() < 0.003 && (variance.sqrt() - 0.1).abs() < 0.003);
        noise(&mut rgb, 5.0, &mut rng);
        assert!(rgb.iter().all(|value| (0.0..=1.0).contains(value)));
    }

    #[test]
    fn blur_equals_torchvisions() {
        let reference = reference();
        let size = Size::new(reference.width, reference.height);
        for (kernel, sigma, expected) in &reference.blur {
            let mut rgb = reference.image.clone();
            blur(&mut rgb, size, *kernel, *sigma);
            // σ = .2 is skipped: four neighbours of weight 3.7e-6 each
            let tolerance = if *sigma < 0.3 { 1.5e-5 } else { 2e-6 };
            for (a, b) in rgb.iter().zip(expected) {
                assert!((a - b).abs() < tolerance, "σ = {sigma}: {a} is not {b}");
            }
        }
    }
}
