//! Smooth value noise over the plane: the source of all texture.

/// A noise field; equal seeds are equal fields.
#[derive(Clone, Copy, Debug)]
pub(super) struct Noise {
    seed: u32,
}

impl Noise {
    /// The field of `seed`.
    pub(super) fn new(seed: u32) -> Self {
        Self { seed }
    }

    /// Noise in 0..1 with features about 1 unit wide.
    pub(super) fn at(self, x: f32, y: f32) -> f32 {
        let (column, row) = (x.floor(), y.floor());
        let (u, v) = (fade(x - column), fade(y - row));
        let (i, j) = (column as i32, row as i32);
        let top = lerp(self.corner(i, j), self.corner(i + 1, j), u);
        let bottom = lerp(self.corner(i, j + 1), self.corner(i + 1, j + 1), u);
        lerp(top, bottom, v)
    }

    /// Three octaves of [`at`](Self::at), in 0..1, mean .5.
    pub(super) fn cloud(self, x: f32, y: f32) -> f32 {
        (self.at(x, y) * 4.0
            + self.at(x * 2.03 + 7.1, y * 2.03) * 2.0
            + self.at(x * 4.07, y * 4.07 + 3.7))
            / 7.0
    }

    /// Thin meandering lines: near 1 on them, 0 between.
    pub(super) fn vein(self, x: f32, y: f32) -> f32 {
        let wave = (self.at(x, y) * 2.0 + self.at(x * 2.3 + 5.0, y * 2.3)) / 3.0;
        (1.0 - (wave - 0.5).abs() * 14.0).max(0.0)
    }

    fn corner(self, i: i32, j: i32) -> f32 {
        let mut hash = self.seed
            ^ (i as u32).wrapping_mul(0x9E37_79B1)
            ^ (j as u32).wrapping_mul(0x85EB_CA77).rotate_left(13);
        hash = (hash ^ (hash >> 15)).wrapping_mul(0x2C1B_3C6D);
        hash = (hash ^ (hash >> 12)).wrapping_mul(0x297A_2D39);
        (hash ^ (hash >> 15)) as f32 / u32::MAX as f32
    }
}

fn fade(t: f32) -> f32 {
    t * t * (3.0 - 2.0 * t)
}

/// From `a` at 0 to `b` at 1.
pub(super) fn lerp(a: f32, b: f32, t: f32) -> f32 {
    a + (b - a) * t
}

/// 0 below `from`, 1 above `to`, smooth between.
pub(super) fn step(from: f32, to: f32, x: f32) -> f32 {
    fade(((x - from) / (to - from)).clamp(0.0, 1.0))
}

/// A bell around 0 of the given width.
pub(super) fn bell(x: f32, width: f32) -> f32 {
    (-(x / width).powi(2)).exp()
}
