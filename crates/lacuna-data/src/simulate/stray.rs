//! Paint that runs over a border.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::SimulateConfig;
use super::distance::squared_depth;
use crate::annotation::BinaryMask;

/// Paints beyond the class where its painted border is overrun.
///
/// The picture is cut into square pieces four stray widths a side; in each piece, with probability
/// `stray`, paint reaches `stray_width` pixels over the class's border from every painted pixel.
pub(super) fn overrun(
    painted: &BinaryMask,
    truth: &BinaryMask,
    config: &SimulateConfig,
    rng: &mut ChaCha8Rng,
) -> BinaryMask {
    if config.stray <= 0.0 || config.stray_width <= 0.0 {
        return painted.clone();
    }
    let size = painted.size();
    let piece = (config.stray_width * 4.0).ceil().max(1.0) as usize;
    let columns = size.width.div_ceil(piece);
    let pieces = columns * size.height.div_ceil(piece);
    let overrun: Vec<bool> = (0..pieces).map(|_| rng.random_bool(config.stray)).collect();
    let reach = squared_reach(painted);
    let mut result = painted.clone();
    for (i, value) in result.values_mut().iter_mut().enumerate() {
        let (x, y) = (i % size.width, i / size.width);
        let near = !truth.values()[i] && reach[i] <= config.stray_width * config.stray_width;
        *value |= near && overrun[y / piece * columns + x / piece];
    }
    result
}

/// Squared distance from every pixel to the nearest painted one.
fn squared_reach(painted: &BinaryMask) -> Vec<f64> {
    let mut unpainted = painted.clone();
    for value in unpainted.values_mut() {
        *value = !*value;
    }
    squared_depth(&unpainted)
}
