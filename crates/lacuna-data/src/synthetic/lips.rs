//! The opening between the lips and the lips around it, in the picture plane (millimetres).

use super::noise::{bell, step};

/// A mouth opening and the lips' outer border.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lips {
    pub(super) x: f32,
    pub(super) y: f32,
    /// Half the width between the corners.
    pub(super) half_width: f32,
    /// Height of the opening above and below the line through the corners.
    pub(super) top: f32,
    pub(super) bottom: f32,
    /// How much the corners are pulled up.
    pub(super) smile: f32,
    /// Dip in the middle of the upper lip.
    pub(super) bow: f32,
    /// Squareness of the opening: 2 is an ellipse.
    pub(super) square: f32,
    /// Thickness of the upper and the lower lip.
    pub(super) upper: f32,
    pub(super) lower: f32,
}

/// Where a point lies with respect to the lips.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// Within the opening, this many millimetres (roughly) from its border.
    Opening(f32),
    /// On a lip: 0 at the opening to 1 at the skin, and whether it is the upper one.
    Lip { across: f32, upper: bool },
    /// On the skin, this many millimetres from the lip.
    Skin(f32),
}

impl Lips {
    /// Where a point lies.
    pub(super) fn place(&self, x: f32, y: f32) -> Place {
        let (dx, dy) = (x - self.x, y - self.y);
        let dy = dy + self.smile * (dx / self.half_width).powi(2);
        let upper = dy < 0.0;
        let inner = self.inner(dx, upper);
        let outer = self.outer(dx, upper);
        let beyond = dy.abs() - inner;
        let ends = self.half_width - dx.abs();
        if beyond < 0.0 && ends > 0.0 {
            return Place::Opening(self.depth(dx, dy, -beyond));
        }
        let thickness = outer - inner;
        if beyond < thickness && outer > 0.0 {
            // beside the corner both lips roll outwards together
            let beside = -ends / (self.outer_half_width() - self.half_width).max(0.1);
            let across = (beyond / thickness).max(beside).clamp(0.0, 1.0);
            return Place::Lip { across, upper };
        }
        let side = (dx.abs() - self.outer_half_width()).max(0.0);
        Place::Skin((dy.abs() - outer).max(0.0).hypot(side))
    }

    /// Distance to the opening's border: the height of the right triangle whose legs are the ways
    /// straight up or down (`vertical`) and straight to the side.
    fn depth(&self, dx: f32, dy: f32, vertical: f32) -> f32 {
        let height = if dy < 0.0 { self.top } else { self.bottom };
        let closed = (dy.abs() / height).min(1.0).powf(self.square.min(2.2));
        let side = self.half_width * (1.0 - closed).powf(1.0 / self.square) - dx.abs();
        let side = side.max(0.0);
        vertical * side / vertical.hypot(side).max(1e-3)
    }

    fn inner(&self, dx: f32, upper: bool) -> f32 {
        let height = if upper { self.top } else { self.bottom };
        let dip = if upper { self.bow * bell(dx, 0.16 * self.half_width) } else { 0.0 };
        (arc(dx / self.half_width, self.square) * height - dip).max(0.0)
    }

    /// The skin border; the upper lip has the cupid's bow.
    fn outer(&self, dx: f32, upper: bool) -> f32 {
        let half_width = self.outer_half_width();
        let reach = dx / half_width;
        let closed = arc(reach, self.square.min(2.4));
        if closed <= 0.0 {
            return 0.0;
        }
        let bow = bell(dx.abs() - 0.16 * half_width, 0.14 * half_width)
            - 1.2 * bell(dx, 0.08 * half_width);
        if upper {
            closed * (self.top + self.upper) * (1.0 + 0.05 * bow)
        } else {
            closed * (self.bottom + self.lower * (0.75 + 0.25 * step(1.0, 0.0, reach.abs())))
        }
    }

    fn outer_half_width(&self) -> f32 {
        self.half_width + 0.35 * (self.upper + self.lower)
    }
}

/// Height of a unit superellipse of power `square` at `reach`.
fn arc(reach: f32, square: f32) -> f32 {
    (1.0 - reach.abs().min(1.0).powf(square)).powf(1.0 / square.min(2.2))
}
