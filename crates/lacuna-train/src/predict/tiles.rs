//! Sliding-window prediction with Gaussian blending, as MONAI's `SlidingWindowInferer`.

use lacuna_data::augment::Resize;
use lacuna_data::{Image, Size};

use super::{PredictError, Prediction, Predictor};

/// Standard deviation of the blending weight as a share of the tile's side (MONAI's `sigma_scale`).
const SIGMA: f64 = 0.125;

/// The least weight of a tile's corner, relative to its centre, so that every pixel has some.
const WEIGHT_FLOOR: f32 = 1e-3;

/// Predicts tile by tile at the picture's own resolution.
pub(super) fn predict(
    predictor: &Predictor,
    image: &Image,
    overlap: f64,
) -> Result<Prediction, PredictError> {
    let (size, tile) = (image.size(), predictor.info.image_size);
    let weights = blending_weights(tile);
    let mut sums = vec![0.0f32; predictor.classes() * size.area()];
    let mut total = vec![0.0f32; size.area()];
    for top in starts(size.height, tile.height, overlap) {
        for left in starts(size.width, tile.width, overlap) {
            let part = crop(image, left, top, tile);
            let case = predictor.case(&part, Resize::Stretch);
            let view = predictor.info.sample_config();
            let view = lacuna_data::augment::SampleConfig { resize: Resize::Stretch, ..view };
            let output = predictor.forward(&view.view(&case))?;
            add_tile(&mut sums, &mut total, &output, &weights, (left, top), tile, size);
        }
    }
    for plane in sums.chunks_exact_mut(size.area()) {
        plane.iter_mut().zip(&total).for_each(|(value, weight)| *value /= weight);
    }
    Ok(Prediction::from_planes(size, sums))
}

/// First pixels of the tiles along one axis: evenly stepped, the last flush with the border.
fn starts(length: usize, tile: usize, overlap: f64) -> Vec<usize> {
    if length <= tile {
        return vec![0];
    }
    let step = ((tile as f64 * (1.0 - overlap)) as usize).max(1);
    let last = length - tile;
    (0..last).step_by(step).chain([last]).collect()
}

/// A tile of the picture; pixels beyond its border repeat the nearest one.
fn crop(image: &Image, left: usize, top: usize, tile: Size) -> Image {
    let size = image.size();
    let mut out = Image::filled(tile, [0; 3]);
    for y in 0..tile.height {
        for x in 0..tile.width {
            let (u, v) = ((left + x).min(size.width - 1), (top + y).min(size.height - 1));
            out.set_pixel(x, y, image.pixel(u, v));
        }
    }
    out
}

fn blending_weights(tile: Size) -> Vec<f32> {
    let axis = |length: usize| -> Vec<f64> {
        let (centre, sigma) = ((length as f64 - 1.0) / 2.0, SIGMA * length as f64);
        (0..length).map(|i| (-0.5 * ((i as f64 - centre) / sigma).powi(2)).exp()).collect()
    };
    let (rows, columns) = (axis(tile.height), axis(tile.width));
    let weights = rows.iter().flat_map(|row| columns.iter().map(move |column| row * column));
    weights.map(|weight| (weight as f32).max(WEIGHT_FLOOR)).collect()
}

fn add_tile(
    sums: &mut [f32],
    total: &mut [f32],
    output: &[f32],
    weights: &[f32],
    (left, top): (usize, usize),
    tile: Size,
    size: Size,
) {
    for y in 0..tile.height.min(size.height - top) {
        for x in 0..tile.width.min(size.width - left) {
            let (from, to) = (y * tile.width + x, (top + y) * size.width + left + x);
            total[to] += weights[from];
            for class in 0..sums.len() / size.area() {
                sums[class * size.area() + to] +=
                    weights[from] * output[class * tile.area() + from];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_cover_every_pixel() {
        let table = [
            (10, 16, 0.5, vec![0]),
            (16, 16, 0.5, vec![0]),
            (17, 16, 0.5, vec![0, 1]),
            (40, 16, 0.5, vec![0, 8, 16, 24]),
            (40, 16, 0.0, vec![0, 16, 24]),
        ];
        for (length, tile, overlap, expected) in table {
            assert_eq!(starts(length, tile, overlap), expected, "{length} by {tile}");
        }
    }

    #[test]
    fn the_centre_weighs_most() {
        let weights = blending_weights(Size::new(9, 5));
        let centre = 2 * 9 + 4;
        assert!(weights.iter().all(|weight| *weight <= weights[centre] && *weight > 0.0));
    }
}
