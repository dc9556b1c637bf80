//! A brush that wanders smoothly within allowed pixels.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::annotation::BinaryMask;

/// A round brush.
#[derive(Clone, Copy, Debug)]
pub(super) struct Brush {
    /// Diameter in pixels.
    pub(super) width: f64,
    /// Longest way of one stroke in pixels.
    pub(super) length: f64,
}

impl Brush {
    /// Strokes from pixel `start`, calling `paint` for every allowed pixel under the brush (a pixel
    /// may come up again) until it returns false, the way is over, or there is no way on.
    pub(super) fn stroke(
        self,
        allowed: &BinaryMask,
        start: usize,
        rng: &mut ChaCha8Rng,
        mut paint: impl FnMut(usize) -> bool,
    ) {
        let width = allowed.size().width;
        let mut at = [(start % width) as f64 + 0.5, (start / width) as f64 + 0.5];
        let mut heading = rng.random_range(0.0..std::f64::consts::TAU);
        let stride = (self.width / 3.0).max(0.7);
        let mut way = 0.0;
        loop {
            if !self.dab(allowed, at, &mut paint) {
                return;
            }
            heading += rng.random_range(-0.35..0.35);
            let Some(turned) = self.free(allowed, at, heading, stride) else { return };
            heading = turned;
            at = ahead(at, heading, stride);
            way += stride;
            if way > self.length {
                return;
            }
        }
    }

    /// Paints the allowed pixels under the brush; false when told to stop.
    fn dab(
        self,
        allowed: &BinaryMask,
        [x, y]: [f64; 2],
        paint: &mut impl FnMut(usize) -> bool,
    ) -> bool {
        let size = allowed.size();
        let radius = self.width / 2.0;
        let span = |middle: f64, limit: usize| {
            let from = (middle - radius).floor().max(0.0) as usize;
            from..((middle + radius).ceil().max(0.0) as usize).min(limit)
        };
        for row in span(y, size.height) {
            for column in span(x, size.width) {
                let (dx, dy) = (column as f64 + 0.5 - x, row as f64 + 0.5 - y);
                let under = dx * dx + dy * dy <= (radius * radius).max(0.25);
                if under && allowed.get(column, row) && !paint(row * size.width + column) {
                    return false;
                }
            }
        }
        true
    }

    /// The heading nearest to `heading` that stays on allowed pixels.
    fn free(self, allowed: &BinaryMask, at: [f64; 2], heading: f64, stride: f64) -> Option<f64> {
        let look = stride.max(self.width / 2.0);
        (0..8)
            .flat_map(|turn| [f64::from(turn), -f64::from(turn)])
            .map(|turn| heading + turn * 0.35)
            .find(|heading| {
                is_allowed(allowed, ahead(at, *heading, stride))
                    && is_allowed(allowed, ahead(at, *heading, look))
            })
    }
}

fn ahead([x, y]: [f64; 2], heading: f64, stride: f64) -> [f64; 2] {
    [x + heading.cos() * stride, y + heading.sin() * stride]
}

fn is_allowed(allowed: &BinaryMask, [x, y]: [f64; 2]) -> bool {
    let size = allowed.size();
    let within = x >= 0.0 && y >= 0.0 && x < size.width as f64 && y < size.height as f64;
    within && allowed.get(x as usize, y as usize)
}
