//! The painting patterns: which pixels of a class get painted.

use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::distance::squared_depth;
use super::instances::instances;
use super::stroke::Brush;
use super::{Case, Keep, PaintPattern, SimulateConfig};
use crate::annotation::BinaryMask;
use crate::image::{Image, Size};
use crate::supervision::erase::distances;

/// The painted part of one class.
pub(super) fn paint(
    case: &Case<'_>,
    class: usize,
    config: &SimulateConfig,
    fraction: f64,
    rng: &mut ChaCha8Rng,
) -> BinaryMask {
    let truth = &case.truth[class];
    let size = truth.size();
    match config.paint {
        PaintPattern::Complete | PaintPattern::FiveArea => truth.clone(),
        PaintPattern::Nearest => {
            let point = [rng.random(), rng.random()];
            first(truth, fraction, &distances(size, point), rng)
        }
        PaintPattern::Strokes => strokes(truth, fraction, config.stroke_width, rng),
        PaintPattern::Core => core(truth, fraction, config.core_margin, rng),
        PaintPattern::Peripheral => {
            first(truth, fraction, &reluctance(case.image, config.keep), rng)
        }
        PaintPattern::MissedInstances => some_instances(truth, fraction, rng),
    }
}

/// The number of things painted of `count`: the share rounded, but something of a share above 0.
fn target(fraction: f64, count: usize) -> usize {
    let least = usize::from(fraction > 0.0 && count > 0);
    ((fraction * count as f64).round() as usize).max(least)
}

/// The share of the mask's pixels with the lowest `order`; ties fall at random.
fn first(truth: &BinaryMask, fraction: f64, order: &[f64], rng: &mut ChaCha8Rng) -> BinaryMask {
    let mut pixels = pixels(truth);
    pixels.shuffle(rng);
    pixels.sort_by(|a, b| order[*a].total_cmp(&order[*b]));
    pixels.truncate(target(fraction, pixels.len()));
    of_pixels(truth.size(), &pixels)
}

fn core(
    truth: &BinaryMask,
    fraction: f64,
    margin: Option<f64>,
    rng: &mut ChaCha8Rng,
) -> BinaryMask {
    let depth = squared_depth(truth);
    let Some(margin) = margin else {
        let order: Vec<f64> = depth.iter().map(|depth| -depth).collect();
        return first(truth, fraction, &order, rng);
    };
    let mut kept = pixels(truth);
    // the outermost pixels of a mask have depth 1, and a margin of 1 skips exactly these
    kept.retain(|pixel| depth[*pixel] > margin * margin);
    of_pixels(truth.size(), &kept)
}

/// Strokes from random unpainted pixels until the share is reached exactly.
fn strokes(truth: &BinaryMask, fraction: f64, width: f64, rng: &mut ChaCha8Rng) -> BinaryMask {
    let mut starts = pixels(truth);
    let mut left = target(fraction, starts.len());
    starts.shuffle(rng);
    let mut painted = BinaryMask::empty(truth.size());
    let brush = Brush { width, length: width * 25.0 };
    for start in starts {
        if left == 0 {
            break;
        }
        if painted.values()[start] {
            continue;
        }
        brush.stroke(truth, start, rng, |pixel| {
            let value = &mut painted.values_mut()[pixel];
            left -= usize::from(!*value);
            *value = true;
            left > 0
        });
    }
    painted
}

/// How late a pixel is painted under each preference.
fn reluctance(image: &Image, keep: Keep) -> Vec<f64> {
    let size = image.size();
    if keep == Keep::Bright {
        return brightness(image).into_iter().map(|bright| -bright).collect();
    }
    (0..size.area())
        .map(|i| {
            let x = ((i % size.width) as f64 + 0.5) / size.width as f64;
            let y = ((i / size.width) as f64 + 0.5) / size.height as f64;
            match keep {
                Keep::Middle | Keep::Bright => (x - 0.5).abs(),
                Keep::Centre => (x - 0.5).hypot(y - 0.5),
                Keep::Left => x,
                Keep::Right => -x,
                Keep::Top => y,
                Keep::Bottom => -y,
            }
        })
        .collect()
}

/// Mean of red, green and blue over 5 × 5 pixels (fewer at the border).
fn brightness(image: &Image) -> Vec<f64> {
    let Size { width, height } = image.size();
    let around = |at: usize, limit: usize| at.saturating_sub(2)..(at + 3).min(limit);
    (0..width * height)
        .map(|i| {
            let (columns, rows) = (around(i % width, width), around(i / width, height));
            let count = columns.len() * rows.len() * 3;
            let sum: u32 = rows
                .flat_map(|y| columns.clone().flat_map(move |x| image.pixel(x, y)))
                .map(u32::from)
                .sum();
            f64::from(sum) / count as f64
        })
        .collect()
}

/// A random share of the instances, each whole.
fn some_instances(truth: &BinaryMask, fraction: f64, rng: &mut ChaCha8Rng) -> BinaryMask {
    let mut found = instances(truth);
    found.shuffle(rng);
    found.truncate(target(fraction, found.len()));
    of_pixels(truth.size(), &found.concat())
}

fn pixels(mask: &BinaryMask) -> Vec<usize> {
    mask.values().iter().enumerate().filter(|(_, inside)| **inside).map(|(i, _)| i).collect()
}

fn of_pixels(size: Size, pixels: &[usize]) -> BinaryMask {
    let mut mask = BinaryMask::empty(size);
    for pixel in pixels {
        mask.values_mut()[*pixel] = true;
    }
    mask
}
