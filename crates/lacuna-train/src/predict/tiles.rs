//! Sliding-window prediction with Gaussian blending, as MONAI's `SlidingWindowInferer`.

use lacuna_data::Size;

/// Standard deviation of the blending weight as a share of the tile's side (MONAI's `sigma_scale`).
const SIGMA: f64 = 0.125;

/// The least weight of a tile's corner, relative to its centre, so that every pixel has some.
const WEIGHT_FLOOR: f32 = 1e-3;

/// What a tile shows where it is larger than the view.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Beyond {
    /// The nearest pixel of the view.
    Repeated,
    /// This normalised colour.
    Color([f32; 3]),
}

/// How a view is divided.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tiles {
    /// Of the view.
    pub(crate) size: Size,
    /// Of a tile.
    pub(crate) tile: Size,
    /// Share of a tile's side, 0 to .9.
    pub(crate) overlap: f64,
    pub(crate) beyond: Beyond,
}

impl Tiles {
    /// What `forward` makes of each tile `[3, height, width]` of a view, blended: `[classes, height, width]` of the view.
    pub(crate) fn blend<E>(
        &self,
        view: &[f32],
        classes: usize,
        forward: impl Fn(Vec<f32>) -> Result<Vec<f32>, E>,
    ) -> Result<Vec<f32>, E> {
        let Self { size, tile, overlap, .. } = *self;
        let weights = blending_weights(tile);
        let mut sums = vec![0.0f32; classes * size.area()];
        let mut total = vec![0.0f32; size.area()];
        for top in starts(size.height, tile.height, overlap) {
            for left in starts(size.width, tile.width, overlap) {
                let output = forward(self.cut(view, left, top))?;
                add_tile(&mut sums, &mut total, &output, &weights, (left, top), tile, size);
            }
        }
        for plane in sums.chunks_exact_mut(size.area()) {
            plane.iter_mut().zip(&total).for_each(|(value, weight)| *value /= weight);
        }
        Ok(sums)
    }

    /// A tile of the view.
    fn cut(&self, view: &[f32], left: usize, top: usize) -> Vec<f32> {
        let Self { size, tile, .. } = *self;
        let mut out = Vec::with_capacity(3 * tile.area());
        for (channel, plane) in view.chunks_exact(size.area()).enumerate() {
            for y in top..top + tile.height {
                for x in left..left + tile.width {
                    out.push(match self.beyond {
                        Beyond::Color(color) if x >= size.width || y >= size.height => {
                            color[channel]
                        }
                        _ => plane[y.min(size.height - 1) * size.width + x.min(size.width - 1)],
                    });
                }
            }
        }
        out
    }
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
    fn a_view_of_any_size_comes_back_whole() {
        let tile = Size::new(8, 8);
        for (width, height) in [(20, 13), (5, 30), (3, 2), (8, 8)] {
            let size = Size::new(width, height);
            let view: Vec<f32> = (0..3 * size.area()).map(|i| i as f32).collect();
            let tiles = Tiles { size, tile, overlap: 0.5, beyond: Beyond::Color([-1.0; 3]) };
            let first = |input: Vec<f32>| Ok::<_, ()>(input[..tile.area()].to_vec());
            let found = tiles.blend(&view, 1, first).unwrap();
            for (a, b) in found.iter().zip(&view) {
                assert!((a - b).abs() < 1e-3, "{width}×{height}: {a} is not {b}");
            }
        }
    }

    #[test]
    fn beyond_the_view_is_what_training_showed_there() {
        let (size, tile) = (Size::new(2, 1), Size::new(3, 2));
        let view = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let cut =
            |beyond| Tiles { size, tile, overlap: 0.0, beyond }.cut(&view, 0, 0)[..6].to_vec();
        assert_eq!(cut(Beyond::Repeated), [1.0, 2.0, 2.0, 1.0, 2.0, 2.0]);
        assert_eq!(cut(Beyond::Color([9.0, 0.0, 0.0])), [1.0, 2.0, 9.0, 9.0, 9.0, 9.0]);
    }

    #[test]
    fn the_centre_weighs_most() {
        let weights = blending_weights(Size::new(9, 5));
        let centre = 2 * 9 + 4;
        assert!(weights.iter().all(|weight| *weight <= weights[centre] && *weight > 0.0));
    }
}
