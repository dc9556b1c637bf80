//! Random colour: torchvision's `ColorJitter` and `GaussianBlur` on planes `[3, height, width]`.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::{Augmentation, symmetric};
use crate::image::Size;

/// Rec. 601 luma as torchvision's `rgb_to_grayscale` rounds it.
const LUMA: [f32; 3] = [0.2989, 0.587, 0.114];

/// Below this weight of a neighbouring pixel a blur changes less than half a grey level of 8 bits.
const NEGLIGIBLE_WEIGHT: f64 = 1e-3;

/// Varies values 0–1 in place: brightness, contrast and saturation in random order, then blur.
pub(super) fn vary(rgb: &mut [f32], size: Size, augmentation: &Augmentation, rng: &mut ChaCha8Rng) {
    let factors = [augmentation.brightness, augmentation.contrast, augmentation.saturation]
        .map(|range| (range > 0.0, 1.0 + symmetric(rng, range) as f32));
    for operation in permutation(rng) {
        let (active, factor) = factors[operation];
        if active {
            [brightness, contrast, saturation][operation](rgb, factor);
        }
    }
    if let Some([low, high]) = augmentation.blur_sigma {
        let sigma = low + (high - low) * rng.random::<f64>();
        blur(rgb, size, augmentation.blur_kernel, sigma);
    }
}

/// One of the six orders of three operations.
fn permutation(rng: &mut ChaCha8Rng) -> [usize; 3] {
    const ORDERS: [[usize; 3]; 6] =
        [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    ORDERS[rng.random_range(0..ORDERS.len())]
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
        blur: Vec<(usize, f64, Vec<f32>)>,
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
        let operations: [(&str, Operation, _); 3] = [
            ("brightness", brightness, &reference.brightness),
            ("contrast", contrast, &reference.contrast),
            ("saturation", saturation, &reference.saturation),
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
